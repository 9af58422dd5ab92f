/* hall.c - see hall.h. */
#include "tests/support/hall.h"

#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char hall_charter[] =
    "charter: hall\n"
    "title: 大厅机制\n"
    "document: {number: 厅〔2020〕1号, issued: 2020-01-20}\n"
    "calendar: cn\n"
    "zone: \"+08:00\"\n"
    "units: [市税务局, {name: 市财政局, aliases: [财政局]}, 市公安局, 市发展改革委]\n"
    "unit_sets:\n"
    "  - {name: 各相关单位, units: [市税务局, 市财政局]}\n"
    "levels:\n"
    "  - {id: team, name: 专班, per_area: true, settles: true, limit: 15wd}\n"
    "  - {id: group, name: 专项小组, per_area: true, limit: 10wd}\n"
    "  - {id: office, name: 办公室, limit: 5wd}\n"
    "  - {id: leading, name: 领导小组, decides: true, limit: 20wd}\n"
    "areas:\n"
    "  - {area: 纳税, number: 1, heads: [张三], lead_units: [市税务局]}\n"
    "  - {area: 信贷, number: 2, heads: [李四], lead_units: [市财政局]}\n"
    "  - {area: 治安, number: 3, lead_units: [市公安局]}\n"
    "area_bodies:\n"
    "  - {id: \"team-{number}\", name: \"{area}专班\", level: team, head_of: lead_units}\n"
    "  - {id: \"group-{number}\", name: \"{area}小组\", level: group}\n"
    "bodies:\n"
    "  - {id: office, name: 办公室, level: office, lead_units: [市发展改革委]}\n"
    "  - {id: leading, name: 领导小组, level: leading, heads: [王五]}\n"
    "posts:\n"
    "  - {id: leading.deputy, title: 常务副组长, body: leading}\n"
    "  - {id: office.head, title: 主任, body: office, head: true}\n"
    "  - {id: group-03.head, title: 组长, body: group-03, head: true}\n"
    "  - {id: clerk, title: 科员, unit: 市财政局}\n"
    "actors: named\n"
    "meetings:\n"
    "  - {of: team, clause: 二（三）}\n"
    "  - {of: group, minutes: {is: 5wd, default: true}, items: [unit], clause: 五（二）}\n"
    "  - {of: leading, agenda: {is: office, clause: 三（二）}, minutes: 3wd, items: [unit, by], clause: "
    "五（二）}\n"
    "routines:\n"
    "  - {id: group-meeting, title: 小组例会, kind: meeting, of: group, recurs: FREQ=MONTHLY;BYMONTHDAY=-1, "
    "reminders: [5wd, 1wd], clause: 五（二）, default: true}\n"
    "  - {id: head-meeting, title: 组长会议, kind: meeting, of: leading, chair: leading.head, recurs: "
    "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1, clause: 五（二）}\n"
    "  - {id: deputy-meeting, title: 副组长会议, kind: meeting, of: leading, chair: leading.deputy, recurs: "
    "FREQ=MONTHLY;BYMONTHDAY=-1, clause: 五（二）}\n"
    "  - {id: hearing, title: 听取推进报告, kind: meeting, topic: hear, of: group-01, recurs: "
    "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=30, clause: 二（二）}\n"
    "  - {id: office-meeting, title: 集中调度, kind: meeting, of: office, in_principle: true, roll: on, "
    "recurs: "
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU, clause: 五（二）}\n"
    "  - {id: key-tasks, title: 年度重点任务清单, kind: filing, of: group, to: office, list: true, recurs: "
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31, parts: [完成情况分析, 目标任务, 重点工作任务], clause: "
    "五（一）}\n";

/* ---- opening ---- */

static char *hall_text(const char *from, const char *to)
{
    const char *at = from != NULL ? strstr(hall_charter, from) : NULL;
    if (from != NULL && at == NULL)
        fail_msg("the charter has no %s", from);
    size_t room = sizeof hall_charter + (at != NULL ? strlen(to) : 0);
    char *text = memory_alloc(room);
    if (at == NULL)
        return memcpy(text, hall_charter, sizeof hall_charter);
    (void)snprintf(text, room, "%.*s%s%s", (int)(at - hall_charter), hall_charter, to, at + strlen(from));
    return text;
}

void hall_adopt(struct hall *hall, const char *time, const char *from, const char *to)
{
    char *text = hall_text(from, to);
    house_advance(hall->house, time);
    house_adopt_charter_text(hall->house, "hall.yaml", text);
    free(text);
}

struct hall *hall_open_changed(const char *from, const char *to)
{
    static const struct role *const roles[] = {&role_coordination, &role_deadlines, &role_routines, NULL};
    struct hall *hall = memory_alloc(sizeof *hall);
    *hall = (struct hall){.house = house_open_roles(roles)};
    house_advance(hall->house, "2020-01-20T09:00:00+08:00");
    house_adopt_calendar(hall->house, "config/calendars/cn.yaml", NULL);
    hall_adopt(hall, "2020-01-20T09:00:00+08:00", from, to);
    return hall;
}

struct hall *hall_open(void)
{
    return hall_open_changed(NULL, NULL);
}

void hall_close(struct hall *hall)
{
    house_check_rebuild(hall->house);
    house_close(hall->house);
    free(hall);
}

/* ---- telling ---- */

uint64_t hall_report(struct hall *hall, const char *time, const char *type, const char *subject,
                     const char *actor, const char *json)
{
    char whole[CIVIL_TEXT_BYTES];
    (void)snprintf(whole, sizeof whole, "%s%s", time, strlen(time) == 10 ? "T10:00:00+08:00" : "");
    hall->seq = house_publish(hall->house, whole, type, subject, "hall", actor, json);
    return hall->seq;
}

void hall_must(struct hall *hall, const char *time, const char *type, const char *subject, const char *actor,
               const char *json)
{
    (void)hall_report(hall, time, type, subject, actor, json);
    hall_granted(hall);
}

/* ---- asking ---- */

static void hall_fail(const struct hall *hall, const char *what)
{
    house_dump(hall->house);
    fail_msg("report %llu: %s", (unsigned long long)hall->seq, what);
}

void hall_refused(const struct hall *hall, const char *reason_part)
{
    const struct event *refusal = house_refusal(hall->house, hall->seq);
    if (refusal == NULL)
        hall_fail(hall, "was not refused");
    struct text reason = doc_text(refusal->data, FIELD_REASON);
    if (memmem(reason.at, reason.bytes, reason_part, strlen(reason_part)) == NULL)
        fail_msg("\"%.*s\" does not say \"%s\"", TEXT_PRINT(reason), reason_part);
}

void hall_granted(const struct hall *hall)
{
    const struct event *refusal = house_refusal(hall->house, hall->seq);
    if (refusal != NULL)
        fail_msg("refused: %.*s (%s)", TEXT_PRINT(doc_text(refusal->data, FIELD_REASON)), hall_owed(hall));
    if (house_outcome(hall->house, hall->seq, NULL, 0) == NULL)
        hall_fail(hall, "had no outcome");
}

const char *hall_owed(const struct hall *hall)
{
    static char joined[4096];
    const struct event *refusal = house_refusal(hall->house, hall->seq);
    if (refusal == NULL)
        hall_fail(hall, "was not refused");
    joined[0] = '\0';
    for (size_t i = 0; i < doc_count(refusal->data, FIELD_OWED); i++)
        (void)snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%.*s", i > 0 ? " | " : "",
                       TEXT_PRINT(doc_text(doc_doc_at(refusal->data, FIELD_OWED, i), FIELD_NEED)));
    return joined;
}

const struct event *hall_find(const struct hall *hall, const char *type, const char *subject, size_t nth)
{
    const struct event *event = house_find(hall->house, type, subject, nth);
    if (event == NULL) {
        house_dump(hall->house);
        fail_msg("no %s %zu about %s", type, nth, subject != NULL ? subject : "anything");
    }
    return event;
}

size_t hall_count(const struct hall *hall, const char *type, const char *subject)
{
    return house_count(hall->house, type, subject);
}

void hall_is(const struct event *event, enum field field, const char *expected)
{
    struct text value = doc_text(event->data, field);
    if (!text_is(value, expected))
        fail_msg("%.*s: %s is %.*s, not %s", TEXT_PRINT(event->type_name), field_specs[field].name,
                 TEXT_PRINT(value), expected);
}

void hall_lists(const struct event *event, enum field field, const char *expected)
{
    char joined[4096] = "";
    for (size_t i = 0; i < doc_count(event->data, field); i++)
        (void)snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%.*s", i > 0 ? " " : "",
                       TEXT_PRINT(doc_text_at(event->data, field, i)));
    assert_string_equal(joined, expected);
}
