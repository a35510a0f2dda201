// This file keeps data in volumes: what outlives a container and what does not, who may remove what, and the guide's commands
// for backup and restore as they are printed there.
package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// sh runs a shell command in a container that is gone afterwards.
func (p place) sh(flags, program string) result {
	p.t.Helper()
	return p.run(append(append(strings.Fields("run --rm --network none "+flags), "box", "sh", "-c"), program)...)
}

func (p place) mustSh(flags, program string) string {
	p.t.Helper()
	r := p.sh(flags, program)
	if r.code != 0 {
		p.t.Fatal(r)
	}
	return r.stdout
}

// Three places to write to: only the container's own layer goes with it.
func TestWhatOutlivesAContainer(t *testing.T) {
	p, host := newPlace(t), t.TempDir()
	p.mustSh("-v kept:/volume -v "+host+":/bind", "echo a > /layer; echo b > /volume/file; echo c > /bind/file")
	got := p.mustSh("-v kept:/volume -v "+host+":/bind", "cat /layer 2> /dev/null; cat /volume/file /bind/file")
	if got != "b\nc\n" {
		t.Errorf("the next container reads %q", got)
	}
	data := strings.TrimSpace(p.must("volume", "inspect", "-f", "{{.Mountpoint}}", "kept"))
	if text, err := os.ReadFile(filepath.Join(data, "file")); err != nil || string(text) != "b\n" {
		t.Errorf("on the host it is %q (%v)", text, err)
	}
}

// The guide's commands; alpine is box here.
func TestBackupAndRestore(t *testing.T) {
	p := newPlace(t)
	t.Chdir(t.TempDir())
	p.mustSh("-v myvol:/data", "mkdir -m 700 /data/deep; echo text > /data/deep/file; chown 12:34 /data/deep/file; chmod 4711 /data/deep/file; ln -s file /data/deep/link")
	list := func(volume string) string {
		return p.mustSh("-v "+volume+":/data", "cd /data; find . | sort | xargs stat -c '%n %a %u:%g %F'; find . -type f | sort | xargs sha256sum")
	}
	guide := func(command string) {
		t.Helper()
		script := p.glassbox + " --root " + p.root + " --state " + p.state + strings.TrimPrefix(command, "glassbox")
		if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	guide("glassbox run --rm --network none -v myvol:/data -v $(pwd):/backup box tar czf /backup/backup.tar.gz -C /data .")
	before := list("myvol")
	p.must("volume", "rm", "myvol")
	guide("glassbox run --rm --network none -v myvol:/data -v $(pwd):/backup box tar xzf /backup/backup.tar.gz -C /data")
	if after := list("myvol"); after != before || !strings.Contains(before, "./deep/file 4711 12:34 regular file") {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	if left := p.must("ps", "-aq"); left != "" {
		t.Errorf("the helpers are still there: %s", left)
	}
}

// An empty volume begins with what the image has there, in every respect; nocopy, and a volume that is not empty, stay as they are.
func TestVolumeIsFilled(t *testing.T) {
	p := newPlace(t)
	p.addDataImage(t)
	look := `cd /data; stat -c '%n %a %u:%g %h %F' . first second link deep deep/pipe; readlink link; cat first; test first -ef second && echo same`
	inImage := strings.Join([]string{". 2750 1234:56 3 directory", "first 4755 7:8 2 regular file", "second 4755 7:8 2 regular file",
		"link 777 0:0 1 symbolic link", "deep 700 0:0 2 directory", "deep/pipe 620 0:0 1 fifo", "/etc/passwd", "older", "same", ""}, "\n")
	for _, c := range []struct{ flags, want string }{
		{"-v filled:/data", inImage},
		{"", inImage}, // an anonymous one, for the image declares it
		{"--mount type=volume,src=named,dst=/data", inImage},
		{"-v bare:/data:nocopy", ""},
		{"--mount type=volume,src=bare2,dst=/data,volume-nocopy", ""},
	} {
		program := look
		if c.want == "" {
			program = "ls -A /data"
		}
		r := p.run(append(append(strings.Fields("run --rm --network none "+c.flags), "data", "sh", "-c"), program)...)
		if r.stdout != c.want || r.code != 0 {
			t.Errorf("want %q: %s", c.want, r)
		}
	}
	first := filepath.Join(strings.TrimSpace(p.must("volume", "inspect", "-f", "{{.Mountpoint}}", "filled")), "first")
	value := make([]byte, 10)
	if n, err := unix.Getxattr(first, "user.note", value); err != nil || string(value[:n]) != "kept" {
		t.Errorf("the attribute is %q (%v)", value[:max(n, 0)], err)
	}
	must(t, os.WriteFile(first, []byte("newer\n"), 0o644))
	if got := p.must("run", "--rm", "--network", "none", "-v", "filled:/data", "data", "cat", "/data/first"); got != "newer\n" {
		t.Errorf("a volume with files was filled again: %q", got)
	}
}

// What was emptied on purpose does not come back at the next start of the same container.
func TestVolumeIsFilledOnce(t *testing.T) {
	p := newPlace(t)
	p.addDataImage(t)
	p.must("create", "--name", "con", "--network", "none", "-v", "vol:/data", "data", "sh", "-c", "ls /data | wc -l; rm -rf /data/*")
	for _, want := range []string{"4\n", "0\n"} {
		if got := p.must("start", "-a", "con"); got != want {
			t.Errorf("%q files, want %q", got, want)
		}
	}
	p.must("rm", "con")
}

func TestAnonymousVolumes(t *testing.T) {
	p := newPlace(t)
	names := func() []string { return strings.Fields(p.must("volume", "ls", "-q")) }
	p.mustSh("-v /scratch -v named:/data", "touch /scratch/x /data/y")
	if got := names(); len(got) != 1 || got[0] != "named" {
		t.Errorf("after --rm: %q", got)
	}
	for _, c := range []struct {
		rm   []string
		want int
	}{{[]string{"rm", "con"}, 2}, {[]string{"rm", "-v", "con"}, 2}} {
		p.must("run", "--name", "con", "--network", "none", "-v", "/scratch", "box", "true")
		p.must(c.rm...)
		if got := names(); len(got) != c.want {
			t.Errorf("after %q: %q", c.rm, got)
		}
	}
	if got := names(); !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(got[0]) {
		t.Errorf("its name is %q", got[0])
	}
	for _, c := range []struct{ command, want string }{
		{"volume prune -f --filter label=nothing", "Total reclaimed space: 0B\n"},
		{"volume prune -f", `(?s)^Deleted Volumes:\n[0-9a-f]{64}\n\nTotal reclaimed space: `},
		{"volume ls -q", "^named\n$"},
		{"volume prune -f --all", `(?s)^Deleted Volumes:\nnamed\n\n`},
		{"volume ls -q", "^$"},
	} {
		if got := p.must(strings.Fields(c.command)...); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("%s: want %s, got\n%s", c.command, c.want, got)
		}
	}
}

// The plan of a removal removes nothing; what is told is gone.
func TestRemoveIsTold(t *testing.T) {
	p := newPlace(t)
	p.must("run", "--name", "con", "--network", "none", "-v", "/scratch", "box", "true")
	id, volume := strings.TrimSpace(p.must("ps", "-aq", "--no-trunc")), strings.TrimSpace(p.must("volume", "ls", "-q"))
	dir := filepath.Join(p.root, "containers", id)
	plan := p.must("rm", "-v", "--dry-run", "con")
	lacks(t, plan, volume, "Remove the container's files", "rm -r -f --one-file-system "+dir)
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("after a dry run: %v", err)
	}
	told := p.run("rm", "-v", "--explain", "con")
	lacks(t, told.stderr, volume, "Remove the container's files")
	if _, err := os.Stat(dir); told.code != 0 || told.stdout != "con\n" || !os.IsNotExist(err) || p.must("volume", "ls", "-q") != "" {
		t.Errorf("%s%v", told, err)
	}
	p.must("run", "-d", "--name", "busy", "--network", "none", "box", "sleep", "100")
	if r := p.run("rm", "--dry-run", "busy"); r.code != 1 || !strings.Contains(r.stderr, "is running") {
		t.Errorf("%s", r)
	}
	p.must("rm", "-f", "--dry-run", "busy")
	p.must("rm", "-f", "busy")
}

func TestVolumeInUse(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--name", "db", "--network", "none", "-v", "shared:/data", "box", "sh", "-c", "echo from db > /data/file; sleep 100")
	p.must("exec", "db", "sh", "-c", "until [ -s /data/file ]; do sleep 0.01; done")
	for _, running := range []bool{true, false} {
		if r := p.run("volume", "rm", "shared"); r.code != 1 || !strings.Contains(r.stderr, "remove shared: volume is in use by db") {
			t.Errorf("running %v: %s", running, r)
		}
		if got := p.must("volume", "prune", "-fa"); strings.Contains(got, "shared") {
			t.Errorf("running %v: pruned: %s", running, got)
		}
		if got := p.must("volume", "ls", "--format", "{{.Name}} {{.Users}}"); got != "shared db\n" {
			t.Errorf("running %v: listed: %q", running, got)
		}
		if running {
			p.must("stop", "-t", "0", "db")
		}
	}
	app := []string{"run", "--rm", "--network", "none", "--volumes-from", "db", "box", "cat", "/data/file"}
	if got := p.must(app...); got != "from db\n" {
		t.Errorf("--volumes-from: %q", got)
	}
	app[5] = "db:ro"
	if r := p.run(append(app[:7], "touch", "/data/x")...); r.code == 0 || !strings.Contains(r.stderr, "Read-only") {
		t.Errorf("--volumes-from db:ro: %s", r)
	}
	p.must("rm", "-f", "db")
	p.must("volume", "rm", "shared")
	if r := p.run("volume", "rm", "shared"); r.code != 1 || !strings.Contains(r.stderr, "no such volume: shared") {
		t.Errorf("a second time: %s", r)
	}
	p.must("volume", "rm", "-f", "shared")
}

// Twenty containers at once make, fill and share one volume, and each adds its line; others make it meanwhile, too.
func TestManyShareAVolume(t *testing.T) {
	p := newPlace(t)
	p.addDataImage(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			r := p.run("run", "--rm", "--network", "none", "-v", "shared:/data", "data", "sh", "-c", "echo "+strconv.Itoa(i)+" >> /data/lines; cat /data/first")
			if r.code != 0 || r.stdout != "older\n" {
				t.Errorf("container %d: %s", i, r)
			}
		})
		all.Go(func() { p.run("volume", "create", "shared") })
	}
	all.Wait()
	if got := p.mustSh("-v shared:/data", "sort -n /data/lines | tr '\n' ' '"); got != "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 " {
		t.Errorf("the lines are %q", got)
	}
}
