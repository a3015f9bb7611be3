
# --- packages

is_installed() { rpm ${ROOT:+--root "$ROOT"} -q --quiet --whatprovides "$1" >/dev/null 2>&1; } # PACKAGE

# Packages of this family do not start their services; ours start when everything is in place.
packages() {
  local package missing=() pause=5
  while read -r package; do
    is_installed "$package" || missing+=("$package")
  done < <(each package)
  [ "${#missing[@]}" -eq 0 ] && return
  command -v "$MANAGER" >/dev/null ||
    refuse "cannot install packages without $MANAGER: ${missing[*]}; use an image that contains them"
  say "installing packages: ${missing[*]}"
  until manager_install "${missing[@]}"; do
    [ "$pause" -le 40 ] || fail "cannot install ${missing[*]}: $(grep -iE "$WRONG" "$STATE/$MANAGER.log" | tail -n 1)"
    say "cannot install packages yet, trying again in $pause s"
    sleep "$pause"
    pause=$((pause * 2))
  done
}

