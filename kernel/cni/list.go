// This file reads configuration lists: JSON that names plugins, with what each of them is to read.
package cni

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// configList is a configuration list. https://www.cni.dev/docs/spec/#section-1-network-configuration-format
type configList struct {
	Name     string   `json:"name"`
	Version  string   `json:"cniVersion"`
	Versions []string `json:"cniVersions"`
	Plugins  []config `json:"plugins"`
}

// config is the part of a list for one plugin, which alone knows what most of it means.
type config map[string]json.RawMessage

// newest is the version of the specification up to which lists are read.
const newest = "1.1.0"

const portMappings = "portMappings"

// Read reads a configuration list and makes sure that its plugins are there.
func Read(file string) (list string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the configuration list: %w", err)
	}
	parsed, err := parse(string(data))
	if err != nil {
		return "", fmt.Errorf("read the configuration list %s: %w", file, err)
	}
	for _, p := range parsed.Plugins {
		if _, err := find(p.kind()); err != nil {
			return "", fmt.Errorf("the configuration list %s: %w: install it there (Debian: containernetworking-plugins)", file, err)
		}
	}
	return string(data), nil
}

// parse reads a list and chooses its version: of those that it offers, the newest that we know.
func parse(text string) (configList, error) {
	var l configList
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return l, err
	}
	if !isName(l.Name) {
		return l, fmt.Errorf("its name is %q: letters, digits, '_', '.' and '-' make one", l.Name)
	}
	if len(l.Plugins) == 0 {
		return l, errors.New("no plugins in the list")
	}
	for i, p := range l.Plugins {
		if p.kind() == "" {
			return l, fmt.Errorf("plugin %d has no type", i+1)
		}
	}
	for _, offered := range l.Versions {
		if !older(newest, offered) && older(l.Version, offered) {
			l.Version = offered
		}
	}
	return l, nil
}

// isName: the names of networks and plugins become parts of paths.
func isName(text string) bool {
	strange := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_.-", r))
	}
	return text != "" && !strings.ContainsAny(text[:1], "_.-") && !strings.ContainsFunc(text, strange)
}

// older compares versions number by number: 0.10.0 is newer than 0.9.1.
func older(a, b string) bool {
	numbers := func(version string) (list []int) {
		for word := range strings.SplitSeq(version, ".") {
			n, _ := strconv.Atoi(word) // what is no number is as old as none
			list = append(list, n)
		}
		return list
	}
	return slices.Compare(numbers(a), numbers(b)) < 0
}

// kind is the plugin's type: the name of its program.
func (c config) kind() string {
	var name string
	_ = json.Unmarshal(c["type"], &name) // what is no text is no type
	return name
}

func (c config) mapsPorts() bool {
	var can map[string]bool
	return json.Unmarshal(c["capabilities"], &can) == nil && can[portMappings]
}

// MapsPorts says whether a plugin of a list can publish ports.
func MapsPorts(list string) bool {
	parsed, err := parse(list)
	return err == nil && slices.ContainsFunc(parsed.Plugins, config.mapsPorts)
}

// input is what a plugin reads: its own part of the list, the name and version of the whole, and the answer of the plugin before it.
// The ports go to the plugins alone that say they can have them.
func (l configList) input(c config, answer json.RawMessage, ports []Port) ([]byte, error) {
	more := map[string]any{"name": l.Name, "cniVersion": l.Version}
	if answer != nil {
		more["prevResult"] = answer
	}
	if len(ports) > 0 && c.mapsPorts() {
		more["runtimeConfig"] = map[string]any{portMappings: ports}
	}
	for key, value := range c {
		if _, ours := more[key]; !ours {
			more[key] = value
		}
	}
	return json.Marshal(more)
}
