/* register.c - issues, tasks, bulletins, charters and posts as they stand, from the outcomes that changed
 * them.
 *
 * An issue's states are coordination's (workers/coordination/flow.h), and each of the outcomes by which it
 * changes state or level ends the limit that ran until then: a missed deadline is never cleared (alarm.h), so
 * its due time would stay. */
#include "workers/ledger/ledger.h"

#include "workers/common/holders.h"

/* One outcome's effect on one record: fields that it takes over, fields that it ends, the state that it
 * brings. */
struct change {
    enum event_kind kind;
    enum ledger_table table;
    const char *state; /* NULL: unchanged, or taken over */
    struct {
        enum field to, from;
    } taken[12];
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

static const struct change changes[] = {
    {EVENT_ISSUE_OPENED,
     LEDGER_ISSUE,
     "coordinating",
     TAKES(SAME(TITLE), SAME(AREA), SAME(CLASS), SAME(INDICATOR), SAME(UNITS), SAME(RAISER), SAME(LEVEL),
           SAME(BODY), SAME(ROUND)),
     {END}},
    {EVENT_ISSUE_ESCALATED,
     LEDGER_ISSUE,
     "coordinating",
     TAKES(AS(LEVEL, TO), SAME(BODY), SAME(ROUND)),
     {FIELD_DUE, END}},
    {EVENT_ISSUE_SENT_BACK,
     LEDGER_ISSUE,
     "coordinating",
     TAKES(AS(LEVEL, TO), SAME(BODY), SAME(ROUND)),
     {FIELD_DUE, END}},
    {EVENT_SOLUTION_ADOPTED, LEDGER_ISSUE, "solving", TAKES_NOTHING, {FIELD_DUE, END}},
    {EVENT_DECISION_RECORDED, LEDGER_ISSUE, "decided", TAKES_NOTHING, {FIELD_DUE, END}},
    {EVENT_TASKLIST_ISSUED, LEDGER_ISSUE, "solving", TAKES_NOTHING, {FIELD_DUE, END}},
    {EVENT_ISSUE_SETTLED,
     LEDGER_ISSUE,
     "settled",
     TAKES(AS(SETTLED, AT), SAME(HOW), SAME(LEVEL)),
     {FIELD_DUE, END}},
    {EVENT_ISSUE_CLOSED, LEDGER_ISSUE, "closed", TAKES(AS(CLOSED, AT), SAME(HOW)), {FIELD_DUE, END}},
    {EVENT_ISSUE_REOPENED,
     LEDGER_ISSUE,
     "coordinating",
     TAKES(SAME(LEVEL), SAME(BODY), SAME(ROUND)),
     {FIELD_DUE, FIELD_SETTLED, FIELD_CLOSED, FIELD_HOW, END}},
    {EVENT_TASK_ASSIGNED,
     LEDGER_TASK,
     "assigned",
     TAKES(SAME(TITLE), SAME(UNIT), SAME(ISSUE), SAME(BY), SAME(OPINION), SAME(LIST), SAME(DECISION),
           SAME(LEVEL), SAME(NUMBER)),
     {END}},
    {EVENT_TASK_UPDATED, LEDGER_TASK, NULL, TAKES(SAME(STATE), SAME(PERCENT), SAME(UNIT)), {END}},
    {EVENT_TASK_CLOSED, LEDGER_TASK, "closed", TAKES(AS(CLOSED, AT)), {FIELD_DUE, END}},
};

static void register_take_over(struct doc *record, enum field to, const struct doc *data, enum field from)
{
    if (to == from)
        doc_set_doc_field(record, to, data);
    else if (doc_has(data, from))
        doc_set_written(record, to, doc_text(data, from));
}

static struct doc *register_new(struct turn *turn, const struct event *event)
{
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_ID, event->subject);
    if (event->charter.bytes > 0)
        doc_set_text(record, FIELD_CHARTER, event->charter);
    doc_set_time(record, FIELD_RAISED, event->time_us,
                 ledger_zone(turn, event)); /* the cause's receive stamp */
    return record;
}

static void register_change(struct turn *turn, const struct event *event, const struct change *change)
{
    bool begins = change->kind == EVENT_ISSUE_OPENED || change->kind == EVENT_TASK_ASSIGNED;
    struct key key = ledger_key(change->table, event->subject);
    struct doc *record = begins ? register_new(turn, event) : record_get(turn, &key);
    if (record == NULL)
        return;
    if (change->state != NULL)
        doc_set_text(record, FIELD_STATE, text_from(change->state));
    for (size_t i = 0; change->taken[i].to != END; i++)
        register_take_over(record, change->taken[i].to, event->data, change->taken[i].from);
    for (size_t i = 0; change->ended[i] != END; i++)
        doc_unset(record, change->ended[i]);
    record_put(turn, &key, record);
}

/* ---- bulletins, charters ---- */

static void register_bulletin(struct turn *turn, const struct event *event)
{
    struct doc *record = doc_copy(turn_arena(turn), event->data);
    if (event->charter.bytes > 0)
        doc_set_text(record, FIELD_CHARTER, event->charter);
    doc_set_int(record, FIELD_SEQ, (int64_t)event->seq);
    struct key key = ledger_key(LEDGER_BULLETIN, event->subject);
    record_put(turn, &key, record);
}

static void register_charter(struct turn *turn, const struct event *event)
{
    static const enum field taken[] = {FIELD_NAME, FIELD_VERSION, FIELD_TITLE, FIELD_FILE, FIELD_DIGEST};
    struct doc *record = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        doc_set_doc_field(record, taken[i], event->data);
    doc_set_time(record, FIELD_RECEIVED, event->time_us, ledger_zone(turn, event));
    doc_set_int(record, FIELD_SEQ, (int64_t)event->seq);
    struct key key = ledger_key(LEDGER_CHARTER, doc_text(event->data, FIELD_NAME));
    record_put(turn, &key, record);
}

void ledger_take_in(struct turn *turn, const struct event *event)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        if (changes[i].kind == event->type->kind) {
            register_change(turn, event, &changes[i]);
            return;
        }
    if (event->type->kind == EVENT_BULLETIN_PUBLISHED)
        register_bulletin(turn, event);
    else if (event->type->kind == EVENT_CHARTER_ENACTED)
        register_charter(turn, event);
    else if (event->type->kind == EVENT_POST_HELD)
        holders_apply(turn, LEDGER_HOLDER, event);
}
