// This test sets a kernel parameter by way of a container's procfs, and by way of what pretends to be one.
package kernel

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSetSysctlIn(t *testing.T) {
	const file = "/proc/sys/net/ipv4/ip_forward"
	root, forged := playground(t), t.TempDir()+"/forged"
	must(t, os.WriteFile(forged, nil, 0o644))
	set := func(where, value string) {
		t.Helper()
		must(t, SetSysctlIn{Root: root, Name: "net.ipv4.ip_forward", Value: value}.Do())
		if got, err := os.ReadFile(file); err != nil || string(got) != value+"\n" {
			t.Errorf("%s: the kernel has %q, want %q (%v)", where, got, value, err)
		}
	}
	set("no /proc inside", "1")
	must(t, os.MkdirAll(root+"/proc", 0o755))
	set("nothing mounted there", "0")
	must(t, Mount{Source: "proc", Target: root + "/proc", FSType: "proc"}.Do())
	set("a procfs", "1")
	must(t, unix.Mount(forged, root+file, "", unix.MS_BIND, ""))
	set("a file that was mounted over it", "0")
	if got, err := os.ReadFile(forged); err != nil || len(got) > 0 {
		t.Errorf("the file outside has got %q (%v)", got, err)
	}
	must(t, os.WriteFile(root+file, []byte("x"), 0)) // the control: a plain path leads there
	if got, err := os.ReadFile(forged); err != nil || string(got) != "x" {
		t.Errorf("not even a plain path leads to the forgery: this test proves nothing (%q, %v)", got, err)
	}
}
