// This file puts the calls of an op together where one follows from another: what is opened is used and closed, what is absent is
// passed over, what is missing is made.
package kernel

import (
	"path"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// making is a list of calls in the making.
type making struct {
	list   []call
	opened int
	held   string // the directory that is open as heldRoot
}

// heldRoot is the descriptor that stays open from one op to the next, of those that are told together.
const heldRoot descriptor = 1

// begin makes room for those of another op.
func (m *making) begin() { m.list, m.opened = m.list[:0], int(heldRoot) }

func (m *making) add(calls ...call) { m.list = append(m.list, calls...) }

// opens adds a call whose result is a descriptor.
func (m *making) opens(c call) descriptor {
	m.opened++
	return m.opensAs(descriptor(m.opened), c)
}

// opensAs adds one whose result is this descriptor, which was closed meanwhile, or was not opened because the call had failed.
func (m *making) opensAs(d descriptor, c call) descriptor {
	c.opens = d
	m.add(c)
	return d
}

func (m *making) close(d descriptor) {
	m.add(call{number: unix.SYS_CLOSE, args: with{d}, closes: true})
}

// write writes a file that is there. Where it has to be one of procfs, this is made sure of: in a mount namespace that others furnish,
// something else may lie there (CVE-2019-16884, CVE-2025-52881).
func (m *making) write(path, content string, proc bool) {
	file := m.opens(call{number: unix.SYS_OPENAT, args: with{unix.AT_FDCWD, path, unix.O_WRONLY | unix.O_CLOEXEC}})
	if proc {
		m.add(onProc(file, path))
	}
	m.add(call{number: unix.SYS_WRITE, args: with{file, content, len(content)}})
	m.close(file)
}

// jump goes on at a mark.
func (m *making) jump(to *mark) { m.add(call{number: noCall, then: to}) }

// here is where a mark is.
func (m *making) here(at *mark) { *at = mark(len(m.list)) }

// root opens the directory in which names are to be resolved, and holds it: the next op most often goes by the same one.
func (m *making) root(dir string) descriptor {
	if m.held != dir {
		m.letGo()
		m.held = dir
		m.opensAs(heldRoot, call{number: unix.SYS_OPENAT, name: "open " + dir,
			args: with{unix.AT_FDCWD, dir, unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC}})
	}
	return heldRoot
}

// letGo closes the root that is held: something may be mounted over it, and its name lead there.
func (m *making) letGo() {
	if m.held != "" {
		m.held = ""
		m.close(heldRoot)
	}
}

// find is a call that opens name as a process would whose root directory is root: see inroot.go. EAGAIN: something on the way was
// renamed meanwhile, and the kernel can not vouch for "..". man 2 openat2.
func find(root descriptor, name string, flags, resolve int) call {
	how := openHow{flags | unix.O_CLOEXEC, unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | resolve}
	return call{number: unix.SYS_OPENAT2, args: with{root, name, how, unix.SizeofOpenHow}, again: errnos(unix.EAGAIN, unix.EINTR)}
}

// absent is what may be when a path leads nowhere.
var absent = errnos(unix.ENOENT, unix.ENOTDIR)

// errnoSet has a bit for each of the errnos below 64, which are all that a call may fail with and go on.
type errnoSet uint64

func errnos(list ...syscall.Errno) (set errnoSet) {
	for _, errno := range list {
		set |= 1 << errno
	}
	return set
}

func (s errnoSet) has(errno syscall.Errno) bool { return errno < 64 && s&(1<<errno) != 0 }

// stat checks the mode of a file, or where it is a device, which.
func stat(mask, mode uint32, otherwise syscall.Errno) (buffer *memory, c *check) {
	buffer = room(int(unsafe.Sizeof(unix.Stat_t{})) + 8)
	return buffer, &check{buffer, int(unsafe.Offsetof(unix.Stat_t{}.Mode)), uint64(mask), uint64(mode), otherwise}
}

// isDevice checks the number of a device that stat has looked at.
func isDevice(buffer *memory, major, minor uint32, otherwise syscall.Errno) call {
	return call{number: noCall, check: &check{buffer, int(unsafe.Offsetof(unix.Stat_t{}.Rdev)), ^uint64(0), unix.Mkdev(major, minor), otherwise}}
}

// at resolves name inside root, and adds what use does with it: with a descriptor, and with a path that can not be changed under our
// hands. Where optional, what is not there is passed over.
func (m *making) at(root, name string, resolve int, optional bool, use func(fd descriptor, target any)) {
	if path.Join(root, name) == "/" {
		use(0, "/") // after pivot_root: /proc is the container's by now, and may be a forgery (CVE-2025-52881)
		return
	}
	if path.Clean("/"+name) == "/" {
		m.letGo()
		defer m.letGo()
	}
	passed, open := new(mark), find(m.root(root), name, unix.O_PATH, resolve)
	if optional {
		open.may, open.or = absent, passed
	}
	fd := m.opens(open)
	use(fd, ownFile(fd))
	m.close(fd)
	m.here(passed)
}

// dirs opens the directory name inside root, makes what is missing of it, and adds what use does in it. Mostly that is the last
// component alone: what it is to lie in is tried first. Otherwise each step starts again from root, so that links on the way are
// followed inside root, and a component made meanwhile by somebody else is taken as it is.
func (m *making) dirs(root, name string, mode uint32, use func(dir descriptor)) {
	name = path.Clean("/" + name)
	top, parts, there, above := m.root(root), ancestry(name), new(mark), new(mark)
	open := func(name string) call { return find(top, name, unix.O_PATH|unix.O_DIRECTORY, 0) }
	try := func(name string, found *mark) call {
		c := open(name)
		c.may, c.then = errnos(unix.ENOENT), found
		return c
	}
	dir := m.opens(try(name, there))
	if len(parts) > 1 {
		m.opensAs(dir, try(path.Dir(name), above))
	}
	for i, part := range parts {
		in := top
		if i > 0 {
			in = m.opensAs(dir, open(path.Dir(part)))
		}
		if i == len(parts)-1 {
			m.here(above)
		}
		m.add(call{number: unix.SYS_MKDIRAT, args: with{in, path.Base(part), int(mode)}, may: errnos(unix.EEXIST)})
		if i > 0 {
			m.close(dir)
		}
	}
	m.opensAs(dir, open(name))
	m.here(there)
	use(dir)
	m.close(dir)
}

// ancestry lists the directories on the way to a clean, absolute name, and it: /a, /a/b, /a/b/c. A name that the kernel does not take
// has none (ENAMETOOLONG).
func ancestry(name string) []string {
	if name == "/" || len(name) >= unix.PathMax {
		return nil
	}
	return append(ancestry(path.Dir(name)), name)
}

// inDir is dirs for the directory that name is to lie in.
func (m *making) inDir(root, name string, use func(dir descriptor, name string)) {
	m.dirs(root, path.Dir(path.Clean("/"+name)), 0o755, func(dir descriptor) { use(dir, path.Base(name)) })
}

// mount is mount(2). A string that is empty is none.
func mount(source, target any, fstype string, flags uintptr, data string) call {
	nothing := func(s any) any {
		if s == "" {
			return 0
		}
		return s
	}
	return call{number: unix.SYS_MOUNT, args: with{nothing(source), target, nothing(fstype), flags, nothing(data)}}
}
