#!/usr/bin/python3
"""Answers in place of an API server: answer CONFIG HELLO.

/readyz says 200 to anyone while a member of etcd is reached; /machine wants a certificate of the cluster and says where
the answer comes from; /hello gives out the file HELLO.
"""

import http.server
import json
import ssl
import sys
import urllib.request

CONFIG = json.load(open(sys.argv[1]))
HELLO = sys.argv[2]


def reaches_store():
    store = CONFIG["store"]
    context = ssl.create_default_context(cafile=store["trusts"])
    context.load_cert_chain(store["cert"], store["key"])
    for url in store["urls"]:
        try:
            with urllib.request.urlopen(f"{url}/health", context=context, timeout=2) as answer:
                if json.load(answer)["health"] == "true":
                    return True
        except OSError:
            pass
    return False


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/readyz":
            ready = reaches_store()
            self.say(200 if ready else 503, "ok" if ready else "no store")
        elif self.path == "/hello":
            self.say(200, open(HELLO).read())
        elif not self.connection.getpeercert():
            self.say(401, "show a certificate")
        else:
            self.say(200, f"{CONFIG['greeting']} from {CONFIG['machine']}")

    def say(self, status, text):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


serving = CONFIG["serving"]
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=serving["trusts"])
context.verify_mode = ssl.CERT_OPTIONAL
context.load_cert_chain(serving["cert"], serving["key"])
server = http.server.ThreadingHTTPServer(("0.0.0.0", CONFIG["port"]), Answer)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
