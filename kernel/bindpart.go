// This file shows a part of a directory that nobody may trust: a subdirectory of a volume, which a container may have replaced
// by a link to the host's files.
package kernel

import (
	"errors"
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// BindPart shows Part of Root, a file or directory, at Target, which it makes. A link that leads out of Root is refused, and
// what was found is bound by its descriptor, so that nobody can exchange it meanwhile (CVE-2024-23651 and its kin).
type BindPart struct{ Root, Part, Target string }

func (b BindPart) Do() error { return Fail(b, b.bind()) }

// bind opens by the name and mounts by the descriptor. LESSON: bind-part
func (b BindPart) bind() error {
	dir, err := unix.Open(b.Root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	part, err := openBeneath(dir, b.Part)
	if err != nil {
		return err
	}
	defer unix.Close(part)
	var st unix.Stat_t
	if err := unix.Fstat(part, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		err = unix.Mkdir(b.Target, 0o700)
	} else {
		err = writeFile(b.Target, "", unix.O_CREAT|unix.O_EXCL, 0o600)
	}
	if err != nil {
		return err
	}
	return unix.Mount(fmt.Sprintf("/proc/self/fd/%d", part), b.Target, "", bindFlags(true), "")
}

func openBeneath(dir int, name string) (int, error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS}
	for {
		fd, err := unix.Openat2(dir, name, &how)
		switch {
		case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EXDEV):
			err = fmt.Errorf("%w: %q leads out of it", err, name)
		}
		return fd, err
	}
}

func (b BindPart) from() string { return path.Join(b.Root, b.Part) }

func (b BindPart) Call() string {
	return fmt.Sprintf("openat2(%q, %q, RESOLVE_BENEATH)\nmkdir(%q, 0700)\n", b.Root, b.Part, b.Target) +
		mountCall(b.from(), b.Target, "", bindFlags(true), "")
}

func (b BindPart) Shell() string {
	return "if [ -d " + quote(b.from()) + " ]; then " + Quote("mkdir", b.Target) + "; else " + Quote("touch", b.Target) + "; fi && " +
		bindShell(b.from(), b.Target, true)
}

func (b BindPart) Undo() explain.Op { return Unmount{Target: b.Target} }
