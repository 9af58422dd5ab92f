/* terms.c - deadlines as they stand, and what they mean for the issue or task that they limit. See the
 * diagram in ledger.h.
 *
 * A deadline's record has `at`, when it was cleared, by which report, and `missed`, once its owner said so.
 * Clearing may reach the journal before the due time is fixed, so the state is worked out anew whenever one
 * of the two changes.
 */
#include "workers/ledger/counters.h"

/* What limits an opinion or the raiser's answer is no limit of the case itself. */
static bool term_is_of_case(const struct doc *term)
{
    struct text label = doc_text(term, FIELD_LABEL);
    return !text_starts_with(label, TEXT("opinion:")) && !text_is(label, "confirmation");
}

static bool term_is_late(const struct doc *term)
{
    return doc_bool(term, FIELD_MISSED) || (doc_has(term, FIELD_AT) && doc_has(term, FIELD_DUE) &&
                                            doc_time_us(term, FIELD_AT, 0) > doc_time_us(term, FIELD_DUE, 0));
}

static void term_work_out(struct doc *term)
{
    bool replaced = text_is(doc_text(term, FIELD_STATE), "replaced");
    bool late = term_is_late(term), reached = doc_has(term, FIELD_RESULT);
    doc_set_text(term, FIELD_STATE,
                 late                      ? TEXT("missed")
                 : replaced                ? TEXT("replaced")
                 : doc_has(term, FIELD_AT) ? TEXT("kept")
                 : reached                 ? TEXT("reached")
                                           : TEXT("open"));
}

/* ---- what it means for its case ---- */

/* The case's last limit gives its due time, for as long as it runs; one that was missed runs on. */
static void term_set_due(struct doc *record, const struct doc *term)
{
    if (doc_has(record, FIELD_DEADLINE) && doc_int(term, FIELD_SEQ, 0) < doc_int(record, FIELD_SEQ, 0))
        return;
    doc_set_doc_field(record, FIELD_DEADLINE, term);
    doc_set_doc_field(record, FIELD_SEQ, term);
    doc_unset(record, FIELD_DUE);
    if (!doc_has(term, FIELD_AT))
        doc_set_doc_field(record, FIELD_DUE, term);
}

/* The time of the issue as a whole is judged by the last due time that it was given, so one that was missed
 * and then extended is late no more. Any other limit that was missed is late for good. */
static void term_set_late(struct doc *record, const struct doc *term)
{
    bool missed = text_is(doc_text(term, FIELD_STATE), "missed");
    bool of_all = text_is(doc_text(term, FIELD_LABEL), "resolution");
    if (of_all && doc_has(term, FIELD_DUE)) {
        doc_set_written(record, FIELD_TARGET, doc_text(term, FIELD_DUE));
        doc_unset(record, FIELD_OVERDUE_SINCE);
    }
    if (missed && (of_all || !(doc_has(record, FIELD_TARGET) || doc_has(record, FIELD_OVERDUE_SINCE))))
        doc_set_written(record, FIELD_OVERDUE_SINCE, doc_text(term, FIELD_DUE));
}

static enum row_kind term_case_kind(const struct doc *term)
{
    struct text owner = doc_text(term, FIELD_OWNER);
    return text_is(owner, "tasks") ? ROW_TASK : text_is(owner, "supervision") ? ROW_ITEM : ROW_ISSUE;
}

/* The case shows when it is due, and that any of its limits was missed. */
static void term_tell_case(struct turn *turn, const struct event *event, const struct doc *term)
{
    enum row_kind kind = term_case_kind(term);
    struct text id = doc_text(term, FIELD_SUBJECT);
    struct doc *record = term_is_of_case(term) ? row_get(turn, kind, id) : NULL;
    if (record == NULL)
        return;
    if (doc_has(term, FIELD_DUE) && !text_is(doc_text(term, FIELD_STATE), "replaced")) {
        doc_set_int(record, FIELD_WITH_DEADLINE, 1);
        term_set_due(record, term);
        if (kind == ROW_ISSUE)
            term_set_late(record, term);
    }
    if (text_is(doc_text(term, FIELD_STATE), "missed"))
        doc_set_bool(record, FIELD_MISSED, true);
    if (kind == ROW_ISSUE)
        issue_work_out(record);
    row_put(turn, event, kind, id, record);
}

/* ---- the outcomes ---- */

static struct key term_latest_key(const struct event *set)
{
    struct key key = record_key(LEDGER_LATEST);
    key_add_text(&key, set->subject);
    key_add_text(&key, doc_text(set->data, FIELD_LABEL));
    return key;
}

/* The one that was open for the same subject and label, if this event's cause cleared it only to set it anew.
 */
static void term_replace(struct turn *turn, const struct event *set)
{
    struct key key = term_latest_key(set);
    const struct doc *latest = record_get(turn, &key);
    if (latest == NULL)
        return;
    struct text id = doc_text(latest, FIELD_DEADLINE);
    struct doc *term = row_get(turn, ROW_DEADLINE, id);
    if (term == NULL || doc_bool(term, FIELD_MISSED) || !doc_has(term, FIELD_AT) ||
        doc_int(term, FIELD_CAUSE, 0) != (int64_t)set->cause)
        return;
    doc_set_text(term, FIELD_STATE, TEXT("replaced"));
    term_work_out(term);
    row_put(turn, set, ROW_DEADLINE, id, term);
}

static void term_set(struct turn *turn, const struct event *event)
{
    static const enum field taken[] = {FIELD_DEADLINE, FIELD_LABEL, FIELD_OWNER,  FIELD_WHO,  FIELD_TITLE,
                                       FIELD_LIMIT,    FIELD_RULE,  FIELD_CLAUSE, FIELD_PLACE};
    struct doc *term = doc_new(turn_arena(turn));
    if (text_is(doc_text(event->data, FIELD_OWNER), role_text(ROLE_NOTIFICATIONS)))
        return; /* when a post is told next is no case's deadline */
    term_replace(turn, event);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(term, taken[i], event->data);
    if (event->subject.bytes > 0)
        doc_set_text(term, FIELD_SUBJECT, event->subject);
    if (event->charter.bytes > 0)
        doc_set_text(term, FIELD_CHARTER, event->charter);
    doc_set_int(term, FIELD_SEQ, (int64_t)event->seq);
    term_work_out(term);
    row_put(turn, event, ROW_DEADLINE, doc_text(event->data, FIELD_DEADLINE), term);
    struct doc *latest = doc_new(turn_arena(turn));
    doc_set_doc_field(latest, FIELD_DEADLINE, event->data);
    struct key key = term_latest_key(event);
    record_put(turn, &key, latest);
}

static void term_fixed(struct doc *term, const struct event *event)
{
    doc_unset(term, FIELD_DUE);
    doc_set_doc_field(term, FIELD_DUE, event->data);
    doc_set_doc_field(term, FIELD_PROVISIONAL, event->data);
    doc_set_doc_field(term, FIELD_BORN_LATE, event->data);
}

static void term_moved(struct doc *term, const struct event *event)
{
    doc_set_written(term, FIELD_DUE, doc_text(event->data, FIELD_AFTER));
    doc_unset(term, FIELD_PROVISIONAL);
    doc_set_doc_field(term, FIELD_PROVISIONAL, event->data);
}

static void term_approaching(struct doc *term, const struct event *event)
{
    doc_set_doc_field(term, FIELD_RUNG, event->data);
    doc_set_int(term, FIELD_REMINDED, doc_int(term, FIELD_REMINDED, 0) + 1);
}

static void term_cleared(struct doc *term, const struct event *event)
{
    doc_set_doc_field(term, FIELD_AT, event->data);
    doc_set_int(term, FIELD_CAUSE, (int64_t)event->cause);
}

/* Rung; what that means its owner says: missed, or, for a period's end, nothing more. */
static void term_reached(struct doc *term, const struct event *event)
{
    doc_set_text(term, FIELD_RESULT, TEXT("reached"));
    doc_set_doc_field(term, FIELD_DUE, event->data);
}

static void term_missed(struct doc *term, const struct event *event)
{
    doc_set_bool(term, FIELD_MISSED, true);
    doc_set_doc_field(term, FIELD_DUE, event->data);
}

static const struct {
    enum event_kind kind;
    void (*change)(struct doc *term, const struct event *event);
} term_changes[] = {
    {EVENT_DEADLINE_FIXED, term_fixed},
    {EVENT_DEADLINE_MOVED, term_moved},
    {EVENT_DEADLINE_APPROACHING, term_approaching},
    {EVENT_DEADLINE_CLEARED, term_cleared},
    {EVENT_DEADLINE_REACHED, term_reached},
    {EVENT_DEADLINE_MISSED, term_missed},
};

static void term_change(struct turn *turn, const struct event *event,
                        void (*change)(struct doc *term, const struct event *event))
{
    struct text id = doc_text(event->data, FIELD_DEADLINE);
    struct doc *term = row_get(turn, ROW_DEADLINE, id);
    if (term == NULL)
        return;
    change(term, event);
    term_work_out(term);
    row_put(turn, event, ROW_DEADLINE, id, term);
    term_tell_case(turn, event, term);
}

void ledger_take_in_term(struct turn *turn, const struct event *event)
{
    if (event->type->kind == EVENT_DEADLINE_SET)
        term_set(turn, event);
    for (size_t i = 0; i < sizeof term_changes / sizeof *term_changes; i++)
        if (term_changes[i].kind == event->type->kind)
            term_change(turn, event, term_changes[i].change);
}
