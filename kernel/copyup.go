// This file fills a tmpfs with what it covers (the mount option tmpcopyup).
package kernel

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// CopyUpIn mounts a tmpfs at Target inside Root, and copies there what was at Target before, with the directory's own mode and owner
// unless Data says mode=.
type CopyUpIn struct {
	Root, Target string
	Flags        uintptr
	Data         string

	Self   int `json:"-"` // descriptor of this program, for a deputy
	number int
}

// Do holds what is covered by a descriptor: the mount hides it from every path.
func (c CopyUpIn) Do() error {
	covered, err := OpenIn(c.Root, c.Target, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return Fail(c, err)
	}
	from := os.NewFile(uintptr(covered), c.Target)
	defer from.Close()
	if err := c.mount().Do(); err != nil {
		return err
	}
	fresh, err := OpenIn(c.Root, c.Target, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return Fail(c, err)
	}
	to := os.NewFile(uintptr(fresh), c.Target)
	defer to.Close()
	if err := copyDir(from, to); err != nil {
		return Fail(c, fmt.Errorf("copy what it covers: %w", err))
	}
	if c.mode() != "" {
		return nil
	}
	return Fail(c, likewise(from, to))
}

// likewise: a tmpfs is open to everybody (1777) if nobody says otherwise.
func likewise(from, to *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(from.Fd()), &st); err != nil {
		return err
	}
	if err := unix.Fchown(int(to.Fd()), int(st.Uid), int(st.Gid)); err != nil {
		return err
	}
	return unix.Fchmod(int(to.Fd()), st.Mode&0o7777)
}

// mode is what Data says of it.
// CopyUpTitle is the name of a copy of this program that does one CopyUpIn, which is its argument.
const CopyUpTitle = "glassbox: copy up"

// CopyUp is its life.
func CopyUp(arg string) error {
	var c CopyUpIn
	if err := json.Unmarshal([]byte(arg), &c); err != nil {
		return fmt.Errorf("%s: %w", CopyUpTitle, err)
	}
	return c.Do()
}

// calls are for a deputy: they run this program. To copy a tree takes more than calls that are known beforehand.
func (c CopyUpIn) calls(m *making) error {
	arg, err := json.Marshal(c)
	if err != nil {
		return err
	}
	m.run(program{name: CopyUpTitle, number: c.number, start: call{number: unix.SYS_EXECVEAT,
		args: with{c.Self, "", vector([]string{CopyUpTitle, string(arg)}), vector(nil), unix.AT_EMPTY_PATH}}})
	return nil
}

func (c CopyUpIn) mode() string {
	for option := range strings.SplitSeq(c.Data, ",") {
		if mode, ok := strings.CutPrefix(option, "mode="); ok {
			return mode
		}
	}
	return ""
}

func (c CopyUpIn) mount() MountIn {
	return MountIn{Root: c.Root, Source: "tmpfs", Target: c.Target, FSType: "tmpfs", Flags: c.Flags, Data: c.Data}
}

func (c CopyUpIn) Call() string {
	return c.mount().Call() + fmt.Sprintf("\nthe files of %q are copied", path.Join(c.Root, c.Target))
}

func (c CopyUpIn) Shell() string {
	target := quote(path.Join(c.Root, c.Target))
	restore := ""
	if mode := c.mode(); mode != "" {
		restore = " && " + Quote("chmod", mode) + " " + target
	}
	return "copy=$(mktemp -d) && cp -a " + target + "/. \"$copy\" && " + c.mount().Shell() + " && cp -a \"$copy\"/. " + target + " && rm -r \"$copy\"" + restore
}
