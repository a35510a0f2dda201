// This file checks what is said of namespaces, pids and hostnames against processes that have their own.
package look

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// own lists the types of namespaces that a process does not share with the host.
func own(t *testing.T, pid int) []string {
	t.Helper()
	all, err := Namespaces(pid)
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, ns := range all {
		if !ns.Shared {
			types = append(types, ns.Type)
		}
	}
	return types
}

func TestOnlyWhatWasUnsharedDiffers(t *testing.T) {
	for _, c := range []struct {
		flags string
		want  []string
	}{
		{"--uts", []string{"uts"}},
		{"--ipc", []string{"ipc"}},
		{"--net", []string{"net"}},
		{"--mount", []string{"mnt"}},
		{"--cgroup", []string{"cgroup"}},
		{"--user", []string{"user"}},
		{"--pid --fork", []string{"pid"}},
		{"--time --fork", []string{"time"}},
		{"--uts --ipc --mount --pid --fork", []string{"mnt", "pid", "uts", "ipc"}},
	} {
		t.Run(c.flags, func(t *testing.T) {
			if got := own(t, inside(t, c.flags, ":")); !slices.Equal(got, c.want) {
				t.Errorf("own namespaces %v, want %v", got, c.want)
			}
		})
	}
}

// The control: a plain child shares everything.
func TestAChildSharesEverything(t *testing.T) {
	pid := inside(t, "--uts", ":")
	ours, err := Namespace(os.Getpid(), "net")
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err := Namespace(pid, "net"); err != nil || theirs != ours {
		t.Errorf("a child that kept our network is in %d, we in %d (%v)", theirs, ours, err)
	}
}

func TestPidsOfANamespace(t *testing.T) {
	pid := inside(t, "--pid --fork", "sleep 60 &")
	inode, err := Namespace(pid, "pid")
	if err != nil {
		t.Fatal(err)
	}
	pids, err := ProcessesIn("pid", inode)
	if err != nil || len(pids) != 2 || !slices.Contains(pids, pid) || slices.Contains(pids, os.Getpid()) {
		t.Errorf("processes %v, error %v; want %d and its child", pids, err, pid)
	}
	if ids, err := NSpid(pid); err != nil || !slices.Equal(ids, []int{pid, 1}) {
		t.Errorf("pids %v, error %v; want [%d 1]", ids, err, pid)
	}
	if ids, err := NSpid(os.Getpid()); err != nil || ids[0] != os.Getpid() {
		t.Errorf("our own pids %v, error %v", ids, err)
	}
}

func TestHostnameIsTheirsAndOursStays(t *testing.T) {
	before, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	pid := inside(t, "--uts", "hostname only-in-here")
	if name, err := Hostname(pid); err != nil || name != "only-in-here" {
		t.Errorf("hostname %q, error %v", name, err)
	}
	for range 20 { // on whatever thread we run
		if name, err := os.Hostname(); err != nil || name != before {
			t.Fatalf("looking changed our own hostname to %q (%v)", name, err)
		}
	}
	if name, err := Hostname(os.Getpid()); err != nil || name != before {
		t.Errorf("our hostname %q, error %v; want %q", name, err, before)
	}
	if got := own(t, os.Getpid()); slices.Contains(got, "uts") {
		t.Errorf("looking moved this process: %v", got)
	}
}

// A program's main goroutine runs on its main thread, which can not be thrown away.
func TestInsideFromEveryThread(t *testing.T) {
	pid := inside(t, "--uts", "hostname only-in-here")
	done := make(chan error)
	for range 50 {
		go func() { _, err := Hostname(pid); done <- err }()
	}
	for range 50 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if got := own(t, os.Getpid()); slices.Contains(got, "uts") {
		t.Errorf("looking moved this process: %v", got)
	}
}

func TestNamespaceFilesLeadThere(t *testing.T) {
	pid := inside(t, "--uts", ":")
	inode, err := Namespace(pid, "uts")
	if err != nil {
		t.Fatal(err)
	}
	files, err := NamespaceFiles("uts")
	if err != nil || files[inode] != NamespacePath(pid, "uts") {
		t.Errorf("file %q, error %v", files[inode], err)
	}
}

func TestNoSuchProcess(t *testing.T) {
	const none = 1 << 30
	for name, look := range map[string]func() error{
		"namespace": func() error { _, err := Namespaces(none); return err },
		"mounts":    func() error { _, err := Mounts(none); return err },
		"cgroups":   func() error { _, err := CgroupLimits(none); return err },
		"process":   func() error { _, err := ReadProcess(none); return err },
		"hostname":  func() error { _, err := Hostname(none); return err },
	} {
		if err := look(); err == nil || !strings.Contains(err.Error(), "1073741824") {
			t.Errorf("%s of no process: error %v; want one that names it", name, err)
		}
	}
}
