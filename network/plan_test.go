// This file compares plans with golden files, which are documentation: what a container's network is, as shell lines. Run
// with -update after a change that is meant.
package network

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel"
	"glassbox/kernel/nft"
)

func TestPlans(t *testing.T) {
	ports := []Port{{Proto: "tcp", HostPort: 8080, Port: 80}, {Proto: "udp", HostIP: "127.0.0.1", HostPort: 53, Port: 5353}}
	at := func(n Network, address string, ports ...Port) Sandbox {
		return sandboxAt("/run/glassbox/netns/0123456789abcdef", n, "0123456789abcdef", address, ports...)
	}
	e := at(testNetwork(), "10.44.0.2")
	none, host, two := e, e, e
	none.Mode, host.Mode = ModeNone, ModeHost
	second := at(plain(DriverBridge, "gbr1"), "10.45.0.2").Endpoints[0].Place(e.ID, 1)
	two.Endpoints = append(slices.Clone(e.Endpoints), second)
	macvlan, overlay := plain(DriverMacvlan, "eth0.50"), plain(DriverOverlay, "gbr1")
	macvlan.Made, overlay.MTU = true, overlayMTU
	overlay.Options = map[string]string{"peers": "192.0.2.2,192.0.2.3=10.45.0.9", "vni": "42"}
	plans := map[string][]explain.Step{
		"bridge-first": fullPlan(e), "bridge": attachPlan(e), "ports": attachPlan(at(testNetwork(), "10.44.0.2", ports...)),
		"none": attachPlan(none), "host": attachPlan(host), "two": attachPlan(two), "disconnect": DetachPlan(two, 0),
		"ipv6":    fullPlan(at(testNetwork("fd00:44::/64"), "10.44.0.2 fd00:44::2", ports...)),
		"macvlan": fullPlan(at(macvlan, "10.45.0.2")), "overlay": fullPlan(at(overlay, "10.45.0.2")),
		"remove": RemovePlan(overlay, []nft.Gate{{Family: "ip", Table: "filter", Chain: "FORWARD"}}),
	}
	for name, plan := range plans {
		testkit.Golden(t, name+".golden", tell(plan))
		for _, s := range plan {
			if len(s.Title) > 40 || len(s.Why) > 100 || strings.HasSuffix(s.Why, ".") || s.Why == "" || len(s.Lesson) != 2 || len(s.Ops) == 0 {
				t.Errorf("%s: step out of form: %+v", name, s)
			}
		}
	}
}

// plain is a network of the kind that users make, with an id that stays the same.
func plain(driver, link string) Network {
	p := netip.MustParsePrefix("10.45.0.0/16")
	return Network{ID: strings.Repeat("0123456789abcdef", 4), Name: "n", Driver: driver, Bridge: link, MTU: 1500,
		Subnets: []Subnet{{Prefix: p, Gateway: firstAddress(p)}}}
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
	for _, op := range ops(fullPlan(fullSandbox(t))) {
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
