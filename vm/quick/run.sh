#!/bin/sh
# run.sh [MODE [PACKAGE...]]: boots a small machine with cgroups as MODE says (v2, v1, hybrid), and runs in it what stage.sh gathers. The last
# line counts it all.
set -eu
cd "$(dirname "$0")/../.."
mode=${1:-v2}
[ $# = 0 ] || shift
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
vm/stage.sh "$stage" "$@"
vm/quick/boot.sh "$mode" "$stage"
