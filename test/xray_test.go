// This file looks through containers and other isolated processes: each flag has its sentence, and nothing but its sentence.
package test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// seen is what the test reads of a report.
type seen struct {
	Process     struct{ PID int }
	StartedBy   struct{ By, ID string } `json:"started_by"`
	Namespaces  []struct{ Type, Whose string }
	Unread      []string
	NotIsolated []struct{ Name, Text string } `json:"not_isolated"`
	Network     struct {
		Links     []struct{ Name, Peer, Bridge string }
		Rules     []struct{ Text string }
		Listening []struct{ Address string }
	}
}

func (s seen) names() []string {
	var names []string
	for _, f := range s.NotIsolated {
		names = append(names, f.Name)
	}
	return names
}

func (p place) xray(who string) (s seen) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.must("xray", "--json", who)), &s); err != nil {
		p.t.Fatal(err)
	}
	return s
}

// xrayOf looks through a container that is run with these flags.
func (p place) xrayOf(flags ...string) seen {
	p.t.Helper()
	if !slices.Contains(flags, "--network") {
		flags = append(flags, "--network", "none")
	}
	id := strings.TrimSpace(p.must(slices.Concat([]string{"run", "-d"}, flags, []string{"box", "sleep", "1000"})...))
	defer p.must("rm", "-f", id)
	return p.xray(id)
}

func TestXrayFlags(t *testing.T) {
	p := newPlace(t)
	dir := t.TempDir()
	socket := filepath.Join(dir, "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	usual := p.xrayOf().names()
	for _, c := range []struct {
		flags        string
		adds, spares string // names of sentences
	}{
		{"", "", ""},
		{"--network host", "host-network", ""},
		{"--pid host", "host-pid", ""},
		{"--ipc host", "host-ipc", ""},
		{"--uts host", "host-name", ""},
		{"--cgroupns host", "host-cgroups", ""},
		{"--privileged", "capabilities cgroups-writable devices seccomp system-files", ""},
		{"--cap-add NET_ADMIN", "capabilities", ""},
		{"--cap-drop ALL", "", ""},
		{"--security-opt seccomp=unconfined", "seccomp", ""},
		{"--security-opt systempaths=unconfined", "system-files", ""},
		{"--security-opt no-new-privileges", "", "no-new-privileges"},
		{"-v " + socket + ":/var/run/docker.sock", "engine-socket", ""},
		{"-v /etc:/outside", "host-root", ""},
		{"-v " + dir + ":/data", "host-directories", ""},
		{"-v " + dir + ":/data:ro", "host-directories-read", ""},
		{"-v " + dir + ":/data:rslave", "host-directories propagation", ""},
		{"--read-only", "", "root-writable"},
		{"-m 64m", "", "memory"},
		{"--pids-limit 20", "", "processes"},
		{"--cpus 1", "", "processors"},
	} {
		t.Run(c.flags, func(t *testing.T) {
			if strings.Contains(c.flags, "rslave") {
				share(t, dir)
			}
			p := p
			p.t = t
			got := p.xrayOf(strings.Fields(c.flags)...).names()
			want := slices.DeleteFunc(append(strings.Fields(c.adds), usual...), func(name string) bool { return slices.Contains(strings.Fields(c.spares), name) })
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("not isolated: %v\nwant:         %v", got, want)
			}
		})
	}
}

// share makes a directory a mount whose mounts spread.
func share(t *testing.T, dir string) {
	t.Helper()
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := unix.Mount("", dir, "", unix.MS_SHARED, ""); err != nil {
		t.Fatal(err)
	}
}

func TestXrayFindsTheBridge(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--name", "web", "-p", "18080:80", "box", "httpd", "-f", "-p", "80")
	defer p.must("rm", "-f", "web")
	s := p.xray("web")
	for begin := time.Now(); len(s.Network.Listening) == 0 && time.Since(begin) < 5*time.Second; s = p.xray("web") {
		time.Sleep(10 * time.Millisecond)
	}
	if len(s.Network.Listening) != 1 || !strings.HasSuffix(s.Network.Listening[0].Address, ":80") {
		t.Errorf("its open ports: %+v", s.Network.Listening)
	}
	if id := strings.TrimSpace(p.must("inspect", "-f", "{{.Id}}", "web")); s.StartedBy.By != "glassbox" || s.StartedBy.ID != id {
		t.Errorf("started by %+v, not by glassbox as %s", s.StartedBy, id)
	}
	if last := s.Network.Links[len(s.Network.Links)-1]; last.Name != "eth0" || last.Peer == "" || last.Bridge != "glassbox0" {
		t.Errorf("its devices: %+v", s.Network.Links)
	}
	address := strings.TrimSpace(p.must("inspect", "-f", "{{.NetworkSettings.IPAddress}}", "web"))
	named := false
	for _, rule := range s.Network.Rules {
		named = named || strings.Contains(rule.Text, "18080") && strings.Contains(rule.Text, address)
	}
	if !named {
		t.Errorf("no rule leads port 18080 to %s: %+v", address, s.Network.Rules)
	}
	text := p.must("xray", "web")
	for _, want := range []string{"a port of glassbox0", "Not isolated, the heaviest first:", "upper  ", "memory used"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// Two containers in one network.
func TestXrayFindsCompanions(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--name", "first", "--network", "none", "box", "sleep", "1000")
	defer p.must("rm", "-f", "first")
	if names := p.xray("first").names(); slices.Contains(names, "other-containers") {
		t.Errorf("alone, and not isolated: %v", names)
	}
	if names := p.xrayOf("--network", "container:first").names(); !slices.Contains(names, "other-containers") {
		t.Errorf("in another's network, and not isolated: %v", names)
	}
}

// What nobody isolated, and what others did.
func TestXrayOfOthers(t *testing.T) {
	p := newPlace(t)
	for _, c := range []struct {
		by      string
		command string // ends with a process that waits
		own     string // namespaces
		spares  string // sentences that must not be said
	}{
		{"unknown", "sleep 1000", "", "root-writable"},
		{"unknown", "unshare --net sleep 1000", "net", "host-network"},
		{"unshare", "unshare --pid --fork --kill-child --uts sleep 1000", "pid uts", "host-pid host-name"},
		{"unshare", "unshare --user --map-root-user --fork --kill-child sleep 1000", "user", "host-users capabilities devices"},
		{"bubblewrap", "bwrap --ro-bind / / --proc /proc --dev /dev --unshare-all --die-with-parent sleep 1000",
			"mnt pid net uts ipc user", "host-root host-mounts root-writable host-users"},
	} {
		t.Run(c.command, func(t *testing.T) {
			words := strings.Fields(c.command)
			testkit.Need(t, testkit.Binary(words[0]))
			s := place{t, p.glassbox, p.oci, p.root, p.state}.xray(strconv.Itoa(startSleep(t, words)))
			var own []string
			for _, ns := range s.Namespaces {
				if ns.Whose == "own" {
					own = append(own, ns.Type)
				}
			}
			for _, typ := range strings.Fields(c.own) {
				if !slices.Contains(own, typ) {
					t.Errorf("its %s namespace is not told as its own: %v", typ, own)
				}
			}
			if by := s.StartedBy.By; by != c.by && (c.by != "unknown" || by != "systemd") || c.own == "" && len(own) > 0 {
				t.Errorf("started by %+v with namespaces %v", s.StartedBy, own)
			}
			for _, name := range s.names() {
				if slices.Contains(strings.Fields(c.spares), name) {
					t.Errorf("%s is said: %v", name, s.NotIsolated)
				}
			}
		})
	}
}

// startSleep starts a command and returns the pid of the program sleep that it ends in.
func startSleep(t *testing.T, words []string) (pid int) {
	t.Helper()
	c := exec.Command(words[0], words[1:]...)
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); pid == 0 && time.Since(begin) < 5*time.Second; pid = sleepBelow(t, c.Process.Pid) {
		time.Sleep(10 * time.Millisecond)
	}
	t.Cleanup(func() {
		for _, end := range []int{pid, c.Process.Pid} {
			if err := unix.Kill(end, unix.SIGKILL); err != nil && err != unix.ESRCH {
				t.Error(err)
			}
		}
		if err := c.Wait(); err == nil {
			t.Errorf("%v ended by itself", words)
		}
	})
	return pid
}

// sleepBelow finds the process that has become sleep: this one, or one that descends from it.
func sleepBelow(t *testing.T, top int) int {
	pids, err := testkit.Descendants(top)
	if err != nil {
		t.Fatal(err)
	}
	for _, pid := range append(pids, top) {
		if name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm"); err == nil && string(name) == "sleep\n" {
			return pid
		}
	}
	return 0
}

// Who is not root sees what may be seen, and is told the rest.
func TestXrayWithoutRights(t *testing.T) {
	p := newPlace(t)
	testkit.Need(t, testkit.Binary("setpriv"))
	other := startSleep(t, []string{"unshare", "--net", "sleep", "1000"})
	program := filepath.Join(t.TempDir(), "glassbox")
	text, err := os.ReadFile(p.glassbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(program); dir != "/" && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Command("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", program, "xray", "--json", strconv.Itoa(other)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var s seen
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !slices.ContainsFunc(s.Unread, func(text string) bool { return strings.Contains(text, "namespaces") }) {
		t.Errorf("that the namespaces are closed is not told: %v", s.Unread)
	}
	if names := s.names(); slices.Contains(names, "host-network") || !slices.Contains(names, "capabilities") {
		t.Errorf("not isolated: %v", names)
	}
}

func TestXrayOfNobody(t *testing.T) {
	p := newPlace(t)
	if r := p.run("xray", "nosuch"); r.code == 0 || !strings.Contains(r.stderr, "nosuch") {
		t.Error(r)
	}
}
