/* history.c - see history.h.
 *
 *  1. sequence numbers are 1, 2, 3 …; receive stamps never decrease
 *  2. what was acknowledged is there, once, with the same bytes
 *  3. no identity stands twice
 *  4. every report has a verdict of the role that decides it; every outcome's siblings are all there
 *  5. a deadline rings at most once for each time that it is set, and is missed at most once
 *  6. one that was cleared in time is never missed; one that was not, and whose time has come, is
 *  7. no escalation without its papers, and none refused for others than are missing (guards.h)
 *  8. what else is owed: duties, supervision, messages, scores (promises.h)
 */
#include "tests/sim/history.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "tests/sim/guards.h"
#include "tests/sim/promises.h"

enum { HISTORY_DEADLINES_MAX = 16384, HISTORY_EVENTS_MAX = 65536, HISTORY_SLOTS = 1 << 17 };

struct history_deadline {
    struct text id, owner, label;
    bool dated, cleared, moved_after_reached;
    int64_t due_us, cleared_us;
    unsigned set, reached, missed;
};
struct history_event {
    uint64_t key; /* digest of the identity */
    struct digest body;
    bool report;
    enum role_name role;
    uint64_t cause;
    unsigned verdicts; /* of a report: outcomes of its role that name it as their cause */
};
struct history {
    struct arena arena;
    struct history_event *events; /* index: seq - 1 */
    size_t events_count;
    struct history_deadline *deadlines;
    size_t deadlines_count;
    uint32_t *identities, *deadline_slots; /* open addressing: index + 1 */
    int64_t last_received_us;
    struct guards guards;
    struct promises promises;
    struct history_verdict *verdict;
};

__attribute__((format(printf, 2, 3))) static void history_wrong(struct history *history, const char *format,
                                                                ...)
{
    va_list arguments;
    if (!history->verdict->good)
        return; /* the first finding is the telling one */
    history->verdict->good = false;
    va_start(arguments, format);
    vsnprintf(history->verdict->reason, sizeof history->verdict->reason, format, arguments);
    va_end(arguments);
}

/* ---- 3: identities ---- */

static void history_identity(struct history *history, const struct event *event)
{
    struct text identity =
        arena_printf(&history->arena, "%.*s\n%.*s", TEXT_PRINT(event->source), TEXT_PRINT(event->id));
    uint64_t key = digest_short((struct bytes){(const unsigned char *)identity.at, identity.bytes});
    size_t slot = key % HISTORY_SLOTS;
    for (; history->identities[slot] != 0; slot = (slot + 1) % HISTORY_SLOTS)
        if (history->events[history->identities[slot] - 1].key == key)
            history_wrong(history, "#%llu has the identity of #%u: %.*s", (unsigned long long)event->seq,
                          history->identities[slot], TEXT_PRINT(identity));
    history->identities[slot] = (uint32_t)event->seq;
    history->events[event->seq - 1].key = key;
}

/* ---- 4: verdicts and siblings ---- */

/* "<role>-<cause>-<index>-<count>": the count, 0 if it is no such id. */
static unsigned history_siblings(struct text id)
{
    uint64_t count;
    for (size_t at = id.bytes; at > 0; at--)
        if (id.at[at - 1] == '-')
            return text_parse_u64((struct text){id.at + at, id.bytes - at}, &count) ? (unsigned)count : 0;
    return 0;
}

static void history_outcome(struct history *history, const struct event *event)
{
    if (event->cause == 0 || event->cause >= event->seq) {
        history_wrong(history, "#%llu %.*s names no cause before it", (unsigned long long)event->seq,
                      TEXT_PRINT(event->type_name));
        return;
    }
    if (history_siblings(event->id) == 0)
        history_wrong(history, "#%llu has an id of another shape: %.*s", (unsigned long long)event->seq,
                      TEXT_PRINT(event->id));
    struct history_event *cause = &history->events[event->cause - 1];
    if (cause->report &&
        text_is(event->publisher, arena_printf(&history->arena, "worker/%s", role_text(cause->role)).at))
        cause->verdicts++;
}

/* Every set of outcomes of one role and cause is whole. */
static int history_siblings_check(void *context, const struct entry *entry)
{
    struct history *history = context;
    struct event event;
    struct complaint complaint;
    if (entry_decode(&history->arena, entry, &event, &complaint) != 0 || event.type->report ||
        text_is(event.publisher, "duband"))
        return 0;
    unsigned count = history_siblings(event.id);
    size_t stem = event.id.bytes;
    for (unsigned dashes = 0; stem > 0 && dashes < 2; stem--)
        dashes += event.id.at[stem - 1] == '-' ? 1 : 0;
    for (unsigned index = 1; index <= count; index++) {
        struct text identity = arena_printf(&history->arena, "%.*s\n%.*s-%u-%u", TEXT_PRINT(event.source),
                                            (int)stem, event.id.at, index, count);
        uint64_t key = digest_short((struct bytes){(const unsigned char *)identity.at, identity.bytes});
        size_t slot = key % HISTORY_SLOTS;
        while (history->identities[slot] != 0 && history->events[history->identities[slot] - 1].key != key)
            slot = (slot + 1) % HISTORY_SLOTS;
        if (history->identities[slot] == 0)
            history_wrong(history, "#%llu %.*s: its sibling %u of %u is missing",
                          (unsigned long long)entry->seq, TEXT_PRINT(event.id), index, count);
    }
    return 0;
}

/* ---- 5, 6: deadlines ---- */

static struct history_deadline *history_deadline(struct history *history, struct text id, bool make)
{
    uint64_t key = digest_short((struct bytes){(const unsigned char *)id.at, id.bytes});
    size_t slot = key % HISTORY_SLOTS;
    for (; history->deadline_slots[slot] != 0; slot = (slot + 1) % HISTORY_SLOTS)
        if (text_equal(history->deadlines[history->deadline_slots[slot] - 1].id, id))
            return &history->deadlines[history->deadline_slots[slot] - 1];
    if (!make)
        return NULL;
    ASSERT(history->deadlines_count < HISTORY_DEADLINES_MAX);
    struct history_deadline *deadline = &history->deadlines[history->deadlines_count++];
    *deadline = (struct history_deadline){.id = arena_text_copy(&history->arena, id)};
    history->deadline_slots[slot] = (uint32_t)history->deadlines_count;
    return deadline;
}

static void history_deadline_event(struct history *history, const struct event *event)
{
    struct history_deadline *deadline = history_deadline(history, doc_text(event->data, FIELD_DEADLINE),
                                                         event->type->kind == EVENT_DEADLINE_SET);
    if (deadline == NULL) {
        history_wrong(history, "#%llu %.*s of a deadline that was never set", (unsigned long long)event->seq,
                      TEXT_PRINT(event->type_name));
        return;
    }
    switch (event->type->kind) {
    case EVENT_DEADLINE_SET:
        deadline->owner = arena_text_copy(&history->arena, doc_text(event->data, FIELD_OWNER));
        deadline->label = arena_text_copy(&history->arena, doc_text(event->data, FIELD_LABEL));
        deadline->set++;
        deadline->cleared = false; /* the same id again replaces it */
        break;
    case EVENT_DEADLINE_FIXED:
        deadline->dated = doc_has(event->data, FIELD_DUE);
        deadline->due_us = doc_time_us(event->data, FIELD_DUE, 0);
        break;
    case EVENT_DEADLINE_MOVED:
        if (deadline->reached >= deadline->set)
            history_wrong(history, "#%llu moves %.*s, which had rung", (unsigned long long)event->seq,
                          TEXT_PRINT(deadline->id));
        deadline->due_us = doc_time_us(event->data, FIELD_AFTER, 0);
        break;
    case EVENT_DEADLINE_CLEARED:
        if (!deadline->cleared)
            deadline->cleared_us = doc_time_us(event->data, FIELD_AT, 0);
        deadline->cleared = true;
        break;
    case EVENT_DEADLINE_REACHED:
        deadline->reached++;
        if (doc_time_us(event->data, FIELD_DUE, 0) != deadline->due_us)
            history_wrong(history, "#%llu: %.*s rang with another due time than it had",
                          (unsigned long long)event->seq, TEXT_PRINT(deadline->id));
        break;
    case EVENT_DEADLINE_MISSED:
        deadline->missed++;
        history->verdict->missed++;
        break;
    default:
        break;
    }
}

/* S2-14: what is owed in principle (原则上) is told as duty.missed (promises.h), and is no missed deadline.
 */
static bool history_in_principle(const struct history *history, const struct history_deadline *deadline)
{
    const struct charter *charter = history->guards.charter;
    const struct routines_rules *rules = &charter->routines;
    for (size_t i = 0; i < rules->routines_count; i++) {
        char prefix[2 * NAME_BYTES_MAX];
        snprintf(prefix, sizeof prefix, "%.*s/%.*s/", TEXT_PRINT(charter->name),
                 TEXT_PRINT(rules->routines[i].id));
        if (rules->routines[i].in_principle && text_starts_with(deadline->id, text_from(prefix)))
            return true;
    }
    return false;
}

/* A period's end, a raiser's silence, a version's first day, and the hour at which a post is told are
 * reached, never missed. */
static bool history_can_be_missed(const struct history_deadline *deadline)
{
    return !text_is(deadline->owner, "bulletins") && !text_is(deadline->owner, "notifications") &&
           !text_is(deadline->label, "confirmation") && !text_is(deadline->label, "scores") &&
           !text_starts_with(deadline->label, TEXT("effective:"));
}

static void history_deadline_check(struct history *history, const struct history_deadline *deadline,
                                   int64_t through_us)
{
    const char *id = deadline->id.at;
    if (deadline->reached > deadline->set)
        history_wrong(history, "%s was set %u times and rang %u times", id, deadline->set, deadline->reached);
    if (deadline->missed > 1)
        history_wrong(history, "%s was missed %u times", id, deadline->missed);
    if (!deadline->dated || deadline->due_us >= through_us)
        return;
    bool in_time = deadline->cleared && deadline->cleared_us <= deadline->due_us;
    history->verdict->kept += in_time ? 1 : 0;
    if (in_time && deadline->missed > 0)
        history_wrong(history, "%s was cleared in time and yet declared missed", id);
    if (!in_time && deadline->reached == 0)
        history_wrong(history, "%s never rang", id);
    bool counts = history_can_be_missed(deadline) && !history_in_principle(history, deadline);
    if (!in_time && counts && deadline->missed == 0)
        history_wrong(history, "%s was not met and never declared missed", id);
    if (!counts && deadline->missed > 0)
        history_wrong(history, "%s is not to be missed, and was declared so", id);
}

/* ---- the pass ---- */

static void history_count(struct history_verdict *verdict, const struct event *event)
{
    verdict->reports += event->type->report ? 1 : 0;
    verdict->refused += event->type->kind == EVENT_REQUEST_REFUSED ? 1 : 0;
    verdict->deadlines += event->type->kind == EVENT_DEADLINE_SET ? 1 : 0;
    verdict->tasks += event->type->kind == EVENT_TASK_ASSIGNED ? 1 : 0;
    verdict->bulletins += event->type->kind == EVENT_BULLETIN_PUBLISHED ? 1 : 0;
}

static int history_entry(void *context, const struct entry *entry)
{
    struct history *history = context;
    struct event event;
    struct complaint complaint;
    if (entry->seq != history->events_count + 1)
        history_wrong(history, "#%llu follows #%zu", (unsigned long long)entry->seq, history->events_count);
    if (entry->received_us < history->last_received_us)
        history_wrong(history, "the stamp of #%llu goes back", (unsigned long long)entry->seq);
    history->last_received_us = entry->received_us;
    ASSERT(history->events_count < HISTORY_EVENTS_MAX);
    struct history_event *seen = &history->events[history->events_count++];
    *seen = (struct history_event){.body = digest_of(entry->body)};
    if (entry_decode(&history->arena, entry, &event, &complaint) != 0) {
        history_wrong(history, "#%llu is no event: %s", (unsigned long long)entry->seq, complaint.message);
        return 0;
    }
    seen->report = event.type->report;
    seen->role = event.type->role;
    history_identity(history, &event);
    history_count(history->verdict, &event);
    if (event.type->kind == EVENT_EVENT_SET_ASIDE)
        history_wrong(history, "#%llu: %.*s set #%lld aside: %.*s", (unsigned long long)event.seq,
                      TEXT_PRINT(event.publisher), (long long)doc_int(event.data, FIELD_SEQ, 0),
                      TEXT_PRINT(doc_text(event.data, FIELD_REASON)));
    if (!event.type->report && !text_is(event.publisher, "duband"))
        history_outcome(history, &event);
    if (doc_has(event.data, FIELD_DEADLINE))
        history_deadline_event(history, &event);
    const char *wrong = guards_see(&history->guards, &event);
    if (wrong != NULL)
        history_wrong(history, "#%llu about %.*s: %s", (unsigned long long)event.seq,
                      TEXT_PRINT(event.subject), wrong);
    wrong = promises_see(&history->promises, &event);
    if (wrong != NULL)
        history_wrong(history, "#%llu %.*s: %s", (unsigned long long)event.seq, TEXT_PRINT(event.subject),
                      wrong);
    return 0;
}

static void history_acknowledged_check(struct history *history, const struct acknowledged *acknowledged,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t seq = acknowledged[i].seq;
        if (seq == 0 || seq > history->events_count)
            history_wrong(history, "#%llu was acknowledged and is lost", (unsigned long long)seq);
        else if (memcmp(&history->events[seq - 1].body, &acknowledged[i].body, sizeof acknowledged[i].body) !=
                 0)
            history_wrong(history, "#%llu holds other bytes than were acknowledged", (unsigned long long)seq);
    }
}

void history_judge(struct world *world, const struct charter *charter,
                   const struct acknowledged *acknowledged, size_t count, int64_t through_us,
                   struct history_verdict *verdict_out)
{
    struct history history = {.verdict = verdict_out};
    history.guards = (struct guards){.charter = charter, .arena = &history.arena};
    *verdict_out = (struct history_verdict){.good = true};
    arena_open(&history.arena, 1 << 28);
    promises_open(&history.promises, &history.arena);
    history.events = memory_alloc(sizeof *history.events * HISTORY_EVENTS_MAX);
    history.deadlines = memory_alloc(sizeof *history.deadlines * HISTORY_DEADLINES_MAX);
    history.identities = calloc(HISTORY_SLOTS, sizeof *history.identities);
    history.deadline_slots = calloc(HISTORY_SLOTS, sizeof *history.deadline_slots);
    ASSERT(history.identities != NULL && history.deadline_slots != NULL);
    (void)!world_each(world, 1, history_entry, &history);
    (void)!world_each(world, 1, history_siblings_check, &history);
    verdict_out->events = history.events_count;
    verdict_out->escalations = history.guards.escalations;
    history_acknowledged_check(&history, acknowledged, count);
    for (size_t i = 0; i < history.events_count; i++)
        if (history.events[i].report && history.events[i].verdicts == 0)
            history_wrong(&history, "#%zu is a report without a verdict", i + 1);
    for (size_t i = 0; i < history.deadlines_count; i++)
        history_deadline_check(&history, &history.deadlines[i], through_us);
    const char *wrong = promises_end(&history.promises, through_us);
    if (wrong != NULL)
        history_wrong(&history, "%s", wrong);
    verdict_out->duties = history.promises.duties;
    verdict_out->items = history.promises.items;
    verdict_out->scores = history.promises.scores;
    verdict_out->versions = history.promises.versions;
    verdict_out->transitions = history.promises.transitions;
    promises_close(&history.promises);
    free(history.events);
    free(history.deadlines);
    free(history.identities);
    free(history.deadline_slots);
    arena_close(&history.arena);
}
