// This file checks scripts: the text against a golden file and shellcheck, and that what is made is taken back.
package explain_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel"
)

var scriptID = strings.Repeat("c", 64)

// small is a plan with one step of each kind that a script treats in its own way.
func small() explain.Script {
	root, group := "/srv/"+scriptID, "/sys/fs/cgroup/glassbox/"+scriptID
	keep := uint64(1) // CAP_CHOWN
	return explain.Script{
		About: "glassbox run --rm box echo\n hi",
		Outside: []explain.Step{
			explain.Say("Make a folder", "for the files", "03", kernel.Mkdir{Path: "/srv/it's c", Mode: 0o755}),
			explain.Say("Write a file", "of two lines", "03", kernel.WriteFile{Path: root + "/it's", Content: "it's of\n" + scriptID + "\n"}),
			explain.Say("Let packets pass", "a router must", "04", kernel.SetSysctl{Name: "net.ipv4.ip_forward", Value: "1"}),
			explain.Say("Start a process", "in namespaces", "01", kernel.Clone{New: unix.CLONE_NEWNS | unix.CLONE_NEWPID}),
			explain.Say("Make its cgroup", "to count", "02", kernel.CgroupCreate{Path: group}),
			explain.Say("Move the process", "into it", "02", kernel.CgroupJoin{Path: group}),
		},
		Inside: []explain.Step{
			explain.Say("Make the cgroup the top", "what it sees", "02", kernel.Unshare{Flags: unix.CLONE_NEWCGROUP}),
			explain.Say("Swap the root", "the host's is gone then", "03",
				kernel.Chdir{Path: root}, kernel.PivotRoot{}, kernel.Unmount{Target: "."}, kernel.Chdir{Path: "/"}),
			explain.Say("Make it read-only", "last", "03", kernel.RemountIn{Root: "/", Target: "/", Flags: unix.MS_RDONLY}),
			explain.Say("Filter system calls", "some are refused", "01", kernel.SeccompFilter{Program: "01234567"}),
			explain.Say("Drop capabilities", "few are needed", "01", kernel.DropBounding{Keep: keep}),
			explain.Say("Become the user", "and nobody else", "01", kernel.KeepCapabilities{}, kernel.SetUser{UID: 7, GID: 8}),
			explain.Say("Become the program", "by execve", "01", kernel.CloseOnExec{First: 3},
				kernel.Exec{Path: "/bin/echo", Args: []string{"echo", "A=1", "$x y"}, Env: []string{"PATH=/bin", "GREETING=it's me"}}),
		},
	}
}

func TestScriptGolden(t *testing.T) { testkit.Golden(t, "script.golden", small().String()) }

// parts are the files inside a script, and the script itself first.
func parts(script string) []string {
	here := regexp.MustCompile(`(?ms)^cat > "\$work/\d+\.sh" <<'FILE'\n(.*?)^FILE$`)
	list := []string{script}
	for _, m := range here.FindAllStringSubmatch(script, -1) {
		list = append(list, "#!/bin/sh\n"+m[1])
	}
	return list
}

func shellcheck(t *testing.T, text string) error {
	t.Helper()
	cmd := exec.Command("shellcheck", "-")
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s", out)
	}
	return err
}

func TestScriptIsCleanShell(t *testing.T) {
	testkit.Need(t, testkit.Binary("shellcheck"))
	list := parts(small().String())
	if len(list) != 3 {
		t.Fatalf("%d files, want the script and two inside", len(list))
	}
	for i, text := range list {
		if err := shellcheck(t, text); err != nil {
			t.Errorf("file %d: %v\n%s", i, err, text)
		}
	}
	if shellcheck(t, list[0]+"cd $work\n") == nil {
		t.Error("a careless line goes unnoticed")
	}
}

// A script that fails in the middle takes back what it has made, and nothing else.
func TestScriptTakesBack(t *testing.T) {
	dir := t.TempDir()
	made, stays := filepath.Join(dir, "made"), filepath.Join(dir, "stays")
	if err := os.Mkdir(stays, 0o755); err != nil {
		t.Fatal(err)
	}
	script := func(second string) string {
		return explain.Script{Outside: []explain.Step{
			explain.Say("One", "is new", "03", kernel.Mkdir{Path: made, Mode: 0o755}),
			explain.Say("Two", "may be there", "03", kernel.Mkdir{Path: second, Mode: 0o755}),
		}}.String()
	}
	run := func(text string) error {
		cmd := exec.Command("sh")
		cmd.Stdin = strings.NewReader(strings.TrimSuffix(text, ` sh "$work/1.sh"`+"\n") + "\nls " + made + "\n")
		return cmd.Run()
	}
	if err := run(script(stays)); err == nil {
		t.Error("mkdir of a directory that exists must end the script")
	}
	for path, want := range map[string]bool{made: false, stays: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", path, err == nil, want)
		}
	}
	if err := run(script(filepath.Join(dir, "new"))); err != nil {
		t.Errorf("the control, in which nothing fails: %v", err)
	}
}

// Who joins another container's network names two ids: $ID is the script's own everywhere.
func TestScriptThatNamesAnotherContainer(t *testing.T) {
	other := "/run/netns/" + strings.Repeat("d", 64)
	s := small()
	s.Outside[3].Ops[0] = kernel.Clone{New: unix.CLONE_NEWNS, Join: []kernel.Namespace{{Flag: unix.CLONE_NEWNET, Path: other}}}
	text := s.String()
	if !strings.Contains(text, "\nnsenter --net="+other+" unshare --mount --fork") || strings.Contains(text, "/run/netns/$ID") {
		t.Errorf("the birth does not name the other's namespace:\n%s", text)
	}
}
