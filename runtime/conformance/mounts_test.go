// This file: mounts. config.md, "Mounts"; config-linux.md, "Rootfs Mount Propagation".
package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// volume makes a directory on the host with a file in it, of owner 1000.
func (b *box) volume(name string) string {
	b.t.Helper()
	dir := filepath.Join(b.dir, name)
	check(b.t, os.Mkdir(dir, 0o755))
	check(b.t, os.WriteFile(filepath.Join(dir, "file"), []byte("content\n"), 0o644))
	check(b.t, os.Chown(filepath.Join(dir, "file"), 1000, 1000))
	return dir
}

func (b *box) bind(source, destination string, options ...string) {
	b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Source: source, Destination: destination, Options: append([]string{"rbind"}, options...)})
}

// optionsOf is the field of mountinfo with the flags of a mount.
const optionsOf = `o() { while read a b c d point options rest; do [ "$point" = $1 ] && last="$options $rest"; done < /proc/self/mountinfo; echo "$last"; }; `

func TestMountFlags(t *testing.T) {
	for option, want := range map[string]string{"ro": "ro", "nosuid": "nosuid", "nodev": "nodev", "noexec": "noexec", "noatime": "noatime",
		"nodiratime": "nodiratime", "relatime": "relatime", "nosymfollow": "nosymfollow", "rw": "rw"} {
		t.Run(option, func(t *testing.T) {
			b := newBox(t)
			b.bind(b.volume("data"), "/data", option)
			b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/tmp", Options: []string{option}})
			for _, point := range []string{"/data", "/tmp"} {
				flags := strings.Fields(b.output(optionsOf + "o " + point))[0]
				if !strings.Contains(","+flags+",", ","+want+",") {
					t.Errorf("%s with %s: %s", point, option, flags)
				}
			}
		})
	}
}

func TestRecursiveFlags(t *testing.T) {
	for option, want := range map[string]string{"rro": "ro", "rnosuid": "nosuid", "rnodev": "nodev", "rnoexec": "noexec", "rnoatime": "noatime", "rnosymfollow": "nosymfollow"} {
		t.Run(option, func(t *testing.T) {
			b := newBox(t)
			data := b.volume("data")
			check(t, os.Mkdir(filepath.Join(data, "below"), 0o755))
			check(t, unix.Mount("tmpfs", filepath.Join(data, "below"), "tmpfs", 0, ""))
			t.Cleanup(func() { check(t, unix.Unmount(filepath.Join(data, "below"), unix.MNT_DETACH)) })
			b.bind(data, "/data", option)
			b.bind(data, "/control", strings.TrimPrefix(option, "r"))
			flags := strings.Fields(b.output(optionsOf + "o /data/below"))[0]
			if !strings.Contains(","+flags+",", ","+want+",") {
				t.Errorf("below, with %s: %s", option, flags)
			}
			flags = strings.Fields(b.output(optionsOf + "o /control/below"))[0]
			if strings.Contains(","+flags+",", ","+want+",") {
				t.Errorf("negative control: %s reaches the mounts below, too: %s", option[1:], flags)
			}
		})
	}
}

func TestBindSources(t *testing.T) {
	b := newBox(t)
	data := b.volume("data")
	check(t, os.Symlink(data, filepath.Join(b.dir, "link")))
	b.bind(filepath.Join(data, "file"), "/etc/one-file")
	b.bind(filepath.Join(b.dir, "link"), "/by-link")
	b.bind("data", "/by-bundle")
	b.bind(data, "relative")
	check(t, os.Symlink("/tmp", b.path("elsewhere")))
	b.bind(data, "/elsewhere/here")
	out := b.output("cat /etc/one-file /by-link/file /by-bundle/file /relative/file /tmp/here/file")
	want(t, "files", strings.Join(strings.Fields(out), " "), "content content content content content")
	if len(b.warnings) != 1 || !strings.Contains(b.warnings[0], "relative") {
		t.Errorf("warnings: %q", b.warnings)
	}
}

func TestMissingSourceIsAnError(t *testing.T) {
	b := newBox(t)
	b.bind(filepath.Join(b.dir, "nothing"), "/data")
	b.refused("nothing", "does not exist")
}

func TestCopyUp(t *testing.T) {
	b := newBox(t)
	check(t, os.WriteFile(b.path("etc/set-uid"), []byte("x"), 0o644))
	check(t, os.Chmod(b.path("etc/set-uid"), 0o755|os.ModeSetuid))
	check(t, os.Chown(b.path("etc/set-uid"), 7, 8))
	check(t, os.Chmod(b.path("etc/set-uid"), 0o755|os.ModeSetuid))
	check(t, os.MkdirAll(b.path("etc/deep/er"), 0o700))
	check(t, os.Symlink("set-uid", b.path("etc/link")))
	b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/etc", Options: []string{"tmpcopyup", "size=1m"}})
	out := b.output("stat -c '%a %u %g %s' /etc/set-uid; readlink /etc/link; ls -d /etc/deep/er; echo y > /etc/set-uid; stat -f -c %T /etc; stat -c %a /etc")
	want(t, "copies", strings.Join(strings.Fields(out), " "), "4755 7 8 1 set-uid /etc/deep/er tmpfs 755")
	if data, err := os.ReadFile(b.path("etc/set-uid")); err != nil || string(data) != "x" {
		t.Errorf("the image's own file has changed: %q (%v)", data, err)
	}
}

func TestMappedMount(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *box{"plain": newBox, "user namespace": mapped} {
		t.Run(name, func(t *testing.T) {
			b := make(t)
			b.bind(b.volume("data"), "/data", "idmap")
			b.bind(filepath.Join(b.dir, "data"), "/control")
			m := &b.spec.Mounts[len(b.spec.Mounts)-2]
			host := uint32(7)
			if name != "plain" {
				host = 100007
			}
			m.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 1000, HostID: host, Size: 1}}
			m.GIDMappings = []specs.LinuxIDMapping{{ContainerID: 1000, HostID: host, Size: 1}}
			out, _, err := b.run("stat -c '%u %g' /data/file")
			if err != nil && strings.Contains(err.Error(), "MOUNT_ATTR_IDMAP") {
				t.Skipf("SKIPPED: the file system of the test takes no mapping: %v", err)
			}
			check(t, err)
			want(t, "owner", out, "7 7")
			if out := b.output("stat -c %u /control/file"); strings.TrimSpace(out) == "7" {
				t.Error("negative control: the mount without a mapping shows the same owner")
			}
		})
	}
}

func TestMappedMountTakesTheContainersMap(t *testing.T) {
	b := mapped(t)
	b.bind(b.volume("data"), "/data", "idmap")
	out, _, err := b.run("stat -c %u /data/file")
	if err != nil && strings.Contains(err.Error(), "MOUNT_ATTR_IDMAP") {
		t.Skipf("SKIPPED: the file system of the test takes no mapping: %v", err)
	}
	check(t, err)
	want(t, "owner", out, "1000")
}

func TestMappingThatCanNotBe(t *testing.T) {
	b := newBox(t)
	b.bind(b.volume("data"), "/data", "idmap")
	b.refused("idmap", "uidMappings")
	b = newBox(t)
	b.spec.Mounts[1].UIDMappings = []specs.LinuxIDMapping{{Size: 1}}
	b.refused("gidMappings")
}

func TestRemountAndPropagationAlone(t *testing.T) {
	b := newBox(t)
	b.bind(b.volume("data"), "/data")
	b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Destination: "/data", Options: []string{"bind", "remount", "ro"}},
		specs.Mount{Destination: "/proc", Options: []string{"rshared"}},
		specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/tmp", Options: []string{"size=64k"}},
		specs.Mount{Type: "tmpfs", Source: "tmpfs", Destination: "/tmp", Options: []string{"remount", "ro"}})
	out := b.output(optionsOf + "o /data; o /proc; o /tmp")
	lines := strings.Split(out, "\n")
	if !strings.HasPrefix(lines[0], "ro") || !strings.Contains(lines[1], "shared:") || !strings.Contains(lines[2], "ro,size=64k") {
		t.Errorf("mounts:\n%s", out)
	}
}

func TestMountWithoutATypeIsAnError(t *testing.T) {
	b := newBox(t)
	b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Destination: "/data", Source: "/somewhere"})
	b.refused("/data", "type")
}

func TestProcOfTheHost(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.PIDNamespace)
	out := b.output("readlink /proc/self/ns/pid; cat /proc/1/comm")
	if !strings.HasPrefix(out, namespaceOf(t, os.Getpid(), "pid")) {
		t.Errorf("the PID namespace is not the host's: %s", out)
	}
}

func TestRootPropagation(t *testing.T) {
	for value, word := range map[string]string{"shared": "shared:", "slave": "", "private": "", "unbindable": "unbindable"} {
		t.Run(value, func(t *testing.T) {
			b := newBox(t)
			b.spec.Linux.RootfsPropagation = value
			out := b.output(optionsOf + "o /")
			if word != "" != strings.Contains(out, "shared:") && word != "" != strings.Contains(out, "unbindable") {
				t.Errorf("the root's mount: %s", out)
			}
		})
	}
	b := newBox(t)
	b.spec.Linux.RootfsPropagation = "loud"
	b.refused("rootfsPropagation", "loud")
}

func TestSharedVolumeReachesTheHost(t *testing.T) {
	for _, kind := range []string{"shared", "private"} {
		t.Run(kind, func(t *testing.T) {
			b := newBox(t)
			data := filepath.Join(b.dir, "data")
			check(t, os.MkdirAll(filepath.Join(data), 0o755))
			check(t, unix.Mount("tmpfs", data, "tmpfs", 0, ""))
			check(t, unix.Mount("", data, "", unix.MS_SHARED, ""))
			t.Cleanup(func() { check(t, unix.Unmount(data, unix.MNT_DETACH)) })
			check(t, os.Mkdir(filepath.Join(data, "below"), 0o755))
			b.spec.Linux.RootfsPropagation = kind
			b.bind(data, "/data", "r"+kind)
			b.spec.Process.Capabilities.Bounding = append(b.spec.Process.Capabilities.Bounding, "CAP_SYS_ADMIN")
			before := strings.Count(mounts(t), "\n")
			c := b.start("mount -t tmpfs inner /data/below && touch /data/below/file && touch /data/ready && sleep 100")
			_ = c
			waitFor(t, filepath.Join(data, "ready"))
			_, err := os.Stat(filepath.Join(data, "below/file"))
			if (err == nil) != (kind == "shared") {
				t.Errorf("%s: is the container's mount on the host? %v", kind, err)
			}
			wanted := before
			if kind == "shared" {
				wanted++
				check(t, unix.Unmount(filepath.Join(data, "below"), unix.MNT_DETACH))
				wanted--
			}
			if after := strings.Count(mounts(t), "\n"); after != wanted {
				t.Errorf("the host has %d mounts, and had %d", after, before)
			}
		})
	}
}

// With a cgroup namespace the container's group is the top of the tree; without one it is shown by a bind.
func TestCgroupMount(t *testing.T) {
	for _, own := range []bool{true, false} {
		b := newBox(t)
		if !own {
			b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.CgroupNamespace)
		}
		b.spec.Mounts = append(b.spec.Mounts, specs.Mount{Type: "sysfs", Source: "sysfs", Destination: "/sys", Options: []string{"ro"}},
			specs.Mount{Type: "cgroup", Source: "cgroup", Destination: "/sys/fs/cgroup", Options: []string{"ro", "nosuid", "noexec", "nodev"}})
		b.spec.Linux.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: pointer(int64(77))}}
		out := b.output("cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; mkdir /sys/fs/cgroup/x /sys/fs/cgroup/pids/x 2>/dev/null && echo written; grep -c conformance /proc/self/cgroup; true")
		lines := strings.Fields(out)
		if len(lines) != 2 || lines[0] != "77" || (lines[1] == "0") != own {
			t.Errorf("own namespace %v: %q", own, lines)
		}
	}
}
