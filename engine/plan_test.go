// These tests hold plan, deed and story together: what is announced is what is done is what is kept.
package engine

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/network"
	"glassbox/storage"
)

func titles(story []explain.Event) []string {
	var list []string
	for _, event := range story {
		list = append(list, event.Title)
	}
	return list
}

func TestPlanDeedAndStoryAgree(t *testing.T) {
	e := newEngine(t)
	steady(t, e) // the image and the bridge are there from now on
	r := publishing()
	r.AutoRemove = false
	before := testkit.Snapshot(t, e.watch())
	plan, err := e.Plan(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if diff := testkit.Diff(before, testkit.Snapshot(t, e.watch())); diff != "" {
		t.Errorf("to plan has changed something:\n%s", diff)
	}
	var planned []string
	for _, step := range plan {
		planned = append(planned, step.Title)
	}
	var heard explain.Record
	result, err := e.Run(t.Context(), RunRequest{Request: r, Detach: true, Listener: &heard})
	if err != nil {
		t.Fatal(err)
	}
	if got := titles(heard.Story); !slices.Equal(got, planned) {
		t.Errorf("done:\n%q\nplanned:\n%q", got, planned)
	}
	for _, when := range []string{"while it runs", "when it has ended"} {
		story, err := e.Story(t.Context(), result.ID)
		if got := titles(story); err != nil || !slices.Equal(got, planned) {
			t.Errorf("%s, the story is (%v)\n%q, want\n%q", when, err, got, planned)
		}
		if err := e.Stop(t.Context(), result.ID, StopRequest{Wait: new(int)}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStepsAreWorded(t *testing.T) {
	e := newEngine(t)
	plan, err := e.Plan(t.Context(), publishing())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range plan {
		if utf8.RuneCountInString(s.Title) > 40 || utf8.RuneCountInString(s.Why) > 100 || strings.HasSuffix(s.Why, ".") ||
			len(s.Lesson) != 2 || len(s.Ops) == 0 {
			t.Errorf("%q: title %d, why %d, lesson %q, %d ops", s.Title, len(s.Title), len(s.Why), s.Lesson, len(s.Ops))
		}
	}
}

// The engine's own half, as a reader would type it.
func TestEnginePlanGolden(t *testing.T) {
	e := &Engine{Root: "/var/lib/glassbox", State: "/run/glassbox"}
	id := strings.Repeat("0123456789abcdef", 4)
	subnet := netip.MustParsePrefix("10.44.0.0/16")
	n := network.Predefined()[0]
	n.Subnets = []network.Subnet{{Prefix: subnet, Gateway: netip.MustParseAddr("10.44.0.1")}}
	address := netip.MustParseAddr("10.44.0.2")
	end := network.Endpoint{Network: n, Addresses: []netip.Addr{address}, MAC: network.MACOf(address)}.Place(id, 0)
	conn := connection{Sandbox: network.Sandbox{ID: id, Mode: network.ModeBridge, Netns: e.netns(id), Endpoints: []network.Endpoint{end}}}
	image := storage.Image{Layers: []storage.Layer{{Path: "/var/lib/glassbox/l/base", Unpacked: true}, {Path: "/var/lib/glassbox/l/top", Unpacked: true}}}
	born := &newborn{Record: &Record{ID: id, Request: Request{AutoRemove: true}}, image: image}
	etc, err := etcFor(born.Request, surroundings{ID: id, Mode: conn.Mode, Resolv: "nameserver 192.0.2.53\n", Addresses: []netip.Addr{address}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, s := range slices.Concat(e.createPlan(id, image), e.livePlan(id), e.filesPlan(born, conn, etc), e.namespacePlan(born, conn), e.linksPlan(born, conn)) {
		b.WriteString("# " + s.Title + "\n")
		for _, op := range s.Ops {
			b.WriteString(op.Shell() + "\n")
		}
	}
	testkit.Golden(t, "engine-plan.sh", b.String())
}

func TestInterruptedRunLeavesNothing(t *testing.T) {
	e := newEngine(t)
	steps := steady(t, e)
	before := testkit.Snapshot(t, e.watch())
	interrupt := errors.New("interrupted")
	for _, last := range []int{1, 4, steps / 2, steps - 1} {
		ctx, cancel := context.WithCancelCause(t.Context())
		heard := 0
		listener := explain.ListenerFunc(func(event explain.Event) explain.Answer {
			if heard++; heard == 2*last {
				cancel(interrupt)
			}
			return explain.Go
		})
		result, err := e.Run(ctx, RunRequest{Request: publishing(), Listener: listener})
		if !errors.Is(err, interrupt) {
			t.Errorf("interrupted after step %d: %v", last, err)
		}
		settled(t, e, before, "interrupted", result.ID)
	}
}
