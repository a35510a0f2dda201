// This file takes what the image needs from the unpacked package busybox-static.
package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Package is what the image is made of.
type Package struct {
	Busybox   []byte   // the program
	Applets   []string // paths of its names in the image: "bin/ls"
	Version   string   // Debian's: "1:1.35.0-4+deb12u1"
	Copyright []byte   // the package's copyright file
	Licence   []byte   // the text of the GPL, version 2
}

// licence is where every Debian system has the text of the GPL.
const licence = "/usr/share/common-licenses/GPL-2"

// Read reads the package that is unpacked below dir; "/" is the installed one.
func Read(dir string) (Package, error) {
	path, err := find(filepath.Join(dir, "bin/busybox"), filepath.Join(dir, "usr/bin/busybox"))
	if err != nil {
		return Package{}, err
	}
	var p Package
	if p.Busybox, err = os.ReadFile(path); err != nil {
		return Package{}, err
	}
	if p.Copyright, err = os.ReadFile(filepath.Join(dir, "usr/share/doc/busybox-static/copyright")); err != nil {
		return Package{}, fmt.Errorf("%w: the package busybox-static is not here", err)
	}
	if p.Licence, err = os.ReadFile(licence); err != nil {
		return Package{}, err
	}
	if p.Version, err = version(path); err != nil {
		return Package{}, err
	}
	p.Applets, err = applets(path)
	return p, err
}

func find(paths ...string) (string, error) {
	for _, p := range paths {
		_, err := os.Stat(p)
		if err == nil {
			return p, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("find busybox: none of %s is there: install busybox-static", strings.Join(paths, ", "))
}

// version reads Debian's version of the source from the first line that busybox prints about itself:
//
//	BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.
func version(busybox string) (string, error) {
	banner, err := exec.Command(busybox, "--help").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", busybox, err)
	}
	// "+b1" counts Debian's rebuilds of the same source.
	found := regexp.MustCompile(`^BusyBox \S+ \(Debian (\S+?)(\+b\d+)?\)`).FindSubmatch(banner)
	if found == nil {
		return "", fmt.Errorf("ask %s for its version: it is not Debian's: %.60q", busybox, banner)
	}
	return string(found[1]), nil
}

func applets(busybox string) ([]string, error) {
	out, err := exec.Command(busybox, "--list-full").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its applets: %w", busybox, err)
	}
	return strings.Fields(string(out)), nil
}
