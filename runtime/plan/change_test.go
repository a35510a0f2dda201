// This file tests in which order the limits of a running container are written.
package plan

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/kernel"
	"glassbox/kernel/look"
)

func memory(limit, swap int64) *specs.LinuxResources {
	return &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit, Swap: &swap}}
}

func written(c Container, l look.Layout, r *specs.LinuxResources) string {
	var words []string
	for _, s := range Update(c, l, r) {
		for _, op := range s.Ops {
			set := op.(kernel.CgroupSet)
			words = append(words, set.File[strings.LastIndex(set.File, "/")+1:]+"="+set.Value)
		}
	}
	return strings.Join(words, " ")
}

func TestUpdateKeepsSwapAboveMemory(t *testing.T) {
	c := Container{ID: "c", Spec: &specs.Spec{Linux: &specs.Linux{Resources: memory(100, 200)}}}
	v1 := look.Layout{Mode: look.ModeV1, V1: map[string]look.Hierarchy{"memory": {Point: "/m", Root: "/", Controllers: []string{"memory"}}}}
	if got, want := written(c, v1, memory(300, 400)), "memory.memsw.limit_in_bytes=400 memory.limit_in_bytes=300"; got != want {
		t.Errorf("more: %s, want %s", got, want)
	}
	if got, want := written(c, v1, memory(50, 60)), "memory.limit_in_bytes=50 memory.memsw.limit_in_bytes=60"; got != want {
		t.Errorf("less: %s, want %s", got, want)
	}
}

// v2 writes swap without memory, so that the memory on record is subtracted where only swap is changed.
func TestUpdateSwapAloneInV2(t *testing.T) {
	c := Container{ID: "c", Spec: &specs.Spec{Linux: &specs.Linux{Resources: memory(100, 200)}}}
	v2 := look.Layout{Mode: look.ModeV2, V2: look.Hierarchy{Point: "/g", Root: "/", Controllers: []string{"memory"}}}
	swap := int64(350)
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{Swap: &swap}}
	if got, want := written(c, v2, r), "memory.max=100 memory.swap.max=250"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
