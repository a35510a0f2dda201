// This file asks systemd to keep a container's group as a unit of its own, a scope: it then shows in systemctl, and systemd leaves
// to it what it does with the groups that it knows. systemd is asked by its own client for D-Bus, busctl.
// man 5 org.freedesktop.systemd1; systemd.io/CGROUP_DELEGATION.
package kernel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"glassbox/explain"
)

// UnitProperty is one of man 5 systemd.resource-control, with its type and its words as busctl takes them: MemoryMax t 1000.
type UnitProperty struct {
	Name, Type string
	Words      []string
}

// ScopeStart makes the scope Unit of the process PID, in Slice. Groups that are there already are taken over.
type ScopeStart struct {
	Unit, Slice, Description string
	PID                      int // 0: not known yet, told as $PID
	Properties               []UnitProperty
	Slices                   []string // units that nobody else wants, the outer one first: they go with the last scope in them
}

// Do returns when systemd has finished: whoever writes a limit afterwards has the last word. A slice that another container has
// brought is left to it.
func (s ScopeStart) Do() error {
	for {
		err := RunHook{Path: "/usr/bin/busctl", Args: s.words(), Seconds: systemdPatience}.run()
		switch {
		case err == nil:
			if err = s.await(); err == nil {
				return nil
			}
			return &Error{Call: s.Call(), Err: err}
		case len(s.Slices) == 0 || !strings.Contains(err.Error(), "already loaded"):
			return &Error{Call: s.Call(), Err: err}
		}
		s.Slices = s.Slices[1:]
	}
}

func (s ScopeStart) await() error {
	for begin := time.Now(); !unitActive(s.Unit); time.Sleep(time.Millisecond) {
		if time.Since(begin) > systemdPatience*time.Second {
			return fmt.Errorf("the unit has not become active: see systemctl status %s", s.Unit)
		}
	}
	return nil
}

func (s ScopeStart) words() []string {
	pid := "$PID"
	if s.PID != 0 {
		pid = strconv.Itoa(s.PID)
	}
	properties := append([]UnitProperty{
		{"Description", "s", []string{s.Description}}, {"Slice", "s", []string{s.Slice}}, {"PIDs", "au", []string{"1", pid}},
		{"Delegate", "b", []string{"true"}}, {"CollectMode", "s", []string{"inactive-or-failed"}}}, s.Properties...)
	words := append(managerCall("StartTransientUnit", "ssa(sv)a(sa(sv))"), s.Unit, "fail")
	words = append(append(words, propertyWords(properties)...), strconv.Itoa(len(s.Slices)))
	for _, slice := range s.Slices {
		words = append(words, slice, "1", "StopWhenUnneeded", "b", "true")
	}
	return words
}

func (s ScopeStart) Call() string { return strings.ReplaceAll(Quote(s.words()...), "'$PID'", "$PID") }
func (s ScopeStart) Shell() string {
	return s.Call() + " && until systemctl -q is-active " + quote(s.Unit) + "; do sleep 0.01; done"
}
func (s ScopeStart) Undo() explain.Op { return ScopeStop{Unit: s.Unit} }

// ScopeStop ends a scope. It has ended by itself if its last process has.
type ScopeStop struct{ Unit string }

func (s ScopeStop) Do() error {
	err := RunHook{Path: "/usr/bin/busctl", Args: s.words(), Seconds: systemdPatience}.run()
	if err != nil && !strings.Contains(err.Error(), "not loaded") {
		return &Error{Call: s.Call(), Err: err}
	}
	for begin := time.Now(); err == nil && unitActive(s.Unit); time.Sleep(time.Millisecond) {
		if time.Since(begin) > systemdPatience*time.Second {
			return &Error{Call: s.Call(), Err: fmt.Errorf("it is still active: see systemctl status %s", s.Unit)}
		}
	}
	return nil
}
func (s ScopeStop) words() []string { return append(managerCall("StopUnit", "ss"), s.Unit, "replace") }
func (s ScopeStop) Call() string    { return Quote(s.words()...) }
func (s ScopeStop) Shell() string   { return s.Call() + " || :" }

// ScopeSet changes the limits of a scope until the next boot.
type ScopeSet struct {
	Unit       string
	Properties []UnitProperty
}

// Do asks a second time, for anything: systemd answers the first request before it has written the files.
func (s ScopeSet) Do() error {
	if err := (RunHook{Path: "/usr/bin/busctl", Args: s.words(), Seconds: systemdPatience}).run(); err != nil {
		return &Error{Call: s.Call(), Err: err}
	}
	return ScopeStart{Unit: s.Unit}.await()
}
func (s ScopeSet) words() []string {
	return slices.Concat(managerCall("SetUnitProperties", "sba(sv)"), []string{s.Unit, "true"}, propertyWords(s.Properties))
}
func (s ScopeSet) Call() string  { return Quote(s.words()...) }
func (s ScopeSet) Shell() string { return s.Call() }

const systemdPatience = 10 // seconds

func managerCall(method, types string) []string {
	return []string{"busctl", "--quiet", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager", method, types}
}

func propertyWords(all []UnitProperty) []string {
	words := []string{strconv.Itoa(len(all))}
	for _, p := range all {
		words = append(append(words, p.Name, p.Type), p.Words...)
	}
	return words
}

func unitActive(unit string) bool {
	return RunHook{Path: "/usr/bin/systemctl", Args: []string{"systemctl", "-q", "is-active", unit}, Seconds: systemdPatience}.run() == nil
}
