"""notices.py part DATA CALENDAR FOLDER: of helpdesk-it, those cases during whose time a notice of the State Council was published.
notices.py judge FOLDER CALENDAR DATA ISSUES: what they are due when each notice is known from its own day on.

The log's deadlines were counted with hindsight, as if every notice had been known from the start. A case that was resolved before a notice
came out keeps the due time that it had: that, and nothing else, may differ. Such cases are printed with the notice.
Prints each finding and, after `judge`, `N passed, N failed`."""
import datetime
import gzip
import json
import os
import re
import sys

import judge
import truth

LOG = "helpdesk-it"
DIFFER = ["Case 1957", "Case 2437", "Case 3356", "Case 786"]


def published(calendar):
    """The day of each year's notice, as the calendar has it; of two in a year, the first."""
    days = {}
    with open(calendar, encoding="utf-8") as file:
        for year, day in re.findall(r"title: \S*?(\d{4})年\S*\n\s+published: (\S+)", file.read()):
            days.setdefault(int(year), datetime.date.fromisoformat(day))
    return days


def part(data, calendar, folder):
    """Rows as they are, of fewer cases."""
    days = published(calendar).values()
    log = truth.Log(os.path.join(data, LOG))
    kept = {case.id for case in log.cases if case.deadline and any(case.raised.date() <= day <= case.deadline.date() for day in days)}
    os.makedirs(os.path.join(folder, LOG), exist_ok=True)
    for name in ("cases.tsv.gz", "events.tsv.gz"):
        with gzip.open(os.path.join(data, LOG, name), "rt", encoding="utf-8", newline="") as rows, \
                gzip.open(os.path.join(folder, LOG, name), "wt", encoding="utf-8", newline="") as out:
            out.write(rows.readline())
            out.writelines(row for row in rows if row.split("\t")[0] in kept)


def known_by(day, data, days):
    """The calendar without the notices that came out later."""
    exceptions = {}
    for year, at in days.items():
        if at <= day:
            with open(os.path.join(data, "holidays-cn", f"{year}.json"), encoding="utf-8") as file:
                exceptions.update({datetime.date.fromisoformat(row["date"]): not row["isOffDay"] for row in json.load(file)["days"]})
    return truth.Calendar(exceptions)


def hold(folder, calendar, data, issues):
    log, days, full = truth.Log(os.path.join(folder, LOG)), published(calendar), truth.calendars(os.path.join(data, "holidays-cn"))["cn"]
    with open(issues, encoding="utf-8") as rows:
        due = {issue.id: issue.due for issue in (judge.Issue(json.loads(row)) for row in rows)}
    wanted = {}
    for case in log.cases:
        last = min(case.resolved or case.deadline, case.deadline).date()
        working = full.between(case.raised.date(), case.deadline.date())
        day = known_by(last, data, days).plus(case.raised.date(), working)
        wanted[case.id] = datetime.datetime.combine(day, case.deadline.time())
        if wanted[case.id] != case.deadline:
            late = sorted(f"{year}, published {at}" for year, at in days.items() if last < at <= case.deadline.date())
            print(f"{LOG}: {case.id} was resolved {case.resolved}, before the notice for {'; '.join(late)}: due {wanted[case.id]:%F}; "
                  f"{case.deadline:%F} with hindsight")
    judge.equal("due, with what was known until it was resolved", wanted, due)
    judge.equal("those that differ from hindsight", DIFFER, sorted(case.id for case in log.cases if due[case.id] != case.deadline))


if __name__ == "__main__":
    if sys.argv[1] == "part":
        part(*sys.argv[2:])
    else:
        hold(*sys.argv[2:])
        print(f"{judge.passed} passed, {judge.failed} failed")
        sys.exit(judge.failed > 0)
