// This file sends lines to the host's own log: in the words of syslog (RFC 3164) or of systemd's journal. Both listen on a unix
// socket, and a message is one datagram. A listener that does not keep up makes the program wait.
package shim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

type logSocket struct {
	wire.Log
	fd     int
	fields []byte // of journald, ready to be sent
}

func dialLog(l wire.Log) (*logSocket, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("log to %s: socket: %w", l.Driver, err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: l.Socket}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("log to %s: nobody listens on %s: choose another --log-driver: %w", l.Driver, l.Socket, err)
	}
	s := &logSocket{Log: l, fd: fd}
	for _, f := range l.Fields {
		s.fields = append(append(s.fields, f...), '\n')
	}
	return s, nil
}

// The severities of syslog, which the journal has, too: facility "daemon", informational or an error.
const (
	info    = 6
	failing = 3
	daemon  = 3 << 3
)

func (s *logSocket) line(stream wire.Kind, text []byte, now time.Time) error {
	severity := info
	if stream == wire.Errput {
		severity = failing
	}
	text = bytes.TrimSuffix(text, []byte("\n"))
	message := fmt.Appendf(nil, "<%d>%s %s: %s", daemon|severity, now.Local().Format(time.Stamp), s.Tag, text)
	if s.Driver == "journald" {
		message = s.entry(severity, text)
	}
	for {
		_, err := unix.Write(s.fd, message)
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return fmt.Errorf("log to %s: %w", s.Driver, err)
		}
	}
}

// entry is a message of the journal's own protocol; one of several lines says its length. systemd.io/JOURNAL_NATIVE_PROTOCOL.
func (s *logSocket) entry(severity int, text []byte) []byte {
	e := fmt.Appendf(nil, "PRIORITY=%d\n%sMESSAGE\n", severity, s.fields)
	e = binary.LittleEndian.AppendUint64(e, uint64(len(text)))
	return append(append(e, text...), '\n')
}

func (s *logSocket) flush() error { return nil }
func (s *logSocket) close() error { return unix.Close(s.fd) }
