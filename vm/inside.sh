#!/bin/sh
# inside.sh is /job/run of `make vm-quick` and `make test-vm`: the checks, where cgroups are of version 2; each compiled test in its package's
# directory; the lessons. What passes is counted; what fails or skips is shown. The last line counts it all.
set -u
export PATH=/job/bin:/usr/sbin:/usr/bin:/sbin:/bin GLASSBOX_BIN=/job/bin HOME=/root TMPDIR=/tmp
counts=/tmp/counts
: >$counts

# What this machine was made for must not be skipped in it.
must=root
[ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || must=$must,cgroup2
[ ! -d /run/systemd/system ] || must=$must,systemd
export MUST_RUN=$must

seconds() { cut -d . -f 1 /proc/uptime; }

case $must in
*cgroup2*)
	start=$(seconds)
	{ /job/checks.sh; echo $? >/tmp/status; } 2>&1 | tee /tmp/checks
	status=$(cat /tmp/status)
	# A script that broke off has printed no plan.
	awk -v status="$status" '/^ok .*# SKIP/ { s++; next } /^ok / { p++ } /^not ok / { f++ } /^1\.\./ { plan = 1 }
		END { if (!plan || status && !f) f++; print p + 0, f + 0, s + 0 }' /tmp/checks >>$counts
	echo "# checks: status $status, $(($(seconds) - start)) s"
	;;
esac

echo 0 >/proc/sys/net/ipv4/ip_forward # the checks have switched it on, and new network namespaces take it over

# `go test -v` writes what a test and its subtests say between "=== RUN" and its verdict, which those of its subtests follow.
# shellcheck disable=SC2016 # for awk
tally='
/^=== RUN/ { if ($3 !~ /\//) held = ""; next }
/^=== (PAUSE|CONT|NAME)/ { next }
/^--- / { said = held; held = "" }
/^ *--- PASS/ { passed++; next }
/^ *--- (SKIP|FAIL)/ { if (/FAIL/) failed++; else skipped++; printf "%s%s\n", said, $0; said = ""; next }
/^(PASS|FAIL|ok|coverage:)/ { next }
{ held = held $0 "\n" }
END {
	if (status != 0) printf "%s", held # a panic, a time-out
	if (status != 0 && failed == 0) failed = 1
	print passed + 0, failed + 0, skipped + 0 >>counts
}'
for test in $(find /job/src -name this.test | sort); do
	cd "${test%/*}" || exit
	start=$(seconds)
	only=$(cat /job/tests)
	# Emulated, all end-to-end tests take an hour: unless asked for (TESTS=.), those that are about systemd and the kernel have to do.
	if [ -z "$only$(grep -L 'QEMU TCG' /proc/cpuinfo)" ] && [ "$PWD" = /job/src/test ]; then only='Systemd|Doctor|Xray|Ordinary'; fi
	./this.test -test.v -test.timeout 90m -test.run "$only" >/tmp/out 2>&1
	status=$?
	awk -v status="$status" -v counts=$counts "$tally" /tmp/out
	echo "# ${PWD#/job/src/}: status $status, $(($(seconds) - start)) s"
done

lessons=$(cat /job/lessons)
if [ "$lessons" != none ]; then
	start=$(seconds)
	# shellcheck disable=SC2086 # a word for each lesson
	{ glassbox lesson check $lessons; echo $? >/tmp/status; } 2>&1 | tee /tmp/lessons
	status=$(cat /tmp/status)
	awk -v status="$status" '/^[0-9]+ passed/ { gsub(",", ""); p = $1; f = $3; s = $5 }
		END { if (status && !f) f = 1; print p + 0, f + 0, s + 0 }' /tmp/lessons >>$counts
	echo "# lessons: status $status, $(($(seconds) - start)) s"
fi

awk '{ p += $1; f += $2; s += $3 } END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 }' $counts
