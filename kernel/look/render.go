// This file prints namespaces, mounts, overlay layers and open ports as tables.
package look

import (
	"fmt"
	"io"
	"strconv"
)

// WriteNamespaces prints
//
//	TYPE  NAMESPACE   SHARED WITH THE HOST
//	uts   4026531838  yes
func WriteNamespaces(w io.Writer, namespaces []NS) error {
	t := NewTable(w, "TYPE", "NAMESPACE", "SHARED WITH THE HOST")
	for _, ns := range namespaces {
		t.Row(ns.Type, strconv.FormatUint(ns.Inode, 10), yesNo(ns.Shared))
	}
	return t.Close()
}

// WriteMounts prints mounts, each under its number and its parent's.
func WriteMounts(w io.Writer, mounts []Mount) error {
	t := NewTable(w, "ID", "ON", "AT", "TYPE", "SOURCE", "SHOWS", "DEVICE", "PROPAGATION", "OPTIONS")
	for _, m := range mounts {
		t.Row(strconv.Itoa(m.ID), strconv.Itoa(m.Parent), m.Point, m.FSType, m.Source, m.Root,
			fmt.Sprintf("%d:%d", m.Major, m.Minor), m.Propagation, m.Options)
	}
	return t.Close()
}

// WriteLayers prints the layers of an overlay as they lie upon each other, the topmost first.
func WriteLayers(w io.Writer, l Layers) error {
	t := NewTable(w, "LAYER", "DIRECTORY", "MEANING")
	if l.Upper != "" {
		t.Row("upper", l.Upper, "takes every change")
		t.Row("work", l.Work, "prepares changes; not for looking at")
	}
	for i, dir := range l.Lower {
		t.Row("lower "+strconv.Itoa(i+1), dir, "read-only")
	}
	for i, dir := range l.Data {
		t.Row("data "+strconv.Itoa(i+1), dir, "read-only, reached by redirects alone")
	}
	return t.Close()
}

// WriteSockets prints open ports.
func WriteSockets(w io.Writer, sockets []Socket) error {
	t := NewTable(w, "PROTOCOL", "ADDRESS", "OPEN IN THIS PROCESS")
	for _, s := range sockets {
		t.Row(s.Protocol, s.Address.String(), yesNo(s.Own))
	}
	return t.Close()
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
