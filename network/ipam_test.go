// This file tests the book of addresses: never one twice, however many ask at once and wherever they die.
package network

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func pool(t *testing.T, subnet string) Pool {
	return poolAt(filepath.Join(t.TempDir(), "leases"), subnet)
}

func poolAt(dir, subnet string) Pool {
	p := netip.MustParsePrefix(subnet)
	return Pool{Dir: dir, Subnet: Subnet{Prefix: p, Gateway: firstAddress(p)}}
}

func allocate(t *testing.T, p Pool, id string) netip.Addr {
	t.Helper()
	a, err := p.Allocate(id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestLeasesInParallel takes 50 addresses in 50 processes, and 50 more in goroutines at the same time.
func TestLeasesInParallel(t *testing.T) {
	if dir := os.Getenv("GLASSBOX_TEST_LEASE"); dir != "" {
		allocate(t, poolAt(dir, "10.44.0.0/16"), "process")
		return
	}
	p := pool(t, "10.44.0.0/16")
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			if _, err := p.Allocate(fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			self := exec.Command("/proc/self/exe", "-test.run=^TestLeasesInParallel$")
			self.Env = append(os.Environ(), "GLASSBOX_TEST_LEASE="+p.Dir)
			if out, err := self.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	all.Wait()
	leases, err := Leases(p.Dir)
	if err != nil || len(leases) != 100 {
		t.Fatalf("%d leases after 100 were given: %v", len(leases), err)
	}
	ids := map[string]int{}
	for _, id := range leases {
		ids[id]++
	}
	if ids["process"] != 50 || len(ids) != 51 {
		t.Errorf("two containers share an address: %v", ids)
	}
}

// TestLeasesSurviveKills kills 20 processes in the middle of leasing: every address that any of them got is its own alone.
func TestLeasesSurviveKills(t *testing.T) {
	if dir := os.Getenv("GLASSBOX_TEST_LEASES"); dir != "" {
		for i := 0; ; i++ {
			fmt.Println(allocate(t, poolAt(dir, "10.44.0.0/16"), fmt.Sprint(os.Getpid(), " ", i)))
		}
	}
	p := pool(t, "10.44.0.0/16")
	outputs := make([]bytes.Buffer, 20)
	var all sync.WaitGroup
	for i := range outputs {
		all.Go(func() {
			self := exec.Command("/proc/self/exe", "-test.run=^TestLeasesSurviveKills$")
			self.Env, self.Stdout = append(os.Environ(), "GLASSBOX_TEST_LEASES="+p.Dir), &outputs[i]
			if err := self.Start(); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Duration(200+10*i) * time.Millisecond)
			if err := self.Process.Kill(); err != nil {
				t.Error(err)
			}
			if err := self.Wait(); err == nil {
				t.Error("it ended by itself")
			}
		})
	}
	all.Wait()
	given := map[string]int{}
	for i := range outputs {
		for line := range strings.Lines(outputs[i].String()) {
			given[line]++
		}
	}
	leases, err := Leases(p.Dir)
	if err != nil || len(given) < 20 || len(leases) < len(given) || len(leases) > len(given)+len(outputs) {
		t.Errorf("%d addresses were given, %d leases are in the book: %v", len(given), len(leases), err)
	}
	for address, times := range given {
		if times > 1 {
			t.Errorf("%s was given %d times", strings.TrimSpace(address), times)
		}
	}
	allocate(t, p, "the book is not locked")
}

func TestLeasesGoRound(t *testing.T) {
	p := pool(t, "10.44.0.0/29") // .1 is the bridge's, .7 broadcast: five are left
	for _, want := range []string{"10.44.0.2", "10.44.0.3", "10.44.0.4"} {
		if got := allocate(t, p, "c"+want); got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	released := netip.MustParseAddr("10.44.0.2")
	if err := Release(p.Dir, released, "another"); err != nil {
		t.Error(err)
	}
	if leases, _ := Leases(p.Dir); leases[released] == "" {
		t.Error("a container released the address of another")
	}
	for range 2 { // twice does no harm
		if err := Release(p.Dir, released, "c10.44.0.2"); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []string{"10.44.0.5", "10.44.0.6", "10.44.0.2"} { // not at once the one just released
		if got := allocate(t, p, "d"); got.String() != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if a, err := p.Allocate("e"); err == nil || !strings.Contains(err.Error(), "all of 10.44.0.0/29 are in use") {
		t.Errorf("a full pool gave %s, %v", a, err)
	}
}

func TestLeasesSurviveATornFile(t *testing.T) {
	p := pool(t, "10.44.0.0/24")
	allocate(t, p, "a")
	if err := os.WriteFile(filepath.Join(p.Dir, lastFile), []byte("10.4"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := allocate(t, p, "b").String(); got != "10.44.0.3" {
		t.Errorf("got %s, want the next free one, 10.44.0.3", got)
	}
}
