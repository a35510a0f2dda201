// These tests write journals and read them back, whole and damaged.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// filled sets every field of an op to something that is not its zero value.
func filled(op explain.Op) explain.Op {
	v := reflect.New(reflect.TypeOf(op)).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString(" \"quoted\"\n" + v.Type().Field(i).Name + "\xc3\xa9")
		case reflect.Int:
			f.SetInt(-7)
		case reflect.Bool:
			f.SetBool(true)
		}
	}
	return v.Interface().(explain.Op)
}

func TestJournalKeepsEveryInverse(t *testing.T) {
	path := t.TempDir() + "/journal"
	j, err := CreateJournal(path)
	must(t, err)
	var want []explain.Op
	for _, op := range Inverses() {
		must(t, j.Push(filled(op)))
		want = append([]explain.Op{filled(op)}, want...)
	}
	must(t, j.Close())
	got, err := ReadJournal(path, Inverses()...)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v (%v)\nwant %+v", got, err, want)
	}
}

// Every op that is an inverse somewhere in this package can be in a journal.
func TestInversesAreComplete(t *testing.T) {
	known := map[reflect.Type]bool{}
	for _, op := range Inverses() {
		known[reflect.TypeOf(op)] = true
	}
	for _, op := range examples() {
		if u, ok := op.(explain.Undoer); ok && !known[reflect.TypeOf(u.Undo())] {
			t.Errorf("%T is undone by %T, which Inverses() lacks", op, u.Undo())
		}
	}
}

func TestReadJournal(t *testing.T) {
	line := func(path string) string { return `{"op":"Unmount","args":{"Target":"` + path + `"}}` + "\n" }
	for _, c := range []struct {
		name, text string
		want       []explain.Op
		failure    string
	}{
		{"newest first", line("/a") + line("/b"), []explain.Op{Unmount{"/b"}, Unmount{"/a"}}, ""},
		{"a pop takes the newest back", line("/a") + line("/b") + "-\n" + line("/c"), []explain.Op{Unmount{"/c"}, Unmount{"/a"}}, ""},
		{"pops may empty it", line("/a") + "-\n-\n", nil, ""},
		{"nothing", "", nil, ""},
		{"an unknown op", `{"op":"Reboot","args":{}}` + "\n", nil, "unknown op"},
		{"an op that is no inverse", `{"op":"PivotRoot","args":{}}` + "\n", nil, "unknown op"},
		{"wrong arguments", `{"op":"Unmount","args":{"Target":7}}` + "\n", nil, "Unmount"},
		{"a torn line", line("/a") + `{"op":"Unm`, []explain.Op{Unmount{"/a"}}, ""},
		{"a torn line in the middle", `{"op":"Unm` + "\n" + line("/a"), nil, "Unm"},
	} {
		path := t.TempDir() + "/journal"
		must(t, os.WriteFile(path, []byte(c.text), 0o600))
		got, err := ReadJournal(path, Inverses()...)
		if c.failure == "" && (err != nil || !slices.Equal(got, c.want)) {
			t.Errorf("%s: %v (%v), want %v", c.name, got, err, c.want)
		}
		if c.failure != "" && (err == nil || !strings.Contains(err.Error(), c.failure)) {
			t.Errorf("%s: %v (%v), want an error with %q", c.name, got, err, c.failure)
		}
	}
	if got, err := ReadJournal("/no/such/journal"); got != nil || err != nil {
		t.Errorf("a journal that is not there: %v, %v", got, err)
	}
}

// A runner that is killed leaves its journal; to undo it brings back what was before. Twice does no harm.
func TestUndoJournal(t *testing.T) {
	dir, keep := playground(t), t.TempDir()
	before := picture(t, dir)
	j, err := CreateJournal(keep + "/journal")
	must(t, err)
	run := explain.Runner{Journal: j}
	must(t, run.Run(explain.Say("Do much", "", "", Mkdir{dir + "/a", 0o755}, Mount{Source: "x", Target: dir + "/a", FSType: "tmpfs"},
		WriteFile{dir + "/f", "x", 0o644})))
	err = run.Run(explain.Say("Fail", "", "", Mkdir{dir + "/a", 0o755}))
	if !errors.Is(err, unix.EEXIST) {
		t.Fatalf("the second mkdir: %v", err)
	}
	must(t, j.Close())
	saved, err := os.ReadFile(keep + "/journal")
	must(t, err)
	for range 2 {
		must(t, UndoJournal(keep+"/journal", Inverses()...))
		if after := picture(t, dir); after != before {
			t.Errorf("left\n%s", after)
		}
		if _, err := os.Stat(keep + "/journal"); !os.IsNotExist(err) {
			t.Errorf("the journal is still there (%v)", err)
		}
		must(t, os.WriteFile(keep+"/journal", saved, 0o600))
	}
}

// What can not be undone stays on record, and the rest is undone all the same.
func TestUndoJournalKeepsWhatFailed(t *testing.T) {
	dir := playground(t)
	shell(t, "cd "+dir, "mkdir first busy last; mount -t tmpfs x busy")
	path := t.TempDir() + "/journal"
	j, err := CreateJournal(path)
	must(t, err)
	for _, name := range []string{"first", "busy", "last"} {
		must(t, j.Push(RemoveTree{dir + "/" + name}))
	}
	must(t, j.Close())
	wantErrno(t, UndoJournal(path, Inverses()...), unix.EBUSY)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "busy" {
		t.Errorf("left %v (%v), want busy alone", entries, err)
	}
	shell(t, "umount "+dir+"/busy")
	must(t, UndoJournal(path, Inverses()...))
}

// A disk that fills up takes the beginning of a line. Neither may the line stay, nor may a torn one hide those before it.
func TestJournalOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4k"); err != nil {
		t.Fatal(err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	path := filepath.Join(dir, "journal")
	j, err := CreateJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	noted := 0
	for ; err == nil && noted < 1000; noted++ {
		err = j.Push(Remove{Path: fmt.Sprintf("/a/file/%d", noted)})
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	if ops, err := ReadJournal(path, Inverses()...); err != nil || len(ops) != noted-1 {
		t.Errorf("%d were noted, %d are read (%v)", noted-1, len(ops), err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	torn := filepath.Join(t.TempDir(), "torn")
	if err := os.WriteFile(torn, data[:len(data)-3], 0o600); err != nil {
		t.Fatal(err)
	}
	if ops, err := ReadJournal(torn, Inverses()...); err != nil || len(ops) != noted-2 {
		t.Errorf("%d whole lines, %d are read (%v)", noted-2, len(ops), err)
	}
}
