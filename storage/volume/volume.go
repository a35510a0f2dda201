// Package volume keeps the books of volumes: directories with a name that outlive the containers which use them.
//
//	ROOT/volumes/NAME/meta.json   driver, labels, options
//	                  _data/      what containers see; with options, the place where the driver mounts something
//	                  filling     while the image's files are copied into it
//
// Whoever makes or removes one holds the lock of ROOT/volumes, and meta.json is written last: a directory without it is what a
// killed command has left. Who uses a volume is not in these books: the containers' own say so (package engine).
package volume

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Driver is the only one there is.
const Driver = "local"

// AnonymousLabel marks a volume that nobody has named, as in Docker: prune removes no others unless it is told to.
const AnonymousLabel = "com.docker.volume.anonymous"

// Volume is what is known of one.
type Volume struct {
	Name    string
	Driver  string
	Labels  map[string]string
	Options map[string]string // type, device, o: what is mounted; none: a plain directory
	Created time.Time
}

// Anonymous tells whether nobody has named it.
func (v Volume) Anonymous() bool {
	_, anonymous := v.Labels[AnonymousLabel]
	return anonymous
}

// Same tells whether two descriptions ask for the same data.
func (v Volume) Same(w Volume) bool { return v.Driver == w.Driver && maps.Equal(v.Options, w.Options) }

// NotFound is the error of a name that means no volume.
type NotFound struct{ Name string }

func (e *NotFound) Error() string {
	return fmt.Sprintf("no such volume: %s ('glassbox volume ls' lists them)", e.Name)
}

// Store is a place where volumes are kept.
type Store struct{ Dir string }

// dir is that of one volume.
func (s Store) dir(name string, elem ...string) string {
	return filepath.Join(append([]string{s.Dir, name}, elem...)...)
}

// Data is the directory that containers see.
func (s Store) Data(name string) string { return s.dir(name, "_data") }

// Mark is the file that is there while the volume is being filled.
func (s Store) Mark(name string) string { return s.dir(name, "filling") }

func (s Store) meta(name string) string { return s.dir(name, "meta.json") }

// Get reads about one volume.
func (s Store) Get(name string) (Volume, error) {
	if err := CheckName(name); err != nil {
		return Volume{}, err
	}
	text, err := os.ReadFile(s.meta(name))
	if errors.Is(err, fs.ErrNotExist) {
		return Volume{}, &NotFound{name}
	}
	var v Volume
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		return v, fmt.Errorf("read about volume %s: %w", name, err)
	}
	return v, nil
}

// List returns all volumes by name, and apart from them the names of directories that have no meta.json.
func (s Store) List() (complete []Volume, halfMade []string, err error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("list the volumes: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		v, err := s.Get(e.Name())
		switch {
		case errors.As(err, new(*NotFound)):
			halfMade = append(halfMade, e.Name())
		case err != nil:
			return nil, nil, err
		default:
			complete = append(complete, v)
		}
	}
	return complete, halfMade, nil
}

// Lock lets one process at a time make and remove volumes.
func (s Store) Lock() (unlock func(), err error) {
	if err := os.MkdirAll(s.Dir, 0o711); err != nil {
		return nil, fmt.Errorf("make the directory of the volumes: %w", err)
	}
	return lock(s.Dir)
}

// LockOne lets one process at a time mount or fill a volume.
func (s Store) LockOne(name string) (unlock func(), err error) { return lock(s.dir(name)) }

func lock(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	return func() { f.Close() }, nil
}

// Size adds up the bytes of a volume's files; one with several names counts once.
func (s Store) Size(name string) (int64, error) {
	var total int64
	seen := map[uint64]bool{}
	err := filepath.WalkDir(s.Data(name), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		if st.Mode&unix.S_IFMT == unix.S_IFREG && !seen[st.Ino] {
			seen[st.Ino] = true
			total += st.Size
		}
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // files come and go while containers run
		return 0, fmt.Errorf("measure volume %s: %w", name, err)
	}
	return total, nil
}
