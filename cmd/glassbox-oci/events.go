// This file prints what a container uses, one JSON object a line, as runc does.
package main

import (
	"encoding/json"
	"os"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/runtime/container"
)

// event is one line.
type event struct {
	Type string `json:"type"` // stats, oom
	ID   string `json:"id"`
	Data any    `json:"data,omitempty"`
}

func events(g global, args []string) (int, error) {
	flags := newFlags("events", "[--stats] [--interval 5s] ID")
	once := flags.Bool("stats", false, "print the use once")
	interval := flags.Duration("interval", 5*time.Second, "time between two lines")
	id, _, err := containerFlags(flags, args, 0)
	if err != nil {
		return 1, err
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	out := json.NewEncoder(os.Stdout)
	kills := uint64(0)
	for {
		stats, err := c.Stats()
		if err != nil {
			return 1, err
		}
		if err := out.Encode(event{"stats", id, stats}); err != nil || *once {
			return 0, err
		}
		if stats.Memory.Kills > kills {
			kills = stats.Memory.Kills
			if err := out.Encode(event{Type: "oom", ID: id}); err != nil {
				return 1, err
			}
		}
		time.Sleep(*interval)
		if c.Status() == specs.StateStopped {
			return 0, nil
		}
	}
}
