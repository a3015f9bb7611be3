#!/bin/bash
# Makes file systems on disks that are empty, and mounts them. What has data is never formatted: a device with anything on it that is
# not what the model says is an error.
#
# Reads the lines of /etc/kmodel/machine that begin with `disk` and `volume`. May be run again at any time.
# Exit: 0 ready, 1 failed and worth another try, 2 failed, and trying again does not help. The last line says why.
set -u -o pipefail
export LC_ALL=C

readonly ROOT=${KMODEL_ROOT:-} # only tests set it
readonly PLAN=$ROOT/etc/kmodel/machine
readonly WAIT=${KMODEL_WAIT:-60} # seconds for a device to be there

fail() {
  printf '%s\n' "$1"
  exit "${2:-1}"
}

present() { # DEVICE: the device of this name, in DEVICE
  local begin=$SECONDS
  until DEVICE=$(named "$1"); do
    [ $((SECONDS - begin)) -lt "$WAIT" ] || fail "the device $1 is not there"
    sleep 1
  done
}

# AWS attaches /dev/sdf, and the kernel calls it /dev/xvdf (Xen) or gives NVMe devices numbers in any order (Nitro). Such a device says its
# name in the part of its identity that is its maker's: 32 bytes at 3072 (amazonlinux/amazon-ec2-utils, ebsnvme-id).
named() { # NAME: its device
  local model device name
  if [ -e "$ROOT$1" ]; then printf '%s' "$1" && return; fi
  case $1 in /dev/sd?) ;; *) return 1 ;; esac
  name=${1#/dev/sd}
  if [ -e "$ROOT/dev/xvd$name" ]; then printf '%s' "/dev/xvd$name" && return; fi
  for model in "$ROOT"/sys/block/nvme*/device/model; do
    grep -qs '^Amazon Elastic Block Store' "$model" || continue
    device=${model%/device/model}
    device=/dev/${device##*/}
    case $(nvme id-ctrl --raw-binary "$ROOT$device" 2>/dev/null | tail -c +3073 | head -c 32 | tr -d '\0 ') in
      "/dev/sd$name" | "sd$name" | "/dev/xvd$name" | "xvd$name") printf '%s' "$device" && return ;;
    esac
  done
  return 1
}

# blkid -p reads the device itself: 0 something is there, 2 nothing, else it is not certain.
found() { # DEVICE TAG: its value, empty if nothing is there
  local value code
  value=$(blkid -p -s "$2" -o value -- "$ROOT$1" 2>/dev/null)
  code=$?
  case $code in
    0) printf '%s' "$value" ;;
    2) ;;
    *) return 1 ;;
  esac
}

is_empty() { # DEVICE; what cannot be read is not empty
  head -c 4096 -- "$ROOT$1" >/dev/null 2>&1 || fail "cannot read $1"
  blkid -p -- "$ROOT$1" >/dev/null 2>&1
  [ $? -eq 2 ]
}

part() { # DEVICE NUMBER: the device of a partition
  local device
  if [ "$2" = 0 ]; then printf '%s' "$1" && return; fi
  device=$(readlink -f -- "$ROOT$1")
  device=${device#"$ROOT"}
  case $device in
    *[0-9]) printf '%sp%s' "$device" "$2" ;;
    *) printf '%s%s' "$device" "$2" ;;
  esac
}

# A share is a part of the disk in percent; the last partition takes what is left.
disk() { # DEVICE SHARES [BYTES]
  local table bytes share lines='label: gpt'
  [ -z "$3" ] || GROWING+=" $1 "
  present "$1"
  set -- "$DEVICE" "$2"
  [ -n "$2" ] || return 0
  table=$(found "$1" PTTYPE) || fail "cannot tell what is on $1: it is not changed" 2
  [ -z "$table" ] || return 0
  is_empty "$1" || fail "$1 has a file system, so no partitions are made on it: empty it with \`wipefs --all $1\` if its data is not needed" 2
  bytes=$(blockdev --getsize64 "$ROOT$1") || fail "cannot read the size of $1"
  for share in ${2//,/ }; do
    lines+=$'\n'
    case $share in
      rest) lines+='type=linux' ;;
      *) lines+="size=$((bytes / 1048576 * share / 100))MiB, type=linux" ;;
    esac
  done
  sfdisk --quiet --wipe never "$ROOT$1" <<<"$lines" >/dev/null || fail "cannot make partitions on $1"
  udevadm settle 2>/dev/null || true
}

volume() { # DEVICE NUMBER FORMAT LABEL UNIT
  local device type label
  present "$1"
  device=$(part "$DEVICE" "$2")
  present "$device"
  if is_empty "$device"; then
    "mkfs.$3" -q -L "$4" "$ROOT$device" </dev/null >/dev/null || fail "cannot make a file system on $device"
    udevadm settle 2>/dev/null || true
  fi
  type=$(found "$device" TYPE) || fail "cannot tell what is on $device: it is not changed" 2
  label=$(found "$device" LABEL)
  [ "$type" = "$3" ] || fail "$device has ${type:-a partition table}, not $3, so it is not used: empty it with \`wipefs --all $device\` if its data is not needed" 2
  [ "$label" = "$4" ] || fail "the file system on $device has the label '$label', not '$4', so it may be that of others: if it is not, give it this label" 2
  [ -n "$5" ] || return 0
  systemctl enable --quiet --now -- "$5" </dev/null || fail "cannot mount $device: see \`systemctl status $5\`"
  case $2$GROWING in 0*" $1 "*) grow "$device" "$3" "$5" ;; esac
}

# A file system that is a whole disk of a platform's takes what the disk has more than before; one that has all of it stays as it is.
grow() { # DEVICE FORMAT UNIT
  case $2 in
    ext4) resize2fs "$ROOT$1" ;;
    xfs) xfs_growfs "$(systemctl show --property=Where --value -- "$3")" ;;
  esac >/dev/null 2>&1 || fail "cannot let the file system on $1 take the whole disk"
}

GROWING=
systemctl daemon-reload
while IFS='|' read -r tag a b c d e; do
  case $tag in
    disk) disk "$a" "$b" "$c" || exit ;;
    volume) volume "$a" "$b" "$c" "$d" "$e" || exit ;;
  esac
done <"$PLAN"
