// This file tries the options of overlayfs on a file system in memory that nobody else sees and that is gone a moment later.
package command

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// overlayOption is one that may be missing. Option is "name=value", or a flag.
type overlayOption struct{ name, option, lower, lost string }

func overlayOptions() []overlayOption {
	return []overlayOption{
		{"metacopy", "metacopy=on", "l", "a chmod copies the whole file"},
		{"redirect_dir", "redirect_dir=on", "l", "a directory of a layer can not be renamed (EXDEV)"},
		{"index", "index=on", "l", "hard links break when one is written to"},
		{"userxattr", "userxattr", "l", "rootless overlays"},
		{"data-only layers", "metacopy=on", "l::d", "layers without names (Linux 6.5)"},
	}
}

func checkOverlayOptions() finding {
	if os.Geteuid() != 0 {
		return notTried()
	}
	var have, lack, lost []string
	err := elsewhere(unix.CLONE_NEWNS, func() error {
		if err := scratch(); err != nil {
			return err
		}
		for _, o := range overlayOptions() {
			if err := tryOverlay(o); err != nil {
				lack, lost = append(lack, o.name), append(lost, o.lost)
				continue
			}
			have = append(have, o.name)
		}
		return tryOverlay(overlayOption{lower: "l"}) // the control
	})
	if err != nil {
		return finding{State: degraded, Found: "not tried: " + err.Error(), Lost: "this check", Remedy: "modprobe overlay"}
	}
	if len(lack) > 0 {
		return finding{State: degraded, Found: "not here: " + strings.Join(lack, " "), Lost: strings.Join(lost, "; "), Remedy: "install a newer kernel"}
	}
	return finding{State: fine, Found: strings.Join(have, ", ")}
}

// scratch covers /tmp, for this thread alone, by a tmpfs with directories for layers.
func scratch() error {
	if err := (kernel.SetPropagation{Target: "/", Type: unix.MS_PRIVATE | unix.MS_REC}).Do(); err != nil {
		return err
	}
	if err := (kernel.Mount{Source: "tmpfs", Target: "/tmp", FSType: "tmpfs"}).Do(); err != nil {
		return err
	}
	for _, name := range []string{"l", "d", "u", "w"} {
		if err := os.Mkdir("/tmp/"+name, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// tryOverlay makes the file system and mounts it nowhere.
func tryOverlay(o overlayOption) error {
	config, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(config)
	words := []string{"lowerdir=/tmp/" + strings.ReplaceAll(o.lower, "::", "::/tmp/"), "upperdir=/tmp/u", "workdir=/tmp/w"}
	if o.option != "" {
		words = append(words, o.option)
	}
	for _, w := range words {
		key, value, isString := strings.Cut(w, "=")
		if isString {
			err = unix.FsconfigSetString(config, key, value)
		} else {
			err = unix.FsconfigSetFlag(config, key)
		}
		if err != nil {
			return err
		}
	}
	return unix.FsconfigCreate(config)
}
