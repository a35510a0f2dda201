// This file reads --mount: words NAME=VALUE with commas between them; a word with a comma in it stands in quotes, as in CSV.
package command

import (
	"encoding/csv"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-units"

	"glassbox/engine"
)

// mountKey is one word of --mount.
type mountKey struct {
	names  []string
	types  []string // for mounts of these types alone; none: for all
	alone  string   // its value when there is no equals sign; empty: it needs one
	accept func(m *engine.Mount, value string) error
}

func mountKeys() []mountKey {
	bind, vol, mem := []string{engine.MountBind}, []string{engine.MountVolume}, []string{engine.MountTmpfs}
	return []mountKey{
		{names: []string{"type"}, accept: func(m *engine.Mount, v string) error { return nil }}, // read first
		{names: []string{"source", "src"}, accept: func(m *engine.Mount, v string) error { m.Source = v; return nil }},
		{names: []string{"target", "dst", "destination"}, accept: func(m *engine.Mount, v string) (err error) { m.Target, err = target(v); return err }},
		{names: []string{"readonly", "ro"}, alone: "true", accept: boolean(func(m *engine.Mount) *bool { return &m.ReadOnly })},
		{names: []string{"consistency"}, accept: func(*engine.Mount, string) error { return nil }}, // it was about Docker for Mac
		{names: []string{"bind-propagation"}, types: bind, accept: func(m *engine.Mount, v string) error {
			m.Bind.Propagation = v
			return oneOf(v, propagations()...)
		}},
		{names: []string{"bind-recursive"}, types: bind, accept: recursion},
		{names: []string{"bind-nonrecursive"}, types: bind, alone: "true", accept: boolean(func(m *engine.Mount) *bool { return &m.Bind.Shallow })},
		{names: []string{"bind-create-src"}, types: bind, alone: "true", accept: boolean(func(m *engine.Mount) *bool { return &m.Bind.Create })},
		{names: []string{"volume-nocopy"}, types: vol, alone: "true", accept: boolean(func(m *engine.Mount) *bool { return &m.Volume.NoCopy })},
		{names: []string{"volume-subpath"}, types: vol, accept: subpath},
		{names: []string{"image-subpath"}, types: []string{engine.MountImage}, accept: subpath},
		{names: []string{"volume-driver"}, types: vol, accept: func(m *engine.Mount, v string) error { m.Volume.Driver = v; return nil }},
		{names: []string{"volume-label"}, types: vol, accept: pair(func(m *engine.Mount) *map[string]string { return &m.Volume.Labels })},
		{names: []string{"volume-opt"}, types: vol, accept: pair(func(m *engine.Mount) *map[string]string { return &m.Volume.Options })},
		{names: []string{"tmpfs-size"}, types: mem, accept: func(m *engine.Mount, v string) error {
			n, err := units.RAMInBytes(v)
			m.Options = append(m.Options, "size="+strconv.FormatInt(n, 10))
			return err
		}},
		{names: []string{"tmpfs-mode"}, types: mem, accept: func(m *engine.Mount, v string) error {
			n, err := strconv.ParseUint(v, 8, 12)
			m.Options = append(m.Options, fmt.Sprintf("mode=%o", n))
			return err
		}},
	}
}

func mountWords(text string) (engine.Mount, error) {
	m := engine.Mount{Flag: "--mount", Type: engine.MountVolume}
	words, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil {
		return m, fmt.Errorf("--mount %s: %w", text, err)
	}
	for _, w := range words {
		if name, value, _ := strings.Cut(w, "="); strings.EqualFold(name, "type") {
			m.Type = strings.ToLower(value)
		}
	}
	if err := oneOf(m.Type, engine.MountBind, engine.MountVolume, engine.MountTmpfs, engine.MountImage); err != nil {
		return m, fmt.Errorf("--mount %s: invalid mount type: %w", text, err)
	}
	for _, w := range words {
		if err := mountWord(&m, w); err != nil {
			return m, fmt.Errorf("--mount %s: %w", text, err)
		}
	}
	if err := complete(&m); err != nil {
		return m, fmt.Errorf("--mount %s: %w", text, err)
	}
	return m, nil
}

func mountWord(m *engine.Mount, word string) error {
	name, value, given := strings.Cut(word, "=")
	name = strings.ToLower(strings.TrimSpace(name))
	keys := mountKeys()
	i := slices.IndexFunc(keys, func(k mountKey) bool { return slices.Contains(k.names, name) })
	switch {
	case i < 0 && !given:
		return fmt.Errorf("invalid field %q must be a key=value pair", word)
	case i < 0:
		return fmt.Errorf("unexpected key %q in %q", name, word)
	case !given && keys[i].alone == "":
		return fmt.Errorf("invalid field %q must be a key=value pair", word)
	case keys[i].types != nil && !slices.Contains(keys[i].types, m.Type):
		prefix, _, _ := strings.Cut(name, "-")
		return fmt.Errorf("cannot mix '%s-*' options with mount type %q", prefix, m.Type)
	case !given:
		value = keys[i].alone
	}
	if err := keys[i].accept(m, value); err != nil {
		return fmt.Errorf("invalid value for %s: %w", name, err)
	}
	return nil
}

// complete checks what single words can not tell.
func complete(m *engine.Mount) error {
	switch {
	case m.Target == "":
		return errors.New("target is required: target=/place/in/the/container")
	case m.Source == "" && (m.Type == engine.MountBind || m.Type == engine.MountImage):
		return fmt.Errorf("source is required with type=%s", m.Type)
	case m.Source != "" && m.Type == engine.MountTmpfs:
		return errors.New("source must not be given with type=tmpfs: it begins empty")
	case m.Type == engine.MountBind && !filepath.IsAbs(m.Source):
		source, err := filepath.Abs(m.Source)
		m.Source = source
		return err
	}
	return nil
}

// recursion: what happens to the mounts below the source. Where they are to be read-only too, the kernel can do it since 5.12.
func recursion(m *engine.Mount, value string) error {
	m.Bind.Shallow, m.Bind.FlatReadOnly = value == "disabled", value == "writable"
	return oneOf(value, "enabled", "disabled", "writable", "readonly")
}

func subpath(m *engine.Mount, value string) error {
	m.Subpath = value
	if !filepath.IsLocal(value) {
		return fmt.Errorf("%q: want a relative path that does not lead out", value)
	}
	return nil
}

func boolean(field func(*engine.Mount) *bool) func(*engine.Mount, string) error {
	return func(m *engine.Mount, value string) (err error) {
		*field(m), err = strconv.ParseBool(value)
		return err
	}
}

func pair(field func(*engine.Mount) *map[string]string) func(*engine.Mount, string) error {
	return func(m *engine.Mount, text string) error {
		name, value, _ := strings.Cut(text, "=")
		if *field(m) == nil {
			*field(m) = map[string]string{}
		}
		(*field(m))[name] = value
		return nil
	}
}

func oneOf(value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	return fmt.Errorf("%q: there is %s", value, strings.Join(words, ", "))
}
