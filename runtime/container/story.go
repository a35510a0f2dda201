// This file keeps the story: the plan itself, and how long each op of it took.
package container

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"glassbox/explain"
	"glassbox/kernel/quickjson"
	"glassbox/runtime/plan"
)

// born is the content of born.json.
type born struct {
	Program string          `json:"program"` // where it was found
	Env     []string        `json:"env"`     // what it sees: the specification's, and HOME
	Took    []time.Duration `json:"took"`
}

const bornFile = "born.json"

func (b born) keep(dir string) error {
	data, err := quickjson.Marshal(b)
	if err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, bornFile), data, 0o600)
}

func (c *Container) born() (b born, err error) {
	data, err := os.ReadFile(filepath.Join(c.dir, bornFile))
	if err == nil {
		err = json.Unmarshal(data, &b)
	}
	if err != nil {
		return b, fmt.Errorf("read the story: %w", err)
	}
	return b, nil
}

// told is a container whose program sees what it does see.
func (b born) told(c plan.Container) plan.Container {
	spec, process := *c.Spec, *c.Spec.Process
	process.Env, spec.Process, c.Spec = b.Env, &process, &spec
	return c
}

// Story tells how the container was born.
func (c *Container) Story() ([]explain.Event, error) {
	b, err := c.born()
	if err != nil {
		return nil, err
	}
	outside, inside := plan.Halves(b.told(c.Plan), c.Host, c.InitPID, b.Program)
	return explain.Story(append(outside, inside...), len(outside), b.Took), nil
}
