#!/usr/bin/python3
"""A mail server and a web server that fail before they accept, each as its path or recipient says; a line a request.

Usage: receivers.py SECRET SECRET…    (webhook secrets, "whsec_…": a call must be signed with each of them)
First line: `ports SMTP HTTP`. Then `smtp CODE RECIPIENT MESSAGE-ID SUBJECT` and `http CODE PATH ID VERDICT`.
"""

import base64
import email
import email.header
import email.policy
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

from aiosmtpd.controller import Controller

SECRETS = [base64.b64decode(s.removeprefix("whsec_")) for s in sys.argv[1:]]
SAY = threading.Lock()
SEEN = {}


def say(*words):
    with SAY:
        print(*words, flush=True)


def times(key):
    with SAY:
        SEEN[key] = SEEN.get(key, 0) + 1
        return SEEN[key]


class MailServer(Controller):
    """On a port that the system chooses."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Mail:
    """451 for the first two letters to late@, 550 for nobody@, else 250."""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            say("smtp", 550, address, "-", "-")
            return "550 5.1.1 no such person: " + address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = message.get_content().replace("\n", "|")
        late = envelope.rcpt_tos[0].startswith("late@") and times("mail") <= 2
        say("smtp", 451 if late else 250, ",".join(envelope.rcpt_tos), message["message-id"], message["subject"], body)
        return "451 4.3.0 try again" if late else "250 OK"


def judge(headers, body):
    """Standard Webhooks, from its text alone."""
    number, at, signatures = (headers.get("webhook-" + n) for n in ("id", "timestamp", "signature"))
    if None in (number, at, signatures) or "." in number or abs(time.time() - int(at)) > 300:
        return "headers"
    for secret in SECRETS:
        message = number.encode() + b"." + at.encode() + b"." + body
        wanted = "v1," + base64.b64encode(hmac.new(secret, message, hashlib.sha256).digest()).decode()
        if not any(hmac.compare_digest(wanted, s) for s in signatures.split(" ")):
            return "signature"
    event = json.loads(body)
    return "signed" if event["type"] == "notification.sent" and event["specversion"] == "1.0" else "body"


class Web(http.server.BaseHTTPRequestHandler):
    """/late: 503 with Retry-After twice, then 200; /gone: 404; /slow: no answer until the end."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        code = {"/gone": 404}.get(self.path, 200)
        if self.path == "/late" and times("web") <= 2:
            code = 503
        if self.path == "/slow":
            say("http", 0, self.path, self.headers.get("webhook-id"), judge(self.headers, body))
            threading.Event().wait()
        say("http", code, self.path, self.headers.get("webhook-id"), judge(self.headers, body))
        self.send_response(code)
        if code == 503:
            self.send_header("Retry-After", "1")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
web.daemon_threads = True
mail = MailServer(Mail(), hostname="127.0.0.1", port=0)
mail.start()
say("ports", mail.port, web.server_address[1])
web.serve_forever()
