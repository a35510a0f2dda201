// These tests do each op on the real kernel and look; then they type its shell line in another place and look again: the two
// pictures must be the same. And where there is an inverse, it must bring back the picture from before.
package kernel

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// deed is an op at work in a directory that a few shell lines have prepared.
type deed struct {
	name    string
	prepare string
	op      func(dir string) explain.Op
}

// deeds returns the table; a function, for ops are made for a directory.
func deeds() []deed { return slices.Concat(mountDeeds(), fileDeeds()) }

func mountDeeds() []deed {
	const nodevNosuid = unix.MS_NOSUID | unix.MS_NODEV
	return []deed{
		{"Mount", "mkdir a", func(dir string) explain.Op {
			return Mount{Source: "box", Target: dir + "/a", FSType: "tmpfs", Flags: nodevNosuid | unix.MS_NOEXEC, Data: "size=64k,mode=700"}
		}},
		{"Mount read-only, no data", "mkdir a", func(dir string) explain.Op {
			return Mount{Source: "box", Target: dir + "/a", FSType: "tmpfs", Flags: unix.MS_RDONLY | unix.MS_NOATIME}
		}},
		{"Bind", "mkdir -p a/sub b; mount -t tmpfs x a/sub; touch a/f a/sub/hidden", func(dir string) explain.Op {
			return Bind{Source: dir + "/a", Target: dir + "/b"}
		}},
		{"Bind with what is mounted below", "mkdir -p a/sub b; mount -t tmpfs x a/sub; touch a/sub/seen", func(dir string) explain.Op {
			return Bind{Source: dir + "/a", Target: dir + "/b", Recursive: true}
		}},
		{"SetPropagation", "mkdir a; mount -t tmpfs x a", func(dir string) explain.Op {
			return SetPropagation{Target: dir + "/a", Type: unix.MS_SHARED}
		}},
		{"SetPropagation of a tree", "mkdir a; mount -t tmpfs x a; mkdir a/b; mount -t tmpfs y a/b; mount --make-shared a/b", func(dir string) explain.Op {
			return SetPropagation{Target: dir + "/a", Type: unix.MS_UNBINDABLE | unix.MS_REC}
		}},
		{"Unmount", "mkdir a; mount -t tmpfs x a", func(dir string) explain.Op { return Unmount{Target: dir + "/a"} }},
		{"MountIn", "mkdir a", func(dir string) explain.Op {
			return MountIn{Root: dir, Source: "box", Target: "/a", FSType: "tmpfs", Flags: nodevNosuid, Data: "mode=711"}
		}},
		{"BindIn", "mkdir a b; touch a/f", func(dir string) explain.Op {
			return BindIn{Root: dir, Source: dir + "/a", Target: "b", Recursive: true}
		}},
		{"BindIn of a file", "touch a b; echo text > a", func(dir string) explain.Op { return BindIn{Root: dir, Source: dir + "/a", Target: "/b"} }},
		{"BindSelfIn", "mkdir a; touch a/f", func(dir string) explain.Op { return BindSelfIn{Root: dir, Path: "/a"} }},
		{"RemountIn", "mkdir a; mount --bind a a", func(dir string) explain.Op {
			return RemountIn{Root: dir, Target: "/a", Flags: unix.MS_RDONLY | nodevNosuid | unix.MS_NOEXEC}
		}},
		{"BindFlagsIn", "mkdir a b; mount -t tmpfs x a; touch a/f", func(dir string) explain.Op {
			return BindFlagsIn{Root: dir, Source: dir + "/a", Target: "b", Flags: unix.MS_RDONLY | unix.MS_NOEXEC}
		}},
		{"SetPropagationIn", "mkdir a; mount -t tmpfs x a; mount --make-shared a", func(dir string) explain.Op {
			return SetPropagationIn{Root: dir, Target: "/a", Type: unix.MS_PRIVATE}
		}},
		{"SetPropagationAbove", "mkdir a; mount -t tmpfs x a; mount --make-shared a; mkdir a/b", func(dir string) explain.Op {
			return SetPropagationAbove{Path: dir + "/a/b", Type: unix.MS_PRIVATE}
		}},
		{"CopyUpIn", "mkdir -p a/b; echo text > a/b/f; ln -s b a/l; chmod 700 a/b; chmod 2750 a; chown 7:8 a", func(dir string) explain.Op {
			return CopyUpIn{Root: dir, Target: "/a", Flags: unix.MS_NOSUID}
		}},
		{"CopyUpIn with a mode", "mkdir -p a/b; echo text > a/b/f; chmod 700 a", func(dir string) explain.Op {
			return CopyUpIn{Root: dir, Target: "/a", Flags: unix.MS_NOSUID, Data: "mode=755"}
		}},
	}
}

func fileDeeds() []deed {
	return []deed{
		{"ChangeGroup", "mkdir a; chmod 2710 a; chown 7:8 a", func(dir string) explain.Op { return ChangeGroup{Path: dir + "/a", GID: 2_000_000_000} }},
		{"Mkdir", "", func(dir string) explain.Op { return Mkdir{Path: dir + "/a b", Mode: 0o750} }},
		{"EnsureDir", "mkdir a", func(dir string) explain.Op { return EnsureDir{Path: dir + "/a/b/c", Mode: 0o755} }},
		{"EnsureDirIn", "mkdir a; ln -s a l", func(dir string) explain.Op { return EnsureDirIn{Root: dir, Path: "/l/b/c", Mode: 0o755} }},
		{"EnsureFileIn", "mkdir a", func(dir string) explain.Op { return EnsureFileIn{Root: dir, Path: "/a/f"} }},
		{"SymlinkIn", "mkdir a", func(dir string) explain.Op { return SymlinkIn{Root: dir, Target: "../x y", Path: "/a/l"} }},
		{"MknodIn, character device", "mkdir dev", func(dir string) explain.Op {
			return MknodIn{Root: dir, Path: "/dev/null", Mode: unix.S_IFCHR | 0o600, Major: 1, Minor: 3}
		}},
		{"MknodIn, block device", "", func(dir string) explain.Op {
			return MknodIn{Root: dir, Path: "disk", Mode: unix.S_IFBLK | 0o640, Major: 259, Minor: 300}
		}},
		{"MknodIn, FIFO", "", func(dir string) explain.Op { return MknodIn{Root: dir, Path: "/p", Mode: unix.S_IFIFO | 0o600} }},
		{"RemoveTree", "mkdir -p a/b/c; touch a/f a/b/f; ln -s /etc a/b/l", func(dir string) explain.Op { return RemoveTree{Path: dir + "/a"} }},
		{"RemoveTree of a file", "touch a", func(dir string) explain.Op { return RemoveTree{Path: dir + "/a"} }},
		{"WriteFile", "", func(dir string) explain.Op {
			return WriteFile{Path: dir + "/f", Content: "it's\ntwo lines\n", Mode: 0o644}
		}},
		{"WriteFile without an end of line", "echo old and long > f", func(dir string) explain.Op {
			return WriteFile{Path: dir + "/f", Content: "%s \\n", Mode: 0o644}
		}},
		{"Remove", "ln -s /etc a", func(dir string) explain.Op { return Remove{Path: dir + "/a"} }},
	}
}

func TestShellDoesTheSame(t *testing.T) {
	for _, d := range deeds() {
		t.Run(d.name, func(t *testing.T) {
			byCall, byHand := playground(t), playground(t)
			shell(t, "cd "+byCall, d.prepare)
			shell(t, "cd "+byHand, d.prepare)
			before := picture(t, byCall)
			must(t, d.op(byCall).Do())
			shell(t, d.op(byHand).Shell())
			did, typed := picture(t, byCall), picture(t, byHand)
			if did != typed {
				t.Errorf("%s\nmade\n%s\n\n%s\nmade\n%s", d.op(byCall).Call(), did, d.op(byHand).Shell(), typed)
			}
			if did == before {
				t.Errorf("nothing changed, so the comparison proves nothing:\n%s", did)
			}
		})
	}
}

func TestUndoPutsBack(t *testing.T) {
	for _, d := range deeds() {
		dir := playground(t)
		shell(t, "cd "+dir, d.prepare)
		op, ok := d.op(dir).(explain.Undoer)
		if !ok || d.name == "WriteFile without an end of line" { // that one replaced a file: what was in it is gone
			continue
		}
		t.Run(d.name, func(t *testing.T) {
			before := picture(t, dir)
			must(t, op.Do())
			for range 2 { // after a crash nobody knows whether it was undone already
				must(t, op.Undo().Do())
				if after := picture(t, dir); after != before {
					t.Errorf("%s left\n%s\nof\n%s", op.Undo().Call(), after, before)
				}
			}
		})
	}
}

// The inverses' shell lines are what --script ends with.
func TestUndoShellPutsBack(t *testing.T) {
	for _, d := range deeds() {
		dir := playground(t)
		shell(t, "cd "+dir, d.prepare)
		op, ok := d.op(dir).(explain.Undoer)
		if !ok || d.name == "WriteFile without an end of line" {
			continue
		}
		before := picture(t, dir)
		must(t, op.Do())
		shell(t, op.Undo().Shell())
		if after := picture(t, dir); after != before {
			t.Errorf("%s: %s left\n%s\nof\n%s", d.name, op.Undo().Shell(), after, before)
		}
	}
}

// What is there already stays as it is; or the claim to a name fails.
func TestWhatIsThereAlready(t *testing.T) {
	for _, c := range []struct {
		prepare string
		op      func(dir string) explain.Op
		want    error
	}{
		{"mkdir -m 700 a", func(dir string) explain.Op { return EnsureDir{Path: dir + "/a", Mode: 0o755} }, nil},
		{"mkdir -m 700 a", func(dir string) explain.Op { return EnsureDirIn{Root: dir, Path: "/a", Mode: 0o755} }, nil},
		{"echo text > a", func(dir string) explain.Op { return EnsureFileIn{Root: dir, Path: "/a"} }, nil},
		{"ln -s old a", func(dir string) explain.Op { return SymlinkIn{Root: dir, Target: "new", Path: "/a"} }, nil},
		{"mkdir a", func(dir string) explain.Op { return Mkdir{Path: dir + "/a"} }, unix.EEXIST},
		{"touch a", func(dir string) explain.Op { return EnsureDirIn{Root: dir, Path: "/a/b", Mode: 0o755} }, unix.ENOTDIR},
		{"touch a", func(dir string) explain.Op { return EnsureDir{Path: dir + "/a/b", Mode: 0o755} }, unix.ENOTDIR},
		{"touch a", func(dir string) explain.Op { return MknodIn{Root: dir, Path: "/a", Mode: unix.S_IFCHR} }, unix.EEXIST},
	} {
		dir := playground(t)
		shell(t, "cd "+dir, c.prepare)
		before := picture(t, dir)
		wantErrno(t, c.op(dir).Do(), c.want)
		if after := picture(t, dir); after != before {
			t.Errorf("%s changed\n%s\ninto\n%s", c.op(dir).Call(), before, after)
		}
	}
}
