// This file writes a program: an ELF file whose whole text is a loop over a table of system calls. There is nothing to start, no
// runtime, no library, no stack in use: the kernel maps two parts, and the first call is made. That one reads the table: see
// portion.go. man 5 elf.
//
//	for each row of the table:
//	    make the call, if there is one: without one the result is 1
//	    what has to hold of the memory, does it?
//	    did it fail?      keep the errno in the row; is it one after which the call is made once more: do that; is it one of those
//	                      that may be: go to where one is told to, or on; otherwise go to the first row, which tells of it, and is
//	                      followed by the end
//	    store the result, where one is told to
//	    go to where one is told to, if the result is not zero
package kernel

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Where things lie in the program's memory. The loop has the addresses of the first row and of the one it begins with in it.
const (
	textAddress   = 0x400000
	dataAddress   = 0x500000               // the table
	memoryAddress = dataAddress + 0x100000 // what it points to
	dataRoom      = 0x1000000
	dataOffset    = 0x10000 // in the file: a multiple of the page size of any machine
)

// A row is eighteen words.
const (
	rowNumber    = 0 // negative: no call
	rowArgs      = 1
	rowStore     = 7  // where the result goes
	rowMay       = 8  // a bit for each errno that is no failure
	rowOr        = 9  // where one goes on after one of these
	rowAgain     = 10 // a bit for each errno after which the call is made once more
	rowThen      = 11 // where one goes on after a result that is not zero
	rowCheck     = 12 // the memory that is looked at
	rowMask      = 13 // which bits of it
	rowValue     = 14 // have to be this
	rowOtherwise = 15 // or it is this errno
	rowErrno     = 16 // of a call that has failed
	rowOp        = 17 // the number of the op that it belongs to, from 1; for us
	rowWords     = 18
	rowSize      = 8 * rowWords
)

type row [rowWords]uint64

func rowOf(number int, args ...uint64) (r row) {
	r[rowNumber] = uint64(number)
	copy(r[rowArgs:], args)
	return r
}

func rowAddress(n int) uint64 { return dataAddress + uint64(n)*rowSize }

// Every table begins with the same rows: what is done after a failure, and what reads the next table over this one.
const (
	failureRow = iota
	exitRow
	nextRow
	goneRow // nobody is left to send one
	firstRow
)

// chunk is the largest message; what is longer comes in several. A socket takes three of them at once.
const chunk = 0x10000

// beginning is the first rows of a table. report is the descriptor that a failure is told to, by the whole table.
func beginning(link, report, size int) []row {
	next := rowOf(unix.SYS_READ, uint64(link), dataAddress, chunk)
	next[rowThen] = rowAddress(firstRow)
	return []row{
		failureRow: rowOf(unix.SYS_WRITE, uint64(report), dataAddress, uint64(size)),
		exitRow:    rowOf(unix.SYS_EXIT_GROUP, 125),
		nextRow:    next,
		goneRow:    rowOf(unix.SYS_EXIT_GROUP, 125),
	}
}

// bytesOf is rows as they lie in memory: here as there.
func bytesOf(rows []row) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(rows))), len(rows)*rowSize)
}

// deputyImage is the program in a file in memory, sealed against writing. link is the descriptor that it listens to.
func deputyImage(link int) (*os.File, error) {
	fd, err := executableMemfd()
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "deputy")
	_, err = file.WriteAt(append(elfHeader(), loop...), 0)
	if err == nil {
		_, err = file.WriteAt(bytesOf(beginning(link, link, firstRow*rowSize)), dataOffset)
	}
	if err == nil {
		err = seal(fd)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("write a program into memory: %w", err)
	}
	return file, nil
}

// elfHeader says where the program begins, and which two parts of the file to map: the text to be executed, the data to be written,
// which is mostly nothing yet.
func elfHeader() []byte {
	const header, part = 64, 56
	text, rows := header+2*part+len(loop), firstRow*rowSize
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
	for _, p := range []struct{ flags, offset, address, size, memory int }{
		{5, 0, textAddress, text, text}, {6, dataOffset, dataAddress, rows, dataRoom}, // 4 read, 2 write, 1 execute
	} {
		b = le.AppendUint32(b, 1) // PT_LOAD
		b = le.AppendUint32(b, uint32(p.flags))
		for _, word := range []int{p.offset, p.address, p.address, p.size, p.memory, dataOffset} {
			b = le.AppendUint64(b, uint64(word))
		}
	}
	return b
}
