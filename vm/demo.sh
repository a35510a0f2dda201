#!/bin/sh
# demo.sh: one container from birth to end, every step told. `make demo` builds the programs and runs this as root.
set -eu
cd "$(dirname "$0")/.."

# In the container: its processes, its network, its memory limit as the kernel keeps it.
# shellcheck disable=SC2016 # expanded in the container
bin/glassbox run --rm --explain --memory 64m --cpus 0.5 --pids-limit 64 box sh -c '
	echo
	echo "hello from $(hostname), process $$"
	ps
	ip -4 addr show eth0
	mount | head -1
'

cat <<'END'

That was one container. What to try next (as root):
  bin/glassbox run -it box sh                    a shell in a container
  bin/glassbox run --rm --step box echo hi       stop before every step; ? explains
  bin/glassbox run --rm --dry-run box echo hi    the whole plan, nothing done
  bin/glassbox run --rm --script box echo hi     the same container as a shell script
  bin/glassbox lesson                            the course
END
