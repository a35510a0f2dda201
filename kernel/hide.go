// This file hides files inside a container's root. What lies there is known only when it is done: an image or a volume has
// brought it. man 2 mount; OCI config-linux, "maskedPaths" and "readonlyPaths".
package kernel

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// MaskIn covers a file inside Root with /dev/null, and a directory with an empty tmpfs. What is not there needs no mask. The
// device is the host's, and it is looked at before: a fake one would show what it is to hide (CVE-2025-31133).
type MaskIn struct {
	Root, Target string
	Dir          bool // what is expected there, for the story
}

func (m MaskIn) Do() error {
	null, err := openNull()
	if err != nil {
		return Fail(m, err)
	}
	defer unix.Close(null)
	err = at(m.Root, m.Target, func(target string) error {
		var st unix.Stat_t
		if err := unix.Stat(target, &st); err != nil {
			return err
		}
		if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			return unix.Mount("tmpfs", target, "tmpfs", unix.MS_RDONLY, emptyTmpfs)
		}
		return unix.Mount(fmt.Sprintf("/proc/self/fd/%d", null), target, "", unix.MS_BIND, "")
	})
	return Fail(m, unlessAbsent(err))
}

const emptyTmpfs = "nr_blocks=1,nr_inodes=1"

func openNull() (int, error) {
	fd, err := unix.Open("/dev/null", unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open /dev/null: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != unix.Mkdev(1, 3) {
		return -1, errors.Join(errors.New("/dev/null is not the null device"), err, unix.Close(fd))
	}
	return fd, nil
}

func unlessAbsent(err error) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return err
}

func (m MaskIn) as() (file BindIn, dir MountIn) {
	return BindIn{Root: m.Root, Source: "/dev/null", Target: m.Target},
		MountIn{Root: m.Root, Source: "tmpfs", Target: m.Target, FSType: "tmpfs", Flags: unix.MS_RDONLY, Data: emptyTmpfs}
}

func (m MaskIn) Call() string {
	file, dir := m.as()
	if m.Dir {
		return dir.Call()
	}
	return file.Call()
}

func (m MaskIn) Shell() string {
	file, dir := m.as()
	if m.Dir {
		return dir.Shell()
	}
	return file.Shell()
}

// ReadonlyIn makes what lies at Target inside Root read-only, with all that is mounted below it left as it is. What is not
// there needs nothing.
type ReadonlyIn struct {
	Root, Target string
	Flags        uintptr // besides MS_RDONLY
}

func (r ReadonlyIn) Do() error {
	bind, remount := r.as()
	if err := unlessAbsent(bind.Do()); err != nil {
		return err
	}
	return unlessAbsent(remount.Do())
}

func (r ReadonlyIn) as() (BindSelfIn, RemountIn) {
	return BindSelfIn{Root: r.Root, Path: r.Target}, RemountIn{Root: r.Root, Target: r.Target, Flags: unix.MS_RDONLY | r.Flags}
}

func (r ReadonlyIn) Call() string {
	bind, remount := r.as()
	return bind.Call() + "\n" + remount.Call()
}

func (r ReadonlyIn) Shell() string {
	bind, remount := r.as()
	return bind.Shell() + "\n" + remount.Shell()
}
