#!/bin/sh
# Makes a swap file of the right size and turns it on: make-swap PATH MIB.
set -eu
path=$1
size=$2
if grep -q "^$path " /proc/swaps; then
    exit 0
fi
wanted=$((size * 1048576))
if [ "$(stat -c %s "$path" 2>/dev/null || echo 0)" != "$wanted" ]; then
    rm -f "$path"
    umask 077
    # Without holes: the kernel rejects a swap file with holes.
    dd if=/dev/zero of="$path.part" bs=1M count="$size" status=none
    mkswap "$path.part" >/dev/null
    mv "$path.part" "$path"
fi
swapon "$path"
