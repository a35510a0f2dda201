// This file compares the books with the kernel: what carries our names and has no container that lives is a leak. Everything is
// found by looking, never by remembering: links, mounts, cgroups, processes as the kernel lists them.
//
//	audit_owner.go   who lives, and so owns what carries its id
//	audit_books.go   directories and links of ours: containers, names, leases
//	audit_kernel.go  mounts, namespaces, cgroups, links, rules
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Leak is something that was left behind.
type Leak struct {
	Kind   string // "container", "mount", "cgroup" …
	Object string // its path or name
	Why    string
	Remedy string // the command that takes it back by hand

	fix func() error
}

func (l Leak) String() string {
	return fmt.Sprintf("%s %s: %s: %s", l.Kind, l.Object, l.Why, l.Remedy)
}

// Audit lists what was left behind. With fix it takes it back: containers by their journals, then, one by one, whatever still
// carries our names and belongs to nobody. What other engines of this machine have left behind is theirs to find.
func (e *Engine) Audit(ctx context.Context, fix bool) ([]Leak, error) {
	found, err := e.leaks()
	if err != nil || !fix {
		return found, err
	}
	var errs []error
	for _, l := range found {
		if l.Kind == "container" {
			errs = append(errs, wrapFix(l))
		}
	}
	rest, err := e.leaks() // the journals have taken most of it back
	errs = append(errs, err)
	for _, l := range rest {
		errs = append(errs, wrapFix(l))
	}
	return found, errors.Join(errs...)
}

func wrapFix(l Leak) error {
	if err := l.fix(); err != nil {
		return fmt.Errorf("take back %s %s: %w", l.Kind, l.Object, err)
	}
	return nil
}

// leaks looks twice if it finds anything: what began or ended while it looked is in one of the lists only.
func (e *Engine) leaks() ([]Leak, error) {
	first, err := e.lookForLeaks()
	if err != nil || len(first) == 0 {
		return nil, err
	}
	second, err := e.lookForLeaks()
	return slices.DeleteFunc(second, func(l Leak) bool {
		return !slices.ContainsFunc(first, func(f Leak) bool { return f.Kind == l.Kind && f.Object == l.Object })
	}), err
}

// lookForLeaks lists processes first and directories last: in this order they can be taken back.
func (e *Engine) lookForLeaks() ([]Leak, error) {
	o, err := e.owners()
	if err != nil {
		return nil, err
	}
	var all []Leak
	for _, look := range []func(owners) ([]Leak, error){
		e.damagedRecords, e.deadContainers, e.orphans, e.strayShims, e.strayRuntime, e.strayMounts, e.strayBare, e.strayNamespaces, e.strayLinks, e.strayPorts,
		e.strayBridges, e.strayTraces, e.strayCgroups, e.strayLeases, e.strayLive, e.halfMade, e.strayNames, e.strayBlobs, e.strayVolumes,
	} {
		found, err := look(o)
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		all = slices.Concat(all, found)
	}
	return all, nil
}
