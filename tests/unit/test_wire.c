/* Goal: every message comes through as it was sent, and no other bytes pass for one. Method: a full example
 * of every verb goes round; then each is cut, widened, and has each part in turn replaced by every other kind
 * of object; lists are filled to their bound and one beyond; last the golden vectors that an independent
 * encoder made. */
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

#include "base/limits.h"
#include "tests/support/golden.h"
#include "tests/support/random_event.h"
#include "tests/support/slate.h"

static struct buffer buffer;
static struct complaint complaint;

static int setup(void **state)
{
    slate_open(state);
    buffer_open(&buffer, 2 * MESSAGE_BYTES_MAX);
    return 0;
}

static int teardown(void **state)
{
    buffer_close(&buffer);
    return slate_close(state);
}

static struct bytes encoded(const struct message *message)
{
    buffer_reset(&buffer);
    wire_encode(message, &buffer);
    return arena_bytes_copy(&arena, buffer_view(&buffer));
}

static int decode(struct bytes frame, struct message *out)
{
    memset(&complaint, 0, sizeof(complaint));
    int code = wire_decode(&arena, frame, out, &complaint);
    assert_true(code == 0 || (code == WIRE_E_MALFORMED && complaint.message[0] != '\0'));
    return code;
}

#define BYTES(literal) ((struct bytes){(const unsigned char *)(literal), sizeof(literal) - 1})

/* One full example of each verb. */
static const struct text example_types[] = {TEXT("issue"), TEXT("task.assigned")};
static const struct text example_charters[] = {TEXT("深圳")};
static const struct bytes example_blobs[] = {BYTES("\x80"), BYTES(""), BYTES("\x81\xa1k\x01")};
static const struct wire_result example_results[] = {
    {WIRE_OK, false, 12, 1580000000000000, TEXT("")},
    {WIRE_CONFLICT, true, 5, 0, TEXT("the same id came before")},
};
static const struct entry example_entries[] = {
    {1, 1580000000000000, TEXT("uid:1000"), BYTES("\x80")},
    {UINT64_C(9007199254740991), -5, TEXT("worker/tasks"), BYTES("")},
};
static const struct message examples[] = {
    {.verb = VERB_HELLO, .version = 1, .name = TEXT("客户"), .role = TEXT("tasks"), .epoch = UINT64_MAX},
    {.verb = VERB_PUBLISH, .tag = 7, .bodies = example_blobs, .count = 3},
    {.verb = VERB_SUBSCRIBE,
     .sub = 3,
     .from = 0,
     .credit = CREDIT_MAX,
     .filter = {example_types, 2, example_charters, 1, TEXT("duband"), 9, TEXT("I-1")}},
    {.verb = VERB_CREDIT, .sub = 3, .credit = 1},
    {.verb = VERB_UNSUBSCRIBE, .sub = 3},
    {.verb = VERB_QUERY, .tag = 8, .name = TEXT("issues"), .args = BYTES("\x80")},
    {.verb = VERB_PROGRESS, .cursor = 5, .outbox = 6, .wake_us = 1580000000000000},
    {.verb = VERB_REPLY,
     .tag = 9,
     .ok = true,
     .text = TEXT(""),
     .rows = example_blobs,
     .count = 3,
     .more = true},
    {.verb = VERB_PING, .tag = 0},
    {.verb = VERB_BYE},
    {.verb = VERB_WELCOME,
     .version = 1,
     .name = TEXT("0123456789abcdef0123456789abcdef"),
     .session = UINT64_MAX,
     .head = 1,
     .now_us = -1,
     .replay = true,
     .epoch = 4},
    {.verb = VERB_ACCEPTED, .tag = 7, .results = example_results, .count = 2},
    {.verb = VERB_EVENTS, .sub = 3, .through = 10, .head = 20, .entries = example_entries, .count = 2},
    {.verb = VERB_ANSWER,
     .tag = 8,
     .code = WIRE_UNKNOWN,
     .text = TEXT("no such query"),
     .rows = NULL,
     .count = 0},
    {.verb = VERB_ASK, .tag = 8, .name = TEXT("why"), .args = BYTES("")},
    {.verb = VERB_PONG, .tag = 1, .head = 2, .now_us = 3},
    {.verb = VERB_ERROR, .code = WIRE_NO_SESSION, .text = TEXT("say HELLO")},
};
enum { EXAMPLES = sizeof(examples) / sizeof(examples[0]) };

static void test_every_verb_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct message back;
        struct bytes frame = encoded(&examples[i]);
        if (decode(frame, &back) != 0)
            fail_msg("%s: %s: %s", wire_verb_name(examples[i].verb), complaint.field, complaint.message);
        assert_int_equal(back.verb, examples[i].verb);
        assert_same_bytes(encoded(&back), frame);
        assert_true(back.tag == examples[i].tag && back.session == examples[i].session &&
                    back.epoch == examples[i].epoch);
        assert_true(back.from == examples[i].from && back.sub == examples[i].sub &&
                    back.head == examples[i].head);
        assert_true(back.through == examples[i].through && back.cursor == examples[i].cursor);
        assert_true(back.outbox == examples[i].outbox && back.credit == examples[i].credit);
        assert_true(back.now_us == examples[i].now_us && back.replay == examples[i].replay &&
                    back.more == examples[i].more);
        assert_true(back.version == examples[i].version && back.count == examples[i].count &&
                    back.ok == examples[i].ok);
        assert_true(text_equal(back.name, examples[i].name) && text_equal(back.role, examples[i].role));
        assert_true(text_equal(back.text, examples[i].text) && back.code == examples[i].code);
    }
}

static void test_members_of_lists(void **state)
{
    (void)state;
    struct message back;
    assert_int_equal(decode(encoded(&examples[11]), &back), 0);
    assert_int_equal(back.results[1].code, WIRE_CONFLICT);
    assert_true(back.results[1].duplicate && back.results[1].seq == 5);
    assert_true(text_is(back.results[1].text, "the same id came before"));
    assert_int_equal(decode(encoded(&examples[12]), &back), 0);
    assert_true(back.entries[0].seq == 1 && text_is(back.entries[0].publisher, "uid:1000"));
    assert_same_bytes(back.entries[0].body, BYTES("\x80"));
    assert_true(back.entries[1].received_us == -5);
    assert_int_equal(decode(encoded(&examples[2]), &back), 0);
    assert_true(back.filter.types_count == 2 && text_is(back.filter.types[1], "task.assigned"));
    assert_true(back.filter.charters_count == 1 && text_is(back.filter.charters[0], "深圳"));
    assert_true(back.filter.cause == 9 && text_is(back.filter.subject, "I-1"));
    assert_int_equal(decode(encoded(&examples[1]), &back), 0);
    assert_same_bytes(back.bodies[2], BYTES("\x81\xa1k\x01"));
    struct bytes frame =
        encoded(&examples[1]); /* an empty body too is a view of the frame: the broker copies by offset */
    assert_int_equal(decode(frame, &back), 0);
    for (size_t i = 0; i < back.count; i++)
        assert_true(back.bodies[i].at >= frame.at &&
                    back.bodies[i].at + back.bodies[i].bytes <= frame.at + frame.bytes);
}

static void test_wake_and_outcome(void **state)
{
    (void)state;
    struct message message = {.verb = VERB_PROGRESS, .wake_us = CIVIL_NEVER_US}, back;
    struct bytes frame = encoded(&message);
    assert_int_equal(frame.at[frame.bytes - 1], 0xc0);
    assert_int_equal(decode(frame, &back), 0);
    assert_true(back.wake_us == CIVIL_NEVER_US);
    message = (struct message){
        .verb = VERB_REPLY, .ok = false, .text = TEXT("bad state")}; /* a worker that names no code */
    assert_int_equal(decode(encoded(&message), &back), 0);
    assert_false(back.ok);
    assert_int_equal(back.code, WIRE_INVALID);
}

static void test_cut_widened_flipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct message back;
        struct bytes frame = encoded(&examples[i]);
        unsigned char *copy = memory_alloc(frame.bytes + 1);
        for (size_t cut = 0; cut < frame.bytes; cut++)
            assert_int_equal(decode((struct bytes){frame.at, cut}, &back), WIRE_E_MALFORMED);
        memcpy(copy, frame.at, frame.bytes);
        copy[frame.bytes] = 0xc0;
        assert_int_equal(decode((struct bytes){copy, frame.bytes + 1}, &back), WIRE_E_MALFORMED);
        copy[0]++; /* one part more */
        assert_int_equal(decode((struct bytes){copy, frame.bytes + 1}, &back), WIRE_E_MALFORMED);
        copy[0]--;
        for (size_t bit = 0; bit < 8 * frame.bytes; bit++) {
            copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
            if (decode((struct bytes){copy, frame.bytes}, &back) == 0)
                encoded(&back);
            copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
        free(copy);
    }
}

/* Every kind of object, one of each. */
static const struct {
    const char *bytes;
    size_t count;
} other_kinds[] = {
    {"\xc0", 1},      {"\xc3", 1},      {"\xff", 1},         {"\xca\x3f\x80\x00\x00", 5},
    {"\xa1z", 2},     {"\xc4\x01z", 3}, {"\x90", 1},         {"\x80", 1},
    {"\xd4\x01z", 3}, {"\x91\xc0", 2},  {"\x81\xc0\xc0", 3}, {"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9},
};

static bool is_same_kind(const msgpack_object *part, const msgpack_object *other, enum verb verb)
{
    bool time = verb == VERB_PROGRESS || verb == VERB_WELCOME ||
                verb == VERB_PONG; /* instants may be negative, wake nil */
    if (time && (other->type == MSGPACK_OBJECT_NIL || other->type == MSGPACK_OBJECT_NEGATIVE_INTEGER))
        return true;
    return part->type == other->type;
}

static bool replaced_is_taken(const msgpack_object *root, uint32_t part, const msgpack_object *other)
{
    msgpack_sbuffer out;
    msgpack_packer packer;
    msgpack_sbuffer_init(&out);
    msgpack_packer_init(&packer, &out, msgpack_sbuffer_write);
    msgpack_pack_array(&packer, root->via.array.size);
    for (uint32_t i = 0; i < root->via.array.size; i++)
        msgpack_pack_object(&packer, i == part ? *other : root->via.array.ptr[i]);
    struct message back;
    bool taken = decode((struct bytes){(unsigned char *)out.data, out.size}, &back) == 0;
    msgpack_sbuffer_destroy(&out);
    return taken;
}

static void test_parts_of_another_kind(void **state)
{
    (void)state;
    unsigned refused = 0;
    for (size_t i = 0; i < EXAMPLES; i++) {
        struct bytes frame = encoded(&examples[i]);
        msgpack_unpacked whole, other;
        msgpack_unpacked_init(&whole);
        msgpack_unpacked_init(&other);
        assert_int_equal(msgpack_unpack_next(&whole, (const char *)frame.at, frame.bytes, NULL),
                         MSGPACK_UNPACK_SUCCESS);
        for (uint32_t part = 0; part < whole.data.via.array.size; part++) {
            for (size_t k = 0; k < sizeof(other_kinds) / sizeof(other_kinds[0]); k++) {
                msgpack_unpack_next(&other, other_kinds[k].bytes, other_kinds[k].count, NULL);
                if (is_same_kind(&whole.data.via.array.ptr[part], &other.data, examples[i].verb))
                    continue;
                if (replaced_is_taken(&whole.data, part, &other.data))
                    fail_msg("%s: part %u took kind %zu", wire_verb_name(examples[i].verb), part, k);
                refused++;
            }
        }
        msgpack_unpacked_destroy(&whole);
        msgpack_unpacked_destroy(&other);
    }
    assert_true(refused > 500);
}

static void test_numbers_out_of_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *frame;
        size_t bytes;
        const char *field;
    } cases[] = {
        {"\x95\x03\x01\xcf\x00\x20\x00\x00\x00\x00\x00\x00\x01\x80", 14, "from"}, /* 2^53 */
        {"\x95\x03\x01\x01\xcd\x20\x01\x80", 8, "credit"},                        /* 8193 */
        {"\x93\x04\x01\xff", 4, "credit"},
        {"\x95\x01\xce\x00\x01\x00\x00\xa0\xa0\x00", 10, "version"}, /* 65536 */
        {"\x93\x18\x46\x10\xa0", 5, ""},
        {"\x93\x46\x11\xa0", 4, "code"}, /* 17 */
        {"\x93\x45\x01\x02", 4, "PONG"},
        {"\x92\x0b\x01", 3, "verb"},
        {"\x91\x00", 2, "verb"},
        {"\x90", 1, ""},
        {"\x80", 1, ""},
        {"\x91\xa1z", 3, ""},
        {"\x93\x41\x01\x91\x94\x00\xc2\x01\x02", 9, "results[0]"},
        {"\x95\x42\x01\x01\x01\x92\x94\x01\x02\xa1u\xc4\x00\x93\x01\x02\xa1u", 18, "entries[1]"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message back;
        int code = decode((struct bytes){(const unsigned char *)cases[i].frame, cases[i].bytes}, &back);
        if (code == 0 || strcmp(complaint.field, cases[i].field) != 0)
            fail_msg("case %zu: %d %s: %s", i, code, complaint.field, complaint.message);
    }
}

static void test_filters_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *filter;
        size_t bytes;
        bool taken;
    } cases[] = {
        {"\x80", 1, true},
        {"\x81\xa5types\x91\xa5issue", 14, true},
        {"\x81\xa5types\x90", 8, true},
        {"\x81\xa5types\xa5issue", 13, false},
        {"\x81\xa5types\x91\x01", 9, false},
        {"\x81\xa5types\x91\xa2\xc3\x28", 11, false},
        {"\x81\xa5typos\x90", 8, false},
        {"\x82\xa5types\x90\xa5types\x90", 15, false},
        {"\x81\xa5"
         "cause\x07",
         8, true},
        {"\x81\xa5"
         "cause\xff",
         8, false},
        {"\x81\x01\x07", 3, false},
        {"\x81\xc0\x07", 3, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char frame[64] = {0x95, 3, 1, 0, 1};
        struct message back;
        memcpy(frame + 5, cases[i].filter, cases[i].bytes);
        if ((decode((struct bytes){frame, 5 + cases[i].bytes}, &back) == 0) != cases[i].taken)
            fail_msg("filter %zu: %s: %s", i, complaint.field, complaint.message);
    }
}

/* Writes [verb, 1, (…), list of count] around equal items. */
static bool list_is_taken(const char *before, size_t before_bytes, const char *item, size_t item_bytes,
                          unsigned count, const char *after, size_t after_bytes)
{
    struct message back;
    buffer_reset(&buffer);
    buffer_append(&buffer, before, before_bytes);
    unsigned char head[] = {0xdd, (unsigned char)(count >> 24), (unsigned char)(count >> 16),
                            (unsigned char)(count >> 8), (unsigned char)count};
    buffer_append(&buffer, head, sizeof(head));
    for (unsigned i = 0; i < count; i++)
        buffer_append(&buffer, item, item_bytes);
    buffer_append(&buffer, after, after_bytes);
    return decode(buffer_view(&buffer), &back) == 0;
}

static void test_lists_at_their_bound(void **state)
{
    (void)state;
    static const struct {
        const char *before, *item, *after;
        size_t before_bytes, item_bytes, after_bytes;
        unsigned most;
    } lists[] = {
        {"\x93\x02\x01", "\xc4\x01z", "", 3, 3, 0, BATCH_EVENTS_MAX},
        {"\x93\x41\x01", "\x95\x00\xc2\x01\x02\xa0", "", 3, 6, 0, BATCH_EVENTS_MAX},
        {"\x95\x42\x01\x01\x01", "\x94\x01\x02\xa1u\xc4\x00", "", 5, 7, 0, BATCH_EVENTS_MAX},
        {"\x96\x08\x01\x00\xa0", "\xc4\x00", "\xc2", 5, 2, 1, QUERY_ROWS_MAX},
        {"\x95\x03\x01\x00\x01\x81\xa5types", "\xa1t", "", 12, 2, 0, LIST_COUNT_MAX},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_true(list_is_taken(lists[i].before, lists[i].before_bytes, lists[i].item, lists[i].item_bytes,
                                  lists[i].most, lists[i].after, lists[i].after_bytes));
        assert_false(list_is_taken(lists[i].before, lists[i].before_bytes, lists[i].item, lists[i].item_bytes,
                                   lists[i].most + 1, lists[i].after, lists[i].after_bytes));
    }
}

static void test_texts_at_their_bound(void **state)
{
    (void)state;
    static char long_text[5001];
    memset(long_text, 'x', sizeof(long_text) - 1);
    struct message message = {.verb = VERB_ERROR, .code = WIRE_BUSY, .text = {long_text, 5000}}, back;
    assert_int_equal(decode(encoded(&message), &back), 0); /* for people: cut */
    assert_int_equal(back.text.bytes, 4096);
    memcpy(long_text + 4095, "市", 3);
    assert_int_equal(decode(encoded(&message), &back), 0);
    assert_int_equal(back.text.bytes, 4095); /* at a character */
    message = (struct message){.verb = VERB_QUERY, .name = {long_text, NAME_BYTES_MAX}};
    struct bytes frame = encoded(&message);
    assert_int_equal(decode(frame, &back), 0);
    unsigned char longer[200] = {0x94, 6, 0, 0xd9, NAME_BYTES_MAX + 1};
    memset(longer + 5, 'x', NAME_BYTES_MAX + 1);
    memcpy(longer + 5 + NAME_BYTES_MAX + 1, "\xc4\x00", 2);
    assert_int_equal(decode((struct bytes){longer, 5 + NAME_BYTES_MAX + 1 + 2}, &back), WIRE_E_MALFORMED);
    assert_string_equal(complaint.field, "name");
}

static void test_frame_at_its_bound(void **state)
{
    (void)state;
    struct message back;
    static unsigned char frame[MESSAGE_BYTES_MAX + 1];
    size_t room = MESSAGE_BYTES_MAX - 9;
    memcpy(frame, "\x93\x02\x01\x91\xc6", 5);
    for (int i = 0; i < 4; i++)
        frame[5 + i] = (unsigned char)(room >> (24 - 8 * i));
    assert_int_equal(decode((struct bytes){frame, MESSAGE_BYTES_MAX}, &back), 0);
    assert_int_equal(back.bodies[0].bytes, room);
    assert_int_equal(decode((struct bytes){frame, MESSAGE_BYTES_MAX + 1}, &back), WIRE_E_MALFORMED);
}

/* ---- filters ---- */
static void test_which_events_pass(void **state)
{
    (void)state;
    static const struct {
        const char *type, *charter, *publisher, *subject;
        uint64_t cause;
        bool passes;
    } cases[] = {
        {NULL, NULL, NULL, NULL, 0, true},
        {"issue", NULL, NULL, NULL, 0, true},
        {"issue.", NULL, NULL, NULL, 0, true},
        {"issue.escalated", NULL, NULL, NULL, 0, true},
        {"issue.escalated.group", NULL, NULL, NULL, 0, true},
        {"issue.escalated.group.x", NULL, NULL, NULL, 0, false},
        {"issue.esc", NULL, NULL, NULL, 0, false},
        {"iss", NULL, NULL, NULL, 0, false},
        {"issuelist", NULL, NULL, NULL, 0, false},
        {"task", NULL, NULL, NULL, 0, false},
        {NULL, "c1", NULL, NULL, 0, true},
        {NULL, "c", NULL, NULL, 0, false},
        {NULL, NULL, "worker/coordination", NULL, 0, true},
        {NULL, NULL, "worker/tasks", NULL, 0, false},
        {NULL, NULL, NULL, "I-1", 0, true},
        {NULL, NULL, NULL, "I-10", 0, false},
        {NULL, NULL, NULL, NULL, 17, true},
        {NULL, NULL, NULL, NULL, 18, false},
        {"issue", "c1", "worker/coordination", "I-1", 17, true},
        {"issue", "c1", "worker/coordination", "I-1", 1, false},
    };
    struct event event = {.type_name = TEXT("issue.escalated.group"),
                          .charter = TEXT("c1"),
                          .publisher = TEXT("worker/coordination"),
                          .subject = TEXT("I-1"),
                          .cause = 17};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text types[] = {TEXT("none.such"), text_from(cases[i].type)};
        struct text charters[] = {TEXT("other"), text_from(cases[i].charter)};
        struct wire_filter filter = {types,
                                     cases[i].type != NULL ? 2 : 0,
                                     charters,
                                     cases[i].charter != NULL ? 2 : 0,
                                     text_from(cases[i].publisher),
                                     cases[i].cause,
                                     text_from(cases[i].subject)};
        if (wire_filter_passes(&filter, &event) != cases[i].passes)
            fail_msg("filter %zu", i);
    }
    struct event bare = {.type_name = TEXT("calendar.noted")};
    struct text charters[] = {TEXT("c1")};
    struct wire_filter of_charter = {.charters = charters, .charters_count = 1};
    assert_false(wire_filter_passes(&of_charter, &bare));
}

static void test_codes_and_verbs(void **state)
{
    (void)state;
    assert_string_equal(wire_code_name(WIRE_OK), "ok");
    assert_true(wire_code_retry(WIRE_BUSY) && !wire_code_retry(WIRE_CONFLICT));
#define X(symbol, number, name, retry, meaning)                                                              \
    assert_string_equal(wire_code_name(WIRE_##symbol), name);                                                \
    assert_string_equal(wire_code_meaning(WIRE_##symbol), meaning);
    WIRE_CODES(X)
#undef X
    assert_string_equal(wire_verb_name(VERB_HELLO), "HELLO");
    assert_string_equal(wire_verb_name((enum verb)11), "?");
}

static void golden_message(const char *name, struct bytes bytes, struct text json, void *context)
{
    struct message message;
    (void)json; /* the conformance test reads it */
    if (decode(bytes, &message) != 0)
        fail_msg("%s: %s: %s", name, complaint.field, complaint.message);
    assert_same_bytes(encoded(&message), bytes);
    *(uint64_t *)context |= UINT64_C(1) << (message.verb % 64 + (message.verb >= 64 ? 32 : 0));
}

static void test_golden_vectors(void **state)
{
    (void)state;
    uint64_t verbs = 0;
    golden_each(&arena, "messages", golden_message, &verbs);
    for (size_t i = 0; i < EXAMPLES; i++) {
        unsigned bit = examples[i].verb % 64 + (examples[i].verb >= 64 ? 32 : 0);
        if ((verbs & UINT64_C(1) << bit) == 0)
            fail_msg("no golden vector of %s", wire_verb_name(examples[i].verb));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_verb_comes_back), cmocka_unit_test(test_members_of_lists),
        cmocka_unit_test(test_wake_and_outcome),      cmocka_unit_test(test_cut_widened_flipped),
        cmocka_unit_test(test_parts_of_another_kind), cmocka_unit_test(test_numbers_out_of_bounds),
        cmocka_unit_test(test_filters_are_strict),    cmocka_unit_test(test_lists_at_their_bound),
        cmocka_unit_test(test_texts_at_their_bound),  cmocka_unit_test(test_frame_at_its_bound),
        cmocka_unit_test(test_which_events_pass),     cmocka_unit_test(test_codes_and_verbs),
        cmocka_unit_test(test_golden_vectors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
