// This file reads the flags of run that limit a container.
package main

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/docker/go-units"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func limits(c *cli.Context, r *engine.Request) error {
	l := &r.Limits
	for _, s := range []struct {
		flag string
		to   *int64
	}{{"memory", &l.Memory}, {"memory-swap", &l.MemorySwap}, {"shm-size", &l.ShmSize}} {
		n, err := size(c, s.flag)
		if err != nil {
			return err
		}
		*s.to = n
	}
	var err error
	if l.NanoCPUs, err = nanoCPUs(c.String("cpus")); err != nil {
		return err
	}
	l.CPUShares, l.CPUSet, l.Pids = c.Uint64("cpu-shares"), c.String("cpuset-cpus"), int64(c.Int("pids-limit"))
	if c.IsSet("oom-score-adj") {
		score := c.Int("oom-score-adj")
		if score < -1000 || score > 1000 {
			return fmt.Errorf("--oom-score-adj %d: the range is from -1000 (never) to 1000 (first)", score)
		}
		l.OOMScoreAdj = &score
	}
	l.Rlimits, err = rlimits(c.StringSlice("ulimit"))
	return err
}

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
