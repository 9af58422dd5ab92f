#!/usr/bin/python3
"""Goal: the golden vectors mean to a stranger's msgpack what their JSON says.
Method: decode every one with Debian's python3-msgpack, compare, and encode again: the canonical form is what any library writes.
"""
import glob
import json
import os
import sys

import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "golden")
passed = failed = 0


def verdict(name, problem):
    global passed, failed
    passed, failed = (passed, failed + 1) if problem else (passed + 1, failed)
    if problem:
        print(f"FAILED {name}: {problem}")


def load(path):
    with open(path) as hex_file, open(path[:-4] + ".json") as json_file:
        return bytes.fromhex(hex_file.read()), json.load(json_file)


def unpack(raw):
    return msgpack.unpackb(raw, raw=False, strict_map_key=True)


def plain(value):
    """Bytes as the vectors' JSON writes them."""
    if isinstance(value, bytes):
        return {"bin": value.hex()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value


def check_event(raw, wanted):
    event = unpack(raw)
    if event != wanted:
        return f"decodes to {event!r}"
    if list(event) != list(wanted) or list(event.get("data", {})) != list(wanted.get("data", {})):
        return "keys stand in another order than in the JSON"
    if msgpack.packb(event, use_bin_type=True) != raw:
        return "is not what python3-msgpack writes: not the shortest encoding"
    return ""


def check_message(raw, wanted):
    message = unpack(raw)
    if plain(message) != wanted:
        return f"decodes to {plain(message)!r}"
    if msgpack.packb(message, use_bin_type=True) != raw:
        return "is not what python3-msgpack writes: not the shortest encoding"
    return ""


def check_refused(raw, wanted):
    return "" if wanted in ("malformed", "invalid") else f"{wanted!r} is no code of these"


for folder, check in (("events", check_event), ("messages", check_message), ("refused", check_refused)):
    paths = sorted(glob.glob(os.path.join(GOLDEN, folder, "*.hex")))
    verdict(folder, "" if paths else "no vectors")
    for path in paths:
        try:
            verdict(f"{folder}/{os.path.basename(path)}", check(*load(path)))
        except (ValueError, KeyError, OSError, msgpack.exceptions.UnpackException) as error:
            verdict(f"{folder}/{os.path.basename(path)}", f"{type(error).__name__}: {error}")

print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
