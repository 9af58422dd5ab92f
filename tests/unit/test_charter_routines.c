/* test_charter_routines.c - goal: the sections meetings and routines say what the document says, with clause
 * and default, and every fault in them is found with its place and the nearest name. Method: one small
 * charter, a fault at a time; the whole of shenzhen-2020. */
#include "config/charter.h"
#include "tests/support/config_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char head[] =
    "charter: small\ntitle: 小\ndocument: {number: 一, issued: 2020-01-20}\ncalendar: cn\nzone: \"+08:00\"\n"
    "units: [甲局]\nlevels:\n  - {id: street, name: 街道, settles: true, limit: 5wd}\n"
    "  - {id: district, name: 区, decides: true, limit: 15wd}\nareas: [{area: 噪音}]\n"
    "bodies:\n  - {id: streets, name: 办事处, level: street, heads: [张三]}\n"
    "  - {id: district, name: 区政府, level: district, lead_units: [甲局]}\n";

struct compiled {
    struct arena arena;
    struct findings findings;
    const struct charter *charter;
};

static struct compiled *compile(const char *sections)
{
    struct compiled *compiled = memory_alloc(sizeof *compiled);
    arena_open(&compiled->arena, 1 << 26);
    findings_open(&compiled->findings, &compiled->arena, TEXT("small.yaml"));
    struct text source = arena_printf(&compiled->arena, "%s%s", head, sections);
    compiled->charter = charter_compile(&compiled->arena, source, TEXT("small.yaml"), &compiled->findings);
    return compiled;
}

static void compiled_close(struct compiled *compiled)
{
    arena_close(&compiled->arena);
    free(compiled);
}

static void finds(const char *sections, const char *message)
{
    struct compiled *compiled = compile(sections);
    assert_null(compiled->charter);
    struct text first = findings_first(&compiled->findings, &compiled->arena);
    if (memmem(first.at, first.bytes, message, strlen(message)) == NULL)
        fail_msg("%s\n  found %.*s\n  not %s", sections, TEXT_PRINT(first), message);
    compiled_close(compiled);
}

#define ROUTINE(more) "routines:\n  - {id: r, title: 例会, kind: meeting, of: street, " more "}\n"
#define FILING(more)                                                                                         \
    "routines:\n  - {id: r, title: 清单, kind: filing, of: street, recurs: FREQ=DAILY, " more "}\n"

static void test_meetings(void **context)
{
    (void)context;
    struct compiled *compiled =
        compile("meetings:\n  - {of: street, minutes: 5wd, clause: 一}\n"
                "  - {of: district, agenda: {is: streets, clause: 二}, minutes: {is: undated, "
                "default: true}, items: [unit, opinion], clause: 三}\n");
    assert_non_null(compiled->charter);
    const struct charter *charter = compiled->charter;
    const struct meeting_rule *street = charter_meeting(charter, charter_body(charter, TEXT("streets")));
    const struct meeting_rule *district = charter_meeting(charter, charter_body(charter, TEXT("district")));
    assert_true(street->minutes && text_is(street->minutes_limit, "5wd") && street->agenda.bytes == 0);
    assert_true(text_is(street->minutes_rule.clause, "一") && !street->minutes_rule.is_default);
    assert_true(text_is(street->minutes_rule.path, "meetings.street.minutes"));
    assert_true(text_is(district->agenda, "streets") && text_is(district->agenda_rule.clause, "二"));
    assert_true(text_is(district->minutes_rule.clause, "三") && district->minutes_rule.is_default);
    assert_true(district->item_unit && district->item_opinion && !district->item_by);
    compiled_close(compiled);
}

/* A rule for a body goes before the one for its level. */
static void test_body_before_level(void **context)
{
    (void)context;
    struct compiled *compiled =
        compile("meetings:\n  - {of: streets, clause: 一}\n  - {of: street, clause: 二}\n");
    const struct charter *charter = compiled->charter;
    assert_true(text_is(charter_meeting(charter, charter_body(charter, TEXT("streets")))->rule.clause, "一"));
    assert_null(charter_meeting(charter, charter_body(charter, TEXT("district"))));
    compiled_close(compiled);
}

static void test_routines(void **context)
{
    (void)context;
    struct compiled *compiled = compile("routines:\n  - {id: r, title: 例会, kind: meeting, of: street, "
                                        "recurs: FREQ=WEEKLY;BYDAY=FR, from: 2020-02-01, "
                                        "roll: back, reminders: [1wd], in_principle: true, chair: "
                                        "streets.head, topic: hear, clause: 一, default: true}\n"
                                        "  - {id: f, title: 清单, kind: filing, of: streets, to: district, "
                                        "recurs: FREQ=YEARLY, parts: [一, 二], list: true}\n");
    assert_non_null(compiled->charter);
    const struct charter *charter = compiled->charter;
    const struct routine_rule *meeting = charter_routine(charter, TEXT("r")),
                              *filing = charter_routine(charter, TEXT("f"));
    assert_int_equal(meeting->kind, ROUTINE_MEETING);
    assert_true(text_is(meeting->roll, "roll=back") && meeting->in_principle && meeting->rule.is_default);
    assert_true(text_is(meeting->chair, "streets.head") && text_is(meeting->topic, "hear"));
    assert_int_equal(meeting->reminders.count, 1);
    assert_int_equal(filing->kind, ROUTINE_FILING);
    assert_int_equal(filing->from_day, charter->issued_day);
    assert_int_equal(filing->parts.count, 2);
    assert_true(filing->list && text_is(filing->to, "district") && filing->roll.bytes == 0);
    assert_true(charter_routine_is_of(filing, charter_body(charter, TEXT("streets"))));
    assert_false(charter_routine_is_of(filing, charter_body(charter, TEXT("district"))));
    assert_null(charter_routine(charter, TEXT("x")));
    struct text json = charter_to_json(&compiled->arena, charter);
    assert_non_null(memmem(json.at, json.bytes, "\"roll\":\"roll=back\"", strlen("\"roll\":\"roll=back\"")));
    compiled_close(compiled);
}

static void test_faults(void **context)
{
    (void)context;
    finds("meetings:\n  - {of: streat}\n",
          "small.yaml:15:10: error: unknown level or body \"streat\"; nearest known: \"street\"");
    finds("meetings:\n  - {of: street, agenda: street}\n",
          "unknown body \"street\"; nearest known: \"streets\"");
    finds("meetings:\n  - {of: street, minutes: by 2020-12-31}\n", "not \"by\"");
    finds("meetings:\n  - {of: street, minutes: 5xd}\n", "error");
    finds("meetings:\n  - {of: street, items: [units]}\n",
          "unknown part of an item \"units\"; nearest known: \"unit\"");
    finds("meetings:\n  - {of: street}\n  - {of: street}\n",
          "rule for meetings of \"street\" stands here twice");
    finds("meetings:\n  - {of: street, minute: 5wd}\n", "minutes");
    finds(ROUTINE("recurs: FREQ=HOURLY"), "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY, not HOURLY");
    finds(ROUTINE("recurs: FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2"), "never comes to a date");
    finds(ROUTINE("from: 2020-01-20"), "recurs");
    finds(ROUTINE("recurs: FREQ=DAILY, reminders: [5x]"), "error");
    finds(ROUTINE("recurs: FREQ=DAILY, roll: forward"), "roll");
    finds(ROUTINE("recurs: FREQ=DAILY, parts: [一]"), "\"parts\" has a meaning only with kind: filing");
    finds(ROUTINE("recurs: FREQ=DAILY, chair: streets.haed"),
          "unknown post \"streets.haed\"; nearest known: \"streets.head\"");
    finds(ROUTINE("recurs: FREQ=DAILY, topic: listen"), "topic");
    finds(FILING("to: district"), "parts");
    finds(FILING("parts: []"), "1 to 32 parts");
    finds(FILING("parts: [一], to: districts"), "unknown body \"districts\"; nearest known: \"district\"");
    finds(FILING("parts: [一], chair: streets.head"), "\"chair\" has a meaning only with kind: meeting");
    finds("routines:\n  - {id: r, title: t, kind: party, of: street, recurs: FREQ=DAILY}\n", "kind");
    finds("routines:\n  - {id: r, title: t, kind: meeting, of: lane, recurs: FREQ=DAILY}\n",
          "unknown level or body \"lane\"");
    finds("routines:\n  - {id: r, title: t, kind: meeting, of: street, recurs: FREQ=DAILY}\n"
          "  - {id: r, title: t, kind: meeting, of: street, recurs: FREQ=DAILY}\n",
          "routine \"r\" stands here twice");
    finds("routines:\n  - {id: abcdefghijklmnopqrstuvwxyz0123456, title: t, kind: meeting, of: street, "
          "recurs: FREQ=DAILY}\n",
          "32");
}

/* The bound on routines is met by one that fills it. */
/* To find that out takes long: after one such rule no other is searched for dates. */
static void test_one_that_never_comes_is_enough(void **context)
{
    (void)context;
    struct compiled *compiled = compile("routines:\n"
                                        "  - {id: a, title: 例会, kind: meeting, of: street, recurs: "
                                        "\"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"}\n"
                                        "  - {id: b, title: 例会, kind: meeting, of: street, recurs: "
                                        "\"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31\"}\n");
    assert_null(compiled->charter);
    assert_int_equal(compiled->findings.count, 1);
    compiled_close(compiled);
}

static void test_bounds(void **context)
{
    (void)context;
    struct buffer text;
    buffer_open(&text, 1 << 20);
    buffer_printf(&text, "routines:\n");
    for (int i = 0; i < CHARTER_ROUTINES_MAX; i++)
        buffer_printf(&text, "  - {id: r%d, title: t, kind: meeting, of: street, recurs: FREQ=DAILY}\n", i);
    buffer_printf(&text, "%c", '\0');
    struct compiled *most = compile((const char *)text.at);
    assert_non_null(most->charter);
    compiled_close(most);
    text.bytes--;
    buffer_printf(&text, "  - {id: last, title: t, kind: meeting, of: street, recurs: FREQ=DAILY}\n%c", '\0');
    finds((const char *)text.at, "more than 64 routines");
    buffer_close(&text);
}

/* What the document fixes is no default, what it leaves open is one. */
static void test_shenzhen(void **context)
{
    (void)context;
    static const struct {
        const char *id, *clause;
        size_t parts;
        bool open;
    } routines[] = {
        {"key-tasks", "五（一）", 3, false},     {"group-meeting", "五（二）", 0, true},
        {"office-meeting", "五（二）", 0, true}, {"progress-hearing", "二（二）", 0, true},
        {"information", "五（三）", 4, true},
    };
    struct compiled *compiled = memory_alloc(sizeof *compiled);
    arena_open(&compiled->arena, 1 << 26);
    const struct charter *charter = support_charter(&compiled->arena, "config/charters/shenzhen-2020.yaml");
    assert_int_equal(charter->routines.routines_count, 5);
    for (size_t i = 0; i < 5; i++) {
        const struct routine_rule *routine = charter_routine(charter, text_from(routines[i].id));
        assert_true(text_is(routine->rule.clause, routines[i].clause));
        assert_int_equal(routine->parts.count, routines[i].parts);
        assert_int_equal(routine->rule.is_default, routines[i].open);
    }
    const struct meeting_rule *leading =
        charter_meeting(charter, charter_body(charter, TEXT("leading-group")));
    assert_true(text_is(leading->agenda, "office") && text_is(leading->agenda_rule.clause, "三（二）"));
    assert_true(leading->minutes && leading->minutes_rule.is_default);
    assert_false(charter_meeting(charter, charter_body(charter, TEXT("team-07")))->minutes);
    compiled_close(compiled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meetings),
        cmocka_unit_test(test_body_before_level),
        cmocka_unit_test(test_routines),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_one_that_never_comes_is_enough),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_shenzhen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
