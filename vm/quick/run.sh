#!/bin/sh
# run.sh [MODE [PACKAGE...]]: boots a machine with cgroups as MODE says (v2, v1, hybrid), and in it runs checks.sh, if it is v2,
# and the compiled tests of the packages. The last line counts them all.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
mode=${1:-v2}
export CGO_ENABLED=0 # a test is executed again inside containers, where no libraries are
[ $# = 0 ] || shift
[ $# -gt 0 ] || set -- ./kernel/... ./runtime/... ./engine/... ./network/... ./storage/... ./internal/truth

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/job/bin" "$stage/job/src"
cp bin/glassbox bin/glassbox-oci vm/quick/inside.sh "$stage/job/"
mv "$stage/job/glassbox" "$stage/job/glassbox-oci" "$stage/job/bin"
mv "$stage/job/inside.sh" "$stage/job/run"
[ "$mode" != v2 ] || cp vm/quick/checks.sh "$stage/job/"

# Tests read golden files beside them, and some of them the source.
tar -c --exclude=./bin --exclude=./.git --exclude=./storage/box/image . | tar -x -C "$stage/job/src"
go list -f '{{ if or .TestGoFiles .XTestGoFiles }}{{ .ImportPath }}{{ end }}' "$@" | while read -r package; do
	mkdir -p "$stage/job/src/${package#glassbox/}"
	go test -c -ldflags='-s -w' -o "$stage/job/src/${package#glassbox/}/this.test" "$package"
done
vm/quick/boot.sh "$mode" "$stage"
