// Command tally runs `go test` with the arguments given and counts. It prints a line for each package, the whole output of
// each test that failed, the reason of each that was skipped, and in the end "N passed, N failed, N skipped".
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	test := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	test.Stderr = os.Stderr
	out, err := test.StdoutPipe()
	if err == nil {
		err = test.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally: start go test:", err)
		os.Exit(1)
	}
	count := newTally(os.Stdout)
	readErr := count.read(out)
	testErr := test.Wait()
	if count.failed == 0 && (readErr != nil || testErr != nil) {
		count.failed = 1 // something other than a test: a package that panicked, a time-out
	}
	fmt.Println(count)
	if count.failed > 0 {
		os.Exit(1)
	}
}

// event is one line of `go test -json`, see `go doc test2json`.
type event struct {
	Action, Package, Test, Output, ImportPath string
}

type tally struct {
	w                       io.Writer
	passed, failed, skipped int
	output                  map[[2]string][]string // package and test -> what it printed so far
}

func newTally(w io.Writer) *tally {
	return &tally{w: w, output: map[[2]string][]string{}}
}

func (t *tally) String() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", t.passed, t.failed, t.skipped)
}

func (t *tally) read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(t.w, lines.Text()) // not an event: go itself complains
			continue
		}
		t.hear(e)
	}
	return lines.Err()
}

func (t *tally) hear(e event) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.w, e.Output)
	case "output":
		if e.Test == "" && e.Output != "PASS\n" {
			fmt.Fprint(t.w, e.Output)
		}
		t.output[key] = append(t.output[key], e.Output)
	case "build-fail":
		t.failed++
	case "pass", "fail", "skip":
		t.finish(e, key)
	}
}

// finish counts a test, and nothing for a package.
func (t *tally) finish(e event, key [2]string) {
	if e.Test == "" {
		return
	}
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
		t.show(key)
	case "skip":
		t.skipped++
		t.show(key)
	}
	delete(t.output, key)
}

func (t *tally) show(key [2]string) {
	for _, line := range t.output[key] {
		fmt.Fprint(t.w, line)
	}
}
