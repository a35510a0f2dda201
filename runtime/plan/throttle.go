// This file writes limits that are lists: disk throttling by device, those of lists.go, and v2's own names.
// OCI config-linux, "blockIO", "unified".
package plan

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

func throttleOps(c Container, l look.Layout) []explain.Op {
	r := c.Spec.Linux.Resources
	var ops []explain.Op
	if r.BlockIO != nil {
		ops = append(ops, diskOps(r.BlockIO, l, c.CgroupPath())...)
	}
	group := c.CgroupPath()
	ops = slices.Concat(ops, weightOps(r, l, group), hugepageOps(r, l, group), networkOps(r, l, group), rdmaOps(r, l, group))
	for _, file := range slices.Sorted(maps.Keys(r.Unified)) {
		ops = append(ops, kernel.CgroupSet{File: path.Join(l.V2.Dir(c.CgroupPath()), file), Value: r.Unified[file]})
	}
	return ops
}

// diskOps: v1 has a file for each kind of limit, v2 has io.max with a word for each.
func diskOps(b *specs.LinuxBlockIO, l look.Layout, group string) []explain.Op {
	dir := l.Dir("blkio", group)
	_, version := l.Where("blkio")
	var ops []explain.Op
	for _, kind := range []struct {
		v1File, v2Word string
		devices        []specs.LinuxThrottleDevice
	}{
		{"blkio.throttle.read_bps_device", "rbps", b.ThrottleReadBpsDevice},
		{"blkio.throttle.write_bps_device", "wbps", b.ThrottleWriteBpsDevice},
		{"blkio.throttle.read_iops_device", "riops", b.ThrottleReadIOPSDevice},
		{"blkio.throttle.write_iops_device", "wiops", b.ThrottleWriteIOPSDevice},
	} {
		for _, d := range kind.devices {
			op := kernel.CgroupSet{File: path.Join(dir, kind.v1File), Value: fmt.Sprintf("%d:%d %d", d.Major, d.Minor, d.Rate)}
			if version == 2 {
				op = kernel.CgroupSet{File: path.Join(dir, "io.max"), Value: fmt.Sprintf("%d:%d %s=%d", d.Major, d.Minor, kind.v2Word, d.Rate)}
			}
			ops = append(ops, op)
		}
	}
	return ops
}
