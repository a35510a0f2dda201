// Command bench measures how long containers take beside the other runtimes that are installed: one from birth to end, one in
// three steps, and a further program in one that runs. All of them run the same static `true` from the same root filesystem,
// and the runtimes with the same default configuration. Everything is measured in two ways, for they do not agree: in turn,
// A B C C A B, where each meets the traces that the others leave in the kernel; and in blocks of ten, A A A B B B, where each
// meets its own. `make bench` runs it. `make bench-engines` compares the engines in the same way: ours, Docker and Podman; and
// starts 500 containers of ours. What all of them keep of a running container lies on a tmpfs, as /run is one where systemd is; images
// and containers' files are in a directory of $TMPDIR, those of the 500 excepted. `make bench-images` pulls and lists images.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	rounds := flag.Int("rounds", 100, "how often each contender runs, in each of the two ways")
	limit := flag.Duration("limit", 80*time.Second, "fewer rounds where these would take longer")
	only := flag.String("only", "", "a table: run, steps or exec; of the engines bridge, none or visit; of images pull or images")
	engines := flag.Bool("engines", false, "compare engines, not runtimes")
	images := flag.Bool("images", false, "pull and list images")
	crowd := flag.Int("crowd", 0, "start that many containers")
	flag.Parse()
	if err := run(*rounds, *limit, *only, *engines, *images, *crowd); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rounds int, limit time.Duration, only string, engines, images bool, crowd int) (err error) {
	dir, err := os.MkdirTemp("", "glassbox-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	g, err := prepare(dir)
	defer unix.Unmount(g.run, unix.MNT_DETACH)
	if err != nil {
		return err
	}
	if crowd > 0 {
		return g.crowd(crowd)
	}
	tables, end, err := chosen(g, engines, images)
	if err != nil {
		return err
	}
	defer func() {
		if ended := end(); err == nil {
			err = ended
		}
	}()
	for _, t := range tables {
		if only != "" && only != t.name {
			continue
		}
		if err := t.measure(rounds, limit/time.Duration(2*len(tables))); err != nil {
			return err
		}
		t.print()
	}
	return nil
}

// chosen starts what the tables need, too.
func chosen(g ground, engines, images bool) (list []*table, end func() error, err error) {
	switch {
	case engines:
		end, err = g.engines()
		return engineTables(g), end, err
	case images:
		ref, end, err := g.images()
		return imageTables(g, ref), end, err
	}
	return tables(g), func() error { return nil }, nil
}
