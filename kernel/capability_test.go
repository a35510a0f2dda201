// These tests take rights from one thread, and look at it, at a program started from it, and at a thread beside it.
package kernel

import (
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/sys/capability"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel/look"
)

// onThread does ops on a thread of its own, and then calls see there. The thread ends with it.
func onThread(t *testing.T, see func(), ops ...explain.Op) {
	t.Helper()
	done := make(chan struct{})
	go look.OnThrowawayThread(func() { // a thread with few rights must not serve anyone else
		defer close(done)
		for _, op := range ops {
			if err := op.Do(); err != nil {
				t.Error(err)
				return
			}
		}
		see()
	})
	<-done
}

// set reads one line such as "CapEff:	00000000000001ff" of a status file.
func set(t *testing.T, status, field string) uint64 {
	t.Helper()
	for line := range strings.Lines(status) {
		if name, value, _ := strings.Cut(line, ":"); name == field {
			mask, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				t.Error(err)
			}
			return mask
		}
	}
	t.Errorf("no %s in the status", field)
	return 0
}

func threadStatus(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/thread-self/status")
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

// programStatus is that of a program started from this thread.
func programStatus(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("cat", "/proc/self/status").Output()
	if err != nil {
		t.Error(err)
	}
	return string(out)
}

func wantSet(t *testing.T, status, field string, want uint64) {
	t.Helper()
	if got := set(t, status, field); got != want {
		t.Errorf("%s is %v, want %v", field, CapabilityNames(got), CapabilityNames(want))
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: run it with sudo")
	}
}

func TestDropBounding(t *testing.T) {
	needRoot(t)
	const keep = 1<<unix.CAP_CHOWN | 1<<unix.CAP_KILL
	before := set(t, threadStatus(t), "CapBnd")
	onThread(t, func() {
		wantSet(t, threadStatus(t), "CapBnd", keep)
		wantSet(t, programStatus(t), "CapEff", keep) // root's program gets what the bounding set leaves
	}, DropBounding{Keep: keep})
	if before == keep {
		t.Error("nothing was dropped: the test proves nothing")
	}
	onThread(t, func() { wantSet(t, threadStatus(t), "CapBnd", before) }) // another thread lost nothing
}

func TestSetCapabilities(t *testing.T) {
	needRoot(t)
	const bind = uint64(1 << unix.CAP_NET_BIND_SERVICE)
	nobody := SetUser{UID: 65534, GID: 65534}
	sets := SetCapabilities{Permitted: bind | 1, Effective: 1, Inheritable: bind, Ambient: bind}
	onThread(t, func() {
		status := threadStatus(t)
		wantSet(t, status, "CapPrm", bind|1)
		wantSet(t, status, "CapEff", 1)
		wantSet(t, status, "CapInh", bind)
		wantSet(t, status, "CapAmb", bind)
		wantSet(t, programStatus(t), "CapEff", bind) // execve leaves an ordinary user the ambient ones
	}, KeepCapabilities{}, nobody, sets)
	onThread(t, func() { // without KeepCapabilities nothing is left to set
		if err := sets.Do(); err == nil || !strings.Contains(err.Error(), "capset(") {
			t.Errorf("capset gave rights to a user who had none: %v", err)
		}
	}, nobody)
}

func TestAmbientNeedsInheritable(t *testing.T) {
	needRoot(t)
	onThread(t, func() {
		err := SetCapabilities{Permitted: 1, Ambient: 1}.Do()
		if err == nil || !strings.Contains(err.Error(), "make CAP_CHOWN ambient") {
			t.Errorf("got %v", err)
		}
	})
}

func TestCapabilityNames(t *testing.T) {
	mask, unknown := CapabilityMask([]string{"CAP_CHOWN", "CAP_CHECKPOINT_RESTORE", "cap_kill", "CAP_FLY"})
	if mask != 1|1<<unix.CAP_CHECKPOINT_RESTORE || !reflect.DeepEqual(unknown, []string{"cap_kill", "CAP_FLY"}) {
		t.Errorf("got %#x, unknown %q", mask, unknown)
	}
	if got := CapabilityNames(1<<63 | 1<<unix.CAP_SYS_ADMIN); !reflect.DeepEqual(got, []string{"CAP_SYS_ADMIN", "CAP_63"}) {
		t.Errorf("got %q", got)
	}
	for _, known := range capability.ListKnown() {
		if got, want := capabilityName(int(known)), "CAP_"+strings.ToUpper(known.String()); got != want {
			t.Errorf("number %d is %s, want %s", known, got, want)
		}
	}
	if len(capabilityNames) != unix.CAP_LAST_CAP+1 {
		t.Errorf("the table has %d names, the kernel's headers %d", len(capabilityNames), unix.CAP_LAST_CAP+1)
	}
}

func TestCapabilitiesInWords(t *testing.T) {
	ops := []explain.Op{
		DropBounding{Keep: AllCapabilities &^ (1 << 16)},
		DropBounding{Keep: AllCapabilities &^ (1<<16 | 1<<17)},
		SetCapabilities{Permitted: 3, Effective: 1, Ambient: 1},
		SeccompFilter{Program: strings.Repeat("x", 16), Flags: unix.SECCOMP_FILTER_FLAG_LOG},
	}
	want := []string{
		"prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE)",
		"prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE)\nthe same for CAP_SYS_RAWIO",
		"capset({version=_LINUX_CAPABILITY_VERSION_3, pid=0}, {effective=1<<CAP_CHOWN, " +
			"permitted=1<<CAP_CHOWN|1<<CAP_DAC_OVERRIDE, inheritable=0})\n" +
			"prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)\n" +
			"prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0)",
		"seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, {len=2, filter=…})",
	}
	for i, op := range ops {
		if got := op.Call(); got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
	}
	if got := (DropBounding{Keep: 1 | 1<<5}).Shell(); got != "setpriv --bounding-set=-all,+chown,+kill" {
		t.Errorf("got %s", got)
	}
}

// The shell column is a promise: setpriv does the same.
func TestBoundingInShell(t *testing.T) {
	needRoot(t)
	drop := DropBounding{Keep: 1 | 1<<5}
	out, err := exec.Command("sh", "-c", drop.Shell()+" cat /proc/self/status").Output()
	if err != nil {
		t.Skipf("needs setpriv of util-linux: %v", err)
	}
	onThread(t, func() { wantSet(t, string(out), "CapBnd", set(t, threadStatus(t), "CapBnd")) }, drop)
}
