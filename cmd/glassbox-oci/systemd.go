// This file answers --systemd-cgroup. Engines give it on machines whose cgroups systemd looks after, and then write
// linux.cgroupsPath as "slice:prefix:name".
package main

import (
	"fmt"
	"path"
	"strings"

	"glassbox/runtime/plan"
)

// systemdPlace turns "machine.slice:libpod:ID" into "/machine.slice/libpod-ID.scope", and says which unit that is. A container whose
// name is that of a slice has its group there, without a unit of its own.
func systemdPlace(cgroupsPath, id string) (string, *plan.Scope, error) {
	if cgroupsPath == "" {
		cgroupsPath = "system.slice:glassbox:" + id
	}
	parts := strings.Split(cgroupsPath, ":")
	if len(parts) != 3 {
		return "", nil, fmt.Errorf("config.json: linux.cgroupsPath %q: with --systemd-cgroup write it as slice:prefix:name", cgroupsPath)
	}
	slice, prefix, name := parts[0], parts[1], parts[2]
	if slice == "" {
		slice = "system.slice"
	}
	if strings.HasSuffix(name, ".slice") {
		return path.Join(slicePath(slice), name), nil, nil
	}
	if prefix != "" {
		name = prefix + "-" + name
	}
	scope := &plan.Scope{Unit: name + ".scope", Slice: slice}
	return path.Join(slicePath(slice), scope.Unit), scope, nil
}

// slicePath says where systemd keeps a slice: each dash is a level, a-b.slice lies in a.slice. man 5 systemd.slice.
func slicePath(slice string) string {
	full := "/"
	name := strings.TrimSuffix(slice, ".slice")
	if name == "-" {
		return full
	}
	for i := range name {
		if name[i] == '-' {
			full = path.Join(full, name[:i]+".slice")
		}
	}
	return path.Join(full, name+".slice")
}
