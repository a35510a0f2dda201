// Package xray looks through a process: how it is isolated, whoever started it, and how it is not. It joins what package look
// sees to one report, asks nobody's books, and changes nothing. man 7 namespaces, cgroups, capabilities.
//
//	xray.go      Look: the report, and what to read for it
//	namespaces.go its own, the host's, or the reader's
//	origin.go    who started it: a table of the traces that engines leave
//	cgroups.go   what bounds it, here or in a cgroup above
//	rights.go    its capabilities beside an engine's usual ones, its label, its rlimits beside those of process 1
//	files.go     its root, what is masked, what of the host is mounted in it
//	network.go   its devices, their other ends, the rules that name them
//	finding.go   what is not isolated, in sentences: finding_….go
//	render.go    Write
//
// What can not be read, for lack of rights, is named in Unread; no sentence is then said about it.
package xray

import (
	"fmt"

	"glassbox/kernel/look"
)

// Report is all that was found.
type Report struct {
	Process      look.Process    `json:"process"`
	StartedBy    Origin          `json:"started_by"`
	Ancestors    []look.Ancestor `json:"ancestors"` // the parent first
	Namespaces   []Namespace     `json:"namespaces"`
	Cgroups      Cgroups         `json:"cgroups"`
	Capabilities Difference      `json:"capabilities"`
	Label        string          `json:"label"` // of AppArmor, SELinux, Smack; empty: none is in use
	Rlimits      []look.Rlimit   `json:"rlimits"`
	Files        Files           `json:"files"`
	Network      Network         `json:"network"`
	Unread       []string        `json:"unread"` // what could not be read, and why
	NotIsolated  []Finding       `json:"not_isolated"`
}

// Look reads all of a process that can be read. The error is for a process that is not there.
func Look(pid int) (Report, error) {
	r := Report{Unread: []string{}}
	var err error
	if r.Process, err = look.ReadProcess(pid); err != nil {
		return r, err
	}
	for _, closed := range r.Process.Closed {
		r.Unread = append(r.Unread, fmt.Sprintf("its %s: permission denied", closed))
	}
	mounts, err := look.Mounts(pid)
	r.read("its mounts", err)
	r.read("its ancestors", r.readAncestors(pid))
	r.read("its namespaces", r.readNamespaces(pid))
	r.read("its cgroups", r.readCgroups(pid))
	r.read("its devices", r.readDevices(pid))
	r.read("its label", r.readLabel(pid))
	r.read("the rlimits of process 1", r.readRlimits())
	r.read("the mounts of the host", r.readFiles(mounts))
	r.read("its network", r.readNetwork(pid))
	r.Capabilities = beside(r.Process.Capabilities.Effective)
	r.StartedBy = originOf(r, mounts)
	r.NotIsolated = findings(r)
	return r, nil
}

// read notes what can not be read: most often it is another user's, and the rest is still worth telling.
func (r *Report) read(what string, err error) {
	if err != nil {
		r.Unread = append(r.Unread, fmt.Sprintf("%s: %v", what, err))
	}
}

func (r *Report) readAncestors(pid int) (err error) {
	r.Ancestors, err = look.Ancestors(pid)
	return err
}

func (r *Report) readLabel(pid int) (err error) {
	r.Label, err = look.Label(pid)
	return err
}
