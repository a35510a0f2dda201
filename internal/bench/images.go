// This file lists what is measured of images: to pull one of 300 MB in 8 layers from a registry on loopback, beside Podman, and beside
// skopeo with umoci; and to list a thousand. Every pull goes into a new directory, and all are deleted at the end: ext4 searches long
// for inodes where others have been deleted a minute ago.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// round stands in a command line for the number of the round.
const round = "{round}"

func imageTables(g ground, ref string) []*table {
	at := func(name string) string { return filepath.Join(g.state, name+round) }
	glassbox := []string{filepath.Join(g.bin, "glassbox"), "--root", at("pull"), "--state", filepath.Join(g.run, "glassbox"), "pull", ref}
	podman := append([]string{"podman", "--root", at("podman")}, g.podman()[3:]...)
	pull := &table{name: "pull", title: "pull 300 MB, 8 layers", once: true, contenders: []*contender{
		{name: "glassbox", steps: [][]string{glassbox}},
		{name: "podman", steps: [][]string{append(podman, "pull", "--quiet", "--tls-verify=false", ref)}},
		{name: "skopeo and umoci", steps: [][]string{
			{"skopeo", "copy", "--quiet", "--src-tls-verify=false", "docker://" + ref, "oci:" + at("skopeo") + ":big"},
			{"umoci", "unpack", "--image", at("skopeo") + ":big", at("umoci")}}},
	}}
	images := &table{name: "images", title: "images, of a thousand", contenders: []*contender{{name: "glassbox images", steps: [][]string{g.engine("images")}}}}
	return []*table{pull, images}
}

// images makes the two images and gives them to a registry and to our store. The function that it returns stops the registry.
func (g ground) images() (ref string, end func() error, err error) {
	many, big := filepath.Join(g.state, "many"), filepath.Join(g.state, "big")
	if err := manyImages(many, 1000); err != nil {
		return "", nil, fmt.Errorf("make a thousand images: %w", err)
	}
	if err := bigImage(big, 8, 300_000_000); err != nil {
		return "", nil, fmt.Errorf("make the large image: %w", err)
	}
	host, end, err := g.startRegistry()
	if err != nil {
		return "", nil, err
	}
	ref = host + "/big:1"
	for _, argv := range [][]string{
		{"tar", "-C", many, "-cf", many + ".tar", "."},
		g.engine("load", "--quiet", "--input", many+".tar"),
		{"skopeo", "copy", "--quiet", "--dest-tls-verify=false", "oci:" + big + ":big", "docker://" + ref},
	} {
		if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
			return "", nil, errors.Join(fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, out), end())
		}
	}
	return ref, end, nil
}

// startRegistry waits until it answers.
func (g ground) startRegistry() (host string, stop func() error, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	host = l.Addr().String()
	config := filepath.Join(g.state, "registry.yml")
	text := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage:\n  filesystem: {rootdirectory: %s}\nhttp:\n  addr: %s\n",
		filepath.Join(g.state, "registry"), host)
	if err := errors.Join(l.Close(), os.WriteFile(config, []byte(text), 0o600)); err != nil {
		return "", nil, err
	}
	registry := exec.Command("docker-registry", "serve", config)
	if err := registry.Start(); err != nil {
		return "", nil, fmt.Errorf("start a registry: %w", err)
	}
	stop = func() error {
		err := registry.Process.Kill()
		_ = registry.Wait() // it was killed
		return err
	}
	for range 100 {
		if c, err := net.Dial("tcp", host); err == nil {
			return host, stop, c.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	return "", nil, errors.Join(errors.New("the registry does not answer within 5 seconds"), stop())
}
