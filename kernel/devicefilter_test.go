// This file tries device filters on the real kernel: every group of a v2 tree takes one, on a hybrid machine as well.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

var (
	nothing = DeviceRule{Type: "a", Major: -1, Minor: -1, Access: "rwm"}
	all     = DeviceRule{Allow: true, Type: "a", Major: -1, Minor: -1, Access: "rwm"}
	zero    = DeviceRule{Allow: true, Type: "c", Major: 1, Minor: 5, Access: "r"}
	full    = DeviceRule{Allow: true, Type: "c", Major: 1, Minor: 7, Access: "rwm"}
)

func TestDeviceFilter(t *testing.T) {
	readWrite, writeOnly := zero, zero
	readWrite.Access, writeOnly.Access = "rw", "w"
	for name, c := range map[string]struct {
		rules       []DeviceRule
		read, write bool // of /dev/zero
	}{
		"no rule":            {nil, false, false},
		"nothing":            {[]DeviceRule{nothing}, false, false},
		"all":                {[]DeviceRule{nothing, all}, true, true},
		"all, then nothing":  {[]DeviceRule{all, nothing}, false, false},
		"another device":     {[]DeviceRule{nothing, full}, false, false},
		"read alone":         {[]DeviceRule{nothing, zero}, true, false},
		"read and write":     {[]DeviceRule{nothing, readWrite}, true, true},
		"all but write":      {[]DeviceRule{all, {Type: "c", Major: 1, Minor: 5, Access: "w"}}, true, false},
		"write alone":        {[]DeviceRule{nothing, writeOnly}, false, true},
		"any of the major":   {[]DeviceRule{nothing, {Allow: true, Type: "c", Major: 1, Minor: -1, Access: "rwm"}}, true, true},
		"a block device 1:5": {[]DeviceRule{nothing, {Allow: true, Type: "b", Major: 1, Minor: 5, Access: "rwm"}}, false, false},
		"rules behind all":   {[]DeviceRule{zero, all, full}, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			group := v2Group(t)
			if err := (DeviceFilter{Path: group, Rules: c.rules}).Do(); err != nil {
				t.Fatal(err)
			}
			if got := opens(t, group, "< /dev/zero"); got != c.read {
				t.Errorf("read: %v, want %v", got, c.read)
			}
			if got := opens(t, group, "> /dev/zero"); got != c.write {
				t.Errorf("write: %v, want %v", got, c.write)
			}
		})
	}
}

// v2Group makes a group of its own.
func v2Group(t *testing.T) string {
	t.Helper()
	testkit.Need(t, testkit.Root())
	l, err := look.HostLayout()
	if err != nil {
		t.Fatal(err)
	}
	if l.V2.Point == "" {
		t.Skip("SKIPPED: no cgroup v2 tree is mounted")
	}
	create := CgroupCreate{Path: filepath.Join(l.V2.Point, fmt.Sprintf("glassbox-test-%d", os.Getpid()))}
	if err := create.Do(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := create.Undo().Do(); err != nil {
			t.Error(err)
		}
	})
	return create.Path
}

// opens runs a shell in the group with a redirection, which opens the device.
func opens(t *testing.T, group, redirection string) bool {
	t.Helper()
	dir, err := os.Open(group)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	cmd := exec.Command("/bin/sh", "-c", ": "+redirection)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0) // opened here, where nothing is filtered
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = null, null, null
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())}
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		if errors.Is(err, unix.ENOSYS) {
			t.Skip("SKIPPED: this kernel has no CLONE_INTO_CGROUP")
		}
		t.Fatal(err)
	}
	return err == nil
}
