// This file tells of errors and warnings where the engine asked for them, and in the form that it reads: containerd's shim
// takes the last line of level "error" from a JSON log, conmon takes what is on standard error.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// report prints the error that ends the program.
func (g global) report(err error, code int) int {
	fmt.Fprintf(os.Stderr, "glassbox-oci: %v\n", err)
	if g.log != "" {
		g.write("error", err.Error())
	}
	return code
}

// warn tells of what is done otherwise than asked.
func (g global) warn(text string) {
	if g.log == "" {
		fmt.Fprintf(os.Stderr, "glassbox-oci: warning: %s\n", text)
		return
	}
	g.write("warning", text)
}

// write appends one line to the log, as runc's library for logs does.
func (g global) write(level, text string) {
	f, err := os.OpenFile(g.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		fmt.Fprintf(os.Stderr, "glassbox-oci: open the log: %v\n", err)
		return
	}
	defer f.Close()
	now := time.Now().Format(time.RFC3339)
	line := fmt.Sprintf("time=%q level=%s msg=%q\n", now, level, text)
	if g.logFormat == "json" {
		data, err := json.Marshal(map[string]string{"level": level, "msg": text, "time": now})
		if err != nil { // can not be: they are strings
			data = fmt.Appendf(nil, "%q", err)
		}
		line = string(data) + "\n"
	}
	if _, err := f.WriteString(line); err != nil {
		fmt.Fprintf(os.Stderr, "glassbox-oci: write the log: %v\n", err)
	}
}
