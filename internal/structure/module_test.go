// Package structure holds the tests that keep the shape of the code: who imports whom, how long files and functions are, what
// is linked into the small program, that the reading list is complete, that links lead somewhere, that plans are well told.
//
// This file: what `go list` says about the module, and the parsed source, for the tests beside it.
package structure

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

const module = "glassbox"

// listed is a package as go list prints it.
type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	list := exec.Command("go", "list", "-buildvcs=false", "-tags=urfave_cli_no_docs", "-json=ImportPath,Imports,Deps", "./...")
	list.Dir = testkit.Repository(t)
	var complaint bytes.Buffer
	list.Stderr = &complaint
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", list, err, &complaint)
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// short is an import path of ours without the module's name; ok is false for those of others.
func short(path string) (name string, ok bool) { return strings.CutPrefix(path, module+"/") }

// source is a Go file that people read: neither a test nor generated.
type source struct {
	Path  string // from the root of the repository
	Lines int
	AST   *ast.File
	Fset  *token.FileSet
}

func sources(t *testing.T) []source {
	t.Helper()
	root := testkit.Repository(t)
	var all []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil || ast.IsGenerated(file) {
			return err
		}
		rel, err := filepath.Rel(root, path)
		all = append(all, source{rel, fset.File(file.Pos()).LineCount(), file, fset})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
