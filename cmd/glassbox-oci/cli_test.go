// This file tests the command line as engines write it, and what is told to them, by the built program.
package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/internal/testkit"
)

func TestFlagsStandAnywhere(t *testing.T) {
	for _, args := range [][]string{{"--all", "c", "9"}, {"c", "--all", "9"}, {"c", "9", "-all=true"}} {
		flags := newFlags("kill", "")
		all := flags.Bool("all", false, "")
		id, rest, err := containerFlags(flags, args, 1)
		if err != nil || id != "c" || !*all || !slices.Equal(rest, []string{"9"}) {
			t.Errorf("%q: id %q, rest %q, all %v, %v", args, id, rest, *all, err)
		}
	}
}

// oci runs the program and returns its exit code and both outputs.
func oci(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors strings.Builder
	cmd := exec.Command(testkit.Program(t, "glassbox-oci"), args...)
	cmd.Stdout, cmd.Stderr = &out, &errors
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errors.String()
}

func TestErrorsReachTheLog(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log.json")
	code, _, stderr := oci(t, "--root", t.TempDir(), "--log", log, "--log-format", "json", "--debug", "state", "nobody")
	if code != 1 || !strings.Contains(stderr, `container "nobody": container does not exist`) {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var line struct{ Level, Msg, Time string }
	if err := json.Unmarshal(data, &line); err != nil || line.Level != "error" || !strings.Contains(line.Msg, "does not exist") || line.Time == "" {
		t.Errorf("the log says %s (%v)", data, err)
	}
}

func TestVersionAsEnginesReadIt(t *testing.T) {
	_, out, _ := oci(t, "--version")
	for _, prefix := range []string{"glassbox-oci version ", "commit: ", "spec: 1."} {
		if !slices.ContainsFunc(strings.Split(out, "\n"), func(l string) bool { return strings.HasPrefix(l, prefix) }) {
			t.Errorf("no line begins with %q:\n%s", prefix, out)
		}
	}
}

func TestBadCommandLines(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"nosuch", "unknown command"}, {"kill", "name the container"}, {"kill --nosuch c", "not defined: -nosuch"},
		{"update --memory much c", "no number"}, {"--log-format xml list", "text or json"}, {"list --format xml", "table or json"},
		{"run --bundle /nosuch c", "holds no config.json"}, {"", "name a command"}, {"create a b", `a word too many: "b"`},
		{"delete -f a b", `"b"`}, {"kill a 9 b", `"b"`}, {"list a", `"a"`}, {"state a b", `"b"`}, {"pause a b", `"b"`}, {"spec a", `"a"`},
	} {
		code, _, stderr := oci(t, append([]string{"--root", t.TempDir()}, strings.Fields(c.args)...)...)
		if code != 1 || !strings.Contains(stderr, c.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, %q; want one line with %q", c.args, code, stderr, c.says)
		}
	}
}

func TestFeatures(t *testing.T) {
	_, out, _ := oci(t, "features")
	var f struct {
		OCIVersionMin, OCIVersionMax string
		MountOptions                 []string
		Linux                        struct {
			Namespaces                              []string
			Apparmor, Selinux, IntelRdt, NetDevices struct{ Enabled bool }
			MemoryPolicy                            struct{ Modes, Flags []string }
			Cgroup                                  struct{ V1, V2, Systemd, Rdma bool }
		}
	}
	if err := json.Unmarshal([]byte(out), &f); err != nil || f.OCIVersionMin != "1.0.0" || !slices.Contains(f.MountOptions, "rprivate") || len(f.Linux.Namespaces) != 8 {
		t.Errorf("%+v, %v", f, err)
	}
	// What CONFORMANCE.md says is done, or refused, is said here, too.
	l := f.Linux
	if !l.Apparmor.Enabled || !l.NetDevices.Enabled || !l.Cgroup.Rdma || l.Selinux.Enabled || l.IntelRdt.Enabled || len(l.MemoryPolicy.Modes) != 7 || len(l.MemoryPolicy.Flags) != 3 {
		t.Errorf("%+v", l)
	}
}

// Each flag of update sets its own field, and no other: the numbers are all different.
func TestUpdateFlags(t *testing.T) {
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{}, CPU: &specs.LinuxCPU{}, BlockIO: &specs.LinuxBlockIO{}}
	flags := newFlags("update", "")
	limitFlags(flags, r)
	err := flags.Parse(strings.Fields("--memory 1 --memory-reservation 2 --memory-swap 3 --kernel-memory-tcp 4 --cpu-period 5 --cpu-quota 6 --cpu-burst 7" +
		" --cpu-rt-period 8 --cpu-rt-runtime 9 --cpu-idle 10 --cpu-share 11 --blkio-weight 12 --cpuset-cpus 13 --cpuset-mems 14 --pids-limit 15"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"memory":{"limit":1,"reservation":2,"swap":3,"kernelTCP":4},"cpu":{"shares":11,"quota":6,"burst":7,"period":5,"realtimeRuntime":9,` +
		`"realtimePeriod":8,"cpus":"13","mems":"14","idle":10},"pids":{"limit":15},"blockIO":{"weight":12}}`
	if string(got) != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
