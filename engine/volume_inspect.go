// This file says of a container's mounts what `docker inspect` does.
package engine

import (
	"os"
	"strings"

	api "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"

	"glassbox/runtime/plan"
)

// mountPoints: what --tmpfs makes is with the HostConfig alone.
func (e *Engine) mountPoints(r *Record) []api.MountPoint {
	points := []api.MountPoint{}
	place := Place{Volumes: e.volumes().Dir, Parts: e.live(r.ID)}
	for i, m := range r.Request.Mounts {
		p := api.MountPoint{Type: mount.Type(m.Type), Destination: m.Target, Mode: m.Mode, RW: !m.ReadOnly}
		switch m.Type {
		case MountBind:
			p.Source, p.Propagation = m.Source, mount.Propagation(m.Bind.Propagation)
			if p.Propagation == "" {
				p.Propagation = "rprivate"
			}
		case MountVolume:
			p.Name, p.Driver, p.Source = m.Source, wantedVolume(m).Driver, mountSource(m, i, place)
			if p.Mode == "" && m.Flag != "" {
				p.Mode = "z" // what Docker says of every volume
			}
		case MountImage:
			p.Source = mountSource(m, i, place)
		case MountTmpfs:
			if m.Flag == "--tmpfs" {
				continue
			}
		}
		points = append(points, p)
	}
	return points
}

// hostMounts puts into the HostConfig what was asked for by -v, --tmpfs and --mount.
func hostMounts(h *api.HostConfig, r Request) {
	h.VolumesFrom = r.VolumesFrom
	for _, m := range r.Mounts {
		switch {
		case m.Flag == "-v" && !m.Volume.Anonymous:
			h.Binds = append(h.Binds, strings.TrimSuffix(m.Source+":"+m.Target+":"+m.Mode, ":"))
		case m.Flag == "--tmpfs":
			if h.Tmpfs == nil {
				h.Tmpfs = map[string]string{}
			}
			h.Tmpfs[m.Target] = strings.Join(m.Options, ",")
		case m.Flag == "--mount":
			h.Mounts = append(h.Mounts, mount.Mount{Type: mount.Type(m.Type), Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly})
		}
	}
}

// volumeKinds says what the runtime will find where a start has yet to make it.
func (e *Engine) volumeKinds(n *newborn) map[string]plan.Kind {
	place, kinds := Place{Volumes: e.volumes().Dir, Parts: e.live(n.ID)}, map[string]plan.Kind{}
	for i, m := range n.Request.Mounts {
		if m.Type != MountVolume && m.Type != MountImage {
			continue
		}
		kind := plan.Dir
		if st, err := os.Stat(e.volumes().Data(m.Source) + "/" + m.Subpath); err == nil && m.Type == MountVolume && !st.IsDir() {
			kind = plan.File
		}
		kinds[mountSource(m, i, place)] = kind
	}
	return kinds
}
