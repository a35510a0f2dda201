// This file finds out where a file of a container comes from: which layer, which line of the image's history, or the container's
// own changes.
package engine

import (
	"context"
	"fmt"
	"path"
	"strings"

	"glassbox/kernel/look"
	"glassbox/storage"
)

// Origin is one place where a path of a container is found: the container's changes, or a layer.
type Origin struct {
	Layer     int    // 1 is the lowest layer of the image; 0: the container's own changes
	ChainID   string `json:",omitempty"`
	CreatedBy string `json:",omitempty"`
	Path      string // on this machine
	State     string // "visible", "hidden", "deletes"
	CopiedUp  bool   `json:",omitempty"` // a layer below has it, too: the container's is a changed copy
	Size      int64
}

// Blame is all that is known of where a path comes from.
type Blame struct {
	Path    string   // after all links were followed
	Mount   string   `json:",omitempty"` // the mount that is over it, when it is in no layer: a volume, /proc
	Origins []Origin // the topmost first
}

// Blame finds a path of a container in all layers.
func (e *Engine) Blame(ctx context.Context, ref, name string) (Blame, error) {
	f, err := e.openFiles(ref, nil)
	if err != nil {
		return Blame{}, err
	}
	defer f.Close()
	b := Blame{Path: path.Join("/", name)}
	// A file that is deleted can not be resolved, and is found by the name given.
	dir, err := resolve(f.root, path.Dir(b.Path), true)
	if err == nil {
		b.Path = path.Join(dir, path.Base(b.Path))
	}
	if f.PID > 0 {
		if b.Mount, err = mountOver(f.PID, b.Path); err != nil {
			return b, err
		}
	}
	if err := b.search(f); err != nil {
		return b, err
	}
	if len(b.Origins) == 0 && b.Mount == "" {
		return b, fmt.Errorf("there is no %s in container %s, nor in any layer of its image", b.Path, f.Record.Name)
	}
	return b, nil
}

func (b *Blame) search(f *Files) error {
	layers := f.Layers()
	found, err := storage.Lookup(append([]string{f.Dirs.Upper}, layers...), b.Path)
	if err != nil {
		return err
	}
	lines := f.Image.HistoryLines()
	for i, at := range found {
		o := Origin{State: "visible", Size: at.Stat.Size}
		switch {
		case at.Deleted:
			o.State = "deletes"
		case at.Hidden, i > 0 && !at.IsDir():
			o.State = "hidden"
		}
		if at.Layer == 0 {
			o.Path = path.Join(f.Dirs.Upper, b.Path)
			below, err := storage.Visible(layers, b.Path)
			if err != nil {
				return err
			}
			o.CopiedUp = !at.Deleted && below != nil
		} else {
			o.Layer = len(layers) - at.Layer + 1
			l := f.Image.Layers[o.Layer-1]
			o.ChainID, o.Path = l.ChainID.String(), path.Join(l.Path, b.Path)
			if o.Layer <= len(lines) {
				o.CreatedBy = lines[o.Layer-1]
			}
		}
		b.Origins = append(b.Origins, o)
	}
	return nil
}

// mountOver names the mount at or above a path that covers the layers there.
func mountOver(pid int, name string) (string, error) {
	mounts, err := look.Mounts(pid)
	if err != nil {
		return "", err
	}
	best := look.Mount{Point: "/"}
	for _, m := range mounts {
		if m.Point != "/" && (name == m.Point || strings.HasPrefix(name, m.Point+"/")) && len(m.Point) >= len(best.Point) {
			best = m
		}
	}
	if best.Point == "/" {
		return "", nil
	}
	return fmt.Sprintf("%s on %s (%s)", best.Source, best.Point, best.FSType), nil
}
