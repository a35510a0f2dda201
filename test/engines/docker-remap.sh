# Docker with --userns-remap: every container has a user namespace. A second daemon, without a bridge. Sourced by docker.sh.
# shellcheck shell=bash

chmod 711 "$WORK" "$(dirname "$WORK")"
for file in subuid subgid; do
	printf 'nobody:100000:65536\nnogroup:100000:65536\n' >"$WORK/$file"
	mount --bind "$WORK/$file" "/etc/$file"
done
start_dockerd remap --userns-remap nobody:nogroup --bridge none

check remap "root inside is nobody outside" <<'END'
run box cat /proc/self/uid_map | grep '0 *100000 *65536'
END

check remap "run -t -u" <<'END'
on_pty "docker run --rm --network none -t -u 1000 box sh -c 'echo yes > /dev/pts/0'" | grep '^yes'
END

check remap "a volume is writable" <<'END'
run -v vol:/vol box sh -c 'echo kept > /vol/f'
is kept run -v vol:/vol box cat /vol/f
END

check remap "exec, exec -t, pause" <<'END'
docker run -d --name long --network none box sleep 1000
is 0 docker exec long id -u
on_pty docker exec -t long tty | grep ^/dev/pts/
docker pause long
docker unpause long
docker rm -f long
END

check remap "run --userns host --privileged" <<'END'
run --userns host --privileged box mount -t tmpfs x /mnt
END
