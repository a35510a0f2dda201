// Package box carries the image that works without a network: "box", a small system made of Debian's busybox-static. The
// image is made by `make image` (see box/build and box/recipe) and is never committed; go:embed takes the folder image/,
// which always holds at least its README, so that a fresh clone compiles and says at run time what is missing.
package box

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Name is what the embedded image is called.
const Name = "box:latest"

//go:embed image
var files embed.FS

// Open reads the embedded image: a tar archive of an OCI image layout.
func Open() (io.ReadCloser, error) {
	f, err := files.Open("image/box.tar")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("open the embedded image: this program was built without it: build it with make")
	}
	if err != nil {
		return nil, fmt.Errorf("open the embedded image: %w", err)
	}
	return f, nil
}
