/* register.c - everything but deadlines as it stands, from the outcomes that changed it.
 *
 * An issue's states are coordination's (workers/coordination/flow.h), and each of the outcomes by which it
 * changes state or level ends the limit that ran until then: a missed deadline is never cleared (alarm.h), so
 * its due time would stay. */
#include "workers/ledger/counters.h"

#include "workers/common/holders.h"

/* One outcome's effect on one record: fields that it takes over, fields that it ends, the state that it
 * brings. */
struct change {
    enum event_kind kind;
    enum row_kind row;
    bool begins;       /* a row anew, or one that was there as it is: else nothing happens without one */
    const char *state; /* NULL: unchanged, or taken over */
    struct {
        enum field to, from;
    } taken[14];
    enum field ended[5];
};
#define SAME(field)                                                                                          \
    {                                                                                                        \
        FIELD_##field, FIELD_##field                                                                         \
    }
#define AS(to, from)                                                                                         \
    {                                                                                                        \
        FIELD_##to, FIELD_##from                                                                             \
    }
#define END FIELD_COUNT_OF_ALL
#define NO_MORE                                                                                              \
    {                                                                                                        \
        END, END                                                                                             \
    }

#define TAKES(...)    .taken = {__VA_ARGS__, NO_MORE}
#define TAKES_NOTHING .taken = {NO_MORE}

#define BEGINS  true
#define GOES_ON false

static const struct change changes[] = {
    {EVENT_ISSUE_OPENED,
     ROW_ISSUE,
     BEGINS,
     "coordinating",
     TAKES(SAME(TITLE), SAME(AREA), SAME(CLASS), SAME(INDICATOR), SAME(UNITS), SAME(RAISER), SAME(LEVEL),
           SAME(BODY), SAME(ROUND), SAME(TAGS), SAME(VERSION), SAME(RAISED)),
     {END}},
    {EVENT_ISSUE_ESCALATED,
     ROW_ISSUE,
     GOES_ON,
     "coordinating",
     TAKES(AS(LEVEL, TO), SAME(BODY), SAME(ROUND)),
     {FIELD_DUE, END}},
    {EVENT_ISSUE_SENT_BACK,
     ROW_ISSUE,
     GOES_ON,
     "coordinating",
     TAKES(AS(LEVEL, TO), SAME(BODY), SAME(ROUND)),
     {FIELD_DUE, END}},
    {EVENT_SOLUTION_ADOPTED, ROW_ISSUE, GOES_ON, "solving", TAKES_NOTHING, {FIELD_DUE, END}},
    {EVENT_DECISION_RECORDED, ROW_ISSUE, GOES_ON, "decided", TAKES_NOTHING, {FIELD_DUE, END}},
    {EVENT_TASKLIST_ISSUED, ROW_ISSUE, GOES_ON, "solving", TAKES_NOTHING, {FIELD_DUE, END}},
    {EVENT_ISSUE_SETTLED,
     ROW_ISSUE,
     GOES_ON,
     "settled",
     TAKES(AS(SETTLED, AT), SAME(HOW), SAME(LEVEL)),
     {FIELD_DUE, END}},
    {EVENT_ISSUE_CLOSED, ROW_ISSUE, GOES_ON, "closed", TAKES(AS(CLOSED, AT), SAME(HOW)), {FIELD_DUE, END}},
    {EVENT_ISSUE_REOPENED,
     ROW_ISSUE,
     GOES_ON,
     "coordinating",
     TAKES(SAME(LEVEL), SAME(BODY), SAME(ROUND)),
     {FIELD_DUE, FIELD_SETTLED, FIELD_CLOSED, FIELD_HOW, END}},
    {EVENT_WORK_NOTED, ROW_ISSUE, GOES_ON, NULL, TAKES(SAME(GROUP), SAME(PERSON), AS(RETURNS, COUNT)), {END}},
    {EVENT_TRANSITION_APPLIED,
     ROW_ISSUE,
     GOES_ON,
     NULL,
     TAKES(SAME(VERSION), SAME(LEVEL), SAME(BODY)),
     {END}},

    {EVENT_TASK_ASSIGNED,
     ROW_TASK,
     BEGINS,
     "assigned",
     TAKES(SAME(TITLE), SAME(UNIT), SAME(ISSUE), SAME(BY), SAME(OPINION), SAME(LIST), SAME(DECISION),
           SAME(LEVEL), SAME(NUMBER)),
     {END}},
    {EVENT_TASK_UPDATED, ROW_TASK, GOES_ON, NULL, TAKES(SAME(STATE), SAME(PERCENT), SAME(UNIT)), {END}},
    {EVENT_TASK_CLOSED, ROW_TASK, GOES_ON, "closed", TAKES(AS(CLOSED, AT)), {FIELD_DUE, FIELD_PERCENT, END}},

    {EVENT_DUTY_OPENED,
     ROW_DUTY,
     BEGINS,
     "open",
     TAKES(SAME(ROUTINE), SAME(KIND), SAME(BODY), SAME(BY), SAME(TITLE), SAME(POSTS), SAME(UNITS)),
     {END}},
    {EVENT_DUTY_MET,
     ROW_DUTY,
     BEGINS,
     "met",
     TAKES(SAME(ROUTINE), SAME(KIND), SAME(BODY), SAME(BY), SAME(TITLE), SAME(AT), SAME(ON_TIME),
           SAME(SUBJECT)),
     {END}},
    {EVENT_DUTY_MISSED,
     ROW_DUTY,
     BEGINS,
     "missed",
     TAKES(SAME(ROUTINE), SAME(KIND), SAME(BODY), SAME(BY), SAME(TITLE), SAME(POSTS), SAME(UNITS),
           SAME(RESULT)),
     {END}},
    {EVENT_DUTY_ENDED, ROW_DUTY, GOES_ON, "ended", TAKES(SAME(REASON)), {END}},

    {EVENT_MEETING_SCHEDULED,
     ROW_MEETING,
     BEGINS,
     "scheduled",
     TAKES(SAME(BODIES), SAME(TITLE), SAME(AT), SAME(POST), SAME(ATTENDEES), SAME(NOTE)),
     {END}},
    {EVENT_MEETING_DROPPED, ROW_MEETING, BEGINS, "dropped", TAKES(SAME(BODIES), SAME(REASON)), {END}},
    {EVENT_MEETING_RECORDED,
     ROW_MEETING,
     BEGINS,
     "held",
     TAKES(SAME(BODIES), SAME(TITLE), SAME(AT), SAME(POST), SAME(ATTENDEES), SAME(NOTE)),
     {END}},
    {EVENT_MINUTES_RECORDED,
     ROW_MEETING,
     BEGINS,
     NULL,
     TAKES(SAME(MINUTES), SAME(BODIES), SAME(ITEMS), SAME(VERSION)),
     {END}},

    {EVENT_FILING_RECORDED,
     ROW_FILING,
     BEGINS,
     "filed",
     TAKES(SAME(ROUTINE), SAME(BODY), SAME(BY), SAME(VERSION), SAME(TITLE), SAME(TO), SAME(ITEMS),
           SAME(ADDED), SAME(CARRIED), SAME(DROPPED), SAME(PARTS)),
     {END}},

    {EVENT_SUPERVISION_OPENED,
     ROW_ITEM,
     BEGINS,
     "open",
     TAKES(SAME(ORIGIN), SAME(TITLE), SAME(UNITS), SAME(SUPERVISORS), SAME(BY), SAME(OPINION), SAME(CITES),
           SAME(ISSUE), SAME(MEETING), SAME(INSPECTION), SAME(NUMBER), SAME(BODY), SAME(MINUTES)),
     {END}},
    {EVENT_INSPECTION_SCHEDULED,
     ROW_INSPECTION,
     BEGINS,
     "planned",
     TAKES(SAME(TITLE), SAME(UNITS), SAME(BY), SAME(PERIOD), SAME(DETAIL), SAME(POST)),
     {END}},
    {EVENT_INSPECTION_REPORTED,
     ROW_INSPECTION,
     BEGINS,
     "reported",
     TAKES(SAME(TITLE), SAME(UNITS), SAME(FINDINGS), SAME(POST), SAME(AT)),
     {END}},
    {EVENT_SUPERVISION_CLOSED,
     ROW_ITEM,
     GOES_ON,
     "closed",
     TAKES(AS(CLOSED, AT), SAME(HOW)),
     {FIELD_DUE, END}},
};

static void register_take_over(struct doc *record, enum field to, const struct doc *data, enum field from)
{
    if (to == from)
        doc_set_doc_field(record, to, data);
    else if (doc_has(data, from) && field_specs[to].kind == KIND_INT)
        doc_set_int(record, to, doc_int(data, from, 0));
    else if (doc_has(data, from))
        doc_set_written(record, to, doc_text(data, from));
}

static struct doc *register_row(struct turn *turn, const struct event *event, struct text id)
{
    struct doc *row = doc_new(turn_arena(turn));
    doc_set_text(row, FIELD_ID, id);
    if (event->charter.bytes > 0)
        doc_set_text(row, FIELD_CHARTER, event->charter);
    return row;
}

/* Issues and tasks begin when their cause was received, unless the event says otherwise. */
static struct doc *register_begin(struct turn *turn, const struct event *event, const struct change *change)
{
    struct doc *row = row_get(turn, change->row, event->subject);
    bool anew = change->row == ROW_ISSUE || change->row == ROW_TASK;
    if (row != NULL && !anew)
        return row;
    row = register_row(turn, event, event->subject);
    if (anew)
        doc_set_time(row, FIELD_RAISED, event->time_us, ledger_zone(turn, event));
    return row;
}

/* The field of an issue that says how often that happened to it. */
static enum field register_counts(enum event_kind kind)
{
    return kind == EVENT_ISSUE_ESCALATED  ? FIELD_MOVED_UP
           : kind == EVENT_ISSUE_REOPENED ? FIELD_REOPENED
                                          : END;
}

static void register_change(struct turn *turn, const struct event *event, const struct change *change)
{
    struct doc *row =
        change->begins ? register_begin(turn, event, change) : row_get(turn, change->row, event->subject);
    if (row == NULL)
        return;
    if (change->state != NULL)
        doc_set_text(row, FIELD_STATE, text_from(change->state));
    for (size_t i = 0; change->taken[i].to != END; i++)
        register_take_over(row, change->taken[i].to, event->data, change->taken[i].from);
    for (size_t i = 0; change->ended[i] != END; i++)
        doc_unset(row, change->ended[i]);
    if (register_counts(change->kind) != END)
        doc_set_int(row, register_counts(change->kind), doc_int(row, register_counts(change->kind), 0) + 1);
    if (change->row == ROW_ISSUE)
        issue_work_out(row);
    row_put(turn, event, change->row, event->subject, row);
}

/* ---- what has an id of its own, or changes in another way ---- */

static void register_topic(struct turn *turn, const struct event *event)
{
    struct text id = arena_printf(turn_arena(turn), "%.*s/%.*s", TEXT_PRINT(event->subject),
                                  TEXT_PRINT(doc_text(event->data, FIELD_TOPIC)));
    struct doc *row = row_get(turn, ROW_TOPIC, id);
    static const enum field taken[] = {FIELD_TOPIC, FIELD_TITLE, FIELD_STATE, FIELD_KIND,
                                       FIELD_ISSUE, FIELD_UNIT,  FIELD_NOTE,  FIELD_REASON};
    if (row == NULL)
        row = register_row(turn, event, id);
    doc_set_text(row, FIELD_MEETING, event->subject);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(row, taken[i], event->data);
    row_put(turn, event, ROW_TOPIC, id, row);
}

/* With a unit it is that unit's part that changed, not the item (S0-12). */
static void register_item(struct turn *turn, const struct event *event)
{
    struct doc *row = row_get(turn, ROW_ITEM, event->subject);
    static const enum field taken[] = {FIELD_PERCENT, FIELD_COUNT, FIELD_UNITS, FIELD_BY, FIELD_LIST};
    if (row == NULL)
        return;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(row, taken[i], event->data);
    if (!doc_has(event->data, FIELD_UNIT))
        doc_set_doc_field(row, FIELD_STATE, event->data);
    row_put(turn, event, ROW_ITEM, event->subject, row);
}

static void register_finding(struct turn *turn, const struct event *event)
{
    struct text id = arena_printf(turn_arena(turn), "%.*s/%lld", TEXT_PRINT(event->subject),
                                  (long long)doc_int(event->data, FIELD_NUMBER, 0));
    struct doc *row = register_row(turn, event, id);
    static const enum field taken[] = {FIELD_NUMBER, FIELD_UNIT, FIELD_TITLE, FIELD_REASON, FIELD_BY};
    doc_set_text(row, FIELD_INSPECTION, event->subject);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(row, taken[i], event->data);
    row_put(turn, event, ROW_FINDING, id, row);
}

static void register_check(struct turn *turn, const struct event *event)
{
    bool own = event->type->kind == EVENT_SELFCHECK_RECORDED;
    struct text kind = own ? TEXT("selfcheck") : TEXT("check");
    struct text id = arena_printf(turn_arena(turn), "%.*s/%.*s/%.*s/%.*s", TEXT_PRINT(kind),
                                  TEXT_PRINT(event->charter), TEXT_PRINT(doc_text(event->data, FIELD_PERIOD)),
                                  TEXT_PRINT(doc_text(event->data, FIELD_UNIT)));
    struct doc *row = row_get(turn, ROW_CHECK, id);
    static const enum field taken[] = {FIELD_UNIT, FIELD_PERIOD,     FIELD_SCORES, FIELD_VERSION,
                                       FIELD_NOTE, FIELD_INSPECTION, FIELD_POST};
    if (row == NULL)
        row = register_row(turn, event, id);
    doc_set_text(row, FIELD_KIND, kind);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(row, taken[i], event->data);
    row_put(turn, event, ROW_CHECK, id, row);
}

/* ---- scores: a row for each, whose state says whether a later version stands in its place ---- */

static struct text score_id(struct turn *turn, const struct event *event, int64_t version, size_t index)
{
    return arena_printf(turn_arena(turn), "%.*s/%.*s/%lld/%04zu", TEXT_PRINT(event->charter),
                        TEXT_PRINT(doc_text(event->data, FIELD_PERIOD)), (long long)version, index + 1);
}

static void register_superseded(struct turn *turn, const struct event *event, int64_t version)
{
    for (size_t i = 0;; i++) {
        struct text id = score_id(turn, event, version, i);
        struct doc *row = row_get(turn, ROW_SCORE, id);
        if (row == NULL)
            return;
        doc_set_text(row, FIELD_STATE, TEXT("superseded"));
        row_put(turn, event, ROW_SCORE, id, row);
    }
}

static void register_scores(struct turn *turn, const struct event *event)
{
    static const enum field of_all[] = {FIELD_PERIOD, FIELD_NUMBER, FIELD_VERSION, FIELD_TITLE};
    static const enum field of_each[] = {FIELD_POINTS, FIELD_UNIT, FIELD_POST,  FIELD_NAME,
                                         FIELD_RANK,   FIELD_NOTE, FIELD_INPUTS};
    int64_t version = doc_int(event->data, FIELD_VERSION, 1);
    register_superseded(turn, event, version - 1);
    for (size_t i = 0; i < doc_count(event->data, FIELD_SCORES); i++) {
        struct text id = score_id(turn, event, version, i);
        struct doc *row = register_row(turn, event, id);
        for (size_t f = 0; f < sizeof of_all / sizeof *of_all; f++)
            doc_set_doc_field(row, of_all[f], event->data);
        for (size_t f = 0; f < sizeof of_each / sizeof *of_each; f++)
            doc_set_doc_field(row, of_each[f], doc_doc_at(event->data, FIELD_SCORES, i));
        doc_set_text(row, FIELD_STATE, TEXT("current"));
        row_put(turn, event, ROW_SCORE, id, row);
    }
}

/* ---- notifications: what a post is told of an event, by a channel ---- */

static void register_notification(struct turn *turn, const struct event *event)
{
    static const struct {
        enum event_kind kind;
        const char *state;
    } states[] = {{EVENT_NOTIFICATION_QUEUED, "queued"},
                  {EVENT_NOTIFICATION_SENT, "sent"},
                  {EVENT_NOTIFICATION_DELIVERED, "delivered"},
                  {EVENT_NOTIFICATION_FAILED, "failed"},
                  {EVENT_NOTIFICATION_SILENCED, "silenced"}};
    struct text post = doc_text(event->data, FIELD_POST), state = TEXT_NONE;
    struct text id = arena_printf(turn_arena(turn), "%lld/%.*s/%.*s",
                                  (long long)doc_int(event->data, FIELD_SEQ, (int64_t)event->seq),
                                  TEXT_PRINT(post), TEXT_PRINT(doc_text(event->data, FIELD_CHANNEL)));
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (states[i].kind == event->type->kind)
            state = text_from(states[i].state);
    static const enum field taken[] = {FIELD_POST, FIELD_CHANNEL, FIELD_EVENT,    FIELD_SEQ,   FIELD_PERSON,
                                       FIELD_HOW,  FIELD_COUNT,   FIELD_ATTEMPTS, FIELD_REASON};
    struct doc *row = row_get(turn, ROW_NOTIFICATION, id);
    if (row == NULL)
        row = register_row(turn, event, id);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(row, taken[i], event->data);
    if (event->subject.bytes > 0)
        doc_set_text(row, FIELD_SUBJECT, event->subject);
    doc_set_time(row, FIELD_AT, event->received_us, ledger_zone(turn, event));
    doc_set_text(row, FIELD_STATE, state);
    row_put(turn, event, ROW_NOTIFICATION, id, row);
}

/* ---- bulletins, charters, posts ---- */

static void register_bulletin(struct turn *turn, const struct event *event)
{
    bool corrects = event->type->kind == EVENT_BULLETIN_CORRECTED;
    struct text id = doc_text(event->data, FIELD_BULLETIN);
    if (corrects)
        id = arena_printf(turn_arena(turn), "%.*s#%lld", TEXT_PRINT(id),
                          (long long)doc_int(event->data, FIELD_NUMBER, 0));
    struct doc *row = doc_copy(turn_arena(turn), event->data);
    doc_set_text(row, FIELD_BULLETIN, id);
    if (event->charter.bytes > 0)
        doc_set_text(row, FIELD_CHARTER, event->charter);
    doc_set_text(row, FIELD_STATE, corrects ? TEXT("correction") : TEXT("published"));
    doc_set_int(row, FIELD_SEQ, (int64_t)event->seq);
    row_put(turn, event, ROW_BULLETIN, id, row);
}

static struct text charter_id(struct turn *turn, struct text name, int64_t version)
{
    return arena_printf(turn_arena(turn), "%.*s/%06lld", TEXT_PRINT(name), (long long)version);
}

/* The version that held until now. */
static void register_charter_ends(struct turn *turn, const struct event *event, struct text name,
                                  int64_t version)
{
    struct text id = charter_id(turn, name, version);
    struct doc *row = version > 0 ? row_get(turn, ROW_CHARTER, id) : NULL;
    if (row == NULL)
        return;
    doc_set_text(row, FIELD_STATE, TEXT("superseded"));
    row_put(turn, event, ROW_CHARTER, id, row);
}

static void register_charter(struct turn *turn, const struct event *event)
{
    static const enum field taken[] = {FIELD_NAME,   FIELD_VERSION,   FIELD_TITLE,     FIELD_FILE,
                                       FIELD_DIGEST, FIELD_EFFECTIVE, FIELD_TRANSITION};
    bool holds = event->type->kind == EVENT_CHARTER_ENACTED;
    struct text name = doc_text(event->data, FIELD_NAME);
    int64_t version = doc_int(event->data, FIELD_VERSION, 0);
    struct text id = charter_id(turn, name, version);
    struct doc *row = row_get(turn, ROW_CHARTER, id);
    if (row == NULL)
        row = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(row, taken[i], event->data);
    doc_set_text(row, FIELD_ID, id);
    doc_set_text(row, FIELD_STATE, holds ? TEXT("in-force") : TEXT("accepted"));
    if (!doc_has(row, FIELD_RECEIVED)) /* accepted for a later day, it was adopted then */
        doc_set_time(row, FIELD_RECEIVED, event->time_us, ledger_zone(turn, event));
    if (holds)
        doc_set_time(row, FIELD_AT, event->time_us, ledger_zone(turn, event));
    doc_set_int(row, FIELD_SEQ, (int64_t)event->seq);
    row_put(turn, event, ROW_CHARTER, id, row);
    if (holds)
        register_charter_ends(turn, event, name, version - 1);
}

/* Which version of a charter the runtime reads; it has taken the event in before. */
static void register_rules(struct turn *turn, const struct event *event)
{
    struct text name = doc_text(event->data, FIELD_NAME);
    uint64_t version = 0;
    if (turn_charter(turn, name, &version) == NULL)
        return;
    struct doc *row = doc_new(turn_arena(turn));
    doc_set_text(row, FIELD_NAME, name);
    doc_set_int(row, FIELD_VERSION, (int64_t)version);
    row_put(turn, event, ROW_RULES, name, row);
}

static void register_holder(struct turn *turn, const struct event *event)
{
    const struct charter *charter = turn_charter(turn, event->charter, NULL);
    const struct post *post =
        charter != NULL ? charter_post(charter, doc_text(event->data, FIELD_POST)) : NULL;
    if (post == NULL)
        return;
    struct text id = row_holder_id(turn_arena(turn), charter->name, post->id);
    const struct doc *before = row_get(turn, ROW_HOLDER, id);
    row_put(turn, event, ROW_HOLDER, id,
            holders_after(turn_arena(turn),
                          before != NULL ? holders_names(turn_arena(turn), before) : post->holders, event));
}

/* ---- the table of what changes in another way ---- */

static const struct {
    enum event_kind kind;
    void (*take_in)(struct turn *turn, const struct event *event);
} takers[] = {
    {EVENT_TOPIC_RECORDED, register_topic},
    {EVENT_TOPIC_EXAMINED, register_topic},
    {EVENT_SUPERVISION_UPDATED, register_item},
    {EVENT_FINDING_RECORDED, register_finding},
    {EVENT_SELFCHECK_RECORDED, register_check},
    {EVENT_CHECK_RECORDED, register_check},
    {EVENT_SCORES_PUBLISHED, register_scores},
    {EVENT_NOTIFICATION_QUEUED, register_notification},
    {EVENT_NOTIFICATION_SENT, register_notification},
    {EVENT_NOTIFICATION_DELIVERED, register_notification},
    {EVENT_NOTIFICATION_FAILED, register_notification},
    {EVENT_NOTIFICATION_SILENCED, register_notification},
    {EVENT_BULLETIN_PUBLISHED, register_bulletin},
    {EVENT_BULLETIN_CORRECTED, register_bulletin},
    {EVENT_CHARTER_ACCEPTED, register_charter},
    {EVENT_CHARTER_ENACTED, register_charter},
    {EVENT_CHARTER_ADOPTED, register_rules},
    {EVENT_CHARTER_ENACTED, register_rules},
    {EVENT_POST_HELD, register_holder},
};

void ledger_take_in(struct turn *turn, const struct event *event)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (changes[i].kind == event->type->kind)
            register_change(turn, event, &changes[i]);
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (takers[i].kind == event->type->kind)
            takers[i].take_in(turn, event);
}
