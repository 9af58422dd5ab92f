/* entries.c - every event in short, found by its number and by the subjects that it concerns. */
#include "workers/ledger/ledger.h"

#include "base/limits.h"

enum { SUMMARY_COLUMNS_MAX = 200 };

struct key ledger_key(enum ledger_table table, struct text id)
{
    struct key key = record_key((store_table)table);
    key_add_text(&key, id);
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
    static const enum ledger_table tables[] = {LEDGER_ISSUE, LEDGER_TASK};
    if (event->charter.bytes > 0 || event->subject.bytes == 0)
        return event->charter;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct key key = ledger_key(tables[i], event->subject);
        const struct doc *record = record_get(turn, &key);
        if (record != NULL)
            return doc_text(record, FIELD_CHARTER);
    }
    return TEXT_NONE;
}

int ledger_zone(struct turn *turn, const struct event *event)
{
    return turn_zone(turn, event_charter(turn, event),
                     event->time_us != CIVIL_NEVER_US ? event->time_zone : 0);
}

/* ---- the entry ---- */

static struct doc *entry_of(struct turn *turn, const struct event *event)
{
    static const enum field copied[] = {FIELD_RULE,   FIELD_CLAUSE,     FIELD_PLACE,
                                        FIELD_INPUTS, FIELD_ARITHMETIC, FIELD_OWED};
    struct doc *entry = doc_new(turn_arena(turn));
    struct text summary = entry_summary(turn, event);
    doc_set_int(entry, FIELD_SEQ, (int64_t)event->seq);
    doc_set_text(entry, FIELD_TYPE, event->type_name);
    doc_set_time(entry, FIELD_RECEIVED, event->received_us, ledger_zone(turn, event));
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
    struct key key = ledger_key(LEDGER_SUBJECT, subject);
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
