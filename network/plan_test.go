// This file compares plans with golden files, which are documentation: what a container's network is, as shell lines. Run
// with -update after a change that is meant.
package network

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/nft"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestPlans(t *testing.T) {
	n := testNetwork()
	e := Endpoint{ID: "0123456789abcdef", Mode: ModeBridge, Netns: "/run/glassbox/netns/0123456789abcdef", Network: n,
		Address: netip.MustParseAddr("10.44.0.2")}
	published := e
	published.Ports = []Port{{Proto: "tcp", HostPort: 8080, Port: 80}, {Proto: "udp", HostIP: "127.0.0.1", HostPort: 53, Port: 5353}}
	none, host := e, e
	none.Mode, host.Mode = ModeNone, ModeHost
	ready := Host{Subnet: n.Subnet, Forwarding: true, Localnet: true, Firewall: true}
	plans := map[string][]explain.Step{
		"bridge-first": AttachPlan(e, Host{}), "bridge": AttachPlan(e, ready), "ports": AttachPlan(published, ready),
		"none": AttachPlan(none, Host{}), "host": AttachPlan(host, Host{}),
	}
	for name, plan := range plans {
		compare(t, "testdata/"+name+".golden", tell(plan))
		for _, s := range plan {
			if len(s.Title) > 40 || len(s.Why) > 100 || strings.HasSuffix(s.Why, ".") || s.Why == "" || s.Lesson != "04" || len(s.Ops) == 0 {
				t.Errorf("%s: step out of form: %+v", name, s)
			}
		}
	}
}

// TestJournalHoldsInverses: after a crash, what a journal holds must become the ops that it was made of.
func TestJournalHoldsInverses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	j, err := kernel.CreateJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var want []explain.Op
	for _, op := range ops(AttachPlan(fullEndpoint(t), Host{})) {
		if u, ok := op.(explain.Undoer); ok {
			if err := j.Push(u.Undo()); err != nil {
				t.Fatal(err)
			}
			want = append([]explain.Op{u.Undo()}, want...)
		}
	}
	got, err := kernel.ReadJournal(path, append(kernel.Inverses(), nft.Inverses()...)...)
	if d := cmp.Diff(want, got); d != "" || err != nil || len(want) != 4 {
		t.Errorf("%d inverses, %v (-pushed +read):\n%s", len(want), err, d)
	}
}

func tell(plan []explain.Step) string {
	var b strings.Builder
	for _, s := range plan {
		fmt.Fprintf(&b, "%s: %s\n", s.Title, s.Why)
		for _, told := range explain.Telling(s, false).Ops {
			fmt.Fprintf(&b, "  call  %s\n  shell %s\n", told.Call, told.Shell)
			if told.Undo != "" {
				fmt.Fprintf(&b, "  undo  %s\n", told.Undo)
			}
		}
	}
	return b.String()
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
}
