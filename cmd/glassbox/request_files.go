// This file reads the flags of run about files: -v, --tmpfs, --device.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"glassbox/engine"
)

func files(c *cli.Context, r *engine.Request) error {
	for _, v := range c.StringSlice("volume") {
		b, err := bind(v)
		if err != nil {
			return err
		}
		r.Binds = append(r.Binds, b)
	}
	for _, t := range c.StringSlice("tmpfs") {
		target, options, _ := strings.Cut(t, ":")
		if !filepath.IsAbs(target) {
			return fmt.Errorf("--tmpfs %s: the directory must begin with /", t)
		}
		tmpfs := engine.Tmpfs{Target: filepath.Clean(target)}
		if options != "" {
			tmpfs.Options = strings.Split(options, ",")
		}
		r.Tmpfs = append(r.Tmpfs, tmpfs)
	}
	for _, d := range c.StringSlice("device") {
		device, err := hostDevice(d)
		if err != nil {
			return err
		}
		r.Devices = append(r.Devices, device)
	}
	return nil
}

// bind reads HOST:CONTAINER[:OPTIONS]. The engine makes a directory of the host that is not there.
func bind(text string) (engine.Bind, error) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return engine.Bind{}, fmt.Errorf("-v %s: write HOST:CONTAINER[:OPTIONS], such as /srv/data:/data:ro", text)
	}
	source, target := parts[0], parts[1]
	if !strings.ContainsRune(source, '/') && source != "." && source != ".." {
		return engine.Bind{}, fmt.Errorf("-v %s: %q would be the name of a volume, and only paths of the host can be shown: write ./%s or an absolute path", text, source, source)
	}
	if !filepath.IsAbs(target) || filepath.Clean(target) == "/" {
		return engine.Bind{}, fmt.Errorf("-v %s: the place in the container must begin with / and be below it", text)
	}
	source, err := filepath.Abs(source)
	if err != nil {
		return engine.Bind{}, fmt.Errorf("-v %s: %w", text, err)
	}
	b := engine.Bind{Source: source, Target: filepath.Clean(target)}
	if len(parts) == 3 {
		err = bindOptions(&b, parts[2])
	}
	return b, err
}

func bindOptions(b *engine.Bind, options string) error {
	for _, o := range strings.Split(options, ",") {
		switch o {
		case "ro":
			b.ReadOnly = true
		case "bind":
			b.Shallow = true
		case "shared", "slave", "private", "rshared", "rslave", "rprivate":
			b.Propagation = o
		case "rw", "rbind", "z", "Z", "nocopy", "cached", "delegated", "consistent":
			// The usual way here, or about things that this machine does not have (SELinux labels, volumes).
		default:
			return fmt.Errorf("-v …:%s: unknown option %q: there is ro, rw, bind, and [r]shared, [r]slave, [r]private", options, o)
		}
	}
	return nil
}

// hostDevice reads HOST[:CONTAINER[:rwm]] and looks up the device's numbers.
func hostDevice(text string) (engine.Device, error) {
	parts := strings.Split(text, ":")
	path, target, access := parts[0], parts[0], "rwm"
	switch {
	case len(parts) == 2 && isAccess(parts[1]):
		access = parts[1]
	case len(parts) == 2:
		target = parts[1]
	case len(parts) == 3 && isAccess(parts[2]):
		target, access = parts[1], parts[2]
	case len(parts) != 1:
		return engine.Device{}, fmt.Errorf("--device %s: write HOST[:CONTAINER[:rwm]]", text)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return engine.Device{}, fmt.Errorf("--device %s: stat %s: %w", text, path, err)
	}
	kind, ok := map[uint32]string{unix.S_IFCHR: "c", unix.S_IFBLK: "b"}[st.Mode&unix.S_IFMT]
	if !ok {
		return engine.Device{}, fmt.Errorf("--device %s: %s is no device: use -v for files and directories", text, path)
	}
	mode := os.FileMode(st.Mode & 0o777)
	return engine.Device{Access: access, Node: specs.LinuxDevice{
		Path: target, Type: kind, Major: int64(unix.Major(st.Rdev)), Minor: int64(unix.Minor(st.Rdev)),
		FileMode: &mode, UID: &st.Uid, GID: &st.Gid,
	}}, nil
}

func isAccess(s string) bool {
	return s != "" && !slices.ContainsFunc([]rune(s), func(r rune) bool { return !strings.ContainsRune("rwm", r) })
}
