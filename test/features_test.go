// This file holds glassbox-oci to its word: each thing that `features` lists is taken, and what it does not list is not.
package test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"

	"glassbox/internal/testkit"
)

// ran runs a changed bundle with glassbox-oci, and returns what it said and whether it ran.
func ran(t *testing.T, bundle string, change func(*specs.Spec)) (said string, ok bool) {
	t.Helper()
	path := filepath.Join(bundle, "config.json")
	before := contents(t, path)
	defer func() { must(t, os.WriteFile(path, []byte(before), 0o644)) }()
	spec := &specs.Spec{}
	must(t, json.Unmarshal([]byte(before), spec))
	change(spec)
	text, err := json.Marshal(spec)
	must(t, err)
	must(t, os.WriteFile(path, text, 0o644))
	out, err := exec.Command(testkit.Program(t, "glassbox-oci"), "--root", filepath.Join(bundle, "state"), "run", "--bundle", bundle,
		filepath.Base(filepath.Dir(bundle))).CombinedOutput()
	return string(out), err == nil
}

func TestFeaturesAreTrue(t *testing.T) {
	testkit.Need(t, testkit.Root())
	out, err := exec.Command(testkit.Program(t, "glassbox-oci"), "features").Output()
	must(t, err)
	var f features.Features
	must(t, json.Unmarshal(out, &f))
	bundle := newBundle(t)
	for name, try := range map[string]struct {
		listed []string
		change func(*specs.Spec, string)
		says   string // of one that is not listed
	}{
		"versions":     {[]string{f.OCIVersionMin, f.OCIVersionMax}, func(s *specs.Spec, v string) { s.Version = v }, "ociVersion"},
		"mounts":       {alone(f.MountOptions), mountedWith, "invalid argument"},
		"namespaces":   {f.Linux.Namespaces, oneMoreNamespace, "unknown type"},
		"capabilities": {f.Linux.Capabilities, bounded, "unknown capabilities"},
		"actions":      {without(f.Linux.Seccomp.Actions, "SCMP_ACT_NOTIFY"), decided, "unknown action"},
		"operators":    {f.Linux.Seccomp.Operators, compared, "unknown operator"},
		"archs":        {f.Linux.Seccomp.Archs, onArchitecture, "unknown architecture"},
		"flags":        {f.Linux.Seccomp.SupportedFlags, flagged, "unknown flag"},
		"policies":     {f.Linux.MemoryPolicy.Modes, remembered, "unknown mode"},
	} {
		t.Run(name, func(t *testing.T) {
			if len(try.listed) == 0 {
				t.Fatal("nothing is listed")
			}
			for _, word := range try.listed {
				if said, _ := ran(t, bundle, func(s *specs.Spec) { try.change(s, word) }); strings.Contains(said, try.says) {
					t.Errorf("%s: %s", word, said)
				}
			}
			if said, _ := ran(t, bundle, func(s *specs.Spec) { try.change(s, "BOGUS") }); !strings.Contains(said, try.says) {
				t.Errorf("BOGUS: %q, want %q", said, try.says)
			}
		})
	}
	for _, hook := range f.Hooks {
		for program, runs := range map[string]bool{"/bin/true": true, "/bin/false": hook == "poststop"} {
			if said, ok := ran(t, bundle, func(s *specs.Spec) { hooked(t, s, hook, program) }); ok != runs {
				t.Errorf("hook %s: %s: %s", hook, program, said)
			}
		}
	}
}

// alone are the options that mean something for a file system that is mounted anew.
func alone(options []string) []string {
	return without(options, "bind", "rbind", "remount", "idmap", "ridmap")
}

func without(words []string, those ...string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return slices.Contains(those, w) })
}

func mountedWith(s *specs.Spec, option string) {
	s.Mounts = append(s.Mounts, specs.Mount{Destination: "/dev/tried", Type: "tmpfs", Source: "tmpfs", Options: []string{option}})
}

func oneMoreNamespace(s *specs.Spec, kind string) {
	s.Linux.Namespaces = slices.DeleteFunc(s.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return string(n.Type) == kind })
	s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.LinuxNamespaceType(kind)})
}

func bounded(s *specs.Spec, capability string) {
	s.Process.Capabilities.Bounding = []string{capability}
}

func filtered(s *specs.Spec, change func(*specs.LinuxSeccomp)) {
	s.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{{Names: []string{"acct"}, Action: specs.ActErrno}}}
	change(s.Linux.Seccomp)
}

func decided(s *specs.Spec, action string) {
	filtered(s, func(f *specs.LinuxSeccomp) { f.Syscalls[0].Action = specs.LinuxSeccompAction(action) })
}

func compared(s *specs.Spec, operator string) {
	filtered(s, func(f *specs.LinuxSeccomp) {
		f.Syscalls[0].Args = []specs.LinuxSeccompArg{{Value: 1, ValueTwo: 1, Op: specs.LinuxSeccompOperator(operator)}}
	})
}

func onArchitecture(s *specs.Spec, name string) {
	filtered(s, func(f *specs.LinuxSeccomp) { f.Architectures = []specs.Arch{specs.Arch(name)} })
}

func flagged(s *specs.Spec, flag string) {
	filtered(s, func(f *specs.LinuxSeccomp) { f.Flags = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlag(flag)} })
}

func remembered(s *specs.Spec, mode string) {
	s.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: specs.MemoryPolicyModeType(mode)}
}

// hooked gives the container one hook, by the name that `features` gives its kind.
func hooked(t *testing.T, s *specs.Spec, kind, program string) {
	t.Helper()
	must(t, json.Unmarshal(fmt.Appendf(nil, `{"%s":[{"path":"%s"}]}`, kind, program), &s.Hooks))
}
