package cni

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// witness is a plugin that notes what it is told, and answers with an address, or with a refusal.
const witness = `#!/bin/sh
read -r input
echo "${0##*/} $CNI_COMMAND $CNI_CONTAINERID $CNI_NETNS $CNI_IFNAME [$CNI_ARGS] $input" >> DIR/noted
case $input in *'"refuse":true'*) echo '{"code": 7, "msg": "no more addresses", "details": "of 10.9.0.0/24"}'; exit 1;; esac
[ $CNI_COMMAND = DEL ] || echo '{"cniVersion": "1.0.0", "ips": [{"address": "10.9.0.'${#0}'/24"}]}'
`

const twoPlugins = `{"cniVersion": "0.4.0", "cniVersions": ["0.3.1", "1.0.0", "9.9.9"], "name": "net", "plugins": [
	{"type": "aa", "name": "not this", "mtu": 1400}, {"type": "bbb", "capabilities": {"portMappings": true}}]}`

// plugins makes programs of these names, and an op that calls them.
func plugins(t *testing.T, list string, names ...string) (a Add, noted func() string) {
	dir := t.TempDir()
	t.Setenv("CNI_PATH", dir)
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(witness, "DIR", dir)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	a = Add{Conflist: "net.conflist", List: list, Container: "abc", Netns: dir, Link: "eth0", Result: filepath.Join(dir, "result"),
		Ports: []Port{{HostPort: 8080, ContainerPort: 80, Protocol: "tcp"}}}
	return a, func() string {
		text, err := os.ReadFile(filepath.Join(dir, "noted"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "noted")); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(string(text), dir, "/netns")
	}
}

// What plugins read is written down in the specification: each the answer of the one before, and none what it can not have.
func TestPluginsAreTold(t *testing.T) {
	a, noted := plugins(t, twoPlugins, "aa", "bbb")
	if err := a.Do(); err != nil {
		t.Fatal(err)
	}
	answer := func(name string) string {
		return `{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.` + name + `/24"}]}`
	}
	length := len(a.Netns) + len("/aa")
	first, last := answer(strconv.Itoa(length)), answer(strconv.Itoa(length+1))
	want := `aa ADD abc /netns eth0 [] {"cniVersion":"1.0.0","mtu":1400,"name":"net","type":"aa"}
bbb ADD abc /netns eth0 [] {"capabilities":{"portMappings":true},"cniVersion":"1.0.0","name":"net","prevResult":` + first +
		`,"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]},"type":"bbb"}
`
	if got := noted(); got != want {
		t.Errorf("ADD:\n%s\nwant\n%s", got, want)
	}
	addresses, err := Addresses(a.Result)
	if err != nil || len(addresses) != 1 || addresses[0].String() != "10.9.0."+strconv.Itoa(length+1)+"/24" {
		t.Errorf("the addresses are %v, %v", addresses, err)
	}
	if err := Del(a).Do(); err != nil {
		t.Fatal(err)
	}
	want = `bbb DEL abc /netns eth0 [] {"capabilities":{"portMappings":true},"cniVersion":"1.0.0","name":"net","prevResult":` + last +
		`,"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}]},"type":"bbb"}
aa DEL abc /netns eth0 [] {"cniVersion":"1.0.0","mtu":1400,"name":"net","prevResult":` + last + `,"type":"aa"}
`
	if got := noted(); got != want {
		t.Errorf("DEL:\n%s\nwant\n%s", got, want)
	}
}

func TestPluginsAreLateOrOld(t *testing.T) {
	a, noted := plugins(t, `{"cniVersion": "0.3.1", "name": "net", "plugins": [{"type": "aa"}]}`, "aa")
	if err := os.WriteFile(a.Result, []byte(`{"ips": []}`), 0o600); err != nil {
		t.Fatal(err)
	}
	a.Netns += "/gone"
	for range 2 { // what is not there is taken back without complaint
		if err := Del(a).Do(); err != nil {
			t.Fatal(err)
		}
		want := `aa DEL abc  eth0 [] {"cniVersion":"0.3.1","name":"net","type":"aa"}` + "\n"
		if got := noted(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPluginsRefuse(t *testing.T) {
	a, _ := plugins(t, `{"cniVersion": "1.0.0", "name": "net", "plugins": [{"type": "aa", "refuse": true}]}`, "aa")
	if err := a.Do(); err == nil || !strings.Contains(err.Error(), "the plugin aa: no more addresses; of 10.9.0.0/24") {
		t.Errorf("the refusal reads %v", err)
	}
	for list, want := range map[string]string{
		`{"name": "net", "plugins": []}`:                    "no plugins in the list",
		`{"name": "../net", "plugins": [{"type": "aa"}]}`:   `its name is "../net"`,
		`{"name": "net", "plugins": [{"kind": "aa"}]}`:      "plugin 1 has no type",
		`{"name": "net", "plugins": [{"type": "../sh"}]}`:   `"../sh" is no name of a plugin`,
		`{"name": "net", "plugins": [{"type": "missing"}]}`: `failed to find plugin "missing"`,
		`{"name": 5, "plugins": [{"type": "aa"}]}`:          "read the configuration list net.conflist",
	} {
		a.List = list
		if err := a.Do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want %q", list, err, want)
		}
	}
}
