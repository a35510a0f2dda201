// These tests pull from a registry in this process, whose answers can be cut short and falsified.
package storage

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	peer "github.com/google/go-containerregistry/pkg/registry"

	"glassbox/explain"
	"glassbox/storage/registry/client"
)

// faultyRegistry is a registry that counts what it is asked for, and may do wrong with a blob.
type faultyRegistry struct {
	http.Handler
	mu    sync.Mutex
	asked map[string]int // how often for each blob
	spoil func(w http.ResponseWriter, r *http.Request, body []byte) bool
}

func (f *faultyRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/sha256:") {
		f.Handler.ServeHTTP(w, r)
		return
	}
	f.mu.Lock()
	f.asked[r.URL.Path[strings.LastIndex(r.URL.Path, ":")+1:]]++
	f.mu.Unlock()
	answer := httptest.NewRecorder()
	f.Handler.ServeHTTP(answer, r)
	if f.spoil != nil && f.spoil(w, r, answer.Body.Bytes()) {
		return
	}
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.Code)
	if _, err := w.Write(answer.Body.Bytes()); err != nil {
		return // the client has gone
	}
}

// serve pushes an image of a small and a large layer to a registry.
func serve(t *testing.T) (*faultyRegistry, Reference, Image) {
	t.Helper()
	f := &faultyRegistry{Handler: peer.New(peer.Logger(log.New(io.Discard, "", 0))), asked: map[string]int{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	from := newStore(t)
	noise := make([]byte, 300_000)
	random := rand.NewChaCha8([32]byte{})
	if _, err := random.Read(noise); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(server.URL, "http://") + "/app:1"
	addImage(t, from, name, []string{"a=1"}, []string{"noise=" + string(noise)})
	ref, err := ParseReference(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := from.Push(context.Background(), PushRequest{Client: client.HTTP{}, Ref: ref, Hear: func(Message) {}}); err != nil {
		t.Fatal(err)
	}
	return f, ref, mustImage(t, from, name)
}

func pullInto(s *Store, ref Reference) error {
	_, err := s.Pull(context.Background(), PullRequest{Client: client.HTTP{}, Ref: ref})
	return err
}

func TestPullBringsTheSameImage(t *testing.T) {
	_, ref, want := serve(t)
	s := newStore(t)
	if err := pullInto(s, ref); err != nil {
		t.Fatal(err)
	}
	got := mustImage(t, s, ref.String())
	if got.Digest != want.Digest || got.ID != want.ID || !got.Layers[1].Unpacked {
		t.Errorf("got %+v, want %s", got, want.Digest)
	}
	if by := mustImage(t, s, ref.Family()+"@"+want.Digest.String()); by.ID != want.ID {
		t.Errorf("by its digest it is %s", by.ID)
	}
	noGarbage(t, s)
}

func noGarbage(t *testing.T, s *Store) {
	t.Helper()
	g, err := s.Garbage(nil)
	if err != nil || !g.Empty() {
		t.Errorf("left behind: %+v (%v)", g, err)
	}
}

// Told or in silence, the same is done.
func TestPullToldIsTheSame(t *testing.T) {
	_, ref, want := serve(t)
	s := newStore(t)
	var titles []string
	l := explain.ListenerFunc(func(e explain.Event) explain.Answer {
		if e.Done {
			titles = append(titles, e.Title)
		}
		return explain.Go
	})
	if _, err := s.Pull(context.Background(), PullRequest{Client: client.HTTP{}, Ref: ref, Listener: l}); err != nil {
		t.Fatal(err)
	}
	story := strings.Join(titles, ", ")
	if story != "Keep manifest and config, Fetch layer 1 of 2, Unpack layer 1 of 2, Fetch layer 2 of 2, Unpack layer 2 of 2, Name the image" {
		t.Error(story)
	}
	if got := mustImage(t, s, ref.String()); got.Digest != want.Digest {
		t.Error(got.Digest)
	}
}

// A connection that breaks again and again costs no byte twice.
func TestPullResumes(t *testing.T) {
	f, ref, want := serve(t)
	big := want.Layers[1].Digest
	var sent int
	f.spoil = func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		if !strings.HasSuffix(r.URL.Path, big.Hex) {
			return false
		}
		from := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
		}
		whole := f.whole(r)
		part := whole[from:min(len(whole), from+100_000)]
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		n, err := w.Write(part)
		sent += n
		return n >= 0 || err != nil
	}
	s := newStore(t)
	if err := pullInto(s, ref); err != nil {
		t.Fatal(err)
	}
	if sent != int(want.Layers[1].Size) || f.asked[big.Hex] < 3 {
		t.Errorf("%d bytes sent in %d answers for a blob of %d", sent, f.asked[big.Hex], want.Layers[1].Size)
	}
	noGarbage(t, s)
}

// whole is the blob that a request asks a part of.
func (f *faultyRegistry) whole(r *http.Request) []byte {
	r = r.Clone(context.Background())
	r.Header.Del("Range")
	answer := httptest.NewRecorder()
	f.Handler.ServeHTTP(answer, r)
	return answer.Body.Bytes()
}

// A part from an earlier time that is damaged is noticed, and fetched again.
func TestPullDistrustsWhatItHas(t *testing.T) {
	_, ref, want := serve(t)
	s := newStore(t)
	if err := os.WriteFile(s.path("partial", want.Layers[1].Digest.Hex), bytes.Repeat([]byte{7}, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := pullInto(s, ref); err != nil {
		t.Fatal(err)
	}
	noGarbage(t, s)
}

func TestPullRefusesDamage(t *testing.T) {
	f, ref, want := serve(t)
	f.spoil = func(w http.ResponseWriter, r *http.Request, body []byte) bool {
		if !strings.HasSuffix(r.URL.Path, want.Layers[1].Digest.Hex) {
			return false
		}
		body = bytes.Clone(body)
		body[1000] ^= 1
		_, err := w.Write(body)
		return err == nil
	}
	s := newStore(t)
	err := pullInto(s, ref)
	if err == nil || !strings.Contains(err.Error(), "the registry's copy is damaged") {
		t.Fatal(err)
	}
	if _, err := s.Image(ref.String()); err == nil {
		t.Error("half an image has a name")
	}
	if s.has(want.Layers[1].Digest) {
		t.Error("the damaged blob was kept")
	}
	f.spoil = nil
	if err := pullInto(s, ref); err != nil {
		t.Error(err)
	}
}

// Ten who want the same image at the same time cause one download of each blob.
func TestPullStorm(t *testing.T) {
	f, ref, want := serve(t)
	s := newStore(t)
	var wait sync.WaitGroup
	errs := make([]error, 10)
	for i := range errs {
		wait.Go(func() { errs[i] = pullInto(openStore(t, s.root, boxArchive(t)), ref) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	for _, l := range want.Layers {
		if f.asked[l.Digest.Hex] != 1 {
			t.Errorf("layer %s was asked for %d times", l.Digest, f.asked[l.Digest.Hex])
		}
	}
	noGarbage(t, s)
}

func TestNoRegistryNoPull(t *testing.T) {
	ref, err := ParseReference("127.0.0.1:1/app")
	if err != nil {
		t.Fatal(err)
	}
	err = pullInto(newStore(t), ref)
	for _, want := range []string{"127.0.0.1:1 can not be reached", "glassbox load", "box"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in: %v", want, err)
		}
	}
}
