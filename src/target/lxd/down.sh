#!/bin/bash
# Removes what `up` made for this cluster, by its mark, and nothing else.
#
#   down [--yes]    without --yes it asks
set -u -o pipefail
# shellcheck source=client
. "$(dirname "${BASH_SOURCE[0]}")/client"

ask() {
  local answer
  say "This removes the cluster $CLUSTER from the project $PROJECT: $(wc -w <<<"$*") machines and all that is on them."
  [ -z "$*" ] || say "  $*"
  read -r -p 'Type the name of the cluster to go on: ' answer
  [ "$answer" = "$CLUSTER" ] || die "nothing was removed"
}

remove_profiles() {
  local name
  for name in $(lx profile list -f csv | cut -d, -f1); do
    is_ours profile "$name" || continue
    lx profile delete "$name" >/dev/null || die "cannot remove the profile $name"
  done
}

main() {
  local machines machine
  check_client
  has_project || { say "there is no project $PROJECT: nothing to remove"; exit 0; }
  machines=$(lx list "$MARK=$CLUSTER" -c n -f csv | tr '\n' ' ')
  [ "${1-}" = --yes ] || ask "$machines"
  for machine in $machines; do
    say "removing $machine"
    lx delete --force "$machine" || die "cannot remove $machine"
  done
  remove_profiles
  if is_ours network "$NETWORK"; then lx network delete "$NETWORK" || die "cannot remove the network $NETWORK"; fi
  if is_ours storage "$POOL"; then lx storage delete "$POOL" || die "cannot remove the storage pool $POOL"; fi
  if owns_project; then "$LXC" project delete "$PROJECT" </dev/null || die "cannot remove the project $PROJECT"; fi
  say "$CLUSTER is gone"
}

case ${1-} in
  '' | --yes) main "$@" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
