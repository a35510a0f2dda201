// This file unpacks: one entry after the other, directories' times last, for every file made in a directory changes its time.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"

	"golang.org/x/sys/unix"
)

// Options say what an archive is unpacked as.
type Options struct {
	// Layer: whiteouts become overlayfs's marks, and no path may come twice, as the image specification demands. Otherwise
	// whiteouts are files as others are, and what is there already is replaced.
	Layer bool

	Rootless bool   // without the rights of the machine's root: device nodes are refused, marks are user.overlay.*
	Owner    *Owner // of everything, in place of what the archive says
	MaxBytes int64  // that all files together may have, holes counted; 0: DefaultLimits
}

// Owner is a user and a group.
type Owner struct{ UID, GID int }

// Result says what was unpacked.
type Result struct {
	Entries int
	Bytes   int64    // of all files
	Implied []string // directories that the archive takes for granted: made with mode 0755, the upper ones first
}

// maxEntries bounds the inodes that one archive may take.
const maxEntries = 10_000_000

type unpacker struct {
	Options
	Result
	root    int
	parents map[string]int // descriptors of directories that were used before
	implied map[string]bool
	links   int // that are being followed to a directory
	times   []dirTimes
	buffer  []byte
}

type dirTimes struct {
	name  string
	times []unix.Timespec
}

// Unpack makes the files of an archive, which is not compressed, in dir. After an error some are there and some are not.
func Unpack(dir string, archive io.Reader, o Options) (Result, error) {
	root, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return Result{}, fmt.Errorf("open %s: %w", dir, err)
	}
	defer unix.Close(root)
	return UnpackAt(root, archive, o)
}

// UnpackAt is Unpack for a directory that is open.
func UnpackAt(root int, archive io.Reader, o Options) (Result, error) {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultLimits().Bytes
	}
	u := &unpacker{Options: o, root: root, parents: map[string]int{}, implied: map[string]bool{}, buffer: make([]byte, chunkSize)}
	defer u.closeParents()
	r := tar.NewReader(archive)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return u.Result, fmt.Errorf("read the archive: %w", err)
		}
		if err := u.entry(h, r); err != nil {
			return u.Result, err
		}
	}
	return u.Result, u.finish()
}

func (u *unpacker) entry(h *tar.Header, data io.Reader) error {
	if h.Typeflag == tar.TypeXGlobalHeader {
		return nil // a comment: git archive writes one
	}
	name, err := cleanName(h.Name)
	if err != nil {
		return err
	}
	if err := u.count(h); err != nil {
		return err
	}
	if name == "." {
		return u.top(h)
	}
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	if u.Layer {
		if err := checkWhiteout(h.Name, dir, base); err != nil {
			return err
		}
	}
	parent, err := u.parent(dir)
	if err != nil {
		return err
	}
	if gone, ok := hidden(base); ok && u.Layer {
		return u.whiteout(parent, base, gone, h)
	}
	return u.make(place{parent, base, name}, h, data)
}

func (u *unpacker) count(h *tar.Header) error {
	u.Entries++
	u.Bytes += h.Size
	switch {
	case u.Entries > maxEntries:
		return &Refused{h.Name, fmt.Sprintf("is one of more than %d", maxEntries)}
	case u.Bytes > u.MaxBytes || u.Bytes < 0:
		return &Refused{h.Name, fmt.Sprintf("has %d bytes, which makes it more than %d with those before", h.Size, u.MaxBytes)}
	}
	return nil
}

// top takes the entry "./": what the tree's own directory is like.
func (u *unpacker) top(h *tar.Header) error {
	if h.Typeflag != tar.TypeDir {
		return &Refused{h.Name, "is the tree itself, but no directory"}
	}
	if !u.Layer {
		return nil // the directory belongs to whoever it was made for
	}
	u.times = append(u.times, dirTimes{".", timesOf(h)})
	return u.attributes(u.root, h)
}

// finish sets the times of directories, the deepest first, and lists those that the archive did not.
func (u *unpacker) finish() error {
	for i := len(u.times) - 1; i >= 0; i-- {
		d := u.times[i]
		dir, base := path.Split(d.name)
		parent, err := u.parent(path.Clean(dir))
		if err == nil {
			err = unix.UtimesNanoAt(parent, base, d.times, unix.AT_SYMLINK_NOFOLLOW)
		}
		if err != nil {
			return fmt.Errorf("set the times of %s: %w", d.name, err)
		}
	}
	u.Implied = sortedKeys(u.implied)
	return nil
}
