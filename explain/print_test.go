// These tests show how a story looks: read testdata/*.golden.
package explain

import (
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

const longID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// story has a step of each kind: plain, of several ops, failed, left out, without a shell line, with the container's id.
func story() []Event {
	return []Event{
		{Done: true, Title: "Name the machine", Why: "the UTS namespace starts as a copy of ours", Lesson: "01",
			Ops: []Told{{Call: `sethostname("box", 3)`, Shell: "hostname box", Took: 1500 * time.Microsecond}}},
		{Done: true, Title: "Make its cgroups", Why: "a cgroup counts what its members use", Lesson: "02", Ops: []Told{
			{Call: `mkdir("/sys/fs/cgroup/cpu/glassbox/` + longID + `", 0755)`, Shell: "mkdir -p /sys/fs/cgroup/cpu/glassbox/" + longID, Took: time.Millisecond},
			{Call: `mkdir("/sys/fs/cgroup/pids/glassbox/` + longID + `", 0755)`, Shell: "mkdir -p /sys/fs/cgroup/pids/glassbox/" + longID, Took: time.Microsecond}}},
		{Done: true, Inside: true, Title: "Join a mount namespace", Why: "one that is there already", Ops: []Told{
			{Call: "unshare(CLONE_FS)\nsetns(\"/run/ns\", CLONE_NEWNS)", Took: 0}}},
		{Done: true, Inside: true, Title: "Mount /dev", Why: "files in memory", Skipped: true, Ops: []Told{{Call: "mount()", Shell: "mount"}}},
		{Done: true, Inside: true, Title: "Mount /proc", Why: "a new instance", Error: "mount /proc: mount(): operation not permitted",
			Ops: []Told{{Call: "mount()", Shell: "mount", Took: time.Microsecond}}},
	}
}

func TestPrintedStories(t *testing.T) {
	for name, style := range map[string]Style{"story.golden": {}, "story-colour.golden": {Colour: true}, "story-json.golden": {JSON: true}} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			Replay(&out, style, story())
			testkit.Golden(t, name, out.String())
		})
	}
}

// A replay prints the same text as the story did when it happened.
func TestReplayIsAsItHappened(t *testing.T) {
	d := &diary{}
	var live strings.Builder
	record := &Record{}
	r := Runner{Listener: All(&Print{W: &live}, record, answers(map[string]Answer{"Do b": Skip}))}
	if err := r.Run(d.act("a", nil, nil), d.act("b", nil, nil)); err != nil {
		t.Fatal(err)
	}
	var again strings.Builder
	Replay(&again, Style{}, record.Story)
	if live.String() != again.String() || live.Len() == 0 {
		t.Errorf("then:\n%s\nnow:\n%s", live.String(), again.String())
	}
}

// The id is 64 hexadecimal digits, no more and no fewer are needed to recognise it.
func TestFindID(t *testing.T) {
	for text, want := range map[string]string{
		"/x/" + longID + "/y": longID, longID: longID, longID[1:]: "", longID[:32] + "/" + longID[32:]: "", strings.ToUpper(longID): "",
	} {
		if got := findID(text); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
