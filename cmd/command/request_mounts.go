// This file reads -v, --tmpfs and --volumes-from; --mount is in request_mount.go. The engine finds out what of it is there.
package command

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/storage/volume"
)

func mountFlags() []cli.Flag {
	return []cli.Flag{
		flagList("volume", "`[SOURCE:]DIR[:ro]` a volume by its name, or a part of the host by its path; without SOURCE a new volume", "v"),
		flagList("mount", "`type=…,source=…,target=…` the same in clear words: a bind, volume, tmpfs or image"),
		flagList("volumes-from", "`CONTAINER[:ro]` all that another container has mounted"),
		flagText("volume-driver", "the driver of volumes that -v makes (local)"),
		flagList("tmpfs", "`DIR[:OPTIONS]` a file system in memory"),
	}
}

func mounts(c *cli.Context, r *engine.Request) error {
	for _, kind := range []struct {
		flag string
		read func(string) (engine.Mount, error)
	}{{"volume", shownPlace}, {"mount", mountWords}, {"tmpfs", tmpfs}} {
		for _, text := range c.StringSlice(kind.flag) {
			m, err := kind.read(text)
			if err != nil {
				return err
			}
			if kind.flag == "volume" && m.Type == engine.MountVolume {
				m.Volume.Driver = c.String("volume-driver")
			}
			r.Mounts = append(r.Mounts, m)
		}
	}
	r.VolumesFrom = c.StringSlice("volumes-from")
	return nil
}

// shownPlace reads -v: [SOURCE:]TARGET[:OPTIONS]. A source that begins with / . or ~ is a path of the host, any other a volume.
func shownPlace(text string) (engine.Mount, error) {
	m := engine.Mount{Flag: "-v", Type: engine.MountVolume}
	parts := strings.Split(text, ":")
	switch len(parts) {
	case 1:
		m.Target = parts[0]
	case 2, 3:
		m.Source, m.Target = parts[0], parts[1]
	}
	if m.Target == "" || len(parts) > 1 && m.Source == "" {
		return m, fmt.Errorf("-v %s: invalid volume specification: write [SOURCE:]TARGET[:OPTIONS], such as data:/data:ro", text)
	}
	if len(parts) == 2 && m.Target == "ro" || m.Target == "rw" {
		return m, fmt.Errorf("-v %s: the target %q is no path: write SOURCE:TARGET:%s", text, m.Target, m.Target)
	}
	if err := source(&m); err != nil {
		return m, fmt.Errorf("-v %s: %w", text, err)
	}
	var err error
	if m.Target, err = target(m.Target); err != nil {
		return m, fmt.Errorf("-v %s: %w", text, err)
	}
	if len(parts) == 3 {
		m.Mode = parts[2]
		err = placeOptions(&m, parts[2])
	}
	return m, err
}

func source(m *engine.Mount) error {
	switch {
	case m.Source == "":
	case strings.HasPrefix(m.Source, "~/"):
		return fmt.Errorf("%s: the shell replaces ~ only where a word begins: write $HOME instead", m.Source)
	case strings.ContainsRune("/.", rune(m.Source[0])):
		m.Type, m.Bind.Create = engine.MountBind, true
		var err error
		m.Source, err = filepath.Abs(m.Source)
		return err
	default:
		return volume.CheckName(m.Source)
	}
	return nil
}

// target cleans the place in the container.
func target(text string) (string, error) {
	clean := filepath.Clean(text)
	if !filepath.IsAbs(text) || clean == "/" {
		return "", fmt.Errorf("invalid mount path %q: the place in the container must begin with / and be below it", text)
	}
	return clean, nil
}

func placeOptions(m *engine.Mount, options string) error {
	for _, o := range strings.Split(options, ",") {
		switch {
		case o == "ro":
			m.ReadOnly = true
		case o == "bind" && m.Type == engine.MountBind:
			m.Bind.Shallow = true
		case slices.Contains(propagations(), o) && m.Type == engine.MountBind:
			m.Bind.Propagation = o
		case o == "nocopy" && m.Type == engine.MountVolume:
			m.Volume.NoCopy = true
		case slices.Contains([]string{"rw", "rbind", "z", "Z", "cached", "delegated", "consistent", "default"}, o):
			// The usual way here, or about what this machine does not have: SELinux labels, a machine between it and its files.
		default:
			return fmt.Errorf("-v …:%s: invalid mode: unknown option %q: there is ro; for a path bind, [r]shared, [r]slave, [r]private; for a volume nocopy", options, o)
		}
	}
	return nil
}

func propagations() []string {
	return []string{"private", "rprivate", "shared", "rshared", "slave", "rslave"}
}

// tmpfs reads --tmpfs: DIR[:OPTIONS].
func tmpfs(text string) (engine.Mount, error) {
	place, options, _ := strings.Cut(text, ":")
	m := engine.Mount{Flag: "--tmpfs", Type: engine.MountTmpfs}
	var err error
	if m.Target, err = target(place); err != nil {
		return m, fmt.Errorf("--tmpfs %s: %w", text, err)
	}
	if options == "" {
		return m, nil
	}
	m.Options = strings.Split(options, ",")
	for _, o := range m.Options {
		if name, _, _ := strings.Cut(o, "="); !slices.Contains(tmpfsOptions(), name) {
			return m, fmt.Errorf("--tmpfs %s: invalid tmpfs option %q: there are %s", text, o, strings.Join(tmpfsOptions(), ", "))
		}
	}
	return m, nil
}

// tmpfsOptions: man 5 tmpfs, and the flags of a mount.
func tmpfsOptions() []string {
	return []string{"size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "huge", "mpol", "ro", "rw", "exec", "noexec", "suid", "nosuid",
		"dev", "nodev", "sync", "async", "dirsync", "atime", "noatime", "diratime", "nodiratime", "relatime", "norelatime",
		"strictatime", "nostrictatime", "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable", "tmpcopyup"}
}
