// This file is an archive on its way in. One goroutine decompresses ahead, so that it works while files are written.
package archive

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"sync/atomic"
)

// Limits stop bombs: small archives that become huge.
type Limits struct {
	Bytes int64 // that an archive may unpack to
	Ratio int64 // how many times larger than itself an archive may become, once it is larger than Free
	Free  int64
}

// DefaultLimits are far above every honest image. A layer of real files packs 2 to 10 times; one of zeros alone, an empty disk
// image perhaps, up to 1030 times by gzip, which is why the ratio is not asked for at once.
func DefaultLimits() Limits { return Limits{Bytes: 256 << 30, Ratio: 200, Free: 4 << 30} }

const chunkSize = 512 << 10

// Stream is the inside of a compressed archive.
type Stream struct {
	Compression Compression

	limits Limits
	packed counter
	inner  io.ReadCloser
	total  int64
	sum    hash.Hash

	full, empty chan chunk
	stop        chan struct{}
	now         chunk
	rest        []byte
}

type chunk struct {
	data []byte
	n    int
	err  error
}

// counter counts what the decompressor takes.
type counter struct {
	io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// NewStream starts to decompress r. Close ends it.
func (c *Codecs) NewStream(r io.Reader, limits Limits) (*Stream, error) {
	s := &Stream{limits: limits, sum: sha256.New(), full: make(chan chunk, 3), empty: make(chan chunk, 3), stop: make(chan struct{})}
	s.packed.Reader = r
	var err error
	if s.inner, s.Compression, err = c.Decompress(&s.packed); err != nil {
		return nil, fmt.Errorf("decompress: %w", err)
	}
	for range cap(s.empty) {
		s.empty <- chunk{data: make([]byte, chunkSize)}
	}
	go s.fill()
	return s, nil
}

// fill reads ahead until the end, an error, or Close.
func (s *Stream) fill() {
	defer close(s.full)
	for {
		var c chunk
		select {
		case c = <-s.empty:
		case <-s.stop:
			return
		}
		for c.n < len(c.data) && c.err == nil { // not io.ReadFull, which can not tell a short end from a broken one
			var n int
			n, c.err = s.inner.Read(c.data[c.n:])
			c.n += n
		}
		s.full <- c // there is always room: it holds as many as there are
		if c.err != nil {
			return
		}
	}
}

// Read hashes what it returns.
func (s *Stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.now.err != nil {
			return 0, s.now.err
		}
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

func (s *Stream) next() error {
	if s.now.data != nil {
		s.empty <- chunk{data: s.now.data}
	}
	s.now = <-s.full
	s.rest = s.now.data[:s.now.n]
	s.sum.Write(s.rest)
	s.total += int64(s.now.n)
	return s.checkBomb()
}

func (s *Stream) checkBomb() error {
	packed := s.packed.n.Load()
	switch {
	case s.total > s.limits.Bytes:
		return &Refused{Why: fmt.Sprintf("unpacks to more than %d bytes", s.limits.Bytes)}
	case s.total > s.limits.Free && s.total/max(packed, 1) > s.limits.Ratio:
		return &Refused{Why: fmt.Sprintf("unpacks to %d bytes from %d, more than %d times as many", s.total, packed, s.limits.Ratio)}
	}
	return nil
}

// Finish reads what follows the archive, padding mostly, and returns the digest of all: the diffID of a layer.
func (s *Stream) Finish() (string, error) {
	if _, err := io.Copy(io.Discard, s); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(s.sum.Sum(nil)), nil
}

// Close ends the reading ahead. It must not be called twice.
func (s *Stream) Close() error {
	close(s.stop)
	for range s.full { // until fill has ended: it uses the reader
	}
	return s.inner.Close()
}
