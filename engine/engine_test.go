// This file sets the stage for the tests of this package: real containers, in a sandbox of namespaces, each test with an engine
// of its own. The test program plays `glassbox release`, too, when a shim calls it.
package engine

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
	"glassbox/storage/archive/codec"
)

// asGlassbox is the first argument of the test program when it stands in for glassbox: ROOT, STATE, and the command follow.
const asGlassbox = "as-glassbox"

func TestMain(m *testing.M) {
	if len(os.Args) > 5 && os.Args[1] == asGlassbox {
		if err := glassbox(os.Args[2], os.Args[3], os.Args[4], os.Args[5:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(testkit.Sandbox(m))
}

// glassbox knows three commands: "release ID", "run PROGRAM COMMAND…", where PROGRAM is glassbox-oci, and "die PROGRAM STEP WHO",
// which runs a container and is killed right after a step: see dieAfter.
func glassbox(root, state, command string, args []string) error {
	e := &Engine{Root: root, State: state, Runtime: args[0], Codecs: codec.All(), Self: []string{os.Args[0], asGlassbox, root, state}}
	if command == "release" {
		return e.Release(context.Background(), args[0])
	}
	request := RunRequest{Request: quiet(args[1:]...), Streams: Streams{Stdout: os.Stdout, Stderr: os.Stderr}}
	request.AutoRemove, request.Name = true, "foreground"
	if command == "die" {
		listener, err := e.dieAfter(args[1], args[2])
		if err != nil {
			return err
		}
		request.Request, request.Listener = publishing(), listener
	}
	_, err := e.Run(context.Background(), request)
	return err
}

// newEngine gives a test an engine with empty directories. At the end nothing may be left of its containers.
func newEngine(t testing.TB) *Engine {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Root: t.TempDir(), State: t.TempDir(), Runtime: testkit.Program(t, "glassbox-oci"), Codecs: codec.All()}
	e.Self = []string{self, asGlassbox, e.Root, e.State}
	t.Cleanup(func() { e.removeAll(t) })
	return e
}

func (e *Engine) removeAll(t testing.TB) {
	list, err := e.List(context.Background(), ListRequest{All: true})
	if err != nil {
		t.Error(err)
	}
	for _, c := range list {
		if err := e.Remove(context.Background(), c.ID, RemoveRequest{Force: true, Volumes: true}); err != nil {
			t.Errorf("remove %s: %v", c.Names[0], err)
		}
	}
}

// quiet is a request without a network, which most tests do not need.
func quiet(command ...string) Request {
	return Request{Image: "box", Command: command, Network: Network{Mode: "none"}}
}

// outcome is what a foreground run gave.
type outcome struct {
	Result
	stdout, stderr string
}

func run(t testing.TB, e *Engine, r Request, stdin string) (outcome, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	request := RunRequest{Request: r, Streams: Streams{Stdout: &stdout, Stderr: &stderr}}
	if stdin != "" {
		request.OpenStdin, request.Streams.Stdin = true, strings.NewReader(stdin)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	result, err := e.Run(ctx, request)
	return outcome{result, stdout.String(), stderr.String()}, err
}

func mustRun(t testing.TB, e *Engine, r Request, stdin string) outcome {
	t.Helper()
	out, err := run(t, e, r, stdin)
	if err != nil {
		t.Fatalf("run %q: %v", r.Command, err)
	}
	return out
}

// start runs a container in the background.
func start(t testing.TB, e *Engine, r Request) string {
	t.Helper()
	result, err := e.Run(context.Background(), RunRequest{Request: r, Detach: true})
	if err != nil {
		t.Fatalf("run -d %q: %v", r.Command, err)
	}
	return result.ID
}
