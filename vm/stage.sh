#!/bin/sh
# stage.sh DIR MODE [PACKAGE...]: fills DIR/job with what a virtual machine is to run, as /job/run: the programs, with cgroup v2 also
# checks.sh and the lessons, and the compiled tests of the packages, each in a copy of its source. Run in the project's directory.
set -eu
dir=$1 mode=$2
shift 2
export CGO_ENABLED=0 # a test is executed again inside containers, where no libraries are
[ $# -gt 0 ] || set -- ./kernel/... ./runtime/... ./engine/... ./network/... ./storage/... ./internal/truth ./test

mkdir -p "$dir/job/bin" "$dir/job/src"
cp bin/glassbox bin/glassbox-oci "$dir/job/bin/"
cp vm/inside.sh "$dir/job/run"
[ "$mode" != v2 ] || cp vm/checks.sh "$dir/job/"

# Tests read golden files beside them, and some of them the source.
tar -c --exclude=./bin --exclude=./.git --exclude=./storage/box/image . | tar -x -C "$dir/job/src"
go list -f '{{ if or .TestGoFiles .XTestGoFiles }}{{ .ImportPath }}{{ end }}' "$@" | while read -r package; do
	mkdir -p "$dir/job/src/${package#glassbox/}"
	go test -c -ldflags='-s -w' -o "$dir/job/src/${package#glassbox/}/this.test" "$package"
done
