// These tests attach device rules to a v2 group and open devices from inside it.
package kernel

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look/devices"
)

// opened tells which of these a member of the group may do: read null, write null, read zero, make a node.
func opened(t *testing.T, group string) string {
	t.Helper()
	dir := playground(t)
	member := exec.Command("sh", "-c", `read go
try() { if sh -c "$2" 2>&-; then printf '%s ' "$1"; fi; }
try read-null 'exec 3< /dev/null'; try write-null 'exec 3> /dev/null'; try read-zero 'exec 3< /dev/zero'
try mknod 'mknod `+dir+`/n c 1 3 && rm `+dir+`/n'`)
	in, err := member.StdinPipe()
	must(t, err)
	var out strings.Builder
	member.Stdout = &out
	must(t, member.Start())
	must(t, CgroupJoin{Path: group, PID: member.Process.Pid}.Do())
	fmt.Fprintln(in, "go")
	must(t, member.Wait())
	return strings.TrimSpace(out.String())
}

func TestDeviceFilter(t *testing.T) {
	all, none := DeviceRule{true, "a", -1, -1, "rwm"}, DeviceRule{false, "a", -1, -1, "rwm"}
	null := func(allow bool, access string) DeviceRule { return DeviceRule{allow, "c", 1, 3, access} }
	for _, c := range []struct {
		name  string
		rules []DeviceRule
		want  string
	}{
		{"no rule allows", nil, ""},
		{"all", []DeviceRule{all}, "read-null write-null read-zero mknod"},
		{"null alone", []DeviceRule{none, null(true, "rwm")}, "read-null write-null mknod"},
		{"only to read", []DeviceRule{none, null(true, "r")}, "read-null"},
		{"all but writing", []DeviceRule{all, null(false, "w")}, "read-null read-zero mknod"},
		{"the last rule wins", []DeviceRule{all, null(true, "rwm"), none, null(false, "rwm"), {true, "c", 1, 5, "r"}}, "read-zero"},
		{"any minor number", []DeviceRule{none, {true, "c", 1, -1, "r"}}, "read-null read-zero"},
		{"a block device of that number is another", []DeviceRule{none, {true, "b", 1, 3, "rwm"}}, ""},
		{"making any node", []DeviceRule{none, {true, "c", -1, -1, "m"}}, "mknod"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := group(t, "unified")
			if got, want := opened(t, dir), "read-null write-null read-zero mknod"; got != want {
				t.Fatalf("without a filter: %q, want %q", got, want)
			}
			must(t, DeviceFilter{Path: dir, Rules: c.rules}.Do())
			if got := opened(t, dir); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			readBack(t, dir, c.rules)
		})
	}
	wantErrno(t, DeviceFilter{Path: t.TempDir()}.Do(), unix.EBADF) // no cgroup
}

// readBack reads the program from the kernel: its rules are ours in reverse, down to one that matches everything.
func readBack(t *testing.T, dir string, rules []DeviceRule) {
	t.Helper()
	lists, err := devices.Programs(dir)
	must(t, err)
	var got, want []string
	for _, r := range lists[len(lists)-1].Rules {
		got = append(got, fmt.Sprint(DeviceRule{r.Allow, r.Type, r.Major, r.Minor, r.Access}))
	}
	ends := false
	for i := len(rules) - 1; i >= 0 && !ends; i-- {
		want = append(want, fmt.Sprint(rules[i]))
		ends = rules[i].matchesAll()
	}
	if !ends {
		want = append(want, fmt.Sprint(DeviceRule{false, "a", -1, -1, "rwm"}))
	}
	if !slices.Equal(got, want) {
		t.Errorf("read back: %v, %s\n got %v\nwant %v", len(lists), lists[0].Unread, got, want)
	}
}

func TestAccessBits(t *testing.T) {
	for access, want := range map[string]int32{"": 0, "m": 1, "r": 2, "w": 4, "rwm": 7, "mr": 3} {
		if got := accessBits(access); got != want {
			t.Errorf("%q: %d, want %d", access, got, want)
		}
	}
}
