// This file tells gzip, zstd and plain archives apart by their first bytes. Media types and file names are not asked: they are
// often wrong, the bytes never are.
package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Compression is how an archive is packed: Plain, Gzip or Zstd.
type Compression string

// The kinds that are read; layers are written with gzip, which every program reads.
const (
	Plain Compression = "plain"
	Gzip  Compression = "gzip"
	Zstd  Compression = "zstd"
)

// Codecs know how archives are packed. Package codec has them; they are handed in, because the tables that they begin with cost a
// program that unpacks nothing a tenth of its start.
type Codecs struct {
	Gzip func(io.Reader) (io.ReadCloser, error)
	Zstd func(io.Reader) (io.ReadCloser, error)
	Pack func(io.Writer) (io.WriteCloser, error) // with gzip: the same bytes from the same bytes, on every machine
}

// ErrPacked is the error of a program without codecs that would have to unpack.
var ErrPacked = errors.New("this program can not unpack archives")

// others are packers whose files look like a broken archive to a reader who does not know them.
func others() map[string]string {
	return map[string]string{"BZh": "bzip2", "\xfd7zXZ\x00": "xz", "\x1f\x9d": "compress"}
}

// Detect looks at the first bytes without taking them.
func Detect(r *bufio.Reader) (Compression, error) {
	head, err := r.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	for magic, name := range others() {
		if bytes.HasPrefix(head, []byte(magic)) {
			return "", fmt.Errorf("the archive is packed by %s: gzip, zstd and plain tar can be read: unpack it first", name)
		}
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return Gzip, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}), len(head) >= 4 && head[0]&0xf0 == 0x50 && head[1] == 0x2a && head[2] == 0x4d && head[3] == 0x18:
		return Zstd, nil // the second is a skippable frame, with which zstd:chunked begins
	}
	return Plain, nil
}

// Decompress reads what is in r, however it is packed. Close it when done; that does not close r.
func (c *Codecs) Decompress(r io.Reader) (io.ReadCloser, Compression, error) {
	in := bufio.NewReaderSize(r, 256<<10)
	kind, err := Detect(in)
	if err != nil {
		return nil, "", err
	}
	var z io.ReadCloser
	switch {
	case kind == Plain:
		z = io.NopCloser(in)
	case c == nil:
		err = ErrPacked
	case kind == Gzip:
		z, err = c.Gzip(in)
	default:
		z, err = c.Zstd(in)
	}
	return z, kind, err
}
