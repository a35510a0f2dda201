// This file tells a shim what to do besides running the program: the log, the checkups, the restarts.
package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
)

func (e *Engine) upkeep(b *wire.Birth, n *newborn) error {
	u := n.Request.Upkeep
	b.Events, b.About, b.Restart = e.eventDir(), about(n.Record), u.Restart
	if len(e.Self) > 0 {
		b.Pack = append(slices.Clone(e.Self), "pack")
	}
	if h := healthCheck(u.Health, n.image.Config.Config.Healthcheck); h != nil {
		b.Health = &wire.Health{
			Process:  ExecProcess(n.spec.Process, ExecRequest{Command: h.command()}, accountOf(n.spec.Process), nil),
			Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, StartInterval: h.StartInterval, Retries: h.Retries,
		}
	}
	o, err := logOptions(u.Log)
	if err != nil {
		return err
	}
	b.Log, err = e.log(n.Record, n.spec, o)
	return err
}

// logChoice is --log-driver and --log-opt, understood.
type logChoice struct {
	driver   string
	options  map[string]string
	maxSize  int64
	maxFiles int
	compress bool
	buffer   int64
}

// Each driver's options, besides those that all have: mode, max-buffer-size, labels, env, tag.
var logDriverOptions = map[string][]string{
	"json-file": {"max-size", "max-file", "compress"},
	"local":     {"max-size", "max-file", "compress"},
	"none":      {},
	"syslog":    {"syslog-address", "cache-disabled", "cache-max-size", "cache-max-file"},
	"journald":  {"cache-disabled", "cache-max-size", "cache-max-file"},
}

// logOptions reads the options, as strictly as Docker does.
func logOptions(c LogConfig) (logChoice, error) {
	l := logChoice{driver: orElse(c.Driver, "json-file"), options: c.Options, maxFiles: 1}
	known, ok := logDriverOptions[l.driver]
	if !ok {
		return l, fmt.Errorf("logger: no log driver named '%s' is registered: use json-file, local, none, syslog or journald", l.driver)
	}
	for name := range c.Options {
		if !slices.Contains(append([]string{"mode", "max-buffer-size", "labels", "env", "tag"}, known...), name) {
			return l, fmt.Errorf("unknown log opt '%s' for %s log driver", name, l.driver)
		}
	}
	prefix := ""
	if l.driver != "json-file" { // Docker's own, and what it keeps for `logs` beside a driver that can not be read
		l.maxSize, l.maxFiles, l.compress = 20<<20, 5, true
		if l.driver != "local" {
			prefix = "cache-"
		}
	}
	if err := l.readSizes(prefix); err != nil {
		return l, err
	}
	return l, l.readMode()
}

func (l *logChoice) readSizes(prefix string) (err error) {
	if text, ok := l.options[prefix+"max-size"]; ok {
		if l.maxSize, err = units.FromHumanSize(text); err != nil || l.maxSize <= 0 && text != "-1" {
			return fmt.Errorf("invalid value for 'max-size': %s: write a size such as 10m", text)
		}
	}
	if text, ok := l.options[prefix+"max-file"]; ok {
		if l.maxFiles, err = strconv.Atoi(text); err != nil || l.maxFiles < 1 {
			return fmt.Errorf("invalid value for 'max-file': %s: it cannot be less than 1", text)
		}
	}
	if text, ok := l.options[prefix+"compress"]; ok {
		if l.compress, err = strconv.ParseBool(text); err != nil {
			return fmt.Errorf("invalid value for 'compress': %s: write true or false", text)
		}
	}
	switch {
	case l.maxSize <= 0 && l.maxFiles > 1:
		return fmt.Errorf("max-file=%d needs max-size: nothing is rotated without a size", l.maxFiles)
	case l.compress && l.driver == "json-file" && l.maxFiles < 2:
		return fmt.Errorf("compress can not be true when max-file is less than 2 or max-size is not set")
	}
	return nil
}

func (l *logChoice) readMode() (err error) {
	switch mode := l.options["mode"]; mode {
	case "", "blocking":
		if l.options["max-buffer-size"] != "" {
			return fmt.Errorf("logger: max-buffer-size option is only supported with 'mode=non-blocking'")
		}
	case "non-blocking":
		l.buffer = 1 << 20
		if text := l.options["max-buffer-size"]; text != "" {
			if l.buffer, err = units.RAMInBytes(text); err != nil || l.buffer <= 0 {
				return fmt.Errorf("invalid value for 'max-buffer-size': %s: write a size such as 4m", text)
			}
		}
	default:
		return fmt.Errorf("logger: logging mode not supported: %s", mode)
	}
	return nil
}

// log says where the output of a container goes.
func (e *Engine) log(r *Record, spec *specs.Spec, l logChoice) (wire.Log, error) {
	out := wire.Log{
		File: e.logPath(r), MaxSize: max(l.maxSize, 0), MaxFiles: l.maxFiles, Compress: l.compress && l.maxFiles > 1,
		Buffer: l.buffer, Attrs: logAttributes(r, spec, l.options),
	}
	switch l.driver {
	case "syslog":
		address := orElse(l.options["syslog-address"], "unixgram:///dev/log")
		path, ok := strings.CutPrefix(strings.Replace(address, "unixgram://", "unix://", 1), "unix://")
		if !ok {
			return out, fmt.Errorf("syslog-address %s: only a socket of this machine can be used here: unix:///dev/log", address)
		}
		out.Driver, out.Socket = l.driver, path
	case "journald":
		out.Driver, out.Socket = l.driver, "/run/systemd/journal/socket"
		out.Fields = []string{
			"CONTAINER_ID=" + ShortID(r.ID), "CONTAINER_ID_FULL=" + r.ID, "CONTAINER_NAME=" + r.Name,
			"CONTAINER_TAG=" + ShortID(r.ID), "IMAGE_NAME=" + r.Request.Image, "SYSLOG_IDENTIFIER=" + ShortID(r.ID),
		}
	}
	out.Tag = orElse(l.options["tag"], ShortID(r.ID))
	if out.Socket != "" && !exists(out.Socket) {
		return out, fmt.Errorf("--log-driver %s: this machine has no %s: nobody would hear the container", l.driver, out.Socket)
	}
	if out.File == "" {
		return out, nil
	}
	return out, os.MkdirAll(filepath.Dir(out.File), 0o710)
}

// logPath is the file that `glassbox logs` reads; empty: there is none.
func (e *Engine) logPath(r *Record) string {
	switch driver := r.Request.Upkeep.Log.Driver; {
	case driver == "none", r.Request.Upkeep.Log.Options["cache-disabled"] == "true":
		return ""
	case driver == "" || driver == "json-file":
		return e.logFile(r.ID)
	}
	return e.dir(r.ID, "local-logs", "container.log")
}

// logAttributes are those labels and variables of the container that --log-opt labels and env name.
func logAttributes(r *Record, spec *specs.Spec, options map[string]string) map[string]string {
	attributes := map[string]string{}
	for _, name := range strings.Split(options["labels"], ",") {
		if value, ok := r.labels()[name]; ok {
			attributes[name] = value
		}
	}
	for _, wanted := range strings.Split(options["env"], ",") {
		for _, v := range spec.Process.Env {
			if name, value, _ := strings.Cut(v, "="); name == wanted {
				attributes[name] = value
			}
		}
	}
	return attributes
}
