#!/bin/sh
# provision.sh makes a fresh Debian machine ready to build and run Glassbox. It may be run again at any time. A tree that brings its
# programs (bin/glassbox) is ready without a network: then nothing is installed but what can be had. Run as root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(dirname "$here")
go_version=$(awk '$1 == "go" { print $2 }' "$tree/go.mod")

# In a condition `set -e` is off, so each line says itself what follows from its failure.
install_tools() {
	"$here/need.sh" make:make curl:curl git:git busybox:busybox-static nft:nftables ip:iproute2 ping:iputils-ping \
		shellcheck:shellcheck || return
	have=$(cd / && PATH=$PATH:/usr/local/go/bin go env GOVERSION 2>/dev/null) || have=
	if ! printf '%s\n' "go$go_version" "$have" | sort -VC; then # not there, or older
		archive=go$go_version.linux-$(dpkg --print-architecture).tar.gz
		curl -fsSL -o "/tmp/$archive" "https://go.dev/dl/$archive" && rm -rf /usr/local/go && tar -C /usr/local -xzf "/tmp/$archive" &&
			rm "/tmp/$archive" || return
	fi
	# sudo has a PATH of its own, so the two programs are linked to where everybody looks.
	[ ! -d /usr/local/go ] || ln -sf /usr/local/go/bin/go /usr/local/go/bin/gofmt /usr/local/bin/
}

if install_tools; then
	# Built as who owns the source, so that he can build again.
	runuser -u "$(stat -c %U "$tree")" -- env PATH="/usr/local/bin:$PATH" make -C "$tree" build
elif [ -x "$tree/bin/glassbox" ]; then
	echo "provision.sh: no network: using the programs in $tree/bin as they are" >&2
else
	echo "provision.sh: no network, and no programs in $tree/bin: run make build where there is one" >&2
	exit 1
fi
ln -sf "$tree/bin/glassbox" "$tree/bin/glassbox-oci" /usr/local/bin/

cat >/etc/motd <<END

Glassbox is ready:  sudo glassbox run -it box sh      sudo glassbox lesson
The source is in $tree; \`make help\` lists the tasks.

END
glassbox doctor
cat /etc/motd
