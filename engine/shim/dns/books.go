// This file reads who is called what. The engine writes the books (package network, names.go) and tells nobody: so each question
// looks whether they have changed, which takes a stat for each network and wakes nobody when nothing happens.
package dns

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// The files, as package network writes them.
const (
	viewFile = "dns.json"
	namesDir = "names"
)

// view is what the container may ask for.
type view struct {
	Port     uint16 // where the server listens
	Networks []string
	Upstream []netip.Addr
	Options  []string
}

// entry is one container on one network.
type entry struct {
	Network   string
	Names     []string
	Addresses []netip.Addr
}

// books are the files with what was last read from them.
type books struct {
	dir   string // the container's live directory
	names string // the directory of all networks' names

	reading sync.Mutex
	read    *zone
	stamps  map[string]time.Time // of what read was made from
	when    time.Time
}

func openBooks(dir string) *books {
	return &books{dir: dir, names: filepath.Join(filepath.Dir(filepath.Dir(dir)), namesDir)}
}

// zone returns what the books say now.
func (b *books) zone() (*zone, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.read != nil && b.current() {
		return b.read, nil
	}
	b.stamps, b.when = map[string]time.Time{}, time.Now()
	z, err := b.readAll()
	if err != nil {
		return nil, fmt.Errorf("read the books of names: %w", err)
	}
	b.read = z
	return z, nil
}

// tick is how far apart two changes of a file can be and still bear one time stamp, on kernels before 6.13.
const tick = 20 * time.Millisecond

// current tells whether nothing has changed. What was changed just before it was read may have been changed once more since,
// within the same tick, and that would not show.
func (b *books) current() bool {
	for path, stamp := range b.stamps {
		now, err := modified(path)
		if err != nil || !now.Equal(stamp) || b.when.Sub(stamp) < tick {
			return false
		}
	}
	return true
}

// modified returns the zero time for what is not there.
func modified(path string) (time.Time, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// stamp is taken before reading, so that a change while we read is seen next time.
func (b *books) stamp(path string) (err error) {
	b.stamps[path], err = modified(path)
	return err
}

func (b *books) readAll() (*zone, error) {
	file := filepath.Join(b.dir, viewFile)
	if err := b.stamp(file); err != nil {
		return nil, err
	}
	var v view
	if err := readJSON(file, &v); err != nil {
		return nil, err
	}
	var all []entry
	for _, network := range v.Networks {
		dir := filepath.Join(b.names, network)
		if err := b.stamp(dir); err != nil {
			return nil, err
		}
		found, err := entries(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return newZone(v, all), nil
}

// entries reads the book of one network. A container that leaves while we read has left.
func entries(dir string) ([]entry, error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []entry
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".new") {
			continue // not complete, or left by somebody who was killed
		}
		var e entry
		err := readJSON(filepath.Join(dir, f.Name()), &e)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
