// This file looks at what else is on the machine and may be in the way, or is asked for: IPVS, CRIU, pressure, the disk.
package command

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

func checkPressure() finding {
	_, err := look.PressureOf(os.Getpid())
	if err != nil {
		return finding{State: degraded, Found: err.Error(), Lost: "look pressure", Remedy: "boot with psi=1"}
	}
	return finding{State: fine, Found: "counted"}
}

func checkIPVS() finding {
	if _, err := os.Stat("/proc/net/ip_vs"); err != nil {
		return finding{State: degraded, Found: "this kernel has not loaded it", Lost: "nothing of Glassbox; to look at load balancing by IPVS", Remedy: remedyOf("ip_vs")}
	}
	return finding{State: fine, Found: "loaded"}
}

func checkCRIU() finding {
	path, err := exec.LookPath("criu")
	if err != nil {
		return finding{State: degraded, Found: "not installed", Lost: "checkpoints", Remedy: "apt-get install criu"}
	}
	if out, err := exec.Command(path, "check").CombinedOutput(); err != nil {
		line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return finding{State: degraded, Found: "criu check: " + line, Lost: "checkpoints", Remedy: "install a kernel with CONFIG_CHECKPOINT_RESTORE"}
	}
	return finding{State: fine, Found: path}
}

// checkDisk looks at the place where images and containers are kept, or will be.
func checkDisk(root string) finding {
	const tight, little = 2 << 30, 200 << 20
	dir, err := filepath.Abs(root)
	if err != nil {
		return finding{State: missing, Found: err.Error(), Remedy: "name a place that can be found: --root"}
	}
	var s unix.Statfs_t
	for err = unix.Statfs(dir, &s); err == unix.ENOENT && dir != "/"; err = unix.Statfs(dir, &s) {
		dir = filepath.Dir(dir)
	}
	if err != nil {
		return finding{State: missing, Found: fmt.Sprintf("statfs %s: %v", dir, err), Remedy: "name another place: --root"}
	}
	free := int64(s.Bavail) * s.Bsize
	f := finding{State: fine, Found: look.Bytes(free) + " free in " + root, Remedy: "glassbox system prune, or name another place: --root"}
	switch {
	case s.Type == unix.OVERLAYFS_SUPER_MAGIC:
		f.State, f.Found, f.Lost = missing, root+" lies on an overlay, which can not carry another", "containers with images"
		f.Remedy = "name a place on a disk or a tmpfs: --root"
	case free < little:
		f.State, f.Lost = missing, "room for an image"
	case free < tight:
		f.State, f.Lost = degraded, "room for more than a few images"
	default:
		f.Remedy = ""
	}
	return f
}
