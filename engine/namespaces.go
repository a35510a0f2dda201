// This file lets a container see more than its own: --pid, --ipc, --uts and --cgroupns leave a namespace of the host's, or of
// another container, in place of a new one. The network is join.go's.
package engine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// Namespaces says which namespaces are not new, in Docker's words. Empty: a new one.
type Namespaces struct {
	PID    string   // "host", "container:ID"
	IPC    string   // "none", "private", "shareable", "host", "container:ID"
	UTS    string   // "host"
	Cgroup string   // "private", "host"
	User   string   // "host", "remap"
	IDs    *IDRange `json:",omitempty"` // with remap: looked up when it is made
}

const (
	ofHost      = "host"
	ofOthers    = "remap"
	ofContainer = "container:"

	ipcNone      = "none"
	ipcPrivate   = "private"
	ipcShareable = "shareable"
)

// Joins are the facts about namespaces that are joined.
type Joins struct {
	Paths map[specs.LinuxNamespaceType]string // the file of another container's
	Shm   string                              // what is /dev/shm inside, where others use it too; empty: a file system of its own
}

// namespaceMode is a flag with the words that it takes.
type namespaceMode struct {
	flag  string
	value *string
	words []string
	joins bool // container:NAME, too
}

// namespacesKnown looks up the containers that a request names, and refuses what contradicts itself.
func (e *Engine) namespacesKnown(r Request) (Request, error) {
	n := &r.Namespaces
	for _, mode := range []namespaceMode{
		{"--pid", &n.PID, []string{ofHost}, true},
		{"--ipc", &n.IPC, []string{ipcNone, ipcPrivate, ipcShareable, ofHost}, true},
		{"--uts", &n.UTS, []string{ofHost}, false},
		{"--cgroupns", &n.Cgroup, []string{"private", ofHost}, false},
		{"--userns", &n.User, []string{ofHost, ofOthers}, false},
	} {
		if err := e.modeKnown(mode); err != nil {
			return r, err
		}
	}
	if n.User == ofOthers {
		if err := e.remap(&r); err != nil {
			return r, err
		}
	}
	if n.UTS != ofHost {
		return r, nil
	}
	if r.Hostname != "" || r.Domainname != "" {
		return r, errors.New("conflicting options: hostname and the UTS mode: with --uts host its name is the host's")
	}
	var err error
	if r.Hostname, err = os.Hostname(); err != nil {
		return r, fmt.Errorf("name the container as the host: %w", err)
	}
	return r, nil
}

// modeKnown puts the id, which stays the same, in place of a container's name.
func (e *Engine) modeKnown(m namespaceMode) error {
	words := m.words
	if m.joins {
		words = append(words, ofContainer+"NAME")
	}
	name, other := strings.CutPrefix(*m.value, ofContainer)
	switch {
	case other && m.joins:
		owner, err := e.find(name)
		if err != nil {
			return fmt.Errorf("%s %s: %w", m.flag, *m.value, err)
		}
		*m.value = ofContainer + owner.ID
	case *m.value != "" && !slices.Contains(m.words, *m.value):
		return fmt.Errorf("%s: invalid mode %q: there is %s", m.flag, *m.value, strings.Join(words, ", "))
	}
	return nil
}

// joins finds the namespaces of other containers. They have to run: a namespace ends with its last process.
func (e *Engine) joins(id string, r Request) (Joins, error) {
	j := Joins{Paths: map[specs.LinuxNamespaceType]string{}}
	if r.Namespaces.IDs != nil {
		j.Paths[specs.UserNamespace] = e.users(id)
	}
	pid, _, err := e.ownerOf(r.Namespaces.PID, "PID")
	if err != nil {
		return j, err
	}
	if pid != 0 {
		j.Paths[specs.PIDNamespace] = look.NamespacePath(pid, "pid")
	}
	pid, owner, err := e.ownerOf(r.Namespaces.IPC, "IPC")
	switch {
	case err != nil:
		return j, err
	case r.Namespaces.IPC == ofHost:
		j.Shm = "/dev/shm"
	case r.Namespaces.IPC == ipcShareable:
		j.Shm = e.live(id, "shm")
	case owner == nil:
	case owner.Request.Namespaces.IPC == ofHost:
		j.Shm = "/dev/shm"
	case owner.Request.Namespaces.IPC != ipcShareable:
		return j, fmt.Errorf("can't join IPC of container %s: its IPC namespace is private: make it with --ipc shareable", owner.Name)
	default:
		j.Paths[specs.IPCNamespace], j.Shm = look.NamespacePath(pid, "ipc"), e.live(owner.ID, "shm")
	}
	return j, nil
}

// ownerOf returns the process whose namespace is meant by a mode "container:ID"; none for others.
func (e *Engine) ownerOf(mode, what string) (pid int, owner *Record, err error) {
	id, ok := strings.CutPrefix(mode, ofContainer)
	if !ok {
		return 0, nil, nil
	}
	if owner, err = e.find(id); err != nil {
		return 0, nil, fmt.Errorf("join the %s namespace of another container: %w", what, err)
	}
	status, err := e.status(owner.ID)
	if err == nil && status.State != wire.Running {
		err = fmt.Errorf("cannot join %s of a non running container: %s: glassbox start %s", what, owner.Name, owner.Name)
	}
	return status.PID, owner, err
}

// shmPlan mounts the memory that others may share where they can find it.
func (e *Engine) shmPlan(id string, r Request) []explain.Step {
	if r.Namespaces.IPC != ipcShareable {
		return nil
	}
	dir := e.live(id, "shm")
	return []explain.Step{explain.Say("Make /dev/shm for several containers",
		"who joins the IPC namespace expects the same shared memory, so it is mounted where both can bind it", "03",
		kernel.Mkdir{Path: dir, Mode: 0o700},
		kernel.Mount{Source: "shm", Target: dir, FSType: "tmpfs", Flags: shmFlags, Data: fmt.Sprintf("mode=1777,size=%d", shmSize(r.Limits))},
	).Kept("the container would have no shared memory")}
}
