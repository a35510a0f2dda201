// This file judges the names of entries.
package archive

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// The names by which a layer deletes: image-spec layer.md, "Whiteouts".
const (
	whiteoutPrefix = ".wh."
	whiteoutMeta   = ".wh..wh." // bookkeeping of AUFS, the first storage driver of Docker; nobody needs it
	whiteoutOpaque = ".wh..wh..opq"
)

// Refused is the error of an archive that can not be trusted.
type Refused struct {
	Entry string // empty: it is the whole archive
	Why   string
}

func (e *Refused) Error() string {
	if e.Entry == "" {
		return "the archive is refused: it " + e.Why
	}
	return fmt.Sprintf("the archive is refused: the entry %q %s", e.Entry, e.Why)
}

// cleanName returns the path of an entry inside the tree: without a leading "./" and a trailing slash; "." is the tree itself.
func cleanName(name string) (string, error) {
	switch {
	case name == "":
		return "", &Refused{name, "has no name"}
	case name[0] == '/':
		return "", &Refused{name, "has an absolute path"}
	case slices.Contains(strings.Split(name, "/"), ".."):
		return "", &Refused{name, `leads out by ".."`}
	}
	return path.Clean(name), nil
}

// hidden is what the base name of a whiteout deletes. ok is false for a name that is no whiteout.
func hidden(base string) (name string, ok bool) { return strings.CutPrefix(base, whiteoutPrefix) }

// checkWhiteout refuses names that would delete the directory itself or the one above, and directories called like whiteouts.
func checkWhiteout(entry, dir, base string) error {
	for part := range strings.SplitSeq(dir, "/") {
		if strings.HasPrefix(part, whiteoutPrefix) {
			return &Refused{entry, "lies in a directory that is called like a whiteout"}
		}
	}
	if name, ok := hidden(base); ok && (name == "" || name == "." || name == "..") {
		return &Refused{entry, "would delete the directory that it lies in, or the one above"}
	}
	return nil
}
