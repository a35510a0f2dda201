// This file measures a whole run, from create to the last directory removed.
package engine

import (
	"os"
	"testing"
)

func BenchmarkRun(b *testing.B) {
	e := newEngine(b)
	for _, mode := range []string{"none", "bridge"} {
		b.Run(mode, func(b *testing.B) {
			r := Request{Image: "box", Command: []string{"true"}, AutoRemove: true, Network: Network{Mode: mode}}
			for b.Loop() {
				if _, err := e.Run(b.Context(), RunRequest{Request: r, Streams: Streams{Stdout: os.Stderr}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
