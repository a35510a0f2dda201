// This file exchanges directories and links while the runtime mounts over them: CVE-2021-30465 puts a mount on the host,
// CVE-2024-45310 an empty file or directory, CVE-2025-52565 the container's console.
package test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// swap exchanges two names as fast as it can, until it is told to stop.
func swap(t *testing.T, a, b string) (stop func()) {
	t.Helper()
	over, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-over:
				return
			default: // now and then neither name is there
				unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE)
			}
		}
	}()
	return func() {
		close(over)
		<-stopped
	}
}

// entries counts what is below a directory of the host that should stay empty, and empties it.
func entries(t *testing.T, dir string) int {
	t.Helper()
	found, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range found {
		must(t, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return len(found)
}

// shared is a volume in which somebody plays tricks, and the place outside that a link in it leads to.
func shared(t *testing.T, link func(outside string) string) (volume, outside string) {
	t.Helper()
	volume, outside = t.TempDir(), t.TempDir()
	must(t, os.Mkdir(volume+"/target", 0o755))
	must(t, os.Symlink(link(outside), volume+"/link"))
	return volume, outside
}

func absolute(outside string) string { return outside }
func upwards(outside string) string {
	return "../../../../../../../../../../.." + outside
}

func TestMountRaceStaysInside(t *testing.T) {
	for name, link := range map[string]func(string) string{"absolute": absolute, "upwards": upwards} {
		volume, outside := shared(t, link)
		c := newCell(t)
		c.bind(volume, "/volume")
		c.mount(specs.Mount{Destination: "/volume/target/tmpfs", Type: "tmpfs", Source: "tmpfs"})
		c.bind(c.fileOutside("x"), "/volume/target/file")
		c.bind(t.TempDir(), "/volume/target/deep/er", "ro")
		c.spec.Process.Cwd = "/volume/target/work"
		stop := swap(t, volume+"/target", volume+"/link")
		ran := 0
		for begin := time.Now(); time.Since(begin) < 700*time.Millisecond; {
			if r := c.run(probePath, "mounts"); r.code == 0 {
				ran++
			}
			if n := entries(t, outside); n > 0 {
				t.Fatalf("%s: %d things were made on the host", name, n)
			}
		}
		stop()
		t.Logf("%s: %d containers came into being", name, ran)
	}
}

// The control: by paths the same race is lost.
func TestMountRaceLeadsOut(t *testing.T) {
	volume, outside := shared(t, absolute)
	stop := swap(t, volume+"/target", volume+"/link")
	defer stop()
	made := 0
	for begin := time.Now(); made == 0 && time.Since(begin) < 5*time.Second; {
		os.MkdirAll(volume+"/target/deep/er", 0o755) // fails now and then
		made = entries(t, outside)
	}
	if made == 0 {
		t.Error("the race was never lost: this test proves nothing")
	}
}

// The image's /dev/console is a link out, or becomes one.
func TestConsoleStaysInside(t *testing.T) {
	outside := t.TempDir()
	prepare := func() *cell {
		c := newCell(t)
		c.without("/dev", "/dev/shm", "/dev/mqueue")
		c.spec.Process.Terminal = true
		return c
	}
	for name, link := range map[string]func(string) string{"absolute": absolute, "upwards": upwards} {
		c := prepare()
		c.link(link(outside)+"/console", "/dev/console")
		if r := c.run(probePath, "fds"); entries(t, outside) > 0 {
			t.Errorf("%s: a file was made on the host: %s", name, r)
		}
	}
	c := prepare()
	c.file("/dev/console", "")
	c.link(outside+"/console", "/dev/link")
	stop := swap(t, c.path("/dev/console"), c.path("/dev/link"))
	defer stop()
	for range 15 {
		if r := c.run(probePath, "fds"); entries(t, outside) > 0 {
			t.Fatalf("a file was made on the host: %s", r)
		}
	}
	plain, err := os.OpenFile(c.path("/dev/console"), os.O_CREATE|os.O_RDWR, 0o644) // the control, by a path
	for ; err == nil && entries(t, outside) == 0; plain, err = os.OpenFile(c.path("/dev/console"), os.O_CREATE|os.O_RDWR, 0o644) {
		plain.Close()
	}
	must(t, err)
	plain.Close()
}
