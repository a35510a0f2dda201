// This test spoils a container's record in the ways in which records are spoiled.
package engine

import (
	"errors"
	"os"
	"strings"
	"testing"

	"glassbox/engine/shim/wire"
)

func TestDamagedRecords(t *testing.T) {
	e := newEngine(t)
	var told []string
	e.Warn = func(what string) { told = append(told, what) }
	good := start(t, e, quiet("sleep", "100"))
	r := quiet("sleep", "100")
	r.Name = "bad"
	bad := start(t, e, r)
	for content, want := range map[string]string{
		"": "unexpected end", `{"trunc`: "can not be read", "{}": "not complete", `{"Version": 99}`: "use the newer glassbox", `{"ID": 5}`: "cannot unmarshal",
	} {
		told = nil
		if err := os.WriteFile(e.dir(bad, recordFile), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		list, err := e.List(t.Context(), ListRequest{All: true})
		if err != nil || len(list) != 1 || list[0].ID != good || len(told) != 1 || !strings.Contains(told[0], want) {
			t.Errorf("%q: listed are %v (%v), told was %q, want …%s…", content, list, err, told, want)
		}
		leaks, err := e.Audit(t.Context(), false)
		if err != nil || len(leaks) != 1 || !mentions(leaks, "record", "can not be read") {
			t.Errorf("%q: audit says %v (%v)", content, leaks, err)
		}
		if err := e.Remove(t.Context(), "bad", RemoveRequest{}); !errors.As(err, new(*Damaged)) {
			t.Errorf("%q: without force its removal says %v", content, err)
		}
	}
	if _, err := e.Audit(t.Context(), true); err == nil || !wire.Alive(e.live(bad)) || !exists(e.dir(bad)) {
		t.Errorf("audit --fix says %v, and may not touch it", err)
	}
	if err := e.Remove(t.Context(), "bad", RemoveRequest{Force: true}); err != nil {
		t.Fatal(err)
	}
	if exists(e.dir(bad)) || exists(e.nameFile("bad")) || exists(e.live(bad)) {
		t.Error("after rm -f something of it is left")
	}
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("left behind: %v (%v)", leaks, err)
	}
}
