#!/bin/sh
# customize.sh ROOT KEY: what makes the fresh Debian in ROOT the lab: its name, network, who may log in, and no waiting.
set -eu
root=$1

echo glassbox >"$root/etc/hostname"
echo '127.0.0.1 localhost glassbox' >"$root/etc/hosts"
echo '/dev/vda / ext4 rw,relatime 0 1' >"$root/etc/fstab"
mkdir -p "$root/root/.ssh" "$root/etc/systemd/network"
install -m 600 "$2" "$root/root/.ssh/authorized_keys"
printf '[Match]\nName=en*\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n' >"$root/etc/systemd/network/lan.network"
ln -sf /usr/lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/"

# The console logs root in: it can be reached by who started qemu, nobody else.
mkdir -p "$root/etc/systemd/system/serial-getty@ttyS0.service.d"
# shellcheck disable=SC2016 # $TERM is systemd's
printf '[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin root --keep-baud 115200 - $TERM\n' \
	>"$root/etc/systemd/system/serial-getty@ttyS0.service.d/login.conf"
for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service systemd-networkd-wait-online.service; do
	ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# A swap file, so that memory and swap can be told apart; a second disk of the host for the lessons on devices.
cat >"$root/etc/systemd/system/lab.service" <<'END'
[Unit]
Description=Compressed swap, which is also a disk that containers must not touch
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'modprobe zram && echo 128M >/sys/block/zram0/disksize && mkswap -q /dev/zram0 && swapon /dev/zram0'
[Install]
WantedBy=multi-user.target
END
ln -sf ../lab.service "$root/etc/systemd/system/multi-user.target.wants/lab.service"
cat >"$root/etc/motd" <<'END'

Glassbox's lab. Nothing that you do here can hurt the machine around it: `make vm-reset` starts over.
  glassbox run -it box sh       glassbox lesson       glassbox doctor

END
