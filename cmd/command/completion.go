// This file is `glassbox completion`: a script for a shell that completes what is typed. The scripts know nothing themselves;
// they ask `glassbox complete`, which candidates.go answers, so that a new flag needs no new script.
package command

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// Each script passes the words up to the cursor, the last of them perhaps empty.
const (
	bashScript = `# glassbox completion bash > /etc/bash_completion.d/glassbox
_glassbox() {
	local IFS=$'\n' line=${COMP_LINE:0:COMP_POINT} words
	# Bash cuts words at : and =, which names of images and flags have: so they are cut anew, at blanks.
	IFS=' ' read -ra words <<<"$line"
	[[ $line == *' ' ]] && words+=('')
	local current=${words[${#words[@]}-1]} part=${COMP_WORDS[COMP_CWORD]}
	[[ $part == [:=] ]] && part=
	COMPREPLY=($(glassbox complete -- "${words[@]:1}" 2>/dev/null | cut -f1))
	COMPREPLY=("${COMPREPLY[@]#"${current%"$part"}"}")
}
complete -o default -F _glassbox glassbox
`
	zshScript = `#compdef glassbox
# glassbox completion zsh > "${fpath[1]}/_glassbox"
_glassbox() {
	local -a found
	local line name about
	while IFS=$'\t' read -r name about; do
		found+=("${name//:/\\:}${about:+:$about}")
	done < <(glassbox complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)
	if (( ${#found} )); then _describe glassbox found; else _files; fi
}
if [ "$funcstack[1]" = _glassbox ]; then _glassbox "$@"; else compdef _glassbox glassbox; fi
`
	fishScript = `# glassbox completion fish > ~/.config/fish/completions/glassbox.fish
function __glassbox
	set -l words (commandline -opc) (commandline -ct)
	set -l found (glassbox complete -- $words[2..-1] 2>/dev/null)
	if set -q found[1]
		printf '%s\n' $found
	else
		__fish_complete_path $words[-1]
	end
end
complete -c glassbox -f -a '(__glassbox)'
`
)

func completionCommand() *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print a script that completes command lines in bash, zsh or fish",
		ArgsUsage: "bash|zsh|fish",
		UsageText: "glassbox completion bash|zsh|fish\n\nsource <(glassbox completion bash)",
		Action: func(c *cli.Context) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			script, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[c.Args().First()]
			if !ok {
				return usageError{fmt.Sprintf("completion: unknown shell %q: there is bash, zsh and fish", c.Args().First()), 1}
			}
			_, err := fmt.Fprint(c.App.Writer, script)
			return err
		},
	}
}

// completeCommand answers the scripts: a candidate a line, and what it is after a tab.
func completeCommand() *cli.Command {
	return &cli.Command{
		Name: "complete", Hidden: true, ArgsUsage: "[ARG…]",
		Action: func(c *cli.Context) error {
			t := typing{app: newApp(), known: func(k nameKind) []candidate { return known(c, k) }}
			for _, found := range t.candidates(c.Args().Slice()) {
				line := found.name
				if found.about != "" {
					line += "\t" + strings.ReplaceAll(found.about, "`", "")
				}
				if _, err := fmt.Fprintln(c.App.Writer, line); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// known asks the engine. Who may not ask, or asks in vain, gets no candidates: an error would spoil the line being typed.
func known(c *cli.Context, k nameKind) []candidate {
	if os.Geteuid() != 0 {
		return nil
	}
	e, err := open(c)
	if err != nil {
		return nil
	}
	list, err := namesOf(context.Background(), e, k)
	if err != nil {
		return nil
	}
	return list
}
