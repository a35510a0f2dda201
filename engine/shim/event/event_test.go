// These tests write events from many places at once, and read all of them.
package event

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func TestManyWritersLoseNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "events")
	const writers, each = 8, 50
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	seen := map[string]int{}
	done := make(chan error, 1)
	go func() {
		done <- Read(ctx, dir, true, func(e Event) bool {
			seen[e.Actor.ID]++
			return len(seen) < writers*each
		})
	}()
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				// Long ones, so that the journal is put away once.
				e := New("container", "start", fmt.Sprintf("%d-%d", w, i), map[string]string{"image": string(make([]byte, 1<<10))})
				if err := Write(dir, e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := <-done; err != nil || len(seen) != writers*each {
		t.Fatalf("%d events of %d were heard (%v)", len(seen), writers*each, err)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("event %s was heard %d times", id, times)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, beforeFile)); err != nil {
		t.Errorf("the journal was never put away: %v", err)
	}
}

func TestReadOfNothing(t *testing.T) {
	err := Read(t.Context(), t.TempDir(), false, func(e Event) bool { t.Errorf("heard %v", e); return true })
	if err != nil {
		t.Error(err)
	}
}
