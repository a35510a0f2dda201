// This file takes the whole course unattended: every block is run, every check and its negative control.
package test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestLessons(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Binary("ip"), testkit.Binary("nft"), testkit.Binary("nsenter"))
	lessons, err := filepath.Glob(filepath.Join(testkit.Repository(t), "lessons", "[0-9][0-9]-*"))
	if err != nil || len(lessons) < 4 {
		t.Fatalf("only %d lessons found (%v)", len(lessons), err)
	}
	for _, dir := range lessons {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			number, _, _ := strings.Cut(name, "-")
			out, err := exec.Command(testkit.Program(t, "glassbox"), "lesson", "check", number).CombinedOutput()
			if err != nil {
				t.Errorf("glassbox lesson check %s: %v\n%s", number, err, out)
			}
		})
	}
}
