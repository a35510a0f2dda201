// This file writes limits by device or by page size. Where kernels have two names for a file, both are tried: the weight of a
// disk belongs to the I/O scheduler that is in use, and reservations of huge pages are counted since Linux 5.7.
// OCI config-linux, "hugepageLimits", "network", "rdma", "blockIO".
package plan

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

func hugepageOps(r *specs.LinuxResources, l look.Layout, group string) []explain.Op {
	var ops []explain.Op
	dir, file := l.Dir("hugetlb", group), "limit_in_bytes"
	if _, version := l.Where("hugetlb"); version == 2 {
		file = "max"
	}
	for _, h := range r.HugepageLimits {
		value := strconv.FormatUint(h.Limit, 10)
		ops = append(ops, kernel.CgroupSetEither{
			First:  kernel.CgroupSet{File: path.Join(dir, "hugetlb."+h.Pagesize+".rsvd."+file), Value: value},
			Second: kernel.CgroupSet{File: path.Join(dir, "hugetlb."+h.Pagesize+"."+file), Value: value}})
	}
	return ops
}

// networkOps: there is nothing like it in v2.
func networkOps(r *specs.LinuxResources, l look.Layout, group string) []explain.Op {
	var ops []explain.Op
	if r.Network == nil {
		return nil
	}
	if r.Network.ClassID != nil {
		ops = append(ops, kernel.CgroupSet{File: path.Join(l.Dir("net_cls", group), "net_cls.classid"),
			Value: strconv.FormatUint(uint64(*r.Network.ClassID), 10)})
	}
	for _, p := range r.Network.Priorities {
		ops = append(ops, kernel.CgroupSet{File: path.Join(l.Dir("net_prio", group), "net_prio.ifpriomap"),
			Value: fmt.Sprintf("%s %d", p.Name, p.Priority)})
	}
	return ops
}

// askedByName are the controllers that must be switched on because a file of theirs is named, or a device of theirs.
func askedByName(r *specs.LinuxResources) []string {
	if r == nil {
		return nil
	}
	var names []string
	if len(r.Rdma) > 0 {
		names = append(names, "rdma")
	}
	for file := range r.Unified {
		controller, _, _ := strings.Cut(file, ".")
		names = append(names, controller)
	}
	return names
}

func rdmaOps(r *specs.LinuxResources, l look.Layout, group string) []explain.Op {
	var ops []explain.Op
	for _, device := range slices.Sorted(maps.Keys(r.Rdma)) {
		value := device
		if n := r.Rdma[device].HcaHandles; n != nil {
			value += fmt.Sprintf(" hca_handle=%d", *n)
		}
		if n := r.Rdma[device].HcaObjects; n != nil {
			value += fmt.Sprintf(" hca_object=%d", *n)
		}
		ops = append(ops, kernel.CgroupSet{File: path.Join(l.Dir("rdma", group), "rdma.max"), Value: value})
	}
	return ops
}

// weightOps are for single disks; the weight of all is a row of the table.
func weightOps(r *specs.LinuxResources, l look.Layout, group string) []explain.Op {
	if r.BlockIO == nil {
		return nil
	}
	dir := l.Dir("blkio", group)
	_, version := l.Where("blkio")
	var ops []explain.Op
	for _, d := range r.BlockIO.WeightDevice {
		if d.Weight == nil {
			continue
		}
		value := fmt.Sprintf("%d:%d %d", d.Major, d.Minor, *d.Weight)
		op := kernel.CgroupSetEither{First: kernel.CgroupSet{File: path.Join(dir, "blkio.weight_device"), Value: value},
			Second: kernel.CgroupSet{File: path.Join(dir, "blkio.bfq.weight_device"), Value: value}}
		if version == 2 {
			scaled := ioWeight(&specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: d.Weight}})
			op.First = kernel.CgroupSet{File: path.Join(dir, "io.weight"), Value: fmt.Sprintf("%d:%d %s", d.Major, d.Minor, scaled)}
			op.Second.File = path.Join(dir, "io.bfq.weight")
		}
		ops = append(ops, op)
	}
	return ops
}

// setOrBFQ adds BFQ's name for a file of weights. BFQ takes the numbers of the specification, v2's own file has another scale.
func setOrBFQ(set kernel.CgroupSet, r *specs.LinuxResources) explain.Op {
	dir, file := path.Split(set.File)
	subsystem, name, _ := strings.Cut(file, ".")
	if !strings.HasPrefix(name, "weight") || subsystem == "cpu" {
		return set
	}
	bfq := kernel.CgroupSet{File: dir + subsystem + ".bfq." + name, Value: set.Value}
	if subsystem == "io" {
		bfq.Value = blkioWeight(r)
	}
	return kernel.CgroupSetEither{First: set, Second: bfq}
}
