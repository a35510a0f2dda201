// This file checks the commands of everyday use on real containers: what they print, and the codes they end with.
package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glassbox/explain"
	"glassbox/internal/testkit"
)

// Each flag of run does inside what it says.
func TestRunFlags(t *testing.T) {
	p := newPlace(t)
	shown := t.TempDir()
	must(t, os.WriteFile(filepath.Join(shown, "file"), []byte("of the host\n"), 0o644))
	profile := filepath.Join(shown, "seccomp.json")
	must(t, os.WriteFile(profile, []byte(`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":1}]}`), 0o644))
	for _, c := range []struct{ flags, program, want string }{
		{"-e A=1 -e B=2=3", "echo $A $B", "1 2=3\n"},
		{"-w /tmp", "pwd", "/tmp\n"},
		{"-u 1234:56 --group-add 78", "id -u; id -g; id -G", "1234\n56\n56 78\n"},
		{"-h inside", "hostname; cat /etc/hostname", "inside\ninside\n"},
		{"--read-only", "touch /x 2>/dev/null || echo refused", "refused\n"},
		{"--read-only --tmpfs /x:size=64k", "touch /x/y && echo made", "made\n"},
		{"-v " + shown + ":/shown", "cat /shown/file; touch /shown/y && echo made", "of the host\nmade\n"},
		{"-v " + shown + ":/shown:ro", "touch /shown/y 2>/dev/null || echo refused", "refused\n"},
		{"--cap-drop ALL", "grep CapEff /proc/self/status", "CapEff:\t0000000000000000\n"},
		{"--cap-drop ALL --cap-add CHOWN", "grep CapEff /proc/self/status", "CapEff:\t0000000000000001\n"},
		{"", "mkdir /x && echo made", "made\n"},
		{"--security-opt seccomp=" + profile, "mkdir /x 2>/dev/null || echo refused", "refused\n"},
		{"", "grep Seccomp: /proc/self/status", "Seccomp:\t2\n"},
		{"--security-opt seccomp=unconfined", "grep Seccomp: /proc/self/status", "Seccomp:\t0\n"},
		{"--security-opt no-new-privileges", "grep NoNew /proc/self/status", "NoNewPrivs:\t1\n"},
		{"--ulimit nofile=77:88", "ulimit -n; ulimit -Hn", "77\n88\n"},
		{"--shm-size 1m", "df -k /dev/shm | tail -1 | awk '{print $2}'", "1024\n"},
		{"--oom-score-adj 321", "cat /proc/self/oom_score_adj", "321\n"},
		{"--sysctl net.ipv4.ip_default_ttl=77", "cat /proc/sys/net/ipv4/ip_default_ttl", "77\n"},
		{"--device /dev/null:/dev/nothing", "echo x > /dev/nothing && echo swallowed", "swallowed\n"},
		{"--add-host db:10.9.8.7", "grep -w db /etc/hosts", "10.9.8.7\tdb\n"},
		{"--dns 9.8.7.6 --dns-search a.example --dns-option ndots:3", "tail -n +2 /etc/resolv.conf", "nameserver 9.8.7.6\nsearch a.example\noptions ndots:3\n"},
		{"--init", "cat /proc/1/comm", "glassbox-oci\n"},
		{"--privileged", "test -w /sys/fs/cgroup && umount /proc/sys 2>/dev/null || echo nothing masked", "nothing masked\n"},
		{"--without Name_the_machine -h inside", "hostname | grep -c inside", "0\n"},
	} {
		words := strings.Fields(c.flags)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_the_", " the ")
		}
		args := append(append([]string{"run", "--rm", "--network", "none"}, words...), "box", "sh", "-c", c.program)
		if r := p.run(args...); r.stdout != c.want {
			t.Errorf("want %q: %s", c.want, r)
		}
	}
}

// The end of what we send is the end of the program's input; without -i there is none.
func TestStandardInput(t *testing.T) {
	p := newPlace(t)
	for flag, want := range map[string]string{"-i": "sent\nend\n", "--rm": "end\n"} {
		args := []string{"run", "--rm", flag, "--network", "none", "box", "sh", "-c", "cat; echo end"}
		cmd := p.command(args...)
		cmd.Stdin = strings.NewReader("sent\n")
		if r := p.finish(cmd, args); r.stdout != want {
			t.Errorf("want %q: %s", want, r)
		}
	}
}

func TestExitCodes(t *testing.T) {
	p := newPlace(t)
	for program, want := range map[string]int{"true": 0, "exit 7": 7, "kill -TERM $$; sleep 1": 0, "sleep 9 & kill -9 $!; wait $!": 137, "nosuchprogram": 127} {
		if r := p.run("run", "--rm", "--network", "none", "box", "sh", "-c", program); r.code != want {
			t.Errorf("want %d: %s", want, r)
		}
	}
}

// A container from birth to removal, through the eyes of every command.
func TestLifeOfAContainer(t *testing.T) {
	p := newPlace(t)
	cid := filepath.Join(t.TempDir(), "cid")
	full := strings.TrimSpace(p.must("run", "-d", "--name", "web", "--cidfile", cid, "-l", "a=b", "-p", "18080:80", "box",
		"sh", "-c", "echo out; echo err >&2; sleep 1000"))
	if noted, err := os.ReadFile(cid); err != nil || string(noted) != full || !id.MatchString(full) {
		t.Errorf("--cidfile has %q (%v), printed was %q", noted, err, full)
	}
	for _, c := range []struct {
		command string
		want    string // a regular expression
	}{
		{"ps", `(?s)^CONTAINER ID .*NAMES\n` + full[:12] + ` +box +"sh -c 'echo out; ec…" .* Up .* 0\.0\.0\.0:18080->80/tcp +web\n$`},
		{"ps -q --no-trunc", `^` + full + `\n$`},
		{"ps --filter label=a=c -q", `^$`},
		{"ps --filter label=a=b --filter label=org.opencontainers.image.title=box --format {{.Names}}", `^web\n$`},
		{"inspect -f {{.Config.Env}}{{.Config.Cmd}} web", `^\[PATH=[^ ]*\]\[sh -c echo`},
		{"--version", `^Glassbox version `},
		{"logs --tail 1 web", `^(out|err|)\n?$`},
		{"exec -e A=1 -w /tmp web env", `(?m)^A=1$`},
		{"exec web cat /proc/1/comm", `^(sh|sleep)\n$`},
		{"inspect -f {{.Id}}-{{.State.Status}} web", `^` + full + `-running\n$`},
		{"inspect web", `(?s)^\[\n    \{\n        "Id": "` + full},
		{"look hostname web", `^` + full[:12] + `\n$`},
		{"look namespaces --json " + full[:7], `(?s)"type": "pid",\s+"inode": \d+,\s+"shared": false`},
		{"explain web", `(?s)Stack the layers.*Lay a virtual cable.*inside the new namespaces.*Become the program`},
		{"kill -s CONT web", `^web\n$`},
		{"audit", `^nothing is left behind\n$`},
		{"stop -t 0 web", `^web\n$`},
		{"wait web", `^137\n$`},
		{"ps -a --format {{.Status}}", `^Exited \(137\) .* ago\n$`},
		{"start web", `^web\n$`},
		{"rm -f web", `^web\n$`},
		{"rm -f web", `^$`},
		{"ps -aq", `^$`},
	} {
		if got := p.must(strings.Fields(c.command)...); !regexp.MustCompile(c.want).MatchString(got) {
			t.Errorf("glassbox %s: want %s, got\n%s", c.command, c.want, got)
		}
	}
	for command, want := range map[string]int{
		"rm web": 1, "inspect web": 1, "ps --filter x=y": 1, "logs --since x web": 1, "ps --nonsense": 125, "run -d -a stdout box": 1, "run -it box": 1,
		"run -w tmp box": 125, "run --platform x box": 125, "run --cpuset-cpus 0,4000 box": 125, "run --cpuset-cpus a box": 125,
	} {
		if r := p.run(strings.Fields(command)...); r.code != want {
			t.Errorf("want %d: %s", want, r)
		}
	}
	if r := p.run("run", "--cidfile", cid, "box", "true"); r.code != 125 || !strings.Contains(r.stderr, "remove it or name another") {
		t.Errorf("a cidfile that is there: %s", r)
	}
}

// The story goes to standard error, the program's output stays alone; nothing is coloured in a file.
func TestExplain(t *testing.T) {
	p := newPlace(t)
	r := p.run("run", "--rm", "--explain", "--network", "none", "box", "echo", "hi")
	if r.stdout != "hi\n" || !strings.Contains(r.stderr, "Make mounts private") || strings.Contains(r.stderr, "\x1b") {
		t.Errorf("%s", r)
	}
	r = p.run("run", "--rm", "--explain=json", "--network", "none", "box", "echo", "hi")
	done := 0
	for line := range strings.Lines(r.stderr) {
		var e explain.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if e.Done {
			done++
		}
	}
	if r.stdout != "hi\n" || done < 20 {
		t.Errorf("%d events of finished steps: %s", done, r)
	}
}

// A dry run changes nothing.
func TestDryRun(t *testing.T) {
	p := newPlace(t)
	p.must("images")
	before := p.picture()
	plan := p.must("run", "--dry-run", "--memory", "64m", "box", "sh")
	for _, want := range []string{"on the host", "Start a process in new namespaces", "67108864", "inside the new namespaces", "execve("} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not have %q:\n%s", want, plan)
		}
	}
	if diff := p.changes(before); diff != "" {
		t.Errorf("a dry run left behind:\n%s", diff)
	}
}

// Real scripts are clean shell, in the files inside them too, whatever the words of the command line are.
func TestScriptIsClean(t *testing.T) {
	testkit.Need(t, testkit.Binary("shellcheck"))
	p := newPlace(t)
	for _, flags := range []string{"", "-p 8080:80 -m 64m --cpus .5", "--network none --read-only --cap-drop ALL -u 1000 --init", "--network host -it"} {
		args := append(append([]string{"run", "--script"}, strings.Fields(flags)...), "box", "sh", "-c", `echo "it's $HOME"`)
		script := p.must(args...)
		files := regexp.MustCompile(`(?ms)^cat > "\$work/\d+\.sh" <<'FILE'\n(.*?)^FILE$`).FindAllStringSubmatch(script, -1)
		if len(files) == 0 {
			t.Errorf("%s: no files inside:\n%s", flags, script)
		}
		for _, f := range append(files, []string{"", script}) {
			check := exec.Command("shellcheck", "--shell=sh", "-")
			check.Stdin = strings.NewReader(f[1])
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", flags, err, out)
			}
		}
	}
}
