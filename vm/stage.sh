#!/bin/sh
# stage.sh DIR [PACKAGE...]: fills DIR/job with what a virtual machine is to run, as /job/run: the programs, checks.sh, and the compiled
# tests of the packages, each in a copy of its source. TESTS is a regular expression for the tests' names, LESSONS says which lessons ("02",
# "none"; default: all). Run in the project's directory, as who builds: nothing in here needs root.
set -eu
dir=$1
shift
export CGO_ENABLED=0 # a test is executed again inside containers, where no libraries are
[ $# -gt 0 ] || set -- ./kernel/... ./runtime/... ./engine/... ./network/... ./storage/... ./internal/truth ./test

mkdir -p "$dir/job/bin" "$dir/job/src"
cp bin/glassbox bin/glassbox-images bin/glassbox-oci "$dir/job/bin/"
cp vm/inside.sh "$dir/job/run"
cp vm/checks.sh "$dir/job/"
echo "${LESSONS:---all}" >"$dir/job/lessons"
echo "${TESTS:-}" >"$dir/job/tests"

# Tests read golden files beside them, and some of them the source.
tar -c --exclude=./bin --exclude=./.git --exclude=./storage/box/image . | tar -x -C "$dir/job/src"
go list -f '{{ if or .TestGoFiles .XTestGoFiles }}{{ .ImportPath }}{{ end }}' "$@" | while read -r package; do
	mkdir -p "$dir/job/src/${package#glassbox/}"
	go test -c -ldflags='-s -w' -o "$dir/job/src/${package#glassbox/}/this.test" "$package"
done
