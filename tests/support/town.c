/* town.c - see town.h. */
#include "tests/support/town.h"

#include "base/log.h"
#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

const char town_charter[] =
    "charter: town\n"
    "title: 小城协调机制\n"
    "document: {number: 城〔2020〕1号, issued: 2020-01-20}\n"
    "calendar: cn\n"
    "zone: \"+08:00\"\n"
    "units:\n"
    "  - 市税务局\n"
    "  - {name: 市财政局, aliases: [财政局]}\n"
    "  - {name: 市住房建设局, aliases: [市住房和建设局]}\n"
    "  - {name: 深圳海关, external: true}\n"
    "  - 市中级人民法院\n"
    "  - 市发展改革委\n"
    "unit_sets:\n"
    "  - {name: 各相关单位, units: [市财政局, 深圳海关], clause: 附表}\n"
    "levels:\n"
    "  - id: team\n"
    "    name: 工作专班\n"
    "    clause: 四（一）\n"
    "    per_area: true\n"
    "    settles: true\n"
    "    limit: {is: 15wd, clause: 四（一）, default: true}\n"
    "    reminders: [5wd, 1wd]\n"
    "    reminders_indicator: [10wd, 5wd, 2wd, 1wd]\n"
    "    up_clause: 四（二）\n"
    "    up:\n"
    "      - {need: attempt, clause: 四（二）}\n"
    "      - {need: opinions, clause: 四（二）}\n"
    "      - {need: proposal, clause: 四（二）}\n"
    "  - id: group\n"
    "    name: 专项小组\n"
    "    clause: 四（二）\n"
    "    per_area: true\n"
    "    settles: true\n"
    "    limit: 10wd\n"
    "    up_clause: 四（三）\n"
    "    up:\n"
    "      - {need: attempt, clause: 四（三）}\n"
    "      - {need: proposal, clause: 四（三）}\n"
    "      - {need: consent, heads: any, clause: 四（三）}\n"
    "  - id: office\n"
    "    name: 办公室\n"
    "    clause: 四（三）\n"
    "    limit: 5wd\n"
    "    up:\n"
    "      - {need: checklist, clause: 四（三）}\n"
    "      - {need: issuelist, clause: 四（三）}\n"
    "  - id: leading\n"
    "    name: 领导小组\n"
    "    clause: 二（一）\n"
    "    decides: true\n"
    "    limit: 20wd\n"
    "areas:\n"
    "  - {area: 纳税, number: 5, heads: [刘庆生], lead_units: [市税务局], responsible_units: [市财政局, "
    "市住房和建设局]}\n"
    "  - {area: 办理破产, number: 7, heads: [余新国, 万国营], lead_units: [市中级人民法院], "
    "responsible_units: "
    "[市财政局]}\n"
    "  - {area: 劳动力市场监管, number: 11, heads: [艾学峰], lead_units: [市税务局], responsible_units: "
    "[各相关单位]}\n"
    "area_bodies:\n"
    "  - {id: \"team-{number}\", name: \"{area}工作专班\", level: team, head_of: lead_units, head_post: "
    "lead}\n"
    "  - {id: \"group-{number}\", name: \"{area}专项小组\", level: group, head_title: 组长}\n"
    "bodies:\n"
    "  - {id: office, name: 领导小组办公室, level: office, lead_units: [市发展改革委]}\n"
    "  - {id: leading, name: 领导小组, level: leading, heads: [王伟中], head_title: 组长}\n"
    "posts:\n"
    "  - {id: office.director, title: 办公室主任, unit: 市发展改革委, body: office, holders: [某甲]}\n"
    "  - {id: finance.clerk, title: 联络员, unit: 市财政局}\n"
    "opinions: {limit: 5wd, clause: 四（二）, default: true}\n"
    "confirmation: {limit: 10wd, default: true}\n"
    "solution: {clause: 四（二）}\n"
    "tasklist: {level: office, clause: 四（三）}\n"
    "tasks: {reminders: [5wd, 1wd]}\n"
    "verification: {clause: 五（四）}\n"
    "classes:\n"
    "  - {class: 咨询, limit: 3wd}\n";

/* ---- opening ---- */

char *town_text(const char *from, const char *to)
{
    size_t from_bytes = strlen(from), to_bytes = strlen(to);
    char *text = memory_alloc(sizeof town_charter + 64 * to_bytes + 1), *out = text;
    for (const char *at = town_charter; *at != '\0';) {
        if (from_bytes > 0 && strncmp(at, from, from_bytes) == 0) {
            memcpy(out, to, to_bytes);
            out += to_bytes;
            at += from_bytes;
        } else {
            *out++ = *at++;
        }
    }
    *out = '\0';
    return text;
}

static struct town *town_open_text(const char *text)
{
    static const struct role *const roles[] = {&role_coordination, &role_tasks, NULL};
    struct town *town = memory_alloc(sizeof *town);
    *town = (struct town){.house = house_open_roles(roles)};
    house_advance(town->house, "2020-02-03T09:00:00+08:00");
    house_adopt_charter_text(town->house, "town.yaml", text);
    return town;
}

struct town *town_open(void)
{
    return town_open_text(town_charter);
}

struct town *town_open_changed(const char *from, const char *to)
{
    char *text = town_text(from, to);
    assert_string_not_equal(text, town_charter);
    struct town *town = town_open_text(text);
    free(text);
    return town;
}

void town_close(struct town *town)
{
    house_check_rebuild(town->house);
    house_close(town->house);
    free(town);
}

/* ---- telling ---- */

static const char *town_minute_later(const struct town *town, char out[CIVIL_TEXT_BYTES])
{
    return civil_format_time(house_now_us(town->house) + 60 * CIVIL_SECOND_US, 480, out);
}

uint64_t town_report(struct town *town, const char *type, const char *subject, const char *actor,
                     const char *json)
{
    char time[CIVIL_TEXT_BYTES];
    bool names_charter = strcmp(type, "issue.raised") == 0 || strcmp(type, "issuelist.compiled") == 0 ||
                         strncmp(type, "post.", 5) == 0;
    town->seq = house_publish(town->house, town_minute_later(town, time), type, subject,
                              names_charter ? "town" : NULL, actor, json);
    return town->seq;
}

uint64_t town_tell(struct town *town, const char *role, const char *type, const char *subject,
                   const char *json)
{
    char publisher[64];
    (void)snprintf(publisher, sizeof publisher, "worker/%s", role);
    return house_publish_as(town->house, publisher, NULL, type, subject, "town", NULL, json);
}

/* ---- asking ---- */

static void town_fail(const struct town *town, const char *what)
{
    house_dump(town->house);
    fail_msg("report %llu: %s", (unsigned long long)town->seq, what);
}

void town_refused(const struct town *town, const char *reason_part)
{
    const struct event *refusal = house_refusal(town->house, town->seq);
    if (refusal == NULL)
        town_fail(town, "was not refused");
    struct text reason = doc_text(refusal->data, FIELD_REASON);
    if (memmem(reason.at, reason.bytes, reason_part, strlen(reason_part)) == NULL)
        town_fail(town, reason_part);
}

void town_granted(const struct town *town)
{
    if (house_refusal(town->house, town->seq) != NULL ||
        house_outcome(town->house, town->seq, NULL, 0) == NULL)
        town_fail(town, "was refused, or had no outcome");
}

const char *town_owed(const struct town *town)
{
    static char joined[4096];
    const struct event *refusal = house_refusal(town->house, town->seq);
    if (refusal == NULL)
        town_fail(town, "was not refused");
    joined[0] = '\0';
    size_t bytes = 0;
    for (size_t i = 0; i < doc_count(refusal->data, FIELD_OWED); i++) {
        struct text need = doc_text(doc_doc_at(refusal->data, FIELD_OWED, i), FIELD_NEED);
        bytes += (size_t)snprintf(joined + bytes, sizeof joined - bytes, "%s%.*s", i > 0 ? " | " : "",
                                  TEXT_PRINT(need));
    }
    return joined;
}

const struct event *town_last(const struct town *town, const char *type, const char *subject)
{
    size_t count = house_count(town->house, type, subject);
    if (count == 0)
        town_fail(town, type);
    return house_find(town->house, type, subject, count - 1);
}

void town_is(const struct event *event, enum field field, const char *expected)
{
    char found[512];
    (void)snprintf(found, sizeof found, "%.*s", TEXT_PRINT(doc_text(event->data, field)));
    assert_string_equal(found, expected);
}

void town_lists(const struct event *event, enum field field, const char *expected)
{
    char found[2048] = "";
    size_t bytes = 0;
    for (size_t i = 0; i < doc_count(event->data, field); i++)
        bytes += (size_t)snprintf(found + bytes, sizeof found - bytes, "%s%.*s", i > 0 ? " " : "",
                                  TEXT_PRINT(doc_text_at(event->data, field, i)));
    assert_string_equal(found, expected);
}

/* ---- deadlines ---- */

const char *town_deadline(const struct town *town, const char *subject, const char *label)
{
    static char id[512];
    for (size_t i = house_count(town->house, "deadline.set", subject); i-- > 0;) {
        const struct event *set = house_find(town->house, "deadline.set", subject, i);
        if (!text_is(doc_text(set->data, FIELD_LABEL), label))
            continue;
        (void)snprintf(id, sizeof id, "%.*s", TEXT_PRINT(doc_text(set->data, FIELD_DEADLINE)));
        return id;
    }
    town_fail(town, label);
    return NULL;
}

void town_reach(struct town *town, const char *role, const char *subject, const char *label, const char *due)
{
    char json[1024];
    (void)snprintf(json, sizeof json,
                   "{\"deadline\":\"%s\",\"owner\":\"%s\",\"label\":\"%s\",\"due\":\"%s\"}",
                   town_deadline(town, subject, label), role, label, due);
    town->seq = town_tell(town, "deadlines", "deadline.reached", subject, json);
}

/* ---- the way up ---- */

static void town_must(struct town *town, const char *type, const char *subject, const char *actor,
                      const char *json)
{
    (void)town_report(town, type, subject, actor, json);
    town_granted(town);
}

void town_raise(struct town *town, const char *issue)
{
    town_must(town, "issue.raised", issue, NULL,
              "{\"title\":\"税费申报\",\"area\":\"纳税\",\"raiser\":\"某企业\"}");
}

void town_to_group(struct town *town, const char *issue)
{
    town_raise(town, issue);
    town_must(town, "issue.coordinated", issue, NULL, "{\"result\":\"unsettled\"}");
    town_must(town, "opinion.submitted", issue, NULL, "{\"unit\":\"市税务局\",\"opinion\":\"同意\"}");
    town_must(town, "opinion.submitted", issue, NULL, "{\"unit\":\"财政局\",\"opinion\":\"同意\"}");
    town_must(town, "opinion.submitted", issue, NULL, "{\"unit\":\"市住房建设局\",\"opinion\":\"同意\"}");
    town_must(town, "proposal.submitted", issue, NULL, "{\"plan\":\"方案\"}");
    town_must(town, "escalation.requested", issue, NULL, NULL);
}

void town_to_office(struct town *town, const char *issue)
{
    town_to_group(town, issue);
    town_must(town, "issue.coordinated", issue, NULL, "{\"result\":\"unsettled\"}");
    town_must(town, "proposal.submitted", issue, NULL, "{\"plan\":\"方案\"}");
    town_must(town, "consent.given", issue, "group-05.head", NULL);
    town_must(town, "escalation.requested", issue, NULL, NULL);
}

void town_to_leading(struct town *town, const char *issue)
{
    char list[64], json[64];
    town_to_office(town, issue);
    town_must(town, "checklist.filled", issue, NULL,
              "{\"opinion\":\"可行\",\"undertaker\":\"财政局\",\"plan\":\"细则\"}");
    (void)snprintf(list, sizeof list, "list-of-%s", issue);
    (void)snprintf(json, sizeof json, "{\"issues\":[\"%s\"]}", issue);
    town_must(town, "issuelist.compiled", list, NULL, json);
    town_must(town, "escalation.requested", issue, NULL, NULL);
}
