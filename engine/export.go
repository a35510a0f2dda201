// This file writes archives and reads them: whole images (save, load), plain file systems (export, import).
package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/explain"
	"glassbox/storage"
	"glassbox/storage/archive"
)

// Export writes the files of a container as one archive: no layers, no history, and nothing of its volumes.
func (e *Engine) Export(ctx context.Context, ref string, w io.Writer) error {
	f, err := e.openFiles(ref, nil)
	if err != nil {
		return err
	}
	defer f.Close()
	latest, _, err := sourceDate()
	if err != nil {
		return err
	}
	if err := archive.Pack(w, f.Root(), archive.PackOptions{Latest: latest}); err != nil {
		return fmt.Errorf("export container %s: %w", f.Record.Name, err)
	}
	return e.emitContainer(f.Record, "export", nil)
}

// Save writes images as an archive.
func (e *Engine) Save(ctx context.Context, refs []string, w io.Writer) error {
	store, err := e.Store()
	if err != nil {
		return err
	}
	if err := store.Save(w, refs...); err != nil {
		return err
	}
	var errs []error
	for _, ref := range refs {
		errs = append(errs, e.emitImage("save", ref))
	}
	return errors.Join(errs...)
}

// Load reads the images of an archive.
func (e *Engine) Load(ctx context.Context, packed io.Reader, l explain.Listener) ([]storage.Loaded, error) {
	store, err := e.Store()
	if err != nil {
		return nil, err
	}
	list, err := store.Load(packed, explain.All(l, quitWith(ctx)))
	for _, image := range list {
		err = errors.Join(err, e.emitImage("load", cmp.Or(image.Name, image.ID.String())))
	}
	return list, err
}

// ImportRequest says what the image of an imported file system is like.
type ImportRequest struct {
	Name     string
	Message  string
	Changes  []string
	Listener explain.Listener
}

// Import makes an image of one layer out of the archive of a file system.
func (e *Engine) Import(ctx context.Context, packed io.Reader, r ImportRequest) (string, error) {
	store, err := e.Store()
	if err != nil {
		return "", err
	}
	_, now, err := sourceDate()
	if err != nil {
		return "", err
	}
	draft, err := store.NewDraft(storage.Image{}, r.Name)
	if err != nil {
		return "", err
	}
	draft.History = v1.History{Created: v1.Time{Time: now}, Comment: r.Message}
	if err = ChangeConfig(&draft.Config.Config, r.Changes); err == nil {
		err = draft.Import(packed, r.Listener)
	}
	if err := errors.Join(err, draft.Close()); err != nil {
		return "", err
	}
	return draft.ID.String(), e.emitImage("import", cmp.Or(r.Name, draft.ID.String()))
}
