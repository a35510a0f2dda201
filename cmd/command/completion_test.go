// This file checks completion: what a word may become, and that a real shell gets it.
package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestCandidates(t *testing.T) {
	known := func(k nameKind) []candidate {
		return map[nameKind][]candidate{
			nameOfContainer: words("web", "wiki", "done"), nameOfRunning: words("web", "wiki"), nameOfImage: words("box", "repo:5000/app:1"),
			nameOfNetwork: words("bridge", "mynet"), nameOfVolume: words("data"),
		}[k]
	}
	for _, c := range []struct{ typed, want string }{
		{"ru", "run"},
		{"sto", "stop"},
		{"run --mem", "--memory --memory-swap --memory-reservation --memory-swappiness"},
		{"run --rm --network ", "bridge mynet"},
		{"run --network=my", "--network=mynet"},
		{"run -itv ", "data"},
		{"run --pull a", "always"},
		{"run ", "box repo:5000/app:1"},
		{"run -m 64m repo:", "repo:5000/app:1"},
		{"run box l", ""}, // a program's argument: files
		{"run box --me", ""},
		{"run -- --r", ""},
		{"exec ", "web wiki"},
		{"rm web ", "web wiki done"},
		{"rm -f d", "done"},
		{"rename d", "done"},
		{"rename done ", ""},
		{"network c", "create connect"},
		{"network connect my", "mynet"},
		{"network connect mynet w", "web wiki"},
		{"--root /x --state /y ps --al", "--all"},
		{"volume rm ", "data"},
		{"inspect ", "web wiki done box repo:5000/app:1 bridge mynet data"},
		{"inspect w", "web wiki"},
		{"completion ", "bash zsh fish"},
		{"frobnicate x", ""},
	} {
		at := typing{app: newApp(), known: known}
		var names []string
		for _, found := range at.candidates(strings.Split(c.typed, " ")) {
			names = append(names, found.name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.typed, got, c.want)
		}
	}
}

// A real bash, with a glassbox that completes as the true one would: words with a colon are bash's trap.
func TestBashCompletes(t *testing.T) {
	dir := t.TempDir()
	fake := "#!/bin/sh\n[ \"$1 $2\" = 'complete --' ] && for last; do :; done && printf '%s\\tabout\\n' repo:5000/app repo:5000/base | grep \"^$last\"\n"
	if err := os.WriteFile(filepath.Join(dir, "glassbox"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ line, words, want string }{
		{"glassbox run re", "glassbox run re", "repo:5000/app repo:5000/base"},
		{"glassbox run repo:5000/a", "glassbox run repo : 5000/a", "5000/app"},
		{"glassbox run repo:", "glassbox run repo :", "5000/app 5000/base"},
		{"glassbox run x", "glassbox run x", ""},
	} {
		script := bashScript + `COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=($2) COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _glassbox; echo "${COMPREPLY[*]}"`
		cmd := exec.Command("bash", "-c", script, "bash", c.line, c.words)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.line, got, err, c.want)
		}
	}
}
