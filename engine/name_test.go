// These tests fight over names and look containers up.
package engine

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

func TestOnlyOneGetsTheName(t *testing.T) {
	e := newEngine(t)
	r := quiet("true")
	r.Name = "wanted"
	const rivals = 20
	var wg sync.WaitGroup
	results := make(chan error, rivals)
	for range rivals {
		wg.Go(func() {
			_, err := e.Create(t.Context(), r, nil)
			results <- err
		})
	}
	wg.Wait()
	close(results)
	won := 0
	for err := range results {
		switch {
		case err == nil:
			won++
		case !errors.As(err, new(*NameTaken)):
			t.Errorf("a loser was told: %v", err)
		}
	}
	if list, err := e.List(t.Context(), ListRequest{All: true}); won != 1 || len(list) != 1 || err != nil {
		t.Errorf("%d won, %d containers are left (%v)", won, len(list), err)
	}
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("the losers left behind: %v (%v)", leaks, err)
	}
}

func TestTwentyAtOnceAllRun(t *testing.T) {
	e := newEngine(t)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			r := Request{Image: "box", Command: []string{"true"}, AutoRemove: true}
			if result, err := e.Run(t.Context(), RunRequest{Request: r}); err != nil || result.ExitCode != 0 {
				t.Errorf("code %d (%v)", result.ExitCode, err)
			}
		})
	}
	wg.Wait()
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("left behind: %v (%v)", leaks, err)
	}
}

func TestFind(t *testing.T) {
	e := newEngine(t)
	r := quiet("true")
	r.Name = "one"
	id, err := e.Create(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range []string{id, id[:12], id[:4], "one", "/one"} {
		if got, err := e.find(ref); err != nil || got.ID != id {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, ref := range []string{"", "two", "../one", "zz", id + "0"} {
		if _, err := e.find(ref); !errors.As(err, new(*NotFound)) {
			t.Errorf("%q: %v, want NotFound", ref, err)
		}
	}
	for range 16 { // by then two ids begin alike
		if _, err := e.Create(t.Context(), quiet("true"), nil); err != nil {
			t.Fatal(err)
		}
	}
	list, err := e.List(t.Context(), ListRequest{All: true})
	if err != nil {
		t.Fatal(err)
	}
	seen, ambiguous := map[string]bool{}, false
	for _, c := range list {
		if first := c.ID[:1]; seen[first] {
			_, err := e.find(first)
			ambiguous = ambiguous || errors.As(err, new(*Ambiguous))
		}
		seen[c.ID[:1]] = true
	}
	if !ambiguous {
		t.Error("no beginning was called ambiguous")
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"web": true, "a1": true, "A_b.c-d": true, "a": false, "-a": false, "a b": false, "a/b": false, "": false, "ü1": false,
	} {
		if err := checkName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	for range 100 {
		if name := drawName(); checkName(name) != nil || strings.Count(name, "_") != 1 {
			t.Errorf("drew %q", name)
		}
	}
}
