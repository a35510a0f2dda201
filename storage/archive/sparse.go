// This file writes the content of files. A run of zeros is left out and takes no space on the disk; the file reads the same.
package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// holeSize is the smallest run of zeros that becomes a hole.
const holeSize = 64 << 10

func (u *unpacker) copyData(fd int, data io.Reader, size int64) error {
	var zeros [holeSize]byte
	for at := int64(0); at < size; {
		want := min(int64(len(u.buffer)), size-at)
		n, err := io.ReadFull(data, u.buffer[:want])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("the archive ends in the middle of it: %w", err)
		}
		if err != nil {
			return err
		}
		if err := writeAround(fd, u.buffer[:n], at, zeros[:]); err != nil {
			return err
		}
		at += int64(n)
	}
	if size < holeSize {
		return nil
	}
	return unix.Ftruncate(fd, size) // it may end with a hole
}

// writeAround writes data at an offset, but for pieces that are all zeros.
func writeAround(fd int, data []byte, at int64, zeros []byte) error {
	begin := 0
	for end := 0; end+holeSize <= len(data); end += holeSize {
		if !bytes.Equal(data[end:end+holeSize], zeros) {
			continue
		}
		if err := pwriteAll(fd, data[begin:end], at+int64(begin)); err != nil {
			return err
		}
		begin = end + holeSize
	}
	return pwriteAll(fd, data[begin:], at+int64(begin))
}

func pwriteAll(fd int, data []byte, at int64) error {
	for len(data) > 0 {
		n, err := unix.Pwrite(fd, data, at)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return err
		}
		data, at = data[n:], at+int64(n)
	}
	return nil
}
