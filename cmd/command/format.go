// This file prints what --format asks for: a Go template, a table made by one, or JSON.
package command

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"text/tabwriter"
	"text/template"
)

// printRows prints each row by a template; "table TEMPLATE" puts headings above and aligns the columns.
func printRows(w io.Writer, format string, headings map[string]string, rows []any) error {
	if format == "json" {
		format = "{{json .}}"
	}
	format, isTable := strings.CutPrefix(format, "table ")
	t, err := parseTemplate(format)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(w) // tabwriter alone writes each cell by itself
	defer buffered.Flush()
	var out io.Writer = buffered
	if isTable {
		table := tabwriter.NewWriter(out, 10, 1, 3, ' ', 0)
		defer table.Flush()
		out = table
		rows = append([]any{headings}, rows...)
	}
	for _, row := range rows {
		if err := printOne(out, t, row); err != nil {
			return err
		}
	}
	return nil
}

func printOne(w io.Writer, t *template.Template, value any) error {
	var line strings.Builder
	if err := t.Execute(&line, value); err != nil {
		return fmt.Errorf("--format: %w", withoutPrefix(err))
	}
	_, err := fmt.Fprintln(w, line.String())
	return err
}

// parseTemplate reads \t and \n as Docker does, for shells do not.
func parseTemplate(format string) (*template.Template, error) {
	t, err := template.New("").Option("missingkey=error").Funcs(templateFuncs()).Parse(strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(format))
	if err != nil {
		return nil, usageError{fmt.Sprintf("--format: %v", withoutPrefix(err)), 64}
	}
	return t, nil
}

// withoutPrefix takes away where in a template of no name the error is.
func withoutPrefix(err error) error {
	return fmt.Errorf("%s", regexp.MustCompile(`^template: :\d+(:\d+)?: `).ReplaceAllString(err.Error(), ""))
}

func templateFuncs() template.FuncMap {
	return template.FuncMap{
		"json":    toJSON,
		"join":    strings.Join,
		"split":   strings.Split,
		"lower":   strings.ToLower,
		"upper":   strings.ToUpper,
		"title":   func(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] },
		"println": func(args ...any) string { return fmt.Sprintln(args...) },
	}
}

func toJSON(v any) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return strings.TrimSpace(b.String()), err
}
