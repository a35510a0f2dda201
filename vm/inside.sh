#!/bin/sh
# inside.sh is /job/run of `make vm-quick` and `make test-vm`: the checks, and each compiled test in its package's directory. What passes is
# counted; what fails or skips is shown.
set -u
export PATH=/job/bin:/usr/sbin:/usr/bin:/sbin:/bin GLASSBOX_BIN=/job/bin HOME=/root TMPDIR=/tmp
counts=/tmp/counts
: >$counts

if [ -e /job/checks.sh ]; then
	/job/checks.sh | tee /tmp/checks
	awk '/^ok .*# SKIP/ { s++; next } /^ok / { p++ } /^not ok / { f++ } END { print p + 0, f + 0, s + 0 }' /tmp/checks >>$counts
fi

echo 0 >/proc/sys/net/ipv4/ip_forward # the checks have switched it on, and new network namespaces take it over

# shellcheck disable=SC2016 # for awk
# `go test -v` writes a test's output between "=== RUN" and "--- PASS: name".
tally='
/^=== RUN/ { held = ""; next }
/^=== (PAUSE|CONT|NAME)/ { next }
/^ *--- PASS/ { passed++; held = ""; next }
/^ *--- SKIP/ { skipped++; printf "%s%s\n", held, $0; held = ""; next }
/^ *--- FAIL/ { failed++; printf "%s%s\n", held, $0; held = ""; next }
/^(PASS|FAIL|ok|coverage:)/ { next }
{ held = held $0 "\n" }
END {
	if (status != 0) printf "%s", held # a panic, a time-out
	if (status != 0 && failed == 0) failed = 1
	print passed + 0, failed + 0, skipped + 0 >>counts
}'
for test in $(find /job/src -name this.test | sort); do
	cd "${test%/*}" || exit
	start=$(cut -d . -f 1 /proc/uptime)
	# Emulated, all end-to-end tests take an hour: those that are about systemd and the kernel have to do.
	only=.
	[ "$PWD" != /job/src/test ] || only='Systemd|Doctor|Xray|Ordinary'
	./this.test -test.v -test.timeout 600s -test.run "$only" >/tmp/out 2>&1
	status=$?
	echo "# ${PWD#/job/src/}: status $status, $(($(cut -d . -f 1 /proc/uptime) - start)) s"
	awk -v status=$status -v counts=$counts "$tally" /tmp/out
done

if [ -e /job/checks.sh ]; then
	glassbox lesson check --all 2>&1 | tee /tmp/lessons
	awk '/^[0-9]+ passed/ { gsub(",", ""); print $1, $3, $5 }' /tmp/lessons >>$counts
fi

awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' $counts
