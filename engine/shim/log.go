// This file keeps a program's output, one JSON object a line, as Docker's json-file driver does:
//
//	{"log":"hello\n","stream":"stdout","time":"2006-01-02T15:04:05.999999999Z"}
//
// A line of more than 16 KiB is cut into pieces; all but the last lack the "\n".
package shim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"glassbox/engine/shim/wire"
)

const longestLine = 16 << 10

type logFile struct {
	file    *os.File
	partial map[wire.Kind][]byte // the beginning of a line whose end has not come yet
	out     bytes.Buffer
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
	rest := append(l.partial[stream], data...)
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
	// A copy, so that the array behind a long output is not kept alive by its last bytes.
	l.partial[stream] = append([]byte(nil), rest...)
	return l.flush()
}

// entry writes by hand what json.Marshal would make of a struct, but for the text: a chatty program spends its time here.
func (l *logFile) entry(stream wire.Kind, text []byte, now time.Time) {
	name := "stdout"
	if stream == wire.Errput {
		name = "stderr"
	}
	l.out.WriteString(`{"log":`)
	quoted, err := json.Marshal(string(text))
	if err != nil {
		quoted = []byte(`""`) // a string always has a JSON form
	}
	l.out.Write(quoted)
	l.out.WriteString(`,"stream":"` + name + `","time":"`)
	l.out.Write(now.AppendFormat(nil, time.RFC3339Nano))
	l.out.WriteString("\"}\n")
}

func (l *logFile) flush() error {
	_, err := l.file.Write(l.out.Bytes())
	l.out.Reset()
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
