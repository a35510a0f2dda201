#!/bin/sh
# matrix.sh [KERNEL:MODE...]: for each, boots a fresh Debian with systemd, and runs in it what stage.sh gathers. Results in
# bin/vm/lab/KERNEL-MODE.log; the last line counts all of them. Debian's 6.12 has no memory controller of version 1 any more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
[ $# -gt 0 ] || set -- 6.12.:v2 6.1.:v2 6.1.:hybrid 6.1.:v1
logs=bin/vm/lab
export VM_PORT="${VM_PORT:-2322}" # beside a machine of `make vm`
status=0 all=

one() { # KERNEL MODE NAME
	stage=$(mktemp -d)
	vm/stage.sh "$stage" "$2"
	"$here/up.sh" "$3" "$1" "$2"
	tar -cz -C "$stage" job | "$here/in.sh" "$3" tar -xz -C /
	rm -rf "$stage"
	"$here/in.sh" "$3" /job/run || echo "exit $?"
}
mkdir -p $logs
for pair in "$@"; do
	name=${pair%%:*}; name=${name%.}-${pair#*:}
	"$here/down.sh" "$name" reset
	echo "== Linux ${pair%%:*} with cgroups ${pair#*:}"
	one "${pair%%:*}" "${pair#*:}" "$name" 2>&1 | tee "$logs/$name.log"
	"$here/down.sh" "$name" reset
	grep '^[0-9]* passed' "$logs/$name.log" | tail -n 1 | grep -q ' 0 failed'  || { status=1; echo "matrix.sh: $name has failed or did not come to its end" >&2; }
	all="$all $logs/$name.log"
done
# Of each log the last count: it is the sum of those above it.
for log in $all; do grep '^[0-9]* passed' "$log" | tail -n 1; done |
	awk '{ p += $1; f += $3; s += $5 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s }'
exit $status
