// This file is `glassbox system graph`: what there is and how it hangs together, as a picture in Mermaid's language. Every node has its
// id, and every arrow says what made it: the event with its time, where one is kept.
package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	api "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/api/types/mount"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/storage"
)

func systemGraphCommand() *cli.Command {
	return &cli.Command{
		Name: "graph", Usage: "draw images, containers, networks and volumes and what links them, in Mermaid's language",
		UsageText: "glassbox system graph\n\n(echo '```mermaid'; glassbox system graph; echo '```') > graph.md",
		Action: withArguments(0, func(c *cli.Context, e *engine.Engine) error {
			g := &graph{Writer: c.App.Writer, drawn: map[string]bool{}}
			return g.draw(c.Context, e)
		}),
	}
}

// graph is a picture being drawn.
type graph struct {
	io.Writer
	drawn map[string]bool // the nodes
	heard []events.Message
}

func (g *graph) draw(ctx context.Context, e *engine.Engine) error {
	err := e.Events(ctx, engine.EventsRequest{Since: time.Unix(1, 0), Until: time.Now()}, func(m events.Message) error {
		g.heard = append(g.heard, m)
		return nil
	})
	if err != nil {
		return err
	}
	store, err := e.Store()
	if err != nil {
		return err
	}
	images, err := store.Images()
	if err != nil {
		return err
	}
	containers, err := e.List(ctx, engine.ListRequest{All: true})
	if err != nil {
		return err
	}
	fmt.Fprintln(g, "graph TD;")
	for _, c := range containers {
		g.container(c)
	}
	for _, i := range images {
		g.image(i)
	}
	return nil
}

func (g *graph) image(i storage.Image) {
	node := g.node("image", i.ID.String(), orNone(i.Name))
	if m := g.last("image", "pull", func(m events.Message) bool { return m.Actor.ID == i.Name }); m != nil {
		host, _, _ := strings.Cut(storage.Full(i.Name), "/")
		g.arrow(g.node("registry", host, ""), "-->", "pull", m, node)
	}
	if m := g.last("container", "commit", func(m events.Message) bool { return m.Actor.Attributes["imageID"] == i.ID.String() }); m != nil {
		g.arrow(g.node("container", m.Actor.ID, m.Actor.Attributes["name"]), "-->", "commit", m, node)
	}
}

func (g *graph) container(c api.Summary) {
	node := g.node("container", c.ID, strings.TrimPrefix(c.Names[0], "/")+", "+string(c.State))
	own := func(m events.Message) bool { return m.Actor.ID == c.ID }
	g.arrow(g.node("image", c.ImageID, c.Image), "-->", "create", g.last("container", "create", own), node)
	if c.State == api.StateRunning {
		g.arrow(g.node("shim of", c.ID, ""), "-.->", "start", g.last("container", "start", own), node)
	}
	for _, name := range slices.Sorted(maps.Keys(c.NetworkSettings.Networks)) {
		n := c.NetworkSettings.Networks[name]
		made := g.last("network", "connect", func(m events.Message) bool {
			return m.Actor.ID == n.NetworkID && m.Actor.Attributes["container"] == c.ID
		})
		g.arrow(node, "-->", "connect as "+n.IPAddress.String(), made, g.node("network", n.NetworkID, name))
	}
	for _, m := range c.Mounts {
		if m.Type == mount.TypeVolume {
			made := g.last("volume", "mount", func(e events.Message) bool { return e.Actor.ID == m.Name && e.Actor.Attributes["container"] == c.ID })
			g.arrow(node, "-->", "mount at "+m.Destination, made, g.node("volume", m.Name, ""))
		}
	}
}

// node draws a box the first time, and returns what it is called.
func (g *graph) node(kind, id, name string) string {
	if id = strings.TrimPrefix(id, "sha256:"); len(id) == 64 {
		id = engine.ShortID(id)
	}
	key := strings.NewReplacer(" ", "_", ".", "_", ":", "_").Replace(kind + "_" + id)
	if !g.drawn[key] {
		g.drawn[key] = true
		fmt.Fprintf(g, "  %s[%q];\n", key, strings.TrimSpace(kind+" "+id+" "+name))
	}
	return key
}

func (g *graph) arrow(from, line, label string, made *events.Message, to string) {
	if made != nil {
		label += time.Unix(0, made.TimeNano).Format(" 15:04:05.000")
	}
	fmt.Fprintf(g, "  %s %s|%q| %s;\n", from, line, label, to)
}

// last is the last event that fits, if one is kept.
func (g *graph) last(kind, action string, fits func(events.Message) bool) *events.Message {
	for _, m := range slices.Backward(g.heard) {
		if string(m.Type) == kind && string(m.Action) == action && fits(m) {
			return &m
		}
	}
	return nil
}

func orNone(name string) string {
	if name == "" {
		return "<none>"
	}
	return name
}
