// This file prints tables: columns as wide as their widest cell, two blanks apart.
package look

import (
	"io"
	"strings"
	"text/tabwriter"
)

// Table is a table being printed. Nothing is seen of it before Close.
type Table struct{ w *tabwriter.Writer }

// NewTable begins a table with its headings; without headings it is a list of labels and values.
func NewTable(w io.Writer, headings ...string) *Table {
	t := &Table{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
	if len(headings) > 0 {
		t.Row(headings...)
	}
	return t
}

// Row adds a line. The writer remembers the first error, and Close returns it.
func (t *Table) Row(cells ...string) {
	for i, cell := range cells {
		if cell == "" {
			cells[i] = "-"
		}
	}
	io.WriteString(t.w, strings.Join(cells, "\t")+"\n")
}

// Close prints the table.
func (t *Table) Close() error { return t.w.Flush() }
