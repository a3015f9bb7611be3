readonly MANAGER=dnf WRONG='error|no match|nothing provides'
# @functions
manager_install() { # PACKAGE...
  dnf -q -y ${ROOT:+--installroot "$ROOT"} --setopt=retries=3 --setopt=install_weak_deps=False install "$@" >>"$STATE/dnf.log" 2>&1
}
