// This file chooses by filters, Docker's, and knows those of containers. Several values of one name mean any of them, several names
// all of them; only labels must all be there.
package engine

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"glassbox/engine/shim/wire"
)

// Filters are the values given for each name.
type Filters map[string][]string

func (f Filters) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return len(f[n]) > 0 })
}

// ParseFilters reads NAME=VALUE words; known lists the names that there are.
func ParseFilters(given, known []string) (Filters, error) {
	f := Filters{}
	for _, g := range given {
		name, value, ok := strings.Cut(g, "=")
		if !ok || !slices.Contains(known, name) {
			return nil, fmt.Errorf("--filter %q: write NAME=VALUE with a name of %s", g, strings.Join(known, ", "))
		}
		f[name] = append(f[name], value)
	}
	return f, nil
}

// ContainerFilters are the names that List knows.
func ContainerFilters() []string {
	return []string{"id", "name", "label", "status", "health", "exited", "ancestor", "before", "since", "volume", "network", "publish", "expose"}
}

// passes puts all filters into one question; test answers what one value asks.
func passes[T any](f Filters, test func(name, value string) (func(T) bool, error)) (func(T) bool, error) {
	var tests []func(T) bool
	for name, values := range f {
		var anyOf []func(T) bool
		for _, value := range values {
			t, err := test(name, value)
			if err != nil {
				return nil, fmt.Errorf("--filter %s=%s: %w", name, value, err)
			}
			anyOf = append(anyOf, t)
		}
		if name == "label" {
			tests = append(tests, anyOf...)
			continue
		}
		tests = append(tests, func(x T) bool {
			return slices.ContainsFunc(anyOf, func(t func(T) bool) bool { return t(x) })
		})
	}
	return func(x T) bool {
		return !slices.ContainsFunc(tests, func(t func(T) bool) bool { return !t(x) })
	}, nil
}

// hasLabel reads NAME, or NAME=VALUE.
func hasLabel(labels map[string]string, wanted string) bool {
	name, value, valued := strings.Cut(wanted, "=")
	have, ok := labels[name]
	return ok && (!valued || have == value)
}

func (e *Engine) filter(name, value string) (func(listed) bool, error) {
	switch name {
	case "name":
		pattern, err := regexp.Compile(value)
		return func(c listed) bool { return pattern.MatchString(c.Name) || pattern.MatchString("/"+c.Name) }, err
	case "exited":
		code, err := strconv.Atoi(value)
		return func(c listed) bool { return c.status.State == wire.Ended && c.status.ExitCode == code }, err
	case "before", "since":
		other, err := e.find(value)
		return func(c listed) bool {
			return c.ID != other.ID && c.Created.Before(other.Created) == (name == "before")
		}, err
	case "ancestor":
		return e.descendsFrom(value), nil
	case "status":
		if !slices.Contains([]string{"created", "restarting", "running", "removing", "paused", "exited", "dead"}, value) {
			return nil, fmt.Errorf("invalid value for state (%s): must be one of created, running, paused, restarting, removing, exited, dead", value)
		}
	case "health":
		if !slices.Contains([]string{"none", "starting", "healthy", "unhealthy"}, value) {
			return nil, fmt.Errorf("invalid value for health (%s): must be one of none, starting, healthy, unhealthy", value)
		}
	}
	return func(c listed) bool { return matches(c, name, value) }, nil
}

// descendsFrom also finds the containers of an image by the image's id. An image that is gone is known by the name alone.
func (e *Engine) descendsFrom(image string) func(listed) bool {
	id := ""
	if store, err := e.Store(); err == nil {
		if found, err := store.Image(image); err == nil {
			id = found.ID.String()
		}
	}
	return func(c listed) bool { return c.Request.Image == image || c.ImageID == id || c.ImageID == image }
}

func matches(c listed, name, value string) bool {
	switch name {
	case "id":
		return strings.HasPrefix(c.ID, value)
	case "status":
		return string(c.summary.State) == value
	case "health":
		return string(c.summary.Health.Status) == value
	case "label":
		return hasLabel(c.labels(), value)
	case "network":
		return c.summary.HostConfig.NetworkMode == value || c.isOn(value)
	case "volume":
		return slices.ContainsFunc(c.Request.Mounts, func(m Mount) bool { return m.Source == value || m.Target == value })
	case "publish", "expose":
		return slices.ContainsFunc(c.Request.Network.Ports, func(p Port) bool { return portIs(p, value, name == "publish") })
	}
	return false
}

// isOn tells whether a container is on a network, by its name or id.
func (c listed) isOn(network string) bool {
	for name, end := range c.summary.NetworkSettings.Networks {
		if name == network || strings.HasPrefix(end.NetworkID, network) {
			return true
		}
	}
	return false
}

// portIs reads "80", "80/tcp", "80-90/udp".
func portIs(p Port, value string, published bool) bool {
	span, proto, _ := strings.Cut(value, "/")
	low, high, isRange := strings.Cut(span, "-")
	if !isRange {
		high = low
	}
	number := int(p.Container)
	if published && p.Host != 0 {
		number = int(p.Host)
	}
	from, fromErr := strconv.Atoi(low)
	to, toErr := strconv.Atoi(high)
	return fromErr == nil && toErr == nil && from <= number && number <= to && orElse(proto, "tcp") == orElse(p.Protocol, "tcp")
}
