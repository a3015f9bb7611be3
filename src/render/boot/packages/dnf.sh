# @functions
# --- packages

is_installed() { rpm ${ROOT:+--root "$ROOT"} -q --quiet --whatprovides "$1" >/dev/null 2>&1; } # PACKAGE

# Packages of this family do not start their services; ours start when everything is in place.
dnf_install() { # PACKAGE...
  dnf -q -y ${ROOT:+--installroot "$ROOT"} --setopt=retries=3 --setopt=install_weak_deps=False install "$@" >>"$STATE/dnf.log" 2>&1
}

packages() {
  local package missing=() pause=5
  while read -r package; do
    is_installed "$package" || missing+=("$package")
  done < <(each package)
  [ "${#missing[@]}" -eq 0 ] && return
  command -v dnf >/dev/null || refuse "cannot install packages without dnf: ${missing[*]}; use an image that contains them"
  say "installing packages: ${missing[*]}"
  until dnf_install "${missing[@]}"; do
    [ "$pause" -le 40 ] || fail "cannot install ${missing[*]}: $(grep -iE 'error|no match|nothing provides' "$STATE/dnf.log" | tail -n 1)"
    say "cannot install packages yet, trying again in $pause s"
    sleep "$pause"
    pause=$((pause * 2))
  done
}

