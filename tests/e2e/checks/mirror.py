"""The mirror that machines download from. It can be away, and it can be wrong."""

import functools
import http.server
import threading


class Mirror:
    """Serves a folder at a port of every address, once it is up."""

    def __init__(self, folder, port):
        self.folder, self.port = folder, port
        self.server = None
        self.wrong = False

    def up(self):
        if self.server:
            return
        handler = functools.partial(Handler, self)
        self.server = Server(("0.0.0.0", self.port), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def down(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None


class Server(http.server.ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, mirror, *arguments):
        self.mirror = mirror
        super().__init__(*arguments, directory=str(mirror.folder))

    def do_GET(self):
        if not self.mirror.wrong:
            return super().do_GET()
        text = b"not what it was\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass
