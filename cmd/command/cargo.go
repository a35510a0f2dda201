// This file is the cargo: what few commands need, and what takes longer to begin than a container does. The program glassbox starts
// without it. Where a command line turns out to want it, because it is about a registry, or an image is not there or not unpacked yet,
// the program glassbox-images takes over with the same words; what was done by then is taken back, and nothing was read from standard
// input.
package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"github.com/urfave/cli/v2"

	"glassbox/kernel"
	"glassbox/storage/archive"
	"glassbox/storage/registry"
)

// Cargo is what glassbox-images has and glassbox has not.
type Cargo struct {
	Client registry.Client
	Codecs *archive.Codecs
	Fetch  func(url string) (io.ReadCloser, error) // a file of a web server
}

const cargoKey = "cargo"

// errElsewhere is the error of a command that needs the cargo in a program that has none.
var errElsewhere = errors.New("this is for glassbox-images")

// cargoOf is what this program has aboard. Who needs it asks before anything else.
func cargoOf(c *cli.Context) (*Cargo, error) {
	if cargo, ok := c.App.Metadata[cargoKey].(*Cargo); ok && cargo != nil {
		return cargo, nil
	}
	return nil, errElsewhere
}

// handOver becomes the other program. It returns only if that fails, with the exit code that err would have had.
func handOver(err error) error {
	program, failure := beside("glassbox-images")
	if failure == nil {
		failure = kernel.WithGivenSlack(func() error { return syscall.Exec(program, os.Args, os.Environ()) })
		failure = fmt.Errorf("execute %s: %w", program, failure)
	}
	var with coded
	if errors.As(err, &with) {
		return coded{failure, with.code}
	}
	return failure
}

// beside is the path of another of our programs.
func beside(name string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	program := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(program); err != nil {
		return "", fmt.Errorf("%s: %w: 'make build' makes all programs, and they stay side by side", program, errors.Unwrap(err))
	}
	return program, nil
}
