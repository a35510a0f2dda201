// This file holds the mount that gives a container its files: layers that are only read, and one above them that is written.
package kernel

import (
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Overlay shows a stack of directories as one. What is written goes to Upper; a file of a lower layer is copied there first.
// Documentation/filesystems/overlayfs.rst.
type Overlay struct {
	Lower  []string // the topmost layer first
	Upper  string   // empty: nothing can be written
	Work   string   // empty and on the file system of Upper: the kernel prepares files here and renames them into Upper
	Target string

	// Never wait for the disk. Unmounting otherwise writes out the whole file system of Upper. Such an Upper can not be
	// mounted again: the kernel leaves a mark in Work.
	Volatile bool
}

func (o Overlay) options() string {
	lower := make([]string, len(o.Lower))
	for i, l := range o.Lower {
		lower[i] = overlayPath(l)
	}
	options := "lowerdir=" + strings.Join(lower, ":")
	if o.Upper != "" {
		options += ",upperdir=" + overlayPath(o.Upper) + ",workdir=" + overlayPath(o.Work)
	}
	if o.Volatile {
		options += ",volatile"
	}
	return options
}

// Do does in one call what fits into one; see overlaymany.go.
func (o Overlay) Do() error {
	if o.tooLong() {
		return Fail(o, o.mountOneByOne())
	}
	return Fail(o, unix.Mount("overlay", o.Target, "overlay", 0, o.options()))
}

func (o Overlay) Call() string {
	if o.tooLong() {
		return o.callsOneByOne()
	}
	return mountCall("overlay", o.Target, "overlay", 0, o.options())
}

func (o Overlay) Shell() string {
	if o.tooLong() {
		return o.shellOneByOne()
	}
	return mountShell("overlay", o.Target, "overlay", 0, o.options())
}

func (o Overlay) Undo() explain.Op { return Unmount{Target: o.Target} }

// overlayPath marks what is special in overlay's options: a comma ends an option, a colon a layer.
func overlayPath(path string) string {
	if !strings.ContainsAny(path, `\,:`) {
		return path // a Replacer is a table of 6 KB, and there are as many paths as layers
	}
	return strings.NewReplacer(`\`, `\\`, `,`, `\,`, `:`, `\:`).Replace(path)
}
