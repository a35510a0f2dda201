// This file finds containers by what people type: a name, an id, or the beginning of an id.
package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Ambiguous is the error of an id's beginning that several ids share.
type Ambiguous struct {
	Ref string
	IDs []string
}

func (e *Ambiguous) Error() string {
	return fmt.Sprintf("%d containers have an id that begins with %q: give more of it", len(e.IDs), e.Ref)
}

// find prefers a whole id to a name, and both to the beginning of an id, as Docker does.
func (e *Engine) find(ref string) (*Record, error) {
	ref = strings.TrimPrefix(ref, "/")
	if ref == "" || strings.Contains(ref, "/") {
		return nil, &NotFound{Ref: ref}
	}
	if len(ref) == 64 {
		if r, err := e.readRecord(ref); err == nil {
			return r, nil
		}
	}
	if id, err := os.Readlink(e.nameFile(ref)); err == nil {
		r, err := e.readRecord(id)
		if missing := (*NotFound)(nil); errors.As(err, &missing) {
			missing.Ref = ref
		}
		return r, err
	}
	return e.findPrefix(ref)
}

func (e *Engine) findPrefix(ref string) (*Record, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	var found []string
	for _, id := range ids {
		if strings.HasPrefix(id, ref) {
			found = append(found, id)
		}
	}
	switch len(found) {
	case 0:
		return nil, &NotFound{Ref: ref}
	case 1:
		return e.readRecord(found[0])
	}
	return nil, &Ambiguous{Ref: ref, IDs: found}
}

// ids lists what lies in ROOT/containers, complete or not.
func (e *Engine) ids() ([]string, error) { return names(filepath.Join(e.Root, "containers")) }

// names lists a directory; one that is not there is empty.
func names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	list := make([]string, len(entries))
	for i, entry := range entries {
		list[i] = entry.Name()
	}
	return list, nil
}
