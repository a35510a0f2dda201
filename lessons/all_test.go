// This file plays the whole course on the real kernel: every block, output, check and control.
package lessons

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

func TestEveryLessonPasses(t *testing.T) {
	testkit.Need(t, testkit.Root())
	t.Setenv("PATH", filepath.Dir(testkit.Program(t, "glassbox"))+":"+os.Getenv("PATH"))
	for _, l := range mustCourse(t) {
		t.Run(l.ID(), func(t *testing.T) {
			for _, program := range l.Needs {
				testkit.Need(t, testkit.Binary(program))
			}
			before := mountsOf(t)
			var out strings.Builder
			r := Verifier{Out: &out, Verbose: true, MustRun: true, Limit: time.Minute}.Verify(context.Background(), []Lesson{l})
			if r.Failed > 0 || r.Passed == 0 {
				t.Errorf("%s\n%s", r, out.String())
			}
			checkNothingIsLeft(t, out.String())
			if after := mountsOf(t); after != before {
				t.Errorf("mounts before:\n%s\nafter:\n%s", before, after)
			}
		})
	}
}

func mountsOf(t *testing.T) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	return string(mounts)
}

// checkNothingIsLeft looks for processes, directories and cgroups, also those of the containers whose ids were printed. The
// group above them, "glassbox", is shared by all containers and stays.
func checkNothingIsLeft(t *testing.T, printed string) {
	t.Helper()
	if left, err := descendants(os.Getpid()); err != nil || len(left) > 0 {
		t.Errorf("processes %v are left (%v)", left, err)
	}
	patterns := []string{"/sys/fs/cgroup/gblesson*", "/sys/fs/cgroup/*/gblesson*", "/run/gblesson/*", "/var/lib/gblesson/*"}
	for _, id := range regexp.MustCompile("(?m)^[0-9a-f]{64}$").FindAllString(printed, -1) {
		patterns = append(patterns, "/sys/fs/cgroup/glassbox/"+id, "/sys/fs/cgroup/*/glassbox/"+id)
	}
	for _, pattern := range patterns {
		if names, err := filepath.Glob(pattern); err != nil || len(names) > 0 {
			t.Errorf("%v is left (%v)", names, err)
		}
	}
}
