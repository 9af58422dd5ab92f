#!/usr/bin/python3
"""Goal: a stranger can write a client from proto/PROTOCOL.md alone.
Method: this is such a client: Debian's pyzmq and msgpack, none of our library, against the real broker in a folder of its own,
which is killed and started again under way. Sections named in the tests are those of PROTOCOL.md.
"""
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback

import msgpack
import zmq

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
B = os.path.join(ROOT, os.environ.get("B", "build/release"))

# section 6
HELLO, PUBLISH, SUBSCRIBE, CREDIT, UNSUBSCRIBE, QUERY, PROGRESS, REPLY, PING, BYE = range(1, 11)
WELCOME, ACCEPTED, EVENTS, ANSWER, ASK, PONG, ERROR = range(64, 71)
# section 1
OK, MALFORMED, INVALID, FORBIDDEN, CONFLICT, BUSY, FULL, NO_SESSION, VERSION, PROTOCOL = range(10)
TOO_MANY, FENCED, NO_WORKER, UNKNOWN, STOPPING, GONE = range(10, 16)
PATIENCE_MS = 20000  # a bound for what must come; no test waits for it to pass

context = zmq.Context()
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def equal(have, want, what=""):
    if have != want:
        raise AssertionError(f"{what + ': ' if what else ''}{have!r}, wanted {want!r}")


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{text!r} does not say {part!r}")


class Broker:
    def __init__(self, *options):
        self.options = options
        self.folder = tempfile.mkdtemp(prefix="duban-conformance-")
        self.run = os.path.join(self.folder, "run")
        self.process = None
        self.start()

    def start(self):
        log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen([os.path.join(B, "bin", "duband"), "--state", os.path.join(self.folder, "state"), "--run", self.run,
                                         *self.options],
                                        stderr=log, stdin=subprocess.DEVNULL)
        log.close()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def door(self, name="publish"):
        return f"ipc://{self.run}/{name}.sock"

    def remove(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder)


class Peer:
    """Section 4: a DEALER with a routing id of its own; one frame a message."""

    def __init__(self, endpoint, hello=True, role="", epoch=0):
        self.socket = context.socket(zmq.DEALER)
        self.socket.setsockopt(zmq.ROUTING_ID, b"p" + os.urandom(15))
        for option, value in ((zmq.LINGER, 0), (zmq.IMMEDIATE, 1), (zmq.MAXMSGSIZE, 1048576), (zmq.RECONNECT_IVL_MAX, 20000)):
            self.socket.setsockopt(option, value)
        self.socket.setsockopt(zmq.SNDTIMEO, PATIENCE_MS)
        self.socket.connect(endpoint)
        self.tag = 0
        self.welcome = self.hello(role=role, epoch=epoch) if hello else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *message):
        self.socket.send(msgpack.packb(list(message), use_bin_type=True))

    def receive(self, wait_ms=PATIENCE_MS):
        if not self.socket.poll(wait_ms):
            return None
        frames = self.socket.recv_multipart()
        equal(len(frames), 1, "frames of a message")
        return msgpack.unpackb(frames[0], raw=False, strict_map_key=True)

    def expect(self, verb):
        message = self.receive()
        if message is None or message[0] != verb:
            raise AssertionError(f"{message!r}, wanted verb {verb}")
        return message

    def error(self):
        _, code, text = self.expect(ERROR)
        return code, text

    def quiet(self):
        """Nothing more came of what was sent before: PONG has passed the broker's loop after it."""
        self.tag += 1
        self.send(PING, self.tag)
        equal(self.expect(PONG)[1], self.tag, "the PONG's tag")

    def hello(self, role="", epoch=0, name="stranger"):
        self.send(HELLO, 1, name, role, epoch)
        return self.expect(WELCOME)

    def publish(self, *bodies):
        self.tag += 1
        self.send(PUBLISH, self.tag, list(bodies))
        _, tag, results = self.expect(ACCEPTED)
        equal(tag, self.tag, "the ACCEPTED's tag")
        equal(len(results), len(bodies), "results")
        return results

    def query(self, name, args=None):
        self.tag += 1
        self.send(QUERY, self.tag, name, b"" if args is None else msgpack.packb(args))
        _, tag, code, text, rows, more = self.expect(ANSWER)
        equal(tag, self.tag, "the ANSWER's tag")
        return code, text, [msgpack.unpackb(row, raw=False) for row in rows], more

    def entries(self, sub, count):
        """So many entries, from as many EVENTS as it takes."""
        got = []
        while len(got) < count:
            message = self.expect(EVENTS)
            equal(message[1], sub, "the EVENTS' sub")
            got += message[4]
        equal(len(got), count, "entries")
        return got


counter = 0


def issue(number=None, **more):
    """Section 7."""
    global counter
    counter += 1
    event = {"specversion": "1.0", "id": f"event-{counter}", "source": "/conformance", "type": "issue.raised", "subject": f"I-{number or counter}",
             "time": "2020-01-20T09:00:00+08:00", "charter": "shenzhen-2020", "data": {"title": f"第{counter}件", "area": "获得信贷"}}
    event.update(more)
    return {key: value for key, value in event.items() if value is not None}


def encode(event):
    return msgpack.packb(event, use_bin_type=True)


# ---- sections 3.1, 4, 6: sessions ----

@test
def hello_is_welcomed(broker):
    with Peer(broker.door()) as peer:
        _, version, journal, session, head, now, replay, epoch = peer.welcome
        equal((version, replay, epoch, len(journal)), (1, False, 0, 32))
        assert session > 0 and now > 1_500_000_000_000_000 and head >= 0
        again = peer.hello()  # ends the session and opens a new one
        equal(again[2], journal)
        assert again[3] > session


@test
def welcome_says_replay(broker):
    replaying = Broker("--replay")
    try:
        for door in ("publish", "work"):
            with Peer(replaying.door(door), role="" if door == "publish" else "tasks", epoch=0 if door == "publish" else 1) as peer:
                equal(peer.welcome[6], True, f"at the {door} door")
    finally:
        replaying.remove()


@test
def what_a_hello_may_not_be(broker):
    for message, code in (([HELLO, 2, "late", "", 0], VERSION), ([HELLO, 1, "worker", "tasks", 1], PROTOCOL)):
        with Peer(broker.door(), hello=False) as peer:
            peer.send(*message)
            equal(peer.error()[0], code)
    for message, code in (([HELLO, 1, "nobody", "", 0], PROTOCOL), ([HELLO, 1, "nobody", "cooking", 0], PROTOCOL)):
        with Peer(broker.door("work"), hello=False) as peer:
            peer.send(*message)
            equal(peer.error()[0], code)


@test
def ping_and_bye(broker):
    with Peer(broker.door()) as peer:
        peer.send(PING, 2 ** 64 - 1)
        _, tag, head, now = peer.expect(PONG)
        equal(tag, 2 ** 64 - 1)
        assert head >= 0 and now > 1_500_000_000_000_000
        peer.send(BYE)
        peer.send(PING, 1)
        equal(peer.error()[0], NO_SESSION)
        peer.hello()
        peer.quiet()


@test
def nothing_without_a_session(broker):
    with Peer(broker.door(), hello=False) as peer:
        peer.send(PUBLISH, 1, [encode(issue())])
        code, text = peer.error()
        equal(code, NO_SESSION)
        contains(text, "HELLO")


@test
def verbs_of_the_other_door(broker):
    with Peer(broker.door()) as peer:
        peer.send(PROGRESS, 0, 0, None)
        equal(peer.error()[0], PROTOCOL)
        peer.hello()
        peer.send(WELCOME, 1, "0" * 32, 1, 0, 0, False, 0)
        equal(peer.error()[0], PROTOCOL)


# ---- sections 3.1, 7, 8: publishing ----

@test
def publish_one_and_many(broker):
    with Peer(broker.door()) as peer:
        [[code, duplicate, first, received, text]] = peer.publish(encode(issue()))
        equal((code, duplicate, text), (OK, False, ""))
        results = peer.publish(*[encode(issue()) for _ in range(1024)])
        equal([r[2] for r in results], list(range(first + 1, first + 1025)), "sequence numbers")
        equal({(r[0], r[1]) for r in results}, {(OK, False)})
        stamps = [received] + [r[3] for r in results]
        equal(stamps, sorted(stamps), "receive stamps")
        equal(peer.publish(), [])


@test
def acknowledgements_of_many_messages(broker):
    with Peer(broker.door()) as peer:
        sent = {tag: [encode(issue()) for _ in range(tag % 7 + 1)] for tag in range(1, 201)}
        for tag, bodies in sent.items():
            peer.send(PUBLISH, tag, bodies)
        answers = {}
        while len(answers) < len(sent):
            _, tag, results = peer.expect(ACCEPTED)
            assert tag not in answers, "a PUBLISH answered twice"
            answers[tag] = results
        seqs = [result[2] for tag in sent for result in answers[tag]]
        equal(seqs, list(range(seqs[0], seqs[0] + len(seqs))), "events of a session in the order of sending")


@test
def duplicate_and_conflict(broker):
    with Peer(broker.door()) as peer:
        event = issue()
        [first] = peer.publish(encode(event))
        [again] = peer.publish(encode(event))
        equal(again, [OK, True, first[2], first[3], ""])
        same = encode(issue())
        [[_, one, seq, _, _], [_, other, same_seq, _, _]] = peer.publish(same, same)  # in one message
        equal((one, other, same_seq), (False, True, seq))
        head = peer.publish(encode(issue()))[0][2]
        event["data"]["title"] = "另一件事"
        [[code, _, seq, _, text]] = peer.publish(encode(event))
        equal((code, seq), (CONFLICT, first[2]))
        contains(text, event["id"])
        peer.send(SUBSCRIBE, 1, head + 1, 100, {"types": ["event.conflicted"]})
        [[_, _, publisher, body]] = peer.entries(1, 1)
        record = msgpack.unpackb(body, raw=False)
        equal((publisher, record["type"], record["data"]["seq"]), ("duband", "event.conflicted", first[2]))
        event["source"] = "/elsewhere"  # identity is (source, id)
        equal(peer.publish(encode(event))[0][:2], [OK, False])


@test
def refusals_name_field_and_rule(broker):
    cases = [
        (b"\xc1", MALFORMED, []),
        (b"", MALFORMED, []),
        (encode(issue()) + b"\0", MALFORMED, []),
        (encode([1, 2]), MALFORMED, ["map"]),
        (encode(issue(type="issue.raist")), INVALID, ["type", "issue.raised"]),
        (encode(issue(data={"title": "t"})), INVALID, ["data.area"]),
        (encode(issue(data={"title": "t", "area": "a", "aria": "b"})), INVALID, ["data.aria", "area"]),
        (encode(issue(data={"title": "t", "area": "a", "percent": 3})), INVALID, ["data.percent", "allowed"]),
        (encode(issue(data={"title": 7, "area": "a"})), INVALID, ["data.title"]),
        (encode(issue(data={"title": "x" * 513, "area": "a"})), INVALID, ["data.title", "512"]),
        (encode(issue(data={"title": " t", "area": "a"})), INVALID, ["data.title", "blank"]),
        (encode(issue(time="2020-01-20 09:00")), INVALID, ["time"]),
        (encode(issue(subject=None)), INVALID, ["subject"]),
        (encode(issue(specversion="0.3")), INVALID, ["specversion"]),
        (encode(issue(dataschema="x")), INVALID, ["dataschema"]),
        (encode(issue(id="x" * 129)), INVALID, ["id", "128"]),
        (encode(issue(cause=0)), INVALID, ["cause"]),
        (encode(issue(traceparent="00-x")), INVALID, ["traceparent"]),
        (encode(issue(data={"title": "t", "area": b"a"})), INVALID, ["data.area"]),
        (b"\x81\xa2id\xcb\x40\x09\x21\xfb\x54\x44\x2d\x18", INVALID, []),
        (b"\xdd\x10\x00\x00\x00", MALFORMED, []),
        (encode(issue(type="opinion.asked", data={"units": ["市财政局"], "level": "team"})), FORBIDDEN, ["outcome"]),
        (encode(issue(source="/worker/coordination")), FORBIDDEN, ["source"]),
        (encode(issue(source="/duband")), FORBIDDEN, ["source"]),
    ]
    with Peer(broker.door()) as peer:
        good = encode(issue())
        results = peer.publish(good, *[body for body, _, _ in cases], encode(issue()))
        equal((results[0][0], results[-1][0], results[-1][2]), (OK, OK, results[0][2] + 1), "those beside the bad ones")
        for (body, code, parts), result in zip(cases, results[1:-1]):
            equal(result[:3], [code, False, 0], repr(body[:60]) + " " + result[4])
            assert result[4], "a refusal without a text"
            contains(result[4], *parts)


@test
def bytes_are_kept_as_they_came(broker):
    """Long integer encodings, keys in another order: any msgpack is taken, and given back as it was."""
    with Peer(broker.door()) as peer:
        event = issue(cause=1)
        body = encode(dict(reversed(list(event.items())))).replace(encode("cause") + b"\x01", encode("cause") + b"\xcf" + b"\0" * 7 + b"\x01")
        [[code, _, seq, received, text]] = peer.publish(body)
        equal(code, OK, text)
        peer.send(SUBSCRIBE, 5, seq, 1, {})
        [[got_seq, got_received, publisher, got]] = peer.entries(5, 1)
        equal((got_seq, got_received, got), (seq, received, body))
        equal(publisher, f"uid:{os.getuid()}")


@test
def events_at_the_limit(broker):
    with Peer(broker.door()) as peer:
        text = "例" * 131072  # 393216 bytes: the longest field
        event = issue(type="charter.adopted", subject=None, data={"name": "large", "text": text})
        equal(peer.publish(encode(event))[0][0], OK)
        event = issue(type="charter.adopted", subject=None, data={"name": "large", "text": text + "例"})
        equal(peer.publish(encode(event))[0][0], INVALID)
        equal(peer.publish(b"\xda\xff\xff" + b"x" * 524290)[0][0], MALFORMED)
        peer.send(PUBLISH, 1, [b"\xc0"] * 1025)
        equal(peer.error()[0], MALFORMED)


# ---- sections 3.2, 6: subscriptions ----

def seed(peer, count, **more):
    results = peer.publish(*[encode(issue(**more)) for _ in range(count)])
    return results[0][2], results[-1][2]


@test
def subscribe_from_the_beginning(broker):
    with Peer(broker.door()) as peer:
        _, last = seed(peer, 5)
        peer.send(SUBSCRIBE, 7, 1, 8192, {})
        got, through = [], 0
        while through < last:
            _, sub, through, head, entries = peer.expect(EVENTS)
            assert sub == 7 and head >= through and len(entries) <= 1024
            got += [entry[0] for entry in entries]
        equal(got, list(range(1, last + 1)), "every entry once, in order")
        first, last = seed(peer, 3)  # live from here on
        equal([entry[0] for entry in peer.entries(7, 3)], [first, first + 1, last])


@test
def only_what_is_new(broker):
    with Peer(broker.door()) as peer:
        _, last = seed(peer, 2)
        peer.send(SUBSCRIBE, 1, 0, 10, {})
        message = peer.expect(EVENTS)  # at once, though it has no entries
        equal(message[1:5], [1, last, last, []])
        first, _ = seed(peer, 1)
        equal(peer.entries(1, 1)[0][0], first)


@test
def filters(broker):
    mark = os.urandom(4).hex()
    with Peer(broker.door()) as peer, Peer(broker.door("work"), role="coordination", epoch=1) as worker:
        start = peer.publish(encode(issue(subject=mark, charter=mark)))[0][2]
        peer.publish(encode(issue(subject=mark + "2", charter=mark)), encode(issue(subject=mark, type="issue.withdrawn", data={"reason": "r"})),
                     encode(issue(subject=mark + "2", type="task.accepted", charter=None, data=None)))
        outcome = {"specversion": "1.0", "id": f"coordination-{start}-1-1-{mark}", "source": "/worker/coordination", "type": "opinion.asked",
                   "subject": mark, "cause": start, "data": {"units": ["市财政局"], "level": "team"}}
        [[code, _, last, _, text]] = worker.publish(encode(outcome))
        equal(code, OK, text)
        end = peer.publish(encode(issue()))[0][2]
        cases = [
            ({}, [start, start + 1, start + 2, start + 3, last, end]),
            ({"types": ["issue"]}, [start, start + 1, start + 2, end]),
            ({"types": ["iss"]}, []),
            ({"types": ["issue.raised"]}, [start, start + 1, end]),
            ({"types": ["task", "issue.withdrawn"]}, [start + 2, start + 3]),
            ({"charters": [mark, "nothing"]}, [start, start + 1]),
            ({"subject": mark}, [start, start + 2, last]),
            ({"subject": mark, "types": ["issue"]}, [start, start + 2]),
            ({"cause": start}, [last]),
            ({"publisher": "worker/coordination"}, [last]),
            ({"publisher": f"uid:{os.getuid()}", "subject": mark}, [start, start + 2]),
        ]
        for sub, (wanted, seqs) in enumerate(cases, 1):
            peer.send(SUBSCRIBE, sub, start, 1000, wanted)
            got, through = [], start - 1
            while through < end:
                _, got_sub, through, _, entries = peer.expect(EVENTS)
                equal(got_sub, sub)
                got += [entry[0] for entry in entries]
            equal([seq for seq in got if seq <= end], seqs, repr(wanted))
            peer.send(UNSUBSCRIBE, sub)


@test
def credit_is_used_up_and_granted(broker):
    with Peer(broker.door()) as peer:
        first, last = seed(peer, 20)
        peer.send(SUBSCRIBE, 3, first, 7, {})
        equal([e[0] for e in peer.entries(3, 7)], list(range(first, first + 7)))
        peer.quiet()
        peer.send(CREDIT, 3, 5)
        equal([e[0] for e in peer.entries(3, 5)], list(range(first + 7, first + 12)))
        peer.quiet()
        peer.send(CREDIT, 99, 5)  # an unknown sub: ignored
        peer.send(SUBSCRIBE, 4, first, 0, {})  # no credit, nothing
        peer.quiet()
        peer.send(CREDIT, 3, 8192)
        equal([e[0] for e in peer.entries(3, 8)], list(range(first + 12, last + 1)))
        peer.send(CREDIT, 3, 9)
        equal(peer.error()[0], PROTOCOL)


@test
def through_tells_progress_without_entries(broker):
    with Peer(broker.door()) as peer:
        peer.send(SUBSCRIBE, 1, 1, 1, {"types": ["bulletin"]})
        through = 0
        with Peer(broker.door()) as other:
            _, last = seed(other, 30)
        while through < last:
            _, sub, through, head, entries = peer.expect(EVENTS)
            equal((sub, entries), (1, []))
            assert head >= through
        with Peer(broker.door()) as other:
            first, last = seed(other, 1)
        equal(peer.expect(EVENTS)[2], last)
        peer.send(CREDIT, 1, 8191)  # none was used
        peer.quiet()


@test
def unsubscribed_and_replaced(broker):
    with Peer(broker.door()) as peer:
        first, _ = seed(peer, 2)
        peer.send(SUBSCRIBE, 1, first, 100, {})
        peer.entries(1, 2)
        peer.send(UNSUBSCRIBE, 1)
        seed(peer, 2)
        peer.quiet()
        peer.send(SUBSCRIBE, 1, first, 1, {})
        equal(peer.entries(1, 1)[0][0], first)
        peer.send(SUBSCRIBE, 1, first + 1, 1, {})  # the same number: replaced
        equal(peer.entries(1, 1)[0][0], first + 1)


@test
def subscriptions_have_bounds(broker):
    with Peer(broker.door()) as peer:
        _, last = seed(peer, 1)
        peer.send(SUBSCRIBE, 1, last + 2, 10, {})
        equal(peer.error()[0], GONE)
        peer.hello()
        for sub in range(16):
            peer.send(SUBSCRIBE, sub, last + 1, 0, {})
        peer.quiet()
        peer.send(SUBSCRIBE, 16, last + 1, 0, {})
        equal(peer.error()[0], TOO_MANY)
        for bad in ([SUBSCRIBE, 1, 1, 8193, {}], [SUBSCRIBE, 1, 1, 1, {"type": ["issue"]}], [SUBSCRIBE, 1, 1, 1, {"types": "issue"}],
                    [SUBSCRIBE, 1, 1, 1, {"types": ["issue"] * 257}], [SUBSCRIBE, 1, 1, 1]):
            peer.hello()
            peer.send(*bad)
            equal(peer.error()[0], MALFORMED, repr(bad)[:60])


@test
def resume_from_a_cursor(broker):
    with Peer(broker.door()) as peer:
        first, last = seed(peer, 50)
        peer.send(SUBSCRIBE, 1, first, 20, {})
        got = [e[0] for e in peer.entries(1, 20)]
    with Peer(broker.door()) as peer:
        peer.send(SUBSCRIBE, 1, got[-1] + 1, 100, {})
        got += [e[0] for e in peer.entries(1, 30)]
    equal(got, list(range(first, last + 1)))


# ---- section 8: kill -9 ----

@test
def acknowledged_survives_kill(broker):
    kept = {}
    with Peer(broker.door()) as peer:
        journal = peer.welcome[2]
        for tag in range(1, 41):
            peer.send(PUBLISH, tag, [encode(issue()) for _ in range(50)])
        sent = counter
        for tag in range(1, 21):  # half of them acknowledged: then the power goes
            _, got, results = peer.expect(ACCEPTED)
            first_id = sent - 2000 + (got - 1) * 50
            for i, result in enumerate(results):
                kept[result[2]] = f"event-{first_id + i + 1}"
        broker.kill()
        broker.start()
        with Peer(broker.door()) as fresh:
            equal(fresh.welcome[2], journal, "the journal's identity")
            head = fresh.welcome[4]
            assert head >= max(kept)
            fresh.send(SUBSCRIBE, 1, 1, 8192, {})
            entries = fresh.entries(1, head)
            equal([e[0] for e in entries], list(range(1, head + 1)), "one order without gaps")
            there = {e[0]: msgpack.unpackb(e[3], raw=False)["id"] for e in entries}
            equal({seq: there[seq] for seq in kept}, kept, "acknowledged events")
            stamps = [e[1] for e in entries]
            equal(stamps, sorted(stamps), "receive stamps")
            identities = [(e["source"], e["id"]) for e in (msgpack.unpackb(x[3], raw=False) for x in entries)]
            equal(len(set(identities)), len(identities), "identities")
        peer.send(PING, 1)
        message = peer.receive()
        while message and message[0] == ACCEPTED:  # from before
            message = peer.receive()
        equal(message[:2], [ERROR, NO_SESSION], "the broker restarted: it knows no session")
        peer.hello()
        peer.quiet()


@test
def resend_after_kill_is_recognised(broker):
    bodies = [encode(issue()) for _ in range(500)]
    with Peer(broker.door()) as peer:
        peer.send(PUBLISH, 1, bodies)
        broker.kill()
        broker.start()
    with Peer(broker.door()) as peer:
        before = peer.welcome[4]
        results = peer.publish(*bodies)
        equal({r[0] for r in results}, {OK})
        seqs = [r[2] for r in results]
        equal(seqs, list(range(seqs[0], seqs[0] + 500)), "each once, in order")
        equal([r[1] for r in results], [seq <= before for seq in seqs], "duplicates are those that were there")


# ---- section 11: queries ----

@test
def queries_of_the_broker(broker):
    with Peer(broker.door()) as peer:
        [[_, _, seq, received, _]] = peer.publish(encode(issue(subject="Q-1")))
        code, _, rows, more = peer.query("status")
        equal((code, more), (OK, False))
        equal((rows[0]["id"], rows[0]["head"], rows[0]["state"], len(rows[0]["digest"])), (peer.welcome[2], seq, "live", 64))
        equal([row["role"] for row in rows[1:]], ["coordination", "tasks", "deadlines", "routines", "supervision", "bulletins", "notifications", "ledger"])
        code, _, rows, _ = peer.query("event", {"seq": seq})
        equal((code, len(rows), rows[0]["subject"], rows[0]["type"]), (OK, 1, "Q-1", "issue.raised"))
        event = json.loads(rows[0]["text"])
        equal((event["seq"], event["subject"], event["data"]["area"]), (seq, "Q-1", "获得信贷"))
        equal(peer.query("event", {"seq": seq + 1000})[0], GONE)
        code, _, rows, _ = peer.query("sessions")
        assert any(row["name"] == "stranger" and row["publisher"] == f"uid:{os.getuid()}" for row in rows)
        code, _, rows, _ = peer.query("limits")
        limits = {row["name"]: row["count"] for row in rows}
        equal((limits["MESSAGE_BYTES_MAX"], limits["CREDIT_MAX"], limits["BATCH_EVENTS_MAX"]), (1048576, 8192, 1024))
        equal(peer.query("clock.advance", {"at": "2030-01-01T00:00:00Z"})[0], INVALID)  # the clock is live
        equal(peer.query("event", {"sequence": 1})[0], INVALID)
        equal(peer.query("nobody:knows")[0], UNKNOWN)
        equal(peer.query("")[0], UNKNOWN)
        code, text, rows, _ = peer.query("issues")
        equal((code, rows), (NO_WORKER, []))
        contains(text, "ledger")


# ---- section 3.3: workers ----

@test
def worker_answers_queries(broker):
    with Peer(broker.door("work"), role="ledger", epoch=4) as worker, Peer(broker.door()) as asker:
        equal(worker.welcome[7], 4, "the epoch, repeated")
        asker.send(QUERY, 77, "issues", msgpack.packb({"charter": "x"}))
        _, tag, name, args = worker.expect(ASK)
        equal((name, msgpack.unpackb(args)), ("issues", {"charter": "x"}))
        row = msgpack.packb({"id": "I-1", "state": "open"})
        worker.send(REPLY, tag, OK, "", [row, row], True)
        equal(asker.expect(ANSWER)[1:], [77, OK, "", [row, row], True])
        asker.send(QUERY, 78, "ledger:nonsense", b"")
        _, tag, name, args = worker.expect(ASK)
        equal((name, args), ("nonsense", b""))
        worker.send(REPLY, tag + 1000, OK, "", [], False)  # a tag that nobody asked
        worker.send(REPLY, tag, INVALID, "there is no such query", [], False)
        equal(asker.expect(ANSWER)[1:], [78, INVALID, "there is no such query", [], False])
        worker.send(REPLY, tag, OK, "", [], False)  # answered already
        asker.quiet()
        asker.send(QUERY, 79, "issues", b"")
        worker.expect(ASK)
        worker.send(BYE)
        _, tag, code, text, _, _ = asker.expect(ANSWER)
        equal((tag, code), (79, NO_WORKER))


@test
def worker_publishes_outcomes_of_its_role(broker):
    with Peer(broker.door("work"), role="tasks", epoch=1) as worker, Peer(broker.door()) as peer:
        cause = peer.publish(encode(issue()))[0][2]
        outcome = issue(type="task.closed", source="/worker/tasks", cause=cause, id=f"tasks-{cause}-1-1", time=None,
                        data={"issue": "I-1", "at": "2020-01-20T09:00:00+08:00"})
        [[code, duplicate, seq, _, text]] = worker.publish(encode(outcome))
        equal((code, duplicate), (OK, False), text)
        equal(worker.publish(encode(outcome))[0][:3], [OK, True, seq])
        for change, part in (({"source": "/worker/ledger"}, "source"), ({"source": "/conformance"}, "source"),
                             ({"type": "issue.raised", "data": {"title": "t", "area": "a"}}, "report"),
                             ({"type": "issue.closed", "data": {"how": "x", "at": "2020-01-20T09:00:00+08:00"}}, "coordination")):
            [[code, _, _, _, text]] = worker.publish(encode({**outcome, "id": f"other-{seq}", **change}))
            equal(code, FORBIDDEN, text)
            contains(text, part)
        peer.send(SUBSCRIBE, 1, cause + 1, 10, {"cause": cause})  # section 3.4: to wait for a verdict
        [[_, _, publisher, body]] = peer.entries(1, 1)
        equal((publisher, msgpack.unpackb(body, raw=False)["id"]), ("worker/tasks", outcome["id"]))


@test
def newer_worker_fences_the_older(broker):
    with Peer(broker.door("work"), role="tasks", epoch=7) as old:
        with Peer(broker.door("work"), hello=False) as older:
            older.send(HELLO, 1, "older", "tasks", 6)
            equal(older.error()[0], FENCED)
        old.quiet()
        with Peer(broker.door("work"), role="tasks", epoch=8) as new:
            equal(old.error()[0], FENCED)
            old.send(PING, 1)
            equal(old.error()[0], NO_SESSION)
            new.quiet()
            with Peer(broker.door("work"), role="tasks", epoch=8) as same:  # the same state, connected anew
                equal(new.error()[0], FENCED)
                same.quiet()


@test
def clock_strikes_when_a_worker_waits(broker):
    with Peer(broker.door("work"), role="deadlines", epoch=1) as worker:
        head = worker.welcome[4]
        worker.send(SUBSCRIBE, 1, head + 1, 100, {"types": ["clock.struck"]})
        equal(worker.expect(EVENTS)[4], [])
        worker.send(PROGRESS, head, 0, None)
        now = worker.welcome[5]
        wake = now + 100_000  # a tenth of a second on
        worker.send(PROGRESS, head, 0, wake)
        [[seq, received, publisher, body]] = worker.entries(1, 1)
        event = msgpack.unpackb(body, raw=False)
        equal((publisher, event["type"], event["source"]), ("duband", "clock.struck", "/duband"))
        assert received > wake, "struck before its time"
        contains(event["data"]["at"], "T")
        worker.send(PROGRESS, seq, 0, now)  # a time that is past: at once
        equal(worker.entries(1, 1)[0][2], "duband")
        worker.send(PROGRESS, 2 ** 40, 0, None)
        equal(worker.error()[0], GONE)


# ---- hostile frames ----

def hostile_frames():
    dice = random.Random(20200120)
    yield b""
    yield b"\xc1"
    yield msgpack.packb([])
    yield msgpack.packb({"verb": 1})
    yield msgpack.packb([HELLO])
    yield msgpack.packb([HELLO, 1, "x", "", 0, 0])
    yield msgpack.packb([HELLO, 1, b"x", "", 0], use_bin_type=True)
    yield msgpack.packb([HELLO, -1, "x", "", 0])
    yield msgpack.packb([HELLO, 1, "a\nb", "", 0])
    yield msgpack.packb([HELLO, 1, "x" * 129, "", 0])
    yield msgpack.packb([PING, 1.0])
    yield msgpack.packb([PING, 2 ** 63]) + b"\0"
    yield msgpack.packb([99, 1])
    yield msgpack.packb([2 ** 63])
    yield msgpack.packb([PUBLISH, 1, [[1]]])
    yield msgpack.packb([PUBLISH, 1, "events"])
    yield b"\xdd\x10\x00\x00\x00"
    yield b"\xdd\xff\xff\xff\xff" * 200
    yield b"\x91" * 100000
    yield b"\x93\x03" + b"\x81\xa1a" * 5000
    yield b"\x93\x02\x01\xdc\xff\xff" + b"\xc0" * 65535
    yield b"\xc6\xff\xff\xff\xff" + b"x" * 1000
    yield b"x" * 1048576
    for _ in range(300):
        yield dice.randbytes(dice.randrange(1, 200))
    good = bytearray(msgpack.packb([PUBLISH, 1, [encode(issue())]], use_bin_type=True))
    for _ in range(300):
        bad = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            bad[dice.randrange(len(bad))] = dice.randrange(256)
        yield bytes(bad)


@test
def hostile_frames_hurt_nobody_else(broker):
    with Peer(broker.door()) as good:
        first, _ = seed(good, 1)
        good.send(SUBSCRIBE, 1, first, 8192, {"subject": "I-good"})
        good.expect(EVENTS)
        for door in ("publish", "work"):
            with Peer(broker.door(door), hello=False) as bad:
                for frame in hostile_frames():
                    bad.socket.send(frame)
                    if door == "publish":  # and within a session
                        bad.send(HELLO, 1, "bad", "", 0)
                        bad.socket.send(frame)
        with Peer(broker.door()) as other:
            wanted = [result[2] for result in other.publish(*[encode(issue(subject="I-good")) for _ in range(5)])]
        equal([e[0] for e in good.entries(1, 5)], wanted)


@test
def malformed_costs_the_session(broker):
    with Peer(broker.door()) as peer:
        peer.socket.send(msgpack.packb([PING, "one"]))
        code, text = peer.error()
        equal(code, MALFORMED)
        contains(text, "tag")
        peer.send(PING, 1)
        equal(peer.error()[0], NO_SESSION)


@test
def several_frames_are_dropped(broker):
    with Peer(broker.door()) as peer:
        peer.socket.send_multipart([b"", msgpack.packb([PING, 1])])
        peer.socket.send_multipart([msgpack.packb([PING, 2])] * 3)
        peer.quiet()


@test
def frames_beyond_the_limit_cost_the_connection(broker):
    with Peer(broker.door()) as good:
        with Peer(broker.door()) as bad:
            bad.socket.send(b"x" * 1048577)
            good.quiet()
        raw = socket.socket(socket.AF_UNIX)  # a stranger that speaks no ZMTP at all
        raw.connect(os.path.join(broker.run, "publish.sock"))
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n" * 100)
        good.quiet()
        raw.close()


@test
def doors_are_the_users_own(broker):
    for door in ("publish", "work"):
        mode = os.stat(os.path.join(broker.run, door + ".sock")).st_mode & 0o777
        assert mode & 0o007 == 0, f"{door}.sock is open to all: {mode:o}"


# ---- the end ----

@test
def stops_and_starts(broker):
    with Peer(broker.door()) as peer:
        last = peer.publish(encode(issue()))[0][2]
        equal(broker.stop(), 0, "exit code")
        broker.start()
        peer.send(PING, 1)
        code, _ = peer.error()
        if code == STOPPING:  # its last word, if it still got through
            code, _ = peer.error()
        equal(code, NO_SESSION)
        equal(peer.hello()[4], last)


def main():
    passed = failed = 0
    broker = Broker()
    try:
        for function in TESTS:
            try:
                function(broker)
                passed += 1
            except Exception as error:  # whatever it is, it is this test's failure
                failed += 1
                print(f"FAILED {function.__name__}: {type(error).__name__}: {error}")
                traceback.print_exc(limit=-2, file=sys.stdout)
                if broker.process.poll() is not None:
                    print(f"the broker is gone: {broker.process.returncode}")
                    with open(os.path.join(broker.folder, "log"), errors="replace") as log:
                        print(log.read()[-3000:])
                    broker.start()
    finally:
        broker.remove()
        context.destroy(linger=0)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
