# What `docker run` can ask of a runtime. Sourced by docker.sh.
# shellcheck shell=bash

check docker "the runtime is the default one" <<'END'
is tried docker info -f '{{.DefaultRuntime}}'
END

check docker "run: no network, the host's, a bridge" <<'END'
is hello docker run --rm --network none box echo hello
is hello docker run --rm --network host box echo hello
docker run --rm box ip addr show eth0 | grep 'inet 172'
END

check docker "exit codes: the program's, a signal's" <<'END'
exits 7 run box sh -c 'exit 7'
exits 137 run --init box sh -c 'kill -9 $$'
END

check docker "exit code 127 where there is no program" <<'END'
exits 127 run box nosuch
exits 127 run box /nosuch
END

check docker "exit code 126 where it is not executable" <<'END'
exits 126 run box /etc/passwd
END

check docker "run -t: a terminal" <<'END'
is /dev/pts/0 on_pty docker run --rm --network none -t box tty
END

check docker "run -it: typing" <<'END'
(sleep 1; echo 'expr 6 \* 7'; sleep 1; echo exit) | script -qec 'docker run --rm --network none -it box sh' /dev/null | grep '^42'
END

check docker "run -t -u: the terminal is the user's" <<'END'
on_pty "docker run --rm --network none -t -u 1000 box sh -c 'echo yes > /dev/pts/0'" | grep '^yes'
END

check docker "run -u: /dev/stdout can be opened" <<'END'
is yes run -u 1000 box sh -c 'echo yes > /dev/stdout'
END

check docker "run -i: standard input" <<'END'
echo hello | is hello run -i box cat
END

check docker "run --hostname --env --workdir" <<'END'
is 'h v /tmp' run --hostname h -e K=v -w /tmp box sh -c 'echo $(hostname) $K $PWD'
END

check docker "run --read-only --tmpfs" <<'END'
run --read-only --tmpfs /tmp box sh -c 'echo a > /tmp/a && ! echo a > /a'
END

check docker "run -v: a directory, a file, read-only" <<'END'
echo data > "$WORK/file"
run -v "$WORK/file:/file:ro" -v "$WORK:/shared" box sh -c 'grep data /file && ! echo x >> /file && grep data /shared/file'
END

check docker "run -v: a named volume" <<'END'
run -v vol:/vol box sh -c 'echo kept > /vol/f'
is kept run -v vol:/vol box cat /vol/f
END

check docker "run --init" <<'END'
run --init box ps | grep init
END

check docker "run --pid, --ipc, --uts of the host" <<'END'
run --pid host --ipc host --uts host box true
END

check docker "run --pid, --ipc, --network of a container" <<'END'
docker run -d --name first --ipc shareable box sleep 1000
docker run --rm --pid container:first --ipc container:first --network container:first box ps | grep 'sleep 1000'
docker rm -f first
END

check docker "run --privileged" <<'END'
run --privileged box sh -c 'mount -t tmpfs x /mnt && mknod /tmp/d b 7 0'
END

check docker "run --cap-drop ALL, no-new-privileges" <<'END'
run --cap-drop ALL --security-opt no-new-privileges box cat /proc/self/status > "$WORK/status"
grep 'CapEff:.*0000000000000000' "$WORK/status"
grep 'NoNewPrivs:.*1' "$WORK/status"
END

check docker "the default seccomp profile holds" <<'END'
run box sh -c 'grep Seccomp:.*2 /proc/self/status && ! unshare -U true'
END

check docker "run --security-opt seccomp=unconfined" <<'END'
run --security-opt seccomp=unconfined box unshare -U true
END

check docker "run --sysctl --ulimit --shm-size" <<'END'
is 99 run --ulimit nofile=99:99 box sh -c 'ulimit -n'
is 1 run --sysctl net.ipv4.ip_forward=1 box cat /proc/sys/net/ipv4/ip_forward
run --shm-size 8m box df -k /dev/shm | grep ' 8192 '
END

check docker "run --device" <<'END'
is 4 run --device /dev/zero:/dev/nothing box sh -c 'head -c 4 /dev/nothing | wc -c'
END

check docker "run --group-add, --oom-score-adj, --mac-address" <<'END'
run --group-add 55 box id | grep 55
is 500 run --oom-score-adj 500 box cat /proc/self/oom_score_adj
END

check docker "build with RUN" <<'END'
printf 'FROM box\nRUN echo made > /made\nRUN test -f /made\nCMD cat /made\n' | DOCKER_BUILDKIT=0 docker build -t made -
is made run made
END

check docker "ten at once" <<'END'
for i in $(seq 10); do run box true & done
for job in $(jobs -p); do wait "$job"; done
END
