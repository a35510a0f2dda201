// This file is the ground of the tests: a server in the test's own network namespace, its books on disk, and clients of Go's own.
package dns

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glassbox/engine/shim/wire"
	"glassbox/internal/testkit"
	"glassbox/kernel/nft"
)

// The fuzzer's workers share files in the temporary directory, which a sandbox would hide from them; and it needs none.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.fuzz"); f.Value.String() != "" {
		os.Exit(m.Run())
	}
	os.Exit(testkit.Sandbox(m))
}

// ground is a state directory with one container that is served.
type ground struct {
	state, dir string
	t          testing.TB
}

func newGround(t testing.TB, view string) *ground {
	t.Helper()
	testkit.Need(t, testkit.Root())
	state := t.TempDir()
	g := &ground{state: state, dir: filepath.Join(state, "containers", "c0"), t: t}
	view = strings.Replace(view, "{", fmt.Sprintf(`{"Port":%d,`, listenPort), 1)
	g.write(filepath.Join(g.dir, viewFile), view)
	return g
}

func (g *ground) write(path, content string) {
	g.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		g.t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		g.t.Fatal(err)
	}
}

// listenPort is where the server listens; clients ask at port 53.
const listenPort = 20053

// enter writes one container into the book of a network.
func (g *ground) enter(network, container, entry string) {
	g.write(filepath.Join(g.state, namesDir, network, container), entry)
}

// serve starts the server in the namespace of a process; 0 is the test's own.
func (g *ground) serve() {
	g.t.Helper()
	g.serveIn("/proc/self/ns/net")
}

func (g *ground) serveIn(netns string) {
	g.t.Helper()
	s, err := Serve(netns, g.dir)
	if err == nil {
		g.t.Cleanup(s.Close)
		err = nft.RedirectNames{Netns: netns, Address: wire.NameServer, Port: listenPort}.Do()
	}
	if err != nil {
		g.t.Fatal(err)
	}
}

// resolver asks our server over the network given: "udp" or "tcp".
func resolver(network string) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, wire.NameServer+":53")
	}}
}

func lookUp(t testing.TB, network, name string) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	found, err := resolver(network).LookupHost(ctx, name+".")
	if err != nil && !isNotFound(err) {
		t.Errorf("%s: %v", name, err)
	}
	return found
}

func isNotFound(err error) bool {
	e, ok := err.(*net.DNSError)
	return ok && e.IsNotFound
}
