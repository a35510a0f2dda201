// This file turns a request into an OCI spec: what the user asked, else what the image says, else what Docker does. It is
// pure. The facts about the machine come in a Place; the seccomp filter, which depends on the kernel, is added by Confine.
package engine

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Spec describes the container of a request at a place.
func Spec(r Request, image v1.Config, p Place) (*specs.Spec, error) {
	process, err := processSpec(r, image, p)
	if err != nil {
		return nil, err
	}
	resources, err := resourceSpec(r, p)
	if err != nil {
		return nil, err
	}
	s := &specs.Spec{
		Version:    specs.Version,
		Process:    process,
		Root:       &specs.Root{Path: p.Rootfs, Readonly: r.Security.ReadOnly},
		Hostname:   hostnameFor(r, p),
		Domainname: r.Domainname,
		Mounts:     mountSpecs(r, p),
		Linux: &specs.Linux{
			Namespaces:        namespaceSpecs(r.Namespaces, p),
			CgroupsPath:       p.CgroupPath,
			Resources:         resources,
			Devices:           deviceNodes(r, p),
			Sysctl:            sysctlSpecs(r, p),
			RootfsPropagation: rootPropagation(r.Mounts),
		},
	}
	if r.Namespaces.UTS == ofHost {
		s.Hostname, s.Domainname = "", "" // it has the host's, which is not for it to change
	}
	if len(r.Annotations) > 0 {
		s.Annotations = r.Annotations
	}
	options, err := SecurityOptions(r.Security.Options)
	if err != nil {
		return nil, err
	}
	if !r.Security.Privileged && !options.OpenPaths {
		s.Linux.MaskedPaths, s.Linux.ReadonlyPaths = maskedPaths(), readonlyPaths()
	}
	return s, nil
}

func hostnameFor(r Request, p Place) string {
	if r.Hostname != "" {
		return r.Hostname
	}
	return ShortID(p.ID)
}

// namespaceSpecs are all that Docker makes, but for those that the container shares. The network namespace was made before, so
// that it could be furnished; with the host's network there is none.
func namespaceSpecs(n Namespaces, p Place) []specs.LinuxNamespace {
	list := []specs.LinuxNamespace{{Type: specs.MountNamespace}}
	for _, own := range []struct {
		kind specs.LinuxNamespaceType
		mode string
	}{
		{specs.PIDNamespace, n.PID}, {specs.UTSNamespace, n.UTS}, {specs.IPCNamespace, n.IPC}, {specs.CgroupNamespace, n.Cgroup},
	} {
		if own.mode != ofHost {
			list = append(list, specs.LinuxNamespace{Type: own.kind, Path: p.Joins.Paths[own.kind]})
		}
	}
	if users := p.Joins.Paths[specs.UserNamespace]; users != "" {
		list = append(list, specs.LinuxNamespace{Type: specs.UserNamespace, Path: users})
	}
	if p.NetNS != "" {
		list = append(list, specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: p.NetNS})
	}
	return list
}

// sysctlSpecs lets anybody ping and listen on low ports inside: in a network of its own that harms nobody.
func sysctlSpecs(r Request, p Place) map[string]string {
	all := map[string]string{}
	if p.NetNS != "" && !p.JoinsNet {
		if r.Namespaces.IDs == nil { // the kernel refuses groups that are nobody's
			all["net.ipv4.ping_group_range"] = "0 2147483647"
		}
		all["net.ipv4.ip_unprivileged_port_start"] = "0"
	}
	for name, value := range r.Network.Sysctls {
		all[name] = value
	}
	return all
}

// rootPropagation opens the root as far as a bind mount asks: a mount can not propagate through a private parent.
func rootPropagation(mounts []Mount) string {
	open := ""
	for _, m := range mounts {
		switch strings.TrimPrefix(m.Bind.Propagation, "r") {
		case "shared":
			return "shared"
		case "slave":
			open = "slave"
		}
	}
	return open
}

// commandLine is the command line of the program.
func commandLine(r Request, image v1.Config) ([]string, error) {
	entrypoint, cmd := image.Entrypoint, image.Cmd
	if r.Entrypoint != nil {
		entrypoint, cmd = r.Entrypoint, nil
	}
	if len(r.Command) > 0 {
		cmd = r.Command
	}
	args := slices.Concat(entrypoint, cmd)
	if len(args) == 0 {
		return nil, fmt.Errorf("run %s: no command: the image has none, so name one after it", r.Image)
	}
	if args[0] == "" {
		return nil, fmt.Errorf("run %s: the command is empty: name a program after the image", r.Image)
	}
	return args, nil
}
