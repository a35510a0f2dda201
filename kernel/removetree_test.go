// These tests hold that nothing that is deleted takes the content of a mount with it.
package kernel

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

func TestRemoveTreeStopsAtMounts(t *testing.T) {
	for _, c := range []struct{ name, mount string }{
		{"another file system", "mount -t tmpfs x box/data; mkdir box/data/dir; echo precious > box/data/dir/file"},
		{"a directory of the same file system", "mount --bind volume box/data"},
		{"the same directory, deep in the tree", "mkdir -p box/data/a/b; mount --bind volume box/data/a/b"},
		{"one file", "echo precious > file; touch box/data/file; mount --bind file box/data/file"},
		{"the tree itself", "mount --bind volume box"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := playground(t)
			shell(t, "cd "+dir, "mkdir -p box/data volume/dir; echo precious > volume/dir/file", c.mount)
			precious := func() string {
				return shell(t, "cd "+dir, "find . -type f -exec grep -l precious {} + | sort")
			}
			before := precious()
			wantErrno(t, RemoveTree{Path: dir + "/box"}.Do(), unix.EBUSY)
			if after := precious(); after != before {
				t.Errorf("of\n%s\nthere is left\n%s", before, after)
			}
			shell(t, "cd "+dir, "umount -R box/data/a/b 2>/dev/null || umount -R box/data/file 2>/dev/null || umount box/data 2>/dev/null || umount box")
			must(t, RemoveTree{Path: dir + "/box"}.Do()) // the control: without the mount it can be done
			if _, err := os.Stat(dir + "/box"); !os.IsNotExist(err) {
				t.Errorf("it is still there (%v)", err)
			}
			if _, err := os.Stat(dir + "/volume/dir/file"); err != nil {
				t.Error(err)
			}
		})
	}
}

// Symbolic links are deleted, not followed.
func TestRemoveTreeFollowsNoLink(t *testing.T) {
	dir := playground(t)
	shell(t, "cd "+dir, "mkdir box keep; touch keep/file; ln -s ../keep box/dir; ln -s ../keep/file box/file; ln -s box link")
	for _, op := range []explain.Op{RemoveTree{Path: dir + "/link"}, RemoveTree{Path: dir + "/box"}, RemoveTree{Path: dir + "/gone"}} {
		must(t, op.Do())
	}
	if got := shell(t, "cd "+dir, "find | sort"); got != ".\n./keep\n./keep/file\n" {
		t.Errorf("left\n%s", got)
	}
}
