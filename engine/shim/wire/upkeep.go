// This file holds what the engine asks of a shim besides running the program: to start it again, to ask after its health, to
// keep its output.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Restart says whether a program that has ended is started again.
type Restart struct {
	Name string // "no" (also when empty), "on-failure", "always", "unless-stopped"
	Max  int    // of on-failure: how often; 0: no limit
}

// Log says where the output goes. The file is for `glassbox logs`; the socket gets the lines, too.
type Log struct {
	File     string            // empty: it is not kept
	MaxSize  int64             // bytes after which a new file begins; 0: never
	MaxFiles int               // how many, with the one that is being written
	Compress bool              // all but that one
	Attrs    map[string]string // noted with every line (--log-opt labels, env)

	Driver string // "syslog" or "journald": whose words the socket hears
	Socket string
	Tag    string
	Fields []string // of journald: NAME=VALUE, the same with every line

	Buffer int64 // bytes that wait in memory when it can not be written at once; 0: the program waits
}

// Health says how to ask a container how it fares.
type Health struct {
	Process       *specs.Process
	Interval      time.Duration
	Timeout       time.Duration
	StartPeriod   time.Duration // in which a failure does not count
	StartInterval time.Duration // in place of Interval in that period
	Retries       int
}

// Checkup is what came of asking once.
type Checkup struct {
	Start, End time.Time
	ExitCode   int // 0 healthy; -1: no answer in time
	Output     string
}

// WriteHealth keeps the last checkups, the oldest first.
func WriteHealth(dir string, list []Checkup) error {
	return writeFile(filepath.Join(dir, HealthFile), list)
}

// ReadHealth returns nothing where there was no checkup yet.
func ReadHealth(dir string) ([]Checkup, error) {
	data, err := os.ReadFile(filepath.Join(dir, HealthFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var list []Checkup
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("read the checkups in %s: %w", dir, err)
	}
	return list, nil
}
