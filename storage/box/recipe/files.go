// This file lists the files of the image, as data. The engine mounts its own files over etc/hosts, etc/hostname and
// etc/resolv.conf, so those must be there.
package recipe

import (
	"slices"
	"strings"
)

// system is the first layer: what a small Linux system needs.
func system(p Package) []file {
	return slices.Concat(folders(), accounts(p), programs(p), legal(p))
}

// extras is the second layer. It is there so that "box" has two, and httpd a page.
func extras() []file {
	return []file{
		{path: "README", mode: 0o644, body: readme},
		{path: "www/", mode: 0o755},
		{path: "www/index.html", mode: 0o644, body: page},
	}
}

func folders() []file {
	list := []file{
		{path: "root/", mode: 0o700},
		{path: "tmp/", mode: 0o1777},
		{path: "home/", mode: 0o755},
		{path: "home/app/", mode: 0o755, uid: 1000},
	}
	for _, path := range strings.Fields(`bin/ dev/ etc/ lib/ media/ mnt/ opt/ proc/ run/ sbin/ srv/ sys/
		usr/ usr/bin/ usr/lib/ usr/local/ usr/local/bin/ usr/local/sbin/ usr/sbin/
		usr/share/ usr/share/doc/ usr/share/doc/busybox/
		var/ var/cache/ var/lib/ var/log/ var/spool/`) {
		list = append(list, file{path: path, mode: 0o755})
	}
	return append(list,
		file{path: "var/tmp/", mode: 0o1777},
		file{path: "var/run", link: "../run"},
	)
}

// programs is busybox with a link for each of its names. Symbolic links, not hard ones: ls -l then shows what a program is,
// and a container that changes one of 270 hard links would have overlayfs copy 2 MB up and part it from the rest. Relative
// ones, so that they also hold when the layer is looked at from the host.
func programs(p Package) []file {
	list := []file{{path: "bin/busybox", mode: 0o755, body: string(p.Busybox)}}
	for _, path := range p.Applets {
		if path == "bin/busybox" {
			continue
		}
		target := strings.Repeat("../", strings.Count(path, "/")) + "bin/busybox"
		if strings.HasPrefix(path, "bin/") {
			target = "busybox"
		}
		list = append(list, file{path: path, link: target})
	}
	return list
}

func accounts(p Package) []file {
	var list []file
	for _, f := range [][2]string{
		{"passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n" +
			"nobody:x:65534:65534:nobody:/:/bin/false\n"},
		{"group", "root:x:0:\ntty:x:5:\nwww-data:x:33:\napp:x:1000:\nnogroup:x:65534:\n"},
		{"nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
		{"os-release", "NAME=\"Glassbox box\"\nID=box\nID_LIKE=debian\nVERSION_ID=\"" + p.Version + "\"\n" +
			"PRETTY_NAME=\"box (busybox " + p.Version + ")\"\n"},
		{"hosts", "127.0.0.1\tlocalhost\n::1\tlocalhost\n"},
		{"hostname", "box\n"},
		{"resolv.conf", ""},
		{"shells", "/bin/sh\n/bin/ash\n"},
		{"profile", "export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"},
	} {
		list = append(list, file{path: "etc/" + f[0], mode: 0o644, body: f[1]})
	}
	return append(list, file{path: "etc/mtab", link: "../proc/mounts"})
}

// legal is what the GPL asks for when a program is passed on: its licence, and where its source is.
func legal(p Package) []file {
	const dir = "usr/share/doc/busybox/"
	return []file{
		{path: dir + "GPL-2", mode: 0o644, body: string(p.Licence)},
		{path: dir + "copyright", mode: 0o644, body: string(p.Copyright)},
		{path: dir + "SOURCE", mode: 0o644, body: "/bin/busybox is the unchanged program of Debian's package busybox-static.\n" +
			"Its complete source is Debian's source package busybox, version " + p.Version + ":\n\n" +
			"    apt-get source busybox=" + p.Version + "\n\n" +
			"Whoever gave you this image has to give you that source too, on request, at no more than the cost of\n" +
			"copying it. The licence is in the file GPL-2 beside this one.\n"},
	}
}

const readme = `This is box, the image inside Glassbox. It is busybox, one program under 270 names, and the files it needs.

  /bin/busybox              the program; ls -l /bin shows its other names
  /www                      a page: httpd -f -p 80 -h /www
  /usr/share/doc/busybox    its licence (GPL-2) and where its source is

The accounts are root, app (1000) and nobody (65534). This README and /www are a layer of their own.
`

const page = `<!doctype html>
<title>box</title>
<h1>It works</h1>
<p>This page comes out of a container: busybox httpd, in a file system of two layers and a third that is yours.</p>
`
