// This file is `glassbox events`: what happens to containers, images, volumes and networks, as it happens.
package command

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/events"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func eventsCommand() *cli.Command {
	return &cli.Command{
		Name: "events", Usage: "tell what happens, as it happens",
		UsageText: "glassbox events [flags]\n\nglassbox events --since 10m --filter event=die",
		Flags: []cli.Flag{
			flagText("since", "`TIME` also what has happened since"),
			flagText("until", "`TIME` no longer than that"),
			flagList("filter", "`NAME=VALUE` only those of this container, event, image, label, network, scope, type or volume", "f"),
			flagText("format", "`TEMPLATE` json or a Go template"),
		},
		Action: showEvents,
	}
}

func showEvents(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := engine.ParseFilters(c.StringSlice("filter"), []string{"container", "event", "image", "label", "network", "scope", "type", "volume", "daemon"})
	if err != nil {
		return usageError{err.Error(), 1}
	}
	r := engine.EventsRequest{Pass: func(m events.Message) bool { return passesEvent(filters, m) }}
	now := time.Now()
	if r.Since, err = since(c.String("since"), now); err != nil {
		return err
	}
	if r.Until, err = since(c.String("until"), now); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	return e.Events(c.Context, r, func(m events.Message) error { return printEvent(c, m) })
}

func printEvent(c *cli.Context, m events.Message) error {
	switch format := c.String("format"); format {
	case "":
		_, err := fmt.Fprintln(c.App.Writer, eventLine(m))
		return err
	case "json":
		return json.NewEncoder(c.App.Writer).Encode(m)
	default:
		return printRows(c.App.Writer, format, nil, []any{m})
	}
}

// eventLine is Docker's: 2026-11-22T10:00:00.000000000+01:00 container start 1f… (image=box, name=web)
func eventLine(m events.Message) string {
	line := fmt.Sprintf("%s %s %s %s", time.Unix(0, m.TimeNano).Local().Format("2006-01-02T15:04:05.000000000Z07:00"), m.Type, m.Action, m.Actor.ID)
	var words []string
	for _, name := range slices.Sorted(maps.Keys(m.Actor.Attributes)) {
		words = append(words, name+"="+m.Actor.Attributes[name])
	}
	if len(words) > 0 {
		line += " (" + strings.Join(words, ", ") + ")"
	}
	return line
}

func passesEvent(f engine.Filters, m events.Message) bool {
	for name, values := range f {
		matches := func(value string) bool { return eventMatches(m, name, value) }
		if name == "label" && slices.ContainsFunc(values, func(v string) bool { return !matches(v) }) || !slices.ContainsFunc(values, matches) {
			return false
		}
	}
	return true
}

func eventMatches(m events.Message, name, value string) bool {
	switch name {
	case "event":
		action, _, _ := strings.Cut(string(m.Action), ":") // "exec_start: sh"
		return value == string(m.Action) || value == action
	case "type":
		return string(m.Type) == value
	case "scope":
		return m.Scope == value
	case "label":
		label, want, valued := strings.Cut(value, "=")
		have, ok := m.Actor.Attributes[label]
		return ok && (!valued || have == want)
	case "image":
		return m.Actor.Attributes["image"] == value || m.Type == events.ImageEventType && isActor(m, value)
	}
	return string(m.Type) == name && isActor(m, value) // container, volume, network
}

func isActor(m events.Message, ref string) bool {
	return m.Actor.ID == ref || m.Actor.Attributes["name"] == ref || len(ref) >= 4 && strings.HasPrefix(m.Actor.ID, ref)
}
