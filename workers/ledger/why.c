/* why.c - timelines, and the chain of causes behind each conclusion. */
#include "workers/ledger/pages.h"

#include <inttypes.h>

enum { WHY_DEPTH_MAX = 64, WHY_EVENTS_MAX = 65536 };

static const enum field timeline_fields[] = {FIELD_SEQ,    FIELD_TYPE,      FIELD_SUBJECT, FIELD_RECEIVED,
                                             FIELD_ACTOR,  FIELD_PUBLISHER, FIELD_SUMMARY, FIELD_RULE,
                                             FIELD_CLAUSE, FIELD_PLACE,     FIELD_CAUSE,   FIELD_OWED};
static const enum field why_fields[] = {FIELD_INPUTS, FIELD_ARITHMETIC};

static struct doc *entry_row(struct page *page, const struct doc *entry, bool whole)
{
    struct doc *row = doc_new(turn_arena(page->turn));
    for (size_t i = 0; i < sizeof timeline_fields / sizeof *timeline_fields; i++)
        doc_set_doc_field(row, timeline_fields[i], entry);
    for (size_t i = 0; whole && i < sizeof why_fields / sizeof *why_fields; i++)
        doc_set_doc_field(row, why_fields[i], entry);
    return row;
}

/* NULL: there is none, or the moment does not show it. */
static const struct doc *entry_get(struct page *page, uint64_t seq)
{
    struct key key = ledger_entry_key(seq);
    const struct doc *entry = record_get(page->turn, &key);
    int64_t received_us = entry != NULL ? doc_time_us(entry, FIELD_RECEIVED, 0) : 0;
    bool shown = entry != NULL &&
                 moment_shows(&page->moment, received_us, doc_time_us(entry, FIELD_TIME, received_us));
    return shown ? entry : NULL;
}

/* Calls take for each event about the subject from a sequence number on, until it says false. */
static void subject_walk(struct page *page, uint64_t from_seq, bool (*take)(void *context, uint64_t seq),
                         void *context)
{
    struct key prefix = ledger_subject_key(doc_text(page->args, FIELD_SUBJECT)), from = prefix;
    struct store_cursor cursor;
    key_add_u64(&from, from_seq);
    for (bool more = store_first(turn_txn(page->turn), &prefix, &from, &cursor); more;
         more = store_next(&cursor)) {
        struct text subject;
        uint64_t seq;
        struct key_reader reader = key_read(cursor.key);
        if (key_read_text(&reader, turn_arena(page->turn), &subject) && key_read_u64(&reader, &seq) &&
            !take(context, seq))
            break;
    }
    store_cursor_end(&cursor);
}

static bool page_has_subject(struct page *page)
{
    if (!doc_has(page->args, FIELD_SUBJECT))
        page_fail(page, "whose? Give `subject`");
    return doc_has(page->args, FIELD_SUBJECT);
}

/* ---- timeline ---- */

static bool timeline_take(void *context, uint64_t seq)
{
    struct page *page = context;
    const struct doc *entry = entry_get(page, seq);
    return entry == NULL || page_add(page, entry_row(page, entry, false),
                                     arena_printf(turn_arena(page->turn), "%" PRIu64, seq));
}

void ledger_timeline(struct page *page)
{
    uint64_t from_seq = 0;
    if (!page_has_subject(page))
        return;
    if (page_from(page).bytes > 0 && !text_parse_u64(page_from(page), &from_seq))
        page_fail(page, "page: this is no page of a timeline");
    else
        subject_walk(page, from_seq, timeline_take, page);
}

/* ---- why ---- */

/* Events shown in this answer already: a cause stands once, under the first conclusion that it led to. */
struct why {
    struct page *page;
    uint64_t from_seq; /* a page may begin within the chain of its first conclusion, at this depth */
    unsigned from_depth;
    int zone; /* of the running conclusion */
    uint64_t *shown;
    size_t shown_count;
};

static bool why_is_shown(const struct why *why, uint64_t seq)
{
    for (size_t i = why->shown_count; i-- > 0;)
        if (why->shown[i] == seq)
            return true;
    return false;
}

static bool why_show(struct why *why, const struct doc *entry, uint64_t seq, unsigned depth,
                     uint64_t conclusion)
{
    struct doc *row = entry_row(why->page, entry, true);
    struct text begins = arena_printf(turn_arena(why->page->turn), "%" PRIu64 "/%u", conclusion, depth);
    bool before = conclusion == why->from_seq && depth < why->from_depth;
    doc_set_int(row, FIELD_DEPTH, depth);
    if (!doc_has(entry, FIELD_CHARTER)) /* a strike of the clock, say, has no zone of its own */
        doc_set_time(row, FIELD_RECEIVED, doc_time_us(entry, FIELD_RECEIVED, 0), why->zone);
    if (!before && !page_add(why->page, row, begins))
        return false;
    why->shown[why->shown_count++] = seq;
    return true;
}

/* A conclusion is an outcome of a rule; that somebody was told of it is none. */
static bool why_is_conclusion(const struct why *why, const struct doc *entry)
{
    const struct event_type *type = event_type_find(doc_text(entry, FIELD_TYPE), NULL);
    struct text wanted = doc_text(why->page->args, FIELD_TYPE), name = doc_text(entry, FIELD_TYPE);
    if (type == NULL || type->report || type->kind == EVENT_NOTIFICATION_SENT)
        return false;
    return wanted.bytes == 0 ||
           (text_starts_with(name, wanted) && (name.bytes == wanted.bytes || name.at[wanted.bytes] == '.'));
}

static bool why_take(void *context, uint64_t conclusion)
{
    struct why *why = context;
    const struct doc *entry = entry_get(why->page, conclusion);
    if (entry == NULL || !why_is_conclusion(why, entry) || why_is_shown(why, conclusion))
        return true;
    int64_t received_us;
    (void)civil_parse_time(doc_text(entry, FIELD_RECEIVED), &received_us, &why->zone);
    uint64_t seq = conclusion;
    for (unsigned depth = 0; depth <= WHY_DEPTH_MAX && entry != NULL && !why_is_shown(why, seq); depth++) {
        if (why->shown_count == WHY_EVENTS_MAX || !why_show(why, entry, seq, depth, conclusion))
            return false;
        seq = (uint64_t)doc_int(entry, FIELD_CAUSE, 0);
        entry = seq > 0 ? entry_get(why->page, seq) : NULL;
    }
    return true;
}

/* "<conclusion>/<depth>" */
static bool why_parse_page(struct why *why, struct text t)
{
    uint64_t depth;
    const char *slash = t.bytes > 0 ? memchr(t.at, '/', t.bytes) : NULL;
    if (slash == NULL || !text_parse_u64((struct text){t.at, (size_t)(slash - t.at)}, &why->from_seq) ||
        !text_parse_u64((struct text){slash + 1, t.bytes - (size_t)(slash + 1 - t.at)}, &depth))
        return false;
    why->from_depth = depth > WHY_DEPTH_MAX ? WHY_DEPTH_MAX : (unsigned)depth;
    return true;
}

void ledger_why(struct page *page)
{
    struct why why = {.page = page,
                      .shown = arena_alloc(turn_arena(page->turn), WHY_EVENTS_MAX * sizeof *why.shown)};
    if (!page_has_subject(page))
        return;
    if (page_from(page).bytes > 0 && !why_parse_page(&why, page_from(page)))
        page_fail(page, "page: this is no page of conclusions");
    else
        subject_walk(page, why.from_seq, why_take, &why);
}
