// This file turns the archives of layers into folders that overlayfs can stack.
//
// The layers of an image are unpacked side by side. What a container sees in the end is decided by the mount, so an archive need
// not wait for those below it; but for one thing: a directory in which a layer has files, but which it does not list, has to look
// like that of the layers below. Such directories are finished last, the lowest layer's first.
//
// A folder is made under the name part, and renamed to fs when it is complete and on the disk; the short name comes after that.
// Whoever dies in the middle leaves a part, which the next one to come removes.
package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/kernel/look"
	"glassbox/storage/archive"
)

// Unpack says how one layer becomes a folder.
type Unpack struct {
	Blob   string   // the archive, compressed or not
	DiffID string   // what the uncompressed archive must hash to: "sha256:…"
	Dir    string   // ROOT/layers/CHAINID, with the folder fs in it
	Link   string   // ROOT/l/SHORT
	Below  []string // the layers below, the topmost first, by their short names

	codecs *archive.Codecs
}

// UnpackLayers is the op that makes the folders of layers from their blobs, the lowest layer first in the list. Nothing takes it
// back: the folders serve every container of every image with these layers. It is done once, however many ask at the same time.
type UnpackLayers struct{ Layers []Unpack }

// Call tells the few calls that matter of the thousands that an archive causes.
func (u UnpackLayers) Call() string {
	lines := make([]string, len(u.Layers))
	for i, l := range u.Layers {
		lines[i] = fmt.Sprintf("mkdir(%q, 0755)\nopen(%q, O_RDONLY) … and a file for each entry, %s in all\nsymlink(%q, %q)",
			l.fs(), l.Blob, l.DiffID, l.target(), l.Link)
	}
	return strings.Join(lines, "\n")
}

// Shell does the same for layers without whiteouts, which tar does not know.
func (u UnpackLayers) Shell() string {
	lines := make([]string, len(u.Layers))
	for i, l := range u.Layers {
		lines[i] = kernel.Quote("mkdir", "-p", l.fs()) + " && " +
			kernel.Quote("tar", "-x", "--numeric-owner", "-p", "-f", l.Blob, "-C", l.fs()) + " && " +
			kernel.Quote("ln", "-s", "-f", "-n", l.target(), l.Link)
	}
	return strings.Join(lines, " && ")
}

func (u Unpack) fs() string { return filepath.Join(u.Dir, "fs") }

func (u Unpack) part() string { return filepath.Join(u.Dir, "part") }

func (u Unpack) target() string { return "../layers/" + filepath.Base(u.Dir) + "/fs" }

func (u UnpackLayers) Do() error {
	b := &batch{}
	err := b.add(u.Layers)
	if err == nil {
		err = b.publish()
	}
	return errors.Join(err, b.close())
}

// claim makes the layer's directory and locks it. While one waits for the lock, the holder may fail and remove the directory.
func (u Unpack) claim() (unlock func(), err error) {
	for {
		if err := os.Mkdir(u.Dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		unlock, err := lock(u.Dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if _, err := os.Stat(u.Dir); err == nil {
			return unlock, nil
		}
		unlock()
	}
}

func (u Unpack) failed(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.ENOSPC) {
		err = fmt.Errorf("%w: make room, 'glassbox image prune' removes images that nobody uses", err)
	}
	return fmt.Errorf("unpack the layer %s: %w", u.Blob, err)
}

// unpack makes the part. Whiteouts become what overlayfs has for them. It returns the directories that the archive takes for
// granted.
func (u Unpack) unpack() ([]string, error) {
	// Only one who died in the middle leaves this; we hold the lock.
	if err := os.RemoveAll(u.part()); err != nil {
		return nil, err
	}
	if err := os.Mkdir(u.part(), 0o755); err != nil {
		return nil, err
	}
	want, err := v1.NewHash(u.DiffID)
	if err != nil {
		return nil, err
	}
	blob, err := os.Open(u.Blob)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	stream, err := u.codecs.NewStream(blob, archive.DefaultLimits())
	if err != nil {
		return nil, damaged(want, err)
	}
	defer stream.Close()
	result, unpackErr := archive.Unpack(u.part(), stream, archive.Options{Layer: true, Rootless: rootless()})
	return result.Implied, judge(stream, want, unpackErr)
}

// judge compares the digest of what went by. The archive ends before the stream does: the rest is padding, and hashed too. Damage
// comes before any other error, for it explains that one.
func judge(stream *archive.Stream, want v1.Hash, unpackErr error) error {
	if errors.As(unpackErr, new(*archive.Refused)) || errors.Is(unpackErr, unix.ENOSPC) {
		return unpackErr
	}
	got, err := stream.Finish()
	switch {
	case errors.As(err, new(*archive.Refused)):
		return err
	case err != nil:
		return damaged(want, err)
	case got != want.String():
		return damaged(want, fmt.Errorf("its bytes hash to %s", got))
	}
	return unpackErr
}

// CanUnpack says whether this program can make what is missing of an image's folders.
func (s *Store) CanUnpack(img Image) error {
	if s.Codecs == nil && slices.ContainsFunc(img.Layers, func(l Layer) bool { return !l.Unpacked }) {
		return fmt.Errorf("the image %s is not unpacked yet: %w", img.Name, archive.ErrPacked)
	}
	return nil
}

// rootless tells whether our rights end at those of a user: the kernel knows fewer users than there are.
func rootless() bool {
	ids, err := look.IDMap(os.Getpid(), "uid_map")
	return os.Geteuid() != 0 || err == nil && len(ids) == 1 && ids[0].Size != 1<<32-1
}
