// Command glassbox is the program that people use. It is package command without its cargo: every container waits for its start.
package main

import (
	"os"

	"glassbox/cmd/command"
	"glassbox/kernel"
)

func main() {
	kernel.Begin()
	os.Exit(command.Main(nil))
}
