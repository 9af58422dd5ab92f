/* Goal: documents keep what was put in, encode equal content to equal bytes, and let nothing foreign in.
 * Method: properties over thousands of random documents, then tables of hand-made encodings and of values at,
 * under and over each kind's bounds. */
#include "proto/doc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "proto/check.h"
#include "tests/support/random_event.h"
#include "tests/support/slate.h"

static struct buffer buffer;
static struct complaint complaint;

static int setup(void **state)
{
    slate_open(state);
    buffer_open(&buffer, MESSAGE_BYTES_MAX);
    return 0;
}

static int teardown(void **state)
{
    buffer_close(&buffer);
    return slate_close(state);
}

static struct bytes encoded(const struct doc *doc)
{
    buffer_reset(&buffer);
    doc_encode(doc, &buffer);
    return arena_bytes_copy(&arena, buffer_view(&buffer));
}

static int decode(struct bytes bytes, struct doc **doc_out)
{
    memset(&complaint, 0, sizeof(complaint));
    int code = doc_decode(&arena, bytes, "data.", doc_out, &complaint);
    if (code != 0)
        assert_true(complaint.message[0] != '\0');
    return code;
}

/* ---- properties ---- */
static void test_random_documents_come_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct random random = {seed};
        arena_reset(&arena);
        struct doc *doc = random_doc(&random, &arena, NULL), *back = NULL;
        struct bytes bytes = encoded(doc);
        assert_int_equal(decode(bytes, &back), 0);
        assert_same_bytes(encoded(back), bytes);
        assert_same_bytes(encoded(doc_copy(&arena, doc)), bytes);
        assert_int_equal(doc_check(back, NULL, "", &complaint), 0);
    }
}

static void test_order_of_setting_is_not_seen(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random random = {seed};
        arena_reset(&arena);
        struct doc *doc = random_doc(&random, &arena, NULL), *backwards = doc_new(&arena);
        for (int field = FIELD_COUNT_OF_ALL - 1; field >= 0; field--)
            doc_set_doc_field(backwards, (enum field)field, doc);
        assert_same_bytes(encoded(backwards), encoded(doc));
        enum field last = doc_first(doc);
        for (enum field f = last; f != FIELD_COUNT_OF_ALL; f = doc_after(doc, f)) {
            assert_true(f >= last && doc_has(backwards, f));
            last = f;
        }
    }
}

static void test_cut_and_flipped_bytes(void **state)
{
    (void)state;
    struct random random = {7};
    for (int round = 0; round < 25; round++) {
        arena_reset(&arena);
        struct doc *back = NULL;
        struct bytes bytes = encoded(random_doc(&random, &arena, NULL));
        unsigned char *copy = memory_alloc(bytes.bytes + 1);
        for (size_t cut = 0; cut < bytes.bytes; cut++)
            assert_int_equal(decode((struct bytes){bytes.at, cut}, &back), DOC_E_MALFORMED);
        memcpy(copy, bytes.at, bytes.bytes);
        copy[bytes.bytes] = 0xc0;
        assert_int_equal(decode((struct bytes){copy, bytes.bytes + 1}, &back), DOC_E_MALFORMED);
        for (size_t bit = 0; bit < 8 * bytes.bytes; bit++) {
            copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
            if (decode((struct bytes){copy, bytes.bytes}, &back) == 0)
                encoded(back);
            copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        }
        free(copy);
    }
}

/* ---- setting and reading ---- */
static void test_values_read_as_set(void **state)
{
    (void)state;
    struct doc *doc = doc_new(&arena);
    int32_t day = 0;
    assert_int_equal(doc_first(doc), FIELD_COUNT_OF_ALL);
    assert_true(doc_text(doc, FIELD_TITLE).at == NULL);
    assert_int_equal(doc_int(doc, FIELD_PERCENT, -7), -7);
    assert_int_equal(doc_time_us(doc, FIELD_DUE, 11), 11);
    doc_set_text(doc, FIELD_TITLE, TEXT("first"));
    doc_set_text(doc, FIELD_TITLE, TEXT("第二"));
    doc_set_int(doc, FIELD_PERCENT, 40);
    doc_set_bool(doc, FIELD_INDICATOR, true);
    doc_set_date(doc, FIELD_BY, civil_day_from_date(2020, 1, 20));
    doc_set_time(doc, FIELD_DUE, civil_start_of_day_us(civil_day_from_date(2020, 2, 3), 480), 480);
    doc_add_text(doc, FIELD_UNITS, TEXT("甲"));
    doc_add_text(doc, FIELD_UNITS, TEXT("乙"));
    doc_add_int(doc, FIELD_INPUTS, 12);
    doc_add_date(doc, FIELD_OFF, civil_day_from_date(2020, 1, 31));
    doc_set_text(doc_add_doc(doc, FIELD_ITEMS), FIELD_UNIT, TEXT("丙"));
    doc_printf(doc, FIELD_NOTE, "%s %d", "n", 5);
    assert_true(text_is(doc_text(doc, FIELD_TITLE), "第二"));
    assert_int_equal(doc_int(doc, FIELD_PERCENT, 0), 40);
    assert_true(doc_bool(doc, FIELD_INDICATOR));
    assert_true(doc_date(doc, FIELD_BY, &day));
    assert_int_equal(day, civil_day_from_date(2020, 1, 20));
    assert_true(text_is(doc_text(doc, FIELD_DUE), "2020-02-03T00:00:00+08:00"));
    assert_true(doc_time_us(doc, FIELD_DUE, 0) ==
                civil_start_of_day_us(civil_day_from_date(2020, 2, 3), 480));
    assert_int_equal(doc_count(doc, FIELD_UNITS), 2);
    assert_true(doc_lists_text(doc, FIELD_UNITS, TEXT("乙")));
    assert_false(doc_lists_text(doc, FIELD_UNITS, TEXT("丁")));
    assert_int_equal(doc_int_at(doc, FIELD_INPUTS, 0), 12);
    assert_true(text_is(doc_text_at(doc, FIELD_OFF, 0), "2020-01-31"));
    assert_true(text_is(doc_text(doc_doc_at(doc, FIELD_ITEMS, 0), FIELD_UNIT), "丙"));
    assert_true(text_is(doc_text(doc, FIELD_NOTE), "n 5"));
    doc_unset(doc, FIELD_TITLE);
    doc_unset(doc, FIELD_TITLE);
    assert_false(doc_has(doc, FIELD_TITLE));
    assert_int_equal(doc_int(doc, FIELD_PERCENT, 0), 40);
}

static void test_a_copied_field_is_its_own(void **state)
{
    (void)state;
    struct doc *from = doc_new(&arena), *to = doc_new(&arena);
    doc_add_text(from, FIELD_UNITS, TEXT("a"));
    doc_add_text(to, FIELD_UNITS, TEXT("old"));
    doc_set_doc_field(to, FIELD_UNITS, from);
    doc_set_doc_field(to, FIELD_TITLE, from); /* absent: nothing happens */
    doc_add_text(from, FIELD_UNITS, TEXT("b"));
    assert_int_equal(doc_count(to, FIELD_UNITS), 1);
    assert_true(text_is(doc_text_at(to, FIELD_UNITS, 0), "a"));
    assert_false(doc_has(to, FIELD_TITLE));
    doc_set_doc_field(to, FIELD_UNITS, to);
    assert_int_equal(doc_count(to, FIELD_UNITS), 1);
}

static void test_decoded_texts_point_into_the_bytes(void **state)
{
    (void)state;
    struct doc *doc = doc_new(&arena), *back = NULL;
    doc_set_text(doc, FIELD_TITLE, TEXT("view"));
    struct bytes bytes = encoded(doc);
    assert_int_equal(decode(bytes, &back), 0);
    const char *at = doc_text(back, FIELD_TITLE).at;
    assert_true(at > (const char *)bytes.at && at < (const char *)bytes.at + bytes.bytes);
}

static void test_names_and_their_neighbours(void **state)
{
    (void)state;
    const char *nearest = NULL;
    for (int field = 0; field < FIELD_COUNT_OF_ALL; field++)
        assert_int_equal(field_find(text_from(field_specs[field].name), NULL), field);
    assert_int_equal(field_find(TEXT("titl"), &nearest), FIELD_COUNT_OF_ALL);
    assert_string_equal(nearest, "title");
    assert_int_equal(field_find(TEXT("zzzzzzzzzzzzzzzz"), &nearest), FIELD_COUNT_OF_ALL);
    assert_null(nearest);
}

/* ---- hand-made encodings ---- */
static struct bytes from_hex(const char *hex)
{
    unsigned char *at = arena_alloc(&arena, strlen(hex) / 2 + 1);
    size_t bytes = 0;
    for (const char *c = hex; *c != '\0'; c++) {
        if (*c == ' ')
            continue;
        unsigned value = 0;
        assert_int_equal(sscanf(c, "%2x", &value), 1);
        at[bytes++] = (unsigned char)value;
        c++;
    }
    return (struct bytes){at, bytes};
}

/* "title" = a5 7469746c65, "percent" = a7 70657263656e74, "units" = a5 756e697473, "items" = a5 6974656d73,
 * "indicator" = a9 696e64696361746f72, "inputs" = a6 696e70757473 */
static void test_other_forms_of_the_same(void **state)
{
    (void)state;
    struct doc *doc = doc_new(&arena);
    doc_set_text(doc, FIELD_TITLE, TEXT("a"));
    doc_set_int(doc, FIELD_PERCENT, 1);
    static const char *const forms[] = {
        "82 a5 7469746c65 a1 61 a7 70657263656e74 01",                                   /* canonical */
        "82 a7 70657263656e74 01 a5 7469746c65 a1 61",                                   /* other order */
        "df 00000002 d9 05 7469746c65 da 0001 61 a7 70657263656e74 cf 0000000000000001", /* long heads */
        "de 0002 db 00000005 7469746c65 db 00000001 61 a7 70657263656e74 d3 0000000000000001",
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct doc *back = NULL;
        assert_int_equal(decode(from_hex(forms[i]), &back), 0);
        assert_same_bytes(encoded(back), encoded(doc));
    }
    assert_same_bytes(encoded(doc), from_hex(forms[0]));
}

static void test_refused_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        int code;
        const char *field, *says;
    } cases[] = {
        {"", DOC_E_MALFORMED, "", "ends in the middle"},
        {"c0", DOC_E_INVALID, "data", "must be a map"},
        {"90", DOC_E_INVALID, "data", "this is a list"},
        {"80 c0", DOC_E_MALFORMED, "", "bytes follow"},
        {"dd 10000000", DOC_E_MALFORMED, "", "ends in the middle"},
        {"81 01 01", DOC_E_MALFORMED, "data", "key"},
        {"81 c4 05 7469746c65 a1 61", DOC_E_MALFORMED, "data", "key"},
        {"81 a2 c328 01", DOC_E_MALFORMED, "data", "UTF-8"},
        {"81 a5 7469746c66 a1 61", DOC_E_INVALID, "data.titlf", "nearest known: title"},
        {"81 a0 a1 61", DOC_E_INVALID, "data.", "no such field"},
        {"82 a5 7469746c65 a1 61 a5 7469746c65 a1 61", DOC_E_MALFORMED, "data.title", "twice"},
        {"81 a5 7469746c65 01", DOC_E_INVALID, "data.title", "must be a string"},
        {"81 a5 7469746c65 c4 01 61", DOC_E_INVALID, "data.title", "bytes (bin)"},
        {"81 a5 7469746c65 c0", DOC_E_INVALID, "data.title", "nil"},
        {"81 a5 7469746c65 d4 01 61", DOC_E_INVALID, "data.title", "extension"},
        {"81 a5 7469746c65 a2 c328", DOC_E_MALFORMED, "data.title", "UTF-8"},
        {"81 a5 7469746c65 a3 eda080", DOC_E_MALFORMED, "data.title", "UTF-8"}, /* a surrogate */
        {"81 a5 7469746c65 a2 c080", DOC_E_MALFORMED, "data.title", "UTF-8"},   /* overlong */
        {"81 a7 70657263656e74 a1 31", DOC_E_INVALID, "data.percent", "must be an integer"},
        {"81 a7 70657263656e74 ca 3f800000", DOC_E_INVALID, "data.percent", "float"},
        {"81 a7 70657263656e74 cb 3ff0000000000000", DOC_E_INVALID, "data.percent", "float"},
        {"81 a7 70657263656e74 c3", DOC_E_INVALID, "data.percent", "boolean"},
        {"81 a7 70657263656e74 cf 8000000000000000", DOC_E_INVALID, "data.percent", "63 bits"},
        {"81 a9 696e64696361746f72 01", DOC_E_INVALID, "data.indicator", "true or false"},
        {"81 a5 756e697473 a1 61", DOC_E_INVALID, "data.units", "list"},
        {"81 a5 756e697473 80", DOC_E_INVALID, "data.units", "list"},
        {"81 a5 756e697473 92 a1 61 01", DOC_E_INVALID, "data.units[1]", "string"},
        {"81 a5 756e697473 91 a1 ff", DOC_E_MALFORMED, "data.units[0]", "UTF-8"},
        {"81 a6 696e70757473 91 a1 61", DOC_E_INVALID, "data.inputs[0]", "integer"},
        {"81 a5 6974656d73 91 01", DOC_E_INVALID, "data.items[0]", "map"},
        {"81 a5 6974656d73 92 80 81 a5 7469746c65 01", DOC_E_INVALID, "data.items[1].title", "string"},
        {"81 a5 6974656d73 91 82 a5 7469746c65 a1 61 a5 7469746c65 a1 61", DOC_E_MALFORMED,
         "data.items[0].title", "twice"},
        {"81 a5 6974656d73 91 81 a5 6974656d73 91 81 a5 6974656d73 91 80", DOC_E_MALFORMED,
         "data.items[0].items[0].items[0]", "nested too deep"},
        {"91 91 91 91 91 91 91 91 91 c0", DOC_E_MALFORMED, "", "nested too deep"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct doc *back = NULL;
        int code = decode(from_hex(cases[i].hex), &back);
        if (code != cases[i].code || strcmp(complaint.field, cases[i].field) != 0 ||
            strstr(complaint.message, cases[i].says) == NULL)
            fail_msg("%s: %d %s: %s", cases[i].hex, code, complaint.field, complaint.message);
    }
}

static void test_a_long_list_comes_back(void **state)
{
    (void)state;
    struct doc *doc = doc_new(&arena), *back = NULL; /* records may be longer than events */
    for (int i = 0; i < 5000; i++)
        doc_add_text(doc, FIELD_SET, arena_printf(&arena, "name-%d", i));
    assert_int_equal(decode(encoded(doc), &back), 0);
    assert_int_equal(doc_count(back, FIELD_SET), 5000);
    assert_true(text_is(doc_text_at(back, FIELD_SET, 4999), "name-4999"));
    assert_int_equal(doc_check(back, NULL, "", &complaint), DOC_E_INVALID);
}

/* ---- bounds ---- */
static struct text repeated(char c, size_t count)
{
    char *at = arena_alloc(&arena, count + 1);
    memset(at, c, count);
    return (struct text){at, count};
}

static bool fits(enum field field, struct text t)
{
    struct doc *doc = doc_new(&arena);
    doc_set_written(doc, field, t);
    memset(&complaint, 0, sizeof(complaint));
    int code = doc_check(doc, NULL, "data.", &complaint);
    assert_true(code == 0 ||
                (code == DOC_E_INVALID && strstr(complaint.field, field_specs[field].name) != NULL));
    return code == 0;
}

/* Every text, number and list field of the dictionary at low, high and just beyond. */
static void test_bounds_of_every_field(void **state)
{
    (void)state;
    for (int f = 0; f < FIELD_COUNT_OF_ALL; f++) {
        const struct field_spec *spec = &field_specs[f];
        arena_reset(&arena);
        if (spec->kind == KIND_NAME || spec->kind == KIND_PROSE || spec->kind == KIND_LIMIT) {
            assert_true(fits((enum field)f, repeated('x', (size_t)spec->low)));
            assert_true(fits((enum field)f, repeated('x', (size_t)spec->high)));
            assert_false(fits((enum field)f, repeated('x', (size_t)spec->high + 1)));
            if (spec->low > 0)
                assert_false(fits((enum field)f, repeated('x', (size_t)spec->low - 1)));
        } else if (spec->kind == KIND_INT) {
            int64_t values[] = {spec->low, spec->high, spec->low - 1, spec->high + 1};
            for (int i = 0; i < 4; i++) {
                struct doc *doc = doc_new(&arena);
                doc_set_int(doc, (enum field)f, values[i]);
                assert_int_equal(doc_check(doc, NULL, "", &complaint), i < 2 ? 0 : DOC_E_INVALID);
            }
        }
    }
}

/* A map of an ITEMS field with all that its shape needs. */
static void item_fill(struct doc *item, const struct field_use *shape)
{
    for (; shape->field != FIELD_COUNT_OF_ALL; shape++)
        if (shape->needed && field_specs[shape->field].kind == KIND_INT)
            doc_set_int(item, shape->field, 0);
        else if (shape->needed)
            doc_set_text(item, shape->field, TEXT("t"));
}

static bool list_fits(enum field field, int64_t count)
{
    struct doc *doc = doc_new(&arena);
    doc_set_empty_list(doc, field);
    for (int64_t i = 0; i < count; i++) {
        if (field_specs[field].kind == KIND_NAMES)
            doc_add_text(doc, field, TEXT("n"));
        else if (field_specs[field].kind == KIND_DATES)
            doc_add_date(doc, field, 18000);
        else if (field_specs[field].kind == KIND_INTS)
            doc_add_int(doc, field, 0);
        else
            item_fill(doc_add_doc(doc, field), field_specs[field].shape);
    }
    return doc_check(doc, NULL, "", &complaint) == 0;
}

static void test_bounds_of_every_list(void **state)
{
    (void)state;
    for (int f = 0; f < FIELD_COUNT_OF_ALL; f++) {
        const struct field_spec *spec = &field_specs[f];
        if (spec->kind != KIND_NAMES && spec->kind != KIND_DATES && spec->kind != KIND_INTS &&
            spec->kind != KIND_ITEMS)
            continue;
        assert_true(list_fits((enum field)f, spec->low));
        assert_true(list_fits((enum field)f, spec->high));
        assert_false(list_fits((enum field)f, spec->high + 1));
        if (spec->low > 0)
            assert_false(list_fits((enum field)f, spec->low - 1));
    }
}

static void test_forms_of_texts(void **state)
{
    (void)state;
    static const struct {
        enum field field;
        const char *text;
        bool fits;
    } cases[] = {
        {FIELD_TITLE, "市财政局", true},
        {FIELD_TITLE, "a b", true},
        {FIELD_TITLE, " a", false},
        {FIELD_TITLE, "a ", false},
        {FIELD_TITLE, "　a", false},
        {FIELD_TITLE, "a　", false},
        {FIELD_TITLE, "a\nb", false},
        {FIELD_TITLE, "a\tb", false},
        {FIELD_TITLE, "a\x7f", false},
        {FIELD_TITLE, "a\xc2\x85", false},
        {FIELD_TITLE, "\xff", false},
        {FIELD_DETAIL, "a\n\tb", true},
        {FIELD_DETAIL, " a ", true},
        {FIELD_DETAIL, "a\r\n", false},
        {FIELD_DETAIL, "a\x1b[1m", false},
        {FIELD_DETAIL, "\xed\xa0\x80", false},
        {FIELD_BY, "2020-02-29", true},
        {FIELD_BY, "2019-02-29", false},
        {FIELD_BY, "2020-2-9", false},
        {FIELD_BY, "", false},
        {FIELD_BY, "2020-01-20T00:00:00Z", false},
        {FIELD_DUE, "2020-01-20T09:00:00+08:00", true},
        {FIELD_DUE, "2020-01-20T09:00:00Z", true},
        {FIELD_DUE, "2020-01-20T09:00:00.123456Z", true},
        {FIELD_DUE, "2020-01-20T09:00:00", false},
        {FIELD_DUE, "2020-01-20T24:00:00Z", false},
        {FIELD_DUE, "2020-01-20", false},
        {FIELD_LIMIT, "15wd", true},
        {FIELD_LIMIT, "by 2020-12-31", true},
        {FIELD_LIMIT, "十五日", false},
        {FIELD_LIMIT, "15wd\n", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (fits(cases[i].field, text_from(cases[i].text)) != cases[i].fits)
            fail_msg("%s = \"%s\": %s", field_specs[cases[i].field].name, cases[i].text, complaint.message);
    }
}

/* One quick pass against two plain ones. */
static void test_classes_of_texts(void **state)
{
    (void)state;
    static const unsigned char bytes[] = {'a',  ' ',  '~',  '\n', '\t', '\r', 0x00, 0x1f, 0x7f,
                                          0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
                                          0xe4, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff, 'z'};
    struct random random = {11};
    unsigned seen[4] = {0};
    for (int i = 0; i < 100000; i++) {
        char at[40];
        size_t count = random_below(&random, 20), used = 0;
        while (used < count) {
            static const char *const whole[] = {"plain text",       "市",          "\xc2\xa0", "\xc2\x85",
                                                "\xf0\x9f\x8f\x9b", "\xed\x9f\xbf"};
            uint64_t draw = random_below(&random, 40);
            const char *c = draw < 6 ? whole[draw] : "y";
            if (draw >= 6 && draw < 9)
                at[used++] = (char)bytes[random_below(&random, sizeof(bytes))];
            else
                used += (size_t)snprintf(at + used, sizeof(at) - used, "%s", c);
        }
        struct text t = {at, used};
        enum check_class wanted = !text_is_utf8(t)               ? CHECK_CLASS_BROKEN
                                  : !text_has_control(t, "")     ? CHECK_CLASS_LINE
                                  : !text_has_control(t, "\n\t") ? CHECK_CLASS_PROSE
                                                                 : CHECK_CLASS_CONTROL;
        assert_int_equal(check_text_class(t), wanted);
        seen[wanted]++;
    }
    for (int class = 0; class < 4; class ++)
        assert_true(seen[class] > 300);
    /* every pair that is not ASCII, with third bytes at the edges */
    static const unsigned char edges[] = {0x7f, 0x80, 0xbf, 0xc0};
    for (unsigned n = 0x8000 * 4; n < 0x10000 * 4; n++) {
        char at[4] = {(char)(n >> 10), (char)(n >> 2), (char)edges[n & 3], '\x80'};
        struct text t = {at, 4};
        if ((check_text_class(t) == CHECK_CLASS_BROKEN) == text_is_utf8(t))
            fail_msg("%06x", n);
    }
}

static void test_bounds_of_items(void **state)
{
    (void)state;
    struct doc *names = doc_new(&arena), *dates = doc_new(&arena), *numbers = doc_new(&arena);
    doc_add_text(names, FIELD_UNITS, repeated('u', NAME_BYTES_MAX));
    assert_int_equal(doc_check(names, NULL, "", &complaint), 0);
    doc_add_text(names, FIELD_UNITS, repeated('u', NAME_BYTES_MAX + 1));
    assert_int_equal(doc_check(names, NULL, "", &complaint), DOC_E_INVALID);
    assert_string_equal(complaint.field, "units[1]");
    doc_add_written(dates, FIELD_OFF, TEXT("2020-02-30"));
    assert_int_equal(doc_check(dates, NULL, "", &complaint), DOC_E_INVALID);
    doc_add_int(numbers, FIELD_INPUTS, -1);
    assert_int_equal(doc_check(numbers, NULL, "", &complaint), DOC_E_INVALID);
}

/* ---- uses ---- */
static void test_uses(void **state)
{
    (void)state;
    static const struct field_use uses[] = {
        {FIELD_TITLE, true}, {FIELD_ITEMS, false}, {FIELD_COUNT_OF_ALL, false}};
    struct doc *doc = doc_new(&arena);
    assert_int_equal(doc_check(doc, uses, "data.", &complaint), DOC_E_INVALID);
    assert_string_equal(complaint.field, "data.title");
    assert_non_null(strstr(complaint.message, "missing"));
    doc_set_text(doc, FIELD_TITLE, TEXT("t"));
    assert_int_equal(doc_check(doc, uses, "data.", &complaint), 0);
    doc_set_int(doc, FIELD_PERCENT, 1);
    assert_int_equal(doc_check(doc, uses, "data.", &complaint), DOC_E_INVALID);
    assert_non_null(strstr(complaint.message, "allowed: title items"));
    doc_unset(doc, FIELD_PERCENT);
    doc_set_text(doc_add_doc(doc, FIELD_ITEMS), FIELD_PLAN, TEXT("not of its shape"));
    assert_int_equal(doc_check(doc, uses, "data.", &complaint), DOC_E_INVALID);
    assert_string_equal(complaint.field, "data.items[0].plan");
    struct doc *owed = doc_new(&arena);
    doc_set_text(doc_add_doc(owed, FIELD_OWED), FIELD_WHO, TEXT("a"));
    assert_int_equal(doc_check(owed, NULL, "", &complaint), DOC_E_INVALID);
    assert_string_equal(complaint.field, "owed[0].need");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_documents_come_back),
        cmocka_unit_test(test_order_of_setting_is_not_seen),
        cmocka_unit_test(test_cut_and_flipped_bytes),
        cmocka_unit_test(test_values_read_as_set),
        cmocka_unit_test(test_a_copied_field_is_its_own),
        cmocka_unit_test(test_decoded_texts_point_into_the_bytes),
        cmocka_unit_test(test_names_and_their_neighbours),
        cmocka_unit_test(test_other_forms_of_the_same),
        cmocka_unit_test(test_refused_encodings),
        cmocka_unit_test(test_a_long_list_comes_back),
        cmocka_unit_test(test_bounds_of_every_field),
        cmocka_unit_test(test_bounds_of_every_list),
        cmocka_unit_test(test_forms_of_texts),
        cmocka_unit_test(test_classes_of_texts),
        cmocka_unit_test(test_bounds_of_items),
        cmocka_unit_test(test_uses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
