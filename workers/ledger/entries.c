/* entries.c - every event in short, found by its number and by the subjects that it concerns. */
#include "workers/ledger/rows.h"

#include "base/limits.h"
#include "base/log.h"

enum { SUMMARY_COLUMNS_MAX = 200 };

struct key ledger_subject_key(struct text subject)
{
    struct key key = record_key(LEDGER_SUBJECT);
    key_add_text(&key, subject);
    return key;
}

struct key ledger_entry_key(uint64_t seq)
{
    struct key key = record_key(LEDGER_ENTRY);
    key_add_u64(&key, seq);
    return key;
}

/* ---- the summary: the fields that people look for, in the order of the dictionary ---- */

/* Shown elsewhere in a row, or too long for a line. */
static bool summary_skips(enum field field)
{
    static const enum field skipped[] = {FIELD_RULE,       FIELD_CLAUSE, FIELD_PLACE,     FIELD_INPUTS,
                                         FIELD_DRAWN,      FIELD_POSTS,  FIELD_DIGEST,    FIELD_OWED,
                                         FIELD_ARITHMETIC, FIELD_OWNER,  FIELD_REMINDERS, FIELD_CALENDAR};
    for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++)
        if (skipped[i] == field)
            return true;
    return false;
}

/* These speak for themselves; others are shown with their name. */
static bool summary_is_plain(enum field field)
{
    return field == FIELD_TITLE || field == FIELD_REASON || field == FIELD_OPINION || field == FIELD_NOTE;
}

static void summary_add_time(struct buffer *out, struct text written)
{
    const char *dot = memchr(written.at, '.', written.bytes), *end = written.at + written.bytes;
    const char *rest = dot;
    while (rest != NULL && rest < end && (*rest == '.' || (*rest >= '0' && *rest <= '9')))
        rest++;
    buffer_append(out, written.at, dot != NULL ? (size_t)(dot - written.at) : written.bytes);
    if (dot != NULL)
        buffer_append(out, rest, (size_t)(end - rest));
}

static void summary_add_value(struct buffer *out, const struct doc *data, enum field field)
{
    switch (field_specs[field].kind) {
    case KIND_INT:
        buffer_printf(out, "%lld", (long long)doc_int(data, field, 0));
        return;
    case KIND_BOOL:
        buffer_printf(out, "%s", doc_bool(data, field) ? "yes" : "no");
        return;
    case KIND_TIME: /* to the second: a day's end has six digits more that say nothing */
        summary_add_time(out, doc_text(data, field));
        return;
    case KIND_NAMES:
    case KIND_DATES:
        for (size_t i = 0; i < doc_count(data, field); i++)
            buffer_printf(out, "%s%.*s", i > 0 ? "、" : "", TEXT_PRINT(doc_text_at(data, field, i)));
        return;
    case KIND_INTS:
    case KIND_ITEMS:
        buffer_printf(out, "%zu", doc_count(data, field));
        return;
    default:
        buffer_printf(out, "%.*s", TEXT_PRINT(text_cut_columns(doc_text(data, field), SUMMARY_COLUMNS_MAX)));
        return;
    }
}

static struct text entry_summary(struct turn *turn, const struct event *event)
{
    struct buffer out;
    buffer_open(&out, MESSAGE_BYTES_MAX);
    for (enum field f = doc_first(event->data); f != FIELD_COUNT_OF_ALL; f = doc_after(event->data, f)) {
        if (summary_skips(f))
            continue;
        size_t before = out.bytes;
        buffer_printf(&out, "%s%s%s", before > 0 ? "; " : "", summary_is_plain(f) ? "" : field_specs[f].name,
                      summary_is_plain(f) ? "" : " ");
        summary_add_value(&out, event->data, f);
        if (before > 0 && text_columns(buffer_text(&out)) > SUMMARY_COLUMNS_MAX - 3) {
            out.bytes = before; /* half a value would be another one */
            buffer_printf(&out, "; …");
            break;
        }
    }
    for (size_t i = 0; i < out.bytes; i++)
        if (out.at[i] == '\n' || out.at[i] == '\t')
            out.at[i] = ' ';
    struct text summary =
        arena_text_copy(turn_arena(turn), text_cut_columns(buffer_text(&out), SUMMARY_COLUMNS_MAX));
    buffer_close(&out);
    return summary;
}

/* ---- the zone ---- */

/* A report about a known case need not name its charter. */
static struct text event_charter(struct turn *turn, const struct event *event)
{
    static const enum row_kind kinds[] = {ROW_ISSUE, ROW_TASK, ROW_ITEM};
    if (event->charter.bytes > 0 || event->subject.bytes == 0)
        return event->charter;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct doc *row = row_get(turn, kinds[i], event->subject);
        if (row != NULL)
            return doc_text(row, FIELD_CHARTER);
    }
    return TEXT_NONE;
}

int ledger_zone(struct turn *turn, const struct event *event)
{
    return turn_zone(turn, event_charter(turn, event),
                     event->time_us != CIVIL_NEVER_US ? event->time_zone : 0);
}

/* ---- when ---- */

static int64_t entry_occurred_us(struct turn *turn, uint64_t seq)
{
    struct key key = ledger_entry_key(seq);
    const struct doc *entry = record_get(turn, &key);
    return entry != NULL ? doc_time_us(entry, FIELD_TIME, doc_time_us(entry, FIELD_RECEIVED, CIVIL_NEVER_US))
                         : CIVIL_NEVER_US;
}

/* The field of the event that says it, where the type has one. */
static enum field occurred_field(enum event_kind kind)
{
    return kind == EVENT_DEADLINE_MISSED || kind == EVENT_DEADLINE_REACHED ? FIELD_DUE
           : kind == EVENT_CLOCK_STRUCK                                    ? FIELD_AT
                                                                           : FIELD_COUNT_OF_ALL;
}

int64_t ledger_occurred_us(struct turn *turn, const struct event *event)
{
    enum field said = occurred_field(event->type->kind);
    int64_t occurred_us = CIVIL_NEVER_US;
    if (said != FIELD_COUNT_OF_ALL)
        return doc_time_us(event->data, said, event->received_us);
    if (event->type->report)
        occurred_us = event->time_us;
    else if (event->cause > 0)
        occurred_us = entry_occurred_us(turn, event->cause);
    return occurred_us != CIVIL_NEVER_US ? occurred_us : event->received_us;
}

/* ---- the entry ---- */

static struct doc *entry_of(struct turn *turn, const struct event *event)
{
    static const enum field copied[] = {FIELD_RULE,       FIELD_CLAUSE, FIELD_PLACE,    FIELD_INPUTS,
                                        FIELD_ARITHMETIC, FIELD_OWED,   FIELD_ACTIVITY, FIELD_GROUP,
                                        FIELD_PERSON,     FIELD_FROM,   FIELD_TO};
    int64_t occurred_us = ledger_occurred_us(turn, event);
    struct doc *entry = doc_new(turn_arena(turn));
    struct text summary = entry_summary(turn, event);
    doc_set_int(entry, FIELD_SEQ, (int64_t)event->seq);
    doc_set_text(entry, FIELD_TYPE, event->type_name);
    doc_set_time(entry, FIELD_RECEIVED, event->received_us, ledger_zone(turn, event));
    if (occurred_us != event->received_us)
        doc_set_time(entry, FIELD_TIME, occurred_us, ledger_zone(turn, event));
    doc_set_text(entry, FIELD_PUBLISHER, event->publisher);
    if (event->subject.bytes > 0)
        doc_set_text(entry, FIELD_SUBJECT, event->subject);
    if (event->charter.bytes > 0)
        doc_set_text(entry, FIELD_CHARTER, event->charter);
    if (event->actor.bytes > 0)
        doc_set_text(entry, FIELD_ACTOR, event->actor);
    if (event->cause > 0)
        doc_set_int(entry, FIELD_CAUSE, (int64_t)event->cause);
    if (summary.bytes > 0)
        doc_set_text(entry, FIELD_SUMMARY, summary);
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        doc_set_doc_field(entry, copied[i], event->data);
    return entry;
}

static void entry_put_subject(struct turn *turn, const struct event *event, struct text subject)
{
    if (subject.bytes == 0)
        return;
    struct key key = ledger_subject_key(subject);
    key_add_u64(&key, event->seq);
    record_put(turn, &key, doc_new(turn_arena(turn)));
}

/* An event about a task or a list is an event about the issues too that it names. */
void ledger_put_entry(struct turn *turn, const struct event *event)
{
    struct key key = ledger_entry_key(event->seq);
    record_put(turn, &key, entry_of(turn, event));
    entry_put_subject(turn, event, event->subject);
    if (event->type->kind == EVENT_NOTIFICATION_SENT)
        return;
    entry_put_subject(turn, event, doc_text(event->data, FIELD_ISSUE));
    for (size_t i = 0; i < doc_count(event->data, FIELD_ISSUES); i++)
        entry_put_subject(turn, event, doc_text_at(event->data, FIELD_ISSUES, i));
}

/* ---- the last one ---- */

/* Every event has its entry, so numbers have no gaps: the first one that the stamp lies behind is found by
 * halving. */
static uint64_t entry_last_seq(struct turn *turn, uint64_t head, int64_t received_us)
{
    uint64_t shown = 0, hidden = head + 1;
    while (hidden - shown > 1) {
        uint64_t middle = shown + (hidden - shown) / 2;
        struct key key = ledger_entry_key(middle);
        const struct doc *entry = record_get(turn, &key);
        if (entry == NULL || doc_time_us(entry, FIELD_RECEIVED, 0) <= received_us)
            shown = middle;
        else
            hidden = middle;
    }
    return shown;
}

int64_t ledger_last_received_us(struct turn *turn, const struct moment *moment)
{
    struct key prefix = record_key(LEDGER_ENTRY);
    struct store_cursor cursor;
    uint64_t seq = 0;
    if (store_last(turn_txn(turn), &prefix, &cursor)) {
        struct key_reader reader = key_read(cursor.key);
        bool whole = key_read_u64(&reader, &seq);
        ASSERT(whole);
    }
    store_cursor_end(&cursor);
    if (moment->past)
        seq = entry_last_seq(turn, seq, moment->received_us);
    struct key key = ledger_entry_key(seq);
    const struct doc *entry = record_get(turn, &key);
    return entry != NULL ? doc_time_us(entry, FIELD_RECEIVED, 0) : CIVIL_NEVER_US;
}
