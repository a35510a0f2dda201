// This file keeps the networks that users made: one JSON file each, named by the id, written whole or not at all. The predefined
// ones are in the program.
package network

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glassbox/kernel"
)

// Book is the directory ROOT/networks.
type Book struct{ Dir string }

// NotFound is the error of a reference that means no network.
type NotFound struct{ Ref string }

func (e *NotFound) Error() string {
	return fmt.Sprintf("network %s not found ('glassbox network ls' lists them)", e.Ref)
}

// NewID draws an id.
func NewID() string {
	b := make([]byte, 32)
	rand.Read(b) //nolint:errcheck // it never fails: see its documentation
	return hex.EncodeToString(b)
}

func (b Book) file(id string) string { return filepath.Join(b.Dir, id+".json") }

// Entry is the op that keeps a network; taking it back removes it.
func (b Book) Entry(n Network) (kernel.ReplaceFile, error) {
	data, err := json.MarshalIndent(n, "", " ")
	if err != nil {
		return kernel.ReplaceFile{}, fmt.Errorf("keep network %s: %w", n.Name, err)
	}
	return kernel.ReplaceFile{Path: b.file(n.ID), Content: string(data) + "\n", Mode: 0o600}, nil
}

// Remove takes a network out of the book.
func (b Book) Remove(n Network) kernel.Remove { return kernel.Remove{Path: b.file(n.ID)} }

// List returns the predefined networks and those of the book, by name.
func (b Book) List() ([]Network, error) {
	all := Predefined()
	entries, err := os.ReadDir(b.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the networks: %w", err)
	}
	for _, e := range entries {
		id, ours := strings.CutSuffix(e.Name(), ".json")
		if !ours {
			continue
		}
		n, err := b.read(id)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed while we read
		}
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	slices.SortFunc(all, func(a, b Network) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (b Book) read(id string) (Network, error) {
	var n Network
	data, err := os.ReadFile(b.file(id))
	if err == nil {
		err = json.Unmarshal(data, &n)
	}
	if err != nil {
		return n, fmt.Errorf("read the network %s: %w", b.file(id), err)
	}
	return n, nil
}

// Find finds a network by its name, its id, or the beginning of its id.
func (b Book) Find(ref string) (Network, error) {
	for _, n := range Predefined() { // most containers want one of these: no file has to be read
		if n.Name == ref {
			return n, nil
		}
	}
	list, err := b.List()
	if err != nil {
		return Network{}, err
	}
	for _, n := range list {
		if n.Name == ref || n.ID == ref {
			return n, nil
		}
	}
	var found []Network
	for _, n := range list {
		if ref != "" && strings.HasPrefix(n.ID, ref) {
			found = append(found, n)
		}
	}
	switch len(found) {
	case 0:
		return Network{}, &NotFound{Ref: ref}
	case 1:
		return found[0], nil
	}
	return Network{}, fmt.Errorf("network %s is ambiguous: %d networks have an id that begins so: give more of it", ref, len(found))
}
