# The life of a container under Docker: limits, exec, pause, logs, stop, restart, networks. Sourced by docker.sh.
# shellcheck shell=bash

check docker "limits arrive in the cgroup" <<'END'
docker run -d --name lim --network none -m 64m --cpu-shares 512 --pids-limit 50 --cpuset-cpus 0 box sleep 1000
is 67108864 limit memory.limit_in_bytes memory.max "$(group lim)"
is 50 limit pids.max pids.max "$(group lim)"
is 0 limit cpuset.cpus cpuset.cpus "$(group lim)"
END

check docker "update: more, then less" <<'END'
docker update -m 200m --memory-swap 300m --pids-limit 70 --cpu-quota 20000 lim
is 209715200 limit memory.limit_in_bytes memory.max "$(group lim)"
is 70 limit pids.max pids.max "$(group lim)"
docker update -m 32m --memory-swap 48m lim
is 33554432 limit memory.limit_in_bytes memory.max "$(group lim)"
END

check docker "stats" <<'END'
docker stats --no-stream --format '{{.PIDs}} {{.MemUsage}}' lim | grep '^1 .*32MiB'
END

check docker "the OOM killer is told of" <<'END'
docker run --name oom --network none -m 16m box sh -c 'head -c 64m /dev/zero | tail; sleep 1' || true
eventually is true state State.OOMKilled oom
END

check docker "exec: output, exit codes" <<'END'
is hello docker exec lim echo hello
exits 3 docker exec lim sh -c 'exit 3'
! docker exec lim nosuch > "$WORK/why" 2>&1
grep 'executable file not found in $PATH' "$WORK/why"
exits 126 docker exec lim /etc/passwd
END

check docker "exec -i -u -w -e" <<'END'
echo in | is '1000 /tmp v in' docker exec -i -u 1000 -w /tmp -e K=v lim sh -c 'echo $(id -u) $PWD $K $(cat)'
END

check docker "exec -t" <<'END'
on_pty docker exec -t lim tty | grep ^/dev/pts/
END

check docker "exec -d, top" <<'END'
docker exec -d lim sleep 999
eventually eval 'docker top lim | grep "sleep 999"'
END

check docker "exec --privileged" <<'END'
mask() { sed -n 's/^CapEff:[[:space:]]*/0x/p'; }
plain=$(docker exec lim cat /proc/self/status | mask)
privileged=$(docker exec --privileged lim cat /proc/self/status | mask)
[ $((plain >> 21 & 1)) = 0 ] && [ $((privileged >> 21 & 1)) = 1 ] # CAP_SYS_ADMIN
END

check docker "pause, unpause" <<'END'
docker pause lim
is paused state State.Status lim
docker unpause lim
docker exec lim true
END

check docker "rm -f of a paused one" <<'END'
docker pause lim
docker rm -f lim
END

check docker "logs" <<'END'
docker run --name logs --network none box sh -c 'echo out; echo err >&2'
docker logs logs > "$WORK/out" 2> "$WORK/err"
is out cat "$WORK/out"
is err cat "$WORK/err"
END

check docker "attach, start -a" <<'END'
docker run -d --name end --network none box sh -c 'sleep 1; echo attached; exit 4'
(exits 4 docker attach end) | grep attached
(exits 4 docker start -a end) | grep attached
END

check docker "stop asks" <<'END'
docker run -d --name stop --network none box sh -c 'trap "exit 5" TERM; echo ready; while :; do sleep 0.1; done'
eventually eval 'docker logs stop | grep ready'
docker stop stop
is 5 state State.ExitCode stop
END

check docker "stop kills in the end" <<'END'
docker run -d --name deaf --network none box sleep 1000
docker stop -t 1 deaf
is 137 state State.ExitCode deaf
END

check docker "start again, restart, kill, wait" <<'END'
docker start stop
docker restart -t 1 stop
docker kill stop
is 137 docker wait stop
END

check docker "cp" <<'END'
docker cp stop:/etc/passwd "$WORK/passwd"
grep root "$WORK/passwd"
END

check docker "restart=on-failure:3" <<'END'
docker run -d --name fail --restart on-failure:3 --network none box false
eventually is '3 exited' docker inspect -f '{{.RestartCount}} {{.State.Status}}' fail
END

check docker "restart=always" <<'END'
docker run -d --name again --restart always --network none box sleep 0.2
eventually eval '[ "$(state RestartCount again)" -ge 2 ]'
docker rm -f again
END

check docker "a program that can not be run is no restart loop" <<'END'
exits 127 docker run -d --name never --restart always --network none box nosuch
END

check docker "health check" <<'END'
docker run -d --name health --network none --health-cmd true --health-interval 1s box sleep 1000
eventually is healthy state State.Health.Status health
END

check docker "a published port is reached" <<'END'
docker run -d --name web -p 8080:80 box httpd -f -h /etc
fetch() { exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /passwd HTTP/1.0\r\n\r\n' >&3 && grep root <&3; }
eventually fetch
END

check docker "containers find each other by name" <<'END'
docker network create net
docker run -d --name one --network net box sleep 1000
docker run --rm --network net box ping -c 1 one
END

check docker "network connect" <<'END'
docker network connect bridge one
docker exec one ip addr show eth1 | grep inet
END
