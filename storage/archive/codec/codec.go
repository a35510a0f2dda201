// Package codec unpacks archives, gzip and zstd, and packs layers.
package codec

import (
	"io"
	"runtime"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/pgzip"

	"glassbox/storage/archive"
)

// All are the codecs that there are.
func All() *archive.Codecs { return &archive.Codecs{Gzip: unzip, Zstd: unzstd, Pack: zip} }

func unzip(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

// maxWindow bounds the memory that an archive may ask for: RFC 8878 asks decoders for 8 MiB, `zstd --long` uses 128.
const maxWindow = 128 << 20

func unzstd(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

// zip packs blocks of a fixed size side by side, so that what comes out does not depend on the number of processors.
func zip(w io.Writer) (io.WriteCloser, error) {
	z, err := pgzip.NewWriterLevel(w, pgzip.DefaultCompression)
	if err == nil {
		err = z.SetConcurrency(1<<20, runtime.NumCPU())
	}
	return z, err
}
