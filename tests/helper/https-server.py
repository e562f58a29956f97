# SPDX-License-Identifier: ISC
"""A CI's server of tokens and key sets, and how such a server may fail: the path says how.

	https-server.py DIR [CERTIFICATE KEY]

DIR/port appears when it listens; DIR/requests has what was asked, one line each. It gives the token
in DIR/token at /WAY, and as the issuer https://127.0.0.1:PORT/WAY the key set in DIR/keys; `good`
is the way that does not fail. Without a certificate it speaks no TLS.
"""
import hashlib
import http.server
import json
import os
import ssl
import sys
import threading

directory = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, body, status=200, kind="application/json", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        with open(directory + "/requests", "a") as f:
            print(self.command, self.path, self.headers["Authorization"],
                  self.headers["Content-Length"], file=f)
        way, _, rest = self.path.split("?")[0][1:].partition("/")
        if rest == ".well-known/openid-configuration":
            self.discover(way)
        elif rest == "keys":
            self.give_keys(way)
        else:
            self.give_token(way)

    def give_token(self, way):
        token = open(directory + "/token").read()
        member = "oidcToken" if self.command == "POST" else "value"
        self.give(way, json.dumps({"count": 1, member: token}).encode())

    def discover(self, way):
        here = "https://127.0.0.1:%d" % server.server_address[1]
        name, _, part = way.partition("-")
        place = {"abroad": here.replace("127.0.0.1", "localhost"), "plain": "http" + here[5:],
                 "port": here + "1"}.get(part, here)
        issuer = here + ("/x" if part == "foreign" else "/" + way)
        body = json.dumps({"issuer": issuer, "jwks_uri": "%s/%s/keys" % (place, way)}).encode()
        self.give("good" if part else way, body)

    def give_keys(self, way):
        with open(directory + "/keys", "rb") as f:
            body = f.read()
        etag = '"%s"' % hashlib.sha256(body).hexdigest()
        if way == "good" and self.headers["If-None-Match"] == etag:
            self.send_response(304)
            self.end_headers()
        elif way == "good":
            self.answer(body, kind="application/jwk-set+json", ETag=etag)
        else:
            self.give(way[4:] if way.startswith("set-") else way, body)

    def give(self, way, body):
        if way == "good":
            self.answer(body, kind="application/json; charset=utf-8")
        elif way == "redirect":
            self.answer(b"", 302, Location=self.path.replace("redirect", "good"))
        elif way == "away":
            self.answer(b"", 302, Location="https://localhost:%d/good" % server.server_address[1])
        elif way == "loop":
            self.answer(b"", 307, Location=self.path)
        elif way == "slow":
            threading.Event().wait()
        elif way == "huge":
            self.answer(body + b" " * (1 << 20))
        elif way == "type":
            self.answer(body, kind="text/html")
        elif way == "torn":
            self.answer(body[:-9])
        elif way == "short":
            self.answer(body[:-9], length=len(body))
            self.close_connection = True
        elif way == "number":
            self.answer(b'{"value":7,"oidcToken":7,"issuer":7,"jwks_uri":7}')
        elif way == "other":
            self.answer(b'{"value":"x","oidcToken":"x"}')
        elif way == "refused":
            self.answer(body, 403)
        else:
            self.answer(body, 404)

    do_GET = do_POST = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that did not like the certificate


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True,
                                        do_handshake_on_connect=False)
with open(directory + "/port.new", "w") as f:
    print(server.server_address[1], file=f)
os.rename(directory + "/port.new", directory + "/port")
server.serve_forever()
