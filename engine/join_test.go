// These tests let a container use what is not its own: another one's network, and directories of the host that are not there yet.
package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/kernel/look"
)

func TestJoinsTheNetworkOfAnother(t *testing.T) {
	e := newEngine(t)
	first := quiet("sleep", "1000")
	first.Name, first.Network = "first", Network{}
	start(t, e, first)
	owner, err := e.Inspect(t.Context(), "first")
	if err != nil {
		t.Fatal(err)
	}
	show := []string{"sh", "-c", "readlink /proc/self/ns/net; ip -o addr show eth0; hostname; cat /etc/hosts"}
	own := quiet(show...)
	joining := quiet(show...)
	joining.Network.Mode = "container:first"
	got := mustRun(t, e, joining, "")
	namespace, err := os.Readlink(look.NamespacePath(owner.State.Pid, "net"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{namespace, owner.NetworkSettings.IPAddress + "/", owner.ID[:12] + "\n", owner.NetworkSettings.IPAddress + "\t" + owner.ID[:12]} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is missing in %q", want, got.stdout)
		}
	}
	if alone := mustRun(t, e, own, ""); strings.Contains(alone.stdout, namespace) {
		t.Errorf("a container that joins nobody is in the same namespace: %q", alone.stdout)
	}
	// A third one, by way of the second, and by the beginning of an id.
	second := quiet("sleep", "1000")
	second.Name, second.Network.Mode = "second", "container:"+owner.ID[:10]
	start(t, e, second)
	joining.Network.Mode = "container:second"
	if third := mustRun(t, e, joining, ""); third.stdout != got.stdout {
		t.Errorf("by way of another: %q, want %q", third.stdout, got.stdout)
	}
}

func TestNetworksThatCanNotBeJoined(t *testing.T) {
	e := newEngine(t)
	ended := quiet("true")
	ended.Name = "ended"
	mustRun(t, e, ended, "")
	for _, c := range []struct {
		network Network
		host    string
		want    string
	}{
		{Network{Mode: "container:nobody"}, "", "no such container: nobody"},
		{Network{Mode: "container:"}, "", "container:NAME"},
		{Network{Mode: "container:ended"}, "", "cannot join network of a non running container: ended: glassbox start ended"},
		{Network{Mode: "container:ended", Ports: []Port{{Container: 80}}}, "",
			"conflicting options: port publishing and the container type network mode"},
		{Network{Mode: "container:ended"}, "mine", "conflicting options: hostname and the network mode"},
		{Network{Mode: "container:ended", DNS: []string{"1.1.1.1"}}, "", "conflicting options: dns and the network mode"},
	} {
		r := quiet("true")
		r.AutoRemove, r.Network, r.Hostname = true, c.network, c.host
		if _, err := run(t, e, r, ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.network, err, c.want)
		}
	}
	if list, err := e.List(t.Context(), ListRequest{All: true}); err != nil || len(list) != 1 {
		t.Errorf("left behind: %v, %v", list, err)
	}
}

func TestMakesMissingHostDirectories(t *testing.T) {
	e := newEngine(t)
	dir := filepath.Join(t.TempDir(), "deep", "down")
	r := quiet("sh", "-c", "echo kept > /data/file")
	r.AutoRemove, r.Mounts = true, []Mount{{Type: MountBind, Source: dir, Target: "/data", Bind: BindOptions{Create: true}}}
	count := func() (told int) {
		plan, err := e.Plan(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range plan {
			if s.Title == "Make the missing host directories" {
				told++
			}
		}
		return told
	}
	if n := count(); n != 1 || exists(dir) {
		t.Errorf("planned %d times; is it there already? %v", n, exists(dir))
	}
	mustRun(t, e, r, "")
	if text, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(text) != "kept\n" {
		t.Errorf("read %q, %v", text, err)
	}
	if n := count(); n != 0 {
		t.Errorf("the directory is there, and to be made %d times", n)
	}
	// A file is in the way: the remedy is the user's.
	r.Mounts[0].Source = filepath.Join(dir, "file", "below")
	if _, err := run(t, e, r, ""); err == nil || !strings.Contains(err.Error(), "does not exist on the host: make it first") {
		t.Errorf("below a file: %v", err)
	}
}
