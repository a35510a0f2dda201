// This file reads the layers of an overlay mount from its options.
package look

import "strings"

// Layers are the directories that an overlay mount shows as one.
type Layers struct {
	Lower []string `json:"lower"` // read-only, the topmost first
	Data  []string `json:"data,omitempty"`
	Upper string   `json:"upper"` // takes every change; empty for a read-only overlay
	Work  string   `json:"work"`
}

// Overlay reads the layers of a mount; false if it is no overlay. Two spellings are in use, one long option and, for more
// layers than fit on a page of memory, one option for each layer:
//
//	lowerdir=/l2:/l1,upperdir=/u,workdir=/w       mount(2)
//	lowerdir+=/l2,lowerdir+=/l1,datadir+=/d       fsconfig(2)
//
// In the first a backslash takes the meaning from a colon; in the second there is none to take.
func Overlay(m Mount) (Layers, bool) {
	if m.FSType != "overlay" {
		return Layers{}, false
	}
	var l Layers
	for _, option := range strings.Split(m.SuperOptions, ",") {
		name, value, _ := strings.Cut(unescape(option), "=")
		switch name {
		case "lowerdir":
			l.Lower = append(l.Lower, lowerDirs(value)...)
		case "lowerdir+":
			l.Lower = append(l.Lower, value)
		case "datadir+":
			l.Data = append(l.Data, value)
		case "upperdir":
			l.Upper = plain(value)
		case "workdir":
			l.Work = plain(value)
		}
	}
	return l, true
}

func lowerDirs(value string) []string {
	var dirs []string
	for _, dir := range splitAtColons(value) {
		if dir != "" { // "a::b" sets a data-only layer b apart
			dirs = append(dirs, plain(dir))
		}
	}
	return dirs
}

// splitAtColons splits at the colons that no backslash protects.
func splitAtColons(text string) []string {
	var parts []string
	begin := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case ':':
			parts = append(parts, text[begin:i])
			begin = i + 1
		}
	}
	return append(parts, text[begin:])
}

// plain takes the backslashes out of a path.
func plain(path string) string {
	var out strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '\\' && i+1 < len(path) {
			i++
		}
		out.WriteByte(path[i])
	}
	return out.String()
}
