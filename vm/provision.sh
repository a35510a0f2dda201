#!/bin/sh
# provision.sh makes a fresh Debian machine ready to build and run Glassbox. It may be run again at any time. Run as root.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
go_version=$(awk '$1 == "go" { print $2 }' "$here/go.mod")

"$here/vm/need.sh" make:make curl:curl git:git busybox:busybox-static nft:nftables ip:iproute2 ping:iputils-ping \
	shellcheck:shellcheck

if ! /usr/local/go/bin/go version 2>/dev/null | grep -q "go$go_version"; then
	archive=go$go_version.linux-$(dpkg --print-architecture).tar.gz
	curl -fsSL -o "/tmp/$archive" "https://go.dev/dl/$archive"
	rm -rf /usr/local/go
	tar -C /usr/local -xzf "/tmp/$archive"
	rm "/tmp/$archive"
fi

# sudo has a PATH of its own, so the three programs are linked to where everybody looks.
ln -sf /usr/local/go/bin/go /usr/local/go/bin/gofmt /usr/local/bin/
# Built as who owns the source, so that he can build again.
runuser -u "$(stat -c %U "$here")" -- env PATH="/usr/local/bin:$PATH" make -C "$here" build
ln -sf "$here/bin/glassbox" "$here/bin/glassbox-oci" /usr/local/bin/

cat >/etc/motd <<END

Glassbox is ready:  sudo glassbox run -it box sh      sudo glassbox lesson
The source is in $here; \`make help\` lists the tasks.

END
