// Package plan turns an OCI specification into steps. It is the whole policy of the runtime, and it is pure: the same
// specification and the same facts about the host give the same plan, without a system call, a clock or a file. To read a
// container's birth from top to bottom, read Halves: what happens on the host, then what happens inside.
//
// Order, and who does what:
//
//	the runtime, on the host                      the stage: its deputy in the new namespaces
//	Before   make the cgroup it is born in (v2)
//	Birth    start the stage                 -->  waits to be told
//	After    make its cgroups (v1)                Begin    the mounts
//	Outside  set the limits                  -->  Furnish  join them; devices, names
//	RuntimeHooks                             <->  (waits, if there are any)
//	                                              MoveIn   pivot_root
//	                                              Confine  user, capabilities, seccomp
//	start                                    -->  Last     execve
package plan

import (
	"path/filepath"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel/look"
)

// Host is what a plan has to know about the machine. Look gathers it.
type Host struct {
	Cgroups      look.Layout     `json:"cgroups"`
	Paths        map[string]Kind `json:"paths"`        // of bind sources, masked and read-only paths
	Capabilities uint64          `json:"capabilities"` // what we have and so can give
	CPUs         string          `json:"cpus"`         // of a v1 host's topmost cpuset, as "0-3"
	MemoryNodes  string          `json:"memoryNodes"`
	UID          int             `json:"uid,omitempty"` // whose runtime it is
	Rootless     bool            `json:"rootless,omitempty"`
	NoSetgroups  bool            `json:"noSetgroups,omitempty"` // denied in the user namespace of the runtime, and so in all below
	Undelegated  []string        `json:"undelegated,omitempty"` // controllers whose groups are closed to this user
	Delegable    []string        `json:"delegable,omitempty"`   // files of the v2 group that its user is to own
	Slices       []string        `json:"slices,omitempty"`      // slices that are ours to make and to remove
	Systemd      bool            `json:"systemd,omitempty"`     // the container becomes a unit of it
	Stage        int             `json:"-"`                     // the stage's pid inside; 0 while it is only a plan
}

// Kind is what lies at a path of the host.
type Kind string

// The kinds that matter for a mount.
const (
	Absent Kind = ""
	Dir    Kind = "dir"
	File   Kind = "file"
)

// Container is what is to be born: the specification, and where it lies.
type Container struct {
	ID     string      `json:"id"`
	Bundle string      `json:"bundle"`
	Spec   *specs.Spec `json:"spec"`
	Filter Filter      `json:"filter"`         // the compiled seccomp profile
	Init   bool        `json:"init,omitempty"` // a reaper as PID 1
	Stay   bool        `json:"stay,omitempty"` // no pivot_root: --no-pivot

	Bare        string            `json:"bare,omitempty"`        // the file of a mount namespace to be born from, which need not have the root; empty: the runtime's
	CallersKeys bool              `json:"callersKeys,omitempty"` // no keyring of its own: --no-new-keyring
	Scope       *Scope            `json:"scope,omitempty"`
	Subgroups   map[string]string `json:"subgroups,omitempty"` // where a visitor goes below its groups, by controller or "" for all
}

// Filter is a seccomp program as the kernel takes it; empty: no filter.
type Filter struct {
	Program  []byte `json:"program,omitempty"`
	Flags    uint   `json:"flags,omitempty"`
	Listener string `json:"listener,omitempty"` // the socket of the one who decides calls (SCMP_ACT_NOTIFY)
	Metadata string `json:"metadata,omitempty"` // for it, unread
}

// Rootfs is the absolute path of the root file system.
func (c Container) Rootfs() string {
	if filepath.IsAbs(c.Spec.Root.Path) {
		return filepath.Clean(c.Spec.Root.Path)
	}
	return filepath.Join(c.Bundle, c.Spec.Root.Path)
}

// Inside is what the stage does in the new namespaces before it gives up its rights.
func Inside(c Container, h Host) []explain.Step {
	return slices.Concat(Begin(c, h), Furnish(c, h), MoveIn(c, h))
}

// Begin is what the stage can do while its cgroups are made.
func Begin(c Container, h Host) []explain.Step {
	steps := append(keyringSteps(c), loopbackSteps(c.Spec)...)
	if joinsMounts(c.Spec) {
		return steps
	}
	before, _ := cutMounts(c.Spec)
	return slices.Concat(steps, rootSteps(c), mountSteps(c, h, before))
}

// Furnish makes the container's files while those of the host are in sight. At its end the runtime's hooks are run. The cgroups come
// before the mounts that show them, and a mount namespace is joined when the host's paths are needed no more.
func Furnish(c Container, h Host) []explain.Step {
	steps := append(selfJoinSteps(c, h), cgroupNamespaceSteps(c.Spec)...)
	before, from := cutMounts(c.Spec)
	if joinsMounts(c.Spec) {
		steps = slices.Concat(steps, joinMountsSteps(c.Spec), mountSteps(c, h, before))
	}
	return slices.Concat(
		steps,
		mountSteps(c, h, from),
		deviceSteps(c, h),
		terminalSteps(c),
		devReadonly(c),
		workSteps(c),
		nameSteps(c.Spec),
		sysctlSteps(c),
		oomSteps(c.Spec.Process),
		profileSteps(c.Spec.Process),
		hideSteps(c, h),
	)
}

// MoveIn leaves the host's files behind.
func MoveIn(c Container, h Host) []explain.Step {
	return append(createContainerHooks(c, h), pivotSteps(c)...)
}

// Whole is the plan from the first step to the last, as --dry-run and --script want it.
func Whole(c Container, h Host) []explain.Step {
	outside, inside := Halves(c, h, 0, c.Spec.Process.Args[0])
	return append(outside, inside...)
}

// Halves is the whole plan, cut where it goes inside. pid is the stage's, 0 if it is not born yet; program is where the
// program was found, or its name.
func Halves(c Container, h Host, pid int, program string) (outside, inside []explain.Step) {
	return slices.Concat(MapMounts(c, nil), Before(c, h), []explain.Step{Birth(c, h, nil)}, After(c, h),
			ScopeSteps(c, h, pid), Limits(c, h), Outside(c, h, pid), RuntimeHooks(c, pid), LateLimits(c, h)),
		slices.Concat(Inside(c, h), Confine(c, h), StartHooks(c, h), Last(c, c.Spec.Process, program, 3, 3))
}

func hasNamespace(spec *specs.Spec, kind specs.LinuxNamespaceType) bool {
	return slices.ContainsFunc(spec.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
}

// newNamespace tells whether the container gets a namespace of this kind of its own, rather than joining one.
func newNamespace(spec *specs.Spec, kind specs.LinuxNamespaceType) bool {
	return slices.ContainsFunc(spec.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind && n.Path == "" })
}
