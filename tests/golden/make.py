#!/usr/bin/env python3
"""Writes the golden vectors. Its msgpack encoder is its own few lines: it shares nothing with msgpack-c or with duban.

Each vector is NAME.hex (the bytes) beside NAME.json:
  events/    a canonical event, and the one line of JSON that it is as a CloudEvents JSON object
  refused/   bytes that are no acceptable event, and "malformed" or "invalid": the code that they must get
  messages/  a frame, and the array that it is; byte strings stand as {"bin": "hex"}
"""
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))


def pack(value):
    if value is None:
        return b"\xc0"
    if value is True or value is False:
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return pack_int(value)
    if isinstance(value, str):
        raw = value.encode("utf-8")
        return head(len(raw), (0xA0, 32), 0xD9, 0xDA, 0xDB) + raw
    if isinstance(value, (bytes, bytearray)):
        return head(len(value), None, 0xC4, 0xC5, 0xC6) + bytes(value)
    if isinstance(value, (list, tuple)):
        return head(len(value), (0x90, 16), None, 0xDC, 0xDD) + b"".join(pack(v) for v in value)
    return head(len(value), (0x80, 16), None, 0xDE, 0xDF) + b"".join(pack(k) + pack(v) for k, v in value.items())


def head(n, fix, one, two, four):
    if fix and n < fix[1]:
        return bytes([fix[0] | n])
    if one is not None and n < 1 << 8:
        return bytes([one, n])
    if n < 1 << 16:
        return bytes([two]) + n.to_bytes(2, "big")
    return bytes([four]) + n.to_bytes(4, "big")


def pack_int(n):
    if -32 <= n < 128:
        return n.to_bytes(1, "big", signed=n < 0)
    for first, size in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)):
        if 0 <= n < 1 << 8 * size:
            return bytes([first]) + n.to_bytes(size, "big")
    for first, size in ((0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)):
        if -(1 << 8 * size - 1) <= n:
            return bytes([first]) + n.to_bytes(size, "big", signed=True)
    raise ValueError(n)


def write(folder, name, raw, value):
    os.makedirs(os.path.join(HERE, folder), exist_ok=True)
    lines = [raw[i:i + 32].hex(" ") for i in range(0, len(raw), 32)]
    with open(os.path.join(HERE, folder, name + ".hex"), "w") as out:
        out.write("\n".join(lines) + "\n")
    with open(os.path.join(HERE, folder, name + ".json"), "w") as out:
        out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=lambda b: {"bin": b.hex()}) + "\n")


def event(type_, subject=None, data=None, **more):
    """Keys in canonical order."""
    given = {"specversion": "1.0", "id": more.pop("id", "018f-golden"), "source": more.pop("source", "/golden/vectors"),
             "type": type_, "subject": subject, "time": more.pop("time", "2020-01-20T09:00:00+08:00"),
             "charter": more.pop("charter", "shenzhen-2020"), "actor": more.pop("actor", None),
             "cause": more.pop("cause", None), "traceparent": more.pop("traceparent", None), "data": data}
    assert not more
    return {k: v for k, v in given.items() if v is not None}


RAISED = event("issue.raised", "I-2020-001", {
    "title": "外籍人才服务窗口不足", "detail": "只有一个窗口，\n等候超过两小时。\t见附件。", "area": "获得信贷", "class": "一般",
    "indicator": True, "units": ["市人力资源保障局", "市公安局"], "raiser": "某企业"})
EVENTS = {
    "issue-raised": RAISED,
    "issue-raised-bare": event("issue.raised", "I-2", {"title": "t", "area": "1"}, time=None, charter=None),
    "consent-without-data": event("consent.given", "I-2020-001", actor="获得信贷/组长"),
    "escalated-family": event("issue.escalated.leading-group", "I-2020-001", {
        "rule": "levels.group.escalation", "clause": "三（二）", "place": "shenzhen-2020.yaml:31:7", "inputs": [1, 127, 128, 65536],
        "body": "leading-group", "posts": [], "from": "group", "to": "leading-group", "round": 1},
        source="/worker/coordination", id="coordination-17-1-2", cause=17),
    "solution-with-items": event("solution.drafted", "I-2020-001", {"items": [
        {"title": "增设窗口", "unit": "市公安局", "by": "2020-03-31", "opinion": "增设两个窗口"},
        {"units": ["市人力资源保障局", "市财政局"], "title": "线上预约"}]}),
    "calendar-amended": event("calendar.amended", None, {
        "calendar": "cn", "published": "2020-01-26", "notice": "国办发明电〔2020〕1号", "off": ["2020-01-31", "2020-02-01", "2020-02-02"],
        "work": []}, charter=None),
    "task-progressed": event("task.progressed", "T-1", {"percent": 100}, traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    "clock-struck": event("clock.struck", None, {"at": "2020-02-03T01:00:00Z"}, source="/duband", time=None, charter=None),
    "charter-adopted-large": event("charter.adopted", None, {"name": "large", "text": "章" * 30000}, charter=None),
    "numbers": event("tasklist.completed", "I-9", {"issue": "I-9", "count": 9007199254740991}, source="/worker/tasks", cause=4294967296),
}


def dictionary():
    """Names of the fields in canonical order, from the one table."""
    with open(os.path.join(HERE, "..", "..", "proto", "events.def"), encoding="utf-8") as table:
        return [line.split('"')[1] for line in table if line.startswith("FIELD(")]


def canonical(value, order):
    if isinstance(value, dict):
        return {k: canonical(value[k], order) for k in sorted(value, key=order.index)}
    return [canonical(v, order) for v in value] if isinstance(value, list) else value


def with_change(**change):
    return pack({**RAISED, **change})


REFUSED = {
    "empty": (b"", "malformed"),
    "gigabyte-array": (bytes.fromhex("dd10000000"), "malformed"),
    "gigabyte-map": (bytes.fromhex("dfffffffff"), "malformed"),
    "gigabyte-string": (bytes.fromhex("dbffffffff"), "malformed"),
    "nested-arrays": (bytes.fromhex("91" * 9 + "c0"), "malformed"),
    "reserved-byte": (bytes.fromhex("c1"), "malformed"),
    "trailing-byte": (pack(RAISED) + b"\xc0", "malformed"),
    "no-map": (pack([1, 2]), "malformed"),
    "key-twice": (bytes([0x80 | (len(RAISED) + 1)]) + pack(RAISED)[1:] + pack("id") + pack("again"), "malformed"),
    "field-twice": (pack({**RAISED, "data": None})[:-1] + b"\x82" + 2 * (pack("title") + pack("t")), "malformed"),
    "no-utf8": (with_change(data={"title": "TTTT", "area": "1"}).replace(b"TTTT", b"T\xff\xffT"), "malformed"),
    "key-no-string": (with_change(**{"data": {1: 2}}), "malformed"),
    "unknown-key": (with_change(colour="red"), "invalid"),
    "unknown-type": (with_change(type="issue.rased"), "invalid"),
    "unknown-field": (with_change(data={"title": "t", "area": "1", "titel": "x"}), "invalid"),
    "missing-field": (with_change(data={"title": "t"}), "invalid"),
    "missing-subject": (pack({k: v for k, v in RAISED.items() if k != "subject"}), "invalid"),
    "float": (with_change(type="task.progressed", data=None)[:-1] + b"\x81" + pack("percent") + bytes.fromhex("ca3f800000"), "invalid"),
    "bin-for-string": (with_change(id=b"bytes"), "invalid"),
    "other-version": (with_change(specversion="2.0"), "invalid"),
    "time-without-offset": (with_change(time="2020-01-20T09:00:00"), "invalid"),
    "id-too-long": (with_change(id="x" * 129), "invalid"),
}

T0 = 1579482000000000  # 2020-01-20T09:00:00+08:00


def messages(body):
    return {
        "hello": [1, 1, "golden", "", 0],
        "hello-worker": [1, 1, "duban-worker", "coordination", 3],
        "publish": [2, 7, [body, b"\xc0"]],
        "subscribe": [3, 1, 1, 1024, {}],
        "subscribe-filtered": [3, 2, 0, 8192, {"types": ["issue", "task.assigned"], "charters": ["shenzhen-2020"],
                                               "publisher": "uid:1000", "cause": 17, "subject": "I-2020-001"}],
        "credit": [4, 1, 512],
        "unsubscribe": [5, 1],
        "query": [6, 8, "issues", pack({"charter": "shenzhen-2020"})],
        "progress": [7, 120, 3, T0],
        "progress-no-wake": [7, 120, 0, None],
        "reply": [8, 9, 0, "", [pack({"id": "I-1"}), pack({"id": "I-2"})], True],
        "reply-refused": [8, 9, 2, "issues: state: unknown state opne", [], False],
        "ping": [9, 1],
        "bye": [10],
        "welcome": [64, 1, "0123456789abcdef0123456789abcdef", 18446744073709551615, 128, T0, False, 0],
        "accepted": [65, 7, [[0, False, 129, T0, ""], [1, False, 0, 0, "this is nil; an event is a map"]]],
        "accepted-duplicate": [65, 7, [[0, True, 5, T0, ""]]],
        "events": [66, 1, 129, 129, [[129, T0, "uid:1000", body]]],
        "events-none": [66, 1, 200, 250, []],
        "answer": [67, 8, 0, "", [pack({"id": "I-1"})], False],
        "answer-no-worker": [67, 8, 12, "no worker answers this query now", [], False],
        "ask": [68, 9, "issues", b""],
        "pong": [69, 1, 129, T0],
        "error": [70, 7, "say HELLO first"],
    }


def main():
    order = dictionary()
    for name, value in EVENTS.items():
        if "data" in value:
            value["data"] = canonical(value["data"], order)
        write("events", name, pack(value), value)
    for name, (raw, code) in REFUSED.items():
        write("refused", name, raw, code)
    for name, value in messages(pack(EVENTS["issue-raised"])).items():
        write("messages", name, pack(value), value)


if __name__ == "__main__":
    main()
