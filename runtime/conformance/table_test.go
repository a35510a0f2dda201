// This file: the table itself. What it names is there.
package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTableNamesTestsThatExist(t *testing.T) {
	table, err := os.ReadFile("../CONFORMANCE.md")
	check(t, err)
	files, err := filepath.Glob("../*/*_test.go")
	check(t, err)
	commands, err := filepath.Glob("../../cmd/*/*_test.go")
	check(t, err)
	whole, err := filepath.Glob("../../test/*_test.go")
	check(t, err)
	var source strings.Builder
	for _, f := range slices.Concat(files, commands, whole) {
		data, err := os.ReadFile(f)
		check(t, err)
		source.Write(data)
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile("Test[A-Z][A-Za-z]+").FindAllString(string(table), -1) {
		if named[name] = true; !strings.Contains(source.String(), "func "+name+"(") {
			t.Errorf("the table names %s, which is not there", name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^func (Test[A-Z]\w+)\(t `).FindAllStringSubmatch(source.String(), -1) {
		if here, _ := filepath.Glob("*_test.go"); len(here) > 0 && contains(t, here, "func "+m[1]+"(") && !named[m[1]] && !strings.HasPrefix(m[1], "TestTable") {
			t.Errorf("the table does not name %s", m[1])
		}
	}
}

func contains(t *testing.T, files []string, text string) bool {
	t.Helper()
	for _, f := range files {
		data, err := os.ReadFile(f)
		check(t, err)
		if strings.Contains(string(data), text) {
			return true
		}
	}
	return false
}
