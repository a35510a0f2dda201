// This file looks into an image: what each layer adds to those below it, what it changes and what it hides, and how many bytes of
// it nobody can see any more. It goes through the unpacked layers from the lowest up and keeps the tree that a container would see.
package storage

import (
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// Amount is a number of files with their bytes.
type Amount struct {
	Files int
	Bytes int64
}

func (a *Amount) add(n Amount) { a.Files, a.Bytes = a.Files+n.Files, a.Bytes+n.Bytes }

// LayerInside is what one layer does.
type LayerInside struct {
	Digest, DiffID, ChainID string
	Size                    int64  // compressed
	CreatedBy               string // the line of the history
	Adds, Changes, Hides    Amount // Changes counts the new bytes, Hides those of the layers below
	Wasted                  Amount // files of this layer that a layer above hides
	Largest                 []Entry
}

// Entry is one file that a layer adds ("A"), changes ("C") or hides ("D").
type Entry struct {
	Kind  string
	Path  string
	Bytes int64
}

// tree is what a container would see so far.
type tree struct {
	children map[string]*tree // nil: no directory
	bytes    int64
	layer    int
}

type insides struct {
	layers []LayerInside
	now    int
	inodes map[uint64]bool // of this layer, to count hard links once
}

// Inside reads the layers of an image, which have to be unpacked. The lowest is the first.
func Inside(img Image) ([]LayerInside, error) {
	s := &insides{layers: make([]LayerInside, len(img.Layers))}
	root := &tree{children: map[string]*tree{}}
	lines := img.HistoryLines()
	for i, l := range img.Layers {
		s.layers[i] = LayerInside{Digest: l.Digest.String(), DiffID: l.DiffID.String(), ChainID: l.ChainID.String(), Size: l.Size}
		if i < len(lines) {
			s.layers[i].CreatedBy = lines[i]
		}
		s.now, s.inodes = i, map[uint64]bool{}
		if err := s.dir(root, l.Path, "/"); err != nil {
			return nil, fmt.Errorf("look into layer %d: %w", i+1, err)
		}
	}
	return s.layers, nil
}

// HistoryLines are those lines of the history that made a layer, the lowest layer's first.
func (i Image) HistoryLines() []string {
	var lines []string
	for _, h := range i.Config.History {
		if !h.EmptyLayer {
			lines = append(lines, h.CreatedBy)
		}
	}
	return lines
}

func (s *insides) dir(t *tree, disk, name string) error {
	if isOpaque(disk) {
		for child, below := range t.children {
			s.hide(below, path.Join(name, child))
			delete(t.children, child)
		}
	}
	entries, err := os.ReadDir(disk)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := s.entry(t, path.Join(disk, e.Name()), path.Join(name, e.Name()), e.Name()); err != nil {
			return err
		}
	}
	return nil
}

func (s *insides) entry(t *tree, disk, name, base string) error {
	var st unix.Stat_t
	if err := unix.Lstat(disk, &st); err != nil {
		return &os.PathError{Op: "look at", Path: disk, Err: err}
	}
	below := t.children[base]
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	if isDeletion(&st) {
		if below != nil {
			s.hide(below, name)
		}
		delete(t.children, base)
		return nil
	}
	if isDir && below != nil && below.children != nil {
		return s.dir(below, disk, name)
	}
	fresh := &tree{layer: s.now}
	t.children[base] = fresh
	if isDir {
		if below != nil {
			s.hide(below, name)
		}
		fresh.children = map[string]*tree{}
		return s.dir(fresh, disk, name)
	}
	if fresh.bytes = st.Size; st.Nlink > 1 && s.inodes[st.Ino] {
		fresh.bytes = 0
	}
	s.inodes[st.Ino] = true
	s.file(fresh, below, name)
	return nil
}

func (s *insides) file(fresh, below *tree, name string) {
	l := &s.layers[s.now]
	if below == nil {
		l.Adds.add(Amount{1, fresh.bytes})
		l.note("A", name, fresh.bytes)
		return
	}
	l.Changes.add(Amount{1, fresh.bytes})
	l.note("C", name, fresh.bytes)
	s.waste(below)
}

// hide counts what a deletion takes from sight.
func (s *insides) hide(below *tree, name string) {
	gone := s.waste(below)
	s.layers[s.now].Hides.add(gone)
	s.layers[s.now].note("D", name, gone.Bytes)
}

// waste charges the layers that a tree came from.
func (s *insides) waste(t *tree) Amount {
	if t.children == nil {
		s.layers[t.layer].Wasted.add(Amount{1, t.bytes})
		return Amount{1, t.bytes}
	}
	var sum Amount
	for _, child := range t.children {
		sum.add(s.waste(child))
	}
	return sum
}

// notable is how many entries of a layer are named.
const notable = 5

// note keeps the largest entries.
func (l *LayerInside) note(kind, name string, bytes int64) {
	at := len(l.Largest)
	for at > 0 && l.Largest[at-1].Bytes < bytes {
		at--
	}
	if at >= notable {
		return
	}
	l.Largest = append(l.Largest[:at], append([]Entry{{kind, name, bytes}}, l.Largest[at:]...)...)
	l.Largest = l.Largest[:min(len(l.Largest), notable)]
}
