#!/bin/sh
# need.sh COMMAND:PACKAGE... installs the Debian packages whose command is missing; with all of them here it does nothing.
set -eu

missing=
for pair in "$@"; do
	# The tools for the network live in sbin, which is not in everybody's PATH.
	PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "installing$missing"
# A fresh machine is often busy with its own upgrades: wait for them.
$sudo apt-get -qq -o DPkg::Lock::Timeout=300 update
# shellcheck disable=SC2086 # one word a package
$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >/dev/null
