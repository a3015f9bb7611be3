# shellcheck shell=bash
# What `up` and `down` share: the client, its server, and whose things are whose.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
. "$HERE/settings"
readonly HERE MARK=user.kmodel.cluster
readonly LXC=${KMODEL_LXC:-$COMMAND}

say() { printf '%s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# The client reads its standard input in unexpected places, so it gets none unless it is given some.
lx() { "$LXC" --project "$PROJECT" "$@" </dev/null; }
lx_with() { # FILE ARGUMENT...
  local file=$1
  shift
  "$LXC" --project "$PROJECT" "$@" <"$file"
}

check_client() {
  local server
  command -v "$LXC" >/dev/null ||
    die "there is no command $LXC: install LXD 5.0 or newer (snap install lxd, apt install lxd), or Incus with \`command = \"incus\"\`"
  server=$("$LXC" version 2>/dev/null </dev/null | sed -n 's/^Server version: *//p')
  case $server in
    '' | unreachable)
      die "$LXC does not reach its server: is it running and initialised, and are you root or in its group (lxd, incus-admin)? It says: $("$LXC" info 2>&1 </dev/null | tail -n 1)"
      ;;
  esac
  # Incus began at 0.1 with all that is needed.
  [ "${LXC##*/}" = incus ] || [ "${server%%.*}" -ge 5 ] || die "the server is LXD $server, and 5.0 or newer is needed"
}

# Whether a thing bears our mark: of KIND (project, network, storage, profile, config for instances) and NAME.
is_ours() { # KIND NAME
  [ "$(lx "$1" get "$2" "$MARK" 2>/dev/null)" = "$CLUSTER" ]
}

has_project() { "$LXC" project show "$PROJECT" >/dev/null 2>&1 </dev/null; }
owns_project() { [ "$("$LXC" project get "$PROJECT" "$MARK" 2>/dev/null </dev/null)" = "$CLUSTER" ]; }
