// This file mounts things in every way that -v, --mount and --tmpfs know, and looks from inside what came of it.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Both syntaxes give the same mount; read-only means it, also below.
func TestMountSyntaxes(t *testing.T) {
	p, host := newPlace(t), t.TempDir()
	must(t, os.MkdirAll(filepath.Join(host, "below"), 0o755))
	must(t, unix.Mount("tmpfs", filepath.Join(host, "below"), "tmpfs", 0, "size=64k"))
	t.Cleanup(func() { must(t, unix.Unmount(filepath.Join(host, "below"), unix.MNT_DETACH)) })
	const write = "touch /d/x 2> /dev/null && echo wrote; touch /d/below/x 2> /dev/null && echo below; true"
	const seen = `awk '$5 == "/d" { print $4, $6, $9, $10 }' /proc/self/mountinfo`
	for _, c := range []struct{ short, long, program, want string }{
		{"-v vol:/d", "--mount type=volume,source=vol,target=/d", seen, ""},
		{"-v vol:/d:ro", "--mount src=vol,dst=/d,ro", seen, ""},
		{"-v " + host + ":/d", "--mount type=bind,src=" + host + ",destination=/d,consistency=cached", seen, ""},
		{"-v " + host + ":/d:ro", "--mount type=bind,src=" + host + ",dst=/d,readonly", write, ""},
		{"-v " + host + ":/d", "--mount type=bind,src=" + host + ",dst=/d,bind-recursive=enabled", write, "wrote\nbelow\n"},
		{"", "--mount type=bind,src=" + host + ",dst=/d,ro,bind-recursive=writable", write, "below\n"},
		{"", "--mount type=bind,src=" + host + ",dst=/d,bind-recursive=disabled", "grep -c ' /d/below ' /proc/self/mountinfo; true", "0\n"},
		{"", "--mount type=bind,src=" + host + ",dst=/d", "grep -c ' /d/below ' /proc/self/mountinfo", "1\n"},
		{"--tmpfs /d:size=64k,mode=700", "--mount type=tmpfs,dst=/d,tmpfs-size=64k,tmpfs-mode=700", "stat -c %a /d; df -k /d | awk 'END { print $2 }'", "700\n64\n"},
	} {
		want := c.want
		if c.short != "" {
			if got := p.mustSh(c.short, c.program); want == "" {
				want = got
			} else if got != want {
				t.Errorf("%s: %q, want %q", c.short, got, want)
			}
		}
		if got := p.mustSh(c.long, c.program); got != want {
			t.Errorf("%s: %q, want %q", c.long, got, want)
		}
	}
}

func TestMountRefusals(t *testing.T) {
	p, host := newPlace(t), t.TempDir()
	for _, c := range []struct{ flags, want string }{
		{"--mount type=bind,src=" + host + "/missing,dst=/d", `invalid mount config for type "bind": bind source path does not exist: ` + host + "/missing"},
		{"--mount type=bind,dst=/d", "source is required with type=bind"},
		{"--mount type=volume,src=vol", "target is required"},
		{"--mount type=wat,dst=/d", `invalid mount type: "wat"`},
		{"--mount type=bind,src=/,dst=/d,wat=1", `unexpected key "wat" in "wat=1"`},
		{"--mount type=bind,src=/,dst=/d,wat", `invalid field "wat" must be a key=value pair`},
		{"--mount type=bind,src=/,dst=/d,volume-nocopy", `cannot mix 'volume-*' options with mount type "bind"`},
		{"--mount type=bind,src=/,dst=/d,ro=perhaps", "invalid value for ro:"},
		{"--mount type=volume,src=vol,dst=/d,volume-subpath=../x", "want a relative path that does not lead out"},
		{"-v vol:/d -v wol:/d", "duplicate mount point: /d"},
		{"-v no/volume:/d", `"no/volume" includes invalid characters for a local volume name`},
		{"-v vol:relative", `invalid mount path "relative"`},
		{"-v vol:/d:wat", `unknown option "wat"`},
		{"-v " + host + ":/d:nocopy", `unknown option "nocopy"`},
		{"--tmpfs /d:wat=1", `invalid tmpfs option "wat=1"`},
		{"--volumes-from nobody", "no such container: nobody"},
		{"--volumes-from nobody:rx", `invalid mode "rx"`},
		{"--mount src=vol,dst=/d,volume-driver=rex", `volume driver "rex" is not there`},
		{"--mount src=vol,dst=/d,volume-opt=size=1g", `invalid option: "size"`},
		{"--mount type=image,src=nowhere,dst=/d", `"nowhere"`},
	} {
		if r := p.sh(c.flags, "true"); r.code != 125 || !strings.Contains(r.stderr, c.want) {
			t.Errorf("want %s: %s", c.want, r)
		}
	}
	if left := p.must("volume", "ls", "-q"); left != "" {
		t.Errorf("volumes are left: %q", left)
	}
	if got := p.mustSh("-v "+host+"/missing:/d", "echo made > /d/file; cat /d/file"); got != "made\n" {
		t.Errorf("-v of what is not there: %q", got)
	}
	commas := filepath.Join(host, "a,b")
	must(t, os.Mkdir(commas, 0o755))
	if r := p.run("run", "--rm", "--network", "none", "--mount", `type=bind,"src=`+commas+`",dst=/d`, "box", "ls", "-d", "/d"); r.stdout != "/d\n" {
		t.Errorf("a comma in quotes: %s", r)
	}
}

// A part of a volume; and a container that puts a link in its place gets nothing of the host.
func TestSubpath(t *testing.T) {
	p := newPlace(t)
	p.mustSh("-v vol:/d", "mkdir -p /d/a/b; echo deep > /d/a/b/file; ln -s / /d/out; ln -s /etc /d/absolute; ln -s a/b /d/short")
	sub := func(path string) result {
		return p.sh("--mount type=volume,src=vol,dst=/d,volume-subpath="+path, "cat /d/file /d 2> /dev/null")
	}
	for path, want := range map[string]string{"a/b": "deep\n", "short": "deep\n", "a/b/file": "deep\n"} {
		if r := sub(path); r.stdout != want {
			t.Errorf("%s: %s", path, r)
		}
	}
	for _, path := range []string{"out", "out/etc", "absolute"} {
		if r := sub(path); r.code != 125 || !strings.Contains(r.stderr, "leads out of it") {
			t.Errorf("%s: %s", path, r)
		}
	}
	if r := sub("missing"); r.code != 125 || !strings.Contains(r.stderr, "no such file or directory") {
		t.Errorf("missing: %s", r)
	}
}

func TestImageMount(t *testing.T) {
	p := newPlace(t)
	p.addDataImage(t)
	for flags, want := range map[string]string{
		"--mount type=image,src=data,dst=/i":                         "older\nread-only\n", // two layers
		"--mount type=image,src=data,dst=/i/data,image-subpath=data": "older\nread-only\n",
		"--mount type=image,src=box,dst=/i":                          "read-only\n", // one
	} {
		if got := p.mustSh(flags, "cat /i/data/first 2> /dev/null; touch /i/data/x /i/x 2> /dev/null || echo read-only"); got != want {
			t.Errorf("%s: %q, want %q", flags, got, want)
		}
	}
}

// inspect says of mounts what Docker does.
func TestMountsAreInspected(t *testing.T) {
	p, host := newPlace(t), t.TempDir()
	p.must("create", "--name", "con", "-v", "vol:/v", "-v", host+":/b:ro", "--tmpfs", "/t:size=1m", "--mount", "type=tmpfs,dst=/m", "box")
	got := p.must("inspect", "-f", `{{range .Mounts}}{{.Type}} {{.Name}} {{.Source}} {{.Destination}} {{.Driver}} {{.Mode}} {{.RW}} {{.Propagation}};{{end}} {{json .HostConfig.Binds}} {{json .HostConfig.Tmpfs}}`, "con")
	want := "volume vol " + p.root + "/volumes/vol/_data /v local z true ;bind  " + host + " /b  ro false rprivate;tmpfs   /m   true ;" +
		` ["vol:/v","` + host + `:/b:ro"] {"/t":"size=1m"}` + "\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
