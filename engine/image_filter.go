// This file chooses images by filters, Docker's.
package engine

import (
	"fmt"
	"path"
	"strings"
	"time"

	"glassbox/storage"
)

// ImageFilters are the names that Images knows.
func ImageFilters() []string {
	return []string{"dangling", "reference", "label", "label!", "before", "since", "until"}
}

// imagePasses puts all filters into one question; list is where before= and since= look for theirs.
func imagePasses(f Filters, list []storage.Image) (func(storage.Image) bool, error) {
	return passes(f, func(name, value string) (func(storage.Image) bool, error) { return imageTest(name, value, list) })
}

func imageTest(name, value string, list []storage.Image) (func(storage.Image) bool, error) {
	switch name {
	case "dangling":
		want := value == "true" || value == "1"
		return func(i storage.Image) bool { return (i.Name == "") == want }, nil
	case "reference":
		return func(i storage.Image) bool { return fitsReference(i.Name, value) }, nil
	case "label":
		return func(i storage.Image) bool { return hasLabel(i.Config.Config.Labels, value) }, nil
	case "label!":
		return func(i storage.Image) bool { return !hasLabel(i.Config.Config.Labels, value) }, nil
	case "before", "since":
		mark, err := createdOf(value, list)
		if name == "before" {
			return func(i storage.Image) bool { return i.Config.Created.Before(mark) }, err
		}
		return func(i storage.Image) bool { return i.Config.Created.After(mark) }, err
	case "until":
		mark, err := untilTime(value)
		return func(i storage.Image) bool { return i.Config.Created.Before(mark) }, err
	}
	return nil, fmt.Errorf("there is %s", strings.Join(ImageFilters(), ", "))
}

// fitsReference: a pattern without a tag fits every tag.
func fitsReference(name, pattern string) bool {
	whole, err := path.Match(pattern, name)
	family, familyErr := path.Match(pattern, name[:max(strings.LastIndex(name, ":"), 0)])
	return name != "" && (err == nil && whole || familyErr == nil && family)
}

func createdOf(ref string, list []storage.Image) (time.Time, error) {
	for _, i := range list {
		if i.Name == storage.Familiar(ref) || strings.HasPrefix(i.ID.Hex, strings.TrimPrefix(ref, "sha256:")) {
			return i.Config.Created.Time, nil
		}
	}
	return time.Time{}, fmt.Errorf("no such image: %s", ref)
}

// untilTime reads a moment, or how long ago it was: 24h.
func untilTime(text string) (time.Time, error) {
	if ago, err := time.ParseDuration(text); err == nil {
		return time.Now().Add(-ago), nil
	}
	return time.Parse(time.RFC3339, text)
}
