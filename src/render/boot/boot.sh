#!/bin/bash
# What a machine does before its units start. The same text on every machine; what differs is in /etc/kmodel/machine.
# It may be run again at any time: what is there already is left alone, and only units whose files changed restart.
#
#   boot          sets the machine up as /etc/kmodel/machine describes (`systemctl restart kmodel-boot`)
#   boot units    prints each unit and its state; succeeds when all are up
#
# Exit: 0 ready, 1 failed and worth another try (systemd tries again), 2 failed, and trying again does not help.
# State: /run/kmodel/status, /var/lib/kmodel/boot.json, /var/lib/kmodel/boot.log.
set -u -o pipefail
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

readonly ROOT=${KMODEL_ROOT:-}                   # only tests set it
readonly PLAN=$ROOT/etc/kmodel/machine
readonly STATE=$ROOT/var/lib/kmodel
readonly RUN=$ROOT/run/kmodel
readonly CACHE=$ROOT/var/cache/kmodel
readonly UNITS=$ROOT/etc/systemd/system
# @settings of packages
readonly WAIT=${KMODEL_WAIT:-900}                # seconds for private files to arrive
readonly PATIENCE=${KMODEL_PATIENCE:-1800}       # seconds for one download
STEP=begin
ERROR=

# --- reporting progress

say() {
  printf 'kmodel: %s\n' "$*"
  printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >>"$STATE/boot.log" 2>/dev/null
}

status() { # STATE [MESSAGE]
  local message
  printf '%s %s %s\n' "$1" "$STEP" "${2:-}" >"$RUN/status.new" && mv -f "$RUN/status.new" "$RUN/status"
  message=$(printf '%s' "${2:-}" | tr '\n\t' '  ' | sed 's/[\\"]/\\&/g')
  printf '{"state":"%s","step":"%s","message":"%s","time":"%s"}\n' \
    "$1" "$STEP" "$message" "$(date -u +%FT%TZ)" >"$STATE/boot.json.new" 2>/dev/null &&
    mv -f "$STATE/boot.json.new" "$STATE/boot.json"
}

fail() { # MESSAGE: systemd tries again
  say "FAILED: $*"
  status failed "$*"
  exit 1
}

refuse() { # MESSAGE: trying again does not help
  say "FAILED: $*"
  status failed "$*"
  exit 2
}

# --- reading the plan: lines of fields separated by `|`, the first one says what the line is

each() { # TAG [NAME]: the fields after TAG (and NAME)
  awk -F'|' -v tag="$1" -v name="${2-}" -v named="${2+1}" '
    $1 != tag || (named && $2 != name) { next }
    { skip = length($1) + 2; if (named) skip += length($2) + 1; print substr($0, skip) }' "$PLAN"
}

contained() { systemd-detect-virt --container --quiet 2>/dev/null; }

checksum() { # HASH FILE: the file's hash in the form of HASH
  local kind=${1%%:*}
  printf '%s:%s' "$kind" "$("${kind}sum" -- "$2" 2>/dev/null | cut -d' ' -f1)"
}

# --- private files, which do not travel in user-data

missing_private_files() {
  local hash path
  while IFS='|' read -r hash path; do
    if [ "$hash" = present ]; then # a hash would tell what can be guessed
      [ -s "$ROOT$path" ] && continue
    else
      [ "$(checksum "$hash" "$ROOT$path")" = "$hash" ] && continue
    fi
    printf '%s\n' "$path"
  done < <(each private)
}

private_files() {
  local begin=$SECONDS said=-10 missing waited
  while missing=$(missing_private_files) && [ -n "$missing" ]; do
    waited=$((SECONDS - begin))
    [ "$waited" -lt "$WAIT" ] ||
      fail "private files did not arrive within $WAIT s: ${missing//$'\n'/ }; on LXD run kmodel apply, elsewhere unpack the machine's files.tar.gz"
    if [ $((waited - said)) -ge 10 ]; then
      said=$waited
      say "waiting for private files: $(wc -l <<<"$missing") missing, first ${missing%%$'\n'*}"
    fi
    status running "waiting for private files"
    sleep 1
  done
}

# --- the kernel

has_module() { # NAME
  [ -d "/sys/module/${1//-/_}" ] && return
  grep -qsE "/${1//[-_]/[-_]}\.ko" "/lib/modules/$(uname -r)/modules.builtin"
}

modules() {
  local module
  while read -r module; do
    has_module "$module" || modprobe -- "$module" 2>/dev/null && continue
    contained || fail "cannot load the kernel module $module: check that the kernel's package has it"
    say "warning: the kernel module $module is not loaded: load it on the host (a container cannot)"
  done < <(each module)
}

sysctl_now() { sysctl -n "$1" 2>/dev/null | tr -s '\t ' ' '; } # NAME

sysctls() {
  local name value
  while IFS='|' read -r name value; do
    [ "$(sysctl_now "$name")" = "$value" ] && continue
    sysctl -q -w "$name=$value" >/dev/null 2>&1 && [ "$(sysctl_now "$name")" = "$value" ] && continue
    contained || fail "cannot set sysctl $name to $value"
    say "warning: sysctl $name is '$(sysctl_now "$name")', not '$value': set it on the host (a container cannot)"
  done < <(each sysctl)
}

# @functions of packages
disks() { # those of machines that have some, beside this script
  local script=${0%/*}/disks code
  [ -x "$script" ] || return 0
  ERROR=$("$script" 2>&1)
  code=$?
  ERROR=${ERROR##*$'\n'}
  case $code in
    0) ;;
    2) refuse "$ERROR" ;;
    *) fail "$ERROR" ;;
  esac
}

# --- users, folders and owners

users() {
  local user group
  while IFS='|' read -r user group; do
    getent group "$group" >/dev/null || groupadd --system "$group" || fail "cannot create the group $group"
    [ -z "$user" ] || getent passwd "$user" >/dev/null ||
      useradd --system --gid "$group" --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin "$user" ||
      fail "cannot create the user $user"
  done < <(each user)
}

give() { # PATH OWNER MODE
  if ! { chown "$2" -- "$ROOT$1" && chmod "$3" -- "$ROOT$1"; }; then fail "cannot set owner $2 and mode $3 of $1"; fi
}

directories() {
  local mode owner path
  while IFS='|' read -r mode owner path; do
    mkdir -p -- "$ROOT$path" || fail "cannot create the folder $path"
    give "$path" "$owner" "$mode"
  done < <(each directory)
}

owners() {
  local mode owner path
  while IFS='|' read -r mode owner path; do
    give "$path" "$owner" "$mode"
  done < <(each owner)
}

# --- artifacts

download() { # URL FILE: continues an earlier attempt; the error is in ERROR
  local code
  if command -v curl >/dev/null; then
    ERROR=$(curl -fsSL --connect-timeout 10 --speed-time 30 --speed-limit 1024 -C - -o "$2" "$1" 2>&1)
    code=$?
    # The server cannot continue from the middle (33, 36), or refuses a range, also that behind the end (22).
    case $code in 22 | 33 | 36) [ -s "$2" ] && return 3 ;; esac
  elif command -v wget >/dev/null; then
    ERROR=$(wget -nv -c --tries=1 --timeout=30 -O "$2" "$1" 2>&1)
    code=$?
  else
    ERROR=$(python3 -c 'import shutil, sys, urllib.request as u
shutil.copyfileobj(u.urlopen(sys.argv[1], timeout=30), open(sys.argv[2], "wb"))' "$1" "$2" 2>&1 | tail -n 1)
    code=$?
  fi
  ERROR=${ERROR##*$'\n'}
  return "$code"
}

no_space() { [ "$(df --output=avail -k "$CACHE" | tail -n 1)" -lt 1024 ]; }

fetch() { # HASH URL: into $CACHE, and only what has the right hash
  local hash=$1 url=$2 file=$CACHE/${1#*:} begin=$SECONDS tries=0 wrong=0 pause=1 code got
  [ "$(checksum "$hash" "$file")" = "$hash" ] && return
  say "downloading $url"
  while :; do
    tries=$((tries + 1))
    download "$url" "$file.part"
    code=$?
    got=$(checksum "$hash" "$file.part")
    [ "$got" = "$hash" ] && mv -f "$file.part" "$file" && return
    if [ "$code" -eq 0 ]; then
      # Once more from the start: two halves of different files make a wrong hash too.
      wrong=$((wrong + 1))
      rm -f "$file.part"
      [ "$wrong" -lt 2 ] || refuse "wrong hash, not installed: $url: expected $hash, got $got; correct the file there or the hash in the model"
      continue
    fi
    [ "$code" -eq 3 ] && rm -f "$file.part"
    no_space && fail "no space left for $url in /var/cache/kmodel"
    [ $((SECONDS - begin)) -lt "$PATIENCE" ] || fail "cannot download $url after $tries attempts: $ERROR"
    say "cannot download $url (attempt $tries), trying again in $pause s: $ERROR"
    status running "downloading $url: $ERROR"
    sleep "$pause"
    pause=$((pause < 30 ? pause * 2 : 30))
  done
}

place() { # FILE PATH [MODE]: whole or not at all
  local target=$ROOT$2
  mkdir -p -- "${target%/*}" && cp -P --preserve=mode -- "$1" "$target.kmodel-new" || return
  [ -z "${3-}" ] || chmod "$3" -- "$target.kmodel-new" || return
  mv -fT -- "$target.kmodel-new" "$target" || return
  grep -qsxF -- "$2" "$STATE/installed" || printf '%s\n' "$2" >>"$STATE/installed"
}

# A member may be named `name` or `./name` in the archive: one more part to strip.
unpack_members() { # ID FILE FOLDER STRIP MODE
  local from to names=() depth='' i
  for ((i = 0; i < $4; i++)); do depth+='*/'; done
  while IFS='|' read -r from _; do names+=("$depth$from"); done < <(each member "$1")
  local tar=(tar -xzf "$2" -C "$3" --no-same-owner --wildcards --no-wildcards-match-slash)
  "${tar[@]}" --strip-components="$4" -- "${names[@]}" 2>/dev/null ||
    "${tar[@]}" --strip-components=$(($4 + 1)) -- "${names[@]/#/./}" || return
  while IFS='|' read -r from to; do place "$3/$from" "$to" "$5" || return; done < <(each member "$1")
}

unpack_all() { # ID FILE FOLDER STRIP
  local folder path
  folder=$(each extract "$1")
  tar -xzf "$2" -C "$3" --no-same-owner --strip-components="$4" || return
  mkdir -p -- "$ROOT$folder" || return
  while IFS= read -r -d '' path; do place "$3/$path" "$folder/$path" || return; done \
    < <(cd "$3" && find . ! -type d -printf '%P\0')
}

place_binary() { # ID FILE MODE
  local to
  while IFS='|' read -r _ to; do place "$2" "$to" "$3" || return; done < <(each member "$1")
}

install_artifact() { # ID KIND STRIP MODE HASH URL
  local file=$CACHE/${5#*:} folder
  fetch "$5" "$6"
  folder=$(mktemp -d "$CACHE/unpack.XXXXXX") || fail "cannot write into /var/cache/kmodel"
  case $2 in
    binary) place_binary "$1" "$file" "$4" ;;
    members) unpack_members "$1" "$file" "$folder" "$3" "$4" ;;
    *) unpack_all "$1" "$file" "$folder" "$3" ;;
  esac || fail "cannot install $6: no space left, or a member listed in the model is not in it"
  rm -rf "$folder"
  printf '%s\n' "$5" >"$STATE/artifacts/$1"
}

has_artifact() { # ID
  local to
  [ -e "$STATE/artifacts/$1" ] || return
  while IFS='|' read -r _ to; do [ -e "$ROOT$to" ] || return; done < <(each member "$1")
}

artifacts() {
  local id kind strip mode hash url stamp
  while IFS='|' read -r id kind strip mode hash url; do
    has_artifact "$id" || install_artifact "$id" "$kind" "$strip" "$mode" "$hash" "$url"
  done < <(each artifact)
  for stamp in "$STATE/artifacts/"*; do
    [ -n "$(each artifact "${stamp##*/}")" ] || rm -f "$stamp"
  done
  rm -rf "${CACHE:?}"/*
}

commands() {
  local command
  while IFS= read -r command; do
    bash -c "$command" || fail "the command failed: $command"
  done < <(each command)
}

# --- units

unit_hash() { # UNIT: changes when it must restart, so without comments
  local path
  {
    sed '/^#/d' "$UNITS/$1" "$UNITS/$1.d/10-kmodel.conf" 2>/dev/null
    while read -r path; do printf '%s %s\n' "$path" "$(checksum sha256: "$ROOT$path")"; done < <(each watch "$1")
  } | sha256sum | cut -c1-64
}

unit_state() { # UNIT: up, starting, or what is wrong
  local ActiveState='' SubState='' Result='' Type='' ExecMainStartTimestampMonotonic=0 NRestarts=0 RestartUSec='' line
  local Restart='' ActiveEnterTimestamp='' pause
  while read -r line; do
    case $line in [A-Za-z]*=*) printf -v "${line%%=*}" '%s' "${line#*=}" ;; esac
  done < <(systemctl show \
    -p ActiveState,SubState,Result,Type,ExecMainStartTimestampMonotonic,NRestarts,RestartUSec,Restart,ActiveEnterTimestamp "$1")
  case $Type:$ActiveState:$SubState:$Result in
    *:active:*) pause=$(watched) && echo up || echo "starting (active, watched for $pause s)" ;;
    oneshot:inactive:*:success) [ "${ExecMainStartTimestampMonotonic:-0}" != 0 ] && echo up || echo inactive ;;
    *:activating:auto-restart*:success) comes_again "$RestartUSec" && echo up || echo "starting ($SubState)" ;;
    *:activating:auto-restart*) echo "failing ($Result), started again $NRestarts times" ;;
    *:activating:* | *:reloading:*) echo "starting ($SubState)" ;;
    *) echo "$ActiveState ($Result)" ;;
  esac
}

# Whether an active unit has been so for longer than it takes to restart, twice as long once it has restarted: a program that
# ends at once is active for a moment after each start. Prints how long that is. A job that comes again has no such time.
watched() {
  local pause began
  case $Type:$SubState:$Restart in oneshot:* | *:exited:* | *:*:no | *:*:'') return 0 ;; esac
  comes_again "$RestartUSec" && return
  pause=$(in_seconds "$RestartUSec")
  [ "${NRestarts:-0}" -eq 0 ] || pause=$((pause * 2 + 5))
  # It begins with the day of the week. A clock that was set back says nothing.
  began=$(date -d "${ActiveEnterTimestamp#* }" +%s 2>/dev/null) || return 0
  began=$(($(date +%s) - began))
  printf '%s' "$pause"
  [ "$began" -gt "$pause" ] || [ "$began" -lt 0 ]
}

in_seconds() { # SPAN of systemd, below a minute: 5s, 100ms, 1s 500ms
  local part sum=0
  for part in $1; do
    case $part in
      *[!0-9a-z]* | *ms | *us) sum=$((sum + 1)) ;;
      [0-9]*s) sum=$((sum + ${part%s})) ;;
    esac
  done
  printf '%s' "$sum"
}

# A job that succeeded and starts again after a minute or more works as intended; a server would not wait that long.
comes_again() { case $1 in *min* | *h* | *d* | *w*) return 0 ;; *) return 1 ;; esac }

forget_units() { # units that the model no longer starts
  local stamp unit
  for stamp in "$STATE/units/"*; do
    unit=${stamp##*/}
    case $(each unit "$unit") in enabled*) continue ;; esac
    [ -e "$stamp" ] || continue
    say "stopping $unit, which the model no longer starts"
    systemctl disable --now "$unit" >/dev/null 2>&1 || systemctl stop "$unit"
    rm -f "$stamp"
  done
}

begin_units() { # UNIT...: in the order of their dependencies, which systemd keeps for queued jobs
  local unit hash changed=() stopped=()
  for unit in "$@"; do
    hash=$(unit_hash "$unit")
    if [ "$hash" != "$(cat "$STATE/units/$unit" 2>/dev/null)" ]; then
      changed+=("$unit")
    elif [ "$(unit_state "$unit")" != up ]; then
      stopped+=("$unit")
    fi
    printf '%s\n' "$hash" >"$STATE/units/$unit.new"
  done
  [ "${#changed[@]}" -eq 0 ] || say "starting ${changed[*]}"
  [ "${#changed[@]}" -eq 0 ] || systemctl restart --no-block "${changed[@]}" || fail "systemd cannot start ${changed[*]}"
  [ "${#stopped[@]}" -eq 0 ] || systemctl start --no-block "${stopped[@]}" || fail "systemd cannot start ${stopped[*]}"
  for unit in "$@"; do mv -f "$STATE/units/$unit.new" "$STATE/units/$unit"; done
}

units() {
  local unit enable list=()
  forget_units
  while IFS='|' read -r unit enable _; do
    [ "$(readlink "$UNITS/$unit")" = /dev/null ] && rm -f "$UNITS/$unit"
    [ "$enable" = enabled ] && list+=("$unit")
  done < <(each unit)
  systemctl daemon-reload || fail "cannot reload systemd"
  [ "${#list[@]}" -eq 0 ] && return
  systemctl enable --quiet "${list[@]}" || fail "cannot enable ${list[*]}"
  systemctl reset-failed "${list[@]}" 2>/dev/null
  begin_units "${list[@]}"
}

show_units() {
  local unit enable state all=0
  while IFS='|' read -r unit enable _; do
    [ "$enable" = enabled ] || continue
    state=$(unit_state "$unit")
    printf '%s %s\n' "$unit" "$state"
    [ "$state" = up ] || all=1
  done < <(each unit)
  return "$all"
}

main() {
  mkdir -p "$STATE/artifacts" "$STATE/units" "$RUN" "$CACHE" || exit 1
  exec 9>"$RUN/lock"
  flock 9
  for STEP in private_files modules sysctls packages disks users directories owners artifacts commands units; do
    status running
    "$STEP"
  done
  STEP=end
  say "ready"
  status ready
}

case ${1-} in
  '') main ;;
  units) show_units ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
