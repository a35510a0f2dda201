// This file says who may own something: a container that runs, one that a command is busy with, and any shim that lives, for it
// may belong to an engine with other directories.
package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"glassbox/engine/shim/wire"
)

type owners struct {
	records map[string]*Record // every container that is complete
	alive   map[string]bool    // ids that own what carries them
	busy    map[string]bool    // ids that a command has locked

	unattended map[string]bool // complete, with a live directory, and without a shim
	damaged    []*Damaged      // they own what carries their ids, too
	shims      []shimProcess
}

type shimProcess struct {
	pid   int
	short string // the short id
	state string // the engine's directory that it was started with
}

func (e *Engine) owners() (owners, error) {
	o := owners{records: map[string]*Record{}, alive: map[string]bool{}, busy: map[string]bool{}, unattended: map[string]bool{}}
	ids, err := e.ids()
	if err != nil {
		return o, fmt.Errorf("list the containers: %w", err)
	}
	for _, id := range ids {
		unlock, err := tryLockDir(e.dir(id))
		switch {
		case errors.Is(err, errBusy):
			o.busy[id], o.alive[id] = true, true
		case errors.Is(err, os.ErrNotExist):
			continue
		case err != nil:
			return o, err
		default:
			unlock()
		}
		r, err := e.readRecord(id)
		if damaged := (*Damaged)(nil); errors.As(err, &damaged) {
			o.damaged, o.busy[id], o.alive[id] = append(o.damaged, damaged), true, true
			continue
		}
		if err != nil && !errors.As(err, new(*NotFound)) {
			return o, err
		}
		if err == nil {
			o.records[id] = r
		}
		if wire.Alive(e.live(id)) {
			o.alive[id] = true
		}
		if o.records[id] != nil && !o.alive[id] && exists(e.live(id)) {
			o.unattended[id] = true
		}
	}
	o.shims, err = shimProcesses()
	return o, err
}

// owned tells whether something that carries an id, or the first twelve digits of one, has an owner.
func (o owners) owned(id string) bool {
	return o.knows(ShortID(id)) || slices.ContainsFunc(o.shims, func(s shimProcess) bool { return s.short == ShortID(id) })
}

// knows tells whether short is that of a container of this engine which lives.
func (o owners) knows(short string) bool {
	for id := range o.alive {
		if ShortID(id) == short {
			return true
		}
	}
	return false
}

// absent says why something of a container has no owner: the program may well go on, with nobody who attends it.
func (o owners) absent(id string) string {
	for lost := range o.unattended {
		if ShortID(lost) == ShortID(id) {
			return "container " + ShortID(id) + " has lost its shim"
		}
	}
	return "container " + ShortID(id) + " does not run"
}

// ours tells whether id is that of a container of this engine which lives.
func (o owners) ours(id string) bool { return o.alive[id] }

// shimProcesses finds the shims of this machine by their titles.
func shimProcesses() ([]shimProcess, error) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil, err
	}
	var found []shimProcess
	for _, file := range files {
		data, err := os.ReadFile(file)
		short, isShim := strings.CutPrefix(string(data), wire.Title)
		if err != nil || !isShim {
			continue // ended, or somebody else
		}
		words := strings.Split(strings.TrimSuffix(short, "\x00"), "\x00")
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil || len(words) != 2 {
			continue
		}
		found = append(found, shimProcess{pid: pid, short: words[0], state: words[1]})
	}
	return found, nil
}
