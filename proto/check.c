/* check.c - doc_check: bounds by kind, then uses. A complaint says what would be right. */
#include "proto/check.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "proto/doc.h"

_Static_assert((int)CHECK_E_INVALID == (int)DOC_E_INVALID, "one meaning");

struct check {
    const struct doc *doc;
    enum field field;
    const struct field_spec *spec;
    struct complaint *complaint;
};

/* ---- texts ---- */
#define CHECK_EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes that are all of 0x20 .. 0x7e. */
static bool check_is_plain(const unsigned char *at)
{
    uint64_t word, below, deleted;
    memcpy(&word, at, sizeof(word));
    below = (word - CHECK_EACH(0x20)) & ~word;
    deleted = ((word ^ CHECK_EACH(0x7f)) - CHECK_EACH(1)) & ~(word ^ CHECK_EACH(0x7f));
    return ((word | below | deleted) & CHECK_EACH(0x80)) == 0;
}

static enum check_class check_ascii_class(unsigned char c)
{
    if (c >= 0x20 && c < 0x7f)
        return CHECK_CLASS_LINE;
    return c == '\n' || c == '\t' ? CHECK_CLASS_PROSE : CHECK_CLASS_CONTROL;
}

/* Bytes of the well-formed sequence at `at` (Unicode, table 3-7), 0 if it is none. */
static size_t check_sequence(const unsigned char *at, size_t left)
{
    unsigned char first = at[0], low = 0x80, high = 0xbf;
    size_t bytes = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (bytes == 0 || bytes > left)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    bool fits = at[1] >= low && at[1] <= high;
    for (size_t i = 2; i < bytes; i++)
        fits = fits && (at[i] & 0xc0) == 0x80;
    return fits ? bytes : 0;
}

enum check_class check_text_class(struct text t)
{
    const unsigned char *at = (const unsigned char *)t.at, *end = at + t.bytes;
    enum check_class worst = CHECK_CLASS_LINE;
    while (at < end) {
        if (end - at >= 8 && check_is_plain(at)) {
            at += 8;
            continue;
        }
        enum check_class class = CHECK_CLASS_LINE;
        size_t bytes = 1;
        if (*at < 0x80) {
            class = check_ascii_class(*at);
        } else {
            bytes = check_sequence(at, (size_t)(end - at));
            if (bytes == 0)
                return CHECK_CLASS_BROKEN;
            if (*at == 0xc2 && at[1] < 0xa0)
                class = CHECK_CLASS_CONTROL; /* U+0080 .. U+009F */
        }
        worst = class > worst ? class : worst;
        at += bytes;
    }
    return worst;
}

static int check_text(const struct path *path, struct text t, const struct field_spec *bounds,
                      enum check_class most, struct complaint *complaint)
{
    if ((int64_t)t.bytes < bounds->low || (int64_t)t.bytes > bounds->high) {
        path_complain(path, complaint, "it has %zu bytes; %" PRId64 " to %" PRId64 " are allowed", t.bytes,
                      bounds->low, bounds->high);
        return CHECK_E_INVALID;
    }
    enum check_class class = check_text_class(t);
    if (class <= most)
        return 0;
    if (class == CHECK_CLASS_BROKEN)
        path_complain(path, complaint, "this is not valid UTF-8");
    else if (most == CHECK_CLASS_LINE)
        path_complain(path, complaint, "it must be one line without control characters");
    else
        path_complain(path, complaint, "control characters other than line feed and tab are not allowed");
    return CHECK_E_INVALID;
}

int check_line(const struct path *path, struct text t, int64_t low, int64_t high, struct complaint *complaint)
{
    struct field_spec bounds = {.low = low, .high = high};
    int code = check_text(path, t, &bounds, CHECK_CLASS_LINE, complaint);
    if (code == 0 && text_has_blank_end(t)) {
        path_complain(path, complaint, "it must not begin or end with a blank");
        code = CHECK_E_INVALID;
    }
    return code;
}

/* ---- one function a kind ---- */
static int check_name(const struct check *check, const struct path *path)
{
    return check_line(path, doc_text(check->doc, check->field), check->spec->low, check->spec->high,
                      check->complaint);
}

static int check_prose(const struct check *check, const struct path *path)
{
    return check_text(path, doc_text(check->doc, check->field), check->spec, CHECK_CLASS_PROSE,
                      check->complaint);
}

static int check_date_text(const struct path *path, struct text t, struct complaint *complaint)
{
    int32_t day;
    if (civil_parse_date(t, &day))
        return 0;
    path_complain(path, complaint, "it must be a date such as 2020-01-20");
    return CHECK_E_INVALID;
}

static int check_date(const struct check *check, const struct path *path)
{
    return check_date_text(path, doc_text(check->doc, check->field), check->complaint);
}

static int check_time(const struct check *check, const struct path *path)
{
    int64_t at_us;
    if (civil_parse_time(doc_text(check->doc, check->field), &at_us, NULL))
        return 0;
    path_complain(path, check->complaint,
                  "it must be a time with offset (RFC 3339) such as 2020-01-20T09:00:00+08:00");
    return CHECK_E_INVALID;
}

static int check_int(const struct check *check, const struct path *path)
{
    int64_t value = doc_int(check->doc, check->field, 0);
    if (value >= check->spec->low && value <= check->spec->high)
        return 0;
    path_complain(path, check->complaint,
                  "%" PRId64 " is out of bounds; %" PRId64 " to %" PRId64 " are allowed", value,
                  check->spec->low, check->spec->high);
    return CHECK_E_INVALID;
}

static int check_bool(const struct check *check, const struct path *path)
{
    (void)check;
    (void)path;
    return 0; /* two values, both allowed */
}

static int check_limit(const struct check *check, const struct path *path)
{
    struct text t = doc_text(check->doc, check->field);
    bool printable = t.bytes >= 1 && t.bytes <= (size_t)check->spec->high;
    for (size_t i = 0; printable && i < t.bytes; i++)
        printable = t.at[i] >= ' ' && t.at[i] <= '~';
    if (printable)
        return 0;
    path_complain(path, check->complaint,
                  "it must be a limit such as 15wd, 3m or by 2020-12-31: 1 to %" PRId64
                  " printable ASCII characters",
                  check->spec->high);
    return CHECK_E_INVALID;
}

static int check_name_item(const struct check *check, const struct path *path, size_t index)
{
    return check_line(path, doc_text_at(check->doc, check->field, index), 1, NAME_BYTES_MAX,
                      check->complaint);
}

static int check_date_item(const struct check *check, const struct path *path, size_t index)
{
    return check_date_text(path, doc_text_at(check->doc, check->field, index), check->complaint);
}

static int check_int_item(const struct check *check, const struct path *path, size_t index)
{
    if (doc_int_at(check->doc, check->field, index) >= 0)
        return 0;
    path_complain(path, check->complaint, "it must not be negative");
    return CHECK_E_INVALID;
}

static int check_doc(const struct path *up, const struct doc *doc, const struct field_use *uses,
                     struct complaint *complaint);

static int check_map_item(const struct check *check, const struct path *path, size_t index)
{
    return check_doc(path, doc_doc_at(check->doc, check->field, index), check->spec->shape, check->complaint);
}

static const struct check_row {
    int (*value)(const struct check *check, const struct path *path);
    int (*item)(const struct check *check, const struct path *path, size_t index);
} check_rows[] = {
    [KIND_NAME] = {check_name, NULL},       [KIND_PROSE] = {check_prose, NULL},
    [KIND_DATE] = {check_date, NULL},       [KIND_TIME] = {check_time, NULL},
    [KIND_INT] = {check_int, NULL},         [KIND_BOOL] = {check_bool, NULL},
    [KIND_NAMES] = {NULL, check_name_item}, [KIND_DATES] = {NULL, check_date_item},
    [KIND_INTS] = {NULL, check_int_item},   [KIND_ITEMS] = {NULL, check_map_item},
    [KIND_LIMIT] = {check_limit, NULL},
};

static int check_list(const struct check *check, struct path *path, const struct check_row *row)
{
    size_t count = doc_count(check->doc, check->field);
    if ((int64_t)count < check->spec->low || (int64_t)count > check->spec->high) {
        path_complain(path, check->complaint, "it has %zu items; %" PRId64 " to %" PRId64 " are allowed",
                      count, check->spec->low, check->spec->high);
        return CHECK_E_INVALID;
    }
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++) {
        path->index = (long)i;
        code = row->item(check, path, i);
    }
    return code;
}

/* ---- uses ---- */
static int check_allowed(const struct path *path, enum field field, const struct field_use *uses,
                         struct complaint *complaint)
{
    for (const struct field_use *use = uses; use->field != FIELD_COUNT_OF_ALL; use++) {
        if (use->field == field)
            return 0;
    }
    char allowed[512];
    size_t used = 0;
    allowed[0] = '\0';
    for (const struct field_use *use = uses; use->field != FIELD_COUNT_OF_ALL && used < sizeof(allowed);
         use++)
        used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, " %s", field_specs[use->field].name);
    path_complain(path, complaint, "this field has no meaning here; allowed:%s", allowed);
    return CHECK_E_INVALID;
}

static int check_needed(const struct path *up, const struct doc *doc, const struct field_use *uses,
                        struct complaint *complaint)
{
    for (const struct field_use *use = uses; use->field != FIELD_COUNT_OF_ALL; use++) {
        if (!use->needed || doc_has(doc, use->field))
            continue;
        struct path path = {up, text_from(field_specs[use->field].name), PATH_NO_INDEX};
        path_complain(&path, complaint, "missing: %s", field_specs[use->field].help);
        return CHECK_E_INVALID;
    }
    return 0;
}

static int check_doc(const struct path *up, const struct doc *doc, const struct field_use *uses,
                     struct complaint *complaint)
{
    int code = uses != NULL ? check_needed(up, doc, uses, complaint) : 0;
    for (enum field f = doc_first(doc); f != FIELD_COUNT_OF_ALL && code == 0; f = doc_after(doc, f)) {
        struct check check = {doc, f, &field_specs[f], complaint};
        const struct check_row *row = &check_rows[check.spec->kind];
        struct path path = {up, text_from(check.spec->name), PATH_NO_INDEX};
        if (uses != NULL)
            code = check_allowed(&path, f, uses, complaint);
        if (code == 0)
            code = row->value != NULL ? row->value(&check, &path) : check_list(&check, &path, row);
    }
    return code;
}

int doc_check(const struct doc *doc, const struct field_use *uses, const char *prefix,
              struct complaint *complaint)
{
    struct path root = {NULL, text_from(prefix), PATH_NO_INDEX};
    return check_doc(&root, doc, uses, complaint);
}
