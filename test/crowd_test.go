// This file lets many people work at once: whatever they do to the same books, every container is accounted for.
package test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowdTime is how long the crowd works; CROWD=60s makes it longer.
func crowdTime(t *testing.T) time.Duration {
	text := os.Getenv("CROWD")
	if text == "" {
		text = "8s"
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCrowd(t *testing.T) {
	p := newPlace(t)
	if r := p.run("run", "--rm", "--network", "none", "box", "true"); r.code != 0 { // unpacks the image
		t.Fatal(r)
	}
	const people = 50
	end := time.Now().Add(crowdTime(t))
	made := make([][]string, people) // by each of them: what is to be there at the end
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() { made[i] = p.worker(i, end) })
	}
	all.Wait()
	want := map[string]bool{}
	for _, ids := range made {
		for _, id := range ids {
			want[id] = true
		}
	}
	listed := strings.Fields(p.run("ps", "-aq", "--no-trunc").stdout)
	for _, id := range listed {
		if !want[id] {
			t.Errorf("container %s is listed, and nobody has it", id)
		}
		delete(want, id)
	}
	for id := range want {
		t.Errorf("container %s is not listed, and nobody has removed it", id)
	}
	t.Logf("%d containers are left", len(listed))
	if r := p.run(append([]string{"rm", "-f"}, listed...)...); r.code != 0 {
		t.Error(r)
	}
	if r := p.run("audit"); r.code != 0 {
		t.Errorf("audit: %s", r)
	}
}

// worker makes containers, works in them and removes every second; it returns those that are left.
func (p place) worker(number int, end time.Time) (kept []string) {
	must := func(words ...string) string {
		r := p.run(words...)
		if r.code != 0 {
			p.t.Errorf("worker %d: %s", number, r)
		}
		return strings.TrimSpace(r.stdout)
	}
	for turn := 0; time.Now().Before(end); turn++ {
		name := fmt.Sprintf("w%d-%d", number, turn)
		id := must("run", "-d", "--name", name, "--network", "none", "box", "sleep", "1000")
		if got := must("exec", name, "echo", name); got != name {
			p.t.Errorf("worker %d heard %q from %s", number, got, name)
		}
		must("stop", "-t", "0", name)
		if turn%2 == 0 {
			must("rm", name)
			continue
		}
		kept = append(kept, id)
	}
	return kept
}
