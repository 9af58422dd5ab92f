/* Goal: an event is taken exactly if the table allows it, and comes back as it was. Method: random valid
 * events of every type, round and round; every cut and every flipped bit of them; then one wrong thing at a
 * time in an otherwise good event, with the complaint that a publisher must get; last the golden vectors that
 * an independent encoder made. */
#include "proto/event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/limits.h"
#include "tests/support/golden.h"
#include "tests/support/random_event.h"
#include "tests/support/slate.h"

static struct complaint complaint;

static int decode(struct bytes raw, struct event *event_out)
{
    memset(&complaint, 0, sizeof(complaint));
    int code = event_decode(&arena, raw, event_out, &complaint);
    if (code != 0)
        assert_true(complaint.message[0] != '\0');
    return code;
}

/* ---- properties ---- */
static void test_every_type_comes_back(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        for (uint64_t seed = 1; seed <= 10; seed++) {
            arena_reset(&arena);
            struct random random = {seed * 1000 + (uint64_t)kind};
            struct event event = random_event(&random, &arena, (enum event_kind)kind), back;
            assert_int_equal(event_check(&event, &complaint), 0);
            struct bytes raw = random_event_bytes(&arena, &event);
            if (decode(raw, &back) != 0)
                fail_msg("%s: %s: %s", event_types[kind].name, complaint.field, complaint.message);
            assert_ptr_equal(back.type, &event_types[kind]);
            assert_true(text_equal(back.id, event.id) && text_equal(back.subject, event.subject));
            assert_true(back.time_us == event.time_us && back.cause == event.cause);
            assert_ptr_equal(back.raw.at, raw.at);
            assert_same_bytes(random_event_bytes(&arena, &back), raw);
        }
    }
}

static void test_every_cut_is_refused(void **state)
{
    (void)state;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        arena_reset(&arena);
        struct random random = {(uint64_t)kind + 1};
        struct event event = random_event(&random, &arena, (enum event_kind)kind), back;
        struct bytes raw = random_event_bytes(&arena, &event);
        for (size_t cut = 0; cut < raw.bytes; cut++) {
            if (event_decode(&arena, (struct bytes){raw.at, cut}, &back, &complaint) != EVENT_E_MALFORMED)
                fail_msg("%s: taken, cut after %zu bytes", event_types[kind].name, cut);
        }
    }
}

static void test_flipped_bits_do_no_harm(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random random = {seed};
        arena_reset(&arena);
        struct event event = random_event(&random, &arena, (enum event_kind)(seed % EVENT_KIND_COUNT)), back;
        struct bytes raw = random_event_bytes(&arena, &event);
        unsigned char *copy = memory_alloc(raw.bytes); /* exactly so long: a read beyond is seen */
        memcpy(copy, raw.at, raw.bytes);
        for (size_t bit = 0; bit < 8 * raw.bytes; bit++) {
            copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
            if (decode((struct bytes){copy, raw.bytes}, &back) == 0)
                assert_int_equal(event_check(&back, &complaint), 0);
            copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
        free(copy);
    }
}

/* ---- one wrong thing at a time ---- */
static struct event good(void)
{
    struct doc *data = doc_new(&arena);
    doc_set_text(data, FIELD_TITLE, TEXT("外籍人才服务窗口不足"));
    doc_set_text(data, FIELD_AREA, TEXT("人才"));
    return (struct event){.id = TEXT("e-1"),
                          .source = TEXT("/portal/hr"),
                          .type_name = TEXT("issue.raised"),
                          .subject = TEXT("I-1"),
                          .time_us = CIVIL_NEVER_US,
                          .data = data};
}

static struct text repeated(char c, size_t count)
{
    char *at = arena_alloc(&arena, count + 1);
    memset(at, c, count);
    return (struct text){at, count};
}

/* Both doors must agree: event_check before encoding, event_decode after. */
static void assert_refused(const struct event *event, const char *field, const char *says)
{
    struct event back;
    memset(&complaint, 0, sizeof(complaint));
    assert_int_equal(event_check(event, &complaint), EVENT_E_INVALID);
    if (strcmp(complaint.field, field) != 0 || strstr(complaint.message, says) == NULL)
        fail_msg("check: %s: %s", complaint.field, complaint.message);
    assert_int_not_equal(decode(random_event_bytes(&arena, event), &back), 0);
    if (strcmp(complaint.field, field) != 0 || strstr(complaint.message, says) == NULL)
        fail_msg("decode: %s: %s", complaint.field, complaint.message);
}

static void assert_taken(const struct event *event)
{
    struct event back;
    if (event_check(event, &complaint) != 0 || decode(random_event_bytes(&arena, event), &back) != 0)
        fail_msg("%s: %s", complaint.field, complaint.message);
}

static void test_envelope_lines(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t offset, bytes_max;
        bool needed;
    } lines[] = {
        {"id", offsetof(struct event, id), NAME_BYTES_MAX, true},
        {"source", offsetof(struct event, source), SOURCE_BYTES_MAX, true},
        {"subject", offsetof(struct event, subject), NAME_BYTES_MAX, true}, /* of an issue.raised */
        {"charter", offsetof(struct event, charter), NAME_BYTES_MAX, false},
        {"actor", offsetof(struct event, actor), NAME_BYTES_MAX, false},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct event event = good();
        struct text *line = (struct text *)(void *)((char *)&event + lines[i].offset);
        *line = repeated('x', lines[i].bytes_max);
        assert_taken(&event);
        *line = repeated('x', lines[i].bytes_max + 1);
        assert_refused(&event, lines[i].name, "are allowed");
        *line = TEXT("a\nb");
        assert_refused(&event, lines[i].name, "control characters");
        *line = TEXT("a ");
        assert_refused(&event, lines[i].name, "blank");
        *line = TEXT("a\xff");
        assert_refused(&event, lines[i].name, "UTF-8");
        *line = TEXT_NONE;
        if (lines[i].needed)
            assert_refused(&event, lines[i].name, "missing");
        else
            assert_taken(&event);
    }
    struct event event = good();
    event.source = TEXT("/two words");
    assert_refused(&event, "source", "no blanks");
}

static void test_types(void **state)
{
    (void)state;
    struct event event = good();
    event.type_name = TEXT("issue.rased");
    assert_refused(&event, "type", "nearest known: issue.raised");
    event.type_name = TEXT_NONE;
    assert_refused(&event, "type", "missing");
    event.type_name = TEXT("zzz");
    assert_refused(&event, "type", "unknown type zzz");
    static const struct {
        const char *name;
        int kind;
    } cases[] = {
        {"issue.escalated.group", EVENT_ISSUE_ESCALATED},
        {"issue.escalated.leading-group", EVENT_ISSUE_ESCALATED},
        {"issue.escalated.3", EVENT_ISSUE_ESCALATED},
        {"issue.escalated", -1},
        {"issue.escalated.", -1},
        {"issue.escalated.*", -1},
        {"issue.escalated.a.b", -1},
        {"issue.escalated.Group", -1},
        {"issue.escalated.组", -1},
        {"issue.escalated.-a", -1},
        {"issue.escalated.a-", -1},
        {"issue.raised.x", -1},
        {"issue.raised", EVENT_ISSUE_RAISED},
        {"", -1},
        {".", -1},
        {"escalated.group", -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct event_type *type = event_type_find(text_from(cases[i].name), NULL);
        assert_int_equal(type == NULL ? -1 : (int)type->kind, cases[i].kind);
    }
    char longest[128] = "issue.escalated.";
    size_t family = strlen(longest);
    memset(longest + family, 'g', 65);
    assert_non_null(event_type_find((struct text){longest, family + 64}, NULL));
    assert_null(event_type_find((struct text){longest, family + 65}, NULL));
    assert_null(event_type_find(repeated('a', 5000), NULL));
    assert_null(event_type_find(TEXT_NONE, NULL));
}

static void test_family_member(void **state)
{
    (void)state;
    struct random random = {3};
    struct event event = random_event(&random, &arena, EVENT_ISSUE_ESCALATED), raised = good();
    assert_true(text_is(event_type_member(&event), "leading-group"));
    assert_true(event_type_member(&raised).at == NULL);
    raised.type = event_type_find(raised.type_name, NULL);
    assert_true(event_type_member(&raised).at == NULL);
}

static void test_traceparent(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",    /* no flags */
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", /* upper case */
        "00-00000000000000000000000000000000-b7ad6b7169203331-01", /* no trace */
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", /* no parent */
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", /* forbidden version */
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
    };
    struct event event = good();
    event.traceparent = TEXT("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_taken(&event);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        event.traceparent = text_from(wrong[i]);
        assert_refused(&event, "traceparent", "W3C");
    }
}

static void test_data_follows_the_type(void **state)
{
    (void)state;
    struct event event = good();
    event.data = NULL;
    assert_refused(&event, "data.title", "missing");
    event = good();
    struct doc *data = doc_copy(&arena, event.data);
    event.data = data;
    doc_set_text(data, FIELD_PLAN, TEXT("x"));
    assert_refused(&event, "data.plan", "allowed: title area");
    doc_unset(data, FIELD_PLAN);
    doc_set_text(data, FIELD_RULE, TEXT("levels.group")); /* a report gives no reasons of the rules */
    assert_refused(&event, "data.rule", "no meaning here");
    doc_unset(data, FIELD_RULE);
    doc_add_text(data, FIELD_UNITS, TEXT("a"));
    doc_add_text(data, FIELD_UNITS, TEXT(""));
    assert_refused(&event, "data.units[1]", "0 bytes");
    event = good();
    event.type_name = TEXT("consent.given"); /* needs no data */
    event.data = NULL;
    assert_taken(&event);
    struct event back;
    assert_int_equal(decode(random_event_bytes(&arena, &event), &back), 0);
    assert_non_null(back.data);
    assert_false(doc_has(back.data, FIELD_NOTE));
}

static void test_cause(void **state)
{
    (void)state;
    struct event event = good();
    event.cause = UINT64_C(9007199254740991);
    assert_taken(&event);
    event.cause++;
    assert_refused(&event, "cause", "2^53 - 1");
}

/* ---- by hand ---- */
struct written {
    unsigned char at[1024];
    size_t bytes;
};

static void put_text(struct written *written, const char *text)
{
    size_t bytes = strlen(text);
    assert_true(bytes < 32);
    written->at[written->bytes++] = (unsigned char)(0xa0 | bytes);
    memcpy(written->at + written->bytes, text, bytes);
    written->bytes += bytes;
}

/* A consent.given of `pairs` further pairs, which the caller appends. */
static struct written consent(unsigned pairs)
{
    static const char *const keys[] = {"specversion", "1.0",           "id",      "1",  "source", "/a",
                                       "type",        "consent.given", "subject", "I-1"};
    struct written written = {.at = {(unsigned char)(0x80 | (5 + pairs))}, .bytes = 1};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        put_text(&written, keys[i]);
    return written;
}

static void test_foreign_envelopes(void **state)
{
    (void)state;
    static const struct {
        const char *key, *value; /* value: text; or bytes when it begins with '#' */
        unsigned value_byte;
        int code;
        const char *field, *says;
    } cases[] = {
        {"datacontenttype", "application/msgpack", 0, 0, "", ""},
        {"datacontenttype", "application/json", 0, 0, "", ""},
        {"datacontenttype", "text/xml", 0, EVENT_E_INVALID, "datacontenttype", "application/msgpack"},
        {"time", "2020-01-20T09:00:00+08:00", 0, 0, "", ""},
        {"time", "2020-01-20", 0, EVENT_E_INVALID, "time", "RFC 3339"},
        {"time", NULL, 0x01, EVENT_E_INVALID, "time", "must be a string"},
        {"actr", "a", 0, EVENT_E_INVALID, "actr", "nearest known: actor"},
        {"seq", "a", 0, EVENT_E_INVALID, "seq", "no such key"},
        {"id", "2", 0, EVENT_E_MALFORMED, "id", "twice"},
        {"actor", "", 0, EVENT_E_INVALID, "actor", "empty"},
        {"actor", NULL, 0xc0, EVENT_E_INVALID, "actor", "nil"},
        {"cause", NULL, 0x07, 0, "", ""},
        {"cause", NULL, 0x00, EVENT_E_INVALID, "cause", "1 to"},
        {"cause", NULL, 0xff, EVENT_E_INVALID, "cause", "1 to"},
        {"cause", "7", 0, EVENT_E_INVALID, "cause", "1 to"},
        {"data", NULL, 0x80, 0, "", ""},
        {"data", NULL, 0x90, EVENT_E_INVALID, "data", "must be a map"},
        {"data", NULL, 0xc0, EVENT_E_INVALID, "data", "must be a map"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct written written = consent(1);
        struct event event;
        put_text(&written, cases[i].key);
        if (cases[i].value != NULL)
            put_text(&written, cases[i].value);
        else
            written.at[written.bytes++] = (unsigned char)cases[i].value_byte;
        int code = decode((struct bytes){written.at, written.bytes}, &event);
        if (code != cases[i].code || strcmp(complaint.field, cases[i].field) != 0 ||
            strstr(complaint.message, cases[i].says) == NULL)
            fail_msg("%s: %d %s: %s", cases[i].key, code, complaint.field, complaint.message);
    }
    struct written written = consent(0);
    struct event event;
    assert_int_equal(decode((struct bytes){written.at, written.bytes}, &event), 0);
    written.at[15] = '2'; /* specversion "2.0" */
    assert_int_equal(decode((struct bytes){written.at, written.bytes}, &event), EVENT_E_INVALID);
    assert_string_equal(complaint.field, "specversion");
    assert_int_equal(decode((struct bytes){(const unsigned char *)"\x80", 1}, &event), EVENT_E_INVALID);
    assert_string_equal(complaint.field, "specversion");
    assert_int_equal(decode((struct bytes){(const unsigned char *)"\x81\x01\x01", 3}, &event),
                     EVENT_E_MALFORMED);
    assert_int_equal(decode((struct bytes){(const unsigned char *)"\x90", 1}, &event), EVENT_E_MALFORMED);
    assert_int_equal(decode((struct bytes){(const unsigned char *)"\xdf\x10\x00\x00\x00", 5}, &event),
                     EVENT_E_MALFORMED);
}

static void test_size(void **state)
{
    (void)state;
    struct event event = good();
    struct doc *data = doc_new(&arena);
    event.type_name = TEXT("charter.adopted");
    event.data = data;
    doc_set_text(data, FIELD_NAME, TEXT("a"));
    doc_set_text(data, FIELD_TEXT, repeated('x', 393216));
    assert_taken(&event);
    static unsigned char large[EVENT_BYTES_MAX + 1];
    memcpy(large, "\xc6\x00\x08\x00\x00", 5);
    assert_int_equal(decode((struct bytes){large, sizeof(large)}, &event), EVENT_E_MALFORMED);
    assert_non_null(strstr(complaint.message, "524288"));
}

static void test_entries_carry_the_journal(void **state)
{
    (void)state;
    struct event event = good(), back;
    struct entry entry = {7, 1580000000000000, TEXT("uid:1000"), random_event_bytes(&arena, &event)};
    assert_int_equal(entry_decode(&arena, &entry, &back, &complaint), 0);
    assert_int_equal(back.seq, 7);
    assert_true(back.received_us == entry.received_us && text_is(back.publisher, "uid:1000"));
    entry.body.bytes--;
    assert_int_equal(entry_decode(&arena, &entry, &back, &complaint), EVENT_E_MALFORMED);
}

static void test_new_ids_are_in_order(void **state)
{
    (void)state;
    struct text last = TEXT_NONE;
    for (int i = 0; i < 1000; i++) {
        struct text id = event_new_id(&arena, 1580000000000000 + i);
        assert_int_equal(id.bytes, 36);
        assert_true(id.at[8] == '-' && id.at[13] == '-' && id.at[14] == '7' && id.at[18] == '-' &&
                    id.at[23] == '-');
        assert_non_null(memchr("89ab", id.at[19], 4));
        assert_true(last.at == NULL || text_compare(last, id) < 0);
        last = id;
    }
    assert_false(text_equal(event_new_id(&arena, 5), event_new_id(&arena, 5)));
}

static void test_roles(void **state)
{
    (void)state;
    for (int role = 0; role < ROLE_COUNT; role++)
        assert_int_equal(role_find(text_from(role_text((enum role_name)role))), role);
    assert_int_equal(role_find(TEXT("nobody")), ROLE_COUNT);
}

/* ---- vectors made by another encoder ---- */
static void golden_event(const char *name, struct bytes bytes, struct text json, void *context)
{
    struct event event, from;
    if (decode(bytes, &event) != 0)
        fail_msg("%s: %s: %s", name, complaint.field, complaint.message);
    struct text printed = event_to_json(&arena, &event, false);
    if (!text_equal(printed, json))
        fail_msg("%s: printed %.*s", name, TEXT_PRINT(printed));
    assert_same_bytes(random_event_bytes(&arena, &event), bytes);
    assert_int_equal(event_from_json(&arena, json, &from, &complaint), 0);
    assert_same_bytes(random_event_bytes(&arena, &from), bytes);
    for (size_t cut = 0; cut < bytes.bytes; cut += 1 + bytes.bytes / 1000)
        assert_int_equal(decode((struct bytes){bytes.at, cut}, &event), EVENT_E_MALFORMED);
    ++*(unsigned *)context;
}

static void golden_refused(const char *name, struct bytes bytes, struct text json, void *context)
{
    struct event event;
    struct text wanted = json; /* "malformed" or "invalid" */
    int code = decode(bytes, &event);
    if (code != (text_is(wanted, "\"malformed\"") ? EVENT_E_MALFORMED : EVENT_E_INVALID))
        fail_msg("%s: %d %s: %s", name, code, complaint.field, complaint.message);
    ++*(unsigned *)context;
}

static void test_golden_vectors(void **state)
{
    (void)state;
    unsigned events = 0, refused = 0;
    golden_each(&arena, "events", golden_event, &events);
    golden_each(&arena, "refused", golden_refused, &refused);
    assert_true(events >= 8 && refused >= 8);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_type_comes_back),
        cmocka_unit_test(test_every_cut_is_refused),
        cmocka_unit_test(test_flipped_bits_do_no_harm),
        cmocka_unit_test(test_envelope_lines),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_family_member),
        cmocka_unit_test(test_traceparent),
        cmocka_unit_test(test_data_follows_the_type),
        cmocka_unit_test(test_cause),
        cmocka_unit_test(test_foreign_envelopes),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_entries_carry_the_journal),
        cmocka_unit_test(test_new_ids_are_in_order),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_golden_vectors),
    };
    return cmocka_run_group_tests(tests, slate_open, slate_close);
}
