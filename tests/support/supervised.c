/* supervised.c - see supervised.h. */
#include "tests/support/supervised.h"

#include "base/log.h"
#include "workers/roles.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define POSTS "posts:\n  - {id: inspector, title: 督查室}\n"

const char supervised_section[] = "supervision:\n"
                                  "  supervisors: [office.director, inspector]\n"
                                  "  leaders: [leading.head]\n"
                                  "  origins: [decision, coordination, document]\n"
                                  "  limit: {is: 20wd, clause: 三（四）, default: true}\n"
                                  "  reminders: [5wd]\n"
                                  "  reply: {is: 5wd, clause: 五（四）}\n"
                                  "  rectify: {is: 10wd, clause: 五（四）}\n"
                                  "  clause: 三（四）\n";

void supervised_enact(struct house *house, const char *sections)
{
    char *text = town_text("posts:\n", POSTS);
    size_t bytes = strlen(text) + strlen(sections) + 1;
    char *whole = memory_alloc(bytes);
    (void)snprintf(whole, bytes, "%s%s", text, sections);
    house_adopt_charter_text(house, "town.yaml", whole);
    free(whole);
    free(text);
}

struct house *supervised_open(const char *sections)
{
    static const struct role *const roles[] = {&role_supervision, &role_deadlines, NULL};
    struct house *house = house_open_roles(roles);
    house_adopt_calendar(house, "config/calendars/cn.yaml", NULL);
    house_advance(house, "2020-02-03T09:00:00+08:00");
    supervised_enact(house, sections);
    return house;
}

void supervised_close(struct house *house)
{
    house_check_rebuild(house);
    house_close(house);
}

uint64_t supervised_report(struct house *house, const char *received, const char *type, const char *subject,
                           const char *actor, const char *json)
{
    uint64_t seq = house_publish(house, received, type, subject, "town", actor, json);
    house_check_rebuild(house);
    return seq;
}

uint64_t supervised_tell(struct house *house, const char *received, const char *role, const char *type,
                         const char *subject, const char *json)
{
    char publisher[64];
    (void)snprintf(publisher, sizeof publisher, "worker/%s", role);
    uint64_t seq = house_publish_as(house, publisher, received, type, subject, "town", NULL, json);
    house_check_rebuild(house);
    return seq;
}

static void supervised_fail(const struct house *house, uint64_t seq, const char *what)
{
    house_dump(house);
    fail_msg("event %llu: %s", (unsigned long long)seq, what);
}

void supervised_refused(const struct house *house, uint64_t seq, const char *reason_part)
{
    const struct event *refusal = house_refusal(house, seq);
    if (refusal == NULL)
        supervised_fail(house, seq, "was not refused");
    struct text reason = doc_text(refusal->data, FIELD_REASON);
    if (memmem(reason.at, reason.bytes, reason_part, strlen(reason_part)) == NULL)
        supervised_fail(house, seq, reason_part);
}

void supervised_granted(const struct house *house, uint64_t seq)
{
    if (house_refusal(house, seq) != NULL || house_outcome(house, seq, NULL, 0) == NULL)
        supervised_fail(house, seq, "was refused, or had no outcome");
}

const struct event *supervised_last(const struct house *house, const char *type, const char *subject)
{
    size_t count = house_count(house, type, subject);
    if (count == 0)
        supervised_fail(house, 0, type);
    return house_find(house, type, subject, count - 1);
}

void supervised_holds(const struct house *house, const char *type, const char *subject, const char *part)
{
    struct arena arena;
    arena_open(&arena, 1 << 22);
    struct text json = doc_to_json(&arena, supervised_last(house, type, subject)->data);
    bool holds = memmem(json.at, json.bytes, part, strlen(part)) != NULL;
    if (!holds)
        print_error("no %s in %.*s\n", part, TEXT_PRINT(json));
    arena_close(&arena);
    assert_true(holds);
}
