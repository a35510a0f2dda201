// This file answers --systemd-cgroup. Engines give it on machines whose cgroups systemd looks after, and then write
// linux.cgroupsPath as "slice:prefix:name". We do not ask systemd for a scope: we make the group at the place where systemd
// would put it, so that the limits of the slices above it hold. `systemctl status` does not list it as a unit.
package main

import (
	"fmt"
	"path"
	"strings"
)

// systemdPath turns "machine.slice:libpod:ID" into "/machine.slice/libpod-ID.scope".
func systemdPath(cgroupsPath, id string) (string, error) {
	if cgroupsPath == "" {
		cgroupsPath = "system.slice:glassbox:" + id
	}
	parts := strings.Split(cgroupsPath, ":")
	if len(parts) != 3 {
		return "", fmt.Errorf("config.json: linux.cgroupsPath %q: with --systemd-cgroup write it as slice:prefix:name", cgroupsPath)
	}
	slice, prefix, name := parts[0], parts[1], parts[2]
	if slice == "" {
		slice = "system.slice"
	}
	if strings.HasSuffix(name, ".slice") {
		return path.Join(slicePath(slice), name), nil
	}
	if prefix != "" {
		name = prefix + "-" + name
	}
	return path.Join(slicePath(slice), name+".scope"), nil
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
