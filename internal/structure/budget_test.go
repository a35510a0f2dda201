// This file counts lines. The numbers are goals of style: `go test -v -run Budget ./internal/structure` prints the table.
package structure

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

type budget struct{ median, ninety, most int }

var (
	fileBudget     = budget{120, 250, 400}
	functionBudget = budget{12, 35, 60}
)

// counted is a file or a function with its lines.
type counted struct {
	name  string
	lines int
}

func TestBudget(t *testing.T) {
	var files, functions []counted
	for _, s := range sources(t) {
		files = append(files, counted{s.Path, s.Lines})
		for _, d := range s.AST.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil || isPlan(f) {
				continue
			}
			begin, end := s.Fset.Position(f.Pos()), s.Fset.Position(f.End())
			functions = append(functions, counted{fmt.Sprintf("%s:%d %s", s.Path, begin.Line, f.Name.Name), end.Line - begin.Line + 1})
		}
	}
	hold(t, "files", files, fileBudget)
	hold(t, "functions", functions, functionBudget)
}

// isPlan tells a plan literal, whose length is that of the story: nothing but one return.
func isPlan(f *ast.FuncDecl) bool {
	if len(f.Body.List) != 1 {
		return false
	}
	_, ok := f.Body.List[0].(*ast.ReturnStmt)
	return ok
}

func hold(t *testing.T, what string, all []counted, b budget) {
	t.Helper()
	slices.SortFunc(all, func(a, b counted) int { return a.lines - b.lines })
	median, ninety, most := at(all, 50), at(all, 90), at(all, 100)
	t.Logf("%5d %-10s median %3d of %3d   90%% %3d of %3d   most %3d of %3d", len(all), what,
		median, b.median, ninety, b.ninety, most, b.most)
	if median > b.median || ninety > b.ninety {
		t.Errorf("%s: median %d (at most %d), 90%% within %d (at most %d)", what, median, b.median, ninety, b.ninety)
	}
	for _, c := range all {
		if c.lines > b.most {
			t.Errorf("%s has %d lines (at most %d)", c.name, c.lines, b.most)
		}
	}
}

// at is the length that percent of the sorted list do not exceed.
func at(all []counted, percent int) int {
	if len(all) == 0 {
		return 0
	}
	return all[max(0, (len(all)*percent+99)/100-1)].lines
}
