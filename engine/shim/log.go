// This file keeps lines in a file, one JSON object each, as Docker's json-file driver does:
//
//	{"log":"hello\n","stream":"stdout","time":"2006-01-02T15:04:05.999999999Z"}
//
// When the file has grown to its limit it becomes NAME.1, what was NAME.1 becomes NAME.2, and so on; the oldest goes.
package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
	"unicode/utf8"

	"glassbox/engine/shim/wire"
	"glassbox/kernel"
)

type logFile struct {
	wire.Log
	pack  []string // the command that compresses
	attrs string   // ready to be written into each line
	file  *os.File
	size  int64
	out   []byte
}

func openLog(l wire.Log, pack []string) (*logFile, error) {
	f := &logFile{Log: l, pack: pack}
	if len(l.Attrs) > 0 {
		text, err := json.Marshal(l.Attrs)
		if err != nil {
			return nil, fmt.Errorf("open the log: %w", err)
		}
		f.attrs = `"attrs":` + string(text) + ","
	}
	return f, f.open()
}

func (l *logFile) open() error {
	f, err := os.OpenFile(l.File, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640)
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	l.file, l.size = f, info.Size()
	return nil
}

// line writes by hand what json.Marshal would, for a chatty program keeps its shim busy with nothing else.
func (l *logFile) line(stream wire.Kind, text []byte, now time.Time) error {
	name := "stdout"
	if stream == wire.Errput {
		name = "stderr"
	}
	l.out = append(l.out, `{"log":`...)
	l.out = appendQuoted(l.out, text)
	l.out = append(l.out, `,"stream":"`+name+`",`+l.attrs+`"time":"`...)
	l.out = now.AppendFormat(l.out, time.RFC3339Nano)
	l.out = append(l.out, "\"}\n"...)
	if l.MaxSize > 0 && l.size+int64(len(l.out)) >= l.MaxSize {
		return l.flush()
	}
	return nil
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

// flush writes all lines at hand in one write(2).
func (l *logFile) flush() error {
	if len(l.out) == 0 {
		return nil
	}
	if l.MaxSize > 0 && l.size >= l.MaxSize {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	n, err := l.file.Write(l.out)
	l.size += int64(n)
	l.out = l.out[:0]
	if err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	return nil
}

// rotate begins a new file. With one file alone, what it held is lost.
func (l *logFile) rotate() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("close the full log: %w", err)
	}
	for n := l.MaxFiles - 1; n > 0; n-- {
		for _, ending := range []string{"", ".gz"} {
			from := l.File
			if n > 1 {
				from = fmt.Sprintf("%s.%d%s", l.File, n-1, ending)
			} else if ending != "" {
				continue
			}
			if err := os.Rename(from, fmt.Sprintf("%s.%d%s", l.File, n, ending)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("rotate the log: %w", err)
			}
		}
	}
	if l.MaxFiles <= 1 {
		if err := os.Remove(l.File); err != nil {
			return fmt.Errorf("rotate the log: %w", err)
		}
	} else if err := l.compress(l.File + ".1"); err != nil {
		return err
	}
	return l.open()
}

// compress lets another program do it, for what compresses is as large as the rest of a shim. The program waits for it: else
// the next rotation could meet a file that is half compressed.
func (l *logFile) compress(name string) error {
	if !l.Compress || len(l.pack) == 0 {
		return nil
	}
	var process *os.Process
	err := kernel.WithGivenSlack(func() (err error) {
		process, err = os.StartProcess(l.pack[0], append(l.pack[:len(l.pack):len(l.pack)], name), &os.ProcAttr{Dir: "/"})
		return err
	})
	if err == nil {
		_, err = process.Wait()
	}
	if err != nil {
		return fmt.Errorf("compress the log: %w", err)
	}
	return nil
}

func (l *logFile) close() error {
	err := l.flush()
	if closeErr := l.file.Close(); err == nil {
		err = closeErr
	}
	return err
}
