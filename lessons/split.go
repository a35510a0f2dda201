// This file cuts a block into its commands, so that each is shown, run and judged on its own, as if it were typed. The shell
// itself says where a command ends (sh -n). Rule: no here-documents in lessons; dash takes an unfinished one for complete.
package lessons

import (
	"context"
	"fmt"
	"strings"
)

// split cuts the lines of a block into whole commands. Comments and blank lines stand alone.
func (s *Session) split(ctx context.Context, lines []string) (commands []string, err error) {
	var open []string
	problem := ""
	for _, line := range lines {
		if len(open) == 0 && comment(line) {
			commands = append(commands, line)
			continue
		}
		open = append(open, line)
		var whole bool
		whole, problem, err = s.complete(ctx, strings.Join(open, "\n"))
		if err != nil {
			return nil, err
		}
		if whole {
			commands, open = append(commands, strings.Join(open, "\n")), nil
		}
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("not a whole command: %s: %s", open[0], strings.TrimSpace(problem))
	}
	return commands, nil
}

// comment tells whether a line does nothing.
func comment(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || strings.HasPrefix(line, "#")
}
