#!/usr/bin/python3
"""Mail servers and web servers on loopback, in clear text and with TLS; each line of output is a request.

Usage: loopback.py FOLDER    (for the certificates: FOLDER/site.pem and the unrelated FOLDER/other.pem)
First line: `ports CLEAR STARTTLS HTTP HTTPS BARE`. Then `mail SERVER RECIPIENTS` and `call SERVER PATH signed`; of BARE,
which has a login but no TLS, `heard login` or `heard sender`: what nobody may say in the clear.
"""

import base64
import hashlib
import hmac
import http.server
import logging
import os
import ssl
import subprocess
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

FOLDER = sys.argv[1]
logging.disable()  # a refused certificate is no news here
SAY = threading.Lock()


def say(*words):
    with SAY:
        print(*words, flush=True)


def certificate(name):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", f"{FOLDER}/{name}.key", "-out", f"{FOLDER}/{name}.pem"],
        check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{FOLDER}/site.pem", f"{FOLDER}/site.key")
    return context


class MailServer(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mail:
    """550 for nobody@, NNN for codeNNN@, else 250; in two lines for long@."""

    def __init__(self, name):
        self.name = name

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 no such person: " + address
        if address.startswith("code"):
            return address[4:7] + " as asked"
        envelope.rcpt_tos.append(address)
        return "250-well\r\n250 OK" if address.startswith("long") else "250 OK"

    async def handle_DATA(self, server, session, envelope):
        say("mail", self.name, ",".join(envelope.rcpt_tos))
        return "250 OK"


class Bare(Mail):
    async def handle_MAIL(self, server, session, envelope, address, options):
        say("heard sender")
        envelope.mail_from = address
        return "250 OK"


def overhear(server, session, envelope, mechanism, data):
    say("heard login")
    return AuthResult(success=True, handled=True)


def authenticate(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (b"duban", b"secret")
    return AuthResult(success=known, handled=known)  # else the server says 535


def signed(headers, body):
    message = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
    digest = hmac.new(base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), message, hashlib.sha256).digest()
    return headers.get("webhook-signature") == "v1," + base64.b64encode(digest).decode()


class Web(http.server.BaseHTTPRequestHandler):
    """/wait: 429 with Retry-After 7; /NNN: NNN, with a way to /ok; else 200."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        say("call", self.server.server_port, self.path, "signed" if signed(self.headers, body) else "unsigned")
        self.send_response(429 if self.path == "/wait" else int(self.path[1:]) if self.path[1:].isdigit() else 200)
        if self.path == "/wait":
            self.send_header("Retry-After", "7")
        self.send_header("Location", "/ok")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


def web(context):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


certificate("site")
certificate("other")
clear = MailServer(Mail("clear"), hostname="127.0.0.1", port=0)
starttls = MailServer(Mail("starttls"), hostname="127.0.0.1", port=0, tls_context=tls(), require_starttls=True,
                      auth_required=True, auth_exclude_mechanism=["LOGIN"], authenticator=authenticate)
bare = MailServer(Bare("bare"), hostname="127.0.0.1", port=0, auth_require_tls=False, authenticator=overhear)
for server in (clear, starttls, bare):
    server.start()
say("ports", clear.port, starttls.port, web(None), web(tls()), bare.port)
sys.stdin.read()  # until whoever started this has gone
os._exit(0)
