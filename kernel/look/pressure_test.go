// These tests read pressure, and make some.
package look

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

func TestParsePressure(t *testing.T) {
	got, err := parsePressure("io", "some avg10=0.12 avg60=1.00 avg300=20.01 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
	want := Pressure{"io", "some", 0.12, 1, 20.01, 12345}
	if err != nil || len(got) != 2 || got[0] != want || got[1].Kind != "full" {
		t.Errorf("%v: %+v", err, got)
	}
	if _, err := parsePressure("io", "some avg10=much\n"); err == nil {
		t.Error("any text passes as pressure")
	}
}

func TestParseTrigger(t *testing.T) {
	if got, err := ParseTrigger("full 500 1000000"); err != nil || got.String() != "full 500 1000000" {
		t.Errorf("%v, %v", got, err)
	}
	for _, wrong := range []string{"", "some", "all 1 2", "some -1 5", "some 1"} {
		if got, err := ParseTrigger(wrong); err == nil {
			t.Errorf("%q became %v", wrong, got)
		}
	}
}

// busy runs programs that want more processors than there are.
func busy(t *testing.T) {
	t.Helper()
	for range 2 * runtime.NumCPU() {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			cmd.Wait() // killed, as we know
		})
	}
}

func TestPressureFires(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Requirement{Name: "pressure", Met: func() error {
		_, err := os.ReadFile("/proc/pressure/cpu")
		return err
	}})
	p, err := PressureOf(os.Getpid())
	if err != nil || len(p.Lines) < 5 {
		t.Fatalf("%v: %+v", err, p)
	}
	never := Trigger{"full", 1999999, 2000000} // that nothing at all is done for two seconds
	if fired, after, err := never.Await(100*time.Millisecond, p.File("memory")); err != nil || fired != "" || after < 100*time.Millisecond {
		t.Errorf("the control: %q after %v, %v", fired, after, err)
	}
	runtime.LockOSThread() // the kernel kills them when the thread ends that has started them
	defer runtime.UnlockOSThread()
	busy(t)
	whole := Pressures{Dir: "/proc/pressure", Whole: true}
	if fired, after, err := (Trigger{"some", 50000, 2000000}).Await(20*time.Second, whole.File("memory"), whole.File("cpu")); err != nil || fired != "/proc/pressure/cpu" {
		t.Errorf("%q after %v, %v", fired, after, err)
	}
	if _, _, err := (Trigger{"some", 5, 1}).Await(time.Second, whole.File("cpu")); err == nil || !strings.Contains(err.Error(), "window") {
		t.Errorf("a window of 1 µs: %v", err)
	}
	if _, _, err := never.Await(time.Second, "/proc/pressure/none"); err == nil {
		t.Error("a file that is not there")
	}
}
