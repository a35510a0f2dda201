// This file pushes to and pulls from Debian's docker-registry on loopback: plain, with a password, with TLS. skopeo and umoci read
// what we have written, and we what skopeo has.
package test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

// server is a registry that runs.
type server struct {
	t    *testing.T
	host string
	dir  string // where it keeps blobs
	log  string
	cmd  *exec.Cmd
	yaml string
}

// newServer starts a registry; http and auth are further lines of its configuration.
func newServer(t *testing.T, http, auth string) *server {
	t.Helper()
	testkit.Need(t, testkit.Binary("docker-registry"))
	dir := t.TempDir()
	s := &server{t: t, host: freePort(t), dir: filepath.Join(dir, "data"), log: filepath.Join(dir, "log"), yaml: filepath.Join(dir, "registry.yml")}
	config := fmt.Sprintf("version: 0.1\nlog: {accesslog: {disabled: false}}\nstorage:\n  filesystem: {rootdirectory: %s}\nhttp:\n  addr: %s\n%s%s", s.dir, s.host, http, auth)
	if err := os.WriteFile(s.yaml, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *server) start() {
	s.t.Helper()
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd = exec.Command("docker-registry", "serve", s.yaml)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for range 200 {
		if c, err := net.Dial("tcp", s.host); err == nil {
			c.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.t.Fatalf("the registry does not start: %s", s.logged())
}

func (s *server) stop() {
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Error(err)
	}
	_ = s.cmd.Wait() // it was killed
	s.cmd = nil
}

func (s *server) logged() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// another is a place with a store of its own.
func (p place) another() place {
	p.root = filepath.Join(p.t.TempDir(), "root")
	return p
}

// tool runs another program, which has to succeed.
func tool(t *testing.T, words ...string) string {
	t.Helper()
	testkit.Need(t, testkit.Binary(words[0]))
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, out)
	}
	return string(out)
}

func lacks(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

func TestPushPullRun(t *testing.T) {
	p, s := newPlace(t), newServer(t, "", "")
	name := s.host + "/tools/box:1.0"
	p.must("tag", "box", name)
	lacks(t, p.must("push", name), "The push refers to repository ["+s.host+"/tools/box]", "Pushed", "1.0: digest: sha256:")
	lacks(t, p.must("push", name), "Layer already exists")
	p.must("tag", "box", s.host+"/other:1")
	lacks(t, p.must("push", s.host+"/other:1"), "Mounted from tools/box")
	digest := strings.TrimSpace(p.must("images", "--format", "{{.Digest}}", name))

	q := p.another()
	lacks(t, q.must("pull", name), "1.0: Pulling from "+s.host+"/tools/box", "Pull complete", "Digest: "+digest, "Status: Downloaded newer image for "+name, name)
	lacks(t, q.must("pull", name), "Already exists", "Status: Image is up to date for "+name)
	lacks(t, q.must("pull", s.host+"/tools/box@"+digest), "Digest: "+digest)
	lacks(t, q.must("pull", "-a", s.host+"/other"), "1: Pulling from")
	lacks(t, q.must("rmi", name), "Untagged: "+name)

	// run pulls by itself, and tells so on standard error alone.
	fresh := p.another()
	r := fresh.run("run", "--rm", "--network", "none", "--pull", "never", name, "true")
	if r.code != 125 || !strings.Contains(r.stderr, "glassbox pull "+name) {
		t.Errorf("--pull never: %s", r)
	}
	r = fresh.run("run", "--rm", "--network", "none", name, "echo", "hello")
	if r.code != 0 || r.stdout != "hello\n" || !strings.Contains(r.stderr, "Unable to find image '"+name+"' locally") {
		t.Errorf("%s", r)
	}
	r = fresh.run("run", "--rm", "--network", "none", "--pull", "always", name, "true")
	if r.code != 0 || !strings.Contains(r.stderr, "Image is up to date") {
		t.Errorf("--pull always: %s", r)
	}
}

// A password is asked for, kept where docker keeps it, and forgotten.
func TestLogin(t *testing.T) {
	testkit.Need(t, testkit.Binary("htpasswd"))
	words := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(words, []byte(tool(t, "htpasswd", "-Bbn", "learner", "secret")), 0o644); err != nil {
		t.Fatal(err)
	}
	p, s := newPlace(t), newServer(t, "", "auth:\n  htpasswd: {realm: test, path: "+words+"}\n")
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	name := s.host + "/box:1"
	p.must("tag", "box", name)
	denied := func(when string) {
		if r := p.run("push", name); r.code != 1 || !strings.Contains(r.stderr, "glassbox login "+s.host) {
			t.Errorf("%s: %s", when, r)
		}
	}
	denied("before login")
	wrong := p.run("login", "-u", "learner", "-p", "wrong", s.host)
	if lacks(t, wrong.stderr, "--password via the CLI is insecure", "does not take this name and password"); wrong.code != 1 || strings.Contains(wrong.stderr, "glassbox login") {
		t.Errorf("%s", wrong)
	}
	cmd := p.command("login", "-u", "learner", "--password-stdin", s.host)
	cmd.Stdin = strings.NewReader("secret\n")
	if r := p.finish(cmd, nil); r.code != 0 || !strings.Contains(r.stdout, "Login Succeeded") {
		t.Fatalf("%s", r)
	}
	kept, err := os.ReadFile(filepath.Join(os.Getenv("DOCKER_CONFIG"), "config.json"))
	if err != nil || !strings.Contains(string(kept), "bGVhcm5lcjpzZWNyZXQ=") { // learner:secret in base64
		t.Errorf("%s %v", kept, err)
	}
	p.must("push", name)
	p.must("logout", s.host)
	denied("after logout")
}

// TLS is for real: a certificate of an authority that nobody knows is refused.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	key, crt := filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.crt")
	tool(t, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
		"-keyout", key, "-out", crt)
	p, s := newPlace(t), newServer(t, fmt.Sprintf("  tls: {certificate: %s, key: %s}\n", crt, key), "")
	name := s.host + "/box:1"
	p.must("tag", "box", name)
	if r := p.run("push", name); r.code != 1 || !strings.Contains(r.stderr, "certs.d/"+s.host+"/ca.crt") || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("an unknown authority: %s", r)
	}
	p.must("push", "--insecure-registry", s.host, name)
	trust := filepath.Join(p.root, "certs.d", s.host)
	if err := os.MkdirAll(trust, 0o755); err != nil {
		t.Fatal(err)
	}
	tool(t, "cp", crt, trust)
	p.must("push", name)
	lacks(t, p.must("pull", name), "Image is up to date")
}

func TestOthersReadTheStore(t *testing.T) {
	p, s := newPlace(t), newServer(t, "", "")
	id := strings.TrimSpace(p.must("images", "--no-trunc", "-q", "box"))
	lacks(t, tool(t, "skopeo", "inspect", "--config", "oci:"+p.root+":box:latest"), `"architecture"`)
	lacks(t, tool(t, "umoci", "ls", "--layout", p.root), "box:latest")
	tool(t, "umoci", "unpack", "--image", p.root+":box:latest", filepath.Join(t.TempDir(), "bundle"))
	tool(t, "skopeo", "copy", "--dest-tls-verify=false", "oci:"+p.root+":box:latest", "docker://"+s.host+"/skopeo/box:1")
	q := p.another()
	q.must("pull", s.host+"/skopeo/box:1")
	if got := strings.TrimSpace(q.must("images", "--no-trunc", "-q", s.host+"/skopeo/box:1")); got != id {
		t.Errorf("the id is %s after skopeo, %s before", got, id)
	}
	// The other way: skopeo writes into our store, and we run it.
	tool(t, "skopeo", "copy", "--src-tls-verify=false", "docker://"+s.host+"/skopeo/box:1", "oci:"+p.root+":given:1")
	if out := p.must("run", "--rm", "--network", "none", "given:1", "echo", "ok"); out != "ok\n" {
		t.Error(out)
	}
}
