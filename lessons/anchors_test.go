// This file ties the prose to the code. A comment that ends with the word LESSON, a colon and a name is an anchor in a Go
// file; in a lesson, "<!-- code: name -->" stands above a block that quotes the comment and what follows it. A test keeps the quotes equal to the code, and -update rewrites them.
package lessons

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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

// anchorMark matches a comment that is an anchor, or that ends as one: "// f does it. LESSON: name".
var anchorMark = regexp.MustCompile(`^\s*//(.*?) ?LESSON: ([a-z0-9-]+)$`)

func addAnchors(found map[string]string, path, text string) error {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		match := anchorMark.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		name := match[2]
		if _, twice := found[name]; twice {
			return fmt.Errorf("%s:%d: the anchor %s is there twice", path, i+1, name)
		}
		code, err := excerpt(lines, i)
		if err != nil {
			return fmt.Errorf("%s:%d: the anchor %s: %w", path, i+1, name, err)
		}
		found[name] = code
	}
	return nil
}

// excerpt takes the comment in which the anchor at lines[at] stands, and the declaration or statement after it: up to the line
// that closes what its first line opens or, if that opens nothing, to the next blank line. A type has its methods with it. The anchor itself is left out.
func excerpt(lines []string, at int) (string, error) {
	begin, first := at, at
	for begin > 0 && isComment(lines[begin-1]) {
		begin--
	}
	for first < len(lines) && isComment(lines[first]) {
		first++
	}
	if first == len(lines) || strings.TrimSpace(lines[first]) == "" {
		return "", errors.New("no code follows it")
	}
	end := first + endOf(lines[first:])
	if name, ok := strings.CutPrefix(lines[first], "type "); ok {
		end += methodsOf(strings.Fields(name)[0], lines[end:])
	}
	indent := lines[first][:len(lines[first])-len(strings.TrimLeft(lines[first], "\t"))]
	var code []string
	for _, line := range lines[begin:end] {
		if anchorMark.MatchString(line) {
			line = anchorMark.ReplaceAllString(line, indent+"//$1")
		}
		if line = strings.TrimPrefix(line, indent); line != "//" {
			code = append(code, line)
		}
	}
	return strings.Join(code, "\n"), nil
}

// methodsOf counts the lines of the methods that directly follow a type: an op is its fields with what is made of them.
func methodsOf(name string, lines []string) int {
	method := regexp.MustCompile(`^func \(\w+ \*?` + name + `\) `)
	end := 0
	for at := 0; at < len(lines); {
		switch {
		case strings.TrimSpace(lines[at]) == "":
			at++
		case method.MatchString(lines[at]):
			at += max(1, endOfMethod(lines[at:]))
			end = at
		default:
			return end
		}
	}
	return end
}

// endOfMethod is endOf for methods, which may be written on one line and follow each other without a gap.
func endOfMethod(lines []string) int {
	if strings.HasSuffix(lines[0], "}") {
		return 1
	}
	return endOf(lines)
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "//") }

// endOf counts the lines of the declaration or statement that begins lines.
func endOf(lines []string) int {
	indent := lines[0][:len(lines[0])-len(strings.TrimLeft(lines[0], "\t"))]
	opens := strings.HasSuffix(lines[0], "{") || strings.HasSuffix(lines[0], "(")
	for i, line := range lines[1:] {
		if opens && (strings.HasPrefix(line, indent+"}") || strings.HasPrefix(line, indent+")")) {
			return i + 2
		}
		if !opens && strings.TrimSpace(line) == "" {
			return i + 1
		}
	}
	return len(lines)
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
