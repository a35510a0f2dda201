// This file tells pushes step by step, and keeps passwords with a credential helper.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

// A plan sends nothing; what is told is what the registry gets.
func TestPushIsTold(t *testing.T) {
	p, s := newPlace(t), newServer(t, "", "")
	name := s.host + "/told:1"
	p.must("tag", "box", name)
	lacks(t, p.must("push", "--dry-run", name), "Send layer 2 of 2", "Send the config", "Put the manifest", "curl -f -X PUT")
	if r := p.run("pull", name); r.code != 1 || !strings.Contains(r.stderr, "not found") {
		t.Errorf("after a dry run: %s", r)
	}
	if told := p.run("push", "--explain", name); told.code != 0 || !strings.Contains(told.stderr, "Put the manifest") {
		t.Errorf("%s", told)
	}
	p.another().must("pull", name)
	p.must("tag", "box", s.host+"/other:1")
	again := p.must("push", "--dry-run", s.host+"/other:1")
	lacks(t, again, "?mount=sha256:", "from=told")
	if again = p.must("push", "--dry-run", name); strings.Contains(again, "Send") {
		t.Errorf("the registry has all of it, and this is to be sent:\n%s", again)
	}
}

// helper is a credential helper that keeps what it is given in a file: it is asked with a verb, and answers in JSON.
const helper = `#!/bin/sh
case $1 in
store) cat > "$KEPT" ;;
get) test -s "$KEPT" && cat "$KEPT" || { echo "credentials not found in native keychain"; exit 1; } ;;
erase) : > "$KEPT" ;;
list) echo '{}' ;;
esac
`

func TestCredentialHelper(t *testing.T) {
	testkit.Need(t, testkit.Binary("htpasswd"))
	dir := t.TempDir()
	words, kept, config := filepath.Join(dir, "htpasswd"), filepath.Join(dir, "kept"), filepath.Join(dir, "config.json")
	for name, text := range map[string]string{
		words: tool(t, "htpasswd", "-Bbn", "learner", "secret"), filepath.Join(dir, "docker-credential-test"): helper, config: `{"credsStore": "test"}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p, s := newPlace(t), newServer(t, "", "auth:\n  htpasswd: {realm: test, path: "+words+"}\n")
	t.Setenv("DOCKER_CONFIG", dir)
	t.Setenv("KEPT", kept)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	name := s.host + "/box:1"
	p.must("tag", "box", name)
	login := p.command("login", "-u", "learner", "--password-stdin", s.host)
	login.Stdin = strings.NewReader("secret\n")
	if r := p.finish(login, nil); r.code != 0 {
		t.Fatalf("%s", r)
	}
	if text, err := os.ReadFile(kept); err != nil || !strings.Contains(string(text), `"Secret":"secret"`) {
		t.Errorf("the helper was given %q (%v)", text, err)
	}
	if text, err := os.ReadFile(config); err != nil || strings.Contains(string(text), "bGVhcm5lcjpzZWNyZXQ=") {
		t.Errorf("config.json has the password, too: %s (%v)", text, err)
	}
	p.must("push", name)
	p.must("logout", s.host)
	if r := p.run("push", name); r.code != 1 || !strings.Contains(r.stderr, "glassbox login "+s.host) {
		t.Errorf("after logout: %s", r)
	}
}
