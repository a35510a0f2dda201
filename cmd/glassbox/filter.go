// This file reads --filter of ps. Several values of one name mean any of them, several names all of them.
package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glassbox/engine"
)

type filters map[string][]string

func parseFilters(given []string) (filters, error) {
	known := []string{"status", "name", "id", "label", "ancestor", "exited"}
	f := filters{}
	for _, g := range given {
		name, value, ok := strings.Cut(g, "=")
		if !ok || !slices.Contains(known, name) {
			return nil, usageError{fmt.Sprintf("--filter %q: write NAME=VALUE with a name of %s", g, strings.Join(known, ", ")), 125}
		}
		if name == "name" {
			if _, err := regexp.Compile(value); err != nil {
				return nil, usageError{fmt.Sprintf("--filter %q: %v", g, err), 125}
			}
		}
		f[name] = append(f[name], value)
	}
	return f, nil
}

func (f filters) wants(name string) bool { return len(f[name]) > 0 }

func (f filters) pass(s engine.Summary) bool {
	for name, values := range f {
		if !slices.ContainsFunc(values, func(v string) bool { return matches(s, name, v) }) {
			return false
		}
	}
	return true
}

func matches(s engine.Summary, name, value string) bool {
	switch name {
	case "status":
		return s.State == value
	case "name":
		found, err := regexp.MatchString(value, s.Name)
		return found && err == nil
	case "id":
		return strings.HasPrefix(s.ID, value)
	case "label":
		label, want, valued := strings.Cut(value, "=")
		have, ok := s.Labels[label]
		return ok && (!valued || have == want)
	case "ancestor":
		return s.Image == value || s.ImageID == value || s.Image == value+":latest"
	case "exited":
		return strings.HasPrefix(s.Status, "Exited ("+value+")") && isNumber(value)
	}
	return false
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}
