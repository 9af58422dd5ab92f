"""judge.py LOG DATA ANSWERS: holds the program's own answers about a log that it took in against the log's figures.

DATA: the folder of all logs. ANSWERS: files of JSON lines, as dubanctl prints them: `journal` (tail), `issues`, `figures.OF[.AT-LEAST]` and
`measures.MEASURE[.CALENDAR]`. The log's figures are its TRUTH.json, or, where it has none, what truth.py counts and its SOURCE.md prints.
Every key of TRUTH.json is compared, or named below with the reason why it is no figure of the program; any other is a finding. What
truth.py counts must equal TRUTH.json first. A part of a log has no TRUTH.json: then what truth.py counts of it stands in.

Prints each finding and `N passed, N failed`."""
import collections
import datetime
import json
import os
import re
import sys

import truth

passed = failed = 0
MS = datetime.timedelta(milliseconds=1)


def equal(name, wanted, got):
    global passed, failed
    if wanted == got:
        passed += 1
        return
    failed += 1
    print(f"{name}: differs")
    for line in differences(wanted, got):
        print(f"    {line}")


def differences(wanted, got):
    if isinstance(wanted, dict) and isinstance(got, dict):
        keys = [key for key in {**wanted, **got} if wanted.get(key) != got.get(key)]
        return [f"{key}: wanted {wanted.get(key)}, got {got.get(key)}" for key in keys[:8]] + [f"{len(keys)} differ"]
    if isinstance(wanted, list) and isinstance(got, list):
        rows = [(i, a, b) for i, (a, b) in enumerate(zip(wanted, got)) if a != b]
        return [f"{len(wanted)} and {len(got)} rows"] + [f"row {i}: wanted {a}, got {b}" for i, a, b in rows[:8]]
    return [f"wanted {wanted}", f"got    {got}"]


# ---- the program's answers ----

def wall(text):
    """The printed date and time of day."""
    return datetime.datetime.fromisoformat(re.sub(r"(Z|[+-]\d\d:\d\d)$", "", text)) if text else None


def to_ms(at):
    """Due times are the last microsecond of a day, the log has the last millisecond."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000) if at else None


class Answers:
    def __init__(self, folder):
        self.folder = folder

    def rows(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.strip()]

    def figures(self, of, at_least=0):
        return self.rows(f"figures.{of}" + (f".{at_least}" if at_least else ""))

    def measure(self, name, calendar=""):
        return self.rows(f"measures.{name}" + (f".{calendar}" if calendar else ""))

    def counts(self, name):
        return {row["name"]: row["count"] for row in self.measure(name)}

    def cases(self, of):
        return {row["name"]: row["count"] for row in self.figures(of) if row.get("name")}

    def deadlines(self, row):
        return {"with_deadline": row["withdeadline"], "resolved": row["kept"] + row["late"], "on_time": row["kept"], "late": row["late"],
                "unresolved": row["unresolved"]}

    def ranking(self, of, at_least=0):
        return [{"rank": row["rank"], "dept": row["name"], "with_deadline": row["kept"] + row["late"], "on_time": row["kept"],
                 "late": row["late"], "share_bp": row["share"]}
                for row in self.figures(of, at_least) if "rank" in row and row.get("name")]

    def months(self, last):
        """Up to the log's last one; the clock ran on behind it, and nothing happened there."""
        rows = self.figures("month")
        equal("months behind the log's last", [], [row for row in rows if row["name"] > last and row["raisedcount"] + row["resolvedcount"] > 0])
        return [{"month": row["name"], "raised": row["raisedcount"], "resolved": row["resolvedcount"], "open_at_end": row["open"],
                 "resolved_late": row["late"], "overdue_at_end": row["overdue"]} for row in rows if row["name"] <= last]

    def spread(self, row):
        out = {"n": row["count"], "min": row["least"], **{f"p{p}": row[f"p{p}"] for p in (50, 75, 90, 95, 99)},
               "max": row["most"], "sum": row["sum"]}
        return out

    def durations(self, names):
        out = {}
        for name in names:
            rows = self.measure("durations", name)
            one = lambda measure: next(row for row in rows if row["measure"] == measure)
            table = lambda measure: {row["name"]: row["count"] for row in rows if row["measure"] == measure}
            out.update({"resolved_cases": one("elapsed-seconds")["count"],
                        "resolved_before_raised": one("resolved-before-raised")["count"],
                        "elapsed_seconds": self.spread(one("elapsed-seconds")),
                        "elapsed_more_than_days": table("longer-than-days"),
                        f"later_than_nth_working_day_{name}": table("later-than-working-day"),
                        f"working_seconds_{name}": self.spread(one("working-seconds")),
                        f"working_more_than_hours_{name}": table("longer-than-working-hours")})
        return out

    def gaps(self, name):
        return {row["name"]: {"gaps": row["count"], "cases": row["cases"]}
                for row in self.measure("gaps", name) if row["measure"] == "between-work"}

    def returns(self):
        row = self.measure("returns")[0]
        return {"cases": row["cases"], "returns": row["count"]}


class Issue:
    def __init__(self, row):
        self.id, self.how, self.area, self.overdue = row["id"], row.get("how"), row["area"], bool(row.get("overdue"))
        self.klass = row.get("class")
        self.raised, self.due = wall(row["raised"]), to_ms(wall(row.get("target")))
        self.resolved = wall(row.get("settled") or row.get("closed"))
        self.tags = dict(tag.split("=", 1) for tag in row.get("tags", []))

    @property
    def late(self):
        return self.due is not None and self.resolved is not None and self.resolved > self.due


class Journal:
    def __init__(self, events):
        self.events = events
        self.types = collections.Counter(event["type"] for event in events)

    def of(self, kind, label=None):
        return [event for event in self.events
                if event["type"] == kind and (label is None or event.get("data", {}).get("label") == label)]

    def end(self):
        return wall(self.events[-1]["received"])


# ---- comparisons that every log has ----

def compare_cases(log, issues):
    """Case by case: when it was raised, resolved and due, to the millisecond."""
    by_id = {issue.id: issue for issue in issues}
    equal("every case is there", {case.id for case in log.cases}, set(by_id))
    for what in ("raised", "resolved"):
        equal(f"cases: {what}", {case.id: getattr(case, what) for case in log.cases},
              {case.id: getattr(by_id[case.id], what) for case in log.cases if case.id in by_id})


def compare_targets(log, issues, ms):
    """To the last digit; to the minute where the log itself is no better."""
    by_id = {issue.id: issue for issue in issues}
    cut = lambda at: at if at is None or ms else at.replace(second=0, microsecond=0)
    equal("cases: due", {case.id: cut(case.deadline) for case in log.cases},
          {case.id: cut(by_id[case.id].due) for case in log.cases if case.id in by_id})


def compare_journal(log, journal, label, refused):
    """What the daemon itself declared: a miss for each case that ended late, and for those that lapse while the clock runs."""
    end = journal.end() + datetime.timedelta(minutes=1)  # Boston's stamps are up to a minute off
    lapsed = {case.id for case in log.cases if case.deadline and not case.resolved and case.deadline <= end}
    late = {case.id for case in log.cases if case.late}
    missed = [event["subject"] for event in journal.of("deadline.missed", label)]
    equal("deadline.missed: the late cases and those that lapse", sorted(late | lapsed), sorted(missed))
    equal("what was refused", refused, dict(collections.Counter(event["data"]["event"] for event in journal.of("request.refused"))))
    equal("nothing was set aside", 0, journal.types["event.set-aside"])
    equal("work on record", len(log.events), journal.types["work.noted"])


def told(journal):
    """Each reminder of the due time: whose, and of which."""
    return [(event["subject"], to_ms(wall(event["data"]["due"]))) for event in journal.of("deadline.approaching", "resolution")]


class Reminders:
    """What one run told, against who is to be reminded under its calendar, case by case."""

    def __init__(self, judge, name, journal, issues, days):
        self.calendar, self.days, self.issues = judge.cals[name], days, issues
        due, moved = {issue.id: issue.due for issue in issues}, {event["subject"] for event in journal.of("issue.extended")}
        self.told = [case for case, at in told(journal) if at == due[case]]
        wanted = {case.id for case in judge.log.cases if case.deadline and truth.is_reminded(case, self.calendar, days)}
        self.asleep = judge.asleep(self.calendar, days)
        equal(f"reminders under {name}: case by case", sorted(wanted - self.asleep), sorted(self.told))
        equal(f"reminders under {name}: of a due time that did not stand, only before an extension", [],
              sorted(case for case, at in told(journal) if at != due[case] and case not in moved))

    def raised_too_late(self):
        """Of the program's rows: raised after the reminder time of their due time, and indeed not reminded."""
        reminded = set(self.told)
        return sum(issue.due is not None and issue.id not in reminded and issue.raised > truth.reminder_at_due(issue.due, self.calendar, self.days)
                   for issue in self.issues)

    def counts(self):
        return {"reminders": len(self.told), "raised_after_the_reminder_time": self.raised_too_late()}


def work(journal):
    return [(event["subject"], wall(event["time"])) for event in journal.of("work.noted")]


def basics_of(answers, journal, actors=True):
    noted = work(journal)
    first, last = (f(at for _, at in noted) for f in (min, max))
    return {"cases": answers.figures("all")[0]["count"], "events": sum(answers.counts("activities").values()),
            "first_event": first.isoformat(timespec="milliseconds"), "last_event": last.isoformat(timespec="milliseconds"),
            "events_per_case": truth.spread(collections.Counter(case for case, _ in noted).values()),
            "groups": len(answers.counts("groups")), "actors": len(answers.counts("persons"))}


class Judge:
    """One log. `compared` names every key of TRUTH.json with what the program says; `apart` those that are no figures of it."""

    def __init__(self, name, data, folder):
        self.name, self.answers = name, Answers(folder)
        self.log = truth.Log(os.path.join(data, name))
        self.cals = truth.calendars(os.path.join(data, "holidays-cn"))
        self.journal = Journal(self.answers.rows("journal"))
        self.issues = [Issue(row) for row in self.answers.rows("issues")]
        self.last_month = max(str(at)[:7] for case in self.log.cases for at in (case.raised, case.resolved) if at)
        path = os.path.join(data, name, "TRUTH.json")
        self.whole = os.path.exists(os.path.join(data, name, "SOURCE.md"))
        self.truth = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.truth = json.load(file)

    def all(self):
        return self.answers.deadlines(self.answers.figures("all")[0])

    def calendars_run(self):
        """cn is the charter's; a whole log runs under mf as well."""
        return ["mf", "cn"] if self.truth else ["cn"]

    def reminders(self, days):
        folders = {"mf": "mf/", "cn": ""}
        return {name: Reminders(self, name, Journal(self.answers.rows(folders[name] + "journal")),
                                [Issue(row) for row in self.answers.rows(folders[name] + "issues")], days).counts()
                for name in self.calendars_run()}

    def asleep(self, calendar, days):
        """Cases that only hindsight would have reminded of."""
        return set()

    def counts(self):
        """What truth.py makes of this log, under the names of TRUTH.json."""
        return {}

    def judge(self):
        compare_cases(self.log, self.issues)
        compare_targets(self.log, self.issues, self.name != "boston-311-100")
        compare_journal(self.log, self.journal, self.label, self.refused())
        if self.truth:
            for key, count in self.counts().items():
                equal(f"{key}: truth.py counts what TRUTH.json has", self.truth[key], count)
        wanted, apart = self.truth or self.counts(), self.apart
        got = self.compared()
        for key, why in apart.items():
            print(f"{self.name}: {key} is not compared as it stands: {why}")
        for key in wanted:
            if key in got:
                equal(key, wanted[key], got[key])
            elif key not in apart:
                equal(f"{key}: compared or set apart", True, False)
        if self.truth:
            equal("nothing is compared that the log does not say", [], [key for key in got if key not in wanted])

    apart, label = {}, "resolution"  # of the deadline that the figures are about

    def refused(self):
        """How many reports of each type the charter does not grant, as the log itself tells."""
        return {}


class Wabo(Judge):
    apart = {"on_time_differs_between_wall_clock_and_utc": "a property of the log: only printed times are taken in"}

    def counts(self):
        cases, cals, events = self.log.cases, self.cals, self.log.events
        responsible = lambda case: case.extra.get("responsible")
        return {
            "basics": truth.basics(self.log), "activities": truth.counted(event["activity"] for event in events),
            "groups": truth.counted(event["group"] for event in events), "departments": truth.counted(case.dept for case in cases),
            "channels": truth.counted(case.klass for case in cases), "actors": truth.counted(event["actor"] for event in events),
            "deadlines": truth.deadlines(cases),
            "reminders_3_working_days_before": {name: truth.reminders(cases, cals[name], 3) for name in self.calendars_run()},
            "ranking_departments": truth.ranking(cases, lambda case: case.dept),
            "ranking_channels": truth.ranking(cases, lambda case: case.klass),
            "ranking_responsible_min_10": truth.ranking(cases, responsible, 10),
            "durations": truth.durations(cases, cals), "silent_gaps": {name: truth.gaps(cases, calendar) for name, calendar in cals.items()},
            "ping_pong_between_groups": truth.ping_pong(cases), "bulletins": truth.bulletins(cases)}

    def compared(self):
        answers, late = self.answers, [issue for issue in self.issues if issue.late]
        terms = {issue.id: (issue.due.date() - issue.raised.date()).days for issue in self.issues}
        working = lambda calendar: truth.spread(calendar.between(issue.due.date(), issue.resolved.date()) for issue in late)
        return {
            "basics": basics_of(answers, self.journal), "activities": answers.counts("activities"), "groups": answers.counts("groups"),
            "departments": answers.cases("area"), "channels": answers.cases("tag:channel"), "actors": answers.counts("persons"),
            "deadlines": self.all(),
            "deadline_days_after_raising": {str(days): n for days, n in collections.Counter(terms.values()).items()},
            "deadline_56_days": sum(days == 56 for days in terms.values()),
            "deadline_extended": len({event["subject"] for event in self.journal.of("issue.extended")}),
            "late_by_calendar_days": truth.spread((issue.resolved.date() - issue.due.date()).days for issue in late),
            "late_by_working_days_mf": working(self.cals["mf"]), "late_by_working_days_cn": working(self.cals["cn"]),
            "reminders_3_working_days_before": self.reminders(3),
            "ranking_departments": answers.ranking("area"), "ranking_channels": answers.ranking("tag:channel"),
            "ranking_responsible_min_10": answers.ranking("tag:responsible", 10),
            "durations": answers.durations(["mf", "cn"]), "silent_gaps": {name: answers.gaps(name) for name in ("mf", "cn")},
            "ping_pong_between_groups": answers.returns(), "bulletins": answers.months(self.last_month)}


class Baltimore(Judge):
    def statuses(self):
        """The city's eight states are a tag; the program itself tells three ends apart, which must agree with it."""
        ends = {"resolved": "Closed", "duplicate": "Closed (Duplicate)", "transferred": "Closed (Transferred)"}
        equal("statuses: how each was closed", {issue.id: issue.tags["status"] for issue in self.issues if issue.resolved},
              {issue.id: ends.get(issue.how) for issue in self.issues if issue.resolved})
        return self.answers.cases("tag:status")

    def counts(self):
        cases, cals, kind = self.log.cases, self.cals, lambda case: case.klass
        agency = lambda case: case.dept
        return {
            "basics": truth.basics(self.log), "statuses": truth.counted(case.extra["status"] for case in cases),
            "agencies": truth.counted(map(agency, cases)), "request_types": len(set(map(kind, cases))), "deadlines": truth.deadlines(cases),
            "deadlines_per_agency": {name: truth.deadlines(case for case in cases if case.dept == name) for name in set(map(agency, cases))},
            "ranking_agencies": truth.ranking(cases, agency), "ranking_agencies_min_100": truth.ranking(cases, agency, 100),
            "ranking_types_min_50": truth.ranking(cases, kind, 50),
            "reminders_1_working_day_before": {name: truth.reminders(cases, cals[name], 1) for name in self.calendars_run()},
            "durations": truth.durations(cases, cals), "bulletins": truth.bulletins(cases)}

    def types(self):
        days = collections.defaultdict(collections.Counter)
        for issue in self.issues:
            if issue.due:
                days[issue.tags["type"]][str((issue.due - issue.raised).days)] += 1
        return {name: dict(days[name]) for name in self.truth["sla_days_of_the_20_commonest_types"]}

    def compared(self):
        answers, every = self.answers, self.answers.figures("all")[0]
        return {
            "basics": basics_of(answers, self.journal), "statuses": self.statuses(), "agencies": answers.cases("area"),
            "methods": answers.cases("tag:method"), "request_types": len(answers.cases("tag:type")), "deadlines": self.all(),
            "without_deadline": every["count"] - every["withdeadline"],
            "closed_before_created": answers.durations(["mf"])["resolved_before_raised"],
            "due_before_created": sum(issue.due is not None and issue.due < issue.raised for issue in self.issues),
            "closed_exactly_when_due": sum(issue.due is not None and issue.due == issue.resolved for issue in self.issues),
            "sla_days_of_the_20_commonest_types": self.types(),
            "deadlines_per_agency": {row["name"]: answers.deadlines(row) for row in answers.figures("area")},
            "ranking_agencies": answers.ranking("area"), "ranking_agencies_min_100": answers.ranking("area", 100),
            "ranking_types_min_50": answers.ranking("tag:type", 50),
            "reminders_1_working_day_before": self.reminders(1),
            "durations": answers.durations(["mf", "cn"]), "bulletins": answers.months(self.last_month)}


class Boston(Judge):
    """The charter limits the level, not the issue as a whole: due times are those of that deadline."""
    label = "department"
    apart = {"sla_by_type": "its rows and its limits are, each; where it leaves open which days are meant, the charter's due times decide"}

    def counts(self):
        cases = self.log.cases
        department = lambda case: case.dept
        return {"basics": truth.basics(self.log), "deadlines": truth.deadlines(cases), "departments": truth.counted(map(department, cases)),
                "ranking_departments": truth.ranking(cases, department), "durations": truth.durations(cases, {"mf": self.cals["mf"]})}

    def judge(self):
        due = {event["subject"]: to_ms(wall(event["data"].get("due"))) for event in self.journal.of("deadline.fixed", self.label)}
        for issue in self.issues:
            issue.due = due[issue.id]
        super().judge()
        overdue = {case.id for case in self.log.cases if case.extra["ontime"] == "OVERDUE" and not case.resolved}
        equal("overdue at the end", sorted(overdue), sorted(issue.id for issue in self.issues if issue.overdue))

    def flag(self, issue):
        return ("OVERDUE" if issue.late or issue.overdue else "ONTIME") + ("/Closed" if issue.resolved else "/Open")

    def limits(self):
        """The charter's limits by class, in the words of the log's figures."""
        with open(sys.argv[4], encoding="utf-8") as file:
            found = re.findall(r'class: "([^"]+)", limit: (\d+)(wd|d) ', file.read())
        return {name: f"{n} {'business' if unit == 'wd' else 'calendar'} days" for name, n, unit in found}

    def compared(self):
        answers, limits = self.answers, self.limits()
        by_id, with_due = {case.id: case for case in self.log.cases}, [issue for issue in self.issues if issue.due]
        kinds, rows = collections.Counter(), collections.Counter()
        for issue in with_due:
            kinds[limits[issue.klass].split(" ", 1)[1]] += 1
            rows[issue.klass] += 1
        equal("rows by type", {name: value["rows"] for name, value in self.truth["sla_by_type"].items()}, dict(rows))
        # "12 business days (or 16 calendar days)": the rows do not tell which; the charter says business days.
        said = {name: value["sla"].split(" (or")[0] for name, value in self.truth["sla_by_type"].items()}
        equal("limits by type", said, {name: limits.get(name) for name in said})
        return {
            "basics": basics_of(answers, self.journal), "on_time_flag": dict(collections.Counter(map(self.flag, self.issues))),
            "flag_differs_from_comparing_closed_with_target": sum(
                self.flag(issue).split("/")[0] != by_id[issue.id].extra["ontime"] for issue in self.issues),
            "without_target": len(self.issues) - len(with_due), "deadlines": self.all(), "departments": answers.cases("area"),
            "ranking_departments": answers.ranking("area"), "rows_explained_by_rule": dict(kinds),
            "durations": answers.durations(["mf"])}


class Policy(Judge):
    """A log without TRUTH.json: truth.py counts it, and what SOURCE.md prints of it is held against that first."""

    def counts(self):
        cases, cals = self.log.cases, self.cals
        wanted = {
            "basics": truth.basics(self.log), "deadlines": truth.deadlines(cases), "areas": truth.counted(case.dept for case in cases),
            "classes": truth.counted(case.klass for case in cases),
            "activities": truth.counted(event["activity"] for event in self.log.events),
            "groups": truth.counted(event["group"] for event in self.log.events),
            "actors": truth.counted(event["actor"] for event in self.log.events),
            "ranking_areas": truth.ranking(cases, lambda case: case.dept),
            "ranking_areas_min_10": truth.ranking(cases, lambda case: case.dept, 10),
            "ranking_classes": truth.ranking(cases, lambda case: case.klass),
            "reminders_1_working_day_before": truth.reminders(cases, cals["cn"], 1)["reminders"],
            "durations": truth.durations(cases, cals), "silent_gaps": {name: truth.gaps(cases, cals[name]) for name in ("mf", "cn")},
            "ping_pong_between_groups": truth.ping_pong(cases), "bulletins": truth.bulletins(cases)}
        wanted.update(self.count_more())
        if self.whole:
            equal("what SOURCE.md prints", self.printed, self.said(wanted))
        return wanted

    def compared(self):
        answers = self.answers
        return {
            "basics": basics_of(answers, self.journal), "deadlines": self.all(), "areas": answers.cases("area"),
            "classes": answers.cases("class"), "activities": answers.counts("activities"), "groups": answers.counts("groups"),
            "actors": answers.counts("persons"), "ranking_areas": answers.ranking("area"),
            "ranking_areas_min_10": answers.ranking("area", 10), "ranking_classes": answers.ranking("class"),
            "reminders_1_working_day_before": self.reminders(1), "durations": answers.durations(["mf", "cn"]),
            "silent_gaps": {name: answers.gaps(name) for name in ("mf", "cn")}, "ping_pong_between_groups": answers.returns(),
            "bulletins": answers.months(self.last_month), **self.compared_more()}

    def reminders(self, days):
        reminders = Reminders(self, "cn", self.journal, self.issues, days)
        for case in sorted(reminders.asleep):
            print(f"{self.name}: {case} is not reminded of: resolved from its reminder to its due time, opened again later")
        return len(reminders.told) + len(reminders.asleep)

    def asleep(self, calendar, days):
        """Cases that were resolved from their reminder to their due time, and opened again later: only hindsight would have reminded of
        them. (One that is opened, or resolved anew, before its due time is reminded of then.)"""
        asleep = set()
        for case in self.log.cases:
            if truth.is_reminded(case, calendar, days):
                at = truth.reminder_at(case, calendar, days)
                until_due = [event["activity"] for event in case.events if at < truth.instant(event["wall"]) <= case.deadline]
                if truth.was_done(case, at, self.done) and all(activity in self.quiet for activity in until_due):
                    asleep.add(case.id)
        return asleep

    def count_more(self):
        return {}

    def compared_more(self):
        return {}


class Bpic(Policy):
    done = quiet = ("Completed",)
    printed = {"1>2": 38, "1>3": 8, "2>3": 128, "2>1": 32, "3>1": 7, "3>2": 115, "escalated": 131, "reopened": 61, "on_time": 226, "late": 1261}

    def count_more(self):
        return {**truth.moves(self.log.cases), "reopened": truth.reopened(self.log.cases)}

    def said(self, wanted):
        return {**wanted["moves"], "escalated": wanted["cases_escalated"], "reopened": wanted["reopened"],
                "on_time": wanted["deadlines"]["on_time"], "late": wanted["deadlines"]["late"]}

    def compared_more(self):
        rows = self.answers.measure("moves")
        level = lambda name: ">".join(part.replace("line-", "") for part in name.split(">"))
        return {"moves": {level(row["name"]): row["count"] for row in rows if row["measure"] in ("up", "down")},
                "cases_escalated": next(row["cases"] for row in rows if row["measure"] == "escalated"),
                "reopened": self.answers.measure("reopened")[0]["cases"]}


class Helpdesk(Policy):
    done, quiet = ("Resolve ticket", "Closed"), ("Closed",)

    def refused(self):
        """An upgrade of what development has already, and an anomaly resolved that was never sent up."""
        ways = {"Require upgrade": 1, "Create SW anomaly": 2, "Resolve SW anomaly": 0}
        refused = collections.Counter()
        for case in self.log.cases:
            level, seen = 0, set()
            for event in case.events:
                to = ways.get(event["activity"])
                if to is None or event["activity"] in seen or (case.resolved and truth.instant(event["wall"]) >= case.resolved):
                    continue
                seen.add(event["activity"])
                if to > level or (to == 0 and level > 0):
                    level = to
                else:
                    refused["issue.returned" if to == 0 else "escalation.requested"] += 1
        return dict(refused)

    printed = {"on_time": 3173, "late": 1396, "unresolved": 11, "months": 48, "sections": 7}

    def said(self, wanted):
        counts = wanted["deadlines"]
        return {"on_time": counts["on_time"], "late": counts["late"], "unresolved": counts["unresolved"], "months": len(wanted["bulletins"]),
                "sections": len(wanted["ranking_areas"])}


JUDGES = {"wabo-receipt": Wabo, "baltimore-311": Baltimore, "boston-311-100": Boston, "bpic2013-problems": Bpic, "helpdesk-it": Helpdesk}

if __name__ == "__main__":
    JUDGES[sys.argv[1]](sys.argv[1], sys.argv[2], sys.argv[3]).judge()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)
