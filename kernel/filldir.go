// This file fills an empty directory with what the image has at the place where it will be mounted.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// FillDir copies the directory Source inside Root to Target, with its own owner and mode. Mark is a file that is there while
// it does so: whoever finds one knows that the copy was broken off, and begins again.
type FillDir struct{ Root, Source, Target, Mark string }

// Do leaves nothing of the copy if it fails, and succeeds where Root has no such directory. LESSON: fill-volume
func (f FillDir) Do() error {
	source, err := OpenIn(f.Root, f.Source, unix.O_RDONLY|unix.O_DIRECTORY)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return Fail(f, err)
	}
	from := os.NewFile(uintptr(source), f.Source)
	defer from.Close()
	err = writeFile(f.Mark, "", unix.O_CREAT|unix.O_EXCL, 0o600)
	if errors.Is(err, unix.EEXIST) {
		err = f.undone(from)
	}
	if err != nil {
		return Fail(f, err)
	}
	if err = f.copy(from); err != nil {
		err = errors.Join(fmt.Errorf("copy from the image: %w", err), f.undone(from))
	}
	return Fail(f, errors.Join(err, unix.Unlink(f.Mark)))
}

func (f FillDir) copy(from *os.File) error {
	to, err := os.Open(f.Target)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := copyDir(from, to); err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(from.Fd()), &st); err != nil {
		return err
	}
	return copyNature(int(from.Fd()), int(to.Fd()), ".", &st)
}

// undone removes what a copy has made, and nothing that others may have written beside it meanwhile.
func (f FillDir) undone(from *os.File) error {
	if _, err := from.Seek(0, 0); err != nil {
		return err
	}
	entries, err := from.ReadDir(-1)
	for _, e := range entries {
		err = errors.Join(err, removeTree(path.Join(f.Target, e.Name())))
	}
	_, seekErr := from.Seek(0, 0)
	return errors.Join(err, seekErr)
}

func (f FillDir) from() string { return path.Join(f.Root, f.Source) }

func (f FillDir) Call() string {
	return fmt.Sprintf("open(%q, O_WRONLY|O_CREAT, 0600)\nthe files of %q are copied to %q\nunlink(%q)", f.Mark, f.from(), f.Target, f.Mark)
}

// Shell: a directory that the image does not have is nothing to copy.
func (f FillDir) Shell() string {
	return "if [ -d " + quote(f.from()) + " ]; then " + Quote("touch", f.Mark) + " && " +
		Quote("cp", "-a", f.from()+"/.", f.Target) + " && " + Quote("rm", f.Mark) + "; fi"
}
