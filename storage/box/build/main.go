// Command build makes the embedded image: it takes busybox from Debian's package busybox-static, the installed one or one
// that it downloads without installing it, and writes storage/box/image/box.tar. `make image` runs it.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/google/renameio/v2"

	"glassbox/storage/box/recipe"
)

func main() {
	dir := flag.String("package", "", "folder where busybox-static is unpacked (default: the installed one, else a download)")
	out := flag.String("o", "storage/box/image/box.tar", "file to write")
	flag.Parse()
	if err := build(*dir, *out); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

func build(dir, out string) error {
	p, err := read(dir)
	if err != nil {
		return err
	}
	var image bytes.Buffer
	if err := recipe.Write(&image, p); err != nil {
		return err
	}
	// The same bytes are not written again: whoever watches times sees that nothing changed.
	if old, err := os.ReadFile(out); err == nil && bytes.Equal(old, image.Bytes()) {
		return nil
	}
	return renameio.WriteFile(out, image.Bytes(), 0o644)
}

func read(dir string) (recipe.Package, error) {
	if dir != "" {
		return recipe.Read(dir)
	}
	p, notInstalled := recipe.Read("/")
	if notInstalled == nil {
		return p, nil
	}
	p, err := download()
	if err != nil {
		return recipe.Package{}, fmt.Errorf("%w; %w: install it: apt-get install busybox-static", notInstalled, err)
	}
	return p, nil
}

// download fetches the package as any user may, and unpacks it into a folder that is gone afterwards.
func download() (recipe.Package, error) {
	dir, err := os.MkdirTemp("", "busybox-static-")
	if err != nil {
		return recipe.Package{}, err
	}
	defer os.RemoveAll(dir)
	fetch := exec.Command("apt-get", "-qq", "download", "busybox-static")
	fetch.Dir = dir
	if out, err := fetch.CombinedOutput(); err != nil {
		return recipe.Package{}, fmt.Errorf("%s: %w: %s", fetch, err, out)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil || len(found) != 1 {
		return recipe.Package{}, fmt.Errorf("%s: want one package, have %q", fetch, found)
	}
	unpack := exec.Command("dpkg-deb", "-x", found[0], dir)
	if out, err := unpack.CombinedOutput(); err != nil {
		return recipe.Package{}, fmt.Errorf("%s: %w: %s", unpack, err, out)
	}
	return recipe.Read(dir)
}
