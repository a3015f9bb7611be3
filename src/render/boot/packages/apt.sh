readonly POLICY=$ROOT/usr/sbin/policy-rc.d
# @functions
# --- packages

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; } # PACKAGE

# Packages start their services when they are unpacked, with the distribution's configuration. Ours start when everything
# is in place: policy-rc.d keeps them from starting now, a mask if the machine restarts before that.
hold_units() {
  local unit
  while IFS='|' read -r unit _ packaged; do
    [ "$packaged" = packaged ] && [ ! -e "$STATE/units/$unit" ] && ln -sfn /dev/null "$UNITS/$unit"
  done < <(each unit)
  [ -e "$POLICY" ] && return
  {
    # shellcheck disable=SC2016 # the `$1` is for policy-rc.d
    printf '#!/bin/sh\n# kmodel-boot: removed when packages are installed\ncase "$1" in\n'
    while IFS='|' read -r unit _; do printf '  %s | %s) exit 101 ;;\n' "$unit" "${unit%.*}"; done < <(each unit)
    printf 'esac\n'
  } >"$POLICY"
  chmod 0755 "$POLICY"
}

release_units() {
  grep -qs kmodel-boot "$POLICY" && rm -f "$POLICY"
  return 0
}

apt() { apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >>"$STATE/apt.log" 2>&1; }

apt_install() { # PACKAGE...: existing configuration files are kept
  apt -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-install-recommends install "$@"
}

packages() {
  local package missing=() pause=5
  while read -r package; do
    is_installed "$package" || missing+=("$package")
  done < <(each package)
  [ "${#missing[@]}" -eq 0 ] && return
  command -v apt-get >/dev/null ||
    refuse "cannot install packages without apt-get: ${missing[*]}; use an image that contains them"
  say "installing packages: ${missing[*]}"
  trap release_units EXIT
  hold_units
  dpkg --configure -a >>"$STATE/apt.log" 2>&1 # finish an interrupted run
  until apt_install "${missing[@]}" || { apt update && apt_install "${missing[@]}"; }; do
    [ "$pause" -le 40 ] || fail "cannot install ${missing[*]}: $(grep -E '^(E|W|Err)' "$STATE/apt.log" | tail -n 1)"
    say "cannot install packages yet, trying again in $pause s"
    sleep "$pause"
    pause=$((pause * 2))
  done
  release_units
}

