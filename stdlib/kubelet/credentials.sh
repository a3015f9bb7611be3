#!/bin/sh
# A credential provider of the kubelet: the request on standard input names the image, and the answer is the same for each.
cat >/dev/null
exec cat /etc/kubernetes/registry-credentials.json
