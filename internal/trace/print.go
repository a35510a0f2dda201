//go:build linux && amd64

// This file prints a call at its entry, when its paths still mean what the caller meant.
package trace

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// enter returns the requests of a call; none if it changes nothing.
func enter(pid int, nr uint64, args [6]uint64) []Call {
	p := printer{pid: pid}
	switch nr {
	case unix.SYS_SENDTO, unix.SYS_SENDMSG:
		return p.netlink(nr, args)
	case unix.SYS_CLONE3:
		return p.clone3(args)
	case unix.SYS_OPENAT2:
		how := p.bytes(args[2], 16) // struct open_how: flags, mode
		if len(how) < 16 {
			return nil
		}
		nr = unix.SYS_OPENAT
		args[2], args[3] = binary.NativeEndian.Uint64(how), binary.NativeEndian.Uint64(how[8:])
	}
	s, ok := shapes[nr]
	if !ok || s.changes != nil && !s.changes(args) {
		return nil
	}
	if strings.HasPrefix(s.name, "write") && !p.isFile(args[0]) {
		return nil
	}
	return []Call{{PID: pid, Name: s.name, Text: s.name + "(" + strings.Join(p.args(s.args, args), ", ") + ")"}}
}

func (p printer) clone3(args [6]uint64) []Call {
	flags := p.bytes(args[0], 8) // struct clone_args begins with the flags
	if len(flags) < 8 || binary.NativeEndian.Uint64(flags)&newNamespaces == 0 {
		return nil
	}
	return []Call{{PID: p.pid, Name: "clone", Text: "clone(" + names(binary.NativeEndian.Uint64(flags)&newNamespaces, cloneFlags) + ")"}}
}

// printer looks things up in the caller.
type printer struct{ pid int }

func (p printer) args(letters string, args [6]uint64) []string {
	var out []string
	dir := p.link("cwd")
	for i, letter := range letters {
		switch letter {
		case '-':
		case '@':
			dir = p.directory(args[i])
		case 'p':
			out = append(out, p.path(dir, args[i]))
		default:
			out = append(out, p.arg(letter, args[i:]))
		}
	}
	return out
}

// arg prints the first of args; some letters look at those after it as well.
func (p printer) arg(letter rune, args []uint64) string {
	a := args[0]
	switch letter {
	case 's':
		return p.string(a)
	case 't':
		return fmt.Sprintf("%q", p.text(a))
	case 'f':
		return fmt.Sprintf("%q", p.fd(a))
	case 'b':
		return fmt.Sprintf("%q, %d", p.bytes(a, args[1]), args[1])
	case 'v':
		return p.list(a)
	case 'd':
		return fmt.Sprint(int32(a))
	case 'o':
		return fmt.Sprintf("%#o", a)
	case 'm':
		return names(a, mountFlags)
	case 'n':
		return names(a&newNamespaces, cloneFlags)
	case 'c':
		return names(a, openFlags)
	case 'u':
		return names(a, unmountFlags)
	case 'r':
		return prctlNames[a]
	case 'i':
		return ioctlNames[args[1]]
	case 'l':
		return p.limit(a, args[1])
	}
	return fmt.Sprintf("%#x", a)
}

func (p printer) link(name string) string {
	target, err := os.Readlink(fmt.Sprintf("/proc/%d/%s", p.pid, name))
	if err != nil {
		return "?"
	}
	return target
}

func (p printer) fd(n uint64) string { return p.link(fmt.Sprintf("fd/%d", int32(n))) }

func (p printer) directory(fd uint64) string {
	if int32(fd) == unix.AT_FDCWD {
		return p.link("cwd")
	}
	return p.fd(fd)
}

// isFile tells files, kernel files among them, from pipes, sockets and terminals: what is written there is talk.
func (p printer) isFile(fd uint64) bool {
	name := p.fd(fd)
	return strings.HasPrefix(name, "/") && !strings.HasPrefix(name, "/dev/")
}

// limit prints a resource and struct rlimit.
func (p printer) limit(resource, addr uint64) string {
	limits := p.bytes(addr, 16)
	if len(limits) < 16 {
		return "?"
	}
	return fmt.Sprintf("%s, {rlim_cur=%d, rlim_max=%d}", resourceNames[min(resource, uint64(len(resourceNames)-1))],
		binary.NativeEndian.Uint64(limits), binary.NativeEndian.Uint64(limits[8:]))
}

// path prints a path as an absolute one; only "." stays, for pivot_root(".", ".") is a phrase of its own.
func (p printer) path(dir string, addr uint64) string {
	if addr == 0 {
		return "NULL"
	}
	name := p.resolve(p.text(addr))
	if !path.IsAbs(name) && name != "." {
		name = path.Join(dir, name)
	}
	return fmt.Sprintf("%q", path.Clean(name))
}

func (p printer) string(addr uint64) string {
	if addr == 0 {
		return "NULL"
	}
	return fmt.Sprintf("%q", p.resolve(p.text(addr)))
}

// resolve replaces /proc/self/fd/N by what the descriptor is open on.
func (p printer) resolve(name string) string {
	rest, ok := strings.CutPrefix(name, "/proc/self/fd/")
	if !ok {
		return name
	}
	number, below, _ := strings.Cut(rest, "/")
	return path.Join(p.link("fd/"+number), below)
}

// list prints an array of strings that ends with NULL: an argv.
func (p printer) list(addr uint64) string {
	var items []string
	for ; addr != 0; addr += 8 {
		pointer := p.bytes(addr, 8)
		if len(pointer) < 8 || binary.NativeEndian.Uint64(pointer) == 0 {
			break
		}
		items = append(items, fmt.Sprintf("%q", p.text(binary.NativeEndian.Uint64(pointer))))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// text reads a string up to its NUL, page by page, for the page after it may not be there.
func (p printer) text(addr uint64) string {
	var text []byte
	for len(text) < 1<<16 {
		page := p.bytes(addr, 4096-addr%4096)
		if end := bytes.IndexByte(page, 0); end >= 0 {
			return string(append(text, page[:end]...))
		}
		if len(page) == 0 {
			break
		}
		text = append(text, page...)
		addr += uint64(len(page))
	}
	return string(text)
}

// bytes reads the caller's memory; less than asked where it can not be read.
func (p printer) bytes(addr, length uint64) []byte {
	buf := make([]byte, min(length, 1<<20))
	if len(buf) == 0 {
		return nil
	}
	local := []unix.Iovec{{Base: &buf[0], Len: uint64(len(buf))}}
	remote := []unix.RemoteIovec{{Base: uintptr(addr), Len: len(buf)}}
	n, err := unix.ProcessVMReadv(p.pid, local, remote, 0)
	if err != nil {
		return nil
	}
	return buf[:n]
}
