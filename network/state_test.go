// This file compares what is in the kernel: before and after, and made by ops or by their shell lines.
package network

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"glassbox/explain"
	"glassbox/kernel/nft"
)

// settled is the state once the kernel has deleted the container's cable, which it does in the background.
func settled(t *testing.T, e Endpoint) string {
	t.Helper()
	for range 200 {
		if !works("", "ip link show "+e.Veth()) {
			return state(t)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the link %s is still there after two seconds", e.Veth())
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

func fullEndpoint(t *testing.T) Endpoint {
	return endpoint(t, "aaaaaaaaaaaa", "10.44.0.2", Port{Proto: "tcp", HostPort: 8080, Port: 80},
		Port{Proto: "udp", HostIP: "127.0.0.1", HostPort: 53, Port: 5353})
}

func TestUndoLeavesNothing(t *testing.T) {
	freshHost(t)
	outside(t)
	other, e := endpoint(t, "bbbbbbbbbbbb", "10.44.0.3"), fullEndpoint(t)
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
	for _, s := range AttachPlan(e, Host{}) {
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

// TestShellLinesDoTheSame runs the plan's shell lines on one host and its ops on another.
func TestShellLinesDoTheSame(t *testing.T) {
	e := fullEndpoint(t)
	plan := AttachPlan(e, Host{})
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
	if !strings.Contains(byShell, `"10.44.0.2"`) || !strings.Contains(byShell, "glassbox0") || strings.Contains(undoneByShell, "gbaaaa") {
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
	do(t, &explain.Runner{}, []explain.Step{explain.Say("", "", "", nft.EnsureTable{Bridge: "b", Subnet: "10.44.0.0/20"}, theirs)})
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
	e := endpoint(t, "aaaaaaaaaaaa", "10.44.0.2")
	h, err := Look(DefaultBridge)
	if err != nil || h.Subnet.IsValid() || h.Forwarding || h.Firewall || h.Localnet {
		t.Fatalf("a new host: %+v, %v", h, err)
	}
	attach(t, runner(t), e)
	h, err = Look(DefaultBridge)
	if err != nil || h.Subnet != e.Network.Subnet || !h.Forwarding || !h.Firewall || !h.Localnet {
		t.Fatalf("after the plan: %+v, %v", h, err)
	}
	run(t, "nft flush chain inet glassbox postrouting")
	if h, err = Look(DefaultBridge); err != nil || h.Firewall {
		t.Errorf("with rules missing: %+v, %v", h, err)
	}
	attach(t, runner(t), endpoint(t, "bbbbbbbbbbbb", "10.44.0.3"))
	if h, err = Look(DefaultBridge); err != nil || !h.Firewall {
		t.Errorf("the next container did not put the rules right: %+v, %v", h, err)
	}
}
