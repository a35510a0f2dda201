#!/bin/bash
# Tries one OCI runtime under Docker, Podman and containerd, and writes a line for each check: engine, name, pass or fail.
#
#   sandbox.sh NAME PATH RESULTS BOX WORK
#
# compare.sh starts it as process 1 of new PID, mount and network namespaces: the engines' bridges, packet filters, mounts
# and daemons are never the machine's, and all of them end with this script. Only cgroups are shared with the machine, so
# every container goes below /glassbox-engines, and compare.sh removes that.
# shellcheck disable=SC2317 # the functions are called by the sourced files
set -u

RUNTIME_NAME=$1 RUNTIME_PATH=$2 RESULTS=$3 BOX=$4 WORK=$5
HERE=$(dirname "$(readlink -f "$0")")
PARENT=/glassbox-engines
image= # of containerd

# check ENGINE NAME <<'END': passes when the script on standard input does, to its last line (set -e). What it says is kept for
# the case that it fails.
check() {
	local engine=$1 name=$2 script verdict=pass
	script=$(cat)
	[[ $name =~ ${ONLY:-} ]] || return 0
	if ! timeout -k 5 120 bash -euc "$(declare -p RUNTIME_PATH WORK PARENT image); $(declare -f); $script" \
		>"$WORK/said" 2>&1 </dev/null; then
		verdict=fail
		{
			printf -- '-- %s: %s: %s\n' "$RUNTIME_NAME" "$engine" "$name"
			printf '%s\n' "$script" | sed 's/^/   | /'
			tail -n 15 "$WORK/said" | sed 's/^/   > /'
		} >>"$RESULTS.log"
	fi
	printf '%s\t%s\t%s\n' "$engine" "$name" "$verdict" >>"$RESULTS"
}

# eventually COMMAND...: tries it for 20 seconds.
eventually() {
	local i
	for i in $(seq 100); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.2
	done
	echo "never came true ($i tries): $*"
	"$@"
}

# is WANT COMMAND...: the command prints exactly that.
is() {
	local want=$1 got
	shift
	got=$("$@" | tr -d '\r')
	[ "$got" = "$want" ] || { echo "want: $want"; echo "got:  $got"; echo "from: $*"; return 1; }
}

# exits CODE COMMAND...: the command ends with that exit code.
exits() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ "$got" = "$want" ] || { echo "exit code $got instead of $want: $*"; return 1; }
}

# on_pty COMMAND...: runs it on a terminal of its own, for -t.
on_pty() { script -qec "$*" /dev/null </dev/null | tr -d '\r'; }

# limit V1FILE V2FILE CGROUP: reads a cgroup file of a container, whichever version the machine has.
limit() {
	local controller=${1%%.*} point
	point=$(awk -v c="$controller" '$3 == "cgroup" && $4 ~ "(^|,)" c "(,|$)" { print $2 }' /proc/mounts | head -n 1)
	if [ -n "$point" ]; then
		cat "$point$3/$1"
	else
		cat "/sys/fs/cgroup$3/$2"
	fi
}

# xray FIELD PID: what `glassbox xray` tells of a process. open_in PID: the names of what is not isolated.
xray() { "$GLASSBOX" xray --format "{{.$1}}" "$2"; }
open_in() { "$GLASSBOX" xray --format '{{range .NotIsolated}}{{println .Name}}{{end}}' "$1"; }

# unpack_box makes $WORK/rootfs out of the image: its one layer is the largest blob.
unpack_box() {
	mkdir -p "$WORK/rootfs" "$WORK/oci"
	tar -C "$WORK/oci" -xf "$BOX"
	tar -C "$WORK/rootfs" -xf "$(find "$WORK/oci/blobs" -type f -size +100k)"
}

# prove names the chapters to try; all of them unless ENGINES says otherwise.
prove() {
	local engine
	for engine in ${ENGINES:-containerd podman docker}; do
		# shellcheck source=/dev/null
		. "$HERE/$engine.sh"
	done
}

mount -t tmpfs tmpfs /run
mkdir -p /run/lock
ip link set lo up
unpack_box
prove
exit 0
