// This file compares what is in the kernel: before and after, and made by ops or by their shell lines.
package network

import (
	"encoding/json"
	"net/netip"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glassbox/explain"
	"glassbox/kernel/nft"
)

// settled is the state once the kernel has deleted the container's cable, which it does in the background.
func settled(t *testing.T, s Sandbox) string {
	t.Helper()
	for range 200 {
		if !works("", "ip link show "+s.Endpoints[0].Veth) {
			return state(t)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the link %s is still there after two seconds", s.Endpoints[0].Veth)
	return ""
}

// state is what the kernel shows, without what differs from run to run: numbers, random addresses, times.
func state(t *testing.T, netnses ...string) string {
	t.Helper()
	prefixes := []string{""}
	for _, n := range netnses {
		prefixes = append(prefixes, "nsenter --net="+n+" ")
	}
	var all []string
	for _, p := range prefixes {
		for _, command := range []string{"ip -j -4 address", "ip -d -j link", "ip -j route show table all", "nft -j list ruleset",
			"cat /proc/sys/net/ipv4/ip_forward"} {
			all = append(all, "# "+command, normal(t, run(t, p+command)))
		}
	}
	return strings.Join(all, "\n")
}

func normal(t *testing.T, text string) string {
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return text
	}
	b, err := json.MarshalIndent(strip(v), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var changing = regexp.MustCompile(`^(handle|metainfo|ifindex|link_index|link_netnsid|.*_life_time|.*timer|operstate|flags|id|root_id)$`)

var randomMAC = regexp.MustCompile(`^([0-9a-f]{2}:){5}[0-9a-f]{2}$`)

func strip(v any) any {
	switch v := v.(type) {
	case []any:
		kept := []any{}
		for _, e := range v {
			if m, ok := e.(map[string]any); ok && strings.Contains(asText(m["dst"]), ":") {
				continue // IPv6 routes come and go with duplicate address detection
			}
			kept = append(kept, strip(e))
		}
		return kept
	case map[string]any:
		for k, e := range v {
			if changing.MatchString(k) {
				delete(v, k)
			} else {
				v[k] = strip(e)
			}
		}
	case string:
		if randomMAC.MatchString(v) && !strings.HasPrefix(v, "02:42:") {
			return "random"
		}
	}
	return v
}

func asText(v any) string {
	s, _ := v.(string)
	return s
}

func fullSandbox(t *testing.T) Sandbox {
	return sandbox(t, "aaaaaaaaaaaa", "10.44.0.2", Port{Proto: "tcp", HostPort: 8080, Port: 80},
		Port{Proto: "udp", HostIP: "127.0.0.1", HostPort: 53, Port: 5353})
}

func TestUndoLeavesNothing(t *testing.T) {
	freshHost(t)
	outside(t)
	other, e := sandbox(t, "bbbbbbbbbbbb", "10.44.0.3"), fullSandbox(t)
	attach(t, runner(t), other)
	before := state(t)
	r := &explain.Runner{}
	attach(t, r, e)
	if state(t) == before {
		t.Fatal("attaching changed nothing: the comparison sees nothing")
	}
	if err := r.Rollback(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, settled(t, e)); d != "" {
		t.Error("left behind (-before +after):\n", d)
	}
	for _, s := range fullPlan(e) {
		for _, op := range s.Ops {
			if u, ok := op.(explain.Undoer); ok {
				if err := u.Undo().Do(); err != nil {
					t.Errorf("undone twice: %v", err)
				}
			}
		}
	}
	if d := cmp.Diff(before, settled(t, e)); d != "" {
		t.Error("undone twice (-before +after):\n", d)
	}
	if _, err := os.Stat(e.Netns); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", e.Netns, err)
	}
}

func TestShellLinesDoTheSame(t *testing.T) {
	shellLinesDoTheSame(t, fullSandbox(t))
	over := plain(DriverOverlay, "gbr1")
	over.MTU, over.Options = overlayMTU, map[string]string{"peers": "192.0.2.2,192.0.2.3=10.45.0.9", "vni": "42", "local": "127.0.0.1"}
	shellLinesDoTheSame(t, sandboxOn(t, over, "aaaaaaaaaaaa", "10.45.0.2"))
	six := testNetwork("fd00:44::/64")
	shellLinesDoTheSame(t, sandboxOn(t, six, "aaaaaaaaaaaa", "10.44.0.2 fd00:44::2", Port{Proto: "sctp", HostPort: 9000, Port: 90}))
}

// shellLinesDoTheSame runs the plan's shell lines on one host and its ops on another.
func shellLinesDoTheSame(t *testing.T, e Sandbox) {
	t.Helper()
	plan := fullPlan(e)
	states := make(chan string, 4) // room for all, and closed at the end: a failed half must not stop the other
	go func() {
		defer close(states)
		freshHost(t)
		for _, op := range ops(plan) {
			run(t, op.Shell())
		}
		states <- state(t, e.Netns)
		for i := range ops(plan) {
			if u, ok := ops(plan)[len(ops(plan))-1-i].(explain.Undoer); ok {
				run(t, u.Undo().Shell())
			}
		}
		states <- settled(t, e)
	}()
	byShell, undoneByShell := <-states, <-states
	states = make(chan string, 4)
	go func() {
		defer close(states)
		freshHost(t)
		r := &explain.Runner{}
		do(t, r, plan)
		states <- state(t, e.Netns)
		if err := r.Rollback(); err != nil {
			t.Error(err)
		}
		states <- settled(t, e)
	}()
	if d := cmp.Diff(byShell, <-states); d != "" {
		t.Error("done (-by the shell +by ops):\n", d)
	}
	if d := cmp.Diff(undoneByShell, <-states); d != "" {
		t.Error("undone (-by the shell +by ops):\n", d)
	}
	if !strings.Contains(byShell, `"`+e.Address().String()+`"`) || !strings.Contains(byShell, e.Endpoints[0].Network.Bridge) || strings.Contains(undoneByShell, "gbaaaa") {
		t.Error("the states do not show what they should: the comparison proves nothing")
	}
}

func ops(plan []explain.Step) (all []explain.Op) {
	for _, s := range plan {
		all = append(all, s.Ops...)
	}
	return all
}

// TestUnpublishSparesOthers: after a crash an inverse may run when its port belongs to another container.
func TestUnpublishSparesOthers(t *testing.T) {
	freshHost(t)
	mine := nft.Publish{Proto: "tcp", HostPort: 8080, Addr: "10.44.0.2", Port: 80}
	theirs := mine
	theirs.Addr = "10.44.0.3"
	do(t, &explain.Runner{}, []explain.Step{explain.Say("", "", "", nft.EnsureTable{}, theirs)})
	if err := mine.Do(); err == nil || !strings.Contains(err.Error(), "port 8080/tcp is published by another container") {
		t.Errorf("publishing a taken port: %v", err)
	}
	if err := mine.Undo().Do(); err != nil {
		t.Error(err)
	}
	if list, err := nft.Published(); err != nil || len(list) != 1 || list[0] != theirs {
		t.Errorf("published now: %v, %v", list, err)
	}
	if err := theirs.Undo().Do(); err != nil {
		t.Error(err)
	}
	if list, err := nft.Published(); err != nil || len(list) != 0 {
		t.Errorf("published now: %v, %v", list, err)
	}
}

func TestLookSeesWhatThePlanMade(t *testing.T) {
	freshHost(t)
	e := sandbox(t, "aaaaaaaaaaaa", "10.44.0.2")
	n := e.Endpoints[0].Network
	h, err := Look(n)
	if err != nil || !reflect.DeepEqual(h, Host{}) {
		t.Fatalf("a new host: %+v, %v", h, err)
	}
	attach(t, runner(t), e)
	want := Host{Present: true, Subnets: []netip.Prefix{n.Subnets[0].Prefix}, Note: testNote, Forwarding: true, Localnet: true, Firewall: true, Member: true}
	if h, err = Look(n); err != nil || !reflect.DeepEqual(h, want) {
		t.Fatalf("after the plan: %+v, %v", h, err)
	}
	run(t, "nft flush chain inet glassbox postrouting; nft flush set inet glassbox bridges")
	if h, err = Look(n); err != nil || h.Firewall || h.Member {
		t.Errorf("with rules missing: %+v, %v", h, err)
	}
	attach(t, runner(t), sandbox(t, "bbbbbbbbbbbb", "10.44.0.3"))
	if h, err = Look(n); err != nil || !reflect.DeepEqual(h, want) {
		t.Errorf("the next container did not put things right: %+v, %v", h, err)
	}
}

// TestRemovePlanLeavesNothing builds a network beside another firewall and takes it back.
func TestRemovePlanLeavesNothing(t *testing.T) {
	freshHost(t)
	run(t, "nft add table ip filter; nft 'add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'; echo 1 > /proc/sys/net/ipv4/ip_forward")
	do(t, runner(t), []explain.Step{explain.Say("", "", "", nft.EnsureTable{})})
	before := state(t)
	n := userNetwork(t, Network{Name: "n", Driver: DriverBridge}, Wanted{})
	h, err := Look(n)
	if err != nil || len(h.Gates) != 1 {
		t.Fatalf("the gate is not seen: %+v, %v", h, err)
	}
	do(t, runner(t), BuildPlan(n, h, testNote))
	if state(t) == before {
		t.Fatal("nothing was built: the comparison sees nothing")
	}
	for range 2 {
		do(t, runner(t), RemovePlan(n, h.Gates))
	}
	if d := cmp.Diff(before, state(t)); d != "" {
		t.Error("left behind (-before +after):\n", d)
	}
}
