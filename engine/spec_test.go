// This file checks specs against golden files, and what is said of requests that can not be.
package engine

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/internal/testkit"
)

func boxImage() v1.Config {
	return v1.Config{Cmd: []string{"sh"}, Env: []string{"PATH=/bin", "LANG=C"}, WorkingDir: "/srv"}
}

func somewhere() Place {
	return Place{
		ID: strings.Repeat("0123456789abcdef", 4), Rootfs: "/files/merged", Etc: "/live", NetNS: "/state/netns/c",
		CgroupPath: "/glassbox/c", Processors: 4, Account: Account{Home: "/root"}, Rights: knownCapabilities(),
	}
}

func TestSpecGolden(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Request, *Place)
	}{
		{"default", func(r *Request, p *Place) {}},
		{"tty", func(r *Request, p *Place) { r.TTY, r.OpenStdin, r.Hostname = true, true, "web" }},
		{"readonly", func(r *Request, p *Place) {
			r.Security.ReadOnly = true
			r.Mounts = []Mount{{Type: MountTmpfs, Target: "/tmp", Options: []string{"exec", "size=1m"}},
				{Type: MountBind, Source: "/srv/b", Target: "/data/below", ReadOnly: true},
				{Type: MountBind, Source: "/srv/a", Target: "/data", Bind: BindOptions{Propagation: "rshared"}}}
		}},
		{"limits", func(r *Request, p *Place) {
			score := 100
			r.Limits = Limits{Memory: 64 << 20, NanoCPUs: 500_000_000, CPUShares: 1, CPUSet: "0-1", Pids: 20, ShmSize: 1 << 20,
				Rlimits: []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 64, Hard: 128}}, OOMScoreAdj: &score}
		}},
		{"user", func(r *Request, p *Place) {
			p.Account = Account{User: specs.User{UID: 65534, GID: 65534, AdditionalGids: []uint32{65534}}, Home: "/"}
			r.Security.CapAdd, r.Security.CapDrop = []string{"net_admin"}, []string{"CAP_MKNOD"}
			r.Security.Options = []string{"no-new-privileges"}
		}},
		{"host-network", func(r *Request, p *Place) { r.Network.Mode, p.NetNS = "host", "" }},
		{"privileged", func(r *Request, p *Place) {
			r.Security.Privileged = true
			p.Devices = []specs.LinuxDevice{{Path: "/dev/kmsg", Type: "c", Major: 1, Minor: 11}}
		}},
		{"namespaces-of-others", func(r *Request, p *Place) {
			r.Namespaces = Namespaces{PID: "container:x", IPC: "container:x", UTS: "host", Cgroup: "host"}
			p.Joins = Joins{Shm: "/live/x/shm", Paths: map[specs.LinuxNamespaceType]string{
				specs.PIDNamespace: "/proc/7/ns/pid", specs.IPCNamespace: "/proc/7/ns/ipc"}}
		}},
		{"users-of-nobody", func(r *Request, p *Place) {
			r.Namespaces = Namespaces{User: "remap", IDs: &IDRange{UID: 100000, GID: 200000, Size: 65536}}
			r.Mounts = []Mount{{Type: MountVolume, Source: "vol", Target: "/data"}}
			p.Joins.Paths = map[specs.LinuxNamespaceType]string{specs.UserNamespace: "/live/users"}
		}},
		{"rare-limits", func(r *Request, p *Place) {
			share, disk := int64(10), []DeviceRate{{Device: "/dev/vda", Rate: 1 << 20, Major: 254}}
			r.Limits = Limits{Memory: 64 << 20, MemoryReservation: 32 << 20, Swappiness: &share, NoOOMKill: true, MemoryNode: "0",
				CPUPeriod: 50_000, CPUQuota: 20_000, RealTime: RealTime{Period: 1_000_000, Runtime: 1000},
				Disk: DiskLimits{Weight: 300, Weights: []DeviceRate{{Device: "/dev/vda", Rate: 200, Major: 254}}, ReadBytes: disk, WriteOps: disk}}
		}},
		{"device", func(r *Request, p *Place) {
			r.Devices = []Device{{Node: specs.LinuxDevice{Path: "/dev/net/tun", Type: "c", Major: 10, Minor: 200}, Access: "rw"}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, p := Request{Image: "box"}, somewhere()
			c.change(&r, &p)
			spec, err := Spec(r, boxImage(), p)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.MarshalIndent(spec, "", "\t")
			if err != nil {
				t.Fatal(err)
			}
			testkit.Golden(t, "spec/"+c.name+".json", string(text)+"\n")
		})
	}
}

func TestCommandLine(t *testing.T) {
	image := v1.Config{Entrypoint: []string{"/entry"}, Cmd: []string{"default"}}
	for _, c := range []struct {
		name  string
		r     Request
		image v1.Config
		want  []string
	}{
		{"as the image says", Request{}, image, []string{"/entry", "default"}},
		{"a command replaces Cmd", Request{Command: []string{"x", "y"}}, image, []string{"/entry", "x", "y"}},
		{"an entrypoint clears Cmd", Request{Entrypoint: []string{"/e"}}, image, []string{"/e"}},
		{"both", Request{Entrypoint: []string{"/e"}, Command: []string{"x"}}, image, []string{"/e", "x"}},
		{"no entrypoint", Request{Entrypoint: []string{}, Command: []string{"x"}}, image, []string{"x"}},
	} {
		if got, err := commandLine(c.r, c.image); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestSpecRefuses(t *testing.T) {
	for _, c := range []struct {
		want string
		r    Request
	}{
		{"no command", Request{Image: "empty", Entrypoint: []string{}}},
		{"the command is empty", Request{Command: []string{""}}},
		{"at least 6m", Request{Limits: Limits{Memory: 1000}}},
		{"give --memory too", Request{Limits: Limits{MemorySwap: 1 << 30}}},
		{"can not be less than --memory", Request{Limits: Limits{Memory: 64 << 20, MemorySwap: 32 << 20}}},
		{"--cpus 5: the range here is from 0.01 to 4", Request{Limits: Limits{NanoCPUs: 5_000_000_000}}},
		{"in one: give one or the others", Request{Limits: Limits{NanoCPUs: wholeCPU, CPUQuota: 5000}}},
		{"--cpu-period 10: the range", Request{Limits: Limits{CPUPeriod: 10}}},
		{"--cpu-quota 10: at least 1000", Request{Limits: Limits{CPUQuota: 10}}},
		{"it is a part of --cpu-rt-period", Request{Limits: Limits{RealTime: RealTime{Period: 1000, Runtime: 2000}}}},
		{"--blkio-weight: 5: the range", Request{Limits: Limits{Disk: DiskLimits{Weight: 5}}}},
		{"--cpus 0.001", Request{Limits: Limits{NanoCPUs: 1_000_000}}},
		{`--cap-add: unknown capability "NONSENSE"`, Request{Security: Security{CapAdd: []string{"NONSENSE"}}}},
		{`--cap-drop: unknown capability "x"`, Request{Security: Security{CapDrop: []string{"x"}}}},
		{`--security-opt "label=user:x"`, Request{Security: Security{Options: []string{"label=user:x"}}}},
	} {
		if _, err := Spec(c.r, boxImage(), somewhere()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want …%s…", err, c.want)
		}
	}
}

func TestCapabilities(t *testing.T) {
	few := []string{"CAP_CHOWN", "CAP_KILL"}
	for _, c := range []struct {
		name string
		s    Security
		want []string
	}{
		{"drop all", Security{CapDrop: []string{"ALL"}}, nil},
		{"drop all, keep one", Security{CapDrop: []string{"all"}, CapAdd: []string{"chown"}}, []string{"CAP_CHOWN"}},
		{"add all is what the host has", Security{CapAdd: []string{"ALL"}}, few},
		{"add all but one", Security{CapAdd: []string{"ALL"}, CapDrop: []string{"KILL"}}, []string{"CAP_CHOWN"}},
		{"privileged", Security{Privileged: true, CapDrop: []string{"KILL"}}, few},
	} {
		if got, err := chooseCapabilities(c.s, few); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

// The filter depends on the capabilities, and can be switched off.
func TestConfine(t *testing.T) {
	allows := func(sec Security, call string) bool {
		spec, err := Spec(Request{Security: sec}, boxImage(), somewhere())
		if err == nil {
			err = Confine(spec, sec)
		}
		if err != nil {
			t.Fatal(err)
		}
		return spec.Linux.Seccomp == nil || slices.ContainsFunc(spec.Linux.Seccomp.Syscalls, func(s specs.LinuxSyscall) bool {
			return s.Action == specs.ActAllow && len(s.Args) == 0 && slices.Contains(s.Names, call)
		})
	}
	if allows(Security{}, "mount") || !allows(Security{}, "openat") {
		t.Error("the default filter: want openat, not mount")
	}
	if !allows(Security{CapAdd: []string{"SYS_ADMIN"}}, "mount") {
		t.Error("SYS_ADMIN brings mount back")
	}
	if !allows(Security{Privileged: true}, "mount") || !allows(Security{Options: []string{"seccomp=unconfined"}}, "mount") {
		t.Error("privileged and unconfined have no filter")
	}
	own := `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"}]}`
	if allows(Security{Options: []string{"seccomp=" + own}}, "openat") {
		t.Error("a profile of one's own was not used")
	}
}

func TestFindAccount(t *testing.T) {
	passwd := []byte("root:x:0:0:root:/root:/bin/sh\napp:x:100:200::/home/app:/bin/sh\n")
	group := []byte("root:x:0:\nbin:x:1:root,app\nwheel:x:10:root\nweb:x:33:\n")
	account := func(uid, gid uint32, home string, groups ...uint32) Account {
		return Account{User: specs.User{UID: uid, GID: gid, AdditionalGids: groups}, Home: home}
	}
	for _, c := range []struct {
		name   string
		groups []string
		want   Account
	}{
		{"", nil, account(0, 0, "/root", 0, 1, 10)},
		{"app", nil, account(100, 200, "/home/app", 200, 1)},
		{"100:web", nil, account(100, 33, "/home/app", 33)},
		{"4000", []string{"web", "77"}, account(4000, 0, "/", 0, 33, 77)},
	} {
		got, err := findAccount(c.name, c.groups, passwd, group)
		if err != nil {
			t.Errorf("%q: %v", c.name, err)
		} else if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: - want, + got\n%s", c.name, diff)
		}
	}
	for _, name := range []string{"nobody", "app:nobody", "99999999999"} {
		if _, err := findAccount(name, nil, passwd, group); err == nil || !strings.Contains(err.Error(), "give a number, or a name") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
