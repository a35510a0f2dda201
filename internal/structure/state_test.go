// This file holds that nothing happens before main and that no package keeps state: no init functions, and no package-level
// variable that anybody changes. Tables that nobody changes are welcome. And every file says what it is for.
package structure

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// changeable lists the package-level variables that may change, with the reason. It is meant to stay empty.
var changeable = map[string]string{}

func TestNoInitAndNoState(t *testing.T) {
	variables := map[string]map[string]bool{} // directory -> names
	all := sources(t)
	for _, s := range all {
		dir := filepath.Dir(s.Path)
		if variables[dir] == nil {
			variables[dir] = map[string]bool{}
		}
		for _, d := range s.AST.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: func init: call what it does from main, or from who needs it", s.Path)
			}
			for _, name := range declared(d) {
				variables[dir][name] = true
			}
		}
	}
	for _, s := range all {
		for _, name := range changed(s.AST, variables[filepath.Dir(s.Path)]) {
			if changeable[s.Path+" "+name] == "" {
				t.Errorf("%s changes the package-level variable %s: pass a value instead", s.Path, name)
			}
		}
	}
}

func declared(d ast.Decl) []string {
	var names []string
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.VAR {
		return nil
	}
	for _, spec := range g.Specs {
		for _, name := range spec.(*ast.ValueSpec).Names {
			names = append(names, name.Name)
		}
	}
	return names
}

// changed lists the package-level variables that file assigns to, wholly or in part, or whose address it takes.
func changed(file *ast.File, variables map[string]bool) []string {
	var found []string
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		own := locals(f)
		for _, e := range touched(f.Body) {
			if id := root(e); id != nil && variables[id.Name] && !own[id.Name] {
				found = append(found, id.Name)
			}
		}
	}
	return found
}

// touched lists the expressions that a function body may change.
func touched(body *ast.BlockStmt) []ast.Expr {
	var found []ast.Expr
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				found = append(found, n.Lhs...)
			}
		case *ast.IncDecStmt:
			found = append(found, n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				found = append(found, n.X)
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "delete" || f.Name == "clear") && len(n.Args) > 0 {
				found = append(found, n.Args[0])
			}
		}
		return true
	})
	return found
}

// locals are the names that a function declares anywhere in itself: they hide package-level ones.
func locals(f *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		var declared []ast.Expr
		switch n := n.(type) {
		case *ast.AssignStmt:
			if n.Tok == token.DEFINE {
				declared = n.Lhs
			}
		case *ast.RangeStmt:
			declared = []ast.Expr{n.Key, n.Value}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				names[name.Name] = true
			}
		case *ast.Field:
			for _, name := range n.Names {
				names[name.Name] = true
			}
		}
		for _, e := range declared {
			if id, ok := e.(*ast.Ident); ok {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}

// root is the variable that an expression is a part of.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// The negative control: every way to change a variable is found, and one that only has the same name is not.
func TestStateFinds(t *testing.T) {
	for body, want := range map[string]int{
		"v = 1": 1, "v[0]++": 1, "v.x = 1": 1, "f(&v)": 1, "delete(v, 1)": 1, "*v = 1": 1,
		"v := 1; v = 2": 0, "for v := range x { v++ }": 0, "x = v": 0, "f(v)": 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { "+body+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := changed(file, map[string]bool{"v": true}); len(got) != want {
			t.Errorf("%s: %d changes found, want %d", body, len(got), want)
		}
	}
}

func TestEveryFileSaysWhatItIsFor(t *testing.T) {
	for _, s := range sources(t) {
		if s.AST.Doc == nil || strings.TrimSpace(s.AST.Doc.Text()) == "" {
			t.Errorf("%s: begin with a comment before the package clause: what it is for", s.Path)
		}
	}
}
