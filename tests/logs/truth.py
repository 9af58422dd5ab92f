"""truth.py: the figures of a log, counted from its two tables alone, as DEFINITIONS.md beside the logs has it.

Where a log brings a TRUTH.json, what is counted here must equal it; where it brings none, this is its TRUTH.json, held against the figures
that its SOURCE.md prints. Nothing here knows of the program."""
import collections
import datetime
import fractions
import gzip
import json
import os

DAY = datetime.timedelta(days=1)
MS = datetime.timedelta(milliseconds=1)
ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


def unescape(cell):
    out, i = [], 0
    while i < len(cell):
        if cell[i] == "\\":
            i += 1
            out.append(ESCAPES[cell[i]])
        else:
            out.append(cell[i])
        i += 1
    return "".join(out).strip(" ")


def table(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        head = lines.readline().rstrip("\n").split("\t")
        return [dict(zip(head, map(unescape, line.rstrip("\n").split("\t")))) for line in lines]


def instant(text):
    return datetime.datetime.fromisoformat(text) if text else None


class Case:
    def __init__(self, row, events):
        self.id, self.dept, self.klass = row["case"], row["dept"], row["class"]
        self.raised, self.resolved, self.deadline = (instant(row[key]) for key in ("raised", "resolved", "deadline"))
        self.extra = dict(pair.split("=", 1) for pair in row["extra"].split(";") if pair)
        self.events = sorted(events, key=lambda event: int(event["seq"]))

    @property
    def late(self):
        return self.deadline is not None and self.resolved is not None and self.resolved > self.deadline

    @property
    def on_time(self):
        return self.deadline is not None and self.resolved is not None and self.resolved <= self.deadline


class Log:
    def __init__(self, folder):
        by_case = collections.defaultdict(list)
        for event in table(os.path.join(folder, "events.tsv.gz")):
            by_case[event["case"]].append(event)
        self.cases = [Case(row, by_case[row["case"]]) for row in table(os.path.join(folder, "cases.tsv.gz"))]
        self.events = [event for case in self.cases for event in case.events]


# ---- working days ----

class Calendar:
    """mf: Monday to Friday; cn: with the days that each year's notices name."""

    def __init__(self, exceptions):
        self.exceptions, self.known = exceptions, {}

    def works(self, day):
        if day not in self.known:
            self.known[day] = self.exceptions.get(day, day.weekday() < 5)
        return self.known[day]

    def plus(self, day, n):
        while n > 0:
            day += DAY
            n -= self.works(day)
        return day

    def minus(self, day, n):
        while n > 0:
            day -= DAY
            n -= self.works(day)
        return day

    def between(self, first, last):
        return sum(self.works(first + DAY * i) for i in range(1, (last - first).days + 1))

    def working_ms(self, begin, end, opens=9, closes=17):
        """Of [begin, end], within working hours."""
        total, day = 0, begin.date()
        while day <= end.date():
            if self.works(day):
                midnight = datetime.datetime.combine(day, datetime.time())
                low = max(begin, midnight + datetime.timedelta(hours=opens))
                high = min(end, midnight + datetime.timedelta(hours=closes))
                if high > low:
                    total += (high - low) // MS
            day += DAY
        return total


def calendars(folder):
    exceptions = {}
    for name in sorted(os.listdir(folder)):
        if name.endswith(".json"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                for day in json.load(file)["days"]:
                    exceptions[datetime.date.fromisoformat(day["date"])] = not day["isOffDay"]
    return {"mf": Calendar({}), "cn": Calendar(exceptions)}


# ---- figures ----

def spread(values):
    values = sorted(values)
    if not values:
        return {"n": 0}
    at = lambda p: values[-(-p * len(values) // 100) - 1]
    return {"n": len(values), "min": values[0], **{f"p{p}": at(p) for p in (50, 75, 90, 95, 99)}, "max": values[-1], "sum": sum(values)}


def counted(values):
    return dict(collections.Counter(value for value in values if value))


def deadlines(cases):
    cases = list(cases)
    on_time, late = sum(case.on_time for case in cases), sum(case.late for case in cases)
    with_deadline = sum(case.deadline is not None for case in cases)
    return {"with_deadline": with_deadline, "resolved": on_time + late, "on_time": on_time, "late": late,
            "unresolved": with_deadline - on_time - late}


def ranking(cases, name, at_least=0):
    groups = collections.defaultdict(list)
    for case in cases:
        groups[name(case)].append(case)
    rows = []
    for group, members in groups.items():
        counts = deadlines(members)
        if group and counts["resolved"] > 0 and counts["resolved"] >= at_least:
            rows.append({"dept": group, "with_deadline": counts["resolved"], "on_time": counts["on_time"], "late": counts["late"],
                         "share_bp": 10000 * counts["on_time"] // counts["resolved"]})
    share = lambda row: fractions.Fraction(row["on_time"], row["with_deadline"])
    rows.sort(key=lambda row: (-share(row), -row["with_deadline"], row["dept"].encode()))
    for i, row in enumerate(rows):
        row["rank"] = rows[i - 1]["rank"] if i > 0 and share(rows[i - 1]) == share(row) else i + 1
    return rows


def bulletins(cases):
    first = min(case.raised for case in cases)
    stamps = [case.raised for case in cases] + [case.resolved for case in cases if case.resolved]
    month, last = (first.year, first.month), (max(stamps).year, max(stamps).month)
    rows = []
    while month <= last:
        following = (month[0] + month[1] // 12, month[1] % 12 + 1)
        begin, end = datetime.datetime(*month, 1), datetime.datetime(*following, 1)
        inside = lambda at: at is not None and begin <= at < end
        is_open = lambda case: case.raised < end and (case.resolved is None or case.resolved >= end)
        rows.append({"month": "%04d-%02d" % month, "raised": sum(inside(case.raised) for case in cases),
                     "resolved": sum(inside(case.resolved) for case in cases),
                     "open_at_end": sum(map(is_open, cases)),
                     "resolved_late": sum(inside(case.resolved) and case.late for case in cases),
                     "overdue_at_end": sum(is_open(case) and case.deadline is not None and case.deadline < end for case in cases)})
        month = following
    return rows


def durations(cases, cals):
    done = [case for case in cases if case.resolved]
    elapsed = [max((case.resolved - case.raised) // MS, 0) for case in done]
    out = {"resolved_cases": len(done), "resolved_before_raised": sum(case.resolved < case.raised for case in done),
           "elapsed_seconds": spread(ms // 1000 for ms in elapsed),
           "elapsed_more_than_days": {str(n): sum(ms > n * 86400000 for ms in elapsed) for n in (1, 3, 5, 10, 20, 30)}}
    for name, calendar in cals.items():
        work = [calendar.working_ms(case.raised, case.resolved) for case in done]
        out[f"later_than_nth_working_day_{name}"] = {
            str(n): sum(case.resolved.date() > calendar.plus(case.raised.date(), n) for case in done) for n in (1, 3, 5, 10, 20, 30)}
        out[f"working_seconds_{name}"] = spread(ms // 1000 for ms in work)
        out[f"working_more_than_hours_{name}"] = {str(n): sum(ms > n * 3600000 for ms in work) for n in (4, 8, 16, 40, 80)}
    return out


def reminder_at_due(due, calendar, n):
    return datetime.datetime.combine(calendar.minus(due.date(), n), datetime.time(9))


def reminder_at(case, calendar, n):
    return reminder_at_due(case.deadline, calendar, n)


def is_reminded(case, calendar, n):
    at = case.deadline and reminder_at(case, calendar, n)
    return at is not None and case.raised <= at and (case.resolved is None or case.resolved > at)


def was_done(case, at, activities):
    """Whether the last event by then was one of these."""
    before = [event["activity"] for event in case.events if instant(event["wall"]) <= at]
    return bool(before) and before[-1] in activities


def reminders(cases, calendar, n):
    dated = [case for case in cases if case.deadline]
    return {"reminders": sum(is_reminded(case, calendar, n) for case in dated),
            "raised_after_the_reminder_time": sum(case.raised > reminder_at(case, calendar, n) for case in dated)}


def gaps(cases, calendar):
    out = {}
    for n in (3, 5, 10):
        total, struck = 0, set()
        for case in cases:
            for a, b in zip(case.events, case.events[1:]):
                first, second = instant(a["wall"]), instant(b["wall"])
                if case.resolved is not None and second > case.resolved:
                    continue
                if second.date() > calendar.plus(first.date(), n):
                    total += 1
                    struck.add(case.id)
        out[str(n)] = {"gaps": total, "cases": len(struck)}
    return out


def ping_pong(cases):
    returns, struck = 0, set()
    for case in cases:
        seen, now = set(), None
        for event in case.events:
            group = event["group"]
            if not group or group == now:
                continue
            if group in seen:
                returns += 1
                struck.add(case.id)
            seen.add(group)
            now = group
    return {"cases": len(struck), "returns": returns}


def moves(cases):
    counts, up = collections.Counter(), set()
    for case in cases:
        for a, b in zip(case.events, case.events[1:]):
            if a["level"] != b["level"]:
                counts[f"{a['level']}>{b['level']}"] += 1
                if int(b["level"]) > int(a["level"]):
                    up.add(case.id)
    return {"moves": dict(counts), "cases_escalated": len(up)}


def reopened(cases):
    return sum(any(a["activity"] == "Completed" != b["activity"] for a, b in zip(case.events, case.events[1:])) for case in cases)


def basics(log):
    walls = sorted(event["wall"] for event in log.events)
    return {"cases": len(log.cases), "events": len(log.events), "first_event": walls[0], "last_event": walls[-1],
            "events_per_case": spread(len(case.events) for case in log.cases),
            "groups": len({event["group"] for event in log.events if event["group"]}),
            "actors": len({event["actor"] for event in log.events if event["actor"]})}
