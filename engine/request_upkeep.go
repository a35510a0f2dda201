// This file holds what users ask for beyond the program itself: that it is started again, that its output is kept, that somebody
// asks how it fares. The supervisor does all three.
package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/engine/shim/wire"
)

// Upkeep is what the supervisor does besides running the program.
type Upkeep struct {
	Restart wire.Restart // --restart
	Log     LogConfig
	Health  HealthCheck
}

// LogConfig says where the output goes (--log-driver, --log-opt).
type LogConfig struct {
	Driver  string // empty: json-file
	Options map[string]string
}

// HealthCheck says how to ask after a container's health. The zero value of a field means "as the image says".
type HealthCheck struct {
	Test          []string // "CMD" and a program, or "CMD-SHELL" and a line for the shell; "NONE": nobody asks
	Interval      time.Duration
	Timeout       time.Duration
	StartPeriod   time.Duration
	StartInterval time.Duration
	Retries       int
}

// Docker's, where neither the user nor the image says otherwise.
const (
	usualInterval      = 30 * time.Second
	usualStartInterval = 5 * time.Second
	usualRetries       = 3
)

// ParseRestart reads --restart.
func ParseRestart(text string) (wire.Restart, error) {
	name, number, counted := strings.Cut(text, ":")
	r := wire.Restart{Name: name}
	if counted {
		if _, err := fmt.Sscanf(number+"\n", "%d\n", &r.Max); err != nil {
			return r, errors.New("invalid restart policy format: maximum retry count must be an integer")
		}
	}
	switch {
	case !slices.Contains([]string{"", "no", "on-failure", "always", "unless-stopped"}, name):
		return r, fmt.Errorf("invalid restart policy: unknown policy '%s'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'", name)
	case counted && name != "on-failure":
		return r, errors.New("invalid restart policy: maximum retry count can only be used with 'on-failure'")
	case r.Max < 0:
		return r, errors.New("invalid restart policy: maximum retry count cannot be negative")
	}
	return r, nil
}

func restarts(r wire.Restart) bool { return r.Name != "" && r.Name != "no" }

// checkUpkeep finds what does not go together.
func checkUpkeep(r Request) error {
	if r.AutoRemove && restarts(r.Upkeep.Restart) {
		return errors.New("conflicting options: cannot specify both --restart and --rm")
	}
	_, err := logOptions(r.Upkeep.Log)
	return err
}

// healthCheck is what the user and the image say, with the usual times for what nobody said; nil: nobody asks.
func healthCheck(asked HealthCheck, image *v1.HealthConfig) *HealthCheck {
	h := askedHealth(asked, image)
	if h != nil {
		h.Interval, h.Timeout = orElse(h.Interval, usualInterval), orElse(h.Timeout, usualInterval)
		h.StartInterval, h.Retries = orElse(h.StartInterval, usualStartInterval), orElse(h.Retries, usualRetries)
	}
	return h
}

// askedHealth puts together what the user and the image say; nil: nobody asks.
func askedHealth(asked HealthCheck, image *v1.HealthConfig) *HealthCheck {
	h := asked
	if image != nil {
		if len(h.Test) == 0 {
			h.Test = image.Test
		}
		h.Interval, h.Timeout = orElse(h.Interval, image.Interval), orElse(h.Timeout, image.Timeout)
		h.StartPeriod, h.Retries = orElse(h.StartPeriod, image.StartPeriod), orElse(h.Retries, image.Retries)
	}
	if len(h.Test) == 0 || h.Test[0] == "NONE" {
		return nil
	}
	return &h
}

func orElse[T comparable](value, otherwise T) T {
	if value == *new(T) {
		return otherwise
	}
	return value
}

// command is the program that asks.
func (h *HealthCheck) command() []string {
	if h.Test[0] == "CMD-SHELL" {
		return append([]string{"/bin/sh", "-c"}, h.Test[1:]...)
	}
	return h.Test[1:] // after "CMD"
}
