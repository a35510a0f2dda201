// This file holds the flags that limit a container: of run, and of update, which changes most of them while it runs.
package command

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

// changeableLimits are those of update, too.
func changeableLimits() []cli.Flag {
	return []cli.Flag{
		flagText("memory", "`BYTES` of memory, or with k, m, g", "m"),
		flagText("memory-swap", "`BYTES` of memory and swap together; -1: no limit to swap"),
		flagText("memory-reservation", "`BYTES` that it keeps longest when memory runs short"),
		flagText("cpus", "`NUMBER` of processors, such as 1.5"),
		&cli.Uint64Flag{Name: "cpu-shares", Aliases: []string{"c"}, Usage: "`NUMBER` weight against others (1024)"},
		flagLong("cpu-period", "`MICROSECONDS` in which --cpu-quota is counted (100000)"),
		flagLong("cpu-quota", "`MICROSECONDS` of processor time in each period"),
		flagLong("cpu-rt-period", "`MICROSECONDS` in which --cpu-rt-runtime is counted (1000000)"),
		flagLong("cpu-rt-runtime", "`MICROSECONDS` for programs of the real-time scheduler in each period"),
		flagText("cpuset-cpus", "`LIST` of processors, such as 0-2,4"),
		flagText("cpuset-mems", "`LIST` of memory nodes, such as 0,1"),
		flagLong("pids-limit", "`NUMBER` how many processes and threads; -1: no limit"),
		&cli.UintFlag{Name: "blkio-weight", Usage: "`NUMBER` share of the disks when others want them too, 10 to 1000"},
	}
}

func limitFlags() []cli.Flag {
	return append(changeableLimits(),
		&cli.Int64Flag{Name: "memory-swappiness", Value: -1, Usage: "`NUMBER` how readily it is swapped out, 0 to 100; -1: as the host"},
		flagSwitch("oom-kill-disable", "when its memory is full, its programs wait and are not killed"),
		flagWhole("oom-score-adj", "`NUMBER` how readily it is killed when memory runs out, -1000 to 1000"),
		flagList("blkio-weight-device", "`DEVICE:WEIGHT` its share of one disk, 10 to 1000"),
		flagList("device-read-bps", "`DEVICE:BYTES` to be read a second, or with k, m, g: /dev/vda:1m"),
		flagList("device-write-bps", "`DEVICE:BYTES` to be written a second"),
		flagList("device-read-iops", "`DEVICE:NUMBER` of reads a second"),
		flagList("device-write-iops", "`DEVICE:NUMBER` of writes a second"),
		flagList("ulimit", "`NAME=SOFT[:HARD]` a limit of each process"),
		flagText("cgroup-parent", "`GROUP` in which the container's group is made (/glassbox)"),
	)
}

// limits reads the flags that are given, of run or update.
func limits(c *cli.Context, r *engine.Request) error {
	l := &r.Limits
	for flag, to := range map[string]*int64{"memory": &l.Memory, "memory-swap": &l.MemorySwap,
		"memory-reservation": &l.MemoryReservation, "shm-size": &l.ShmSize} {
		n, err := size(c, flag)
		if err != nil {
			return err
		}
		*to = n
	}
	var err error
	if l.NanoCPUs, err = nanoCPUs(c.String("cpus")); err != nil {
		return err
	}
	l.CPUShares, l.CPUSet, l.MemoryNode = c.Uint64("cpu-shares"), c.String("cpuset-cpus"), c.String("cpuset-mems")
	l.CPUPeriod, l.CPUQuota = c.Int64("cpu-period"), c.Int64("cpu-quota")
	l.RealTime = engine.RealTime{Period: c.Int64("cpu-rt-period"), Runtime: c.Int64("cpu-rt-runtime")}
	l.Pids, l.NoOOMKill, r.CgroupParent = c.Int64("pids-limit"), c.Bool("oom-kill-disable"), c.String("cgroup-parent")
	if n := c.Int64("memory-swappiness"); c.IsSet("memory-swappiness") && n != -1 {
		l.Swappiness = &n
	}
	if c.IsSet("oom-score-adj") {
		score := c.Int("oom-score-adj")
		if score < -1000 || score > 1000 {
			return fmt.Errorf("--oom-score-adj %d: the range is from -1000 (never) to 1000 (first)", score)
		}
		l.OOMScoreAdj = &score
	}
	if err := disks(c, &l.Disk); err != nil {
		return err
	}
	l.Rlimits, err = rlimits(c.StringSlice("ulimit"))
	return err
}

func disks(c *cli.Context, d *engine.DiskLimits) error {
	if w := c.Uint("blkio-weight"); w != 0 && (w < 10 || w > 1000) {
		return fmt.Errorf("--blkio-weight %d: the range of weights is from 10 to 1000", w)
	}
	d.Weight = uint16(c.Uint("blkio-weight"))
	for _, list := range []struct {
		flag string
		to   *[]engine.DeviceRate
		read func(string) (int64, error)
	}{
		{"blkio-weight-device", &d.Weights, wholeNumber}, {"device-read-bps", &d.ReadBytes, units.RAMInBytes},
		{"device-write-bps", &d.WriteBytes, units.RAMInBytes}, {"device-read-iops", &d.ReadOps, wholeNumber},
		{"device-write-iops", &d.WriteOps, wholeNumber},
	} {
		for _, text := range c.StringSlice(list.flag) {
			device, value, ok := strings.Cut(text, ":")
			n, err := list.read(value)
			if !ok || !strings.HasPrefix(device, "/dev/") || err != nil || n < 0 {
				return fmt.Errorf("--%s %q: write the path of a disk and a number: /dev/vda:100", list.flag, text)
			}
			*list.to = append(*list.to, engine.DeviceRate{Device: device, Rate: uint64(n)})
		}
	}
	return nil
}

func wholeNumber(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

// nanoCPUs reads "1.5" exactly, which a floating point number would not.
func nanoCPUs(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	n, ok := new(big.Rat).SetString(text)
	if !ok || strings.ContainsAny(text, "/eE") || n.Sign() < 0 {
		return 0, fmt.Errorf("--cpus %q: write a number of processors, such as 0.5 or 2", text)
	}
	n.Mul(n, big.NewRat(1_000_000_000, 1))
	if !n.IsInt() || !n.Num().IsInt64() {
		return 0, fmt.Errorf("--cpus %q: more than nine digits after the point, or too large", text)
	}
	return n.Num().Int64(), nil
}

func rlimits(given []string) ([]specs.POSIXRlimit, error) {
	var list []specs.POSIXRlimit
	for _, g := range given {
		u, err := units.ParseUlimit(g)
		if err != nil {
			return nil, fmt.Errorf("--ulimit %q: %w: write NAME=SOFT[:HARD], such as nofile=1024:2048", g, err)
		}
		// -1, no limit, becomes the largest number there is, which is what the kernel means by RLIM_INFINITY.
		list = append(list, specs.POSIXRlimit{Type: "RLIMIT_" + strings.ToUpper(u.Name), Soft: uint64(u.Soft), Hard: uint64(u.Hard)})
	}
	return list, nil
}

// size reads bytes: 64m, 1.5g, 1048576.
func size(c *cli.Context, flag string) (int64, error) {
	text := c.String(flag)
	if text == "" {
		return 0, nil
	}
	if text == "-1" && flag == "memory-swap" {
		return -1, nil
	}
	n, err := units.RAMInBytes(text)
	if err != nil {
		return 0, fmt.Errorf("--%s %q: write a number of bytes, or with k, m or g: 64m", flag, text)
	}
	return n, nil
}
