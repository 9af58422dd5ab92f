#!/usr/bin/python3
"""Goal: duban-worker keeps its side of the wire whatever the broker or the network does: nothing settled before ACCEPTED, nothing
published twice, nothing claimed that is not so. Method: a broker of a few lines, written from proto/PROTOCOL.md alone, that holds
answers back, repeats itself and goes away; the worker is the real one, killed and started again under way. It is asked something
(ASK, REPLY) to know that it has nothing more to say.
"""
import datetime
import http.server
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import msgpack
import zmq

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
B = os.path.join(ROOT, os.environ.get("B", "build/release"))

# section 6
HELLO, PUBLISH, SUBSCRIBE, CREDIT, UNSUBSCRIBE, QUERY, PROGRESS, REPLY, PING, BYE = range(1, 11)
WELCOME, ACCEPTED, EVENTS, ANSWER, ASK, PONG, ERROR = range(64, 71)
# section 1
OK, INVALID, BUSY, NO_SESSION, FENCED, STOPPING = 0, 2, 5, 7, 11, 14
# section 9 and docs/limits.md
BATCH_EVENTS_MAX = OUTBOX_SEND_MAX = 1024
TURN_MESSAGES_MAX = 256  # that a worker takes in before it acts on them (base/loop.h)
PATIENCE_MS = 60000  # a bound for what must come; no test waits for it to pass
EXIT_FAILED, EXIT_FENCED, EXIT_JOURNAL = 1, 3, 4  # duban-worker(8)
BEGIN_US = 1579482000000000

context = zmq.Context()
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def equal(have, want, what=""):
    if have != want:
        raise AssertionError(f"{what + ': ' if what else ''}{have!r:.1500}, wanted {want!r:.1500}")


def read(name):
    with open(os.path.join(ROOT, "config", name), encoding="utf-8") as file:
        return file.read()


def decode(body):
    return msgpack.unpackb(body, raw=False)


def ids(bodies):
    return [decode(body)["id"] for body in bodies]


def instant_us(text):
    moment = datetime.datetime.fromisoformat(text)
    return round((moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(microseconds=1))


class Journal:
    """Section 8: one order, each identity once."""

    def __init__(self):
        self.name = os.urandom(16).hex()
        self.entries = []
        self.known = {}

    @property
    def head(self):
        return len(self.entries)

    def append(self, publisher, body):
        event = decode(body)
        identity = (event["source"], event["id"])
        duplicate = identity in self.known
        if not duplicate:
            self.entries.append([self.head + 1, BEGIN_US + self.head * 1000, publisher, body])
            self.known[identity] = self.entries[-1]
        seq, received, _, first = self.known[identity]
        equal(body, first, "the same id with other bytes")
        return [OK, duplicate, seq, received, ""]

    def report(self, kind, publisher="uid:1000", **event):
        event = {"specversion": "1.0", "id": f"report-{self.head + 1}", "source": "/conformance", "type": kind,
                 "time": "2020-01-20T09:00:00+08:00", **event}
        return self.append(publisher, msgpack.packb(event, use_bin_type=True))[2]

    def issue(self):
        number = self.head + 1
        return self.report("issue.raised", subject=f"I-{number}", charter="shenzhen-2020",
                           data={"title": f"第{number}件", "area": "获得信贷", "raiser": "某企业"})


class House:
    """A journal, a worker's folder, and the broker's end of the worker's socket."""

    def __init__(self, role="coordination", settings=""):
        self.role = role
        self.folder = tempfile.mkdtemp(prefix="duban-worker-")
        self.endpoint = f"ipc://{self.folder}/work.sock"
        self.journal = Journal()
        self.process = self.peer = self.progress = self.epoch = None
        self.sub = self.tag = 0
        self.types = []
        with open(os.path.join(self.folder, "duban.yaml"), "w", encoding="utf-8") as out:
            out.write(settings)
        self.open()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        if kind is not None:
            with open(os.path.join(self.folder, "log"), errors="replace") as log:
                print(log.read()[-3000:])
        self.socket.close()
        shutil.rmtree(self.folder)

    def open(self):
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.bind(self.endpoint)
        self.peer = None

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(B, "bin", "duban-worker"), self.role, "--state", os.path.join(self.folder, "state"),
                 "--run", os.path.join(self.folder, "run"), "--endpoint", self.endpoint,
                 "--config", os.path.join(self.folder, "duban.yaml")], stderr=log, stdin=subprocess.DEVNULL)

    def exit_code(self):
        return self.process.wait(timeout=PATIENCE_MS / 1000)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        equal(self.exit_code(), 0, "an orderly stop")

    def forget(self):
        shutil.rmtree(os.path.join(self.folder, "state", "workers", self.role))

    # ---- messages ----

    def send(self, *message):
        self.socket.send_multipart([self.peer, msgpack.packb(list(message), use_bin_type=True)])

    def receive(self, until):
        if not self.socket.poll(max(0, until - time.monotonic()) * 1000):
            raise AssertionError(f"nothing came; the worker's exit code is {self.process.poll()}")
        frames = self.socket.recv_multipart()
        equal(len(frames), 2, "a routing id and one frame")
        return frames[0], msgpack.unpackb(frames[1], raw=False, strict_map_key=True)

    def expect(self, *verbs):
        """The next message of the living connection that is one of those verbs. PING is answered, CREDIT and PROGRESS are noted."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while True:
            peer, message = self.receive(until)
            if message[0] == HELLO and HELLO in verbs:
                self.peer, self.progress = peer, None
                return message
            if peer != self.peer:  # section 4
                self.socket.send_multipart([peer, msgpack.packb([ERROR, NO_SESSION, "say HELLO first"])])
                continue
            if message[0] == PROGRESS:
                self.progress = message[1:]
            if message[0] in verbs:
                return message
            if message[0] == PING:
                self.send(PONG, message[1], self.journal.head, BEGIN_US)
            elif message[0] not in (CREDIT, PROGRESS, BYE):
                raise AssertionError(f"{message!r:.500}, wanted {verbs}")

    def greeted(self, name=None, replay=False):
        _, version, _, role, epoch = self.expect(HELLO)
        equal((version, role), (1, self.role))
        self.epoch = epoch
        self.send(WELCOME, 1, name or self.journal.name, 1, self.journal.head, BEGIN_US, replay, epoch)

    def subscribed(self, start, collects=None):
        """Section 3.3. Own outcomes first, if the state is opened and not at the head; then live, from `start` on."""
        if collects if collects is not None else start <= self.journal.head:
            _, sub, first, _, wanted = self.expect(SUBSCRIBE)
            equal((first, wanted), (start, {"publisher": "worker/" + self.role}))
            own = [e for e in self.journal.entries[start - 1:] if e[2] == wanted["publisher"]]
            for i in range(0, len(own), 7):  # in several messages
                self.send(EVENTS, sub, own[i:i + 7][-1][0], self.journal.head, own[i:i + 7])
            self.send(EVENTS, sub, self.journal.head, self.journal.head, [])
            equal(self.expect(UNSUBSCRIBE)[1], sub)
        _, self.sub, first, _, wanted = self.expect(SUBSCRIBE)
        equal((first, sorted(wanted)), (start, ["types"]), "where the worker goes on")
        self.types = wanted["types"]

    def passes(self, entry):
        kind = decode(entry[3])["type"]
        return any(kind == wanted or kind.startswith(wanted + ".") for wanted in self.types)

    def stream(self, first=1, last=None):
        last = last or self.journal.head
        wanted = [entry for entry in self.journal.entries[first - 1:last] if self.passes(entry)]
        parts = [wanted[i:i + BATCH_EVENTS_MAX] for i in range(0, len(wanted), BATCH_EVENTS_MAX)] or [[]]
        for i, part in enumerate(parts):
            self.send(EVENTS, self.sub, last if i + 1 == len(parts) else part[-1][0], self.journal.head, part)

    def published(self):
        _, tag, bodies = self.expect(PUBLISH)
        self.tag = tag
        return bodies

    def accept(self, bodies):
        """Into the journal, and the results to the worker."""
        results = [self.journal.append("worker/" + self.role, body) for body in bodies]
        self.send(ACCEPTED, self.tag, results)
        return [result[1] for result in results]

    def told(self, cursor=None, outbox=None):
        """Waits for a PROGRESS that says so."""
        while self.progress is None or (cursor is not None and self.progress[0] != cursor) or (outbox is not None and self.progress[1] != outbox):
            self.expect(PROGRESS)
        return self.progress

    def quiet(self):
        """Nothing more comes of what it was told: more questions than a turn of the worker's loop takes, so that one has ended since."""
        for tag in range(TURN_MESSAGES_MAX + 1):
            self.send(ASK, tag, "no-such-query", b"")
        for tag in range(TURN_MESSAGES_MAX + 1):
            equal(self.expect(REPLY)[1], tag)

    def begin(self):
        """Up to the first PUBLISH: a charter and an issue, taken in and not acknowledged."""
        self.journal.report("charter.adopted", charter="shenzhen-2020",
                            data={"name": "shenzhen-2020", "text": read("charters/shenzhen-2020.yaml")})
        self.journal.issue()
        self.start()
        self.greeted()
        self.subscribed(1)
        self.stream()
        bodies = self.published()
        kinds = [decode(body)["type"] for body in bodies]
        assert kinds[0] == "charter.enacted" and "issue.opened" in kinds, [decode(body) for body in bodies]
        self.told(cursor=2, outbox=len(bodies))
        return bodies

    def restart(self, cursor):
        self.start()
        before = self.epoch
        self.greeted()
        assert self.epoch > before, "the epoch counts the starts"
        self.subscribed(cursor + 1)


# ---- section 3.3: the outbox ----

@test
def unacknowledged_outcomes_come_again():
    with House() as house:
        first = house.begin()
        third = house.journal.issue()  # a transaction after the PUBLISH: it must not take the outbox for settled
        house.stream(third)
        house.told(cursor=third)
        waiting = house.progress[1]
        assert waiting > len(first), f"{waiting} outcomes waiting; {len(first)} were not acknowledged, and more came"
        house.quiet()  # one PUBLISH in flight at a time
        house.kill()
        house.restart(cursor=third)
        again = house.published()
        equal(again[:len(first)], first, "the same ids and bytes")
        equal(len(again), waiting)
        equal(len(set(ids(again))), waiting, "ids")
        house.told(cursor=third, outbox=waiting)
        house.kill()  # and again, without anything in between
        house.restart(cursor=third)
        equal(house.published(), again)


@test
def silence_is_not_a_refusal_nor_an_acceptance():
    with House() as house:
        first = house.begin()
        equal(house.published(), first, "the same bytes again, in the same session")


@test
def acknowledged_outcomes_do_not_come_again():
    with House() as house:
        first = house.begin()
        house.accept(first)
        house.told(outbox=0)
        house.stop()
        house.restart(cursor=2)
        house.quiet()
        house.told(cursor=2, outbox=0)
        house.kill()  # killed without a batch after the last ACCEPTED: nothing to lose
        house.restart(cursor=2)
        house.quiet()
        cursor = house.journal.issue()
        house.stream(3)
        more = house.published()
        equal(set(ids(more)) & set(ids(first)), set(), "published twice")
        house.accept(more)
        house.told(cursor=cursor, outbox=0)
        house.kill()  # what ACCEPTED settled is deleted with the next batch only: it comes again, byte for byte
        house.restart(cursor=cursor)
        equal(house.published(), more)
        equal(set(house.accept(more)), {True}, "duplicates")
        house.told(outbox=0)
        house.quiet()


@test
def busy_ones_come_again():
    with House() as house:
        first = house.begin()
        taken = [house.journal.append("worker/coordination", body) for body in first[:2]]
        house.send(ACCEPTED, house.tag, taken + [[BUSY, False, 0, 0, "full"]] * (len(first) - 2))
        equal(house.published(), first[2:])
        house.told(outbox=len(first) - 2)
        house.send(ACCEPTED, house.tag, [[BUSY, False, 0, 0, "full"]] * (len(first) - 2))
        equal(house.published(), first[2:])
        house.send(ACCEPTED, house.tag + 1000, [[OK, False, 9, BEGIN_US, ""]] * (len(first) - 2))  # of no PUBLISH
        house.quiet()
        equal(house.progress[1], len(first) - 2)
        house.accept(first[2:])
        house.told(outbox=0)
        house.quiet()


@test
def a_refused_outcome_stops_the_worker_and_is_kept():
    with House() as house:
        first = house.begin()
        house.send(ACCEPTED, house.tag, [[INVALID, False, 0, 0, "data.title missing"]] * len(first))
        equal(house.exit_code(), EXIT_FAILED)
        house.restart(cursor=2)
        equal(house.published(), first)


@test
def never_more_in_flight_than_allowed():
    """OUTBOX_SEND_MAX unacknowledged outcomes, in order, the next ones only when those are acknowledged."""
    with House() as house:
        house.accept(house.begin())
        house.told(outbox=0)
        first = house.journal.head + 1
        for _ in range(OUTBOX_SEND_MAX + 200):
            house.journal.issue()
        head = house.journal.head
        house.stream(first)
        got = []
        while True:
            bodies = house.published()
            assert 0 < len(bodies) <= OUTBOX_SEND_MAX, len(bodies)
            if not got:
                house.told(cursor=head)
                total = house.progress[1]
                assert total > 2 * OUTBOX_SEND_MAX, total
                equal(len(bodies), OUTBOX_SEND_MAX, "as many as allowed")
                house.quiet()
            got += ids(bodies)
            house.accept(bodies)
            if len(got) >= total:
                break
        equal((len(got), len(set(got))), (total, total), "each once")
        causes = [int(name.split("-")[1]) for name in got]
        equal(causes, sorted(causes), "in the order of the journal")
        house.told(outbox=0)
        house.quiet()


# ---- sections 3.3, 4: connections ----

@test
def the_broker_goes_and_comes():
    with House() as house:
        first = house.begin()
        epoch, process = house.epoch, house.process.pid
        house.socket.close()
        house.journal.issue()
        house.open()
        house.greeted()
        assert house.epoch >= epoch, "the same state, connected anew"
        house.subscribed(3, collects=False)
        equal(house.published(), first, "what was under way comes again")
        house.stream(3)
        house.told(cursor=3)
        house.accept(first)
        more = house.published()
        equal(set(ids(more)) & set(ids(first)), set())
        house.accept(more)
        house.told(cursor=3, outbox=0)
        house.send(ERROR, STOPPING, "the broker is stopping")
        house.greeted()  # on a new socket
        house.subscribed(4, collects=False)
        house.quiet()
        equal((house.process.pid, house.process.poll()), (process, None))


@test
def fenced_is_the_end():
    with House() as house:
        first = house.begin()
        house.send(ERROR, FENCED, "a newer instance of coordination is at work")
        equal(house.exit_code(), EXIT_FENCED)
        house.restart(cursor=2)  # told by an operator: its outbox is whole
        equal(house.published(), first)
        house.kill()
        house.start()
        house.expect(HELLO)
        house.send(ERROR, FENCED, "a newer instance of coordination is at work")  # as the answer to HELLO
        equal(house.exit_code(), EXIT_FENCED)


@test
def a_state_is_of_one_journal():
    with House() as house:
        house.accept(house.begin())
        house.told(outbox=0)
        house.stop()
        house.start()
        house.greeted("0" * 32)
        equal(house.exit_code(), EXIT_JOURNAL)
        house.journal.entries = house.journal.entries[:1]  # an older copy of the journal
        house.start()
        house.greeted()
        equal(house.exit_code(), EXIT_JOURNAL)


# ---- section 3.2: what it takes in ----

@test
def repeated_and_overlapping_events_have_one_effect():
    with House() as house:
        got = house.begin()
        house.accept(got)
        house.told(outbox=0)
        head = house.journal.head
        fresh = [house.journal.issue() for _ in range(4)]
        house.stream(1, 2)
        house.stream(1, fresh[0])
        house.stream(1, fresh[0])
        house.stream(head, fresh[2])
        house.stream(fresh[1], fresh[1])
        house.stream(fresh[2], fresh[3])
        while set(fresh) - {decode(entry[3])["cause"] for entry in house.journal.entries if entry[2] == "worker/coordination"}:
            bodies = house.published()
            got += bodies
            equal(set(house.accept(bodies)), {False}, "published twice")
        house.told(cursor=fresh[3], outbox=0)
        house.quiet()
        opened = sorted(decode(body)["cause"] for body in got if decode(body)["type"] == "issue.opened")
        equal(opened, [2] + fresh, "each issue is opened once")
        equal(len(set(ids(got))), len(got), "ids")
        house.stream(1)  # all of it, own outcomes among them
        house.quiet()


@test
def a_deleted_state_decides_nothing_again():
    with House() as house:
        house.accept(house.begin())
        house.told(outbox=0)
        seq = house.journal.issue()
        house.stream(3)
        house.accept(house.published())
        house.told(cursor=seq, outbox=0)
        head = house.journal.head
        house.stop()
        house.forget()
        house.start()
        house.greeted()
        house.subscribed(1)
        house.stream(1)
        house.told(cursor=head, outbox=0)
        house.quiet()  # nothing is published
        new = house.journal.issue()
        house.stream(new)
        bodies = house.published()
        equal({decode(body)["cause"] for body in bodies}, {new}, "only what is new is decided")


@test
def a_decision_that_the_journal_has_in_part_is_completed():
    with House() as house:
        first = house.begin()
        last = [body for body in first if decode(body)["cause"] == 2]
        assert len(last) > 1, "a decision of several outcomes"
        for body in first[:-1]:  # the power went before the last one
            house.journal.append("worker/coordination", body)
        house.kill()
        house.forget()
        house.start()
        house.greeted()
        house.subscribed(1)
        house.stream(1)
        equal(house.published(), last, "the same ids and bytes")
        equal(house.accept(last), [True] * (len(last) - 1) + [False])
        house.told(outbox=0)
        house.quiet()


# ---- section 6: PROGRESS ----

@test
def progress_is_true():
    with House() as house:
        first = house.begin()
        equal(house.progress, [2, len(first), None], "cursor, outbox, and coordination waits for no time")
        house.send(EVENTS, house.sub, 40, 40, [])  # nothing of its own up to there
        equal(house.told(cursor=40), [40, len(first), None])
        house.accept(first)
        equal(house.told(outbox=0), [40, 0, None])


@test
def wake_is_the_next_alarm():
    with House("deadlines") as house:
        house.journal.report("calendar.published", data={"calendar": "cn", "text": read("calendars/cn.yaml").split("notices:")[0]})
        house.start()
        house.greeted()
        house.subscribed(1)
        house.stream()
        house.accept(house.published())
        equal(house.told(cursor=1, outbox=0)[2], None, "nothing to wait for yet")

        def fixed(name, limit):
            seq = house.journal.report(
                "deadline.set", publisher="worker/coordination", subject="I-1", charter="shenzhen-2020", source="/worker/coordination",
                data={"deadline": name, "owner": "coordination", "label": "team", "limit": limit, "calendar": "cn", "reminders": [],
                      "start": "2020-01-20T09:00:00+08:00"})
            house.stream(seq)
            bodies = house.published()
            house.accept(bodies)
            house.told(cursor=seq, outbox=0)
            [answer] = [decode(body) for body in bodies]
            equal((answer["type"], answer["data"]["deadline"]), ("deadline.fixed", name))
            return instant_us(answer["data"]["due"])

        def struck(after):
            """Section 3.3: the broker's clock is past the time that the worker waits for."""
            at = datetime.datetime.fromtimestamp(after / 1e6 + 1, datetime.timezone.utc).isoformat(timespec="seconds")
            seq = house.journal.report("clock.struck", publisher="duband", source="/duband", data={"at": at})
            house.stream(seq)
            bodies = house.published()
            equal([decode(body)["type"] for body in bodies], ["deadline.reached"])
            house.told(cursor=seq, outbox=len(bodies))
            house.accept(bodies)
            return house.told(outbox=0)[2]

        late = fixed("I-1/team/2", "30d")
        assert late <= house.progress[2] <= late + 1, (late, house.progress)
        early = fixed("I-1/team/3", "3d")
        assert early < late and early <= house.progress[2] <= early + 1, (early, house.progress)
        house.stop()
        house.restart(cursor=house.progress[0])
        assert early <= house.told()[2] <= early + 1, "the same after a restart"
        wake = struck(early)
        assert late <= wake <= late + 1, (late, wake)
        equal(struck(late), None, "nothing is left to wait for")


# ---- sections 6 and 8: what goes outside ----

class Receiver(http.server.ThreadingHTTPServer):
    """A webhook; the webhook-id of each call, in order."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.server.calls.put(self.headers["webhook-id"])
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        self.calls = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


TOWN = """charter: town
title: 小城协调机制
document: {number: 城〔2020〕1号, issued: 2020-01-20}
calendar: cn
zone: "+08:00"
units: [市税务局]
levels: [{id: team, name: 工作专班, decides: true, settles: true, limit: 15wd}]
areas: [{area: 纳税}]
bodies: [{id: team, name: 工作专班, level: team, lead_units: [市税务局]}]
posts: [{id: clerk, title: 联络员}]
notices: [{event: issue.opened, to: [clerk], channel: webhook, when: at-once}]
"""


class Notifying(House):
    """The worker that tells people, with a webhook for its only post."""

    def __init__(self):
        self.receiver = Receiver()
        super().__init__("notifications")
        secret = os.path.join(self.folder, "secret")
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
            out.write("whsec_bmV3LXNlY3JldC1vZi0zMi1ieXRlcy0wMTIzNDU2Nzg=")
        with open(os.path.join(self.folder, "duban.yaml"), "w", encoding="utf-8") as out:
            out.write(f"webhooks: [{{name: oa, url: 'http://127.0.0.1:{self.receiver.server_port}/', secret-file: {secret}}}]\n"
                      "contacts: {clerk: {webhook: oa}}\n")
        self.journal.report("charter.adopted", charter="town", data={"name": "town", "text": TOWN})
        self.decided("charter.enacted", 1, charter="town", data={"name": "town", "version": 1, "title": "小城协调机制", "digest": "0" * 64})

    def __exit__(self, *what):
        super().__exit__(*what)
        self.receiver.shutdown()
        self.receiver.server_close()

    def decided(self, kind, cause, **event):
        return self.journal.report(kind, publisher="worker/coordination", source="/worker/coordination", cause=cause, **event)

    def opened(self):
        number = self.journal.issue()
        return self.decided("issue.opened", number, subject=f"I-{number}", charter="town",
                            data={"title": "税费申报", "area": "纳税", "level": "team", "body": "team", "round": 1})

    def called(self):
        return self.receiver.calls.get(timeout=PATIENCE_MS / 1000)

    def publishes(self, *kinds):
        """All that it has to say next."""
        bodies = self.published()
        equal([decode(body)["type"] for body in bodies], list(kinds))
        return bodies

    def asked(self, name):
        self.send(ASK, 1, name, b"")
        return self.expect(REPLY)

    def file(self):
        with open(os.path.join(self.folder, "state", "out", "notifications", "clerk.txt"), encoding="utf-8") as file:
            return file.read()


@test
def what_was_sent_is_not_sent_again():
    with Notifying() as house:
        house.opened()
        house.start()
        house.greeted()
        house.subscribed(1)
        house.stream()
        sent = house.publishes("notification.sent")
        first = house.called()
        assert ids(sent)[0] in first, (first, ids(sent))
        house.told(outbox=2)  # it has come to an end, and the journal knows neither
        equal(house.asked("rebuild")[2], BUSY, "a state made anew would send it again")
        house.accept(sent)
        house.accept(house.publishes("delivery.reported"))
        house.told(outbox=0)
        house.stream(house.journal.head)
        house.accept(house.publishes("notification.delivered"))
        house.told(outbox=0)
        equal(house.asked("rebuild")[2], OK)
        house.greeted()
        house.subscribed(1)
        house.stream()
        house.told(cursor=house.journal.head, outbox=0)
        house.stop()
        house.forget()  # and by hand
        house.start()
        house.greeted()
        house.subscribed(1)
        house.stream()
        house.told(cursor=house.journal.head, outbox=0)
        house.quiet()
        new = house.opened()
        house.stream(new)
        house.accept(house.publishes("notification.sent"))
        second = house.called()
        assert second != first and f"-{new}-" in second, (first, second)
        assert house.receiver.calls.empty(), "something was sent again"


@test
def a_replay_clock_sends_nothing_outside():
    with Notifying() as house:
        house.opened()
        house.start()
        house.greeted(replay=True)
        house.subscribed(1)
        house.stream()
        house.accept(house.publishes("notification.sent"))
        house.told(outbox=0)
        house.quiet()  # nor does it report that anything was
        assert "(webhook) 新问题" in house.file(), "it is written down instead"
        house.stop()
        house.start()
        house.greeted(replay=False)  # the same settings, and a clock of today
        house.subscribed(house.journal.head, collects=True)
        house.stream(house.opened())
        house.accept(house.publishes("notification.sent"))
        assert f"-{house.journal.head - 1}-" in house.called(), "only what is new is sent"
        assert house.receiver.calls.empty(), "the past was sent"


def main():
    passed = failed = 0
    wanted = sys.argv[1:]
    for function in TESTS:
        if wanted and function.__name__ not in wanted:
            continue
        try:
            function()
            passed += 1
        except Exception as error:  # whatever it is, it is this test's failure
            failed += 1
            print(f"FAILED {function.__name__}: {type(error).__name__}: {error}")
            traceback.print_exc(limit=-3, file=sys.stdout)
    context.destroy(linger=0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
