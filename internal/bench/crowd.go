// This file measures many containers at once: what the last one costs more than the first, how long it takes to list them, and
// what the idle ones take of memory and processors.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// crowd starts many containers on the bridge and lets them idle. Whatever ends it, a signal too, none of them stays. Their files are in
// memory: it is asked what containers that run cost the next one, and a disk also remembers those that do not (ext4 without a journal
// looks at each inode that was freed within the last minutes).
func (g ground) crowd(number int) (err error) {
	if err := inMemory(g.state); err != nil {
		return err
	}
	defer unix.Unmount(g.state, unix.MNT_DETACH)
	// A reader of what we print who has had enough (| head -2) sends SIGPIPE.
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGPIPE)
	defer stop()
	defer func() { err = errors.Join(err, g.disperse()) }()
	var ids []string
	var took []time.Duration
	for range number {
		begin := time.Now()
		id, err := g.ask(ctx, "run", "-d", "box", "sleep", "100000")
		if err != nil {
			return err
		}
		took, ids = append(took, time.Since(begin)), append(ids, id)
	}
	tenth := max(min(number/2, 20), 1)
	first, last := median(took[:tenth]), median(took[number-tenth:])
	fmt.Printf("%d containers on the bridge\n", number)
	fmt.Printf("  run -d, median of the first and of the last %d: %.2f ms, %.2f ms: %.2fx\n", tenth, ms(first), ms(last), float64(last)/float64(first))
	var listed []time.Duration
	for range 21 {
		begin := time.Now()
		if _, err := g.ask(ctx, "ps"); err != nil {
			return err
		}
		listed = append(listed, time.Since(begin))
	}
	fmt.Printf("  ps: median %.2f ms\n", ms(median(listed)))
	return idle(ctx, g, ids)
}

// ask runs a command of ours, to its end also where a signal has come: what is half made, nobody could remove. Ctrl-C at the
// terminal is therefore for us alone, and not for the group of the command.
func (g ground) ask(ctx context.Context, args ...string) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	argv := g.engine(args...)
	command := exec.Command(argv[0], argv[1:]...)
	command.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	out, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out)), err
}

// disperse removes all containers, whoever has noted them.
func (g ground) disperse() error {
	ids, err := g.ask(context.Background(), "ps", "-aq")
	if err != nil || ids == "" {
		return err
	}
	_, err = g.ask(context.Background(), append([]string{"rm", "-f"}, strings.Fields(ids)...)...)
	return err
}

// rest waits, unless a signal comes.
func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// idle asks the kernel for the shims' memory and processor time: VmRSS counts shared pages in each, Pss divides them.
func idle(ctx context.Context, g ground, ids []string) error {
	if err := rest(ctx, 11*time.Second); err != nil { // a shim is small ten seconds after its start
		return err
	}
	var pids []int
	var resident, largest, share int
	for _, id := range ids {
		pid, err := shimOf(ctx, g, id)
		if err != nil {
			return err
		}
		pids = append(pids, pid)
		rss, err := kilobytes(pid, "status", "VmRSS:")
		if err != nil {
			return err
		}
		pss, err := kilobytes(pid, "smaps_rollup", "Pss:")
		if err != nil {
			return err
		}
		resident, largest, share = resident+rss, max(largest, rss), share+pss
	}
	n := len(ids)
	fmt.Printf("  memory of a shim: %.2f MB resident (the largest %.2f MB); without what they share %.2f MB; of all together %.0f MB\n",
		mb(resident)/float64(n), mb(largest), mb(share)/float64(n), mb(share))
	before, err := ticks(pids)
	if err != nil {
		return err
	}
	const while = 10 * time.Second
	if err := rest(ctx, while); err != nil {
		return err
	}
	after, err := ticks(pids)
	fmt.Printf("  processor time of all shims in %v: %d ticks of 10 ms\n", while, after-before)
	return err
}

func mb(kilobytes int) float64 { return float64(kilobytes) / 1024 }

// shimOf: the shim is the parent of the container's first process.
func shimOf(ctx context.Context, g ground, id string) (int, error) {
	out, err := g.ask(ctx, "inspect", "-f", "{{.State.Pid}}", id)
	if err != nil {
		return 0, err
	}
	pid, err := strconv.Atoi(out)
	if err != nil {
		return 0, fmt.Errorf("ask for the process of %s: %w", id, err)
	}
	p, err := look.ReadProcess(pid)
	return p.Parent, err
}

// kilobytes reads a line such as "VmRSS:   6708 kB" of a file of /proc.
func kilobytes(pid int, file, name string) (int, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), file))
	if err != nil {
		return 0, fmt.Errorf("read a shim's memory: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == name {
			return strconv.Atoi(words[1])
		}
	}
	return 0, fmt.Errorf("read a shim's memory: there is no %s in %s", name, file)
}

// ticks adds up the processor time, user and system, of processes. man 5 proc, "/proc/pid/stat": fields 14 and 15.
func ticks(pids []int) (sum int, err error) {
	for _, pid := range pids {
		text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			return 0, fmt.Errorf("read a shim's processor time: %w", err)
		}
		_, rest, _ := strings.Cut(string(text), ") ") // the name before it may have blanks
		words := strings.Fields(rest)
		for _, word := range words[11:13] {
			n, err := strconv.Atoi(word)
			if err != nil {
				return 0, fmt.Errorf("read a shim's processor time: %w", err)
			}
			sum += n
		}
	}
	return sum, nil
}
