// This file holds files and directories on the host, in places that are ours.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Mkdir makes a directory that must not be there yet: it is the claim to a name. man 2 mkdir.
type Mkdir struct {
	Path string
	Mode uint32
}

func (d Mkdir) Do() error        { return Fail(d, unix.Mkdir(d.Path, d.Mode)) }
func (d Mkdir) Call() string     { return fmt.Sprintf("mkdir(%q, %#o)", d.Path, d.Mode) }
func (d Mkdir) Shell() string    { return Quote("mkdir", "-m", fmt.Sprintf("%#o", d.Mode), d.Path) }
func (d Mkdir) Undo() explain.Op { return RemoveTree{Path: d.Path} }

// EnsureDir makes a directory and those above it where they are missing. They are shared, so nothing takes them back.
type EnsureDir struct {
	Path string
	Mode uint32
}

func (d EnsureDir) Do() error {
	err := os.MkdirAll(d.Path, os.FileMode(d.Mode))
	var pathErr *os.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return Fail(d, err)
}
func (d EnsureDir) Call() string  { return fmt.Sprintf("mkdir(%q, %#o)", d.Path, d.Mode) }
func (d EnsureDir) Shell() string { return Quote("mkdir", "-p", d.Path) }

// RemoveTree deletes a directory with all that is in it, or a file. It does not descend into other mounts: what is still
// mounted there makes it fail (EBUSY) rather than lose the content of a volume.
type RemoveTree struct{ Path string }

func (r RemoveTree) Do() error     { return Fail(r, removeTree(r.Path)) }
func (r RemoveTree) Call() string  { return fmt.Sprintf("unlinkat(AT_FDCWD, %q, AT_REMOVEDIR)", r.Path) }
func (r RemoveTree) Shell() string { return Quote("rm", "-r", "-f", "--one-file-system", r.Path) }

// WriteFile writes a whole file, made where it is missing.
type WriteFile struct {
	Path, Content string
	Mode          uint32
}

func (f WriteFile) Do() error {
	return Fail(f, writeFile(f.Path, f.Content, unix.O_CREAT|unix.O_TRUNC, f.Mode))
}

func (f WriteFile) Call() string {
	return fmt.Sprintf("open(%q, O_WRONLY|O_CREAT|O_TRUNC, %#o)\nwrite(%q, %q, %d)", f.Path, f.Mode, f.Path, f.Content, len(f.Content))
}
func (f WriteFile) Shell() string    { return "printf %s " + quote(f.Content) + " > " + quote(f.Path) }
func (f WriteFile) Undo() explain.Op { return Remove{Path: f.Path} }

// ReplaceFile gives a file new content in one moment: who reads it at any time sees the old one or the new one, whole.
// man 2 rename.
type ReplaceFile struct {
	Path, Content string
	Mode          uint32
}

func (f ReplaceFile) Do() error {
	err := writeFile(f.Path+".new", f.Content, unix.O_CREAT|unix.O_TRUNC, f.Mode)
	if err == nil {
		err = unix.Rename(f.Path+".new", f.Path)
	}
	return Fail(f, err)
}

func (f ReplaceFile) Call() string {
	return WriteFile{f.Path + ".new", f.Content, f.Mode}.Call() + fmt.Sprintf("\nrename(%q, %q)", f.Path+".new", f.Path)
}

func (f ReplaceFile) Shell() string {
	return WriteFile{f.Path + ".new", f.Content, f.Mode}.Shell() + " && " + Quote("mv", f.Path+".new", f.Path)
}
func (f ReplaceFile) Undo() explain.Op { return Remove{Path: f.Path} }

// Remove deletes one file; it succeeds where there is none.
type Remove struct{ Path string }

func (r Remove) Do() error {
	err := unix.Unlink(r.Path)
	if err == unix.ENOENT {
		return nil
	}
	return Fail(r, err)
}
func (r Remove) Call() string  { return fmt.Sprintf("unlink(%q)", r.Path) }
func (r Remove) Shell() string { return Quote("rm", "-f", r.Path) }

// SetSysctl writes a kernel parameter. Which namespace it belongs to is decided by the one who writes. man 5 proc, /proc/sys.
type SetSysctl struct {
	Name  string // net.ipv4.ip_forward, or with slashes where a component has a dot in it
	Value string
}

// file is where the parameter lies below /proc/sys.
func (s SetSysctl) file() string {
	if strings.Contains(s.Name, "/") {
		return s.Name
	}
	return strings.ReplaceAll(s.Name, ".", "/")
}
func (s SetSysctl) path() string { return "/proc/sys/" + s.file() }
func (s SetSysctl) Do() error    { return do(s) }
func (s SetSysctl) calls(m *making) error {
	m.write(s.path(), s.Value, true)
	return nil
}
func (s SetSysctl) Call() string {
	return fmt.Sprintf("write(%q, %q, %d)", s.path(), s.Value, len(s.Value))
}
func (s SetSysctl) Shell() string { return Quote("sysctl", "-w", s.Name+"="+s.Value) }

// onProc checks that a file lies on procfs. man 2 fstatfs: the type of the file system comes first.
func onProc(file descriptor, path string) call {
	fs := room(int(unsafe.Sizeof(unix.Statfs_t{})))
	return call{number: unix.SYS_FSTATFS, args: with{file, fs}, check: &check{fs, 0, ^uint64(0), unix.PROC_SUPER_MAGIC, unix.EXDEV},
		name: path + " does not lie on procfs"}
}

// writeFile writes content with one write(2): kernel files take a value whole or not at all.
func writeFile(path, content string, flags int, mode uint32) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC|flags, mode)
	if err != nil {
		return err
	}
	return writeAndClose(fd, content)
}

func writeAndClose(fd int, content string) (err error) {
	for {
		_, err = unix.Write(fd, []byte(content))
		if err != unix.EINTR {
			break
		}
	}
	if closeErr := unix.Close(fd); err == nil {
		err = closeErr
	}
	return err
}

// echo is the shell's way to write a kernel file, which ignores the end of the line.
func echo(content, path string) string { return "echo " + quote(content) + " > " + quote(path) }
