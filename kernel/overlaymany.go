// This file mounts overlays whose options do not fit into a page, which is all that mount(2) reads. The newer calls take one layer
// at a time, up to 500 (OVL_MAX_STACK); Linux 6.5 has them for overlayfs. man 2 fsconfig; Documentation/filesystems/overlayfs.rst.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// tooLong says whether mount(2) would cut the options off.
func (o Overlay) tooLong() bool { return len(o.options()) >= os.Getpagesize() }

// settings are the options one by one. Only upperdir and workdir are unescaped by the kernel.
func (o Overlay) settings() [][2]string {
	var list [][2]string
	for _, l := range o.Lower {
		list = append(list, [2]string{"lowerdir+", l})
	}
	if o.Upper != "" {
		list = append(list, [2]string{"upperdir", overlayPath(o.Upper)}, [2]string{"workdir", overlayPath(o.Work)})
	}
	return list
}

func (o Overlay) mountOneByOne() error {
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fs)
	for _, s := range o.settings() {
		if err := unix.FsconfigSetString(fs, s[0], s[1]); err != nil {
			if errors.Is(err, unix.EINVAL) && s[0] == "lowerdir+" {
				err = fmt.Errorf("%w: the options have %d bytes, mount(2) reads %d, and layer by layer they are taken by Linux 6.5 and newer: choose a shorter --root",
					unix.E2BIG, len(o.options()), os.Getpagesize()-1)
			}
			return err
		}
	}
	if o.Volatile {
		if err := unix.FsconfigSetFlag(fs, "volatile"); err != nil {
			return err
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return err
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(mount)
	return unix.MoveMount(mount, "", unix.AT_FDCWD, o.Target, unix.MOVE_MOUNT_F_EMPTY_PATH)
}

func (o Overlay) callsOneByOne() string {
	lines := []string{`fsopen("overlay", FSOPEN_CLOEXEC)`}
	for _, s := range o.settings() {
		lines = append(lines, fmt.Sprintf("fsconfig(fs, FSCONFIG_SET_STRING, %q, %q, 0)", s[0], s[1]))
	}
	if o.Volatile {
		lines = append(lines, `fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0)`)
	}
	return strings.Join(append(lines, "fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)", "fsmount(fs, FSMOUNT_CLOEXEC, 0)",
		fmt.Sprintf(`move_mount(mount, "", AT_FDCWD, %q, MOVE_MOUNT_F_EMPTY_PATH)`, o.Target)), "\n")
}

// shellOneByOne takes mount(8) of util-linux 2.39 or newer.
func (o Overlay) shellOneByOne() string {
	var options []string
	for _, s := range o.settings() {
		options = append(options, s[0]+"="+s[1])
	}
	if o.Volatile {
		options = append(options, "volatile")
	}
	return mountShell("overlay", o.Target, "overlay", 0, strings.Join(options, ","))
}
