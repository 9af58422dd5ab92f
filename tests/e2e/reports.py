"""reports.py CHARTER.json OUT [KEY=VALUE…]: reports as a city's offices would send them, and some that they should not; a line of
CloudEvents JSON each, the same for the same arguments. OUT.issues gets what is about issues, OUT.tasks what is about tasks
(together=yes: OUT.issues gets all, the tasks in their issue's course). CHARTER.json is what `dubanctl charter show --json` prints.

Each issue follows a course (settled at once, group, leading group, withdrawn, disputed); their steps are interleaved by a seeded
generator. Between them stand premature escalations, unknown units and subjects, outcomes that no publisher may send, ids used twice."""
import json
import random
import sys
from datetime import datetime, timedelta, timezone

OFFICE = "office.head"
options = {"issues": "24", "seed": "1", "first": "2020-01-20T09:00", "step": "37", "together": "no", "wrong": "12", "source": "/e2e"}
options.update(word.split("=", 1) for word in sys.argv[3:])
charter = json.load(open(sys.argv[1], encoding="utf-8"))
dice = random.Random(int(options["seed"]))
zone = timezone(timedelta(hours=8))
now = datetime.fromisoformat(options["first"]).replace(tzinfo=zone)
units_all = [unit["name"] for unit in charter["units"]]
groups = [body for body in charter["bodies"] if body["level"] == "group"]


def units_of(body):
    """The units of a row, the charter's wildcards left out: who is concerned is then named one by one."""
    named = body["lead_units"] + body["responsible_units"]
    return [unit for unit in named if unit in units_all] or units_all[:3]


def day(offset):
    return (now + timedelta(days=offset)).strftime("%Y-%m-%d")


def items(count):
    return [{"title": f"事项{i + 1}", "unit": dice.choice(units_all), "by": day(dice.choice([-40, 3, 20, 45])), "opinion": "按要求落实"}
            for i in range(count)]


def up_to_group(issue, body):
    yield "issue.coordinated", issue, None, {"result": "unsettled", "note": "口径不同"}
    if dice.random() < 0.5:
        yield "escalation.requested", issue, None, {}  # premature: refused, with what is owed
    units = units_of(body)
    yield "opinion.requested", issue, None, {"units": units}
    for unit in units:
        yield "opinion.submitted", issue, None, {"unit": unit, "opinion": "同意"}
    yield "proposal.submitted", issue, None, {"plan": "由牵头单位统一办理"}
    yield "escalation.requested", issue, None, {}


def tasks_of(issue, count):
    for i in range(1, count + 1):
        task = f"{issue}/task/{i}"
        yield "task.accepted", task, None, {}
        yield "task.progressed", task, None, {"percent": dice.randrange(101)}
        if dice.random() < 0.3:
            yield "task.verified", task, OFFICE, {}  # too early: refused
        yield "task.completed", task, None, {"evidence": "见附件"}
        yield dice.choice([("task.verified", task, OFFICE, {"note": "已核实"}), ("task.rejected", task, OFFICE, {"reason": "材料不全"})])


def course_settled(issue, _):
    yield "issue.coordinated", issue, None, {"result": "settled"}
    yield dice.choice([("resolution.confirmed", issue, None, {}), ("resolution.disputed", issue, None, {"reason": "尚未办结"})])


def course_group(issue, body):
    yield from up_to_group(issue, body)
    count = dice.randrange(1, 4)
    yield "solution.drafted", issue, None, {"items": items(count)}
    yield from tasks_of(issue, count)


def course_leading(issue, body):
    yield from up_to_group(issue, body)
    yield "issue.coordinated", issue, None, {"result": "unsettled"}
    yield "proposal.submitted", issue, None, {"plan": "提请领导小组协调"}
    yield "meeting.held", f"HY-{issue}", None, {"bodies": [body["id"]], "title": "专项小组会议"}
    yield "minutes.issued", f"HY-{issue}", None, {"items": [{"title": "提请领导小组协调", "unit": dice.choice(units_all), "issue": issue}]}
    for post in body["head_posts"]:
        yield "consent.given", issue, post, {"note": "同意"}
    yield "escalation.requested", issue, None, {}
    yield "checklist.filled", issue, None, {"opinion": "建议同意", "undertaker": dice.choice(units_all), "plan": "具体方案"}
    yield "issuelist.compiled", f"QD-{issue}", None, {"issues": [issue], "title": "问题清单"}
    yield "escalation.requested", issue, None, {}
    yield "decision.adopted", issue, None, {"text": "原则同意", "meeting": "领导小组会议"}
    count = dice.randrange(1, 4)
    yield "tasklist.compiled", issue, None, {"title": "任务清单", "items": items(count)}
    yield from tasks_of(issue, count)


def course_withdrawn(issue, _):
    yield "issue.withdrawn", issue, None, {"reason": "已另行解决"}
    yield "reopening.requested", issue, None, {"reason": "又出现了"}


COURSES = [course_settled, course_group, course_leading, course_group, course_leading, course_withdrawn]


def course(number):
    issue, body = f"WT-{number:02d}", groups[(number * 7) % len(groups)]
    yield "issue.raised", issue, None, {"title": f"企业反映的问题{number}", "area": body["area"], "indicator": number % 3 == 0,
                                        "units": units_of(body), "raiser": f"企业{number}"}
    yield from COURSES[number % len(COURSES)](issue, body)


def wrong(number):
    """What the rules or the door refuse."""
    issue = f"WT-{number:02d}"
    return dice.choice([
        ("opinion.submitted", issue, None, {"unit": "市邮政局", "opinion": "同意"}),
        ("escalation.requested", "WT-none", None, {}),
        ("consent.given", issue, "office.head", {}),
        ("task.completed", f"{issue}/task/99", None, {"evidence": "无"}),
        ("issue.raised", issue, None, {"title": "又提一次", "area": "不存在的领域"}),
        ("issue.closed", issue, None, {"how": "confirmed", "at": "2020-01-20T09:00:00+08:00"}),  # an outcome: forbidden
        ("decision.adopted", issue, None, {"text": "越级"}),
        ("post.filled", None, None, {"post": "office.head", "person": f"主任{number}"}),
    ])


lines = {"issues": [], "tasks": []}


def line(step):
    global now
    kind, subject, actor, data = step
    now += timedelta(minutes=dice.randrange(1, 2 * int(options["step"])))
    count = len(lines["issues"]) + len(lines["tasks"]) + 1
    event = {"id": f"{options['seed']}-{count:05d}", "source": options["source"], "type": kind, "charter": charter["name"],
             "time": now.isoformat(timespec="seconds")}
    event.update({"subject": subject} if subject else {}, **({"actor": actor} if actor else {}))
    event["data"] = data
    phase = "tasks" if kind.startswith("task.") and options["together"] == "no" else "issues"
    lines[phase].append(event)


open_courses = [course(number) for number in range(1, int(options["issues"]) + 1)]
under_way, waiting = open_courses[:6], open_courses[6:]
begun = 6
while under_way:
    one = dice.choice(under_way)
    step = next(one, None)
    if step is None:
        under_way.remove(one)
        if waiting:
            under_way.append(waiting.pop(0))
            begun += 1
        continue
    line(step)
    if dice.randrange(100) < int(options["wrong"]):
        line(wrong(dice.randrange(1, begun + 1)))
for phase, events in lines.items():
    # an id used twice: the same bytes are accepted once, other bytes are a conflict
    twice = [dict(event) for event in events[5::40]]
    for number, event in enumerate(twice):
        if number % 2:
            event["time"] = "2019-01-01T00:00:00+08:00"
    with open(f"{sys.argv[2]}.{phase}", "w", encoding="utf-8") as out:
        for number, event in enumerate(events):
            print(json.dumps(event, ensure_ascii=False), file=out)
            if options["together"] == "no" and number % 40 == 30 and number // 40 < len(twice):
                print(json.dumps(twice[number // 40], ensure_ascii=False), file=out)
