readonly MANAGER=zypper WRONG='not found|error|problem|nothing provides'
# @functions
manager_install() { # PACKAGE...
  ZYPP_LOCK_TIMEOUT=300 zypper --non-interactive ${ROOT:+--root "$ROOT"} install --no-recommends --auto-agree-with-licenses \
    "$@" >>"$STATE/zypper.log" 2>&1
}
