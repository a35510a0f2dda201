// This file keeps the programs small and quick that are started for every container: bin/glassbox-oci, in which each of its
// processes runs, and bin/glassbox, which a person waits for.
package structure

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

// small is a program that is to stay small.
type small struct {
	name    string
	modules map[string]string // that may be linked, and why
	most    int               // of them at once
	start   float64           // ms of package initialisation
}

func smallPrograms() []small {
	return []small{{"glassbox-oci", ociModules, 14, 1}, {"glassbox", glassboxModules, 24, 1}}
}

var ociModules = map[string]string{
	"github.com/containerd/console":          "the container's terminal",
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

// Nothing here speaks HTTP or unpacks layers: that is aboard glassbox-images.
var glassboxModules = map[string]string{
	"github.com/docker/go-units":             "sizes and times as people write them",
	"github.com/google/go-containerregistry": "the documents that images are made of, not its client",
	"github.com/google/nftables":             "firewall rules",
	"github.com/google/renameio/v2":          "files that are there whole or not at all",
	"github.com/mdlayher/netlink":            "messages about firewall rules and addresses",
	"github.com/mdlayher/socket":             "required by it",
	"github.com/moby/docker-image-spec":      "the words of image inspect",
	"github.com/moby/moby/api":               "the words of ps, inspect, events, info",
	"github.com/moby/moby/client":            "the bars of a pull, not its client",
	"github.com/moby/profiles/seccomp":       "Docker's default system call filter",
	"github.com/moby/sys/capability":         "capabilities",
	"github.com/moby/sys/user":               "users and groups of the image",
	"github.com/moby/term":                   "required by the bars",
	"github.com/opencontainers/go-digest":    "required by moby's words",
	"github.com/opencontainers/image-spec":   "required by moby's words",
	"github.com/opencontainers/runtime-spec": "the description of a container",
	"github.com/urfave/cli/v2":               "the command line",
	"github.com/vishvananda/netlink":         "links and addresses",
	"github.com/vishvananda/netns":           "required by netlink",
	"github.com/xrash/smetrics":              "required by cli: 'did you mean'",
	"golang.org/x/net":                       "required by nftables: the assembler of filters (bpf)",
	"golang.org/x/sync":                      "layers side by side",
	"golang.org/x/sys":                       "system calls",
	"golang.org/x/term":                      "the caller's terminal",
}

func TestSmallProgramModules(t *testing.T) {
	for _, p := range smallPrograms() {
		out, err := exec.Command("go", "version", "-m", testkit.Program(t, p.name)).Output()
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
			if p.modules[fields[1]] == "" {
				t.Errorf("%s links %s: leave it out, or say here why it must be in", p.name, fields[1])
			}
		}
		if count > p.most {
			t.Errorf("%s links %d modules, at most %d", p.name, count, p.most)
		}
	}
}

var initLine = regexp.MustCompile(`(?m)^init (\S+) @\S+ ms, (\S+) ms clock`)

// The best of a few runs counts, for the machine does other things too.
func TestSmallProgramStart(t *testing.T) {
	for _, p := range smallPrograms() {
		best, slowest := 1e9, ""
		for range 7 {
			if sum, trace := initialisation(t, testkit.Program(t, p.name)); sum < best {
				best, slowest = sum, trace
			}
		}
		t.Logf("package initialisation of %s takes %.2f ms", p.name, best)
		if best == 0 || best > p.start {
			t.Errorf("package initialisation of %s takes %.2f ms, at most %v:\n%s", p.name, best, p.start, slowest)
		}
	}
}

// initialisation measures one start: ms in all, and of each package.
func initialisation(t *testing.T, program string) (sum float64, trace string) {
	run := exec.Command(program, "--version")
	run.Env = append(run.Environ(), "GODEBUG=inittrace=1")
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", run, err, out)
	}
	for _, m := range initLine.FindAllStringSubmatch(string(out), -1) {
		ms, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += ms
		trace += m[1] + " " + m[2] + " ms\n"
	}
	return sum, trace
}
