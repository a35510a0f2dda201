// This file keeps bin/glassbox-oci small and quick: every process of a container pays for what is linked into it.
package structure

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

// linkedModules are the modules of the small program and why it has them.
var linkedModules = map[string]string{
	"cyphar.com/go-pathrs":                   "the C library behind pathrs-lite, unused without its tag",
	"github.com/containerd/console":          "the container's terminal",
	"github.com/cyphar/filepath-securejoin":  "paths inside a root that nobody may trust",
	"github.com/moby/profiles/seccomp":       "Docker's default system call filter",
	"github.com/moby/sys/capability":         "capabilities",
	"github.com/moby/sys/mountinfo":          "the mount table",
	"github.com/moby/sys/user":               "users and groups of the image",
	"github.com/moby/sys/userns":             "whether we are in a user namespace",
	"github.com/opencontainers/runtime-spec": "the description of a container",
	"github.com/urfave/cli/v2":               "the command line",
	"github.com/vishvananda/netlink":         "links and addresses",
	"github.com/vishvananda/netns":           "required by netlink",
	"github.com/xrash/smetrics":              "required by cli: 'did you mean'",
	"golang.org/x/net":                       "the assembler of filters (bpf)",
	"golang.org/x/sys":                       "system calls",
}

func TestSmallProgramModules(t *testing.T) {
	program := testkit.Program(t, "glassbox-oci")
	out, err := exec.Command("go", "version", "-m", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "dep" {
			continue
		}
		count++
		if linkedModules[fields[1]] == "" {
			t.Errorf("glassbox-oci links %s: leave it out, or say here why it must be in", fields[1])
		}
	}
	if count > 14 {
		t.Errorf("glassbox-oci links %d modules, at most 14", count)
	}
}

var initLine = regexp.MustCompile(`(?m)^init (\S+) @\S+ ms, (\S+) ms clock`)

// The best of a few runs counts, for the machine does other things too.
func TestSmallProgramStart(t *testing.T) {
	program := testkit.Program(t, "glassbox-oci")
	best, slowest := 1e9, ""
	for range 7 {
		run := exec.Command(program, "--version")
		run.Env = append(run.Environ(), "GODEBUG=inittrace=1")
		out, err := run.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", run, err, out)
		}
		sum, trace := 0.0, ""
		for _, m := range initLine.FindAllStringSubmatch(string(out), -1) {
			ms, err := strconv.ParseFloat(m[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += ms
			trace += m[1] + " " + m[2] + " ms\n"
		}
		if sum < best {
			best, slowest = sum, trace
		}
	}
	t.Logf("package initialisation takes %.2f ms", best)
	if best == 0 || best > 1 {
		t.Errorf("package initialisation of glassbox-oci takes %.2f ms, at most 1:\n%s", best, slowest)
	}
}
