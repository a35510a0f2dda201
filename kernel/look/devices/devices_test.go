// These tests decode programs as others write them. What our own say is read back in package kernel's tests.
package devices

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	jne, jeq, ja, exit = unix.BPF_JMP | unix.BPF_JNE, unix.BPF_JMP | unix.BPF_JEQ, unix.BPF_JMP | unix.BPF_JA, unix.BPF_JMP | unix.BPF_EXIT
	mov32, mov64       = unix.BPF_ALU | unix.BPF_MOV, unix.BPF_ALU64 | unix.BPF_MOV
	and32, rsh32       = unix.BPF_ALU | unix.BPF_AND, unix.BPF_ALU | unix.BPF_RSH
	word, half         = unix.BPF_LDX | unix.BPF_MEM | unix.BPF_W, unix.BPF_LDX | unix.BPF_MEM | unix.BPF_H
)

// runc's: r2 type, r3 access, r4 major, r5 minor; each block ends by itself.
func runcs() []instruction {
	return []instruction{
		{word, 0x12, 0, 0}, {and32, 2, 0, 0xffff}, {word, 0x13, 0, 0}, {rsh32, 3, 0, 16}, {word, 0x14, 4, 0}, {word, 0x15, 8, 0},
		{jne, 2, 7, 2}, {mov32 | unix.BPF_X, 0x31, 0, 0}, {and32, 1, 0, 6}, {jne | unix.BPF_X, 0x31, 4, 0}, // c, rw
		{jne, 4, 3, 10}, {jne, 5, 2, 200}, {mov64, 0, 0, 1}, {exit, 0, 0, 0},
		{mov32, 0, 0, 0}, {exit, 0, 0, 0},
	}
}

// systemd's: each block jumps to the end of the program.
func systemds() []instruction {
	return []instruction{
		{half, 0x12, 0, 0}, {word, 0x13, 0, 0}, {rsh32, 3, 0, 16}, {word, 0x14, 4, 0}, {word, 0x15, 8, 0},
		{jne, 2, 3, 1}, {jne, 4, 2, 8}, {jne, 5, 1, 0}, {ja, 0, 2, 0},
		{mov64, 0, 0, 0}, {ja, 0, 1, 0}, {mov64, 0, 0, 1}, {exit, 0, 0, 0},
	}
}

func TestDecodeOthers(t *testing.T) {
	for name, c := range map[string]struct {
		code []instruction
		want []Rule
	}{
		"runc":    {runcs(), []Rule{{true, "c", 10, 200, "rw", false}, rest(false)}},
		"systemd": {systemds(), []Rule{{true, "b", 8, 0, "rwm", false}, rest(false)}},
		"all":     {[]instruction{{mov64, 0, 0, 1}, {exit, 0, 0, 0}}, []Rule{rest(true)}},
	} {
		if got, err := decode(c.code); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v\n got %+v\nwant %+v", name, err, got, c.want)
		}
	}
}

// Whatever is not a list of rules must not be taken for one.
func TestDecodeRefuses(t *testing.T) {
	spoil := func(at int, i instruction) []instruction {
		code := runcs()
		code[at] = i
		return code
	}
	for name, code := range map[string][]instruction{
		"empty": nil, "no end": runcs()[:12], "a call": spoil(7, instruction{unix.BPF_JMP | unix.BPF_CALL, 0, 0, 5}),
		"greater": spoil(10, instruction{unix.BPF_JMP | unix.BPF_JGT, 4, 3, 10}), "a jump elsewhere": spoil(10, instruction{jne, 4, 2, 10}),
		"a store": spoil(7, instruction{unix.BPF_ST | unix.BPF_MEM, 1, 0, 0}), "a loop": {{ja, 0, -1, 0}}, "no result": {{exit, 0, 0, 0}},
		"a register that is none": {{mov64 | unix.BPF_X, 0xff, 0, 0}}, "equal": spoil(11, instruction{jeq, 5, 2, 200}),
	} {
		if rules, err := decode(code); err == nil {
			t.Errorf("%s became %+v", name, rules)
		}
	}
}

func TestFileList(t *testing.T) {
	file := filepath.Join(t.TempDir(), "devices.list")
	for text, want := range map[string]int{"a *:* rwm\n": 1, "c 1:3 rwm\nb *:* m\n": 3, "": 1} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if lists, err := fileList(file); err != nil || len(lists) != 1 || len(lists[0].Rules) != want {
			t.Errorf("%q: %v, %+v", text, err, lists)
		}
	}
}

func TestWrite(t *testing.T) {
	var b strings.Builder
	a := Allowed{2, "/g", []List{{Program: 7, Instructions: 9, Rules: []Rule{{true, "c", 1, 3, "rw", false}, {false, "a", -1, -1, "w", true}}}, {Program: 8, Unread: "odd"}}}
	if err := Write(&b, a); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"allow  c     1:3     rw        null", "deny   a     *:*     any of w  -", "no list of rules: odd"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := Write(&b, Allowed{Version: 2, Group: "/g"}); err != nil || !strings.Contains(b.String(), "every device is allowed") {
		t.Errorf("%v: %s", err, b.String())
	}
}
