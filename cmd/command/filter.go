// This file holds what --filter has said: the values given for each name.
package command

import (
	"fmt"
	"slices"
	"strings"
)

type filters map[string][]string

// readFilters reads NAME=VALUE with a name that the command knows.
func readFilters(given []string, known ...string) (filters, error) {
	f := filters{}
	for _, g := range given {
		name, value, ok := strings.Cut(g, "=")
		switch {
		case !ok || !slices.Contains(known, name):
			return nil, usageError{fmt.Sprintf("--filter %q: write NAME=VALUE with a name of %s", g, strings.Join(known, ", ")), 1}
		case name == "dangling" && !slices.Contains([]string{"true", "1", "false", "0"}, value):
			return nil, usageError{fmt.Sprintf("--filter %q: dangling is true or false", g), 1}
		}
		f[name] = append(f[name], value)
	}
	return f, nil
}
