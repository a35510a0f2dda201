// This file hides files inside a container's root. What lies there is known only when it is done: an image or a volume has
// brought it. man 2 mount; OCI config-linux, "maskedPaths" and "readonlyPaths".
package kernel

import (
	"golang.org/x/sys/unix"
)

// MaskIn covers a file inside Root with /dev/null, and a directory with an empty tmpfs. What is not there needs no mask. The
// device is the host's, and it is looked at before: a fake one would show what it is to hide (CVE-2025-31133).
type MaskIn struct {
	Root, Target string
	Dir          bool // what is expected there, for the story
}

func (m MaskIn) Do() error { return do(m) }

// calls look what is there before they cover it: a mount that fails costs more than all of this.
func (m MaskIn) calls(k *making) error {
	k.at(m.Root, m.Target, 0, true, func(fd descriptor, target any) {
		coverDir := mount("tmpfs", target, "tmpfs", unix.MS_RDONLY, emptyTmpfs)
		if target == "/" {
			k.add(coverDir)
			return
		}
		file, done := new(mark), new(mark)
		found, isDir := stat(unix.S_IFMT, unix.S_IFDIR, unix.ENOTDIR)
		k.add(call{number: unix.SYS_FSTAT, args: with{fd, found}, check: isDir, may: errnos(unix.ENOTDIR), or: file}, coverDir)
		k.jump(done)
		k.here(file)
		null := k.null()
		k.add(mount(ownFile(null), target, "", unix.MS_BIND, ""))
		k.close(null)
		k.here(done)
	})
	return nil
}

// null opens the host's null device.
func (m *making) null() descriptor {
	null := m.opens(call{number: unix.SYS_OPENAT, name: "open /dev/null",
		args: with{unix.AT_FDCWD, "/dev/null", unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC}})
	buffer, kind := stat(unix.S_IFMT, unix.S_IFCHR, unix.ENODEV)
	isNull := isDevice(buffer, 1, 3, unix.ENODEV)
	isNull.name = "/dev/null is not the null device"
	m.add(call{number: unix.SYS_FSTAT, args: with{null, buffer}, check: kind, name: isNull.name}, isNull)
	return null
}

const emptyTmpfs = "nr_blocks=1,nr_inodes=1"

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

func (r ReadonlyIn) Do() error { return do(r) }

// calls resolve the target twice, from the name of Root: the second time it is the mount that was made, also where a link leads to Root.
func (r ReadonlyIn) calls(m *making) error {
	_, remount := r.as()
	m.at(r.Root, r.Target, 0, true, func(_ descriptor, target any) { m.add(mount(target, target, "", unix.MS_BIND|unix.MS_REC, "")) })
	m.letGo()
	m.at(r.Root, r.Target, 0, true, func(_ descriptor, target any) { m.remount(target, remount.flags()) })
	return nil
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
