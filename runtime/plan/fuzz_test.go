// These tests plan what nobody would write: whatever passes the checks must have a plan that can be told, without a panic and
// without end.
package plan

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/check"
)

// The text is laid over what glassbox-oci proposes: it takes no whole configuration to change one thing. Further seeds, as Docker
// writes them and as corner cases, are in testdata/fuzz.
func FuzzConfig(f *testing.F) {
	base, err := os.ReadFile("testdata/config.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(base)
	f.Fuzz(func(t *testing.T, text []byte) {
		var spec specs.Spec
		if err := json.Unmarshal(base, &spec); err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(text, &spec) != nil {
			return
		}
		if spec.Linux == nil {
			spec.Linux = &specs.Linux{}
		}
		if check.Spec(&spec) != nil {
			return
		}
		c := Container{ID: "box", Bundle: "/bundle", Spec: &spec}
		for _, layout := range []string{"v1", "v2", "hybrid"} {
			planOf(t, c, host(layout))
		}
	})
}

// planOf makes every plan of a container that the host does not refuse.
func planOf(t *testing.T, c Container, h Host) {
	t.Helper()
	Warnings(c, h)
	if Refusal(c, h) != nil {
		return
	}
	all := slices.Concat(Whole(c, h), VisitInside(c, c.Spec.Process, 7, h), LastVisit(c, c.Spec.Process, []string{"/usr/bin/sh", "/bin/sh"}, 3),
		VisitOutside(c, h, 7), LateLimits(c, h), AfterStart(c, 7), AfterEnd(c), Freeze(c, h.Cgroups, true))
	if r := c.Spec.Linux.Resources; r != nil {
		all = append(all, Update(c, h.Cgroups, r)...)
	}
	_, inside := Halves(c, h, 0, "/bin/sh")
	canBeTold(t, inside)
	canBeTold(t, append(VisitInside(c, c.Spec.Process, 7, h), LastVisit(c, c.Spec.Process, []string{"/bin/sh"}, 3)...))
	for _, s := range append(all, Visit(c, h, nil)) {
		for _, problem := range badlyTold(s) {
			t.Errorf("%q: %s", s.Title, problem)
		}
		for _, op := range s.Ops {
			op.Shell()
		}
	}
}

// Every word is understood or left to the file system, and what is left is understood no better when it is read again.
func FuzzOptions(f *testing.F) {
	for _, words := range [][]string{MountOptions(), {"ro", "rbind", "rprivate", "rro", "size=64k"}, {"idmap", "tmpcopyup", "mode=755"}, {"", "rw", "rrelatime", "rnorelatime"}} {
		f.Add(strings.Join(words, ","))
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := readOptions(strings.Split(text, ","))
		again := readOptions(strings.Split(r.data, ","))
		if left := again.data; left != r.data || again != (mountRequest{data: left}) {
			t.Errorf("of %q this is left: %q, and means %+v", text, r.data, again)
		}
		if kind := r.propagation &^ unix.MS_REC; kind&(kind-1) != 0 {
			t.Errorf("%q asks for several propagations: %#x", text, kind)
		}
	})
}

// canBeTold holds that a deputy can do every op, by writing its calls down.
func canBeTold(t *testing.T, steps []explain.Step) {
	t.Helper()
	d := kernel.Deputy{Child: &kernel.Child{Files: make([]*os.File, 4), Link: 3}}
	for _, s := range steps {
		for _, op := range s.Ops {
			known, ok := op.(kernel.Foretold)
			if !ok {
				t.Errorf("%q: no deputy can do %T", s.Title, op)
				continue
			}
			// EINVAL is a value that no kernel takes, ENOENT a kernel without AppArmor.
			if _, err := d.Prepare(known); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
				t.Errorf("%q: %v", s.Title, err)
			}
		}
	}
}
