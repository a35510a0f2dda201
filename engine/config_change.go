// This file reads --change of commit and import: instructions of a Dockerfile that change an image's config and no file.
package engine

import (
	"encoding/json"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// ChangeConfig applies instructions to a config: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR.
func ChangeConfig(c *v1.Config, instructions []string) error {
	for _, line := range instructions {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if err := change(c, strings.ToUpper(word), strings.TrimSpace(rest)); err != nil {
			return fmt.Errorf("--change %q: %w", line, err)
		}
	}
	return nil
}

func change(c *v1.Config, word, rest string) error {
	if rest == "" {
		return fmt.Errorf("%s needs a value", word)
	}
	switch word {
	case "CMD":
		c.Cmd = command(rest)
	case "ENTRYPOINT":
		c.Entrypoint = command(rest)
	case "USER":
		c.User = rest
	case "WORKDIR":
		c.WorkingDir = rest
	case "STOPSIGNAL":
		c.StopSignal = rest
	case "ENV":
		return eachPair(rest, func(name, value string) { c.Env = setEnv(append([]string{}, c.Env...), name+"="+value) })
	case "LABEL":
		return eachPair(rest, func(name, value string) { c.Labels = with(c.Labels, name, value) })
	case "EXPOSE":
		for _, port := range strings.Fields(rest) {
			if !strings.Contains(port, "/") {
				port += "/tcp"
			}
			c.ExposedPorts = with(c.ExposedPorts, port, struct{}{})
		}
	case "VOLUME":
		for _, path := range list(rest) {
			c.Volumes = with(c.Volumes, path, struct{}{})
		}
	default:
		return fmt.Errorf("%s is none of CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR", word)
	}
	return nil
}

// command reads a JSON list of words, or a line for the shell.
func command(text string) []string {
	var words []string
	if json.Unmarshal([]byte(text), &words) == nil {
		return words
	}
	return []string{"/bin/sh", "-c", text}
}

func list(text string) []string {
	var words []string
	if json.Unmarshal([]byte(text), &words) == nil {
		return words
	}
	return strings.Fields(text)
}

// with is a map with one more entry; the map of the image itself is left as it is.
func with[V any](m map[string]V, name string, value V) map[string]V {
	fresh := map[string]V{name: value}
	for key, old := range m {
		if key != name {
			fresh[key] = old
		}
	}
	return fresh
}

// eachPair reads NAME=VALUE …, values perhaps between quotes, or the old form NAME VALUE.
func eachPair(text string, do func(name, value string)) error {
	words, err := quotedWords(text)
	if err != nil {
		return err
	}
	if len(words) > 1 && !strings.Contains(words[0], "=") {
		do(words[0], strings.Join(words[1:], " "))
		return nil
	}
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		if !ok || name == "" {
			return fmt.Errorf("%q is not NAME=VALUE", word)
		}
		do(name, value)
	}
	return nil
}

// quotedWords splits at blanks that are not between quotes, and takes the quotes away.
func quotedWords(text string) ([]string, error) {
	var words []string
	var word strings.Builder
	var quote rune
	started := false
	for _, c := range text + " " {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, started = c, true
		case quote == 0 && c == ' ':
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(c)
			started = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed in %q", text)
	}
	return words, nil
}
