// Command glassbox-images is glassbox with what images travel by: a client for registries, and what packs and unpacks layers. Nobody needs to call it: glassbox becomes
// this program where a command line wants more than it has itself.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"

	"glassbox/cmd/command"
	"glassbox/kernel"
	"glassbox/storage/archive/codec"
	"glassbox/storage/registry/client"
)

func main() {
	kernel.Begin()
	os.Exit(command.Main(&command.Cargo{Client: client.HTTP{}, Codecs: codec.All(), Fetch: fetch}))
}

// fetch opens a file of a web server.
func fetch(url string) (io.ReadCloser, error) {
	answer, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, answer.Status)
	}
	return answer.Body, nil
}
