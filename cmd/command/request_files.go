// This file reads the flags of run about files: --device; for -v and its kin, see request_mounts.go.
package command

import (
	"fmt"
	"os"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"glassbox/engine"
)

func files(c *cli.Context, r *engine.Request) error {
	if err := mounts(c, r); err != nil {
		return err
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
	return engine.Device{Source: path, Access: access, Node: specs.LinuxDevice{
		Path: target, Type: kind, Major: int64(unix.Major(st.Rdev)), Minor: int64(unix.Minor(st.Rdev)),
		FileMode: &mode, UID: &st.Uid, GID: &st.Gid,
	}}, nil
}

func isAccess(s string) bool {
	return s != "" && !slices.ContainsFunc([]rune(s), func(r rune) bool { return !strings.ContainsRune("rwm", r) })
}
