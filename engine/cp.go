// This file copies files between a container and the host, as `docker cp` does. Both sides are a root directory and a path in it;
// what goes from one to the other is an archive.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

	"glassbox/storage/archive"
)

// CopyRequest says how to copy.
type CopyRequest struct {
	Archive bool      // owners stay as they are; otherwise all belongs to root in the container, to the caller on the host
	Follow  bool      // if the source is a symbolic link, copy what it leads to
	Stream  io.Reader // to CopyIn: an archive, in place of a file
	Into    io.Writer // to CopyOut: takes the archive, in place of a file
}

// CopyIn copies from the host into a container, and returns how many bytes the archive had.
func (e *Engine) CopyIn(ctx context.Context, from, ref, to string, r CopyRequest) (int64, error) {
	f, err := e.openView(ref)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	target := side{f.view, rooted(to), f.Record.Name + ":" + to}
	owner := &archive.Owner{}
	if r.Archive {
		owner = nil
	}
	n, err := e.copyIn(from, target, r, owner)
	if err != nil {
		return n, err
	}
	return n, e.emitContainer(f.Record, "extract-to-dir", map[string]string{"path": to})
}

func (e *Engine) copyIn(from string, target side, r CopyRequest, owner *archive.Owner) (int64, error) {
	if r.Stream != nil {
		return target.unpackHere(e.Codecs, r.Stream, owner)
	}
	host, source, err := hostSide(from)
	if err != nil {
		return 0, err
	}
	defer host.Close()
	return copyTo(source, target, r.Follow, owner)
}

// CopyOut copies from a container to the host.
func (e *Engine) CopyOut(ctx context.Context, ref, from, to string, r CopyRequest) (int64, error) {
	f, err := e.openView(ref)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	source := side{f.view, rooted(from), f.Record.Name + ":" + from}
	owner := &archive.Owner{UID: os.Geteuid(), GID: os.Getegid()}
	if r.Archive {
		owner = nil
	}
	n, err := copyOut(source, to, r, owner)
	if err != nil {
		return n, err
	}
	return n, e.emitContainer(f.Record, "archive-path", map[string]string{"path": from})
}

func copyOut(source side, to string, r CopyRequest, owner *archive.Owner) (int64, error) {
	if r.Into != nil {
		found, err := source.look(r.Follow)
		if err != nil {
			return 0, err
		}
		defer found.dir.Close()
		n := &countingWriter{w: r.Into}
		err = found.pack(n, found.base)
		return n.n, err
	}
	host, target, err := hostSide(to)
	if err != nil {
		return 0, err
	}
	defer host.Close()
	return copyTo(source, target, r.Follow, owner)
}

// copyTo follows the table of `docker cp --help`: what DEST is decides what becomes of SRC.
func copyTo(source, target side, follow bool, owner *archive.Owner) (int64, error) {
	src, err := source.look(follow)
	if err != nil {
		return 0, err
	}
	defer src.dir.Close()
	dst, err := target.look(true)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return copyNew(src, target, owner)
	case err != nil:
		return 0, err
	}
	defer dst.dir.Close()
	switch {
	case dst.isDir:
		into, err := dst.inside()
		if err != nil {
			return 0, err
		}
		defer into.Close()
		return transfer(src, into, src.base, owner)
	case src.isDir:
		return 0, fmt.Errorf("copy %s to %s: a directory can not replace a file", source.text, target.text)
	}
	return transfer(src, dst.dir, dst.base, owner)
}

// copyNew copies to a name that is not there, in a directory that has to be.
func copyNew(src *found, target side, owner *archive.Owner) (int64, error) {
	if target.wantsDir() && !src.isDir {
		return 0, fmt.Errorf("%s: there is no such directory: make it first", target.text)
	}
	parent, err := side{target.root, path.Dir(target.cleaned()) + "/", target.text}.look(true)
	if err != nil {
		return 0, err
	}
	defer parent.dir.Close()
	into, err := parent.inside()
	if err != nil {
		return 0, err
	}
	defer into.Close()
	src.contents = false // the new directory takes the place of the old one
	return transfer(src, into, path.Base(target.cleaned()), owner)
}

// transfer packs on one side and unpacks on the other.
func transfer(src *found, into *os.File, as string, owner *archive.Owner) (int64, error) {
	if err := checkWritable(into); err != nil {
		return 0, err
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(src.pack(w, as)) }()
	n := &countingReader{r: r}
	_, err := archive.UnpackAt(int(into.Fd()), n, archive.Options{Owner: owner})
	if err == nil {
		_, err = io.Copy(io.Discard, n)
	}
	r.CloseWithError(err)
	return n.n, err
}

// unpackHere takes an archive from elsewhere.
func (s side) unpackHere(codecs *archive.Codecs, packed io.Reader, owner *archive.Owner) (int64, error) {
	dst, err := s.look(true)
	if err != nil {
		return 0, err
	}
	defer dst.dir.Close()
	if !dst.isDir {
		return 0, fmt.Errorf("%s: an archive is unpacked into a directory, and this is none", s.text)
	}
	into, err := dst.inside()
	if err != nil {
		return 0, err
	}
	defer into.Close()
	if err := checkWritable(into); err != nil {
		return 0, err
	}
	stream, err := codecs.NewStream(packed, archive.DefaultLimits())
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	n := &countingReader{r: stream}
	_, err = archive.UnpackAt(int(into.Fd()), n, archive.Options{Owner: owner})
	return n.n, err
}
