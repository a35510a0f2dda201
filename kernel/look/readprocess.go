// This file fills in a Process, one concern at a time.
package look

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ReadProcess reads all of a process.
func ReadProcess(pid int) (Process, error) {
	p := Process{PID: pid}
	s, err := status(pid)
	if err != nil {
		return p, err
	}
	for _, read := range []func() error{
		func() error { return p.readIdentity(s) },
		func() error { return p.readIDs(s) },
		func() error { return p.readRights(s) },
		p.readFiles,
		p.readMaps,
		p.readOOM,
	} {
		if err := read(); err != nil {
			return p, err
		}
	}
	p.Limits, err = Rlimits(pid)
	return p, err
}

func (p *Process) readIdentity(s fields) (err error) {
	p.Name, p.State = s["Name"], s["State"]
	if p.NSpid, err = s.ints("NSpid"); err != nil {
		return err
	}
	if p.Parent, err = s.int("PPid"); err != nil {
		return err
	}
	p.Threads, err = s.int("Threads")
	return err
}

func (p *Process) readIDs(s fields) (err error) {
	if p.UID, err = s.ids("Uid"); err != nil {
		return err
	}
	if p.GID, err = s.ids("Gid"); err != nil {
		return err
	}
	p.Groups, err = s.ints("Groups")
	return err
}

func (f fields) ids(name string) (IDs, error) {
	n, err := f.ints(name)
	if err != nil {
		return IDs{}, err
	}
	if len(n) != 4 {
		return IDs{}, fmt.Errorf("read the field %s: %q is not four ids", name, f[name])
	}
	return IDs{Real: n[0], Effective: n[1], Saved: n[2], FS: n[3]}, nil
}

func (p *Process) readRights(s fields) (err error) {
	if p.Capabilities, err = capabilitiesOf(s); err != nil {
		return err
	}
	p.NoNewPrivs = s["NoNewPrivs"] == "1"
	p.Seccomp = map[string]string{"0": "disabled", "1": "strict", "2": "filter"}[s["Seccomp"]]
	p.SeccompFilters, err = s.int("Seccomp_filters")
	return err
}

func (p *Process) readFiles() (err error) {
	for _, link := range []struct {
		name string
		to   *string
	}{{"exe", &p.Exe}, {"root", &p.Root}, {"cwd", &p.Cwd}} {
		if err := p.readLink(link.name, link.to); err != nil {
			return err
		}
	}
	p.Args, err = Args(p.PID)
	return err
}

// readLink reads a link such as /proc/PID/exe. Kernel threads and zombies have none: that is an empty text.
func (p *Process) readLink(name string, to *string) (err error) {
	*to, err = os.Readlink(procPath(p.PID, name))
	switch {
	case errors.Is(err, fs.ErrPermission):
		p.Closed = append(p.Closed, name)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("look at process %d: %w", p.PID, err)
	}
	return nil
}

func (p *Process) readMaps() (err error) {
	if p.UIDMap, err = IDMap(p.PID, "uid_map"); err != nil {
		return err
	}
	p.GIDMap, err = IDMap(p.PID, "gid_map")
	return err
}

func (p *Process) readOOM() error {
	text, err := readProc(p.PID, "oom_score_adj")
	if err != nil {
		return err
	}
	p.OOMScoreAdj, err = parseFields("adj:" + text).int("adj")
	return err
}
