// This file builds worlds for the tests. Each test is alone in a network namespace that plays the host: no test can see or
// change the network of the machine.
package network

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

const apart = "GLASSBOX_TEST_APART"

// TestMain starts the tests again in mount and network namespaces of their own: what a killed test leaves goes with them.
func TestMain(m *testing.M) {
	if os.Getenv(apart) != "" {
		os.Exit(m.Run())
	}
	unshare, err := exec.LookPath("unshare")
	if err == nil {
		args := append([]string{"unshare", "--mount", "--net", "/proc/self/exe"}, os.Args[1:]...)
		self, selfErr := os.Executable()
		if selfErr == nil {
			args[3] = self
		}
		err = syscall.Exec(unshare, args, append(os.Environ(), apart+"=1"))
	}
	println("these tests need root and unshare:", err.Error())
	os.Exit(1)
}

// freshHost gives the test a host: a thread, never given back, in a new network namespace.
func freshHost(t testing.TB) {
	t.Helper()
	t.TempDir() // made before anything is mounted in it, so removed after all of that is undone
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
	// A new namespace forwards if the machine's first one does.
	run(t, "ip link set lo up; echo 0 > /proc/sys/net/ipv4/ip_forward")
}

// run does a shell line on the host and returns what it printed.
func run(t testing.TB, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-e", "-c", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

// works says whether a shell line succeeds in the namespace of the file netns; empty means the host.
func works(netns, line string) bool {
	words := []string{"sh", "-c", line}
	if netns != "" {
		words = append([]string{"nsenter", "--net=" + netns}, words...)
	}
	return exec.Command(words[0], words[1:]...).Run() == nil
}

func do(t testing.TB, r *explain.Runner, steps []explain.Step) {
	t.Helper()
	if err := r.Run(steps...); err != nil {
		t.Fatal(err)
	}
}

// outside is the rest of the world: a namespace at 203.0.113.1, one cable away from the host at 203.0.113.2. It has no route
// to any container.
func outside(t testing.TB) (netns string) {
	t.Helper()
	netns = filepath.Join(t.TempDir(), "outside")
	do(t, runner(t), []explain.Step{explain.Say("", "", "", kernel.NetnsCreate{Path: netns})})
	run(t, "ip link add uplink type veth peer name eth0 netns "+netns+`
		ip address add 203.0.113.2/24 dev uplink
		ip link set uplink up
		nsenter --net=`+netns+` sh -e -c 'ip link set lo up; ip link set eth0 up; ip address add 203.0.113.1/24 dev eth0'`)
	return netns
}

// runner is a runner whose work is undone when the test ends.
func runner(t testing.TB) *explain.Runner {
	r := &explain.Runner{}
	t.Cleanup(func() {
		if err := r.Rollback(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// testNetwork is the predefined bridge with its addresses.
func testNetwork(subnets ...string) Network {
	n := Predefined()[0]
	for _, s := range append([]string{"10.44.0.0/16"}, subnets...) {
		p := netip.MustParsePrefix(s)
		n.Subnets = append(n.Subnets, Subnet{Prefix: p, Gateway: firstAddress(p)})
	}
	return n
}

// userNetwork is one that a user made, of the options that w gives.
func userNetwork(t testing.TB, n Network, w Wanted) Network {
	t.Helper()
	n, err := New(n, w, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Look(n)
	if err == nil {
		n, err = Fit(n, h)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sandbox describes the container with the given id and address on the predefined bridge.
func sandbox(t testing.TB, id, address string, ports ...Port) Sandbox {
	return sandboxOn(t, testNetwork(), id, address, ports...)
}

func sandboxOn(t testing.TB, n Network, id, address string, ports ...Port) Sandbox {
	return sandboxAt(filepath.Join(t.TempDir(), id), n, id, address, ports...)
}

// sandboxAt takes addresses separated by blanks.
func sandboxAt(netns string, n Network, id, addresses string, ports ...Port) Sandbox {
	e := Endpoint{Network: n}.Place(id, 0)
	for a := range strings.FieldsSeq(addresses) {
		e.Addresses = append(e.Addresses, netip.MustParseAddr(a))
	}
	e.MAC = MACOf(e.Addresses[0])
	return Sandbox{ID: id, Mode: ModeBridge, Netns: netns, Endpoints: []Endpoint{e}, Ports: ports}
}

const testNote = "glassbox test"

// attachPlan makes the network of a container.
func attachPlan(s Sandbox) []explain.Step { return append(NamespacePlan(s), LinksPlan(s)...) }

// wholePlan is that of a container whose networks may not be there yet.
func wholePlan(t testing.TB, s Sandbox) []explain.Step {
	t.Helper()
	var plan []explain.Step
	for _, e := range s.Endpoints {
		h, err := Look(e.Network)
		if err != nil {
			t.Fatal(err)
		}
		plan = append(plan, BuildPlan(e.Network, h, testNote)...)
	}
	return append(plan, attachPlan(s)...)
}

// fullPlan is that of a container on a host that has nothing yet.
func fullPlan(s Sandbox) []explain.Step {
	return append(BuildPlan(s.Endpoints[0].Network, Host{}, testNote), attachPlan(s)...)
}

// attach looks at the host and connects s.
func attach(t testing.TB, r *explain.Runner, s Sandbox) {
	t.Helper()
	do(t, r, wholePlan(t, s))
}

// serve runs a web server at port 80 of the namespace; it answers with the name.
func serve(t testing.TB, netns, name string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "name"), []byte(name), 0o644); err != nil {
		t.Fatal(err)
	}
	server := exec.Command("nsenter", "--net="+netns, "busybox", "httpd", "-f", "-p", "80", "-h", dir)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	if !works(netns, "for i in $(seq 100); do timeout 1 busybox wget -q -O /dev/null http://127.0.0.1/name && exit 0; sleep 0.02; done; exit 1") {
		t.Fatalf("no web server came up in %s", netns)
	}
}

// fetch asks for the server's name from netns; it is empty when nobody answers in a second.
func fetch(netns, hostPort string) string {
	words := []string{"timeout", "1", "busybox", "wget", "-q", "-O", "-", "http://" + hostPort + "/name"}
	if netns != "" {
		words = append([]string{"nsenter", "--net=" + netns}, words...)
	}
	out, _ := exec.Command(words[0], words[1:]...).Output()
	return strings.TrimSpace(string(out))
}
