// This file holds the direction of imports: explain <- kernel <- {runtime, storage, network} <- engine <- cmd.
package structure

import (
	"slices"
	"strings"
	"testing"
)

// direction is what a package, and those below it, may import of ours. The longest name that fits a package decides.
type direction struct {
	name string
	may  []string
	why  string
}

var directions = []direction{
	{"explain", nil, "chapter 0 tells how the story is told: it can be read alone"},
	{"kernel", []string{"explain", "kernel"}, "a request to the kernel knows nothing of containers"},
	{"kernel/look", []string{"kernel/look"}, "who looks must not share a bug with who does"},
	{"runtime", []string{"explain", "kernel", "runtime"}, "a container can exist without an image and without a network"},
	{"storage", []string{"explain", "kernel", "storage"}, "files are kept the same whoever uses them"},
	{"network", []string{"explain", "kernel", "network"}, "a network can exist without a container"},
	{"engine", []string{"explain", "kernel", "runtime", "storage", "network", "engine"}, "the only place where the three meet"},
	{"engine/shim", []string{"explain", "kernel", "runtime", "engine/shim"}, "it runs in the small program, beside every container"},
	{"lessons", []string{"explain", "kernel/look", "lessons"}, "a check sees the world through the kernel's eyes, not through ours"},
	{"cmd/command", []string{"explain", "kernel", "runtime", "storage", "network", "engine", "lessons"}, "commands parse, call and print"},
	{"cmd/glassbox", []string{"cmd/command", "kernel"}, "it is the command line without cargo"},
	{"cmd/glassbox-images", []string{"cmd/command", "kernel", "storage"}, "it is the command line with cargo"},
	{"cmd/glassbox-oci", []string{"explain", "kernel", "runtime", "engine/shim", "cmd/glassbox-oci"}, "small and quick to start"},
	{"storage/box/build", []string{"storage/box/recipe"}, "a tool of the build, linked into nothing"},
	{"storage/box/recipe", []string{"storage/box"}, "a tool of the build, linked into nothing"},
	{"internal/testkit", nil, "the harness must not need what it tests"},
	{"internal/trace", nil, "the witness shares no code with the accused"},
	{"internal/truth", []string{"internal/trace"}, "it judges by what was told and what was seen alone"},
	{"internal/bench", []string{"kernel/look"}, "it measures from outside: the programs, and what the kernel says of them"},
	{"internal", nil, "tools of the tests"},
	{"test", []string{"explain", "kernel/look"}, "end-to-end tests drive the built programs"},
}

func TestImportDirection(t *testing.T) {
	for _, p := range packages(t) {
		name, _ := short(p.ImportPath)
		rule, ok := ruleFor(name)
		if !ok {
			t.Errorf("%s: no rule says what it may import: add a row", name)
			continue
		}
		for _, imported := range wrong(rule, p.Imports) {
			t.Errorf("%s imports %s: %s may see only %v, for %s", name, imported, rule.name, rule.may, rule.why)
		}
	}
}

// The negative control: imports that have to be found.
func TestImportDirectionFinds(t *testing.T) {
	for _, c := range []struct{ from, to string }{
		{"explain", "kernel"}, {"runtime/plan", "network"}, {"storage", "network"}, {"kernel/look", "kernel"},
		{"engine/shim", "engine"}, {"lessons", "kernel"}, {"cmd/glassbox-oci", "storage"}, {"cmd/glassbox-oci", "engine"}, {"cmd/glassbox", "storage"},
	} {
		rule, ok := ruleFor(c.from)
		if !ok || len(wrong(rule, []string{module + "/" + c.to})) != 1 {
			t.Errorf("%s may import %s, and nobody complains", c.from, c.to)
		}
	}
}

func ruleFor(name string) (best direction, ok bool) {
	for _, d := range directions {
		if within(name, d.name) && len(d.name) > len(best.name) {
			best, ok = d, true
		}
	}
	return best, ok
}

// within tells whether a package is top or lies below it.
func within(name, top string) bool { return name == top || strings.HasPrefix(name, top+"/") }

func wrong(rule direction, imports []string) []string {
	var bad []string
	for _, path := range imports {
		name, ours := short(path)
		if !ours {
			continue
		}
		// A row for a package inside an allowed one (engine/shim in engine) does not widen it; a narrower row wins.
		if !slices.ContainsFunc(rule.may, func(may string) bool { return within(name, may) }) {
			bad = append(bad, name)
		}
	}
	return bad
}

// unlinked is what a program must not contain, however it would come in.
var unlinked = []struct{ program, dep, why string }{
	{"cmd/glassbox-oci", "net", "its initialisation is paid by every container"},
	{"cmd/glassbox-oci", "net/http", "its initialisation is paid by every container"},
	{"cmd/glassbox-oci", "github.com/opencontainers/go-digest", "a regular expression compiled at every start"},
	{"cmd/glassbox-oci", "github.com/google/nftables", "networks are made by the engine"},
	{"cmd/glassbox-oci", module + "/storage", "images are the engine's"},
	{"cmd/glassbox-oci", module + "/network", "networks are made by the engine"},
	{"cmd/glassbox", "net/http", "every container waits for its start: what speaks HTTP is aboard glassbox-images"},
	{"cmd/glassbox", "crypto/tls", "every container waits for its start: what speaks HTTP is aboard glassbox-images"},
	{"cmd/glassbox", module + "/storage/registry/client", "it is the cargo of glassbox-images"},
	{"cmd/glassbox", module + "/engine/shim/dns", "who answers for names is the shim"},
	{"cmd/glassbox", module + "/storage/archive/codec", "it is the cargo of glassbox-images"},
	{"cmd/glassbox-images", module + "/internal/testkit", "tests stay out of the programs"},
	{"explain", "golang.org/x/sys/unix", "the words of the project need the standard library alone"},
	{"kernel/look", module + "/kernel", "who looks must not share a bug with who does"},
}

func TestUnlinked(t *testing.T) {
	all := packages(t)
	for _, u := range unlinked {
		for _, p := range all {
			if p.ImportPath == module+"/"+u.program && slices.Contains(p.Deps, u.dep) {
				t.Errorf("%s links %s: %s", u.program, u.dep, u.why)
			}
		}
	}
}
