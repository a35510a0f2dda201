// This file holds the page of all commands to the commands and lessons that there are.
package command

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
)

func TestSheet(t *testing.T) {
	var page bytes.Buffer
	app := newApp()
	app.Writer = &page
	if err := app.Run([]string{"glassbox", "lesson", "sheet"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`\| volume create \| .*\| 10 \|`, `\| commit \| .*\| 07 \|`, `\| --userns .*\| .*10.*\|`, `\| -v, --volume .*\| 10 \|`} {
		if !regexp.MustCompile(want).Match(page.Bytes()) {
			t.Errorf("no row like %s", want)
		}
	}
	for _, c := range app.Commands {
		if !c.Hidden && c.Name != "help" && len(c.Subcommands) == 0 && !strings.Contains(page.String(), "\n| "+c.Name+" | ") {
			t.Errorf("no row for %s", c.Name)
		}
	}
	for _, row := range strings.Split(page.String(), "\n") {
		if strings.HasPrefix(row, "| ") && strings.Count(strings.ReplaceAll(row, `\|`, ""), "|") != 5 {
			t.Errorf("not four cells: %s", row)
		}
	}
}

// A word that is only like a flag, or a flag of another command, is none.
func TestUsesFlag(t *testing.T) {
	for line, want := range map[string]bool{
		"glassbox run -v data:/data box": true, "glassbox create --volume=data:/data box": true,
		"glassbox rm -v con": false, "glassbox run --volumes-from db box": false, "glassbox run box": false,
	} {
		if usesFlag(line, []string{"volume", "v"}) != want {
			t.Errorf("%s: want %v", line, want)
		}
	}
}
