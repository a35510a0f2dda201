// This file is the driver local: what the options of a volume ask to have mounted, as mount(8) would: type, device, o.
package engine

import (
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
	"glassbox/runtime/plan"
	"glassbox/storage/volume"
)

func sortedValues(m map[string]volume.Volume) []volume.Volume {
	var list []volume.Volume
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, m[name])
	}
	return list
}

func mountWords(v volume.Volume) []string {
	return strings.FieldsFunc(v.Options["o"], func(r rune) bool { return r == ',' })
}

func isBind(v volume.Volume) bool {
	words := mountWords(v)
	return slices.Contains(words, "bind") || slices.Contains(words, "rbind")
}

// driverPlan mounts the volumes that have options and are not mounted yet.
func (e *Engine) driverPlan(id string, used []volume.Volume, f volumeFacts) []explain.Step {
	var steps []explain.Step
	for _, v := range used {
		if len(v.Options) == 0 || f.mounted[v.Name] {
			continue
		}
		use := kernel.UseMount{Note: e.useNote(v.Name, id), Target: e.volumes().Data(v.Name)}
		steps = append(steps, explain.Say("Mount volume "+cutTitle(v.Name, 24),
			"its options name another place; the first container that uses it mounts it for all", "10",
			sharedOps(use, driverOps(v, use.Target, f.addresses))...).
			Kept("what is written would go to the empty directory below"))
	}
	return steps
}

// driverOps: the flags of a bind come by a second call, for the first one ignores them.
func driverOps(v volume.Volume, target string, addresses map[string]string) []explain.Op {
	words := mountWords(v)
	for i, w := range words {
		if host, found := strings.CutPrefix(w, "addr="); found && addresses[host] != "" {
			words[i] = "addr=" + addresses[host] // the kernel knows no names of hosts
		}
	}
	flags, data := plan.MountFlags(words)
	var ops []explain.Op
	if isBind(v) {
		ops = append(ops, kernel.Bind{Source: v.Options["device"], Target: target, Recursive: slices.Contains(words, "rbind")})
		if flags != 0 {
			ops = append(ops, kernel.Mount{Source: "none", Target: target, Flags: flags | unix.MS_REMOUNT | unix.MS_BIND})
		}
	} else {
		ops = append(ops, kernel.Mount{Source: v.Options["device"], Target: target, FSType: v.Options["type"], Flags: flags, Data: data})
	}
	return ops
}

// shared is a mount for several: it is taken back by the last that uses it, not by the first.
type shared struct {
	explain.Op
	use kernel.UseMount
}

func (s shared) Undo() explain.Op { return s.use.Undo() }

func sharedOps(use kernel.UseMount, ops []explain.Op) []explain.Op {
	for i := range ops {
		ops[i] = shared{ops[i], use}
	}
	return ops
}

// addressesOf looks up the hosts that the options name (o=addr=HOST), as those of NFS do.
func addressesOf(used []volume.Volume) (map[string]string, error) {
	found := map[string]string{}
	for _, v := range used {
		for _, w := range mountWords(v) {
			host, isAddress := strings.CutPrefix(w, "addr=")
			if !isAddress {
				continue
			}
			address, err := net.ResolveIPAddr("ip", host)
			if err != nil {
				return nil, fmt.Errorf("volume %s: find the host %q of its option addr: %w", v.Name, host, err)
			}
			found[host] = address.String()
		}
	}
	return found, nil
}

// mountedVolumes are the names of those on which something is mounted.
func (e *Engine) mountedVolumes() ([]string, error) {
	mounts, err := look.Mounts(os.Getpid())
	if err != nil {
		return nil, err
	}
	var found []string
	for _, m := range mounts {
		rest, inside := strings.CutPrefix(m.Point, e.volumes().Dir+"/")
		if name, isData := strings.CutSuffix(rest, "/_data"); inside && isData {
			found = append(found, name)
		}
	}
	return found, nil
}
