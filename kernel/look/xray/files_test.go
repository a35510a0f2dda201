// This file checks what is said of mounts that nobody can reach.
package xray

import (
	"slices"
	"testing"

	"glassbox/kernel/look"
)

// bubblewrap binds the host's root with all that is mounted in it, and then a /dev of its own over the host's.
func TestHiddenMountsAreNotMet(t *testing.T) {
	mounts := []look.Mount{
		{ID: 1, Parent: 0, Point: "/"}, {ID: 2, Parent: 1, Point: "/dev"}, {ID: 3, Parent: 2, Point: "/dev/shm"},
		{ID: 4, Parent: 2, Point: "/dev"}, {ID: 5, Parent: 4, Point: "/dev/null"}, {ID: 6, Parent: 1, Point: "/srv"},
	}
	var ids []int
	for _, m := range met(mounts) {
		ids = append(ids, m.ID)
	}
	if want := []int{1, 4, 5, 6}; !slices.Equal(ids, want) {
		t.Errorf("met are %v, want %v", ids, want)
	}
	if len(mounts) != 6 {
		t.Errorf("the list that was given is %v now", mounts)
	}
}
