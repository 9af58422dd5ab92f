/* gather.c - see gather.h. One short function a type; the table at the end says which. */
#include "workers/bulletins/gather.h"

#include "base/log.h"
#include "workers/bulletins/facts.h"

enum {
    GATHER_TEXT_COLUMNS = 160, /* of a long text that is kept for a line of a list */
    GATHER_OWED_MAX = 6        /* of what a refused request still owes, named in its line */
};

/* An outcome and what every handler needs of it. */
struct gathered {
    struct turn *turn;
    const struct event *event;
    const struct doc *data;
    struct text charter, subject;
    int64_t at_us;
};

static struct key gather_reported_key(struct text charter)
{
    struct key key = record_key((store_table)BULLETINS_REPORTED);
    key_add_text(&key, charter);
    return key;
}

void gather_close(struct turn *turn, struct text charter, int64_t through_us)
{
    struct key key = gather_reported_key(charter);
    const struct doc *before = record_get(turn, &key);
    if (before != NULL && doc_time_us(before, FIELD_AT, 0) >= through_us)
        return;
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_time(record, FIELD_AT, through_us, 0);
    record_put(turn, &key, record);
}

static int64_t gather_instant_us(struct turn *turn, const struct event *event)
{
    enum field judged = event->type->kind == EVENT_DEADLINE_MISSED ? FIELD_DUE : FIELD_AT;
    int64_t at_us = doc_has(event->data, judged) ? doc_time_us(event->data, judged, 0) : event->received_us;
    struct key key = gather_reported_key(event->charter);
    const struct doc *reported = record_get(turn, &key);
    bool out = reported != NULL && at_us <= doc_time_us(reported, FIELD_AT, INT64_MIN);
    return out ? event->received_us : at_us;
}

/* ---- parts ---- */

static void gather_put(const struct gathered *g, enum fact_kind kind, struct text group, int64_t amount_us,
                       const struct doc *details)
{
    struct fact fact = {.kind = kind,
                        .at_us = g->at_us,
                        .seq = g->event->seq,
                        .amount_us = amount_us,
                        .group = group.at != NULL ? group : TEXT(""),
                        .subject = g->subject};
    fact_put(g->turn, g->charter, &fact, details);
}

static struct doc *gather_details(const struct gathered *g, const enum field *fields, size_t count)
{
    struct doc *details = doc_new(turn_arena(g->turn));
    for (size_t i = 0; i < count; i++)
        doc_set_doc_field(details, fields[i], g->data);
    return details;
}

static void gather_add_cut(struct doc *details, const struct gathered *g, enum field field)
{
    if (doc_has(g->data, field))
        doc_set_text(details, field, text_cut_columns(doc_text(g->data, field), GATHER_TEXT_COLUMNS));
}

static struct doc *gather_item(const struct gathered *g, enum fact_kind kind)
{
    struct doc *item = item_get(g->turn, g->charter, kind, g->subject);
    return item != NULL ? item : doc_new(turn_arena(g->turn));
}

/* The item's stay ends here, and another begins with group unless that is none. */
static void gather_move(const struct gathered *g, enum fact_kind kind, struct doc *item, struct text group)
{
    stay_end(g->turn, g->charter, kind, g->subject, item, g->at_us, g->event->seq);
    if (group.at != NULL) {
        struct fact open = {
            .kind = kind, .at_us = g->at_us, .seq = g->event->seq, .group = group, .subject = g->subject};
        stay_begin(g->turn, g->charter, &open, item);
    }
    item_put(g->turn, g->charter, kind, g->subject, item);
}

/* ---- issues ---- */

static void gather_issue_opened(const struct gathered *g)
{
    struct doc *item = gather_item(g, FACT_ISSUE_OPEN);
    doc_set_doc_field(item, FIELD_TITLE, g->data);
    doc_set_doc_field(item, FIELD_AREA, g->data);
    doc_set_time(item, FIELD_RAISED, g->at_us, 0);
    gather_put(g, FACT_RAISED, doc_text(g->data, FIELD_AREA), 0, NULL);
    gather_move(g, FACT_ISSUE_OPEN, item, doc_text(g->data, FIELD_LEVEL));
}

static void gather_issue_moved(const struct gathered *g, enum fact_kind kind)
{
    static const enum field fields[] = {FIELD_FROM, FIELD_TO, FIELD_BODY};
    struct text to = doc_text(g->data, FIELD_TO);
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    gather_add_cut(details, g, FIELD_REASON);
    gather_put(g, kind, to, 0, details);
    gather_move(g, FACT_ISSUE_OPEN, gather_item(g, FACT_ISSUE_OPEN), to);
}
static void gather_issue_escalated(const struct gathered *g)
{
    gather_issue_moved(g, FACT_ESCALATED);
}
static void gather_issue_sent_back(const struct gathered *g)
{
    gather_issue_moved(g, FACT_SENT_BACK);
}

static void gather_issue_settled(const struct gathered *g)
{
    struct doc *item = gather_item(g, FACT_ISSUE_OPEN);
    gather_put(g, FACT_SETTLED, doc_text(g->data, FIELD_LEVEL), doc_time_us(item, FIELD_RAISED, g->at_us),
               NULL);
    gather_put(g, FACT_SETTLED_IN, doc_text(item, FIELD_AREA), 0, NULL);
    gather_move(g, FACT_ISSUE_OPEN, item, TEXT_NONE);
}

static void gather_issue_closed(const struct gathered *g)
{
    gather_put(g, FACT_CLOSED, doc_text(g->data, FIELD_HOW), 0, NULL);
    gather_move(g, FACT_ISSUE_OPEN, gather_item(g, FACT_ISSUE_OPEN), TEXT_NONE);
}

static void gather_issue_reopened(const struct gathered *g)
{
    gather_put(g, FACT_REOPENED, doc_text(g->data, FIELD_LEVEL), 0, NULL);
    gather_move(g, FACT_ISSUE_OPEN, gather_item(g, FACT_ISSUE_OPEN), doc_text(g->data, FIELD_LEVEL));
}

static void gather_unanswered(const struct gathered *g)
{
    gather_put(g, FACT_UNANSWERED, doc_text(g->data, FIELD_UNIT), 0, NULL);
}

/* Who still owes something, and under which clause: what the office must chase (S0-11). */
static void gather_refused(const struct gathered *g)
{
    struct doc *details = doc_new(turn_arena(g->turn));
    size_t owed = doc_count(g->data, FIELD_OWED);
    gather_add_cut(details, g, FIELD_REASON);
    if (owed > 0)
        doc_set_int(details, FIELD_COUNT, (int64_t)owed);
    for (size_t i = 0; i < owed && i < GATHER_OWED_MAX; i++) {
        struct doc *item = doc_add_doc(details, FIELD_OWED);
        doc_set_doc_field(item, FIELD_WHO, doc_doc_at(g->data, FIELD_OWED, i));
        doc_set_doc_field(item, FIELD_CLAUSE, doc_doc_at(g->data, FIELD_OWED, i));
    }
    gather_put(g, FACT_REFUSED, doc_text(g->data, FIELD_EVENT), 0, details);
}

/* ---- plans ---- */

static void gather_solution(const struct gathered *g)
{
    struct doc *details = doc_new(turn_arena(g->turn));
    doc_set_int(details, FIELD_COUNT, (int64_t)doc_count(g->data, FIELD_ITEMS));
    gather_put(g, FACT_SOLUTION, doc_text(g->data, FIELD_LEVEL), 0, details);
}

static void gather_decision(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_MEETING};
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    gather_add_cut(details, g, FIELD_TEXT);
    gather_put(g, FACT_DECISION, doc_text(g->data, FIELD_LEVEL), 0, details);
}

static void gather_tasklist(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_LIST};
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    doc_set_int(details, FIELD_COUNT, (int64_t)doc_count(g->data, FIELD_ITEMS));
    gather_put(g, FACT_TASKLIST, TEXT_NONE, 0, details);
}

static void gather_tasklist_done(const struct gathered *g)
{
    gather_put(g, FACT_TASKLIST_DONE, TEXT_NONE, 0, NULL);
}

/* ---- tasks ---- */

static void gather_task_assigned(const struct gathered *g)
{
    struct doc *item = gather_item(g, FACT_TASK_OPEN);
    struct text unit = doc_text(g->data, FIELD_UNIT);
    doc_set_doc_field(item, FIELD_TITLE, g->data);
    doc_set_doc_field(item, FIELD_ISSUE, g->data);
    gather_put(g, FACT_ASSIGNED, unit, 0, NULL);
    gather_move(g, FACT_TASK_OPEN, item, unit);
}

/* What task.updated counts as shows in its fields: done, progress in per cent, another unit (counted as
 * nothing), or a reason for which it was rejected. */
static bool gather_task_kind(const struct doc *data, enum fact_kind *kind_out)
{
    bool done = text_is(doc_text(data, FIELD_STATE), "done-reported");
    bool rejected = text_is(doc_text(data, FIELD_STATE), "assigned") && !doc_has(data, FIELD_UNIT);
    *kind_out = done ? FACT_COMPLETED : doc_has(data, FIELD_PERCENT) ? FACT_PROGRESSED : FACT_REJECTED;
    return done || rejected || doc_has(data, FIELD_PERCENT);
}

static void gather_task_updated(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_PERCENT};
    struct doc *item = gather_item(g, FACT_TASK_OPEN);
    struct text unit =
        doc_has(g->data, FIELD_UNIT) ? doc_text(g->data, FIELD_UNIT) : doc_text(item, FIELD_WHO);
    enum fact_kind kind;
    if (gather_task_kind(g->data, &kind)) {
        struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
        gather_add_cut(details, g, FIELD_NOTE);
        gather_add_cut(details, g, FIELD_REASON);
        gather_put(g, kind, unit, 0, details);
    }
    if (text_is(doc_text(g->data, FIELD_STATE), "dropped"))
        gather_move(g, FACT_TASK_OPEN, item, TEXT_NONE);
    else if (doc_has(item, FIELD_START) && !text_equal(unit, doc_text(item, FIELD_WHO)))
        gather_move(g, FACT_TASK_OPEN, item, unit);
}

static void gather_task_closed(const struct gathered *g)
{
    struct doc *item = gather_item(g, FACT_TASK_OPEN);
    gather_put(g, FACT_TASK_CLOSED, doc_text(item, FIELD_WHO), 0, NULL);
    gather_move(g, FACT_TASK_OPEN, item, TEXT_NONE);
}

/* ---- deadlines ---- */

/* A unit's opinion that is late makes the unit late, not the issue: "opinion:<unit>" counts in the list of
 * misses alone. */
static void gather_missed(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_LABEL, FIELD_WHO, FIELD_TITLE, FIELD_BODY, FIELD_LEVEL};
    int64_t due_us = doc_time_us(g->data, FIELD_DUE, 0);
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    gather_put(g, FACT_MISSED, doc_text(g->data, FIELD_WHO), due_us, details);
    if (!text_starts_with(doc_text(g->data, FIELD_LABEL), TEXT("opinion:")))
        missed_put(g->turn, g->charter, g->subject, due_us);
}

static void gather_moved(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_LABEL, FIELD_BEFORE, FIELD_AFTER, FIELD_NOTICE};
    if (text_is(doc_text(g->data, FIELD_OWNER), "bulletins"))
        return;
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    gather_put(g, FACT_MOVED, TEXT_NONE, 0, details);
}

static const struct {
    enum event_kind kind;
    void (*gather)(const struct gathered *g);
} gather_rows[] = {
    {EVENT_ISSUE_OPENED, gather_issue_opened},
    {EVENT_ISSUE_ESCALATED, gather_issue_escalated},
    {EVENT_ISSUE_SENT_BACK, gather_issue_sent_back},
    {EVENT_ISSUE_SETTLED, gather_issue_settled},
    {EVENT_ISSUE_CLOSED, gather_issue_closed},
    {EVENT_ISSUE_REOPENED, gather_issue_reopened},
    {EVENT_OPINION_UNANSWERED, gather_unanswered},
    {EVENT_REQUEST_REFUSED, gather_refused},
    {EVENT_SOLUTION_ADOPTED, gather_solution},
    {EVENT_DECISION_RECORDED, gather_decision},
    {EVENT_TASKLIST_ISSUED, gather_tasklist},
    {EVENT_TASKLIST_COMPLETED, gather_tasklist_done},
    {EVENT_TASK_ASSIGNED, gather_task_assigned},
    {EVENT_TASK_UPDATED, gather_task_updated},
    {EVENT_TASK_CLOSED, gather_task_closed},
    {EVENT_DEADLINE_MISSED, gather_missed},
    {EVENT_DEADLINE_MOVED, gather_moved},
};

int gather_apply(struct turn *turn, const struct event *event)
{
    if (event->charter.bytes == 0) /* of no charter: a calendar's refusal, say */
        return 0;
    struct gathered g = {.turn = turn,
                         .event = event,
                         .data = event->data,
                         .charter = event->charter,
                         .subject = event->subject.at != NULL ? event->subject : TEXT(""),
                         .at_us = gather_instant_us(turn, event)};
    for (size_t i = 0; i < sizeof(gather_rows) / sizeof(*gather_rows); i++)
        if (gather_rows[i].kind == event->type->kind) {
            gather_rows[i].gather(&g);
            return 0;
        }
    return 0;
}
