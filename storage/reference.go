// This file reads what an image can be called: box, box:latest, docker.io/library/alpine:3.20, alpine@sha256:…, or an id.
package storage

import (
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Familiar returns the short full form of a name: with a tag, and without the place that short names mean anyway.
//
//	box                           -> box:latest
//	docker.io/library/alpine:3.20 -> alpine:3.20
func Familiar(name string) string {
	name = strings.TrimPrefix(name, "docker.io/")
	name = strings.TrimPrefix(name, "library/")
	// A colon before the last slash belongs to a port.
	if !strings.Contains(name[strings.LastIndex(name, "/")+1:], ":") {
		name += ":latest"
	}
	return name
}

// checkReference refuses what can not be the name of an image, before it is looked for or printed as part of a command.
func checkReference(ref string) error {
	const inside = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	if strings.Trim(ref, inside+"._-/:@+") != "" || strings.TrimLeft(ref, inside) == ref {
		return fmt.Errorf("%q is not the name of an image: it looks like box, box:latest or library/alpine:3.20", ref)
	}
	return nil
}

// splitDigest takes name@sha256:… apart.
func splitDigest(ref string) (v1.Hash, bool) {
	_, digest, found := strings.Cut(ref, "@")
	if !found {
		digest = ref
	}
	h, err := v1.NewHash(digest)
	return h, err == nil
}

// couldBeID says whether ref is the beginning of an id in hexadecimal. Fewer than four digits mean nothing.
func couldBeID(ref string) bool {
	return len(ref) >= 4 && len(ref) <= 64 && strings.Trim(ref, "0123456789abcdef") == ""
}
