// This file prepares the ground: two network namespaces that play hosts, each with a neighbour outside. On one, glassbox makes two
// containers; on the other, the same is made by hand.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// host is one of the two hosts.
type host struct {
	name, file string // file keeps its network namespace
	outside    string // that of its neighbour
	client     string // that of the container that sends
	server     string // that of the container that listens
	address    string // of server
}

// The neighbour reaches the host there; published is its port that leads to the server's 5201, iperf3's own.
const (
	hostAddress = "192.0.2.1"
	published   = "15201"
)

type ground struct {
	dir          string
	ours, byHand host
	servers      []*exec.Cmd
	end          func() error // removes it all, once
}

func prepare() (*ground, error) {
	dir, err := os.MkdirTemp("", "netbench-")
	if err != nil {
		return nil, err
	}
	g := &ground{dir: dir}
	g.end = sync.OnceValue(g.remove)
	g.ours, g.byHand = g.host("glassbox"), g.host("by hand")
	err = errors.Join(g.build(&g.ours), g.build(&g.byHand))
	if err == nil {
		err = errors.Join(g.contain(), g.handmade())
	}
	for _, h := range []host{g.ours, g.byHand} {
		if err != nil {
			break
		}
		listen := exec.Command("nsenter", "--net="+h.server, "iperf3", "-s")
		listen.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // also when we are killed
		err = listen.Start()
		g.servers = append(g.servers, listen)
	}
	if err != nil {
		return nil, errors.Join(err, g.end())
	}
	return g, nil
}

func (g *ground) host(name string) host {
	file := filepath.Join(g.dir, strings.ReplaceAll(name, " ", "-"))
	return host{name: name, file: file, outside: file + "-outside"}
}

// build makes a host with its neighbour.
func (g *ground) build(h *host) error {
	return sh("", `for n in "$1" "$2"; do touch $n; unshare --net=$n ip link set lo up; done
ip link add eth0 netns "$1" type veth peer name eth0 netns "$2"
nsenter --net="$1" sh -ec "ip address add `+hostAddress+`/24 dev eth0; ip link set eth0 up; echo 1 > /proc/sys/net/ipv4/ip_forward"
nsenter --net="$2" sh -ec "ip address add 192.0.2.2/24 dev eth0; ip link set eth0 up"`, h.file, h.outside)
}

// contain has glassbox make the containers.
func (g *ground) contain() error {
	_, err := g.glassbox("network", "create", "bench")
	for _, args := range [][]string{{"--name", "server", "-p", published + ":5201"}, {"--name", "client"}} {
		if err == nil {
			_, err = g.glassbox(append(append([]string{"run", "-d", "--network", "bench"}, args...), "box", "sleep", "3600")...)
		}
	}
	if err != nil {
		return err
	}
	told, err := g.glassbox("inspect", "-f", "{{.NetworkSettings.SandboxKey}} {{.NetworkSettings.Networks.bench.IPAddress}}", "server", "client")
	if words := strings.Fields(told); err == nil && len(words) == 4 {
		g.ours.server, g.ours.address, g.ours.client = words[0], words[1], words[2]
	}
	return err
}

// handmade is the least that does the same: cables, a bridge, two rules.
func (g *ground) handmade() error {
	h := &g.byHand
	h.server, h.client, h.address = h.file+"-2", h.file+"-3", "10.45.0.2"
	return sh(h.file, `ip link add br0 type bridge; ip address add 10.45.0.1/16 dev br0; ip link set br0 up
for i in 2 3; do
  touch "$1-$i"; unshare --net="$1-$i" ip link set lo up
  ip link add v$i master br0 type veth peer name eth0 netns "$1-$i"; ip link set v$i up
  nsenter --net="$1-$i" sh -ec "ip address add 10.45.0.$i/16 dev eth0; ip link set eth0 up; ip route add default via 10.45.0.1"
done
nft -f - <<END
table ip hand {
  chain in { type nat hook prerouting priority dstnat; tcp dport `+published+` dnat to 10.45.0.2:5201; }
  chain out { type nat hook postrouting priority srcnat; ip saddr 10.45.0.0/16 oifname != "br0" masquerade; }
}
END`, h.file)
}

// glassbox runs a command of the program on our host, with places of its own.
func (g *ground) glassbox(args ...string) (string, error) {
	words := append([]string{"--net=" + g.ours.file, "bin/glassbox", "--root", g.dir + "/root", "--state", g.dir + "/state"}, args...)
	out, err := exec.Command("nsenter", words...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("glassbox %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// sh runs lines of a shell in a network namespace, "" for our own.
func sh(netns, lines string, args ...string) error {
	words := append([]string{"sh", "-ec", lines, "sh"}, args...)
	if netns != "" {
		words = append([]string{"nsenter", "--net=" + netns}, words...)
	}
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", lines, err, out)
	}
	return nil
}

// remove. The namespaces are kept by mounts, which are ours alone.
func (g *ground) remove() error {
	var errs []error
	for _, s := range g.servers {
		errs = append(errs, s.Process.Kill())
		_ = s.Wait() // it was killed
	}
	if ids, err := g.glassbox("ps", "-aq"); err == nil && ids != "" {
		_, err = g.glassbox(append([]string{"rm", "-f"}, strings.Fields(ids)...)...)
		errs = append(errs, err)
	}
	errs = append(errs, sh("", `for f in "$1"/glassbox* "$1"/by-hand*; do umount "$f"; done; rm -rf "$1"`, g.dir))
	return errors.Join(errs...)
}
