// This file tells about the machine and this engine, in the types of Docker's API.
package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	api "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/system"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// Info describes the engine and the machine it runs on.
func (e *Engine) Info(ctx context.Context) (system.Info, error) {
	info := system.Info{
		Driver: "overlay2", LoggingDriver: "json-file", CgroupDriver: "cgroupfs", CgroupVersion: "1", OSType: "linux", NCPU: runtime.NumCPU(),
		DockerRootDir: e.Root, ServerVersion: Version(), DefaultRuntime: "glassbox-oci", LiveRestoreEnabled: true,
		SystemTime: time.Now().Format(time.RFC3339Nano), SecurityOptions: []string{"name=seccomp,profile=builtin"},
		Runtimes: map[string]system.RuntimeWithStatus{"glassbox-oci": {Runtime: system.Runtime{Path: e.Runtime}}},
		Plugins: system.PluginsInfo{
			Volume: []string{"local"}, Network: []string{"bridge", "host", "null"}, Log: []string{"journald", "json-file", "local", "none", "syslog"},
		},
	}
	if err := e.countInto(ctx, &info); err != nil {
		return info, err
	}
	if err := describeMachine(&info); err != nil {
		return info, err
	}
	layout, err := look.HostLayout()
	if err != nil {
		return info, err
	}
	limitsInto(&info, layout)
	return info, nil
}

// limitsInto says which limits the machine's cgroups can keep.
func limitsInto(info *system.Info, l look.Layout) {
	has := func(controller string) bool {
		_, version := l.Where(controller)
		return version != 0
	}
	if l.Mode == look.ModeV2 {
		info.CgroupVersion = "2"
	}
	info.MemoryLimit, info.SwapLimit, info.PidsLimit, info.CPUSet = has("memory"), has("memory"), has("pids"), has("cpuset")
	info.CPUShares, info.CPUCfsPeriod, info.CPUCfsQuota = has("cpu"), has("cpu"), has("cpu")
}

// countInto counts containers and images.
func (e *Engine) countInto(ctx context.Context, info *system.Info) error {
	list, err := e.List(ctx, ListRequest{All: true})
	if err != nil {
		return err
	}
	info.Containers = len(list)
	for _, c := range list {
		switch c.State {
		case api.StateRunning, api.StateRestarting:
			info.ContainersRunning++
		case api.StatePaused:
			info.ContainersPaused++
		default:
			info.ContainersStopped++
		}
	}
	store, err := e.Store()
	if err != nil {
		return err
	}
	images, err := store.Images()
	info.Images = len(images)
	return err
}

func describeMachine(info *system.Info) error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	info.KernelVersion, info.Name = unix.ByteSliceToString(name.Release[:]), unix.ByteSliceToString(name.Nodename[:])
	info.Architecture = unix.ByteSliceToString(name.Machine[:])
	info.OperatingSystem, info.OSVersion = distribution()
	memory, err := memoryLimit(0)
	if err != nil {
		return err
	}
	info.MemTotal = int64(memory)
	forward, err := os.ReadFile("/proc/sys/net/ipv4/ip_forward")
	info.IPv4Forwarding = err == nil && strings.TrimSpace(string(forward)) == "1"
	return nil
}

// distribution reads /etc/os-release. man 5 os-release.
func distribution() (name, version string) {
	data, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "unknown", ""
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		if text, err := strconv.Unquote(value); err == nil {
			value = text
		}
		switch key {
		case "PRETTY_NAME":
			name = value
		case "VERSION_ID":
			version = value
		}
	}
	return name, version
}

// Version is what Go noted when it built the program.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "of the working tree"
	}
	return info.Main.Version
}

// Versions tells the version of the parts.
func (e *Engine) Versions() (system.VersionResponse, error) {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return system.VersionResponse{}, fmt.Errorf("uname: %w", err)
	}
	v := system.VersionResponse{
		Platform: system.PlatformInfo{Name: "Glassbox"}, Version: Version(), Os: runtime.GOOS, Arch: runtime.GOARCH,
		GoVersion: runtime.Version(), KernelVersion: unix.ByteSliceToString(name.Release[:]),
	}
	v.Components = []system.ComponentVersion{
		{Name: "Engine", Version: v.Version, Details: map[string]string{"Os": v.Os, "Arch": v.Arch, "GoVersion": v.GoVersion, "KernelVersion": v.KernelVersion}},
		{Name: filepath.Base(e.Runtime), Version: v.Version},
	}
	return v, nil
}
