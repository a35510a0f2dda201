// This file lists what is in a store.
package storage

import "fmt"

// Images lists the images that have a name, in the order in which they came. The embedded one is always there.
func (s *Store) Images() ([]Image, error) {
	if err := s.ensureEmbedded(); err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	index, err := s.index()
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	var list []Image
	for _, d := range index.Manifests {
		if nameOf(d) == "" || !d.MediaType.IsImage() {
			continue
		}
		img, err := s.image(d)
		if err != nil {
			return nil, fmt.Errorf("read image %s: %w", nameOf(d), err)
		}
		list = append(list, img)
	}
	return list, nil
}
