// These tests check the tables of this package row by row: limits, mount options, device rules, capabilities.
package plan

import (
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// Both ends and the usual value of v1's shares meet those of v2's weight.
func TestCPUWeight(t *testing.T) {
	for shares, want := range map[uint64]string{0: "", 1: "1", 2: "1", 1024: "100", 262144: "10000", 1 << 40: "10000"} {
		if got := cpuWeight(&specs.LinuxResources{CPU: &specs.LinuxCPU{Shares: &shares}}); got != want {
			t.Errorf("shares %d: weight %q, want %q", shares, got, want)
		}
	}
	last := 0
	for shares := uint64(4); shares <= 262144; shares *= 2 { // more shares, more weight
		weight, err := strconv.Atoi(cpuWeight(&specs.LinuxResources{CPU: &specs.LinuxCPU{Shares: &shares}}))
		if err != nil || weight <= last {
			t.Errorf("shares %d weigh %d (%v), half of them %d", shares, weight, err, last)
		}
		last = weight
	}
}

func TestIOWeight(t *testing.T) {
	for weight, want := range map[uint16]string{0: "", 10: "1", 500: "4950", 1000: "10000"} {
		if got := ioWeight(&specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: &weight}}); got != want {
			t.Errorf("weight %d: %q, want %q", weight, got, want)
		}
	}
}

// Each limit: nothing asked, nothing written; zero is not asked; -1 is no limit, in the words of each version.
func TestLimitValues(t *testing.T) {
	memory := func(limit, swap int64) *specs.LinuxResources {
		return &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit, Swap: &swap, Reservation: &limit}}
	}
	cpu := func(quota int64, period uint64) *specs.LinuxResources {
		return &specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: &quota, Period: &period}}
	}
	pids := func(n int64) *specs.LinuxResources { return &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &n}} }
	for _, c := range []struct {
		resource string
		r        *specs.LinuxResources
		v2, v1   string
	}{
		{"memory limit", memory(1000, 0), "1000", "1000"},
		{"memory limit", memory(-1, 0), "max", "-1"},
		{"memory limit", memory(0, 0), "", ""},
		{"memory and swap", memory(1000, 3000), "2000", "3000"},
		{"memory and swap", memory(1000, 1000), "0", "1000"},
		{"memory and swap", memory(1000, -1), "max", "-1"},
		{"memory and swap", memory(-1, -1), "max", "-1"},
		{"memory reservation", memory(1000, 0), "1000", "1000"},
		{"memory reservation", memory(-1, 0), "max", "-1"},
		{"cpu time", cpu(50000, 100000), "50000 100000", ""},
		{"cpu time", cpu(50000, 0), "50000 100000", ""},
		{"cpu time", cpu(-1, 50000), "max 50000", ""},
		{"cpu time", cpu(0, 0), "max 100000", ""},
		{"cpu quota", cpu(-1, 0), "", "-1"},
		{"cpu quota", cpu(0, 0), "", ""},
		{"cpu period", cpu(0, 2000), "", "2000"},
		{"processes", pids(64), "64", "64"},
		{"processes", pids(-1), "max", "max"},
		{"processes", pids(0), "0", "0"},
	} {
		row := rowOf(t, c.resource)
		if got := valueOf(row.v2, c.r); got != c.v2 {
			t.Errorf("%s in v2: %q, want %q", c.resource, got, c.v2)
		}
		if got := valueOf(row.v1, c.r); got != c.v1 {
			t.Errorf("%s in v1: %q, want %q", c.resource, got, c.v1)
		}
	}
	empty := &specs.LinuxResources{Memory: &specs.LinuxMemory{}, CPU: &specs.LinuxCPU{}, Pids: &specs.LinuxPids{}, BlockIO: &specs.LinuxBlockIO{}}
	for _, row := range limits {
		for _, r := range []*specs.LinuxResources{{}, empty} {
			if valueOf(row.v1, r) != "" || valueOf(row.v2, r) != "" {
				t.Errorf("%s is written though nobody asked", row.resource)
			}
		}
	}
}

func rowOf(t *testing.T, resource string) limit {
	t.Helper()
	for _, row := range limits {
		if row.resource == resource {
			return row
		}
	}
	t.Fatalf("no row %q", resource)
	return limit{}
}

func valueOf(f func(*specs.LinuxResources) string, r *specs.LinuxResources) string {
	if f == nil {
		return ""
	}
	return f(r)
}

func TestMountOptions(t *testing.T) {
	for words, want := range map[string]mountRequest{
		"":                             {},
		"defaults":                     {},
		"ro,nosuid,nodev,noexec":       {flags: unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		"ro,rw":                        {},
		"rw,ro":                        {flags: unix.MS_RDONLY},
		"noexec,exec,nosuid,suid":      {},
		"bind":                         {bind: true},
		"rbind,ro":                     {bind: true, recursive: true, flags: unix.MS_RDONLY},
		"private":                      {propagation: unix.MS_PRIVATE},
		"rslave":                       {propagation: unix.MS_SLAVE | unix.MS_REC},
		"runbindable,rshared":          {propagation: unix.MS_SHARED | unix.MS_REC},
		"size=64k,nosuid,mode=755":     {flags: unix.MS_NOSUID, data: "size=64k,mode=755"},
		"r":                            {data: "r"},
		"noatime,strictatime,relatime": {flags: unix.MS_NOATIME | unix.MS_STRICTATIME | unix.MS_RELATIME},
	} {
		var list []string
		if words != "" {
			list = strings.Split(words, ",")
		}
		if got := readOptions(list); got != want {
			t.Errorf("%q: %+v, want %+v", words, got, want)
		}
	}
}

func TestDeviceRules(t *testing.T) {
	nothing := kernel.DeviceRule{Type: "a", Major: -1, Minor: -1, Access: "rwm"}
	for _, c := range []struct {
		name  string
		asked []specs.LinuxDeviceCgroup
		want  []kernel.DeviceRule // before the harmless ones
	}{
		{"nothing is asked", nil, []kernel.DeviceRule{nothing}},
		{"the usual first line says where we begin anyway", []specs.LinuxDeviceCgroup{{Access: "rwm"}}, []kernel.DeviceRule{nothing}},
		{"all", []specs.LinuxDeviceCgroup{{Allow: true}}, []kernel.DeviceRule{nothing, {Allow: true, Type: "a", Major: -1, Minor: -1, Access: "rwm"}}},
		{"one disk", []specs.LinuxDeviceCgroup{{Access: "rwm"}, {Allow: true, Type: "b", Major: ptr(int64(8)), Minor: ptr(int64(1)), Access: "r"}},
			[]kernel.DeviceRule{nothing, {Allow: true, Type: "b", Major: 8, Minor: 1, Access: "r"}}},
	} {
		got := DeviceRules(&specs.LinuxResources{Devices: c.asked})
		if len(got) != len(c.want)+len(harmless) {
			t.Errorf("%s: %d rules", c.name, len(got))
			continue
		}
		for i, want := range append(c.want, harmless...) {
			if got[i] != want {
				t.Errorf("%s: rule %d is %+v, want %+v", c.name, i, got[i], want)
			}
		}
	}
	if got := DeviceRules(nil); len(got) != 1+len(harmless) {
		t.Errorf("without resources: %v", got)
	}
}

// What the host lacks can not be given, and an ambient capability must be permitted and inheritable.
func TestCapabilitySets(t *testing.T) {
	kill, chown, admin := uint64(1)<<unix.CAP_KILL, uint64(1)<<unix.CAP_CHOWN, uint64(1)<<unix.CAP_SYS_ADMIN
	all := []string{"CAP_KILL", "CAP_CHOWN", "CAP_SYS_ADMIN"}
	got := capabilitySets(&specs.LinuxCapabilities{Bounding: all, Permitted: all, Effective: all[:1], Inheritable: all[1:], Ambient: all}, ^admin)
	if want := (capabilities{Bounding: kill | chown, Effective: kill, Permitted: kill | chown, Inheritable: chown, Ambient: chown}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := capabilitySets(nil, ^uint64(0)); got != (capabilities{}) {
		t.Errorf("nothing was asked for: %+v", got)
	}
}
