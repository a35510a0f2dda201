// This file keeps inverses on disk. One JSON line is added before each op; a line "-" takes the newest one back. After a crash
// the file says what is left to undo, in reverse; so does it when a container is deleted in peace: deleting is the journal
// read backwards.
package kernel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel/quickjson"
)

// Inverses lists an example of each op of this package that can be an inverse: what a journal of this package may hold.
// KillChild is one that no journal needs: read from disk, as earlier versions wrote it, it names no child and does nothing.
func Inverses() []explain.Op {
	return []explain.Op{KillChild{}, Unmount{}, LeaveMount{}, RemoveTree{}, Remove{}, CgroupRemove{}, CgroupLeave{}, ScopeStop{}, NetnsRemove{}, UserNamespaceRemove{}, LinkUnplug{},
		LinkDeleteInside{}}
}

// Journal is an explain.Journal in a file.
type Journal struct{ fd int }

// CreateJournal starts a journal at path, or goes on with the one that is there.
func CreateJournal(path string) (*Journal, error) {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the journal %s: %w", path, err)
	}
	return &Journal{fd: fd}, nil
}

type entry struct {
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args"`
}

// Push notes an inverse.
func (j *Journal) Push(undo explain.Op) error {
	args, err := quickjson.Marshal(undo)
	if err != nil {
		return fmt.Errorf("note %s in the journal: %w", undo.Call(), err)
	}
	return j.write(fmt.Appendf(nil, "{\"op\":%q,\"args\":%s}\n", reflect.TypeOf(undo).Name(), args))
}

// Pop takes the newest inverse back.
func (j *Journal) Pop() error { return j.write([]byte("-\n")) }

// write appends a whole line or nothing. A disk that fills up takes the first part of a line and refuses the rest.
func (j *Journal) write(line []byte) error {
	for done := 0; done < len(line); {
		n, err := unix.Write(j.fd, line[done:])
		if err != nil {
			return fmt.Errorf("write the journal: %w", errors.Join(err, j.cut(done)))
		}
		done += n
	}
	return nil
}

// cut takes the last bytes off again.
func (j *Journal) cut(bytes int) error {
	end, err := unix.Seek(j.fd, 0, unix.SEEK_END)
	if err != nil || bytes == 0 {
		return err
	}
	return unix.Ftruncate(j.fd, end-int64(bytes))
}

// Close closes the file; what is in it stays.
func (j *Journal) Close() error { return unix.Close(j.fd) }

// ReadJournal returns the inverses that are still to be done, newest first. known has an example of each type it may meet. A
// journal that is not there holds none.
func ReadJournal(path string, known ...explain.Op) ([]explain.Op, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	var ops []explain.Op
	for line := range bytes.Lines(data) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // who wrote it died over it, so its op was not begun
		}
		line = bytes.TrimSpace(line)
		if string(line) == "-" {
			if len(ops) > 0 {
				ops = ops[:len(ops)-1]
			}
			continue
		}
		op, err := decode(line, known)
		if err != nil {
			return nil, fmt.Errorf("read the journal %s: %w", path, err)
		}
		ops = append(ops, op)
	}
	slices.Reverse(ops)
	return ops, nil
}

func decode(line []byte, known []explain.Op) (explain.Op, error) {
	var e entry
	if err := quickjson.Unmarshal(line, &e); err != nil {
		return nil, fmt.Errorf("line %q: %w", line, err)
	}
	for _, k := range known {
		if t := reflect.TypeOf(k); t.Name() == e.Op {
			v := reflect.New(t)
			if err := quickjson.Unmarshal(e.Args, v.Interface()); err != nil {
				return nil, fmt.Errorf("line %q: %w", line, err)
			}
			return v.Elem().Interface().(explain.Op), nil
		}
	}
	return nil, fmt.Errorf("line %q: unknown op", line)
}

// UndoJournal does the inverses that a journal holds and removes it. It goes on after an error and keeps the journal then.
func UndoJournal(path string, known ...explain.Op) error {
	ops, err := ReadJournal(path, known...)
	if err != nil {
		return err
	}
	var errs []error
	for _, op := range ops {
		errs = append(errs, op.Do())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the journal: %w", err)
	}
	return nil
}
