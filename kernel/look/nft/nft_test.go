// This file compares what package nft reads with what the nft program prints, for rules in a network namespace of its own.
package nft

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

// sandbox makes a network namespace for one test, and returns the file that stands for it.
func sandbox(t *testing.T) (namespace string) {
	t.Helper()
	testkit.Need(t, testkit.Binary("nft"))
	return look.NamespacePath(testkit.Unshared(t, "--net", ""), "net")
}

func nft(t *testing.T, namespace string, args ...string) string {
	t.Helper()
	out, err := exec.Command("nsenter", append([]string{"--net=" + namespace, "nft"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("nft %v: %v: %s", args, err, out)
	}
	return string(out)
}

// loaded reads the rules back that nft has loaded from a file.
func loaded(t *testing.T, namespace, file string) []Table {
	t.Helper()
	nft(t, namespace, "-f", file)
	tables, err := Tables(namespace)
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func printed(t *testing.T, tables []Table) string {
	t.Helper()
	var text strings.Builder
	if err := Write(&text, tables); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestReadsWhatNftPrints(t *testing.T) {
	ns := sandbox(t)
	compareLines(t, normal(printed(t, loaded(t, ns, "testdata/rules.nft"))), normal(nft(t, ns, "list", "ruleset")))
}

// normal puts elements on one line; nft orders and breaks them by rules of its own.
func normal(text string) []string {
	text = regexp.MustCompile(`,\n\s+`).ReplaceAllString(text, ", ")
	text = strings.ReplaceAll(text, "udp . 53 : 10.44.0.3 . 5353, tcp . 8080 : 10.44.0.2 . 80", "tcp . 8080 : 10.44.0.2 . 80, udp . 53 : 10.44.0.3 . 5353")
	return strings.Split(strings.TrimSpace(text), "\n")
}

func compareLines(t *testing.T, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// The control: an empty namespace has no rules, and adding one to it shows.
func TestSeesOnlyTheNamespaceAskedFor(t *testing.T) {
	ns := sandbox(t)
	before, err := look.Namespace(os.Getpid(), "net")
	if err != nil {
		t.Fatal(err)
	}
	if tables, err := Tables(ns); err != nil || len(tables) != 0 {
		t.Fatalf("a new namespace has tables %v, error %v", tables, err)
	}
	nft(t, ns, "add", "table", "inet", "only_here")
	if tables, err := Tables(ns); err != nil || len(tables) != 1 || tables[0].Name != "only_here" {
		t.Errorf("tables %v, error %v", tables, err)
	}
	host, err := Tables("")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range host {
		if table.Name == "only_here" {
			t.Error("the host shows the other namespace's table")
		}
	}
	if after, err := look.Namespace(os.Getpid(), "net"); err != nil || after != before {
		t.Errorf("looking moved this process from %d to %d (%v)", before, after, err)
	}
}

func TestNoSuchNamespace(t *testing.T) {
	if _, err := Tables("/proc/self/ns/nowhere"); err == nil {
		t.Error("a missing namespace gave rules")
	}
	if _, err := Tables("/proc/self/ns/uts"); err == nil {
		t.Error("a uts namespace gave rules")
	}
}

func TestIntervals(t *testing.T) {
	for _, c := range []struct{ kind, begin, after, want string }{
		{"ipv4_addr", "\x0a\x00\x00\x00", "\x0b\x00\x00\x00", "10.0.0.0/8"},
		{"ipv4_addr", "\x0a\x00\x00\x01", "\x0a\x00\x00\x02", "10.0.0.1"},
		{"ipv4_addr", "\x0a\x00\x00\x01", "\x0a\x00\x00\x04", "10.0.0.1-10.0.0.3"},
		{"ipv4_addr", "\x0a\x00\x00\x00", "\x0a\x00\x00\x03", "10.0.0.0-10.0.0.2"},
		{"ifname", "gb\x00\x00", "gc\x00\x00", `"gb*"`},
		{"ifname", "gb\x00\x00", "gb\x00\x01", `"gb"`},
		{"ifname", "gb\x00\x00", "gb\x01\x00", `"gb"-"gb"`},
	} {
		if got := writeInterval(c.kind, []byte(c.begin), []byte(c.after)); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestRegistersOverlap(t *testing.T) {
	if slot(unix.NFT_REG_1) != slot(unix.NFT_REG32_00) || slot(unix.NFT_REG_2) != slot(unix.NFT_REG32_00+4) {
		t.Error("the registers of 16 bytes lie on four of 4 bytes each")
	}
}
