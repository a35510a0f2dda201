// This file keeps what must outlive us, as JSON that a learner can read, and tells what is true now.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel/quickjson"
	"glassbox/runtime/plan"
)

// Container is one that exists.
type Container struct {
	record
	dir  string
	Warn func(string) // as in Options
}

// record is the content of state.json.
type record struct {
	Plan    plan.Container `json:"container"`
	InitPID int            `json:"pid"`
	Began   uint64         `json:"began"` // of the process, in clock ticks since boot: with the pid it names one process for ever
	Created time.Time      `json:"created"`
	Host    plan.Host      `json:"host"` // the facts that the plan was made from
	Cgroups []string       `json:"cgroups"`
}

const (
	stateFile   = "state.json"
	journalFile = "journal"
	fifoFile    = "exec.fifo"
)

// Load reads the state of a container.
func Load(root, id string) (*Container, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	c := &Container{dir: filepath.Join(root, id)}
	data, err := os.ReadFile(filepath.Join(c.dir, stateFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("container %q: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("container %q: read its state: %w", id, err)
	}
	if err := quickjson.Unmarshal(data, &c.record); err != nil {
		return nil, fmt.Errorf("container %q: read its state: %w", id, err)
	}
	return c, nil
}

// List loads every container below root. Directories without a state are half-made ones.
func List(root string) ([]*Container, error) {
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var all []*Container
	for _, e := range entries {
		c, err := Load(root, e.Name())
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// save replaces state.json whole: a reader sees the old or the new one.
func (c *Container) save() error {
	data, err := quickjson.Marshal(c.record)
	if err != nil {
		return err
	}
	path := filepath.Join(c.dir, stateFile)
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return os.Rename(path+".new", path)
}

// Status is one of the OCI states, or "paused" as engines know it.
func (c *Container) Status() specs.ContainerState {
	if !alive(c.InitPID, c.Began) {
		return specs.StateStopped
	}
	if _, err := os.Stat(filepath.Join(c.dir, fifoFile)); err == nil {
		if _, err := os.Stat(filepath.Join(c.dir, bornFile)); err != nil {
			return specs.StateCreating
		}
		return specs.StateCreated
	}
	if c.frozen() {
		return "paused"
	}
	return specs.StateRunning
}

// State is what the OCI "state" operation answers. OCI runtime.md, "State".
func (c *Container) State() specs.State {
	s := plan.State(c.Plan, c.Status(), c.InitPID)
	if s.Status == specs.StateStopped {
		s.Pid = 0
	}
	return s
}

// alive tells whether the process pid is still the one that began at start. A zombie has ended.
func alive(pid int, start uint64) bool {
	now, state, err := processStart(pid)
	return err == nil && now == start && state != "Z" && state != "X"
}

// processStart reads the fields 22 and 3 of /proc/PID/stat. man 5 proc.
func processStart(pid int) (start uint64, state string, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, "", err
	}
	_, after, _ := strings.Cut(string(data), ") ") // the name before it may hold anything
	fields := strings.Fields(string(after))
	if len(fields) < 20 {
		return 0, "", fmt.Errorf("read /proc/%d/stat: %d fields", pid, len(fields))
	}
	start, err = strconv.ParseUint(fields[19], 10, 64)
	return start, fields[0], err
}

// frozen reads the freezer: cgroup.freeze in v2, freezer.state in v1.
func (c *Container) frozen() bool {
	file, thawed := "cgroup.freeze", "0"
	if _, version := c.Host.Cgroups.Where("freezer"); version == 1 {
		file, thawed = "freezer.state", "THAWED"
	}
	data, err := os.ReadFile(filepath.Join(c.Host.Cgroups.Dir("freezer", c.Plan.CgroupPath()), file))
	return err == nil && strings.TrimSpace(string(data)) != thawed
}

// openPidfd holds on to a process, so that its number can not come to mean another. man 2 pidfd_open.
func openPidfd(pid int) (*os.File, error) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, fmt.Errorf("pidfd_open(%d): %w", pid, err)
	}
	return os.NewFile(uintptr(fd), "pidfd"), nil
}

// PID is the container's first process, as the host numbers it.
func (c *Container) PID() int { return c.InitPID }
