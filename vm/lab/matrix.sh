#!/bin/sh
# matrix.sh STAGE [KERNEL:MODE...]: for each, boots a fresh Debian with systemd, and runs in it what stage.sh gathered in STAGE. Results in
# bin/vm/lab/KERNEL-MODE.log; the last line counts all of them. Debian's 6.12 has no memory controller of version 1 any more.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
stage=$1
shift
[ $# -gt 0 ] || set -- 6.12.:v2 6.1.:v2 6.1.:hybrid 6.1.:v1
logs=$here/../../bin/vm/lab
export VM_PORT="${VM_PORT:-2322}" # beside a machine of `make vm`
status=0 all=

one() { # KERNEL MODE NAME
	"$here/up.sh" "$3" "$1" "$2"
	tar -cz -C "$stage" job | "$here/in.sh" "$3" tar -xz -C /
	"$here/in.sh" "$3" /job/run && : >"$logs/$3.ok"
}
mkdir -p "$logs"
for pair in "$@"; do
	name=${pair%%:*}; name=${name%.}-${pair#*:}
	"$here/down.sh" "$name" reset
	rm -f "$logs/$name.ok"
	echo "== Linux ${pair%%:*} with cgroups ${pair#*:}"
	start=$(date +%s)
	one "${pair%%:*}" "${pair#*:}" "$name" 2>&1 | tee "$logs/$name.log"
	"$here/down.sh" "$name" reset
	echo "== $name took $(($(date +%s) - start)) s"
	[ -e "$logs/$name.ok" ] || { status=1; echo "matrix.sh: $name has failed or did not come to its end" >&2; }
	all="$all $name"
done
# Of each log the last count: it is the sum of those above it. What broke off without a failure is one.
for name in $all; do
	count=$(grep '^[0-9]* passed' "$logs/$name.log" | tail -n 1)
	[ -e "$logs/$name.ok" ] && broken=0 || broken=1
	echo "$broken ${count:-0 passed, 0 failed, 0 skipped}"
done | awk '{ p += $2; f += $4 == 0 ? $1 : $4; s += $6 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s }'
exit $status
