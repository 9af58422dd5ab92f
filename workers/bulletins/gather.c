/* gather.c - see gather.h. One short function a type; the table at the end says which. */
#include "workers/bulletins/gather.h"

#include "config/charter.h"
#include "workers/bulletins/facts.h"
#include "workers/common/period.h"

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

/* The end of the day on which a recurring duty was due, in the zone in which it is written. */
static int64_t gather_due_us(const struct event *event, int zone)
{
    int32_t day;
    return doc_date(event->data, FIELD_BY, &day) ? civil_end_of_day_us(day, zone) : event->received_us;
}

static int64_t gather_instant_us(struct turn *turn, const struct event *event)
{
    int64_t at_us = doc_time_us(event->data, FIELD_AT, event->received_us);
    if (event->type->kind == EVENT_DEADLINE_MISSED)
        at_us = doc_time_us(event->data, FIELD_DUE, event->received_us);
    if (event->type->kind == EVENT_DUTY_MET || event->type->kind == EVENT_DUTY_MISSED)
        at_us = gather_due_us(event, turn_zone(turn, event->charter, 0));
    return at_us < facts_reported(turn, event->charter).floor_us ? event->received_us : at_us;
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
    doc_set_doc_field(item, FIELD_CLASS, g->data);
    doc_set_doc_field(item, FIELD_UNITS, g->data);
    doc_set_doc_field(item, FIELD_BODY, g->data);
    doc_set_doc_field(item, FIELD_RAISER, g->data);
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

/* The last settling and closing of an issue, with what is needed to take them back. */
static void gather_remember(struct doc *item, enum field at, enum field seq, const struct gathered *g)
{
    doc_set_time(item, at, g->at_us, 0);
    doc_set_int(item, seq, (int64_t)g->event->seq);
}

static void gather_issue_settled(const struct gathered *g)
{
    struct doc *item = gather_item(g, FACT_ISSUE_OPEN);
    gather_put(g, FACT_SETTLED, doc_text(g->data, FIELD_LEVEL), doc_time_us(item, FIELD_RAISED, g->at_us),
               NULL);
    gather_put(g, FACT_SETTLED_IN, doc_text(item, FIELD_AREA), 0, NULL);
    gather_remember(item, FIELD_SETTLED, FIELD_FROM_SEQ, g);
    doc_set_doc_field(item, FIELD_LEVEL, g->data);
    gather_move(g, FACT_ISSUE_OPEN, item, TEXT_NONE);
}

static void gather_issue_closed(const struct gathered *g)
{
    struct doc *item = gather_item(g, FACT_ISSUE_OPEN);
    gather_put(g, FACT_CLOSED, doc_text(g->data, FIELD_HOW), 0, NULL);
    gather_remember(item, FIELD_AT, FIELD_THROUGH_SEQ, g);
    doc_set_doc_field(item, FIELD_HOW, g->data);
    gather_move(g, FACT_ISSUE_OPEN, item, TEXT_NONE);
}

static void gather_take_back(const struct gathered *g, const struct fact *fact)
{
    struct fact gone = *fact;
    gone.subject = g->subject;
    gone.group = fact->group.at != NULL ? fact->group : TEXT("");
    fact_delete(g->turn, g->charter, &gone, g->event->seq);
}

/* Not solved after all: its settling and closing no longer count, whenever they were (S0-19: figures say what
 * holds). */
static void gather_unsettle(const struct gathered *g, struct doc *item)
{
    if (doc_has(item, FIELD_FROM_SEQ)) {
        struct fact settled = {.kind = FACT_SETTLED,
                               .at_us = doc_time_us(item, FIELD_SETTLED, 0),
                               .seq = (uint64_t)doc_int(item, FIELD_FROM_SEQ, 0),
                               .group = doc_text(item, FIELD_LEVEL)};
        settled.amount_us = doc_time_us(item, FIELD_RAISED, settled.at_us);
        gather_take_back(g, &settled);
        settled.kind = FACT_SETTLED_IN;
        settled.amount_us = 0;
        settled.group = doc_text(item, FIELD_AREA);
        gather_take_back(g, &settled);
    }
    if (doc_has(item, FIELD_THROUGH_SEQ)) {
        struct fact closed = {.kind = FACT_CLOSED,
                              .at_us = doc_time_us(item, FIELD_AT, 0),
                              .seq = (uint64_t)doc_int(item, FIELD_THROUGH_SEQ, 0),
                              .group = doc_text(item, FIELD_HOW)};
        gather_take_back(g, &closed);
    }
    doc_unset(item, FIELD_FROM_SEQ);
    doc_unset(item, FIELD_THROUGH_SEQ);
}

static void gather_issue_reopened(const struct gathered *g)
{
    struct doc *item = gather_item(g, FACT_ISSUE_OPEN);
    gather_unsettle(g, item);
    gather_put(g, FACT_REOPENED, doc_text(g->data, FIELD_LEVEL), 0, NULL);
    gather_move(g, FACT_ISSUE_OPEN, item, doc_text(g->data, FIELD_LEVEL));
}

static void gather_unanswered(const struct gathered *g)
{
    gather_put(g, FACT_UNANSWERED, doc_text(g->data, FIELD_UNIT), 0, NULL);
}

/* Whether a rule is one by which issues go up, in the charter in force. */
static bool gather_is_way_up(const struct gathered *g, struct text rule)
{
    const struct charter *charter = turn_charter(g->turn, g->charter, NULL);
    for (size_t i = 0; charter != NULL && i < charter->levels_count; i++)
        if (text_equal(charter->levels[i].up_rule.path, rule))
            return true;
    return false;
}

/* Returned for completion (S0-5, S0-8): a step of an issue, or of its list, that owes something, or a way up
 * that the charter does not have. All else that is refused, an unknown id or somebody who may not report it,
 * is for those who run the house. */
static bool gather_is_returned(const struct gathered *g)
{
    struct text type = doc_text(g->data, FIELD_EVENT);
    if (text_is(type, "issuelist.compiled"))
        return doc_count(g->data, FIELD_OWED) > 0;
    return item_known(g->turn, g->charter, FACT_ISSUE_OPEN, g->subject) &&
           (doc_count(g->data, FIELD_OWED) > 0 ||
            (text_is(type, "escalation.requested") && gather_is_way_up(g, doc_text(g->data, FIELD_RULE))));
}

/* Who still owes something, and under which clause: what the office must chase (S0-11). */
static void gather_refused(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_CLAUSE};
    if (!gather_is_returned(g))
        return;
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    size_t owed = doc_count(g->data, FIELD_OWED);
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

static void gather_proposal(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_UNDERTAKER};
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    gather_add_cut(details, g, FIELD_PLAN);
    gather_add_cut(details, g, FIELD_OPINION);
    gather_put(g, FACT_PROPOSAL, doc_text(g->data, FIELD_LEVEL), 0, details);
}

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
    static const enum field fields[] = {FIELD_LABEL, FIELD_WHO,   FIELD_TITLE,
                                        FIELD_BODY,  FIELD_LEVEL, FIELD_UNITS};
    int64_t due_us = doc_time_us(g->data, FIELD_DUE, 0);
    struct text who = doc_has(g->data, FIELD_WHO) ? doc_text(g->data, FIELD_WHO) : TEXT("");
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    gather_put(g, FACT_MISSED, who, due_us, details);
    struct fact fact = {
        .at_us = g->at_us, .seq = g->event->seq, .amount_us = due_us, .group = who, .subject = g->subject};
    if (!text_starts_with(doc_text(g->data, FIELD_LABEL), TEXT("opinion:")))
        missed_put(g->turn, g->charter, &fact);
}

/* A due time that was missed already may be moved by a notice that comes late, or by an extension: a new
 * deadline then runs, and only that one can be missed. */
static void gather_excuse(const struct gathered *g)
{
    int64_t before_us = doc_time_us(g->data, FIELD_BEFORE, INT64_MIN);
    if (doc_time_us(g->data, FIELD_AFTER, INT64_MIN) > before_us)
        missed_withdraw(g->turn, g->charter, g->subject, before_us, g->event->seq);
}

static void gather_moved(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_LABEL, FIELD_BEFORE, FIELD_AFTER, FIELD_NOTICE};
    if (text_is(doc_text(g->data, FIELD_OWNER), "bulletins"))
        return;
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    gather_put(g, FACT_MOVED, TEXT_NONE, 0, details);
    gather_excuse(g);
}

/* ---- what recurs: information reports, meetings (S0-17, S0-20) ---- */

static bool gather_is_filing(const struct gathered *g)
{
    return text_is(doc_text(g->data, FIELD_KIND), "filing");
}

/* What became of an occurrence: one fact, which replaces the one before it. */
static void gather_filing_put(const struct gathered *g, enum fact_kind kind, int64_t amount_us)
{
    static const enum field fields[] = {FIELD_ROUTINE, FIELD_TITLE, FIELD_BY};
    struct doc *item = gather_item(g, FACT_UNFILED);
    struct text body = doc_text(g->data, FIELD_BODY);
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        doc_set_doc_field(item, fields[i], g->data);
    if (doc_has(item, FIELD_SEQ)) {
        struct fact before = {.kind = FACT_UNFILED,
                              .at_us = doc_time_us(item, FIELD_CLOSED, 0),
                              .seq = (uint64_t)doc_int(item, FIELD_SEQ, 0),
                              .group = body};
        gather_take_back(g, &before);
        doc_unset(item, FIELD_SEQ);
    }
    if (kind == FACT_UNFILED)
        doc_set_int(item, FIELD_SEQ, (int64_t)g->event->seq);
    doc_set_time(item, FIELD_CLOSED, g->at_us, 0);
    gather_put(g, kind, body, amount_us, item);
    item_put(g->turn, g->charter, FACT_UNFILED, g->subject, item);
}

/* A duty in principle is told when it is missed, and counts nowhere else (S2-14). */
static void gather_duty_missed(const struct gathered *g)
{
    if (gather_is_filing(g) && !text_is(doc_text(g->data, FIELD_RESULT), "in-principle"))
        gather_filing_put(g, FACT_UNFILED, 0);
}

static void gather_duty_met(const struct gathered *g)
{
    int64_t filed_us = doc_time_us(g->data, FIELD_AT, g->event->received_us);
    if (gather_is_filing(g))
        gather_filing_put(g, doc_bool(g->data, FIELD_ON_TIME) ? FACT_FILED : FACT_FILED_LATE, filed_us);
}

static void gather_filing(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_ROUTINE, FIELD_TITLE, FIELD_VERSION};
    struct doc *details = gather_details(g, fields, sizeof(fields) / sizeof(*fields));
    for (size_t i = 0; i < doc_count(g->data, FIELD_PARTS); i++) {
        const struct doc *part = doc_doc_at(g->data, FIELD_PARTS, i);
        struct doc *kept = doc_add_doc(details, FIELD_PARTS);
        doc_set_doc_field(kept, FIELD_NAME, part);
        if (doc_has(part, FIELD_TEXT))
            doc_set_text(kept, FIELD_TEXT, text_cut_columns(doc_text(part, FIELD_TEXT), GATHER_TEXT_COLUMNS));
    }
    gather_put(g, FACT_FILING, doc_text(g->data, FIELD_BODY), 0, details);
}

static void gather_meeting(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_TITLE};
    for (size_t i = 0; i < doc_count(g->data, FIELD_BODIES); i++)
        gather_put(g, FACT_MEETING, doc_text_at(g->data, FIELD_BODIES, i), 0,
                   gather_details(g, fields, sizeof(fields) / sizeof(*fields)));
}

/* ---- supervision and evaluation ---- */

static void gather_supervised(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_TITLE, FIELD_ORIGIN};
    struct doc *item = gather_item(g, FACT_SUPERVISION_OPEN);
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        doc_set_doc_field(item, fields[i], g->data);
    gather_put(g, FACT_SUPERVISED, doc_text(g->data, FIELD_ORIGIN), 0, NULL);
    gather_move(g, FACT_SUPERVISION_OPEN, item, doc_text(g->data, FIELD_ORIGIN));
}

static void gather_supervision_end(const struct gathered *g, struct doc *item, enum fact_kind kind)
{
    gather_put(g, kind, doc_text(item, FIELD_ORIGIN), 0, NULL);
    gather_move(g, FACT_SUPERVISION_OPEN, item, TEXT_NONE);
}

/* What a supervisor agrees to strike has ended, and nobody did it. */
static void gather_supervision_closed(const struct gathered *g)
{
    bool struck = text_is(doc_text(g->data, FIELD_HOW), "struck");
    gather_supervision_end(g, gather_item(g, FACT_SUPERVISION_OPEN),
                           struck ? FACT_SUPERVISION_DROPPED : FACT_SUPERVISION_DONE);
}

/* An item that is struck is owed until a supervisor agrees; one that is dropped, like its issue, no more. */
static void gather_supervision_updated(const struct gathered *g)
{
    struct doc *item = item_get(g->turn, g->charter, FACT_SUPERVISION_OPEN, g->subject);
    if (item != NULL && text_is(doc_text(g->data, FIELD_STATE), "dropped"))
        gather_supervision_end(g, item, FACT_SUPERVISION_DROPPED);
}

static void gather_finding(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_TITLE, FIELD_BY};
    gather_put(g, FACT_FINDING, doc_text(g->data, FIELD_UNIT), 0,
               gather_details(g, fields, sizeof(fields) / sizeof(*fields)));
}

static void gather_scores(const struct gathered *g)
{
    static const enum field fields[] = {FIELD_TITLE, FIELD_PERIOD, FIELD_VERSION, FIELD_SCORES};
    gather_put(g, FACT_SCORES, TEXT_NONE, 0, gather_details(g, fields, sizeof(fields) / sizeof(*fields)));
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
    {EVENT_ISSUE_EXTENDED, gather_excuse},
    {EVENT_PROPOSAL_RECORDED, gather_proposal},
    {EVENT_CHECKLIST_RECORDED, gather_proposal},
    {EVENT_DUTY_MET, gather_duty_met},
    {EVENT_DUTY_MISSED, gather_duty_missed},
    {EVENT_FILING_RECORDED, gather_filing},
    {EVENT_MEETING_RECORDED, gather_meeting},
    {EVENT_SUPERVISION_OPENED, gather_supervised},
    {EVENT_SUPERVISION_UPDATED, gather_supervision_updated},
    {EVENT_SUPERVISION_CLOSED, gather_supervision_closed},
    {EVENT_FINDING_RECORDED, gather_finding},
    {EVENT_SCORES_PUBLISHED, gather_scores},
};

/* A charter that asks for no bulletin closes no period: there what is kept follows what is received. */
static void gather_age(struct turn *turn, const struct event *event)
{
    const struct charter *charter = turn_charter(turn, event->charter, NULL);
    if (charter == NULL || charter->bulletins_count > 0)
        return;
    int32_t day = period_months_before(civil_day_of(event->received_us, charter->zone), FACTS_HORIZON_MONTHS);
    struct reported reported = {INT64_MIN, civil_start_of_day_us(day, charter->zone)};
    if (reported.floor_us > facts_reported(turn, event->charter).floor_us)
        facts_conclude(turn, event->charter, &reported);
}

int gather_apply(struct turn *turn, const struct event *event)
{
    if (event->charter.bytes == 0) /* of no charter: a calendar's refusal, say */
        return 0;
    gather_age(turn, event);
    facts_prune(turn, event->charter);
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
