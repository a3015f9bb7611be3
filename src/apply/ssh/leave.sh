# Removes from a machine what kmodel brought and installed: units, files, programs, data. Packages and users stay.
set -u
plan=/etc/kmodel/machine
state=/var/lib/kmodel
fields() { sed -n "s/^$1|//p" "$plan" 2>/dev/null; }
boot=$(sed -n 's/^ExecStart=//p' /etc/systemd/system/kmodel-boot.service 2>/dev/null)

systemctl disable --now kmodel-boot.service kmodel-bootstrap.service >/dev/null 2>&1
units=$(fields unit | cut -d'|' -f1 | tac)
for unit in $units; do systemctl disable --now "$unit" >/dev/null 2>&1; done

# Containers outlive the runtime that started them.
for group in kubepods.slice kubepods-burstable.slice kubepods-besteffort.slice; do systemctl stop "$group" >/dev/null 2>&1; done
find /sys/fs/cgroup -path '*kubepods*' -name cgroup.procs -exec cat {} + 2>/dev/null | xargs -r kill -9 2>/dev/null
sleep 1
awk '$2 ~ "^/(var/lib/kubelet|var/lib/containerd|run/containerd|run/netns/cni-)" { print $2 }' /proc/mounts | sort -r |
  while IFS= read -r mount; do umount -l -- "$(printf '%b' "$mount")" 2>/dev/null; done
for link in cni0 flannel.1 flannel-v6.1 flannel-wg cilium_host cilium_vxlan vxlan.calico kube-ipvs0; do ip link delete "$link" 2>/dev/null; done

# A folder that is mounted is emptied and stays.
clear() { # FOLDER
  case $1 in
    /*/*) ;;
    *) return ;;
  esac
  case $1 in *..*) return ;; esac
  if mountpoint -q -- "$1" 2>/dev/null; then
    find "$1" -xdev -mindepth 1 -delete
  else
    rm -rf --one-file-system -- "$1"
  fi
}

failed=0
{ fields member | cut -d'|' -f3; cat "$state/files" 2>/dev/null; } | while IFS= read -r path; do
  case $path in /*) rm -f -- "$path" ;; esac
done
fields extract | cut -d'|' -f2 | while IFS= read -r path; do clear "$path"; done
fields directory | cut -d'|' -f3 | while IFS= read -r path; do clear "$path"; done
for unit in $units; do rmdir "/etc/systemd/system/$unit.d" 2>/dev/null; done
for path in $(fields directory | cut -d'|' -f3); do [ ! -e "$path" ] || mountpoint -q "$path" || failed=1; done
rm -rf /etc/kmodel /run/kmodel /var/cache/kmodel
systemctl daemon-reload
systemctl reset-failed >/dev/null 2>&1
[ -z "$boot" ] || rmdir "${boot%/*}" 2>/dev/null
[ "$failed" -eq 0 ] || { echo 'a folder with data is in use: see which program holds it, or reboot the machine' >&2; exit 1; }
# Last, so that a run that was cut off is taken up again.
rm -rf "$state"
