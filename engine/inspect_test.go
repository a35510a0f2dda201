// This file checks what inspect says of what was asked for and of what the image says.
package engine

import (
	"fmt"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestConfigOfAContainer(t *testing.T) {
	image := v1.Config{
		Env: []string{"A=image", "B=image"}, Cmd: []string{"of", "image"}, Entrypoint: []string{"entry"}, WorkingDir: "/image",
		User: "image", StopSignal: "SIGINT", Volumes: map[string]struct{}{"/data": {}},
	}
	for _, c := range []struct {
		asked Request
		want  string
	}{
		{Request{}, "[PATH A=image B=image] [entry] [of image] /image image SIGINT map[/data:{}]"},
		{Request{Command: []string{"mine"}, Env: []string{"A=mine"}}, "[PATH A=mine B=image] [entry] [mine] /image image SIGINT map[/data:{}]"},
		{Request{Entrypoint: []string{"mine"}, WorkDir: "/w", User: "1", StopSignal: "2", Env: []string{"PATH=/x", "B"}},
			"[A=image PATH=/x] [mine] [] /w 1 2 map[/data:{}]"},
		{Request{Entrypoint: []string{}}, "[PATH A=image B=image] [] [] /image image SIGINT map[/data:{}]"},
	} {
		got := config(&Record{Request: c.asked}, image)
		if len(got.Env) > 0 && got.Env[0] == defaultPath {
			got.Env[0] = "PATH"
		}
		text := fmt.Sprint(got.Env, got.Entrypoint, got.Cmd, " ", got.WorkingDir, " ", got.User, " ", got.StopSignal, " ", got.Volumes)
		if text != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.asked, text, c.want)
		}
	}
}
