// This file is --userns remap: the container's users are not the host's. Its root is an ordinary number outside, with no rights
// over anything of the host. The files stay as they are on the disk: id-mapped mounts of the store and of the container's own
// folders show them with other owners, and the overlay is made of what lies in those. Linux 5.19 is the first whose overlayfs takes it.
package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/user"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// IDRange are the host's ids that stand for 0, 1, 2 … in a container.
type IDRange struct{ UID, GID, Size int }

// remapName is whose line of /etc/subuid and /etc/subgid is used.
const remapName = "glassbox"

// freeIDs are used where there is no such line: a range that nobody gives to users (systemd.io/UIDS-GIDS).
func freeIDs() IDRange { return IDRange{UID: 2_000_000_000, GID: 2_000_000_000, Size: 65536} }

// subordinate reads which ids are set aside for containers.
func subordinate() (*IDRange, error) {
	ids := freeIDs()
	for file, first := range map[string]*int{"/etc/subuid": &ids.UID, "/etc/subgid": &ids.GID} {
		lines, err := user.ParseSubIDFileFilter(file, func(s user.SubID) bool { return s.Name == remapName })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("--userns remap: %w", err)
		}
		if len(lines) == 0 {
			continue
		}
		*first, ids.Size = int(lines[0].SubID), min(ids.Size, int(lines[0].Count))
	}
	return &ids, nil
}

// remap refuses what a container without the host's users can not have, as Docker does, and finds its ids.
func (e *Engine) remap(r *Request) error {
	n := &r.Namespaces
	for _, shared := range []struct{ flag, value string }{{"--pid", n.PID}, {"--ipc", n.IPC}, {"--network", r.Network.Mode}, {"--uts", n.UTS}} {
		if shared.value == ofHost || strings.HasPrefix(shared.value, ofContainer) {
			return fmt.Errorf("conflicting options: %s %s and --userns remap: that namespace belongs to other users", shared.flag, shared.value)
		}
	}
	if r.Security.Privileged {
		return errors.New("privileged mode is incompatible with user namespaces: leave --userns remap out")
	}
	for _, dir := range []string{e.Root, e.State} {
		if err := letsPass(dir); err != nil {
			return err
		}
	}
	var err error
	n.IDs, err = subordinate()
	return err
}

// letsPass: the container's root has no rights over the host's directories, and has to come through those above its files.
func letsPass(dir string) error {
	for ; dir != "/"; dir = filepath.Dir(dir) {
		switch info, err := os.Stat(dir); {
		case errors.Is(err, fs.ErrNotExist): // it will be made
		case err != nil:
			return fmt.Errorf("--userns remap: %w", err)
		case info.Mode()&0o001 == 0:
			return fmt.Errorf("--userns remap: %s lets only its owner pass, and the container's root is somebody else: chmod o+x %s", dir, dir)
		}
	}
	return nil
}

func (i *IDRange) maps() (uids, gids []kernel.IDMap) {
	return []kernel.IDMap{{Host: i.UID, Size: i.Size}}, []kernel.IDMap{{Host: i.GID, Size: i.Size}}
}

func (i *IDRange) specs() (uids, gids []specs.LinuxIDMapping) {
	one := func(first int) []specs.LinuxIDMapping {
		return []specs.LinuxIDMapping{{HostID: uint32(first), Size: uint32(i.Size)}}
	}
	return one(i.UID), one(i.GID)
}

// remapFiles puts the mapped mount before the plan that stacks the layers, and stacks those that are seen through it.
func (e *Engine) remapFiles(n *newborn, mount []explain.Step) []explain.Step {
	ids := n.Request.Namespaces.IDs
	if ids == nil {
		return mount
	}
	layers, own, base := e.live(n.ID, "layers"), e.live(n.ID, "own"), e.files(n.ID).Base
	for _, step := range mount {
		for i, op := range step.Ops {
			if o, ok := op.(kernel.Overlay); ok {
				for j := range o.Lower {
					o.Lower[j] = layers + strings.TrimPrefix(o.Lower[j], e.Root)
				}
				o.Upper, o.Work = own+strings.TrimPrefix(o.Upper, base), own+strings.TrimPrefix(o.Work, base)
				step.Ops[i] = o
			}
		}
	}
	uids, gids := ids.maps()
	return append([]explain.Step{explain.Say("Show the files with other owners",
		"on the disk they belong to 0; the container's root is another number, which must own them", "01",
		// Root's directories let nobody pass, so that no setuid program is met; this root is somebody else.
		kernel.ChangeGroup{Path: e.dir(n.ID), GID: ids.GID}, kernel.ChangeGroup{Path: e.live(n.ID), GID: ids.GID},
		kernel.Mkdir{Path: layers, Mode: 0o700}, kernel.MapMount{Source: e.Root, Target: layers, UIDs: uids, GIDs: gids},
		kernel.Mkdir{Path: own, Mode: 0o700},
		kernel.MapMount{Source: base, Target: own, UIDs: withRoot(uids), GIDs: withRoot(gids)},
	).Kept("the container's root could read and write nothing")}, mount...)
}

// withRoot lets the host's root write, too, under a number that nobody has: overlayfs makes a folder of its own when it is mounted,
// in the name of who mounts it, and shows all files read-only where it may not.
func withRoot(maps []kernel.IDMap) []kernel.IDMap {
	return append(slices.Clone(maps), kernel.IDMap{Container: maps[0].Host, Host: 0, Size: 1})
}

// remapNetwork makes the network namespace with its owner, in place of the step that makes one for the host's root.
func (e *Engine) remapNetwork(n *newborn, attach []explain.Step) []explain.Step {
	ids := n.Request.Namespaces.IDs
	if ids == nil {
		return attach
	}
	uids, gids := ids.maps()
	for i, step := range attach {
		for _, op := range step.Ops {
			if made, ok := op.(kernel.NetnsCreate); ok {
				attach[i] = explain.Say("Create a user and a network namespace",
					"its root is nobody outside; the network is born with it, as only the owner's root may change it", "01",
					kernel.UserNamespaceCreate{Users: e.users(n.ID), Netns: made.Path, UIDs: uids, GIDs: gids}).
					Kept("the container would have the host's users")
			}
		}
	}
	return attach
}

// users is the file that keeps the user namespace of a container.
func (e *Engine) users(id string) string { return e.live(id, "users") }
