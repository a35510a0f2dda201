// This file reads --filter of images. Several values of one name mean any of them, several names all of them.
package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"glassbox/storage"
)

// imageFilter is a function that says whether an image passes; list is where before= and since= look for theirs.
func imageFilter(given []string, list []storage.Image) (func(storage.Image) bool, error) {
	tests := map[string][]func(storage.Image) bool{}
	for _, g := range given {
		name, value, ok := strings.Cut(g, "=")
		if !ok {
			return nil, usageError{fmt.Sprintf("--filter %q: write NAME=VALUE", g), 125}
		}
		test, err := imageTest(name, value, list)
		if err != nil {
			return nil, usageError{fmt.Sprintf("--filter %q: %v", g, err), 125}
		}
		tests[name] = append(tests[name], test)
	}
	return func(i storage.Image) bool {
		for _, any := range tests {
			if !slices.ContainsFunc(any, func(test func(storage.Image) bool) bool { return test(i) }) {
				return false
			}
		}
		return true
	}, nil
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
	return nil, fmt.Errorf("there is dangling, reference, label, before, since and until")
}

// fitsReference: a pattern without a tag fits every tag.
func fitsReference(name, pattern string) bool {
	whole, err := path.Match(pattern, name)
	family, familyErr := path.Match(pattern, name[:max(strings.LastIndex(name, ":"), 0)])
	return name != "" && (err == nil && whole || familyErr == nil && family)
}

func hasLabel(labels map[string]string, wanted string) bool {
	name, value, valued := strings.Cut(wanted, "=")
	have, ok := labels[name]
	return ok && (!valued || have == value)
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
