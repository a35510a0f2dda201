// This file keeps a program's output, one JSON object a line, as Docker's json-file driver does:
//
//	{"log":"hello\n","stream":"stdout","time":"2006-01-02T15:04:05.999999999Z"}
//
// A line of more than 16 KiB is cut into pieces; all but the last lack the "\n".
package shim

import (
	"bytes"
	"fmt"
	"os"
	"time"
	"unicode/utf8"

	"glassbox/engine/shim/wire"
)

const longestLine = 16 << 10

type logFile struct {
	file    *os.File
	partial map[wire.Kind][]byte // the beginning of a line whose end has not come yet
	out     []byte
}

func openLog(path string) (*logFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return &logFile{file: f, partial: map[wire.Kind][]byte{}}, nil
}

// write logs the complete lines in data, all in one write(2), and keeps the rest for later.
func (l *logFile) write(stream wire.Kind, data []byte) error {
	now := time.Now().UTC()
	rest := data
	if kept := l.partial[stream]; len(kept) > 0 {
		rest = append(kept, data...)
	}
	for {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 && len(rest) < longestLine {
			break
		}
		if end == 0 || end > longestLine {
			end = longestLine
		}
		l.entry(stream, rest[:end], now)
		rest = rest[end:]
	}
	// A copy: data is the caller's.
	l.partial[stream] = append([]byte(nil), rest...)
	return l.flush()
}

// entry writes by hand what json.Marshal would, for a chatty program keeps its shim busy with nothing else.
func (l *logFile) entry(stream wire.Kind, text []byte, now time.Time) {
	name := "stdout"
	if stream == wire.Errput {
		name = "stderr"
	}
	l.out = append(l.out, `{"log":`...)
	l.out = appendQuoted(l.out, text)
	l.out = append(l.out, `,"stream":"`+name+`","time":"`...)
	l.out = now.AppendFormat(l.out, time.RFC3339Nano)
	l.out = append(l.out, "\"}\n"...)
}

// appendQuoted writes a JSON string. Bytes that are no UTF-8 become U+FFFD, as JSON has no others.
func appendQuoted(to, text []byte) []byte {
	to = append(to, '"')
	for len(text) > 0 {
		c := text[0]
		switch {
		case c == '"' || c == '\\':
			to = append(to, '\\', c)
		case c == '\n':
			to = append(to, '\\', 'n')
		case c < ' ':
			to = fmt.Appendf(to, "\\u%04x", c)
		case c < utf8.RuneSelf:
			to = append(to, c)
		default:
			r, size := utf8.DecodeRune(text)
			to = utf8.AppendRune(to, r)
			text = text[size:]
			continue
		}
		text = text[1:]
	}
	return append(to, '"')
}

func (l *logFile) flush() error {
	_, err := l.file.Write(l.out)
	l.out = l.out[:0]
	if err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	return nil
}

// close logs what has no end of line, too.
func (l *logFile) close() error {
	for stream, rest := range l.partial {
		if len(rest) > 0 {
			l.entry(stream, rest, time.Now().UTC())
		}
	}
	err := l.flush()
	if closeErr := l.file.Close(); err == nil {
		err = closeErr
	}
	return err
}
