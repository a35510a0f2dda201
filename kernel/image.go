// This file writes a program: an ELF file whose whole text is a loop over a table of system calls, and whose data is the table with
// what it points to. There is nothing to start, no runtime, no library, no stack in use: the kernel maps two pages, and the first
// call is made. man 5 elf.
//
//	for each row of the table:
//	    make the call
//	    did it fail?      keep the errno in the row; is the failure one of those that may be: go on; otherwise go to the first row,
//	                      which tells of it, and is followed by the end
//	    is a path rooted? if it is to be and is not, that is ENOENT
//	    store the result, where one is told to
//	    jump, if the result is not zero and one is told to
package kernel

import (
	"encoding/binary"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// Where the two parts of the program lie in memory; the loop has the addresses of the first row and of the one it begins with in it.
const (
	textAddress = 0x400000
	dataAddress = 0x500000
	dataOffset  = 0x10000 // in the file: a multiple of the page size of any machine
	tableRoom   = 0x20000 // the table's; behind it is what it points to
	rowSize     = 96
)

// A row is twelve words.
const (
	rowNumber = 0
	rowArgs   = 1
	rowStore  = 7  // where the result goes
	rowMay    = 8  // a bit for each errno that is no failure
	rowJump   = 9  // where one goes on after a result that is not zero
	rowRooted = 10 // the path
	rowErrno  = 11 // of a call that has failed
	rowWords  = 12
)

// image is a program in the making.
type image struct {
	rows   [][rowWords]uint64
	memory []byte // what the table points to
	taken  []bool // the descriptors that are
	socket int    // the descriptor that the program reports to
	begets int    // the row that clones; 0: there is none
	born   uint64 // where it stores the pid
}

// newImage begins a program with the rows for a failure: it sends its whole table, with the errno in one of the rows, and ends.
func newImage(taken []bool, socket int) *image {
	m := &image{taken: slices.Clone(taken), socket: socket}
	m.row(unix.SYS_WRITE, socket, dataAddress, 0)
	m.row(unix.SYS_EXIT_GROUP, 125)
	return m
}

// address is that of the next row.
func (m *image) address() uint64 { return dataAddress + uint64(len(m.rows))*rowSize }

// store appends memory and gives its address.
func (m *image) store(memory []byte) uint64 {
	for len(m.memory)%8 != 0 {
		m.memory = append(m.memory, 0)
	}
	at := dataAddress + tableRoom + uint64(len(m.memory))
	m.memory = append(m.memory, memory...)
	return at
}

// row appends a call.
func (m *image) row(number int, args ...any) {
	m.op([]call{{number: number, args: args}})
}

// op appends the calls of one.
func (m *image) op(list []call) {
	var fds []int
	for _, c := range list {
		row := [rowWords]uint64{rowNumber: uint64(c.number)}
		for i, arg := range c.args {
			row[rowArgs+i] = valueOf(arg, fds, m.store)
		}
		if c.rooted != nil { // the path is what the first argument points to
			row[rowRooted] = row[rowArgs]
		}
		for _, errno := range c.may {
			row[rowMay] |= 1 << errno
		}
		if c.begets {
			m.begets, m.born = len(m.rows), m.store(make([]byte, 8))
			row[rowStore] = m.born
		}
		m.rows = append(m.rows, row)
		switch {
		case c.opens:
			fds = append(fds, m.lowest())
		case c.closes:
			m.take(int(row[rowArgs]), false)
		case c.number == unix.SYS_DUP3:
			m.take(int(row[rowArgs+1]), true)
		}
	}
}

// lowest takes the descriptor that the next open returns: "the lowest-numbered file descriptor not currently open". man 2 open.
func (m *image) lowest() int {
	fd := slices.Index(append(m.taken, false), false)
	m.take(fd, true)
	return fd
}

func (m *image) take(fd int, taken bool) {
	for len(m.taken) <= fd {
		m.taken = append(m.taken, false)
	}
	m.taken[fd] = taken
}

// gate makes the program wait for the address at which it goes on: it reads it into the very row that jumps. If there is nobody
// left to say it, the program ends.
func (m *image) gate() {
	jump := m.address() + 8*rowJump
	m.row(unix.SYS_READ, m.socket, uintptr(jump), 8)
	m.row(unix.SYS_EXIT_GROUP, 125)
}

// write completes the program, writes it into a file, and gives the size of its table.
func (m *image) write(fd int) (size int, err error) {
	if m.begets != 0 {
		m.rows[m.begets][rowJump] = m.address() // for the parent, which is told a pid
		m.row(unix.SYS_WRITE, m.socket, uintptr(m.born), 8)
		m.row(unix.SYS_EXIT_GROUP, 0)
	}
	size = len(m.rows) * rowSize
	if size > tableRoom {
		return 0, fmt.Errorf("%w: the visitor has more to do than %d calls", unix.E2BIG, tableRoom/rowSize)
	}
	m.rows[0][rowArgs+2] = uint64(size)
	table := make([]byte, 0, size)
	for _, row := range m.rows {
		for _, word := range row {
			table = binary.NativeEndian.AppendUint64(table, word)
		}
	}
	for _, part := range []struct {
		content []byte
		at      int64
	}{{append(elfHeader(tableRoom+len(m.memory)), loop...), 0}, {table, dataOffset}, {m.memory, dataOffset + tableRoom}} {
		if _, err := unix.Pwrite(fd, part.content, part.at); err != nil {
			return 0, fmt.Errorf("pwrite: %w", err)
		}
	}
	return size, nil
}

// elfHeader says where the program begins, and which two parts of the file to map: the text to be executed, the data to be written.
func elfHeader(data int) []byte {
	const header, part = 64, 56
	text := header + 2*part + len(loop)
	b := append([]byte("\x7fELF"), 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0) // 64 bits, little-endian
	le := binary.LittleEndian
	b = le.AppendUint16(b, 2) // ET_EXEC
	b = le.AppendUint16(b, elfMachine)
	b = le.AppendUint32(b, 1)
	b = le.AppendUint64(b, textAddress+header+2*part) // where it begins
	b = le.AppendUint64(b, header)                    // the parts' table
	b = le.AppendUint64(b, 0)
	b = le.AppendUint32(b, 0)
	for _, half := range []uint16{header, part, 2, 0, 0, 0} {
		b = le.AppendUint16(b, half)
	}
	for _, p := range []struct{ flags, offset, address, size int }{
		{5, 0, textAddress, text}, {6, dataOffset, dataAddress, data}, // 4 read, 2 write, 1 execute
	} {
		b = le.AppendUint32(b, 1) // PT_LOAD
		b = le.AppendUint32(b, uint32(p.flags))
		for _, word := range []int{p.offset, p.address, p.address, p.size, p.size, dataOffset} {
			b = le.AppendUint64(b, uint64(word))
		}
	}
	return b
}
