#!/bin/bash
# A machine: the files of this one with changes of its own, an SSH server on a port of loopback, and a `systemctl` that stands
# for systemd. It ends with this process.
#   machine.sh FOLDER PORT SYSTEMCTL KEY.PUB
set -eu
dir=$1 port=$2 systemctl=$3 key=$4
mount -t tmpfs tmpfs "$dir"
mkdir -p "$dir/upper/usr/bin" "$dir/upper/root/.ssh" "$dir/work" "$dir/root"
install -m 755 "$systemctl" "$dir/upper/usr/bin/systemctl"
install -m 600 "$key" "$dir/upper/root/.ssh/authorized_keys"
chmod 700 "$dir/upper/root" "$dir/upper/root/.ssh"
mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"
cd "$dir/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p run/sshd run/systemd/system var/lib/kmodel-test
ssh-keygen -q -t ed25519 -N '' -f run/host_key
# A user who becomes root with a password, and one who needs none.
for user in asked free; do
  chroot . useradd -m -s /bin/sh "$user"
  install -D -m 600 "$key" "home/$user/.ssh/authorized_keys"
  chroot . chown -R "$user" "/home/$user"
done
# Without a password an account is locked.
printf 'asked:secret\nfree:secret\n' | chroot . chpasswd
printf 'asked ALL=(ALL) ALL\nfree ALL=(ALL) NOPASSWD: ALL\n' >etc/sudoers.d/kmodel-test
exec chroot . /usr/sbin/sshd -D -e -f /dev/null -p "$port" -h /run/host_key -o ListenAddress=127.0.0.1 -o PidFile=none \
  -o UsePAM=no -o PermitRootLogin=yes -o StrictModes=no
