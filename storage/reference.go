// This file reads what an image can be called: box, box:latest, docker.io/library/alpine:3.20, alpine@sha256:…, or an id.
package storage

import (
	"fmt"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Reference is the name of an image, taken apart.
//
//	alpine                   docker.io       library/alpine   latest
//	127.0.0.1:5000/app:1.0   127.0.0.1:5000  app              1.0
//	alpine@sha256:…          docker.io       library/alpine           sha256:…
type Reference struct {
	Registry   string
	Repository string
	Tag        string // "latest" where nothing is said; empty when there is a digest instead
	Digest     string
}

// ParseReference reads a name as Docker does: what stands before the first slash is a registry when it looks like a host.
func ParseReference(name string) (Reference, error) {
	r := Reference{Registry: "docker.io"}
	rest, digest, _ := strings.Cut(name, "@")
	if r.Digest = digest; digest != "" {
		if _, err := v1.NewHash(digest); err != nil {
			return r, fmt.Errorf("%q is not the name of an image: after @ comes a digest: sha256: and 64 digits", name)
		}
	}
	// A colon before the last slash belongs to a port.
	if i := strings.LastIndex(rest, ":"); i > strings.LastIndex(rest, "/") {
		rest, r.Tag = rest[:i], rest[i+1:]
		if !regexp.MustCompile(`^\w[\w.-]{0,127}$`).MatchString(r.Tag) {
			return r, fmt.Errorf("%q is not the name of an image: the tag %q is not made of letters, digits, '_', '.' and '-'", name, r.Tag)
		}
	} else if digest == "" {
		r.Tag = "latest"
	}
	if host, path, found := strings.Cut(rest, "/"); found && (strings.ContainsAny(host, ".:") || host == "localhost") {
		r.Registry, rest = host, path
	}
	if r.Registry == "index.docker.io" {
		r.Registry = "docker.io"
	}
	if r.Registry == "docker.io" && !strings.Contains(rest, "/") {
		rest = "library/" + rest
	}
	r.Repository = rest
	if !regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`).MatchString(rest) {
		return r, fmt.Errorf("%q is not the name of an image: it looks like box, box:latest or library/alpine:3.20, in lower case", name)
	}
	return r, nil
}

// String is the name in full: docker.io/library/alpine:3.20.
func (r Reference) String() string {
	name := r.Registry + "/" + r.Repository
	if r.Tag != "" {
		name += ":" + r.Tag
	}
	if r.Digest != "" {
		name += "@" + r.Digest
	}
	return name
}

// Family is the name without tag and digest, as people write it: alpine.
func (r Reference) Family() string {
	return strings.TrimPrefix(strings.TrimPrefix(r.Registry+"/"+r.Repository, "docker.io/"), "library/")
}

// Full returns a name in full; what is no name stays as it is.
func Full(name string) string {
	r, err := ParseReference(name)
	if err != nil {
		return name
	}
	return r.String()
}

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
