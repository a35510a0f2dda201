// This file adds the remedy to errors that no package below could know one for: it depends on how glassbox was called.
package command

import (
	"errors"

	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// remedy is what to do about err, for a caller with this user id; empty where the error says it already, or nobody knows.
func remedy(err error, uid int) string {
	var refused *kernel.Error
	if errors.As(err, &refused) && refused.Hint != "" {
		return ""
	}
	switch {
	case errors.Is(err, unix.ENOSPC):
		return " (no space is left there: free some, or choose other places with --root and --state)"
	case errors.Is(err, unix.EROFS):
		return " (nothing can be written there: choose other places with --root and --state)"
	case uid != 0 && (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)):
		return " (be root: sudo glassbox …)"
	case errors.Is(err, unix.EPERM):
		return " (even root may not do this here, as inside another container: see 'glassbox doctor')"
	}
	return ""
}
