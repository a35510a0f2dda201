// This file checks what the flags of run ask for, and what is said of values that make no sense.
package command

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

// requested reads a command line of run as the program does, and returns what it would ask the engine for.
func requested(t *testing.T, words ...string) (engine.Request, error) {
	t.Helper()
	app := newApp()
	var r engine.Request
	findCommand(app.Commands, "run").Action = func(c *cli.Context) (err error) {
		r, err = requestFrom(c)
		return err
	}
	args, err := expand(app, append([]string{"run"}, words...))
	if err != nil {
		return r, err
	}
	return r, app.Run(append([]string{"glassbox"}, args...))
}

// usual is what `run box` asks for, with changes.
func usual(change func(*engine.Request)) engine.Request {
	r := engine.Request{Image: "box", Command: []string{}, Labels: map[string]string{},
		Network: engine.Network{Mode: "bridge", Sysctls: map[string]string{}}}
	change(&r)
	return r
}

// requests are flags, and what they change of the usual request.
var requests = []struct {
	flags string
	want  func(*engine.Request)
}{
	{"", func(r *engine.Request) {}},
	{"-it --rm --init --name web -h host", func(r *engine.Request) {
		r.TTY, r.OpenStdin, r.AutoRemove, r.Init, r.Name, r.Hostname = true, true, true, true, "web", "host"
	}},
	{"-e A=1,2 -e FROM_HERE -e UNSET_HERE", func(r *engine.Request) {
		r.Env = []string{"A=1,2", "FROM_HERE=its value", "UNSET_HERE"}
	}},
	{"-m 64m --memory-swap=-1 --cpus 1.5 -c 512 --cpuset-cpus 0-1 --pids-limit 20 --shm-size 1g", func(r *engine.Request) {
		r.Limits = engine.Limits{Memory: 64 << 20, MemorySwap: -1, NanoCPUs: 1_500_000_000, CPUShares: 512, CPUSet: "0-1",
			Pids: 20, ShmSize: 1 << 30}
	}},
	{"--ulimit nofile=10:20 --ulimit core=-1 --oom-score-adj -500", func(r *engine.Request) {
		r.Limits.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 10, Hard: 20},
			{Type: "RLIMIT_CORE", Soft: 1<<64 - 1, Hard: 1<<64 - 1}}
		r.Limits.OOMScoreAdj = new(-500)
	}},
	{"-v /etc:/host/etc/:ro,rslave -v /:/all:bind --tmpfs /run:size=1m,exec --tmpfs /x", func(r *engine.Request) {
		r.Mounts = []engine.Mount{
			{Flag: "-v", Type: "bind", Source: "/etc", Target: "/host/etc", ReadOnly: true, Mode: "ro,rslave",
				Bind: engine.BindOptions{Propagation: "rslave", Create: true}},
			{Flag: "-v", Type: "bind", Source: "/", Target: "/all", Mode: "bind", Bind: engine.BindOptions{Shallow: true, Create: true}},
			{Flag: "--tmpfs", Type: "tmpfs", Target: "/run", Options: []string{"size=1m", "exec"}},
			{Flag: "--tmpfs", Type: "tmpfs", Target: "/x"}}
	}},
	{"-u nobody:80 -w /tmp --group-add 9 --stop-signal USR1 --stop-timeout 3 -l a=b -l c", func(r *engine.Request) {
		r.User, r.WorkDir, r.Groups, r.StopSignal, r.StopWait = "nobody:80", "/tmp", []string{"9"}, "USR1", new(3)
		r.Labels = map[string]string{"a": "b", "c": ""}
	}},
	{"--cap-add NET_ADMIN --cap-drop ALL --read-only --privileged --security-opt no-new-privileges", func(r *engine.Request) {
		r.Security = engine.Security{CapAdd: []string{"NET_ADMIN"}, CapDrop: []string{"ALL"}, ReadOnly: true, Privileged: true,
			Options: []string{"no-new-privileges"}}
	}},
	{"--net none --dns 9.9.9.9 --add-host db:10.0.0.2 --sysctl net.ipv4.ip_forward=1", func(r *engine.Request) {
		r.Network = engine.Network{Mode: "none", DNS: []string{"9.9.9.9"}, Hosts: []string{"db:10.0.0.2"},
			Sysctls: map[string]string{"net.ipv4.ip_forward": "1"}}
	}},
	{"-p 8080:80 -p 127.0.0.1:53:53/udp -p 90 -p [fd00::1]:7-8:17-18 -p 9000-9002:443/SCTP --expose 5-6/udp -P", func(r *engine.Request) {
		r.Network.Ports = []engine.Port{{Host: 8080, Container: 80, Protocol: "tcp"},
			{HostIP: "127.0.0.1", Host: 53, Container: 53, Protocol: "udp"}, {Container: 90, Protocol: "tcp"},
			{HostIP: "fd00::1", Host: 7, Container: 17, Protocol: "tcp"}, {HostIP: "fd00::1", Host: 8, Container: 18, Protocol: "tcp"},
			{Host: 9000, HostLast: 9002, Container: 443, Protocol: "sctp"}}
		r.Network.Expose, r.Network.PublishAll = []string{"5/udp", "6/udp"}, true
	}},
	{"--network mynet", func(r *engine.Request) { r.Network.Mode = "mynet" }},
	{"--network one --network name=two,alias=db,ip=10.46.0.9,ip6=fd00::9 --network-alias web --ip 10.45.0.9 --mac-address 02:00:00:00:00:09", func(r *engine.Request) {
		r.Network.Mode = "one"
		r.Network.Attachments = []engine.Attachment{{Network: "one", Aliases: []string{"web"}, IP: "10.45.0.9", MAC: "02:00:00:00:00:09"},
			{Network: "two", Aliases: []string{"db"}, IP: "10.46.0.9", IP6: "fd00::9"}}
	}},
	{"--entrypoint=", func(r *engine.Request) { r.Entrypoint = []string{} }},
	{"--entrypoint /bin/sh", func(r *engine.Request) { r.Entrypoint = []string{"/bin/sh"} }},
}

func TestRequest(t *testing.T) {
	t.Setenv("FROM_HERE", "its value")
	for _, c := range requests {
		got, err := requested(t, append(strings.Fields(c.flags), "box")...)
		if err != nil {
			t.Errorf("%s: %v", c.flags, err)
			continue
		}
		if diff := cmp.Diff(usual(c.want), got); diff != "" {
			t.Errorf("%s: - want, + got\n%s", c.flags, diff)
		}
	}
}

func TestRequestRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ flags, want string }{
		{"-m lots", `--memory "lots": write a number of bytes, or with k, m or g: 64m`},
		{"--cpus many", `--cpus "many": write a number of processors, such as 0.5 or 2`},
		{"--cpus 1/2", `--cpus "1/2": write a number of processors`},
		{"--pids-limit x", `invalid value "x" for flag -pids-limit`},
		{"--ulimit nofile", `--ulimit "nofile"`},
		{"--ulimit nonsense=1", `--ulimit "nonsense=1"`},
		{"--oom-score-adj 2000", "--oom-score-adj 2000: the range is from -1000"},
		{"-v /etc:etc", "the place in the container must begin with /"},
		{"-v /etc:/", "must begin with / and be below it"},
		{"-v /etc:/x:wat", `unknown option "wat"`},
		{"--tmpfs run", `--tmpfs run: invalid mount path "run"`},
		{"--device /nowhere", "--device /nowhere: stat /nowhere: no such file or directory"},
		{"--device /etc", "--device /etc: /etc is no device"},
		{"-p 80:99999", `-p 80:99999: "99999" is no port`},
		{"-p 80:80/xyz", `protocol "xyz" is neither tcp, udp nor sctp`},
		{"-p [::1]:80:80", "what is sent from ::1 can not leave the host"},
		{"--expose 80:80", "--expose 80:80: invalid port"},
		{"--network name=a,colour=red", `unknown field "colour"`},
		{"--network alias=a", "say which one: name=NETWORK"},
		{"--ip 10.45", `invalid address "10.45"`},
		{"--mac-address 02", `invalid MAC address "02"`},
		{"--mac-address 03:00:00:00:00:09", `invalid MAC address "03:00:00:00:00:09"`},
		{"--network host --ip 10.45.0.2", "they need a network of the container's own"},
		{"-p 1-2:5-9", "the ranges 1-2 and 5-9 are not of one length"},
		{"-p nowhere:1:1", `"nowhere" is no address`},
		{"--env-file nowhere", "--env-file: open nowhere: no such file or directory"},
		{"-e =x", `-e "=x": a variable has a name`},
		{"--security-opt nonsense", `--security-opt "nonsense": not known here`},
		{"--security-opt seccomp=nowhere", "open nowhere: no such file"},
		{"--sysctl x", `--sysctl "x": write NAME=VALUE`},
		{"--add-host x", `--add-host "x": write NAME:ADDRESS`},
		{"-l =x", "a label has a name"},
	} {
		_, err := requested(t, append(strings.Fields(c.flags), "box")...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", c.flags, err, c.want)
		}
	}
}

func TestEnvFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(file, []byte("# a comment\n\nA=1 # no comment\r\n  B=\"quoted\"\nHERE\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HERE", "yes")
	r, err := requested(t, "--env-file", file, "-e", "A=2", "box")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"A=1 # no comment", `B="quoted"`, "HERE=yes", "A=2"}, r.Env); diff != "" {
		t.Error(diff)
	}
	if _, err := envLines("f", "A=1\nB C=2\n"); err == nil || !strings.Contains(err.Error(), `line 2: "B C" is no name`) {
		t.Errorf("a name with a blank: %v", err)
	}
}
