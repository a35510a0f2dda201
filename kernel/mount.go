// This file holds the mounts made on the host, by path. Mounts inside a container's root, whose content nobody may trust, are
// in inroot.go.
package kernel

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Mount attaches a file system. man 2 mount.
type Mount struct {
	Source, Target, FSType string
	Flags                  uintptr // MS_*
	Data                   string  // the file system's own options, comma separated
}

func (m Mount) Do() error { return Fail(m, unix.Mount(m.Source, m.Target, m.FSType, m.Flags, m.Data)) }

func (m Mount) Call() string { return mountCall(m.Source, m.Target, m.FSType, m.Flags, m.Data) }

func (m Mount) Shell() string { return mountShell(m.Source, m.Target, m.FSType, m.Flags, m.Data) }

func (m Mount) Undo() explain.Op { return Unmount{Target: m.Target} }

// Bind shows a file or directory at a second place. man 2 mount, "Creating a bind mount".
type Bind struct {
	Source, Target string
	Recursive      bool // with the mounts below it
}

func (b Bind) flags() uintptr { return bindFlags(b.Recursive) }

func (b Bind) Do() error { return do(b) }
func (b Bind) calls(m *making) error {
	m.letGo()
	m.add(mount(b.Source, b.Target, "", b.flags(), ""))
	return nil
}

func (b Bind) Call() string { return mountCall(b.Source, b.Target, "", b.flags(), "") }

func (b Bind) Shell() string { return bindShell(b.Source, b.Target, b.Recursive) }

func (b Bind) Undo() explain.Op { return Unmount{Target: b.Target} }

// SetPropagation says whether mounts made below a mount point appear elsewhere. It has no inverse: the old type is not kept
// anywhere. man 7 mount_namespaces.
type SetPropagation struct {
	Target string
	Type   uintptr // MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE, with MS_REC for the whole tree
}

func (p SetPropagation) Do() error { return do(p) }
func (p SetPropagation) calls(m *making) error {
	m.add(mount("", p.Target, "", p.Type, ""))
	return nil
}

func (p SetPropagation) Call() string { return mountCall("", p.Target, "", p.Type, "") }

func (p SetPropagation) Shell() string { return propagationShell(p.Target, p.Type) }

// SetPropagationAbove is SetPropagation for the mount that Path lies on, wherever its mount point is.
type SetPropagationAbove struct {
	Path string
	Type uintptr
}

func (p SetPropagationAbove) Do() error { return do(p) }

// calls go up: at what is no mount point the kernel answers EINVAL.
func (p SetPropagationAbove) calls(m *making) error {
	done, above := new(mark), p.Path
	for ; above != "/"; above = path.Dir(above) {
		try, next := mount("", above, "", p.Type, ""), new(mark)
		try.may, try.or = errnos(unix.EINVAL), next
		m.add(try)
		m.jump(done)
		m.here(next)
	}
	m.add(mount("", above, "", p.Type, ""))
	m.here(done)
	return nil
}

func (p SetPropagationAbove) Call() string { return mountCall("", p.Path, "", p.Type, "") }

func (p SetPropagationAbove) Shell() string {
	return strings.Replace(propagationShell("TARGET", p.Type), "TARGET", `"$(findmnt -n -o TARGET -T `+quote(p.Path)+`)"`, 1)
}

// Unmount detaches a mount at once, and lets go of it when the last user has left (MNT_DETACH). man 2 umount2.
type Unmount struct{ Target string }

// Do succeeds where nothing is mounted: as an inverse it may run twice.
func (u Unmount) Do() error { return do(u) }
func (u Unmount) calls(m *making) error {
	m.add(call{number: unix.SYS_UMOUNT2, args: with{u.Target, unix.MNT_DETACH}, may: errnos(unix.EINVAL, unix.ENOENT)})
	return nil
}

func (u Unmount) Call() string { return fmt.Sprintf("umount2(%q, MNT_DETACH)", u.Target) }

// Shell: umount(8) would turn "." into a path, and after pivot_root the old root under it has none; a link of /proc still leads there.
func (u Unmount) Shell() string {
	if u.Target == "." {
		return "umount -l -c /proc/self/cwd"
	}
	return Quote("umount", "-l", u.Target)
}

func bindFlags(recursive bool) uintptr {
	if recursive {
		return unix.MS_BIND | unix.MS_REC
	}
	return unix.MS_BIND
}

func mountCall(source, target, fstype string, flags uintptr, data string) string {
	return fmt.Sprintf("mount(%s, %q, %s, %s, %s)",
		nullable(source), target, nullable(fstype), flagString(flags, mountFlags), nullable(data))
}

func mountShell(source, target, fstype string, flags uintptr, data string) string {
	options := mountOptions(flags)
	if data != "" && options != "" {
		options += ","
	}
	options += data
	words := []string{"mount", "-t", fstype}
	if options != "" {
		words = append(words, "-o", options)
	}
	return Quote(append(words, source, target)...)
}

func bindShell(source, target string, recursive bool) string {
	if recursive {
		return Quote("mount", "--rbind", source, target)
	}
	return Quote("mount", "--bind", source, target)
}

func propagationShell(target string, kind uintptr) string {
	recursive := ""
	if kind&unix.MS_REC != 0 {
		recursive = "r"
	}
	return Quote("mount", "--make-"+recursive+mountWord(flagString(kind&^unix.MS_REC, mountFlags)), target)
}
