// This file reads pressure (PSI): how much of the time something had to wait for a processor, memory or disk, for a cgroup or the
// whole machine. The kernel's accounting/psi.rst.
package look

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Pressure is one line of a file: "some avg10=0.12 avg60=0.05 avg300=0.01 total=12345".
type Pressure struct {
	Resource string  `json:"resource"` // cpu, memory, io, irq
	Kind     string  `json:"kind"`     // some: one had to wait; full: all had to, nothing was done
	Avg10    float64 `json:"avg10"`    // per cent of the last 10 seconds
	Avg60    float64 `json:"avg60"`
	Avg300   float64 `json:"avg300"`
	Total    uint64  `json:"total"` // microseconds
}

// Pressures is what was read.
type Pressures struct {
	Dir   string     `json:"dir"`   // of the files
	Whole bool       `json:"whole"` // they are about the whole machine
	Lines []Pressure `json:"lines"`
}

// PressureOf reads the pressure in a process's group. Only v2 counts for groups; elsewhere, and at the top, it is the machine's.
func PressureOf(pid int) (Pressures, error) {
	p := Pressures{Dir: "/proc/pressure", Whole: true}
	layout, err := HostLayout()
	if err != nil {
		return p, err
	}
	groups, err := CgroupOf(pid)
	if err != nil {
		return p, err
	}
	for _, g := range groups {
		if dir := layout.V2.Dir(g.Path); g.ID == 0 && layout.Mode == ModeV2 && g.Path != "/" {
			p.Dir, p.Whole = dir, false
		}
	}
	for _, resource := range []string{"cpu", "memory", "io", "irq"} {
		text, err := os.ReadFile(p.File(resource))
		if errors.Is(err, fs.ErrNotExist) && resource == "irq" { // only where the kernel counts it
			continue
		}
		if err != nil {
			return p, fmt.Errorf("read the pressure: %w%s", err, pressureRemedy(err))
		}
		lines, err := parsePressure(resource, string(text))
		if err != nil {
			return p, err
		}
		p.Lines = append(p.Lines, lines...)
	}
	return p, nil
}

// File is where a resource's pressure is read, and where a trigger for it is set.
func (p Pressures) File(resource string) string {
	if p.Whole {
		return p.Dir + "/" + resource
	}
	return p.Dir + "/" + resource + ".pressure"
}

func pressureRemedy(err error) string {
	switch {
	case errors.Is(err, unix.EOPNOTSUPP):
		return " (boot with psi=1)"
	case errors.Is(err, fs.ErrNotExist):
		return " (this kernel does not count pressure: it needs CONFIG_PSI, Linux 4.20)"
	}
	return ""
}

func parsePressure(resource, text string) ([]Pressure, error) {
	var all []Pressure
	for line := range strings.Lines(text) {
		p := Pressure{Resource: resource}
		_, err := fmt.Sscanf(line, "%s avg10=%f avg60=%f avg300=%f total=%d", &p.Kind, &p.Avg10, &p.Avg60, &p.Avg300, &p.Total)
		if err != nil {
			return nil, fmt.Errorf("read the pressure of %s: unexpected line %q: %w", resource, line, err)
		}
		all = append(all, p)
	}
	return all, nil
}

// WritePressures prints them as a table.
func WritePressures(w io.Writer, p Pressures) error {
	of := "of the group " + p.Dir
	if p.Whole {
		of = "of the whole machine"
	}
	if _, err := fmt.Fprintf(w, "Per cent of the time that somebody (some) or everybody (full) had to wait, %s\n\n", of); err != nil {
		return err
	}
	t := NewTable(w, "FOR", "WHO", "LAST 10 S", "60 S", "300 S", "IN ALL")
	for _, l := range p.Lines {
		t.Row(l.Resource, l.Kind, percent(l.Avg10), percent(l.Avg60), percent(l.Avg300), fmt.Sprintf("%.3f s", float64(l.Total)/1e6))
	}
	return t.Close()
}

func percent(n float64) string { return fmt.Sprintf("%.2f", n) }
