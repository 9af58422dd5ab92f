/* Goal: what people write and read as JSON is held to the same tables as the wire, and nothing is lost
 * between the two forms. Method: random events of every type go to JSON and back to equal bytes; then tables
 * of JSON texts and of command-line words, each with the complaint that a person must get. */
#include "proto/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "tests/support/random_event.h"
#include "tests/support/slate.h"

static struct complaint complaint;

static void test_every_type_comes_back(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            arena_reset(&arena);
            struct random random = {seed * 777 + (uint64_t)kind};
            struct event event = random_event(&random, &arena, (enum event_kind)kind), back;
            event.seq = seed;
            event.received_us = 1580000000000000;
            event.publisher = TEXT("uid:1000");
            struct text json = event_to_json(&arena, &event, true);
            assert_null(memchr(json.at, '\n', json.bytes)); /* one line an event */
            if (event_from_json(&arena, json, &back, &complaint) != 0)
                fail_msg("%s: %s: %s", event_types[kind].name, complaint.field, complaint.message);
            assert_same_bytes(random_event_bytes(&arena, &back), random_event_bytes(&arena, &event));
            assert_true(back.seq == seed && back.received_us == event.received_us);
            assert_true(text_is(back.publisher, "uid:1000"));
            assert_true(text_equal(event_to_json(&arena, &back, true), json));
        }
    }
}

static void test_documents_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        arena_reset(&arena);
        struct random random = {seed};
        struct doc *doc = random_doc(&random, &arena, NULL), *back = NULL;
        struct text json = doc_to_json(&arena, doc);
        assert_int_equal(doc_from_json(&arena, json, &back, &complaint), 0);
        assert_true(text_equal(doc_to_json(&arena, back), json));
    }
}

static void test_chinese_is_not_escaped(void **state)
{
    (void)state;
    struct doc *doc = doc_new(&arena);
    doc_set_text(doc, FIELD_TITLE, TEXT("督办 \"/\" \\"));
    doc_set_text(doc, FIELD_DETAIL, TEXT("a\n\tb"));
    doc_set_bool(doc, FIELD_INDICATOR, false);
    assert_string_equal(doc_to_json(&arena, doc).at,
                        "{\"title\":\"督办 \\\"/\\\" \\\\\",\"detail\":\"a\\n\\tb\",\"indicator\":false}");
}

static void test_what_people_leave_out(void **state)
{
    (void)state;
    struct event event;
    assert_int_equal(
        event_from_json(&arena, TEXT("{\"type\":\"consent.given\",\"subject\":\"I-1\"}"), &event, &complaint),
        0);
    assert_true(event.id.at == NULL && event.source.at == NULL && event.time_us == CIVIL_NEVER_US);
    assert_int_equal(event.type->kind, EVENT_CONSENT_GIVEN);
    assert_non_null(event.data);
    assert_int_equal(event_check(&event, &complaint), EVENT_E_INVALID); /* the caller sets them first */
    assert_string_equal(complaint.field, "id");
}

#define CONSENT "\"type\":\"consent.given\",\"subject\":\"I-1\""
static void test_refused_events(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        int code;
        const char *field, *says;
    } cases[] = {
        {"", EVENT_E_MALFORMED, "", "not JSON"},
        {"[]", EVENT_E_MALFORMED, "", "an event is a JSON object"},
        {"{" CONSENT "}x", EVENT_E_MALFORMED, "", "not JSON: line 1, column"},
        {"{" CONSENT "} {}", EVENT_E_MALFORMED, "", "not JSON"},
        {"{" CONSENT ",\"subject\":\"I-2\"}", EVENT_E_MALFORMED, "", "duplicate"},
        {"{" CONSENT ",\"id\":\"\xff\"}", EVENT_E_MALFORMED, "", "not JSON"},
        {"{" CONSENT ",\"id\":\"a\\u0000b\"}", EVENT_E_MALFORMED, "", "not JSON"},
        {"{" CONSENT ",\"id\":\"a\\u0007b\"}", EVENT_E_INVALID, "id", "control"},
        {"{" CONSENT ",\"id\":1}", EVENT_E_INVALID, "id", "must be a string"},
        {"{" CONSENT ",\"id\":null}", EVENT_E_INVALID, "id", "null"},
        {"{" CONSENT ",\"cause\":1.0}", EVENT_E_INVALID, "cause", "fraction"},
        {"{" CONSENT ",\"cause\":0}", EVENT_E_INVALID, "cause", "1 to"},
        {"{" CONSENT ",\"cause\":-1}", EVENT_E_INVALID, "cause", "sequence number"},
        {"{" CONSENT ",\"seq\":\"1\"}", EVENT_E_INVALID, "seq", "sequence number"},
        {"{" CONSENT ",\"received\":\"now\"}", EVENT_E_INVALID, "received", "time"},
        {"{" CONSENT ",\"publisher\":1}", EVENT_E_INVALID, "publisher", "string"},
        {"{" CONSENT ",\"time\":\"2020-01-20\"}", EVENT_E_INVALID, "time", "RFC 3339"},
        {"{" CONSENT ",\"specversion\":\"0.3\"}", EVENT_E_INVALID, "specversion", "1.0"},
        {"{" CONSENT ",\"Actor\":\"a\"}", EVENT_E_INVALID, "Actor", "nearest known: actor"},
        {"{" CONSENT ",\"data\":[]}", EVENT_E_INVALID, "data", "must be an object"},
        {"{" CONSENT ",\"data\":{\"note\":1}}", EVENT_E_INVALID, "data.note", "must be a string"},
        {"{" CONSENT ",\"data\":{\"reason\":\"x\"}}", EVENT_E_INVALID, "data.reason", "allowed: note"},
        {"{" CONSENT ",\"data\":{\"noet\":\"x\"}}", EVENT_E_INVALID, "data.noet", "no such field"},
        {"{\"subject\":\"I-1\"}", EVENT_E_INVALID, "type", "missing"},
        {"{\"type\":\"consent.gven\"}", EVENT_E_INVALID, "type", "nearest known: consent.given"},
        {"{\"type\":\"consent.given\"}", EVENT_E_INVALID, "subject", "missing"},
        {"{\"type\":\"task.progressed\",\"subject\":\"T\",\"data\":{\"percent\":1e2}}", EVENT_E_INVALID,
         "data.percent", "whole number"},
        {"{\"type\":\"task.progressed\",\"subject\":\"T\",\"data\":{\"percent\":99999999999999999999}}",
         EVENT_E_MALFORMED, "", "not JSON"},
        {"{\"type\":\"task.progressed\",\"subject\":\"T\",\"data\":{\"percent\":101}}", EVENT_E_INVALID,
         "data.percent", "0 to 100"},
        {"{\"type\":\"opinion.requested\",\"subject\":\"I\",\"data\":{\"units\":\"a\"}}", EVENT_E_INVALID,
         "data.units", "must be an array"},
        {"{\"type\":\"opinion.requested\",\"subject\":\"I\",\"data\":{\"units\":[\"a\",2]}}", EVENT_E_INVALID,
         "data.units[1]", "must be a string"},
        {"{\"type\":\"opinion.requested\",\"subject\":\"I\",\"data\":{\"units\":[]}}", EVENT_E_INVALID,
         "data.units", "0 items; 1 to 256"},
        {"{\"type\":\"solution.drafted\",\"subject\":\"I\",\"data\":{\"items\":[{\"by\":\"soon\"}]}}",
         EVENT_E_INVALID, "data.items[0].by", "2020-01-20"},
        {"{\"type\":\"solution.drafted\",\"subject\":\"I\",\"data\":{\"items\":[1]}}", EVENT_E_INVALID,
         "data.items[0]", "must be an object"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct event event;
        memset(&complaint, 0, sizeof(complaint));
        int code = event_from_json(&arena, text_from(cases[i].json), &event, &complaint);
        if (code != cases[i].code || strcmp(complaint.field, cases[i].field) != 0 ||
            strstr(complaint.message, cases[i].says) == NULL)
            fail_msg("%s: %d %s: %s", cases[i].json, code, complaint.field, complaint.message);
    }
}

static void test_depth_and_size(void **state)
{
    (void)state;
    static char deep[100000];
    struct doc *doc = NULL;
    struct event event;
    for (size_t i = 0; i < sizeof(deep) / 10; i++)
        memcpy(deep + 10 * i, "{\"items\":[", 10);
    assert_int_equal(doc_from_json(&arena, (struct text){deep, sizeof(deep)}, &doc, &complaint),
                     DOC_E_MALFORMED);
    assert_int_equal(
        doc_from_json(&arena, TEXT("{\"items\":[{\"items\":[{\"items\":[{}]}]}]}"), &doc, &complaint),
        DOC_E_MALFORMED);
    assert_string_equal(complaint.field, "items[0].items[0].items[0]");
    static char large[MESSAGE_BYTES_MAX + 1];
    memset(large, ' ', sizeof(large));
    assert_int_equal(event_from_json(&arena, (struct text){large, sizeof(large)}, &event, &complaint),
                     EVENT_E_MALFORMED);
    assert_non_null(strstr(complaint.message, "1048576"));
}

static void test_words(void **state)
{
    (void)state;
    static const struct {
        enum field field;
        const char *word;
        const char *json, *says; /* one of them */
    } cases[] = {
        {FIELD_TITLE, "服务窗口", "{\"title\":\"服务窗口\"}", NULL},
        {FIELD_TITLE, "", NULL, "0 bytes; 1 to 512"},
        {FIELD_TITLE, "\xff", NULL, "UTF-8"},
        {FIELD_DETAIL, "", "{\"detail\":\"\"}", NULL},
        {FIELD_PERCENT, "15", "{\"percent\":15}", NULL},
        {FIELD_PERCENT, "101", NULL, "0 to 100"},
        {FIELD_PERCENT, "1.5", NULL, "whole number"},
        {FIELD_PERCENT, "", NULL, "whole number"},
        {FIELD_INDICATOR, "true", "{\"indicator\":true}", NULL},
        {FIELD_INDICATOR, "false", "{\"indicator\":false}", NULL},
        {FIELD_INDICATOR, "yes", NULL, "true or false"},
        {FIELD_BY, "2020-01-20", "{\"by\":\"2020-01-20\"}", NULL},
        {FIELD_BY, "20.1.2020", NULL, "a date such as"},
        {FIELD_DUE, "2020-01-20T09:00:00+08:00", "{\"due\":\"2020-01-20T09:00:00+08:00\"}", NULL},
        {FIELD_DUE, "tomorrow", NULL, "RFC 3339"},
        {FIELD_LIMIT, "15wd", "{\"limit\":\"15wd\"}", NULL},
        {FIELD_UNITS, "甲, 乙 ,丙", "{\"units\":[\"甲\",\"乙\",\"丙\"]}", NULL},
        {FIELD_UNITS, "", NULL, "0 items"},
        {FIELD_UNITS, "甲,,丙", NULL, "0 bytes"},
        {FIELD_POSTS, "", "{\"posts\":[]}", NULL},
        {FIELD_OFF, "2020-01-31,2020-02-01", "{\"off\":[\"2020-01-31\",\"2020-02-01\"]}", NULL},
        {FIELD_OFF, "2020-01-31,x", NULL, "a date such as"},
        {FIELD_INPUTS, "1,2", "{\"inputs\":[1,2]}", NULL},
        {FIELD_INPUTS, "1,-2", NULL, "negative"},
        {FIELD_INPUTS, "1,b", NULL, "whole number"},
        {FIELD_ITEMS, "[{\"unit\":\"甲\"}]", "{\"items\":[{\"unit\":\"甲\"}]}", NULL},
        {FIELD_ITEMS, "甲", NULL, "not JSON"},
        {FIELD_ITEMS, "{}", NULL, "must be an array"},
        {FIELD_ITEMS, "[{\"plan\":\"甲\"}]", NULL, "no meaning here"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct doc *doc = doc_new(&arena);
        int code = doc_set_from_text(doc, cases[i].field, text_from(cases[i].word), &complaint);
        if (cases[i].json != NULL) {
            if (code != 0)
                fail_msg("%s: %s: %s", cases[i].word, complaint.field, complaint.message);
            assert_string_equal(doc_to_json(&arena, doc).at, cases[i].json);
        } else if (code == 0 || strstr(complaint.message, cases[i].says) == NULL ||
                   doc_has(doc, cases[i].field)) {
            fail_msg("%s: %d %s: %s", cases[i].word, code, complaint.field, complaint.message);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_comes_back),
        cmocka_unit_test(test_documents_come_back),
        cmocka_unit_test(test_chinese_is_not_escaped),
        cmocka_unit_test(test_what_people_leave_out),
        cmocka_unit_test(test_refused_events),
        cmocka_unit_test(test_depth_and_size),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, slate_open, slate_close);
}
