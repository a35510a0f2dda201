// This file receives one blob, in as many connections as it takes.
package storage

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	"glassbox/storage/registry"
)

// attempts is how often a connection may break without a byte having come.
const attempts = 5

// download is a Fetch that is under way: the lock is held.
type download struct {
	Fetch
	file *os.File
	sum  hash.Hash
	done int64

	resumed bool  // some bytes are from an earlier time
	full    error // why a byte could not be written
}

// run leaves either the blob, or the part that has come if going on makes sense, or nothing.
func (d *download) run() error {
	if err := d.resume(); err != nil {
		return err
	}
	for failures := 0; d.done < d.Size; {
		before := d.done
		err := d.receive()
		switch {
		case d.full != nil:
			return errors.Join(d.full, os.Remove(d.Part))
		case err == nil || d.done > before:
			failures = 0
		default:
			failures++
		}
		if err != nil && (failures == attempts || d.ctx.Err() != nil || registry.Refused(err)) {
			return fmt.Errorf("%w: %d of %d bytes have come and are kept: the next pull goes on from there", err, d.done, d.Size)
		}
		if err != nil {
			time.Sleep(100 * time.Millisecond << failures)
		}
	}
	return d.finish()
}

// resume reads again what an earlier pull has left: the hash begins with the first byte.
func (d *download) resume() error {
	d.sum, d.done = sha256.New(), 0
	info, err := d.file.Stat()
	if err == nil && info.Size() > d.Size {
		err = d.file.Truncate(0)
	}
	if err == nil {
		_, err = d.file.Seek(0, io.SeekStart)
	}
	if err == nil {
		d.done, err = io.Copy(d.sum, d.file)
	}
	d.resumed = d.done > 0
	return err
}

// receive reads one answer of the registry.
func (d *download) receive() error {
	body, at, err := d.source.Blob(d.ctx, d.Digest, d.done)
	if err != nil {
		return err
	}
	defer body.Close()
	if at != d.done { // it can not begin in the middle
		if err := d.restart(); err != nil {
			return err
		}
	}
	// One byte more than there should be is enough to know that it is another blob.
	_, err = io.CopyBuffer(d, io.LimitReader(body, d.Size+1-d.done), make([]byte, 256<<10))
	if err == nil && d.done < d.Size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (d *download) Write(p []byte) (int, error) {
	n, err := d.file.Write(p)
	d.sum.Write(p[:n])
	d.done += int64(n)
	d.full = err
	if d.hear != nil {
		d.hear(d.done)
	}
	return n, err
}

func (d *download) restart() error {
	_, err := d.file.Seek(0, io.SeekStart)
	d.sum, d.done, d.resumed = sha256.New(), 0, false
	return errors.Join(err, d.file.Truncate(0))
}

// finish compares what has come with the digest and gives it its name. Where bytes from an earlier time spoil it, it begins again.
func (d *download) finish() error {
	if err := compare(d.Digest, d.sum); err != nil || d.done != d.Size {
		if d.resumed {
			if err := d.restart(); err != nil {
				return err
			}
			return d.run()
		}
		return errors.Join(fmt.Errorf("the registry's copy is damaged, nothing of it is kept: %w", err), os.Remove(d.Part))
	}
	if err := d.file.Sync(); err != nil {
		return errors.Join(err, os.Remove(d.Part))
	}
	return os.Rename(d.Part, d.Blob)
}
