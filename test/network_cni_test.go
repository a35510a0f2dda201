// This file publishes ports of containers whose network is made by CNI plugins: the plugins have to do it.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestPluginsPublishPorts(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	testkit.Need(t, testkit.Binary("/usr/lib/cni/portmap"), testkit.Binary("iptables"))
	t.Cleanup(func() { sh(t, "ip link delete gbxmap || true; ip address delete 192.0.2.9/32 dev lo || true") })
	sh(t, "ip address add 192.0.2.9/32 dev lo")
	bridge := `{"cniVersion": "1.0.0", "name": "NAME", "plugins": [{"type": "bridge", "bridge": "gbxmap", "isGateway": true, "ipMasq": true,
		"ipam": {"type": "host-local", "dataDir": "` + dir + `", "ranges": [[{"subnet": "10.96.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}MORE]}`
	for name, more := range map[string]string{"mapped": `, {"type": "portmap", "capabilities": {"portMappings": true}}`, "plain": "", "mute": `, {"type": "portmap"}`} {
		file := filepath.Join(dir, name+".conflist")
		must(t, os.WriteFile(file, []byte(strings.NewReplacer("NAME", name, "MORE", more).Replace(bridge)), 0o600))
		p.must("network", "create", "-d", "cni", "--opt", "conflist="+file, name)
	}
	serve := []string{"box", "sh", "-c", "echo hello >/index.html; exec httpd -f -p 80 -h /"}
	for _, refused := range []string{"plain", "mute"} { // the controls
		r := p.run(append([]string{"run", "--rm", "--network", refused, "-p", "8088:80"}, serve...)...)
		if r.code != 125 || !strings.Contains(r.stderr, "network "+refused+" is made by CNI plugins, and none of them publishes ports: leave -p out") {
			t.Errorf("%s", r)
		}
	}
	p.must(append([]string{"run", "-d", "--name", "web", "--network", "mapped", "-p", "8088:80"}, serve...)...)
	fetch := []string{"run", "--rm", "--network", "host", "box", "wget", "-q", "-O", "-", "http://192.0.2.9:8088/"}
	p.eventually("hello", fetch...)
	lacks(t, p.must("ps"), "0.0.0.0:8088->80/tcp")
	lacks(t, p.must("port", "web"), "80/tcp -> 0.0.0.0:8088")
	if r := p.run("run", "--rm", "--network", "mapped", "-p", "8088:80", "box", "true"); r.code != 125 || !strings.Contains(r.stderr, "published by another container") {
		t.Errorf("two on one port: %s", r)
	}
	p.must("rm", "-f", "web")
	if r := p.run(fetch...); r.code == 0 {
		t.Errorf("the container is gone, and its port answers: %s", r)
	}
	if left := sh(t, "iptables -t nat -S"); strings.Contains(left, "10.96.0.") {
		t.Errorf("the plugins have left rules: %s", left)
	}
	lacks(t, p.must("run", "--rm", "--dry-run", "--explain", "--network", "mapped", "-p", "8088:80", "box", "true"), `CAP_ARGS={"portMappings":[{"hostPort":8088,"containerPort":80,"protocol":"tcp"}]}`)
	lacks(t, p.must("audit"), "nothing is left behind")
}
