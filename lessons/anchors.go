// This file ties the prose to the code. A line "// LESSON: name" in a Go file is an anchor; in a lesson, "<!-- code: name -->"
// stands above a block that quotes what follows the anchor. A test keeps the quotes equal to the code, and -update rewrites them.
package lessons

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Anchors finds the anchors in the Go files below root, with the code that each stands for.
func Anchors(root string) (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && path != root):
			return filepath.SkipDir
		case entry.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return addAnchors(found, path, string(text))
	})
	if err != nil {
		return nil, fmt.Errorf("find the anchors below %s: %w", root, err)
	}
	return found, nil
}

const anchorMark = "// LESSON: "

func addAnchors(found map[string]string, path, text string) error {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), anchorMark)
		if !ok {
			continue
		}
		if _, twice := found[name]; twice {
			return fmt.Errorf("%s:%d: the anchor %s is there twice", path, i+1, name)
		}
		code, err := excerpt(lines[i+1:])
		if err != nil {
			return fmt.Errorf("%s:%d: the anchor %s: %w", path, i+1, name, err)
		}
		found[name] = code
	}
	return nil
}

// excerpt takes the comment that follows the anchor and the declaration or statement after it: up to the line that closes
// what its first line opens or, if that opens nothing, to the next blank line.
func excerpt(lines []string) (string, error) {
	first := 0
	for first < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[first]), "//") {
		first++
	}
	if first == len(lines) || strings.TrimSpace(lines[first]) == "" {
		return "", errors.New("no code follows it")
	}
	indent := lines[first][:len(lines[first])-len(strings.TrimLeft(lines[first], "\t"))]
	opens := strings.HasSuffix(lines[first], "{") || strings.HasSuffix(lines[first], "(")
	end := first + 1
	for ; end < len(lines); end++ {
		if opens && (strings.HasPrefix(lines[end], indent+"}") || strings.HasPrefix(lines[end], indent+")")) {
			end++
			break
		}
		if !opens && strings.TrimSpace(lines[end]) == "" {
			break
		}
	}
	code := slices.Clone(lines[:end])
	for i := range code {
		code[i] = strings.TrimPrefix(code[i], indent)
	}
	return strings.Join(code, "\n"), nil
}

// Requote returns the text of a lesson with every quote as the code now is, and the names that it quotes.
func Requote(text string, anchors map[string]string) (updated string, names []string, err error) {
	lines := strings.Split(text, "\n")
	var out []string
	for i := 0; i < len(lines); i++ {
		out = append(out, lines[i])
		name, ok := quoteMark(lines[i])
		if !ok {
			continue
		}
		code, known := anchors[name]
		if !known {
			return "", nil, fmt.Errorf("line %d: no code has the anchor %q", i+1, name)
		}
		end := i + 1
		if end < len(lines) && strings.HasPrefix(lines[end], "```") {
			for end++; end < len(lines) && lines[end] != "```"; end++ {
			}
		} else {
			end = i
		}
		out = append(out, "```go", code, "```")
		names = append(names, name)
		i = end
	}
	return strings.Join(out, "\n"), names, nil
}

// quoteMark reads "<!-- code: name -->".
func quoteMark(line string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(line, "<!-- code: ")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, " -->")
}
