# Removes from a machine what kmodel brought and installed: units, files, programs, data. Packages and users stay.
set -u
plan=/etc/kmodel/machine
state=/var/lib/kmodel
fields() { sed -n "s/^$1|//p" "$plan" 2>/dev/null; }
boot=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/kmodel-boot.service 2>/dev/null)

systemctl disable --now kmodel-boot.service kmodel-bootstrap.service >/dev/null 2>&1
units=$(fields unit | cut -d'|' -f1 | tac)
folders=$(fields directory | cut -d'|' -f3)
files=$(cat "$state/files" "$state/installed" 2>/dev/null)
for unit in $units; do systemctl disable --now "$unit" >/dev/null 2>&1; done

# Containers outlive the runtime that started them.
for group in kubepods.slice kubepods-burstable.slice kubepods-besteffort.slice; do systemctl stop "$group" >/dev/null 2>&1; done
find /sys/fs/cgroup -path "*kubepods*" -name cgroup.procs -exec cat {} + 2>/dev/null |
  while read -r process; do kill -9 "$process" 2>/dev/null; done
sleep 1
awk '$2 ~ "^/(var/lib/kubelet|var/lib/containerd|run/containerd|var/lib/containers|run/containers|run/netns/cni-)" { print $2 }' /proc/mounts | sort -r |
  while IFS= read -r mount; do umount -l -- "$(printf '%b' "$mount")" 2>/dev/null; done
for link in cni0 flannel.1 flannel-v6.1 flannel-wg cilium_host cilium_vxlan vxlan.calico kube-ipvs0; do ip link delete "$link" 2>/dev/null; done

# Data goes; a folder that the system has too, or where others have files, loses only what is empty; one that is mounted stays.
wipe() { # FOLDER
  case $1 in
    *..* | *//* | '') ;;
    /etc/* | /usr/* | /bin/* | /sbin/* | /lib*/* | /boot/* | /home/* | /root/* | /dev/* | /proc/* | /sys/*)
      find "$1" -xdev -depth -type d -empty -delete 2>/dev/null ;;
    /var/lib | /var/log | /var/cache | /var/spool | /var/tmp | /var/run | /run/systemd*) ;;
    /*/*)
      if mountpoint -q -- "$1" 2>/dev/null; then
        find "$1" -xdev -mindepth 1 -delete
      else
        rm -rf --one-file-system -- "$1"
      fi ;;
  esac
}

printf '%s\n' "$files" | while IFS= read -r path; do
  # The plan goes last: a run that was cut off reads it again.
  case $path in /etc/kmodel/* | "$state"/*) ;; /*) rm -f -- "$path" ;; esac
done
printf '%s\n' "$folders" | while IFS= read -r path; do wipe "${path%/}"; done
left=$(printf '%s\n' "$folders" | while IFS= read -r path; do
  case $path in /var/lib/*) [ ! -e "$path" ] || mountpoint -q -- "$path" || echo "$path" ;; esac
done)
for unit in $units; do rmdir "/etc/systemd/system/$unit.d" 2>/dev/null; done
systemctl daemon-reload
systemctl reset-failed >/dev/null 2>&1
for folder in "${boot%/*}" /usr/local/lib/kmodel /opt/kmodel; do
  [ -z "$folder" ] || find "$folder" -depth -type d -empty -delete 2>/dev/null
done
[ -z "$left" ] || { echo "in use, so not removed: $(echo "$left" | head -n 1); see which program holds it, or reboot" >&2; exit 1; }
# Last, so that a run that was cut off is taken up again.
rm -rf /run/kmodel /var/cache/kmodel /etc/kmodel "$state"
