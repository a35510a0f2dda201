// This file measures the files of a container: its own, and with those of its image.
package engine

import (
	"io/fs"
	"path/filepath"
)

func (e *Engine) sizes(r *Record) (own, all int64, err error) {
	store, image, err := e.findImage(r.ImageID)
	if err != nil {
		return 0, 0, err
	}
	layers, err := store.Sizes().Image(image)
	own = treeSize(e.files(r.ID).Upper)
	return own, own + layers, err
}

// treeSize adds up files. Those that vanish while it looks count nothing, so the walk itself never fails.
func treeSize(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
		return nil
	})
	return bytes
}
