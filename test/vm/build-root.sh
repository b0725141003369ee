#!/bin/sh
# build-root.sh SUITE KERNEL MIRROR OUT NEWER MODULE: the disk of a guest, from the packages of a Debian SUITE.
#
# Makes OUT/root.img (ext4, a Debian root with its bpftrace), OUT/vmlinuz (the newest KERNEL, such as 6.1, of the suite),
# OUT/initrd.cpio.gz (busybox and the modules that find the disk), and at last OUT/made-of, the versions of what matters.
# NEWER is a later suite whose bpftrace goes beside the root's own, at /opt/NEWER/bpftrace, with all the libraries it is
# linked to. MODULE is a folder with a kernel module's source, built with the suite's own compiler and put in
# /opt/modules. Either may be empty. Needs root, debootstrap, mke2fs and cpio.
set -eu
suite=$1 kernel=$2 mirror=$3 out=$4 newer=$5 module=$6
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
root=$work/root
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
# A mirror may be a snapshot, past the date until which its index is called valid.
apt='chroot '$root' apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Check-Valid-Until=false --no-install-recommends'

say() { echo "  $suite: $*" >&2; }

say 'base system'
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }

# The kernel that people run is the one with the fixes; unstable has none apart.
if [ "$suite" != sid ]; then
  echo "deb $mirror-security $suite-security main" >"$root/etc/apt/sources.list.d/security.list"
fi
$apt update >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }

say 'bpftrace, Python, file system tools, perf, sshd'
# No service is started while it is installed: it would be one of this host.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
$apt install -y bpftrace python3 xfsprogs e2fsprogs kmod perl procps linux-perf linux-base iputils-ping iproute2 openssh-server \
  >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
# Each guest makes keys of its own.
rm -f "$root"/etc/ssh/ssh_host_* "$root/usr/sbin/policy-rc.d"
# One that needs no library: what a host calls busybox may need its own.
chroot "$root" sh -c 'cd /tmp && apt-get -qq -o APT::Sandbox::User=root download busybox-static && dpkg-deb -x busybox-static_*.deb busybox' \
  >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
mkdir -p "$work/initrd/bin"
cp "$(find "$root/tmp/busybox" -type f -name busybox)" "$work/initrd/bin/busybox"
rm -rf "$root"/tmp/busybox*
chroot "$root" sh -c 'dpkg-query -W -f "\${Package} \${Version}\n" bpftrace python3 xfsprogs' >"$work/made-of"

say 'kernel'
# The newest that the mirror really holds: its index may be ahead of its pool.
for image in $(chroot "$root" apt-cache pkgnames linux-image- | grep -E "^linux-image-$kernel[.][0-9].*-cloud-amd64\$" | sort -rV); do
  $apt install -y --download-only "$image" >"$work/log" 2>&1 && break
done
ls "$root"/var/cache/apt/archives/linux-image-*.deb >/dev/null || { tail -5 "$work/log" >&2; exit 1; }
for package in "$root"/var/cache/apt/archives/linux-*.deb; do dpkg-deb -x "$package" "$work/kernel"; done
# From 7.0 on Debian keeps modules in /usr/lib, before in /lib.
modules=$(ls -d "$work"/kernel/lib/modules/*/ "$work"/kernel/usr/lib/modules/*/ 2>/dev/null | head -1)
release=$(basename "$modules")
cp "$(find "$work/kernel" -name "vmlinuz*" -type f | head -1)" "$out/vmlinuz.new"
echo "linux $release" >>"$work/made-of"

say "modules of $release"
mkdir -p "$root/lib/modules/$release"
cp -r "$modules"/. "$root/lib/modules/$release"
chroot "$root" depmod "$release"
# What the guest needs, with all it depends on; what is built in shows no file.
needed() {
  for name in "$@"; do chroot "$root" modprobe -S "$release" --show-depends "$name" 2>/dev/null || true; done |
    sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}
needed virtio_blk virtio_pci ext4 crc32c_generic crc32c_intel libcrc32c >"$work/boot-modules"
needed virtio_blk virtio_pci ext4 xfs loop virtio_net crc32c_generic crc32c_intel libcrc32c overlay >"$work/modules"
(cd "$root" && tar cf "$work/modules.tar" $(sed 's:^/::' "$work/modules"))
rm -rf "$root/lib/modules/$release"
tar xf "$work/modules.tar" -C "$root"
chroot "$root" depmod "$release" 2>/dev/null

if [ -n "$module" ]; then
  say "module $(basename "$module")"
  cp -r "$module" "$root/tmp/module"
  { $apt install -y "linux-headers-$release" make && chroot "$root" make -C "/usr/src/linux-headers-$release" M=/tmp/module modules; } \
    >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
  mkdir -p "$root/opt/modules"
  cp "$root"/tmp/module/*.ko "$root/opt/modules"
  # Only the module is wanted, not what built it.
  rm -rf "$root/tmp/module"
  $apt purge -y --autoremove "linux-headers-$release" make >"$work/log" 2>&1
fi

if [ -n "$newer" ]; then
  say "bpftrace of $newer"
  mkdir -p "$root/tmp/newer/lists/partial" "$root/tmp/newer/archives/partial" "$root/opt/$newer"
  echo "deb $mirror $newer main" >"$root/tmp/newer/sources.list"
  # With nothing counted as installed, the package comes with everything it stands on.
  set -- -o Dir::State::status=/dev/null -o Dir::State::lists=/tmp/newer/lists -o Dir::Etc::SourceParts=- \
    -o Dir::Etc::SourceList=/tmp/newer/sources.list -o Dir::Cache::archives=/tmp/newer/archives
  { $apt "$@" update && $apt "$@" install -y --download-only bpftrace; } >"$work/log" 2>&1 || { tail -5 "$work/log" >&2; exit 1; }
  for package in "$root"/tmp/newer/archives/*.deb; do dpkg-deb -x "$package" "$root/opt/$newer"; done
  rm -rf "$root/tmp/newer" "$root/opt/$newer/usr/share" "$root/opt/$newer/var"
  cat >"$root/opt/$newer/bpftrace" <<END
#!/bin/sh
# Its own loader and libraries: those of this root are older.
exec /opt/$newer/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 \\
  --library-path /opt/$newer/usr/lib/x86_64-linux-gnu:/opt/$newer/lib/x86_64-linux-gnu /opt/$newer/usr/bin/bpftrace "\$@"
END
  chmod +x "$root/opt/$newer/bpftrace"
fi

say 'disk image'
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/doc "$root"/usr/share/locale "$root"/usr/share/man
mkdir -p "$root/tool"
echo guest >"$root/etc/hostname"
rm -f "$out/root.img.new"
mke2fs -q -t ext4 -d "$root" -L root "$out/root.img.new" "$(($(du -sm "$root" | cut -f1) + 900))M"

mkdir -p "$work/initrd/modules" "$work/initrd/proc" "$work/initrd/dev" "$work/initrd/root"
number=10
while read -r file; do
  cp "$root$file" "$work/initrd/modules/$number-$(basename "$file")"
  number=$((number + 1))
done <"$work/boot-modules"
cat >"$work/initrd/init" <<'END'
#!/bin/busybox sh
export PATH=/bin
busybox mount -t proc proc /proc
busybox mount -t devtmpfs dev /dev
for module in /modules/*; do
  case $module in *.xz) busybox unxz "$module"; module=${module%.xz} ;; esac
  busybox insmod "$module"
done
for try in 1 2 3 4 5 6 7 8 9; do [ -b /dev/vdb ] && break; busybox sleep 1; done
busybox mount -t ext4 /dev/vda /root || busybox poweroff -f
busybox mount -t ext4 -o ro /dev/vdb /root/tool || busybox poweroff -f
exec busybox switch_root /root /tool/guest/init
END
chmod +x "$work/initrd/init"
(cd "$work/initrd" && find . | cpio -o -H newc --quiet | gzip -1) >"$out/initrd.cpio.gz.new"

for file in vmlinuz root.img initrd.cpio.gz; do mv "$out/$file.new" "$out/$file"; done
cp "$work/made-of" "$out/made-of"
