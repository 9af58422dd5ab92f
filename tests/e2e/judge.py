"""judge.py: holds a journal (the lines of `dubanctl tail --from 1 --stop --json`) against what must be true of it.

  judge.py whole JOURNAL EVENTS [SENT REFUSED]   the promises of the house; EVENTS: `dubanctl events --json`; SENT: the lines that were
                                                 published, REFUSED: what dubanctl printed on standard error
  judge.py same JOURNAL JOURNAL                  two runs of the same reports came to the same outcomes
  judge.py targets JOURNAL TABLE                 deadlines are the targets of boston-311-100.tsv, and the counts are the city's
  judge.py reports JOURNAL EVENTS                the reports in it, as lines to publish

Prints each finding and `N passed, N failed`."""
import collections
import json
import re
import sys
from datetime import datetime, timezone

passed = failed = 0


def check(name, findings):
    """One check: passes if there is no finding."""
    global passed, failed
    if findings:
        failed += 1
        print(f"{name}: {len(findings)} findings")
        for finding in findings[:8]:
            print(f"    {finding}")
    else:
        passed += 1


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def brief(event):
    return f"#{event['seq']} {event['type']} {event.get('subject', '-')} ({event['source']} {event['id']})"


# ---- whole ----

def identity(event):
    return event["source"], event["id"]


def check_order(journal):
    check("numbers have no gap", [brief(e) for i, e in enumerate(journal) if e["seq"] != i + 1])
    stamps = [parse(e["received"]) for e in journal]
    check("receive stamps do not go back", [brief(journal[i]) for i in range(1, len(stamps)) if stamps[i] < stamps[i - 1]])
    seen = collections.Counter(identity(e) for e in journal)
    check("no identity stands twice", [f"{key}: {n} times" for key, n in seen.items() if n > 1])


def parse(time):
    return datetime.fromisoformat(time.replace("Z", "+00:00"))


def check_outcomes(journal, types):
    """Every report has a verdict of its role, every set of outcomes is whole, and nothing was set aside."""
    decided, sets = set(), collections.defaultdict(set)
    wrong_shape, wrong_cause = [], []
    for event in journal:
        kind = types(event["type"])
        if kind["kind"] == "report" or event["source"] == "/duband":
            continue
        match = re.fullmatch(r"([a-z]+)-(\d+)-(\d+)-(\d+)", event["id"])
        if not match or event["source"] != f"/worker/{match[1]}" or event["publisher"] != f"worker/{match[1]}":
            wrong_shape.append(brief(event))
            continue
        role, cause, index, count = match[1], int(match[2]), int(match[3]), int(match[4])
        if event.get("cause") != cause or not cause < event["seq"]:
            wrong_cause.append(brief(event))
        decided.add((cause, role))
        sets[role, cause, count].add(index)
    check("outcomes have ids of their shape", wrong_shape)
    check("a cause stands before its outcome", wrong_cause)
    check("sets of outcomes are whole",
          [f"{role}-{cause}: {sorted(found)} of {count}" for (role, cause, count), found in sets.items() if len(found) != count])
    counts = collections.Counter((role, cause) for role, cause, _ in sets)
    check("an event is decided once", [f"{role}-{cause}: {n} decisions" for (role, cause), n in counts.items() if n > 1])
    check("every report has a verdict", [brief(e) for e in journal if types(e["type"])["kind"] == "report"
                                         and (e["seq"], types(e["type"])["role"]) not in decided])
    check("nothing was set aside", [f"{brief(e)}: {e['data']}" for e in journal if e["type"] == "event.set-aside"])


def check_deadlines(journal):
    """Each is fixed once, rings once, is missed once; and is missed exactly if it was due and not met in time."""
    known = collections.defaultdict(collections.Counter)
    due, cleared, owner, label = {}, {}, {}, {}
    for event in journal:
        data = event.get("data", {})
        if not event["type"].startswith("deadline."):
            continue
        name, what = data["deadline"], event["type"][9:]
        known[name][what] += 1
        if what == "set":
            owner[name], label[name] = data["owner"], data["label"]
        elif what == "fixed" and "due" in data:
            due[name] = parse(data["due"])
        elif what == "moved":
            due[name] = parse(data["after"])
        elif what == "cleared" and name not in cleared:
            cleared[name] = parse(data["at"])
    check("every deadline is fixed", [f"{n}: {dict(c)}" for n, c in known.items() if c["set"] != c["fixed"]])
    check("a deadline rings once", [f"{n}: {dict(c)}" for n, c in known.items() if c["reached"] > 1 or c["missed"] > 1])
    last = parse(journal[-1]["received"])
    wrong = []
    for name, count in known.items():
        if name not in due or due[name] >= last:
            continue
        met = name in cleared and cleared[name] <= due[name]
        # a period's end, a raiser's silence, a version's first day and the hour at which a post is told are reached, never missed
        can_be_missed = (owner[name] not in ("bulletins", "notifications") and label[name] not in ("confirmation", "scores")
                         and not label[name].startswith("effective:"))
        if met and count["missed"] or not met and not count["reached"] or not met and can_be_missed and not count["missed"]:
            wrong.append(f"{name} due {due[name]} cleared {cleared.get(name)}: {dict(count)}")
    check("missed is what was due and not met", wrong)


def check_sent(journal, sent, refused):
    """What was acknowledged is in the journal once and as it was sent; what was refused is not."""
    by_identity = {identity(e): e for e in journal}
    no = set(re.findall(r"(\S+) was refused: ", refused))
    first = {}
    for event in sent:
        first.setdefault(identity(event), event)
    conflicts = {event["id"] for event in sent if event != first[identity(event)]}
    lost, other, stray = [], [], []
    for key, event in first.items():
        entry = by_identity.get(key)
        if key[1] in no and key[1] not in conflicts:
            stray += [brief(entry)] if entry else []
        elif entry is None:
            lost.append(event)
        elif any(entry.get(member) != event.get(member) for member in ("type", "subject", "charter", "actor", "time", "data")
                 if event.get(member) not in (None, {})):
            other.append(f"{brief(entry)}: {event}")
    check("what was acknowledged is in the journal", lost)
    check("and as it was sent", other)
    check("what was refused is not", stray)
    sources = {event["source"] for event in sent}
    check("nothing is there that nobody sent", [brief(e) for e in journal if e["source"] in sources and identity(e) not in first])
    check("conflicts are on record", sorted(conflicts - {e["data"].get("name", e["data"].get("event")) for e in journal
                                                           if e["type"] == "event.conflicted"} - conflicts_by_seq(journal)))
    check("something was accepted", [] if len(first) > len(no) else [f"{len(first)} sent, {len(no)} refused"])


def conflicts_by_seq(journal):
    by_seq = {event["seq"]: event for event in journal}
    return {by_seq[e["data"]["seq"]]["id"] for e in journal if e["type"] == "event.conflicted" and e["data"]["seq"] in by_seq}


def type_finder(path):
    table = {entry["type"]: entry for entry in read(path)}

    def find(name):
        return table.get(name) or table[name.rsplit(".", 1)[0] + ".*"]
    return find


def whole(journal_path, events_path, sent_path=None, refused_path=None):
    journal, types = read(journal_path), type_finder(events_path)
    check_order(journal)
    check_outcomes(journal, types)
    check_deadlines(journal)
    if sent_path:
        check_sent(journal, read(sent_path), open(refused_path, encoding="utf-8").read())


# ---- same ----

class Canon:
    """An event without its place in the journal: sequence numbers in it become what they stand for, so that two runs in which
    workers' outcomes interleave otherwise are equal."""

    def __init__(self, journal):
        self.events = {event["seq"]: event for event in journal}
        self.known = {}

    def of(self, seq):
        """A short name of the event at seq that says what it is and why it is there."""
        if seq not in self.known:
            event = self.events.get(seq)
            self.known[seq] = "gone" if event is None else str(abs(hash(self.text(event))))
        return self.known[seq]

    def text(self, event):
        if event["source"].startswith("/worker/"):
            who = [event["source"], event["id"].split("-", 2)[2], self.of(event["cause"])]
        elif event["source"] == "/duband":
            who = [event["source"], event["received"]]
        else:
            who = [event["source"], event["id"]]
        rest = {key: event.get(key) for key in ("type", "charter", "actor", "time", "received")}
        return json.dumps([who, rest, self.value("subject", event.get("subject")), self.value("data", event.get("data"))],
                          ensure_ascii=False, sort_keys=True)

    def value(self, key, value):
        if isinstance(value, dict):
            return {name: self.value(name, part) for name, part in value.items() if name not in ("fromseq", "throughseq", "digest")}
        if key == "inputs":
            return sorted(self.of(seq) for seq in value)
        if isinstance(value, list):
            return [self.value(key, part) for part in value]
        if key == "seq":
            return self.of(value)
        if key == "deadline":
            stem, _, seq = value.rpartition("/")
            return f"{stem}/{self.of(int(seq))}" if seq.isdigit() else value
        if key in ("text", "reason", "note", "arithmetic") and isinstance(value, str):
            return re.sub(r"#\d+", "#", value)
        return value


def same(path_a, path_b):
    journals = [read(path) for path in (path_a, path_b)]
    texts = []
    for journal in journals:
        canon = Canon(journal)
        texts.append(collections.Counter(canon.text(event) for event in journal))
    check("the first is no empty run", [] if len(journals[0]) > 100 else [f"{len(journals[0])} events"])
    check("what only the first has", sorted((texts[0] - texts[1]).elements()))
    check("what only the second has", sorted((texts[1] - texts[0]).elements()))


# ---- targets ----

def targets(journal_path, table_path):
    journal = read(journal_path)
    zone = timezone.utc  # the table has local times without an offset; they are taken as UTC throughout
    due, settled, missed = {}, {}, set()
    for event in journal:
        if event["type"] == "deadline.fixed" and event["data"]["owner"] == "coordination":
            due[event["subject"]] = parse(event["data"]["due"]) if "due" in event["data"] else None
        elif event["type"] == "issue.settled":
            settled[event["subject"]] = parse(event["data"]["at"])
        elif event["type"] == "deadline.missed":
            missed.add(event["subject"])
    with open(table_path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")][1:]
    other, counts = [], collections.Counter()
    for number, _, _, _, resolved, target, _ in rows:
        at = due.get(number)
        got = at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if at else ""
        if got != target[:16]:
            other.append(f"{number}: recorded {target or 'none'}, computed {got or 'none'}")
        if not target:
            continue
        counts["with deadline"] += 1
        end = settled.get(number)
        counts["unresolved" if end is None else "kept" if end <= at else "late"] += 1
        counts["overdue"] += end is None and number in missed
    check("every deadline is the recorded target, to the minute", other)
    found = [counts[key] for key in ("with deadline", "kept", "late", "unresolved", "overdue")]
    check("the counts are the city's", [] if found == [89, 72, 5, 12, 12] else [str(found)])
    late = {row[0] for row in rows if row[6] == "OVERDUE" and row[5]}
    check("missed is what the city counts as overdue, and nothing else", sorted(late ^ missed))
    check("100 requests", [] if len(rows) == 100 else [f"{len(rows)}"])


# ---- helpers for the scripts ----

def reports(journal_path, events_path):
    types = type_finder(events_path)
    for event in read(journal_path):
        if types(event["type"])["kind"] == "report":
            for member in ("seq", "received", "publisher"):
                event.pop(member, None)
            print(json.dumps(event, ensure_ascii=False))


if __name__ == "__main__":
    {"whole": whole, "same": same, "targets": targets, "reports": reports}[sys.argv[1]](*sys.argv[2:])
    if sys.argv[1] != "reports":
        print(f"{passed} passed, {failed} failed")
        sys.exit(failed > 0)
