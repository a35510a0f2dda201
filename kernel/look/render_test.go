// This file checks the tables that people read.
package look

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"
)

func TestTables(t *testing.T) {
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"namespaces", func(w io.Writer) error {
			return WriteNamespaces(w, []NS{{"uts", 4026531838, true}, {"mnt", 4026532001, false}})
		}, `TYPE  NAMESPACE   SHARED WITH THE HOST
uts   4026531838  yes
mnt   4026532001  no
`},
		{"layers", func(w io.Writer) error {
			return WriteLayers(w, Layers{Lower: []string{"/l2", "/l1"}, Upper: "/u", Work: "/w"})
		}, `LAYER    DIRECTORY  MEANING
upper    /u         takes every change
work     /w         prepares changes; not for looking at
lower 1  /l2        read-only
lower 2  /l1        read-only
`},
		{"limits", func(w io.Writer) error {
			return WriteLimits(w, []Limit{
				{Resource: "memory limit", Controller: "memory", V2: "memory.max", V1: "memory.limit_in_bytes", Version: 2, File: "/c/box/memory.max", Present: true, Value: "1572864"},
				{Resource: "cpu quota", Controller: "cpu", V2: "cpu.max#1", V1: "cpu.cfs_quota_us", Version: 2, File: "/c/box/cpu.max", Entry: "1", Present: true, Value: "50000"},
				{Resource: "swap limit", Controller: "memory", V2: "memory.swap.max", Version: 2, File: "/c/box/memory.swap.max"},
				{Resource: "pids limit", Controller: "pids", V2: "pids.max", V1: "pids.max"},
			})
		}, `RESOURCE      VALUE                 IN V2            IN V1                  HERE
memory limit  1572864 (1.5 MiB)     memory.max       memory.limit_in_bytes  /c/box
cpu quota     50000                 cpu.max 1        cpu.cfs_quota_us       /c/box
swap limit    -                     memory.swap.max  -                      /c/box
pids limit    (no pids controller)  pids.max         pids.max               -
`},
		{"mounts", func(w io.Writer) error {
			return WriteMounts(w, []Mount{{27, 1, 254, 1, "/", "/", "rw", "shared:1", "ext4", "/dev/vda1", "rw"}})
		}, `ID  ON  AT  TYPE  SOURCE     SHOWS  DEVICE  PROPAGATION  OPTIONS
27  1   /   ext4  /dev/vda1  /      254:1   shared:1     rw
`},
	} {
		var got bytes.Buffer
		if err := c.write(&got); err != nil || got.String() != c.want {
			t.Errorf("%s: error %v\n got\n%s\nwant\n%s", c.name, err, got.String(), c.want)
		}
	}
}

func TestProcessTableAndJSON(t *testing.T) {
	p, err := ReadProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	if err := WriteProcess(&table, p); err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"\nuser ", "\nbounding ", "\nno new privileges  no\n", "\nRLIMIT_NOFILE "} {
		if !strings.Contains(table.String(), label) {
			t.Errorf("no line %q in\n%s", label, table.String())
		}
	}
	text, err := json.Marshal(p)
	if err != nil || !bytes.Contains(text, []byte(`"no_new_privs":false`)) {
		t.Errorf("json %s, error %v", text, err)
	}
}

func TestAFullDiskIsNotKeptQuiet(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("needs /dev/full: %v", err)
	}
	defer full.Close()
	if err := WriteNamespaces(full, []NS{{"uts", 1, true}}); err == nil {
		t.Error("nothing was written and nothing was said")
	}
}
