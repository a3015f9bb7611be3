#!/bin/sh
# Loads the packet filter: kmodel-filter load|unload FILE.
#
# `nft -f` replaces the table in one transaction: packets meet the old rules or the new ones, and rules that do not load change
# nothing. After a boot there are no old rules, so the last ones that did load are kept for it.
set -u
file=$2
good=/var/lib/kmodel/firewall.nft
nft() { PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin command nft "$@"; }

case $1 in
  load)
    if nft -f "$file"; then
      mkdir -p "${good%/*}"
      cmp -s "$file" "$good" || { cp "$file" "$good.new" && mv -f "$good.new" "$good"; }
      exit 0
    fi
    if nft list table inet kmodel >/dev/null 2>&1; then
      echo "$file does not load: the rules that were there stay" >&2
    elif [ -e "$good" ] && nft -f "$good"; then
      echo "$file does not load: the last rules that did are in place" >&2
    fi
    exit 1
    ;;
  unload)
    # A restart, and the end of the machine, leave the rules in place.
    [ "$(systemctl is-system-running 2>/dev/null)" = stopping ] && exit 0
    systemctl list-jobs --no-legend --plain kmodel-firewall.service 2>/dev/null | grep -qw restart && exit 0
    nft delete table inet kmodel
    rm -f "$good"
    ;;
esac
