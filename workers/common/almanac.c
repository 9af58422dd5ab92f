/* almanac.c - see almanac.h.
 *
 * Records: a calendar {calendar, text, file, digest, seq}, a notice {calendar, notice, title, published, off,
 * work, seq}. digest is the BLAKE2b of the digest before and of the event taken over, so it names the whole
 * history that made the calendar.
 */
#include "workers/common/almanac.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"

enum { ALMANAC_CACHED_MAX = 8 };

struct almanac_slot {
    struct text digest; /* in the arena */
    const struct calendar *calendar;
    struct arena arena;
    uint64_t used; /* larger: later */
};
/* A cache by content: a hit and a miss give equal calendars. */
static _Thread_local struct almanac_slot almanac_slots[ALMANAC_CACHED_MAX];
static _Thread_local uint64_t almanac_uses;

static struct key almanac_key(enum almanac_table table, struct text calendar)
{
    struct key key = record_key((store_table)table);
    key_add_text(&key, calendar);
    return key;
}

static const int32_t *almanac_days(struct arena *arena, const struct doc *doc, enum field field,
                                   size_t *count_out)
{
    size_t count = doc_count(doc, field);
    int32_t *days = arena_alloc(arena, (count + 1) * sizeof(*days));
    for (size_t i = 0; i < count; i++) {
        bool real = civil_parse_date(doc_text_at(doc, field, i), &days[i]);
        ASSERT(real); /* DATES were checked when the event was decoded */
    }
    *count_out = count;
    return days;
}

static struct notice almanac_notice(struct arena *arena, const struct doc *doc)
{
    struct notice notice = {.name = doc_text(doc, FIELD_NOTICE), .title = doc_text(doc, FIELD_TITLE)};
    bool dated = doc_date(doc, FIELD_PUBLISHED, &notice.published_day);
    ASSERT(dated);
    notice.off = almanac_days(arena, doc, FIELD_OFF, &notice.off_count);
    notice.work = almanac_days(arena, doc, FIELD_WORK, &notice.work_count);
    return notice;
}

/* The base with all notices on record; NULL with the reason in findings, or when there are too many notices.
 */
static const struct calendar *almanac_compile(struct turn *turn, struct arena *arena, struct text name,
                                              struct text text, struct findings *findings)
{
    const struct calendar *calendar = calendar_compile(arena, text, findings);
    struct key prefix = almanac_key(ALMANAC_NOTICE, name);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct notice notice = almanac_notice(arena, record_from(turn, cursor.value));
        calendar = calendar != NULL ? calendar_with_notice(arena, calendar, &notice) : NULL;
    }
    store_cursor_end(&cursor);
    return calendar;
}

static struct almanac_slot *almanac_slot_for(struct text digest)
{
    struct almanac_slot *oldest = &almanac_slots[0];
    for (size_t i = 0; i < ALMANAC_CACHED_MAX; i++) {
        struct almanac_slot *slot = &almanac_slots[i];
        if (slot->calendar != NULL && text_equal(slot->digest, digest))
            return slot;
        if (slot->used < oldest->used)
            oldest = slot;
    }
    if (oldest->used != 0)
        arena_close(&oldest->arena);
    *oldest = (struct almanac_slot){0};
    arena_open(&oldest->arena, ARENA_BYTES_MAX);
    oldest->digest = arena_text_copy(&oldest->arena, digest);
    return oldest;
}

const struct calendar *almanac_calendar(struct turn *turn, struct text name)
{
    struct key key = almanac_key(ALMANAC_CALENDAR, name);
    const struct doc *record = record_get(turn, &key);
    if (record == NULL)
        return NULL;
    struct almanac_slot *slot = almanac_slot_for(doc_text(record, FIELD_DIGEST));
    slot->used = ++almanac_uses;
    if (slot->calendar == NULL) {
        struct findings *findings = arena_alloc(turn_arena(turn), sizeof(*findings));
        findings_open(findings, turn_arena(turn), name);
        struct key text_key = almanac_key(ALMANAC_TEXT, name);
        const struct doc *base = record_get(turn, &text_key);
        ASSERT(base != NULL);
        slot->calendar = almanac_compile(turn, &slot->arena, name, doc_text(base, FIELD_TEXT), findings);
        ASSERT(slot->calendar != NULL); /* it was judged before it was taken over */
    }
    return slot->calendar;
}

uint64_t almanac_changed_seq(struct turn *turn, struct text name)
{
    struct key key = almanac_key(ALMANAC_CALENDAR, name);
    const struct doc *record = record_get(turn, &key);
    return record != NULL ? (uint64_t)doc_int(record, FIELD_SEQ, 0) : 0;
}

/* ---- judging ---- */

/* "FILE:LINE:COLUMN" of the first error. */
static const char *almanac_place(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->at[i].severity == SEVERITY_ERROR)
            return arena_printf(findings->arena, "%.*s:%d:%d", TEXT_PRINT(findings->file),
                                findings->at[i].place.line, findings->at[i].place.column)
                .at;
    return "";
}

static int almanac_judge_text(struct turn *turn, const struct event *report, struct complaint *complaint)
{
    struct arena *arena = turn_arena(turn);
    struct text name = doc_text(report->data, FIELD_CALENDAR);
    struct text file = doc_text(report->data, FIELD_FILE);
    struct findings *findings = arena_alloc(arena, sizeof(*findings));
    findings_open(findings, arena, file.at != NULL ? file : name);
    const struct calendar *base = calendar_compile(arena, doc_text(report->data, FIELD_TEXT), findings);
    if (base == NULL) {
        struct text first = findings_first(findings, arena);
        complain(complaint, "text", almanac_place(findings), "the calendar cannot be read: %.*s",
                 TEXT_PRINT(first));
        return ALMANAC_E_WRONG;
    }
    if (!text_equal(base->name, name)) {
        complain(complaint, "calendar", "", "the event names calendar %.*s, its text calendar %.*s",
                 TEXT_PRINT(name), TEXT_PRINT(base->name));
        return ALMANAC_E_WRONG;
    }
    if (almanac_compile(turn, arena, name, doc_text(report->data, FIELD_TEXT), findings) == NULL) {
        complain(complaint, "text", "", "with the notices on record it has more than %d notices",
                 CALENDAR_NOTICES_MAX);
        return ALMANAC_E_WRONG;
    }
    return 0;
}

/* The first day that the notice names both off and worked; NULL if there is none. */
static const char *almanac_day_twice(const struct notice *notice, char out[CIVIL_TEXT_BYTES])
{
    for (size_t i = 0; i < notice->off_count; i++)
        for (size_t j = 0; j < notice->work_count; j++)
            if (notice->off[i] == notice->work[j])
                return civil_format_date(notice->off[i], out);
    return NULL;
}

static int almanac_judge_notice(struct turn *turn, const struct event *report, struct complaint *complaint)
{
    struct text name = doc_text(report->data, FIELD_CALENDAR);
    struct notice notice = almanac_notice(turn_arena(turn), report->data);
    const struct calendar *calendar = almanac_calendar(turn, name);
    if (calendar == NULL) {
        complain(complaint, "calendar", "",
                 "calendar %.*s is not published; publish it (calendar.published) before its notices",
                 TEXT_PRINT(name));
        return ALMANAC_E_WRONG;
    }
    char day[CIVIL_TEXT_BYTES];
    if (almanac_day_twice(&notice, day) != NULL) {
        complain(complaint, "work", "", "notice %.*s names %s both off and worked; a day is one of the two",
                 TEXT_PRINT(notice.name), day);
        return ALMANAC_E_WRONG;
    }
    if (calendar_with_notice(turn_arena(turn), calendar, &notice) == NULL) {
        complain(complaint, "notice", "", "calendar %.*s has %d notices already", TEXT_PRINT(name),
                 CALENDAR_NOTICES_MAX);
        return ALMANAC_E_WRONG;
    }
    return 0;
}

int almanac_judge(struct turn *turn, const struct event *report, struct complaint *complaint)
{
    if (report->type->kind == EVENT_CALENDAR_PUBLISHED)
        return almanac_judge_text(turn, report, complaint);
    return almanac_judge_notice(turn, report, complaint);
}

/* ---- holding and taking over ---- */

void almanac_hold(struct turn *turn, const struct event *report)
{
    struct doc *pending = doc_copy(turn_arena(turn), report->data);
    doc_set_int(pending, FIELD_SEQ, (int64_t)report->seq);
    struct key key = record_key((store_table)ALMANAC_PENDING);
    record_put(turn, &key, pending);
}

static void almanac_digest(const struct doc *before, const struct doc *taken, char out[DIGEST_HEX_BYTES])
{
    struct buffer encoded;
    buffer_open(&encoded, MESSAGE_BYTES_MAX);
    doc_encode(taken, &encoded);
    struct text old = before != NULL ? doc_text(before, FIELD_DIGEST) : TEXT("");
    struct digest_state state;
    digest_begin(&state);
    digest_add(&state, old.at, old.bytes);
    digest_add(&state, encoded.at, encoded.bytes);
    struct digest digest = digest_end(&state);
    digest_hex(&digest, out);
    buffer_close(&encoded);
}

void almanac_accept(struct turn *turn)
{
    struct key held = record_key((store_table)ALMANAC_PENDING);
    const struct doc *pending = record_get(turn, &held);
    ASSERT(pending != NULL);
    struct text name = doc_text(pending, FIELD_CALENDAR);
    struct key key = almanac_key(ALMANAC_CALENDAR, name);
    struct doc *calendar = record_get(turn, &key);
    char hex[DIGEST_HEX_BYTES];
    almanac_digest(calendar, pending, hex);
    bool base = doc_has(pending, FIELD_TEXT);
    struct key taken = almanac_key(base ? ALMANAC_TEXT : ALMANAC_NOTICE, name);
    if (!base)
        key_add_text(&taken, doc_text(pending, FIELD_NOTICE));
    record_put(turn, &taken, pending);
    if (calendar == NULL)
        calendar = doc_new(turn_arena(turn));
    doc_set_text(calendar, FIELD_DIGEST, text_from(hex));
    doc_set_doc_field(calendar, FIELD_SEQ, pending);
    record_put(turn, &key, calendar);
    record_delete(turn, &held);
}
