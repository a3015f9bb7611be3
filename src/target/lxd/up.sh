#!/bin/bash
# Brings the cluster up: creates what is missing, brings each machine the files that changed in the model, and waits
# until every unit is up. It may be run again at any time; what is as it should be is left alone.
#
#   KMODEL_LXC      the client to use (default: as the model says)
#   KMODEL_TIMEOUT  seconds to wait for each machine's units (default 3600)
set -u -o pipefail
# shellcheck source=client
. "$(dirname "${BASH_SOURCE[0]}")/client"
readonly OUT=${HERE%/*}
readonly TIMEOUT=${KMODEL_TIMEOUT:-3600}

each_machine() { # COMMAND: runs it with NAME PROFILE ARCH
  local name profile arch
  while IFS='|' read -r name profile arch <&3; do
    "$1" "$name" "$profile" "$arch" || return
  done 3<"$HERE/machines"
}

check_host() {
  local name value
  [ "$PODS" = yes ] || return 0
  for name in max_user_instances max_user_watches max_queued_events; do
    value=$(cat "/proc/sys/fs/inotify/$name" 2>/dev/null) || continue
    [ "$value" -ge 8192 ] ||
      say "warning: fs.inotify.$name is $value on this host; machines that run pods want 1048576 (sysctl -w fs.inotify.$name=1048576)"
  done
}

ensure_project() {
  has_project && return
  say "project $PROJECT"
  "$LXC" project create "$PROJECT" -c features.images=false -c features.profiles=true -c "$MARK=$CLUSTER" >/dev/null </dev/null ||
    die "cannot create the project $PROJECT"
}

ensure_pool() {
  lx storage show "$POOL" >/dev/null 2>&1 && return
  say "storage pool $POOL"
  lx storage create "$POOL" "$(sed -n 's/^driver: //p' "$HERE/storage.yaml")" "$MARK=$CLUSTER" >/dev/null ||
    die "cannot create the storage pool $POOL"
}

ensure_network() {
  if lx network show "$NETWORK" >/dev/null 2>&1; then
    is_ours network "$NETWORK" || return 0
  else
    say "network $NETWORK"
    lx network create "$NETWORK" ipv4.address=none ipv6.address=none "$MARK=$CLUSTER" >/dev/null ||
      die "cannot create the network $NETWORK"
  fi
  lx_with "$HERE/network.yaml" network edit "$NETWORK" || die "cannot set up the network $NETWORK"
}

ensure_profile() { # FILE
  local name
  name=$(sed -n 's/^name: //p' "$1")
  if ! lx profile show "$name" >/dev/null 2>&1; then
    say "profile $name"
    lx profile create "$name" >/dev/null || die "cannot create the profile $name"
  elif ! is_ours profile "$name" && [ -n "$(lx profile get "$name" "$MARK")" ]; then
    die "the profile $name is of another cluster"
  fi
  lx_with "$1" profile edit "$name" || die "cannot set up the profile $name"
}

# A local image of that name wins; else the images that the client knows, in the variant with cloud-init.
find_image() {
  if lx image info "$IMAGE" >/dev/null 2>&1 || [ "${IMAGE#*:}" != "$IMAGE" ]; then
    echo "$IMAGE"
  else
    echo "images:$IMAGE/cloud"
  fi
}

set_data() { # NAME KEY FILE: only where it differs, since a change makes cloud-init run again at the next boot
  [ "$(lx config get "$1" "$2")" = "$(cat "$3")" ] || lx_with "$3" config set "$1" "$2" - || die "cannot set $2 of $1"
}

# What a machine is allowed follows from what runs on it, and may have changed.
set_profile() { # NAME PROFILE
  local now
  now=$(lx config show "$1" | awk '/^profiles:/ { found = 1; next } found && !/^- / { exit } found { print $2 }')
  [ "$now" = "$2" ] && return
  say "$1: profile $2, of which some counts only after a restart"
  lx profile assign "$1" "$2" >/dev/null ||
    die "cannot change the profile of $1: stop it ($LXC --project $PROJECT stop $1) and run this again"
}

# What the model says of an instance's size, where that changed. LXD applies it at once.
set_size() { # NAME
  local key value
  while IFS='|' read -r key value <&4; do
    [ "$(lx config get "$1" "$key")" = "$value" ] || { say "$1: $key $value" && lx config set "$1" "$key=$value"; } ||
      die "cannot set $key of $1"
  done 4< <(sed -n 's/^  \(limits[.a-z]*\): "\{0,1\}\([^"]*\)"\{0,1\}$/\1|\2/p' "$HERE/instances/$1.yaml")
  value=$(sed -n 's/^    size: //p' "$HERE/instances/$1.yaml")
  [ "$(lx config device get "$1" root size)" = "$value" ] ||
    { say "$1: disk $value" && lx config device set "$1" root "size=$value" >/dev/null; } || die "cannot set the disk of $1"
}

ensure_instance() { # NAME PROFILE ARCH
  if lx config show "$1" >/dev/null 2>&1; then
    is_ours config "$1" || die "there is an instance $1 in the project $PROJECT that is not of the cluster $CLUSTER"
    set_profile "$1" "$2"
    set_size "$1"
  else
    say "$1: creating"
    lx_with "$HERE/instances/$1.yaml" init "$FOUND_IMAGE" "$1" --profile "$2" >/dev/null ||
      die "cannot create $1 from the image $FOUND_IMAGE ($3): name another with \`target lxd { image = ... }\`, or import one as $IMAGE"
  fi
  set_data "$1" cloud-init.user-data "$OUT/machines/$1/user-data"
  set_data "$1" cloud-init.network-config "$OUT/machines/$1/network-config"
}

state_of() { lx list "^$1\$" -c s -f csv; } # NAME

start() { # NAME
  [ "$(state_of "$1")" = RUNNING ] && return
  say "$1: starting"
  lx start "$1" || die "cannot start $1: see $LXC --project $PROJECT info --show-log $1"
}

inside() { # NAME COMMAND...
  local name=$1
  shift
  lx exec "$name" -- "$@" 2>/dev/null
}

# The lines of `files` of this kind whose file is not on the machine as it should be.
differing() { # NAME KIND
  local mode kind path differs list="$OUT/machines/$1/files"
  differs=$(awk -F'|' -v kind="$2" '$3 == kind { print $1 "  " substr($0, length($1 $2 $3) + 4) }' "$list" |
    "$LXC" --project "$PROJECT" exec "$1" -T -- env LC_ALL=C sha256sum --check --quiet 2>/dev/null |
    sed -n 's/: FAILED\( open or read\)\{0,1\}$//p')
  [ -n "$differs" ] || return 0
  while IFS='|' read -r _ mode kind path; do
    if [ "$kind" = "$2" ] && grep -qxF -e "$path" <<<"$differs"; then printf '%s|%s\n' "$mode" "$path"; fi
  done <"$list"
}

# Files go to a folder that only root enters, and from there into place, each whole.
readonly INCOMING=/var/lib/kmodel/incoming
# shellcheck disable=SC2016 # these are for the machine's shell
readonly CLEAR='rm -rf "$1" && mkdir -p "${1%/*}" && mkdir -m 0700 "$1"'
# shellcheck disable=SC2016
readonly SETTLE='cd "$1" && find . -type f | while read -r file; do
    mkdir -p "/${file%/*}" && mv -f "$file" "/$file" || exit; done && cd / && rm -rf "$1"'

push() { # NAME LINES
  local mode path
  inside "$1" sh -c "$CLEAR" sh "$INCOMING" || die "cannot write on $1"
  while IFS='|' read -r mode path <&4; do
    lx file push --quiet --create-dirs --uid 0 --gid 0 --mode "$mode" "$OUT/machines/$1/root$path" "$1$INCOMING$path" ||
      die "cannot push $path to $1"
  done 4<<<"$2"
  inside "$1" sh -c "$SETTLE" sh "$INCOMING" || die "cannot put files in place on $1"
}

# The first boot has all but the private files from cloud-init, and waits for these. Later, what changed in the model is
# brought here, and the boot is run again: it restarts only what a change is for. A machine that was up has to be up again
# before the next one's turn, so that members of a quorum go one after another and a bad change stops at the first.
bring_files() { # NAME
  local private plain='' was=down
  private=$(differing "$1" private)
  [ -z "$private" ] || push "$1" "$private"
  inside "$1" test -e /var/lib/kmodel/boot.json || return 0
  [ "$(inside "$1" cut -d' ' -f1 /run/kmodel/status)" = ready ] && units "$1" >/dev/null && was=up
  plain=$(differing "$1" plain)
  [ -z "$plain" ] || push "$1" "$plain"
  if [ -n "$plain" ]; then
    say "$1: changed files: $(wc -l <<<"$plain")"
  elif [ "$(inside "$1" systemctl is-failed kmodel-boot)" != failed ]; then
    return 0
  fi
  inside "$1" sh -c 'rm -f /run/kmodel/status; systemctl daemon-reload && systemctl restart --no-block kmodel-boot' ||
    die "cannot run the boot of $1 again"
  if [ "$was" = up ]; then wait_for "$1"; fi
}

units() { inside "$1" /usr/local/lib/kmodel/boot units; } # NAME

show_failure() { # NAME REASON
  local unit state
  say "$1: $2; the end of its log:"
  inside "$1" tail -n 15 /var/lib/kmodel/boot.log | sed 's/^/  /'
  units "$1" | grep -v ' up$' | while read -r unit state; do
    say "  $unit $state"
    inside "$1" journalctl --no-pager -q -n 8 -o cat -u "$unit" | sed 's/^/    /'
  done
  die "$1 is not up; mend it and run this again"
}

wait_for() { # NAME
  local begin=$SECONDS now said=''
  while :; do
    now=$(inside "$1" cat /run/kmodel/status) || now='waiting for its boot'
    case $now in
      ready*)
        now=$(units "$1") && break
        now=$(sed '/ up$/d; s/, started again .*//' <<<"$now" | paste -sd, | sed 's/,/, /g')
        ;;
      failed*) [ "$(inside "$1" systemctl is-failed kmodel-boot)" = failed ] && show_failure "$1" "$now" ;;
    esac
    grep -qxF -e "$now" <<<"$said" || say "$1: $now"
    said+=$now$'\n'
    [ $((SECONDS - begin)) -lt "$TIMEOUT" ] || show_failure "$1" "not up after $TIMEOUT s"
    sleep 2
  done
  say "$1: up"
}

say_extra() {
  local name
  for name in $(lx list "$MARK=$CLUSTER" -c n -f csv); do
    grep -q "^$name|" "$HERE/machines" ||
      say "note: $name is not in the model any more and is left alone; to remove it: $LXC --project $PROJECT delete --force $name"
  done
}

main() {
  local profile
  check_client
  check_host
  ensure_project
  ensure_pool
  ensure_network
  for profile in "$HERE"/profile-*.yaml; do ensure_profile "$profile"; done
  FOUND_IMAGE=$(find_image)
  each_machine ensure_instance
  each_machine start
  each_machine bring_files
  each_machine wait_for
  say_extra
  say "$CLUSTER is up"
}

main
