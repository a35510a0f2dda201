// This file answers facts about mounts and overlay layers.
package lessons

import (
	"fmt"
	"slices"
	"strings"

	"glassbox/kernel/look"
)

func mountKinds() []kind {
	return []kind{
		{"mount {path} of {pid} is {type}", mountType},
		{"mount {path} of {pid} has option {option}", mountOption},
		{"propagation of {path} of {pid} is {kind}", propagation},
		{"nothing is mounted below {path} of {pid}", nothingBelow},
		{"lower layers of {pid} are those of {pid}", sameLowers},
		{"upper layer of {pid} is that of {pid}", sameUpper},
		{"upper layer of {pid} is its own and not that of {pid}", negated(sameUpper)},
	}
}

// mountAt finds the mount whose mount point is exactly path.
func mountAt(path, word string) (look.Mount, bool, string, error) {
	pid, err := process(word)
	if err != nil {
		return look.Mount{}, false, "", err
	}
	m, err := look.MountAt(pid, path)
	if err != nil {
		return look.Mount{}, false, "", err
	}
	file := fmt.Sprintf("/proc/%d/mountinfo: ", pid)
	if m.Point != path {
		return m, false, file + "no mount at " + path, nil
	}
	return m, true, file + line(m), nil
}

// line shows a mount as mountinfo does, without the numbers.
func line(m look.Mount) string {
	return fmt.Sprintf("%s %s %s %s - %s %s %s", m.Root, m.Point, m.Options, m.Propagation, m.FSType, m.Source, m.SuperOptions)
}

func mountType(args []string) (finding, error) {
	m, found, evidence, err := mountAt(args[0], args[1])
	return finding{found && m.FSType == args[2], []string{evidence}}, err
}

func mountOption(args []string) (finding, error) {
	m, found, evidence, err := mountAt(args[0], args[1])
	options := strings.Split(m.Options+","+m.SuperOptions, ",")
	return finding{found && slices.Contains(options, args[2]), []string{evidence}}, err
}

// propagation compares the optional fields: "private", "shared:*", "master:*".
func propagation(args []string) (finding, error) {
	m, found, evidence, err := mountAt(args[0], args[1])
	return finding{found && like(args[2], m.Propagation), []string{evidence}}, err
}

func nothingBelow(args []string) (finding, error) {
	pid, err := process(args[1])
	if err != nil {
		return finding{}, err
	}
	mounts, err := look.Mounts(pid)
	if err != nil {
		return finding{}, err
	}
	f := finding{holds: true}
	for _, m := range mounts {
		if m.Point == args[0] || strings.HasPrefix(m.Point, args[0]+"/") {
			f.holds = false
			f.evidence = append(f.evidence, fmt.Sprintf("/proc/%d/mountinfo: %s", pid, line(m)))
		}
	}
	if f.holds {
		f.evidence = []string{fmt.Sprintf("/proc/%d/mountinfo: %d mounts, none at or below %s", pid, len(mounts), args[0])}
	}
	return f, nil
}

// layersOf reads the layers of the root file systems of two processes.
func layersOf(words []string) (layers [2]look.Layers, evidence []string, err error) {
	for i, word := range words {
		m, _, _, err := mountAt("/", word)
		if err != nil {
			return layers, nil, err
		}
		l, ok := look.Overlay(m)
		if !ok {
			return layers, nil, fmt.Errorf("the root of process %s is %s, not an overlay", word, m.FSType)
		}
		layers[i] = l
		evidence = append(evidence, fmt.Sprintf("/proc/%s/mountinfo: lower %s", word, strings.Join(l.Lower, ":")),
			fmt.Sprintf("/proc/%s/mountinfo: upper %s", word, l.Upper))
	}
	return layers, evidence, nil
}

func sameLowers(args []string) (finding, error) {
	l, evidence, err := layersOf(args)
	return finding{slices.Equal(l[0].Lower, l[1].Lower), evidence}, err
}

func sameUpper(args []string) (finding, error) {
	l, evidence, err := layersOf(args)
	return finding{l[0].Upper == l[1].Upper, evidence}, err
}
