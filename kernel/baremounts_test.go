package kernel

import (
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

// pointsIn lists the mount points in the mount namespace that a file keeps.
func pointsIn(t *testing.T, file string) (points []string) {
	t.Helper()
	done := make(chan error)
	go look.OnThrowawayThread(func() {
		err := JoinMounts{Path: file}.Do()
		if err == nil {
			points, err = ownPoints()
		}
		done <- err
	})
	must(t, <-done)
	return points
}

func ownPoints() (points []string, err error) {
	mounts, err := look.Mounts(unix.Gettid())
	for _, m := range mounts {
		points = append(points, m.Point)
	}
	return points, err
}

func TestBareMountsAreFew(t *testing.T) {
	testkit.Need(t, testkit.Root())
	dir := t.TempDir()
	way, other := dir+"/way", dir+"/other"
	for _, point := range []string{way, other} {
		must(t, os.Mkdir(point, 0o700))
		must(t, Mount{Source: "none", Target: point, FSType: "tmpfs"}.Do())
		defer Unmount{Target: point}.Do()
	}
	b := BareMounts{Dir: way + "/bare", Ways: []string{way + "/some/where"}}
	must(t, b.Do())
	before, err := os.Stat(b.File())
	must(t, err)
	bare := pointsIn(t, b.File())
	ours, err := ownPoints()
	must(t, err)
	for _, point := range []string{"/", "/proc", "/sys", way} {
		if !slices.Contains(bare, point) {
			t.Errorf("%s is missing in %q", point, bare)
		}
	}
	for _, point := range []string{other, b.Dir, b.File()} {
		if slices.Contains(bare, point) || !slices.Contains(ours, point) {
			t.Errorf("%s is to be in %q alone, and not in %q", point, ours, bare)
		}
	}
	must(t, b.Do()) // somebody else has made it
	if after, err := os.Stat(b.File()); err != nil || !os.SameFile(before, after) {
		t.Errorf("it was made a second time (%v)", err)
	}
	for range 2 {
		must(t, BareMountsRemove(b).Do())
	}
	if _, err := os.Stat(b.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", b.Dir, err)
	}
}

// Somebody else may be killed when only the directory is there.
func TestBareMountsOfSomebodyKilled(t *testing.T) {
	b := BareMounts{Dir: t.TempDir() + "/bare"}
	must(t, os.Mkdir(b.Dir, 0o700))
	must(t, b.Do())
	if IsNamespace(b.File()) {
		t.Error("it was made beside somebody else")
	}
	must(t, BareMountsRemove(b).Do())
}

// In a mount namespace that was made on another processor than the first, not every processor's own count as newer.
func TestBareMountsInAYoungNamespace(t *testing.T) {
	testkit.Need(t, testkit.Root())
	var allowed unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &allowed))
	for cpu := range 64 * len(allowed) {
		if !allowed.IsSet(cpu) {
			continue
		}
		said := make(chan string)
		go look.OnThrowawayThread(func() {
			var here unix.CPUSet
			here.Set(cpu)
			if err := unix.SchedSetaffinity(0, &here); err != nil {
				said <- err.Error()
				return
			}
			said <- inChild(t, "bare mounts", &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS})
		})
		if text := <-said; text != "" {
			t.Errorf("processor %d: %s", cpu, text)
		}
	}
}

// makeBareMounts is the child's deed: it was born on one processor, and is to use all.
func makeBareMounts() error {
	runtime.LockOSThread()
	var all unix.CPUSet
	for cpu := range 64 * len(all) {
		all.Set(cpu)
	}
	if err := unix.SchedSetaffinity(0, &all); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "glassbox-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := BareMounts{Dir: dir + "/bare"}
	if err := b.Do(); err != nil {
		return err
	}
	defer BareMountsRemove(b).Do()
	if !IsNamespace(b.File()) {
		return unix.EINVAL
	}
	return nil
}
