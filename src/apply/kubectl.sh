# Tries a kubeconfig of a person on this machine; it comes on standard input. Ends with 127 where there is no kubectl.
PATH=/usr/local/bin:/usr/bin:/bin
command -v kubectl >/dev/null || exit 127
umask 077
file=$(mktemp /run/kmodel-kubeconfig.XXXXXX) || exit 1
trap 'rm -f "$file"' EXIT
cat >"$file"
kubectl --kubeconfig "$file" --request-timeout 5s get nodes --output name
