// This file holds that nobody has to know that there are two programs: glassbox alone does all that needs no cargo, hands the rest
// over to glassbox-images, and says what is missing if that is not there.
package test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestBothProgramsAnswerAlike(t *testing.T) {
	small := newPlace(t)
	whole := small
	whole.glassbox = testkit.Program(t, "glassbox-images")
	dead := freePort(t)
	small.must("run", "-d", "--name", "alive", "box", "sleep", "1000")
	for _, line := range []string{"--help", "run --help", "no-such-command", "imagse", "man pull", "complete -- im", "pull", "pull " + dead + "/no",
		"pull --dry-run " + dead + "/no", "push " + dead + "/no", "image pull " + dead + "/no", "login", "logout " + dead, "import", "import http://" + dead,
		"load -i /no-such-file", "image verify box", "image explain box", "commit gone", "cp - gone:/", "run --rm " + dead + "/no true", "run --rm --pull always " + dead + "/no true", "create " + dead + "/no",
		"run --rm --pull never " + dead + "/no true", "run --rm --dry-run " + dead + "/no true", "exec alive false", "exec gone true", "images -q"} {
		words := strings.Fields(line)
		if a, b := small.run(words...), whole.run(words...); a.String() != b.String() {
			t.Errorf("glassbox says\n%s\nand glassbox-images\n%s", a, b)
		}
	}
	small.must("rm", "-f", "alive")
}

func TestGlassboxAlone(t *testing.T) {
	p := newPlace(t)
	p.must("run", "--rm", "box", "true") // the image is unpacked now
	dir := t.TempDir()
	for _, name := range []string{"glassbox", "glassbox-oci"} {
		program, err := os.ReadFile(testkit.Program(t, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), program, 0o755))
	}
	p.glassbox = filepath.Join(dir, "glassbox")
	if out := p.must("run", "--rm", "box", "echo", "hello"); out != "hello\n" {
		t.Errorf("it says %q", out)
	}
	id := filepath.Join(dir, "id")
	for line, code := range map[string]int{"pull x": 1, "run --cidfile " + id + " no-such-image true": 125, "create no-such-image": 125, "login x": 1, "load": 1,
		"--root " + dir + "/fresh run box true": 125} {
		r := p.run(strings.Fields(line)...)
		if r.code != code || !strings.Contains(r.stderr, dir+"/glassbox-images: no such file or directory: 'make build' makes all programs") {
			t.Errorf("want the code %d: %s", code, r)
		}
	}
	if _, err := os.Stat(id); err == nil {
		t.Error("there is a file for the id of a container that was not made")
	}
}

// What goes over to the other program is as it was: its input, the file for the id.
func TestHandOver(t *testing.T) {
	p := newPlace(t)
	s := newServer(t, "", "")
	p.must("tag", "box", s.host+"/a")
	p.must("push", s.host+"/a")
	p.must("rmi", s.host+"/a")
	id := filepath.Join(t.TempDir(), "id")
	r := p.run("run", "--cidfile", id, "--name", "one", s.host+"/a", "sh", "-c", "echo hello; exit 3")
	if r.code != 3 || r.stdout != "hello\n" || !strings.Contains(r.stderr, "Unable to find image '"+s.host+"/a:latest' locally") {
		t.Error(r)
	}
	if text, err := os.ReadFile(id); err != nil || strings.TrimSpace(p.must("ps", "-aq", "--no-trunc")) != string(text) {
		t.Errorf("the file holds the id %s: %v", text, err)
	}
	p.must("rm", "one")
	p.must("rmi", s.host+"/a")
	file := filepath.Join(t.TempDir(), "box.tar")
	p.must("save", "-o", file, "box")
	in, err := os.Open(file)
	must(t, err)
	defer in.Close()
	load := p.command("load")
	load.Stdin = in
	if r := p.finish(load, []string{"load"}); r.code != 0 || !strings.Contains(r.stdout, "Loaded image: box:latest") {
		t.Error(r)
	}
}

// An image that is shown inside a container is unpacked when that starts, which is in the middle of things: all that was done by then
// is taken back, and done again by the other program.
func TestHandOverInTheMiddle(t *testing.T) {
	p := newPlace(t)
	p.must("run", "--rm", "box", "true")
	known, err := filepath.Glob(filepath.Join(p.root, "l", "*"))
	must(t, err)
	archive := filepath.Join(t.TempDir(), "tiny.tar")
	sh(t, "cd "+filepath.Dir(archive)+" && echo hello >file && tar -cf tiny.tar file")
	p.must("import", archive, "tiny")
	p.must("create", "--name", "shown", "--network", "none", "--mount", "type=image,src=tiny,dst=/tiny", "box", "cat", "/tiny/file")
	all, err := filepath.Glob(filepath.Join(p.root, "l", "*"))
	must(t, err)
	for _, link := range all {
		if slices.Contains(known, link) {
			continue
		}
		folder, err := filepath.EvalSymlinks(link)
		must(t, err)
		must(t, os.RemoveAll(filepath.Dir(folder)))
		must(t, os.Remove(link))
	}
	if r := p.run("start", "-a", "shown"); r.code != 0 || r.stdout != "hello\n" || r.stderr != "" {
		t.Error(r)
	}
	p.must("rm", "shown")
	lacks(t, p.must("audit"), "nothing is left behind")
}
