// This file renders the Markdown of lessons for a terminal. It knows what lessons use and no more: headings, paragraphs,
// lists, tables, quotes, fenced blocks, bold, code, links, comments (hidden). Styling comes last, when widths are settled.
package lessons

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// render formats lines of Markdown for a terminal of the given width.
func (c paint) render(lines []string, width int) string {
	r := renderer{paint: c, width: width, lines: lines}
	for r.at < len(r.lines) {
		r.next()
	}
	blankRuns := regexp.MustCompile(`\n{3,}`)
	return strings.Trim(blankRuns.ReplaceAllString(r.out.String(), "\n\n"), "\n") + "\n"
}

type renderer struct {
	paint paint
	width int
	lines []string
	at    int
	out   strings.Builder
}

func (r *renderer) next() {
	line := r.lines[r.at]
	switch {
	case strings.HasPrefix(line, "```"):
		r.fenced()
	case strings.HasPrefix(line, "#"):
		r.at++
		r.put("\n" + r.paint.in(bold, strings.TrimLeft(line, "# ")) + "\n\n")
	case strings.HasPrefix(line, "|"):
		r.table()
	case strings.HasPrefix(line, "<!--"):
		r.at++
	case strings.TrimSpace(line) == "":
		r.at++
		r.put("\n")
	default:
		r.paragraph()
	}
}

func (r *renderer) put(text string) { r.out.WriteString(text) }

// fenced shows a block as it is, indented.
func (r *renderer) fenced() {
	for r.at++; r.at < len(r.lines) && !strings.HasPrefix(r.lines[r.at], "```"); r.at++ {
		r.put("    " + r.paint.in(cyan, r.lines[r.at]) + "\n")
	}
	r.at++
	r.put("\n")
}

// paragraph joins the lines that belong together and breaks them anew. A list item or a quote is a paragraph with a mark.
func (r *renderer) paragraph() {
	mark, text := markOf(r.lines[r.at])
	for r.at++; r.at < len(r.lines) && continues(r.lines[r.at]); r.at++ {
		text += " " + strings.TrimSpace(strings.TrimPrefix(r.lines[r.at], "> "))
	}
	between := "\n" + strings.Repeat(" ", utf8.RuneCountInString(mark))
	if strings.HasPrefix(mark, ">") {
		between = "\n" + mark
	}
	broken := strings.Join(wrap(text, r.width-len(between)+1), between)
	r.put(mark + r.paint.inline(broken) + "\n")
}

// markOf takes the list mark or the quote mark off a line: "- ", "2. ", "> ".
func markOf(line string) (mark, text string) {
	mark = regexp.MustCompile(`^\s*([-*] |\d+\. |> )?`).FindString(line)
	return mark, line[len(mark):]
}

// continues tells whether a line goes on with the paragraph above it.
func continues(line string) bool {
	if strings.HasPrefix(line, "> ") {
		return true
	}
	mark, text := markOf(line)
	return strings.TrimSpace(mark) == "" && text != "" && !strings.HasPrefix(text, "```") && !strings.HasPrefix(text, "|") &&
		!strings.HasPrefix(text, "#") && !strings.HasPrefix(text, "<!--")
}

// wrap breaks text at blanks, by the width that it has without its marks.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && visible(line+" "+word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// visible counts what remains of a text when its marks have become styles.
func visible(text string) int { return utf8.RuneCountInString(paint(false).inline(text)) }

// inline turns **bold**, `code` and [links](there) into styles.
func (c paint) inline(text string) string {
	text = regexp.MustCompile(`\[([^]]+)\]\(([^)]+)\)`).ReplaceAllString(text, "$1 ($2)")
	text = regexp.MustCompile("(?s)`([^`]+)`").ReplaceAllStringFunc(text, func(m string) string { return c.in(cyan, m[1:len(m)-1]) })
	return regexp.MustCompile(`(?s)\*\*(.+?)\*\*`).ReplaceAllStringFunc(text, func(m string) string { return c.in(bold, m[2:len(m)-2]) })
}

// table lines up the columns; the first row is the heading.
func (r *renderer) table() {
	var rows [][]string
	var widths []int
	for ; r.at < len(r.lines) && strings.HasPrefix(r.lines[r.at], "|"); r.at++ {
		if strings.Trim(r.lines[r.at], "|-: ") == "" {
			continue
		}
		row := cells(r.lines[r.at])
		rows = append(rows, row)
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], visible(cell))
		}
	}
	for i, row := range rows {
		r.row(row, widths, i == 0)
	}
	r.put("\n")
}

func (r *renderer) row(row []string, widths []int, heading bool) {
	r.put(" ")
	for i, cell := range row {
		padding := strings.Repeat(" ", widths[i]-visible(cell))
		if heading {
			cell = r.paint.in(bold, cell)
		}
		r.put(" " + r.paint.inline(cell) + padding + " ")
	}
	r.put("\n")
}

// cells splits a row; a pipe with a backslash is text.
func cells(row string) []string {
	row = strings.ReplaceAll(strings.Trim(row, "| "), `\|`, "\x00")
	parts := strings.Split(row, "|")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.TrimSpace(part), "\x00", "|")
	}
	return parts
}

// Render formats a whole lesson for reading, its blocks and checks included, without running anything.
func Render(l Lesson, width int, colour bool) string {
	_, body, _ := strings.Cut(strings.TrimPrefix(l.Raw, "---\n"), "\n---\n")
	return paint(colour).render(strings.Split(body, "\n"), width)
}
