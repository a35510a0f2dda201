// These tests make images of containers and take images from store to store, and let other programs read them.
package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

// changed is a container that has added, changed and deleted something.
func changed(p place) {
	p.must("run", "--name", "c1", "--network", "none", "-e", "A=1", "box", "sh", "-c", "echo hi >/new; rm /README; mkdir /d; echo x >/d/y; chmod 700 /www")
}

func TestDiffAndBlame(t *testing.T) {
	p := newPlace(t)
	changed(p)
	if got, want := p.must("diff", "c1"), "D /README\nA /d\nA /d/y\nA /new\nC /www\n"; got != want {
		t.Errorf("diff:\n%swant:\n%s", got, want)
	}
	for path, want := range map[string]string{
		"/new": "own changes  visible, 3B", "/README": "a whiteout", "/bin/sh": "layer 1  visible", "/www": "copied up", "/www/index.html": "layer 2",
	} {
		if got := p.must("blame", "c1", path); !strings.Contains(got, want) {
			t.Errorf("blame %s has no %q:\n%s", path, want, got)
		}
	}
	if r := p.run("blame", "c1", "/none"); r.code != 1 || !strings.Contains(r.stderr, "nor in any layer") {
		t.Error(r)
	}
	// A directory that was deleted and made again hides all that was in it.
	p.must("run", "--name", "c2", "--network", "none", "box", "sh", "-c", "rm -r /www; mkdir /www; echo x >/www/new")
	if got, want := p.must("diff", "c2"), "C /www\nD /www/index.html\nA /www/new\n"; got != want {
		t.Errorf("diff:\n%swant:\n%s", got, want)
	}
	p.must("rm", "c1", "c2")
}

func TestCommit(t *testing.T) {
	p := newPlace(t)
	changed(p)
	id := strings.TrimSpace(p.must("commit", "-a", "me", "-m", "why", "-c", `CMD ["cat","/new"]`, "-c", `LABEL x="a b" y=2`, "c1", "app:1"))
	if got := p.must("run", "--rm", "--network", "none", "app:1"); got != "hi\n" {
		t.Errorf("the image runs and says %q", got)
	}
	if got := p.must("run", "--rm", "--network", "none", id, "sh", "-c", "echo $A; ls /README /d/y 2>/dev/null; true"); got != "1\n/d/y\n" {
		t.Errorf("in the image: %q", got)
	}
	var layers []struct{ Adds, Hides, Wasted struct{ Files int } }
	if err := json.Unmarshal([]byte(p.must("image", "explain", "--format", "json", "app:1")), &layers); err != nil {
		t.Fatal(err)
	}
	if len(layers) != 3 || layers[2].Adds.Files != 2 || layers[2].Hides.Files != 1 || layers[1].Wasted.Files != 1 {
		t.Errorf("image explain: %+v", layers)
	}
	if r := p.run("commit", "-c", "RUN true", "c1"); r.code != 1 || !strings.Contains(r.stderr, "RUN is none of") {
		t.Error(r)
	}
	if r := p.run("commit", "c1", "Not A Name"); r.code != 1 {
		t.Error(r)
	}
	// A program that runs is frozen meanwhile, and goes on afterwards.
	p.must("run", "-d", "--name", "live", "--network", "none", "box", "sleep", "1000")
	told := p.run("commit", "--explain", "live")
	if told.code != 0 || !strings.Contains(told.stderr, "Freeze the container") {
		t.Error(told)
	}
	p.must("exec", "live", "true")
	p.must("rm", "-f", "live", "c1")
}

func TestVerifyFindsDamage(t *testing.T) {
	p := newPlace(t)
	p.must("run", "--rm", "--network", "none", "box", "true")
	if r := p.run("image", "verify", "box"); r.code != 0 || strings.Contains(r.stdout, "WRONG") || strings.Count(r.stdout, "ok ") != 8 {
		t.Error(r)
	}
	var m struct{ Layers []struct{ Digest string } }
	path := regexp.MustCompile(`sha256sum (.*)`).FindStringSubmatch(p.must("image", "verify", "box"))[1]
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(p.root, "blobs/sha256", m.Layers[1].Digest[7:]), os.O_RDWR, 0)
	if err == nil {
		_, err = f.WriteAt([]byte("?"), 100)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r := p.run("image", "verify", "box"); r.code != 1 || !strings.Contains(r.stdout, "WRONG") {
		t.Error(r)
	}
}

func TestExportAndImport(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	changed(p)
	p.must("export", "-o", dir+"/c1.tar", "c1")
	names, err := exec.Command("tar", "-tf", dir+"/c1.tar").Output()
	if err != nil || !strings.Contains(string(names), "\nd/y\n") || strings.Contains(string(names), "README") {
		t.Errorf("exported (%v):\n%s", err, names)
	}
	p.must("import", "-m", "flat", "-c", "CMD cat /new", dir+"/c1.tar", "flat:1")
	if got := p.must("run", "--rm", "--network", "none", "flat:1"); got != "hi\n" {
		t.Errorf("the imported image says %q", got)
	}
	p.must("rm", "c1")
}

// With SOURCE_DATE_EPOCH two containers that did the same give the same image.
func TestCommitAgain(t *testing.T) {
	p := newPlace(t)
	t.Setenv("SOURCE_DATE_EPOCH", "1000000000")
	var ids []string
	for _, name := range []string{"c1", "c2"} {
		p.must("run", "--name", name, "--network", "none", "box", "sh", "-c", "mkdir /d; echo x >/d/y; rm /README")
		ids = append(ids, p.must("commit", name))
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	if other := p.must("commit", "c1"); ids[0] != ids[1] || other == ids[0] {
		t.Errorf("want twice the same image, and another one without the date: %q, %q", ids, other)
	}
	p.must("rm", "c1", "c2")
}

// The real Docker reads what save writes, we read what it writes, and the image's id is the same everywhere.
func TestDockerReadsOurs(t *testing.T) {
	testkit.Need(t, testkit.Binary("dockerd"), testkit.Binary("docker"))
	p, dir := newPlace(t), t.TempDir()
	changed(p)
	id := strings.TrimSpace(p.must("commit", "c1", "app:1"))
	p.must("save", "-o", dir+"/ours.tar", "app:1")
	script := `
		mount -t tmpfs tmpfs /run; mount -t proc proc /proc; cd ` + dir + `; export DOCKER_HOST=unix://$PWD/sock; echo {} >daemon.json
		dockerd --config-file daemon.json --data-root $PWD/data --exec-root $PWD/exec --pidfile $PWD/pid -H $DOCKER_HOST \
			--iptables=false --ip6tables=false --bridge=none >log 2>&1 &
		for i in $(seq 200); do docker info >/dev/null 2>&1 && break; sleep 0.1; done
		docker load -q -i ours.tar; docker image inspect -f '{{.Id}}' app:1; docker save -o theirs.tar app:1`
	out, err := exec.Command("unshare", "-pmn", "--fork", "--kill-child", "sh", "-ec", script).CombinedOutput()
	if err != nil || !strings.Contains(string(out), id) {
		log, _ := os.ReadFile(dir + "/log")
		t.Fatalf("docker load: %v: %s%s", err, out, log)
	}
	p.must("rm", "c1")
	p.must("rmi", "app:1")
	if got := p.must("load", "-i", dir+"/theirs.tar"); got != "Loaded image: app:1\n" {
		t.Errorf("load said %q", got)
	}
	if got := p.must("image", "inspect", "-f", "{{.Id}}", "app:1"); strings.TrimSpace(got) != id {
		t.Errorf("the id was %s and is %s", id, got)
	}
	p.must("rmi", "app:1")
}
