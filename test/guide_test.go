// This file runs the guide's single-host commands as they are printed, with glassbox for docker and, as there is no registry,
// box under the names of the images in them. A line in angle brackets is filled in; what the guide leaves open is added.
package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// guideLine is a command of the guide. Lines run one after the other, on the containers that those before them made.
type guideLine struct {
	id      string // empty: it prepares the next one
	printed string
	added   string // after what is printed
	keys    string // typed, on a terminal
	code    int
	want    string // a pattern in what it prints
}

func TestGuideAsPrinted(t *testing.T) {
	for _, scene := range guideScenes() {
		t.Run(scene.name, func(t *testing.T) {
			g := newGuide(t)
			for _, line := range scene.lines {
				g.play(line)
			}
			g.play(guideLine{printed: "docker ps -aq | xargs -r docker rm -f"})
		})
	}
}

// guide is a place with a directory in which its lines run.
type guide struct {
	place
	dir string
}

func newGuide(t *testing.T) guide {
	g := guide{newPlace(t), t.TempDir()}
	// An ubuntu has bash.
	g.must("run", "--name", "maker", "--net", "none", "box", "sh", "-c", `printf '#!/bin/sh\nexec sh "$@"\n' > /bin/bash; chmod +x /bin/bash`)
	for _, name := range []string{"ubuntu", "myimage", "postgres", "alpine", "nginx"} {
		g.must("commit", "--change", `CMD ["sh"]`, "maker", name)
	}
	g.must("rm", "maker")
	return g
}

// shell is the line as a shell gets it.
func (l guideLine) shell() string {
	filled := strings.NewReplacer("<container>", "c1", "<c>", "c1", "<image>", "box", "<network>", "bridge", "docker ", "glassbox ").
		Replace(l.printed + " " + l.added)
	return strings.TrimSpace(filled)
}

func (g guide) play(l guideLine) {
	g.t.Helper()
	cmd := exec.Command("bash", "-c", l.shell())
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(g.glassbox)+":"+os.Getenv("PATH"), "GLASSBOX_ROOT="+g.root, "GLASSBOX_STATE="+g.state,
		"DOCKER_CONFIG="+g.dir)
	r := g.typed(cmd, l)
	if r.code != l.code || !regexp.MustCompile("(?s)"+l.want).MatchString(r.stdout+r.stderr) {
		g.t.Errorf("%s: want exit code %d and %q:\n%s", l.id, l.code, l.want, r)
	}
}

// typed runs a command on a terminal of its own when it is to be typed to.
func (g guide) typed(cmd *exec.Cmd, l guideLine) result {
	g.t.Helper()
	if l.keys == "" {
		return g.finish(cmd, []string{l.shell()})
	}
	terminal, err := pty.Start(cmd)
	must(g.t.(*testing.T), err)
	defer terminal.Close()
	patience := time.AfterFunc(15*time.Second, func() { cmd.Process.Kill() })
	defer patience.Stop()
	for _, key := range strings.SplitAfter(l.keys, "\n") {
		time.Sleep(300 * time.Millisecond) // as a person does, who waits for the prompt
		_, err := terminal.WriteString(key)
		must(g.t.(*testing.T), err)
	}
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := terminal.Read(buffer)
		text.Write(buffer[:n])
		if err != nil { // EIO: the other end is closed
			break
		}
	}
	if err := cmd.Wait(); err != nil && cmd.ProcessState == nil {
		g.t.Fatal(err)
	}
	return result{[]string{l.shell()}, text.String(), "", cmd.ProcessState.ExitCode()}
}
