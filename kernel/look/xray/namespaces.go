// This file compares namespaces with those of process 1, and of who looks.
package xray

import (
	"os"

	"glassbox/kernel/look"
)

// Namespace is one that the process is in.
type Namespace struct {
	Type  string `json:"type"`
	Inode uint64 `json:"inode"`
	Whose string `json:"whose"`          // Own, Host, Reader
	Keeps string `json:"keeps"`          // what is private in it
	With  []int  `json:"with,omitempty"` // processes in it that see other files: another container's, a pod's
}

// Whose a namespace is.
const (
	Own    = "own"
	Host   = "host"   // that of process 1
	Reader = "reader" // not that of process 1, but that of who looks: a shell in a sandbox, a container beside
)

func keeps(typ string) string {
	return map[string]string{
		"mnt": "mounts", "pid": "process numbers", "net": "devices, addresses, ports, firewall", "uts": "hostname",
		"ipc": "message queues, shared memory", "user": "user numbers, what root may do", "cgroup": "which cgroup is /", "time": "clocks since boot",
	}[typ]
}

// readNamespaces takes its own namespaces for the host's where those of process 1 are closed, as they are to who is not root.
func (r *Report) readNamespaces(pid int) error {
	for _, typ := range []string{"mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time"} {
		if _, err := os.Lstat("/proc/self/ns/" + typ); err != nil {
			continue // a kernel without such namespaces
		}
		inode, err := look.Namespace(pid, typ)
		if err != nil {
			return err
		}
		mine, err := look.Namespace(os.Getpid(), typ)
		if err != nil {
			return err
		}
		host, err := look.HostNamespace(typ)
		if err != nil {
			host = mine
		}
		r.Namespaces = append(r.Namespaces, Namespace{Type: typ, Inode: inode, Whose: whose(inode, host, mine), Keeps: keeps(typ)})
	}
	return r.findCompanions()
}

// findCompanions looks for who else is in its own namespaces: containers may share some, but each has its mounts.
func (r *Report) findCompanions() error {
	if !r.owns("mnt") {
		return nil
	}
	for i := range r.Namespaces {
		ns := &r.Namespaces[i]
		if ns.Whose != Own || ns.Type == "mnt" {
			continue
		}
		inside, err := look.ProcessesIn(ns.Type, ns.Inode)
		if err != nil {
			return err
		}
		for _, pid := range inside {
			if mounts, err := look.Namespace(pid, "mnt"); err == nil && mounts != r.namespace("mnt").Inode {
				ns.With = append(ns.With, pid)
			}
		}
	}
	return nil
}

func whose(inode, host, reader uint64) string {
	switch inode {
	case host:
		return Host
	case reader:
		return Reader
	}
	return Own
}

// namespace is the one of a type; whose is empty if it could not be read.
func (r *Report) namespace(typ string) Namespace {
	for _, ns := range r.Namespaces {
		if ns.Type == typ {
			return ns
		}
	}
	return Namespace{}
}

// shares tells that a namespace is known not to be its own.
func (r *Report) shares(typ string) bool {
	whose := r.namespace(typ).Whose
	return whose == Host || whose == Reader
}

// owns tells that a namespace is known to be its own.
func (r *Report) owns(typ string) bool { return r.namespace(typ).Whose == Own }

// ownTypes lists the types of its own namespaces.
func (r *Report) ownTypes() []string {
	var types []string
	for _, ns := range r.Namespaces {
		if ns.Whose == Own {
			types = append(types, ns.Type)
		}
	}
	return types
}
