#!/bin/bash
# Runs the same checks under runc (the control) and under glassbox-oci, and compares: what fails under both is the
# machine's, what fails under ours alone is ours.
#
#   compare.sh GLASSBOX_OCI BOX.TAR     as root; ENGINES="docker podman" tries some engines only, ONLY=REGEX some checks only
set -eu

OCI=$(readlink -f "$1") BOX=$(readlink -f "$2")
export GLASSBOX=${OCI%-oci} # for xray
HERE=$(dirname "$(readlink -f "$0")")
TOP=$(mktemp -d /var/tmp/engines.XXXXXX)

# tidy removes the only thing that a sandbox shares with the machine: cgroups. Its processes and mounts went away with it.
tidy() { find /sys/fs/cgroup -depth -type d -path '*/glassbox-engines*' -exec rmdir {} + 2>/dev/null || true; }
trap 'tidy; rm -rf "$TOP"' EXIT

try() {
	mkdir -p "$TOP/$1"
	: >"$TOP/$1.tsv"
	unshare --pid --fork --kill-child --mount-proc --mount --net --propagation private \
		"$HERE/sandbox.sh" "$1" "$2" "$TOP/$1.tsv" "$BOX" "$TOP/$1"
	tidy
}

for runtime in ${RUNTIMES:-runc glassbox-oci}; do
	case $runtime in
	glassbox-oci) try "$runtime" "$OCI" ;;
	*) try "$runtime" "$(command -v "$runtime")" ;;
	esac
	cat "$TOP/$runtime.tsv.log" 2>/dev/null || true
	echo "$runtime: $(grep -c 'pass$' "$TOP/$runtime.tsv") of $(wc -l <"$TOP/$runtime.tsv") checks pass"
done
[ -f "$TOP/runc.tsv" ] && [ -f "$TOP/glassbox-oci.tsv" ] || exit 0

join -t "$(printf '\t')" -j 1 <(sed 's/\t/: /' "$TOP/runc.tsv" | sort) <(sed 's/\t/: /' "$TOP/glassbox-oci.tsv" | sort) |
	awk -F '\t' '
		{ printf "%-60s runc %s   glassbox-oci %s\n", $1, $2, $3; n++ }
		$3 == "pass" { ours++ }
		$2 == "fail" && $3 == "fail" { neither++ }
		$2 == "pass" && $3 == "fail" { bad++ }
		END { printf "%d checks: %d pass, %d fail under runc too, %d fail under glassbox-oci alone\n", n, ours, neither, bad; exit bad > 0 }'
