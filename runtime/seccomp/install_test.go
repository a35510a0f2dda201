// This test asks the kernel instead of our own reader: it installs filters and makes the calls.
package seccomp

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/kernel/look"
)

// confined runs a shell line behind the profile's filter; nil is none.
func confined(t *testing.T, s *specs.LinuxSeccomp, line string) (output string, err error) {
	t.Helper()
	done := make(chan struct{})
	go look.OnThrowawayThread(func() { // the filter ends with the thread
		defer close(done)
		if s != nil {
			f, compileErr := Compile(s)
			if compileErr != nil {
				t.Error(compileErr)
				return
			}
			if installErr := (kernel.SeccompFilter{Program: f.Program, Flags: f.Flags}).Do(); installErr != nil {
				t.Error(installErr)
				return
			}
		}
		var out []byte
		out, err = exec.Command("sh", "-c", line).CombinedOutput()
		output = string(out)
	})
	<-done
	return output, err
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: run it with sudo")
	}
}

func TestKernelRefuses(t *testing.T) {
	needRoot(t)
	fbig := uint(unix.EFBIG)
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Syscalls: []specs.LinuxSyscall{
		{Names: []string{"mkdir", "mkdirat"}, Action: specs.ActErrno, ErrnoRet: &fbig},
		{Names: []string{"fchmodat", "fchmodat2"}, Action: specs.ActErrno, // only of mode 0600
			Args: []specs.LinuxSeccompArg{{Index: 2, Op: specs.OpMaskedEqual, Value: 0o777, ValueTwo: 0o600}}},
		{Names: []string{"symlink", "symlinkat"}, Action: specs.ActKillProcess},
	}}
	dir := t.TempDir()
	tests := []struct {
		line   string
		filter *specs.LinuxSeccomp
		want   string // "" when it must succeed
	}{
		{"mkdir a", s, "File too large"},
		{"mkdir b", nil, ""},
		{"touch c && chmod 600 c", s, "not permitted"},
		{"touch d && chmod 644 d", s, ""},
		{"touch e && chmod 600 e", nil, ""},
		{"ln -s x f; echo status $?; exit 1", s, "status 159"}, // 128 + SIGSYS
		{"ln -s x g", nil, ""},
	}
	for _, tt := range tests {
		out, err := confined(t, tt.filter, "cd "+dir+"; "+tt.line)
		if (err != nil) != (tt.want != "") || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %q %v, want %q", tt.line, out, err, tt.want)
		}
	}
}

// Docker's profile: what containers do works, what they may not does not.
func TestKernelTakesDefault(t *testing.T) {
	needRoot(t)
	s, err := Default(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "d")
	ordinary := "mkdir " + dir + " && cp /etc/passwd " + dir + " && ls -l " + dir + " | cat && (sleep 0.001 & wait) && echo all done"
	if out, err := confined(t, s, ordinary); err != nil || !strings.HasSuffix(out, "all done\n") {
		t.Errorf("%s: %v\n%s", ordinary, err, out)
	}
	if out, err := confined(t, s, "unshare -m true"); err == nil || !strings.Contains(out, "not permitted") {
		t.Errorf("unshare behind the filter: %q %v", out, err)
	}
	if out, err := confined(t, nil, "unshare -m true"); err != nil {
		t.Errorf("unshare without the filter: %q %v", out, err)
	}
}

// A call that the profile's author could not know does not exist, as far as programs can tell.
func TestKernelSaysNoSuchCall(t *testing.T) {
	needRoot(t)
	s, err := Default(nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go look.OnThrowawayThread(func() {
		defer close(done)
		if err := (kernel.SeccompFilter{Program: f.Program, Flags: f.Flags}).Do(); err != nil {
			t.Error(err)
			return
		}
		for nr, want := range map[uintptr]unix.Errno{unix.SYS_CLONE3: unix.ENOSYS, 900: unix.ENOSYS, unix.SYS_MOUNT: unix.EPERM, unix.SYS_GETPPID: 0} {
			if _, _, errno := unix.RawSyscall(nr, 0, 0, 0); errno != want {
				t.Errorf("system call %d: %v, want %v", nr, errno, want)
			}
		}
	})
	<-done
}
