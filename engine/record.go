// This file keeps the record of a container: what was asked for, and what was drawn or found out when it was made. It is
// written when it is made, renamed or updated; how the container fares is in its status.
package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"glassbox/kernel/quickjson"
)

// recordVersion is raised when an older program would misread a record.
const recordVersion = 1

// Record is the description of a container.
type Record struct {
	Version int // 0: written before there were numbers
	ID      string
	Name    string
	Created time.Time
	ImageID string // of the image at that time: its name may mean another one later
	Args    []string
	Request Request

	StopSignal int // the number

	Labels map[string]string // the image's and those that were asked for; a record of an earlier glassbox has none
}

func (r *Record) labels() map[string]string {
	if r.Labels == nil {
		return r.Request.Labels
	}
	return r.Labels
}

// NotFound is the error of a reference that means no container.
type NotFound struct{ Ref string }

func (e *NotFound) Error() string {
	return fmt.Sprintf("no such container: %s ('glassbox ps -a' lists them)", e.Ref)
}

func (e *Engine) readRecord(id string) (*Record, error) {
	data, err := os.ReadFile(e.dir(id, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &NotFound{Ref: id}
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of a container: %w", err)
	}
	r := &Record{}
	if err := quickjson.Unmarshal(data, r); err != nil {
		return nil, &Damaged{id, e.dir(id, recordFile), err}
	}
	if r.Version > recordVersion {
		return nil, &Damaged{id, e.dir(id, recordFile), fmt.Errorf("it is of version %d and this glassbox knows %d: use the newer glassbox that wrote it", r.Version, recordVersion)}
	}
	if len(r.Args) == 0 || r.ID != id {
		return nil, &Damaged{id, e.dir(id, recordFile), errors.New("it is not complete, or another container's")}
	}
	return r, nil
}

// writeRecord is for those that hold the container's lock.
func (e *Engine) writeRecord(r *Record) error {
	r.Version = recordVersion
	return writeJSON(e.dir(r.ID, recordFile), r)
}

// writeJSON writes a file that is there whole or not at all, whenever the process may die. It does not wait for the disk:
// after a loss of power the containers are gone anyway.
func writeJSON(path string, v any) error {
	data, err := quickjson.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.WriteFile(path+".new", append(data, '\n'), 0o600); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
