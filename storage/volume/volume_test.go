// These tests check the books of volumes: plans as a reader would type them, names, options, and what a killed command leaves.
package volume

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glassbox/explain"
	"glassbox/internal/testkit"
)

func TestPlansGolden(t *testing.T) {
	s := Store{Dir: "/var/lib/glassbox/volumes"}
	v := Volume{Name: "data", Driver: Driver, Labels: map[string]string{"a": "b"}, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	made, err := s.CreatePlan(v, true)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, step := range append(made, s.RemovePlan("data", true)...) {
		b.WriteString("# " + step.Title + "\n")
		for _, op := range step.Ops {
			b.WriteString(op.Shell() + "\n")
		}
	}
	testkit.Golden(t, "plans.sh", b.String())
}

// What is made can be read; what is half made is no volume.
func TestBooks(t *testing.T) {
	s := Store{Dir: filepath.Join(t.TempDir(), "volumes")}
	want := Volume{Name: "data", Driver: Driver, Labels: map[string]string{"a": "b"}, Options: map[string]string{"type": "tmpfs"}, Created: time.Unix(9, 0).UTC()}
	plan, err := s.CreatePlan(want, false)
	if err != nil {
		t.Fatal(err)
	}
	runner := &explain.Runner{}
	if err := runner.Run(plan...); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.Dir, "half"), 0o700); err != nil {
		t.Fatal(err)
	}
	list, half, err := s.List()
	if diff := cmp.Diff([]Volume{want}, list); err != nil || diff != "" || len(half) != 1 || half[0] != "half" {
		t.Errorf("%v, half made: %v, - want, + got\n%s", err, half, diff)
	}
	if err := os.WriteFile(s.Data("data")+"/one", []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(s.Data("data")+"/one", s.Data("data")+"/two"); err != nil {
		t.Fatal(err)
	}
	if size, err := s.Size("data"); err != nil || size != 5 {
		t.Errorf("size %d, %v", size, err)
	}
	if err := runner.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get("data"); !errors.As(err, new(*NotFound)) {
		t.Errorf("taken back, and still there: %v", err)
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{"data": true, "a1_.-": true, NewName(): true, "a": false, "": false, "-a": false, "a/b": false, "../a": false, "ä1": false} {
		if err := CheckName(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		driver, want string
		options      map[string]string
	}{
		{Driver, "", nil},
		{Driver, "", map[string]string{"type": "nfs", "device": ":/x", "o": "addr=192.0.2.1"}},
		{"rex", "there is none", nil},
		{Driver, `invalid option: "size"`, map[string]string{"size": "1g"}},
		{Driver, `missing required option: "device"`, map[string]string{"type": "tmpfs"}},
	} {
		if err := CheckOptions(c.driver, c.options); (err == nil) != (c.want == "") || err != nil && c.driver == Driver && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
