// This file holds that every step of every plan is well told, wherever in the source it is made.
package structure

import (
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"glassbox/internal/testkit"
)

// telling is a call of explain.Say as far as the source tells it. What is put together while running is "".
type telling struct {
	where              string
	title, why, lesson string
}

func TestPlansAreWellTold(t *testing.T) {
	found := tellings(sources(t))
	for _, s := range found {
		for _, problem := range problems(t, s) {
			t.Errorf("%s: %q: %s", s.where, s.title, problem)
		}
	}
	t.Logf("%d steps are told", len(found))
	if len(found) < 20 {
		t.Errorf("only %d steps found in the source: does this test still know how they are made?", len(found))
	}
}

// The negative control.
func TestPlansAreWellToldFinds(t *testing.T) {
	for _, bad := range []telling{
		{title: "mount it", why: "small letter", lesson: "01"},
		{title: "Mounting the container's proc filesystem now", why: "too long", lesson: "01"},
		{title: "Mount it.", why: "full stop", lesson: "01"},
		{title: "Mount it", why: "This is a sentence.", lesson: "01"},
		{title: "Mount it", why: strings.Repeat("long ", 21), lesson: "01"},
		{title: "Mount it", why: "because", lesson: "99"},
	} {
		if len(problems(t, bad)) == 0 {
			t.Errorf("nobody complains about %+v", bad)
		}
	}
}

func problems(t *testing.T, s telling) []string {
	t.Helper()
	var bad []string
	if s.title != "" {
		first, _, _ := strings.Cut(s.title, " ")
		switch {
		case len([]rune(s.title)) > 40:
			bad = append(bad, "the title has more than 40 characters")
		case !unicode.IsUpper([]rune(s.title)[0]) || strings.HasSuffix(first, "ing") && first != "Bring":
			bad = append(bad, "a title is an imperative with a capital letter")
		case strings.HasSuffix(s.title, "."):
			bad = append(bad, "a title has no full stop")
		}
	}
	if len([]rune(s.why)) > 100 || strings.HasSuffix(s.why, ".") {
		bad = append(bad, fmt.Sprintf("why: one sentence of at most 100 characters without a full stop (%d)", len([]rune(s.why))))
	}
	if s.lesson != "" {
		dirs, err := filepath.Glob(filepath.Join(testkit.Repository(t), "lessons", s.lesson+"-*"))
		if err != nil || len(dirs) != 1 {
			bad = append(bad, "there is no lesson "+s.lesson)
		}
	}
	return bad
}

func tellings(all []source) []telling {
	var found []telling
	for _, s := range all {
		constants := constantsOf(all, filepath.Dir(s.Path))
		ast.Inspect(s.AST, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !isSay(call.Fun) || len(call.Args) < 3 {
				return true
			}
			found = append(found, telling{
				where: fmt.Sprintf("%s:%d", s.Path, s.Fset.Position(call.Pos()).Line),
				title: value(call.Args[0], constants), why: value(call.Args[1], constants), lesson: value(call.Args[2], constants),
			})
			return true
		})
	}
	return found
}

func isSay(f ast.Expr) bool {
	sel, ok := f.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Say" {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "explain"
}

// value is what a string expression says, as far as the source knows it: a format without its arguments, a constant's value.
func value(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		return value(e.X, constants) + value(e.Y, constants)
	case *ast.CallExpr:
		if len(e.Args) > 0 {
			return value(e.Args[0], constants)
		}
	}
	return ""
}

func constantsOf(all []source, dir string) map[string]string {
	values := map[string]string{}
	for _, s := range all {
		if filepath.Dir(s.Path) != dir {
			continue
		}
		for _, d := range s.AST.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if i < len(v.Values) {
						values[name.Name] = value(v.Values[i], nil)
					}
				}
			}
		}
	}
	return values
}
