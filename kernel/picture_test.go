// This file makes a picture of a directory: its files and the mounts on it, as the kernel shows them.
package kernel

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

// picture lists what is below dir, with dir itself left out of the names, so that two directories can be compared.
func picture(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		line, err := fileLine(path)
		lines = append(lines, line)
		return err
	})
	must(t, err)
	mounts, err := look.Mounts(os.Getpid())
	must(t, err)
	for _, m := range mounts {
		if strings.HasPrefix(m.Point+"/", dir+"/") {
			lines = append(lines, fmt.Sprintf("mount %s %s %s %s %s", m.Point, m.FSType, m.Options, m.SuperOptions, peers.ReplaceAllString(m.Propagation, "")))
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), dir, "")
}

// peers are the numbers of peer groups, drawn anew each time.
var peers = regexp.MustCompile(`:\d+`)

func fileLine(path string) (string, error) {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return "", err
	}
	line := fmt.Sprintf("file %s %#o %d:%d", path, st.Mode, st.Uid, st.Gid)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFCHR, unix.S_IFBLK:
		line += fmt.Sprintf(" device %d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
	case unix.S_IFLNK:
		target, err := os.Readlink(path)
		return line + " -> " + target, err
	case unix.S_IFREG:
		content, err := os.ReadFile(path)
		return line + fmt.Sprintf(" %q", content), err
	}
	return line, nil
}

// playground is an empty directory; what a test mounts in it goes away with it.
func playground(t *testing.T) string {
	t.Helper()
	testkit.Need(t, testkit.Root())
	dir, err := os.MkdirTemp("", "playground") // t.TempDir has the test's name in it, which a shell would not take
	must(t, err)
	t.Cleanup(func() {
		mounts, err := look.Mounts(os.Getpid())
		must(t, err)
		for i := len(mounts) - 1; i >= 0; i-- {
			if strings.HasPrefix(mounts[i].Point+"/", dir+"/") {
				must(t, Unmount{Target: mounts[i].Point}.Do())
			}
		}
		// Through a mount that is still there, os.RemoveAll would go on in a directory of the machine.
		must(t, exec.Command("rm", "-rf", "--one-file-system", dir).Run())
	})
	return dir
}
