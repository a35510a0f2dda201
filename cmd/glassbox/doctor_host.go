// This file looks at what else is on the machine and may be in the way, or is asked for: firewalls, IPVS, CRIU, pressure, the disk.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
	"glassbox/kernel/look/nft"
)

func checkPressure() finding {
	_, err := look.PressureOf(os.Getpid())
	if err != nil {
		return finding{State: degraded, Found: err.Error(), Lost: "look pressure", Remedy: "boot with psi=1"}
	}
	return finding{State: fine, Found: "counted"}
}

// checkFirewalls: a packet must pass every chain of the hook. Docker's drops what no rule accepts, and its rules are about its own
// bridges.
func checkFirewalls() finding {
	if os.Geteuid() != 0 {
		return notTried()
	}
	tables, err := nft.Tables("")
	if err != nil {
		return finding{State: degraded, Found: "not known: " + err.Error(), Lost: "this check", Remedy: "modprobe nf_tables"}
	}
	for _, t := range tables {
		for _, c := range t.Chains {
			if c.Hook == "forward" && c.Policy == "drop" && !strings.HasPrefix(t.Name, "glassbox") {
				return finding{State: degraded, Found: fmt.Sprintf("table %s %s, chain %s drops what it has no rule for", t.Family, t.Name, c.Name),
					Lost: "the way out of bridge networks, published ports", Remedy: letThrough(t, c)}
			}
		}
	}
	legacy, err := os.ReadFile("/proc/net/ip_tables_names")
	if err == nil && strings.Contains(string(legacy), "filter\n") {
		return finding{State: degraded, Found: "the older iptables has a filter table, which is not looked at",
			Lost: "perhaps the way out of bridge networks", Remedy: "iptables-legacy -S FORWARD must not say DROP: iptables-legacy -P FORWARD ACCEPT"}
	}
	return finding{State: fine, Found: "none drops what is forwarded"}
}

// letThrough accepts both directions, in the chain that Docker leaves to the user where there is one.
func letThrough(t nft.Table, c nft.Chain) string {
	chain := c.Name
	for _, other := range t.Chains {
		if other.Name == "DOCKER-USER" {
			chain = other.Name
		}
	}
	rule := func(match string) string {
		return fmt.Sprintf("nft insert rule %s %s %s %s glassbox0 accept", t.Family, t.Name, chain, match)
	}
	return rule("iifname") + "; " + rule("oifname")
}

// checkBridgeFilter: with br_netfilter loaded, what two containers of one network say to each other passes the firewall, too.
func checkBridgeFilter() finding {
	text, err := os.ReadFile("/proc/sys/net/bridge/bridge-nf-call-iptables")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{State: fine, Found: "br_netfilter is not loaded: bridges work without the firewall"}
	case err != nil:
		return finding{State: degraded, Found: err.Error()}
	case strings.TrimSpace(string(text)) == "0":
		return finding{State: fine, Found: "off"}
	}
	if f := checkFirewalls(); f.State != fine {
		return finding{State: degraded, Found: "on, and a firewall drops what is forwarded", Lost: "packets between containers of one network",
			Remedy: "sysctl -w net.bridge.bridge-nf-call-iptables=0"}
	}
	return finding{State: fine, Found: "on: bridged packets pass the firewall"}
}

func checkIPVS() finding {
	if _, err := os.Stat("/proc/net/ip_vs"); err != nil {
		return finding{State: degraded, Found: "this kernel has not loaded it", Lost: "nothing of Glassbox; to look at load balancing by IPVS", Remedy: "modprobe ip_vs"}
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
		return finding{State: missing, Found: err.Error()}
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
