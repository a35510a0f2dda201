// This file says how the processors, disks and memory nodes of the machine serve a process.
package kernel

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// SetScheduler chooses how the calling thread gets processor time. man 2 sched_setattr.
type SetScheduler struct {
	Policy                    string // SCHED_OTHER …
	Flags                     []string
	Nice, Priority            int32
	Runtime, Deadline, Period uint64 // of SCHED_DEADLINE, in nanoseconds
}

var schedulers = map[string]uint32{"SCHED_OTHER": unix.SCHED_NORMAL, "SCHED_FIFO": unix.SCHED_FIFO, "SCHED_RR": unix.SCHED_RR,
	"SCHED_BATCH": unix.SCHED_BATCH, "SCHED_ISO": 4, "SCHED_IDLE": unix.SCHED_IDLE, "SCHED_DEADLINE": unix.SCHED_DEADLINE}

var schedulerFlags = map[string]uint64{"SCHED_FLAG_RESET_ON_FORK": unix.SCHED_FLAG_RESET_ON_FORK,
	"SCHED_FLAG_RECLAIM": unix.SCHED_FLAG_RECLAIM, "SCHED_FLAG_DL_OVERRUN": unix.SCHED_FLAG_DL_OVERRUN,
	"SCHED_FLAG_KEEP_POLICY": unix.SCHED_FLAG_KEEP_POLICY, "SCHED_FLAG_KEEP_PARAMS": unix.SCHED_FLAG_KEEP_PARAMS,
	"SCHED_FLAG_UTIL_CLAMP_MIN": unix.SCHED_FLAG_UTIL_CLAMP_MIN, "SCHED_FLAG_UTIL_CLAMP_MAX": unix.SCHED_FLAG_UTIL_CLAMP_MAX}

func (s SetScheduler) Do() error { return do(s) }

// calls: the structure begins with its own size, the policy, the flags, and nice and priority in one word.
func (s SetScheduler) calls(m *making) error {
	policy, known := schedulers[s.Policy]
	if !known {
		return fmt.Errorf("%w: unknown policy", unix.EINVAL)
	}
	flags := uint64(0)
	for _, name := range s.Flags {
		flag, known := schedulerFlags[name]
		if !known {
			return fmt.Errorf("%w: unknown flag %s", unix.EINVAL, name)
		}
		flags |= flag
	}
	attr := words{unix.SizeofSchedAttr | uintptr(policy)<<32, uintptr(flags), uintptr(uint32(s.Nice)) | uintptr(s.Priority)<<32,
		uintptr(s.Runtime), uintptr(s.Deadline), uintptr(s.Period), 0}
	m.add(call{number: unix.SYS_SCHED_SETATTR, args: with{0, attr, 0}})
	return nil
}

func (s SetScheduler) Call() string {
	return fmt.Sprintf("sched_setattr(0, {sched_policy=%s, sched_flags=%s, sched_nice=%d, sched_priority=%d, sched_runtime=%d, sched_deadline=%d, sched_period=%d}, 0)",
		s.Policy, orZero(strings.Join(s.Flags, "|")), s.Nice, s.Priority, s.Runtime, s.Deadline, s.Period)
}

func (s SetScheduler) Shell() string {
	return fmt.Sprintf("chrt --%s --pid %d $$ && renice -n %d -p $$", strings.ToLower(strings.TrimPrefix(s.Policy, "SCHED_")), s.Priority, s.Nice)
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// SetIOPriority says whose reads and writes go first: those of the calling thread and of all that it begets. man 2 ioprio_set.
type SetIOPriority struct {
	Class    string // IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE
	Priority int    // 0 is the highest, 7 the lowest
}

// ioClasses and the numbers in calls are of linux/ioprio.h.
var ioClasses = map[string]int{"IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3}

func (s SetIOPriority) Do() error { return do(s) }

func (s SetIOPriority) calls(m *making) error {
	const whoProcess, classShift = 1, 13
	class, known := ioClasses[s.Class]
	if !known || s.Priority < 0 || s.Priority > 7 {
		return fmt.Errorf("%w: use IOPRIO_CLASS_RT, _BE or _IDLE, and 0 to 7", unix.EINVAL)
	}
	m.add(call{number: unix.SYS_IOPRIO_SET, args: with{whoProcess, 0, class<<classShift | s.Priority}})
	return nil
}

func (s SetIOPriority) Call() string {
	return fmt.Sprintf("ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(%s, %d))", s.Class, s.Priority)
}
func (s SetIOPriority) Shell() string {
	return fmt.Sprintf("ionice -c %d -n %d -p $$", ioClasses[s.Class], s.Priority)
}

// SetAffinity binds the calling thread to processors. man 2 sched_setaffinity.
type SetAffinity struct{ CPUs string } // as 0-3,7

func (s SetAffinity) Do() error { return do(s) }

func (s SetAffinity) calls(m *making) error {
	mask, err := bits(s.CPUs)
	if err != nil {
		return err
	}
	m.add(call{number: unix.SYS_SCHED_SETAFFINITY, args: with{0, len(mask), mask}})
	return nil
}

// bits has one set for each number of a list such as 0-3,7.
func bits(list string) ([]byte, error) {
	numbers, err := readList(list)
	mask := make([]byte, 128)
	for _, n := range numbers {
		if n < 8*len(mask) {
			mask[n/8] |= 1 << (n % 8)
		}
	}
	return mask, err
}

func (s SetAffinity) Call() string  { return "sched_setaffinity(0, [" + s.CPUs + "])" }
func (s SetAffinity) Shell() string { return "taskset -p -c " + quote(s.CPUs) + " $$" }

// SetMemoryPolicy says on which memory nodes pages are to lie. man 2 set_mempolicy.
type SetMemoryPolicy struct {
	Mode  string // MPOL_BIND …
	Nodes string // as 0-3,7; empty where the mode takes none
	Flags []string
}

// The numbers of linux/mempolicy.h.
var (
	memoryModes = map[string]int{"MPOL_DEFAULT": 0, "MPOL_PREFERRED": 1, "MPOL_BIND": 2, "MPOL_INTERLEAVE": 3, "MPOL_LOCAL": 4,
		"MPOL_PREFERRED_MANY": 5, "MPOL_WEIGHTED_INTERLEAVE": 6}
	memoryFlags = map[string]int{"MPOL_F_STATIC_NODES": 1 << 15, "MPOL_F_RELATIVE_NODES": 1 << 14, "MPOL_F_NUMA_BALANCING": 1 << 13}
)

// MemoryPolicies lists the modes and flags that SetMemoryPolicy knows.
func MemoryPolicies() (modes, flags []string) {
	return slices.Sorted(maps.Keys(memoryModes)), slices.Sorted(maps.Keys(memoryFlags))
}

func (s SetMemoryPolicy) Do() error { return do(s) }

func (s SetMemoryPolicy) calls(m *making) error {
	mode, known := memoryModes[s.Mode]
	if !known {
		return fmt.Errorf("%w: unknown mode", unix.EINVAL)
	}
	for _, name := range s.Flags {
		flag, known := memoryFlags[name]
		if !known {
			return fmt.Errorf("%w: unknown flag %s", unix.EINVAL, name)
		}
		mode |= flag
	}
	if s.Nodes == "" {
		m.add(call{number: unix.SYS_SET_MEMPOLICY, args: with{mode, 0, 0}})
		return nil
	}
	mask, err := bits(s.Nodes)
	if err != nil {
		return err
	}
	m.add(call{number: unix.SYS_SET_MEMPOLICY, args: with{mode, mask, 8 * len(mask)}})
	return nil
}

func (s SetMemoryPolicy) Call() string {
	return fmt.Sprintf("set_mempolicy(%s, [%s])", strings.Join(append([]string{s.Mode}, s.Flags...), "|"), s.Nodes)
}
func (s SetMemoryPolicy) Shell() string {
	word := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(s.Mode, "MPOL_")), "_", "-")
	if word == "bind" {
		word = "membind"
	}
	if s.Nodes != "" {
		word += "=" + s.Nodes
	}
	return Quote("numactl", "--"+word)
}

// SetPersonality makes the kernel describe itself as another: with LINUX32, uname shows a 32-bit machine. man 2 personality.
type SetPersonality struct{ Domain string }

// The numbers of linux/personality.h.
var personalities = map[string]uintptr{"LINUX": 0, "LINUX32": 8}

func (s SetPersonality) Do() error { return do(s) }

func (s SetPersonality) calls(m *making) error {
	number, known := personalities[s.Domain]
	if !known {
		return fmt.Errorf("%w: use LINUX or LINUX32", unix.EINVAL)
	}
	m.add(call{number: unix.SYS_PERSONALITY, args: with{number}})
	return nil
}

func (s SetPersonality) Call() string  { return "personality(PER_" + s.Domain + ")" }
func (s SetPersonality) Shell() string { return "setarch " + strings.ToLower(s.Domain) }

// readList reads 0-3,7 as numbers below 1024.
func readList(text string) ([]int, error) {
	var all []int
	if text == "" {
		return nil, nil
	}
	for _, part := range strings.Split(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		a, err := strconv.ParseUint(from, 10, 10)
		b, err2 := strconv.ParseUint(to, 10, 10)
		if err != nil || err2 != nil || a > b {
			return nil, fmt.Errorf("%w: %q is no list of numbers such as 0-3,7", unix.EINVAL, text)
		}
		for n := a; n <= b; n++ {
			all = append(all, int(n))
		}
	}
	return all, nil
}

// ChangeProfile puts the program under an AppArmor profile, from its execve on. man 7 apparmor; the host's /proc/PID/attr.
type ChangeProfile struct{ Name string }

func (c ChangeProfile) Do() error { return do(c) }

// calls look for the file beforehand.
func (c ChangeProfile) calls(m *making) error {
	for _, file := range []string{"/proc/thread-self/attr/apparmor/exec", "/proc/thread-self/attr/exec"} {
		if unix.Access(file, unix.F_OK) == nil {
			m.write(file, "exec "+c.Name, true)
			return nil
		}
	}
	return unix.ENOENT
}

func (c ChangeProfile) Call() string {
	return fmt.Sprintf("write(\"/proc/thread-self/attr/apparmor/exec\", %q, %d)", "exec "+c.Name, len(c.Name)+5)
}
func (c ChangeProfile) Shell() string { return Quote("aa-exec", "-p", c.Name) }
