// This file lets pulls go wrong: killed in the middle of a blob, the registry gone, the disk full, a blob falsified where it lies.
// The store stays whole, the error says what happened, and the next pull goes on.
package test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sys/unix"
)

// pushRandom puts an image of random layers into a registry and returns its largest blob.
func pushRandom(t *testing.T, ref string, size, layers int64) v1.Hash {
	t.Helper()
	img, err := random.Image(size, layers)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(ref)
	if err == nil {
		err = remote.Write(tag, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	list, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	digest, err := list[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// wire is a slow line to a registry.
type wire struct {
	addr string
	slow atomic.Bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	w := &wire{addr: l.Addr().String()}
	w.slow.Store(true)
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return // the end of the test
			}
			go w.carry(from, to)
		}
	}()
	return w
}

func (w *wire) carry(from net.Conn, to string) {
	defer from.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return // as the registry, so the wire
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, from) // ends when either side does
	}()
	piece := make([]byte, 64<<10)
	for {
		n, err := server.Read(piece)
		if _, writeErr := from.Write(piece[:n]); err != nil || writeErr != nil {
			return
		}
		if w.slow.Load() {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// untilPart waits until that many bytes of a blob have come.
func (p place) untilPart(blob v1.Hash, size int64) {
	p.t.Helper()
	for range 500 {
		if info, err := os.Stat(filepath.Join(p.root, "partial", blob.Hex)); err == nil && info.Size() >= size {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	p.t.Fatal("the pull does not come to its blob")
}

// A pull that ends in the middle leaves no half image, and the next one goes on. Only who is killed can not say so.
func TestPullIsEnded(t *testing.T) {
	for _, c := range []struct {
		signal unix.Signal
		code   int
		says   string
	}{{unix.SIGKILL, -1, ""}, {unix.SIGINT, 130, "goes on from there"}} {
		t.Run(c.signal.String(), func(t *testing.T) {
			p, s := newPlace(t), newServer(t, "", "")
			blob := pushRandom(t, s.host+"/app:1", 20<<20, 1)
			line := newWire(t, s.host)
			ref := line.addr + "/app:1"
			cmd := p.command("pull", ref)
			done := make(chan result)
			go func() { done <- p.finish(cmd, []string{"pull", ref}) }()
			p.untilPart(blob, 1<<20)
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if r := <-done; r.code != c.code || strings.Count(r.stderr, "\n") != min(len(c.says), 1) || !strings.Contains(r.stderr, c.says) {
				t.Errorf("%v: %s", c.signal, r)
			}
			if out := p.must("images"); strings.Contains(out, "app") {
				t.Errorf("half an image has a name: %s", out)
			}
			if r := p.run("audit"); r.code != 1 || !strings.Contains(r.stdout, "glassbox image prune") {
				t.Errorf("audit does not see what is left: %s", r)
			}
			line.slow.Store(false)
			lacks(t, p.must("pull", ref), "Downloaded newer image")
			lacks(t, s.logged(), "http.response.status=206")
			lacks(t, p.must("audit"), "nothing is left behind")
		})
	}
}

func TestRegistryStops(t *testing.T) {
	p, s := newPlace(t), newServer(t, "", "")
	blob := pushRandom(t, s.host+"/app:1", 20<<20, 1)
	line := newWire(t, s.host)
	ref := line.addr + "/app:1"
	done := make(chan result)
	go func() { done <- p.run("pull", ref) }()
	p.untilPart(blob, 1<<20)
	s.stop()
	if r := <-done; r.code != 1 || !strings.Contains(r.stderr, "the next pull goes on from there") {
		t.Errorf("%s", r)
	}
	s.start()
	line.slow.Store(false)
	lacks(t, p.must("pull", ref), "Downloaded newer image")
	lacks(t, p.must("audit"), "nothing is left behind")
}

func TestPullOnFullDisk(t *testing.T) {
	p, s := newPlace(t), newServer(t, "", "")
	pushRandom(t, s.host+"/app:1", 8<<20, 1)
	p.root = filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(p.root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", p.root, "tmpfs", 0, "size=12m"); err != nil { // room for the blob, and none to unpack it
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Unmount(p.root, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	p.must("images")
	for _, size := range []string{"size=12m", "size=6m"} {
		if err := unix.Mount("", p.root, "", unix.MS_REMOUNT, size); err != nil {
			t.Fatal(err)
		}
		r := p.run("pull", s.host+"/app:1")
		if r.code != 1 || !strings.Contains(r.stderr, "no space left on device") {
			t.Errorf("%s: %s", size, r)
		}
		lacks(t, p.must("audit"), "nothing is left behind")
		if out := p.must("images", "-q", "--no-trunc"); strings.Count(out, "\n") != 1 {
			t.Errorf("more than box is left: %s", out)
		}
	}
}

func TestRegistryIsFalsified(t *testing.T) {
	p, s := newPlace(t), newServer(t, "", "")
	blob := pushRandom(t, s.host+"/app:1", 1<<20, 2)
	path := filepath.Join(s.dir, "docker/registry/v2/blobs/sha256", blob.Hex[:2], blob.Hex, "data")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	r := p.run("pull", s.host+"/app:1")
	if r.code != 1 || !strings.Contains(r.stderr, blob.String()) || !strings.Contains(r.stderr, "damaged") {
		t.Errorf("%s", r)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	p.must("pull", s.host+"/app:1")
	lacks(t, p.must("audit"), "nothing is left behind")
}
