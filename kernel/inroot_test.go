// These tests are attacks: a root file system is full of traps, and no request that is meant for its inside may reach the
// outside. CVE-2021-30465 and its kin.
package kernel

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// trapped makes a root with links that lead out of it, and an outside with something to lose.
func trapped(t *testing.T) (root, outside string) {
	t.Helper()
	dir := playground(t)
	root, outside = dir+"/root", dir+"/outside"
	shell(t, "mkdir -p "+root+"/deep/er "+outside+"/dir", "echo kept > "+outside+"/file", "cd "+root,
		"ln -s "+outside+" absolute", "ln -s ../outside up", "ln -s ../../../../../../../.."+outside+" deep/er/far", "ln -s absolute chain")
	return root, outside
}

// ways lead from the root to the outside if they are followed as the host would.
var ways = []string{"/absolute", "/up", "/deep/er/far", "/chain", "/../outside", "../outside", "/deep/../../outside"}

// attacks are the requests for one place. The negative control is the same request by a plain path.
func attacks(root, way string) (safe, plain []explain.Op) {
	at := filepath.Join("/", way) + "/dir"
	return []explain.Op{
			EnsureDirIn{Root: root, Path: way + "/dir/new", Mode: 0o755}, EnsureFileIn{Root: root, Path: way + "/dir/new-file"},
			SymlinkIn{Root: root, Target: "/x", Path: way + "/dir/link"}, MknodIn{Root: root, Path: way + "/dir/node", Mode: unix.S_IFCHR | 0o666},
			MountIn{Root: root, Source: "x", Target: at, FSType: "tmpfs"}, BindIn{Root: root, Source: "/etc", Target: way + "/dir"},
			BindSelfIn{Root: root, Path: way + "/dir"}, RemountIn{Root: root, Target: way + "/dir", Flags: unix.MS_RDONLY},
			SetPropagationIn{Root: root, Target: way + "/dir", Type: unix.MS_SHARED},
		}, []explain.Op{
			EnsureDir{Path: root + "/" + way + "/dir/new", Mode: 0o755}, Mount{Source: "x", Target: root + "/" + way + "/dir", FSType: "tmpfs"},
			Bind{Source: "/etc", Target: root + "/" + way + "/dir"},
		}
}

func TestLinksDoNotLeadOut(t *testing.T) {
	for _, way := range ways {
		root, outside := trapped(t)
		before := picture(t, outside)
		safe, plain := attacks(root, way)
		for _, op := range safe {
			err := op.Do() // may fail, may succeed inside
			if after := picture(t, outside); after != before {
				t.Errorf("%s: %s (%v) reached the outside:\n%s", way, op.Call(), err, after)
			}
		}
		for _, op := range plain {
			must(t, op.Do())
			if picture(t, outside) == before {
				t.Errorf("%s: even the plain %s did not lead out: this test proves nothing", way, op.Call())
			}
			if u, ok := op.(explain.Undoer); ok {
				must(t, u.Undo().Do())
			}
			must(t, os.RemoveAll(outside+"/dir/new"))
		}
	}
}

// A link of /proc leads anywhere without a path (a magic link): it is refused.
func TestMagicLinksAreRefused(t *testing.T) {
	root, _ := trapped(t)
	must(t, Mkdir{root + "/proc", 0o755}.Do())
	must(t, Mount{Source: "proc", Target: root + "/proc", FSType: "proc"}.Do())
	wantErrno(t, MountIn{Root: root, Source: "x", Target: "/proc/self/cwd", FSType: "tmpfs"}.Do(), unix.ELOOP)
	wantErrno(t, EnsureDirIn{Root: root, Path: "/proc/self/root/tmp/x", Mode: 0o755}.Do(), unix.ELOOP)
}

// race swaps a directory and a link to the outside as fast as it can, while do works on that name, and counts how often the
// outside was reached.
func race(t *testing.T, do func(root string) error, reached func(outside string) bool) (did, out int) {
	t.Helper()
	root, outside := trapped(t)
	shell(t, "mkdir "+root+"/target", "ln -s "+outside+" "+root+"/link")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default: // fails while something is mounted there
				unix.Renameat2(unix.AT_FDCWD, root+"/target", unix.AT_FDCWD, root+"/link", unix.RENAME_EXCHANGE)
			}
		}
	}()
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); {
		if do(root) == nil {
			did++
		}
		if reached(outside) {
			out++
		}
		for _, name := range []string{"/target", "/link"} {
			unix.Unmount(root+name, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		}
	}
	close(stop)
	<-stopped
	return did, out
}

func TestRacesDoNotLeadOut(t *testing.T) {
	mounted := func(outside string) bool { return unix.Unmount(outside, unix.MNT_DETACH) == nil }
	made := func(outside string) bool { return os.Remove(outside+"/new") == nil }
	for _, c := range []struct {
		name    string
		safe    func(root string) error
		plain   func(root string) error
		reached func(outside string) bool
	}{
		{"mount", func(root string) error {
			return MountIn{Root: root, Source: "x", Target: "/target", FSType: "tmpfs"}.Do()
		},
			func(root string) error { return Mount{Source: "x", Target: root + "/target", FSType: "tmpfs"}.Do() }, mounted},
		{"mknod", func(root string) error {
			return MknodIn{Root: root, Path: "/target/new", Mode: unix.S_IFCHR | 0o666}.Do()
		},
			func(root string) error { return unix.Mknod(root+"/target/new", unix.S_IFCHR|0o666, 0) }, made},
	} {
		t.Run(c.name, func(t *testing.T) {
			if did, out := race(t, c.safe, c.reached); out != 0 || did == 0 {
				t.Errorf("of %d, %d reached the outside", did, out)
			}
			if did, out := race(t, c.plain, c.reached); out == 0 {
				t.Errorf("of %d by a plain path none reached the outside: the race proves nothing", did)
			}
		})
	}
}
