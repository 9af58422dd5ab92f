/* promises.c - see promises.h. */
#include "tests/sim/promises.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/log.h"

/* The first byte of a key: what kind of promise it is. */
enum { PROMISES_QUEUE_DAYS = 14 }; /* longer than any queue is closed */
enum {
    PROMISE_DUTY = 'd',
    PROMISE_SERIES = 's',
    PROMISE_ITEM = 'i',
    PROMISE_MINUTED = 'm',
    PROMISE_ASKED = 'a',
    PROMISE_QUEUED = 'q',
    PROMISE_CONFIRMED = 'c',
    PROMISE_SILENCED = 'z',
    PROMISE_SCORES = 'p',
    PROMISE_ISSUE = 'o' /* made: told of so often it must be; kept: it was */
};

void promises_open(struct promises *promises, struct arena *arena)
{
    *promises = (struct promises){.arena = arena};
    promises->at = memory_alloc(sizeof *promises->at * PROMISES_MAX);
    promises->slots = calloc(PROMISES_SLOTS, sizeof *promises->slots);
    ASSERT(promises->slots != NULL);
}

void promises_close(struct promises *promises)
{
    free(promises->at);
    free(promises->slots);
}

static struct promise *promise_find(struct promises *promises, struct text key, bool make)
{
    uint64_t hash = digest_short((struct bytes){(const unsigned char *)key.at, key.bytes});
    size_t slot = hash % PROMISES_SLOTS;
    for (; promises->slots[slot] != 0; slot = (slot + 1) % PROMISES_SLOTS)
        if (text_equal(promises->at[promises->slots[slot] - 1].key, key))
            return &promises->at[promises->slots[slot] - 1];
    if (!make)
        return NULL;
    ASSERT(promises->count < PROMISES_MAX);
    struct promise *promise = &promises->at[promises->count++];
    *promise = (struct promise){.key = key};
    promises->slots[slot] = (uint32_t)promises->count;
    return promise;
}

static struct promise *promise_of(struct promises *promises, char kind, struct text a, struct text b,
                                  struct text c)
{
    return promise_find(promises,
                        arena_printf(promises->arena, "%c %.*s\n%.*s\n%.*s", kind, TEXT_PRINT(a),
                                     TEXT_PRINT(b), TEXT_PRINT(c)),
                        true);
}

static const char *wrong_if(bool wrong, const char *what)
{
    return wrong ? what : NULL;
}

/* ---- 1, 2: duties ---- */

static struct promise *promise_series(struct promises *promises, const struct event *event)
{
    return promise_of(promises, PROMISE_SERIES, event->charter, doc_text(event->data, FIELD_ROUTINE),
                      doc_text(event->data, FIELD_BODY));
}

static bool promise_has_ended(const struct promise *duty)
{
    return duty->kept + duty->late + duty->broken > 0;
}

static void promises_rolled_back(struct promises *promises, const struct event *event)
{
    if (!text_is(doc_text(event->data, FIELD_LABEL), "duty"))
        return;
    struct promise *duty = promise_of(promises, PROMISE_DUTY, event->subject, TEXT(""), TEXT(""));
    duty->rolled_back = doc_time_us(event->data, FIELD_DUE, INT64_MAX) < duty->until_us;
}

static const char *promises_duty(struct promises *promises, const struct event *event)
{
    struct promise *duty = promise_of(promises, PROMISE_DUTY, event->subject, TEXT(""), TEXT(""));
    struct promise *series = promise_series(promises, event);
    int32_t by;
    switch (event->type->kind) {
    case EVENT_DUTY_OPENED:
        promises->duties++;
        duty->until_us = doc_date(event->data, FIELD_BY, &by) ? civil_end_of_day_us(by, event->time_zone) : 0;
        series->made++;
        return wrong_if(duty->made++ > 0, "opens a duty twice");
    case EVENT_DUTY_MET:
        series->kept += promise_has_ended(duty) ? 0 : 1;
        if (!doc_bool(event->data, FIELD_ON_TIME))
            return wrong_if(duty->made == 0 || duty->kept > 0 || duty->late++ > 0,
                            "meets a duty late that was not open");
        return wrong_if(duty->made == 0 || promise_has_ended(duty) || duty->kept++ > 0,
                        "meets a duty in time that was not open");
    default: /* missed, and that stays on record if it was met late before or is met after */
        series->kept += promise_has_ended(duty) ? 0 : 1;
        return wrong_if(duty->made == 0 || (duty->kept > 0 && !duty->rolled_back) || duty->broken++ > 0,
                        "misses a duty that was not open");
    }
}

/* ---- 3, 4: supervised items ---- */

static const char *promises_opened(struct promises *promises, const struct event *event)
{
    struct promise *item = promise_of(promises, PROMISE_ITEM, event->subject, TEXT(""), TEXT(""));
    promises->items++;
    if (item->made++ > 0)
        return "supervises an item twice";
    if (!doc_has(event->data, FIELD_MEETING))
        return NULL;
    struct promise *minuted =
        promise_of(promises, PROMISE_MINUTED, doc_text(event->data, FIELD_MEETING),
                   doc_text(event->data, FIELD_TITLE), doc_text(event->data, FIELD_ISSUE));
    return wrong_if(minuted->made++ > 0, "supervises one item of a meeting twice");
}

static struct text promises_seq(struct promises *promises, uint64_t seq)
{
    return arena_printf(promises->arena, "%llu", (unsigned long long)seq);
}

static struct promise *promise_confirmation(struct promises *promises, uint64_t seq)
{
    return promise_of(promises, PROMISE_CONFIRMED, promises_seq(promises, seq), TEXT(""), TEXT(""));
}

static const char *promises_updated(struct promises *promises, const struct event *event)
{
    const struct promise *confirmed = promise_confirmation(promises, event->cause);
    return wrong_if(confirmed->made > 0 && text_equal(confirmed->note, doc_text(event->data, FIELD_UNIT)),
                    "lets a unit confirm its own work");
}

static void promises_confirmed(struct promises *promises, const struct event *event)
{
    struct promise *confirmed = promise_confirmation(promises, event->seq);
    confirmed->made += event->actor.bytes > 0 ? 1 : 0;
    confirmed->note = arena_text_copy(promises->arena, event->actor);
}

/* ---- 5: inspections ---- */

static void promises_asked(struct promises *promises, const struct event *event)
{
    for (size_t i = 0; i < doc_count(event->data, FIELD_UNITS); i++)
        promise_of(promises, PROMISE_ASKED, event->subject, doc_text_at(event->data, FIELD_UNITS, i),
                   TEXT(""))
            ->made++;
}

/* ---- 6: messages ---- */

static struct promise *promise_queued(struct promises *promises, const struct event *event, int64_t seq)
{
    return promise_of(promises, PROMISE_QUEUED, doc_text(event->data, FIELD_POST),
                      doc_text(event->data, FIELD_CHANNEL), promises_seq(promises, (uint64_t)seq));
}

/* "z subject, post": a post's word that it knows. */
static struct promise *promise_silenced(struct promises *promises, const struct event *event)
{
    return promise_of(promises, PROMISE_SILENCED, event->subject, doc_text(event->data, FIELD_POST),
                      TEXT(""));
}

static const char *promises_queued(struct promises *promises, const struct event *event)
{
    struct promise *queued = promise_queued(promises, event, doc_int(event->data, FIELD_SEQ, 0));
    queued->until_us = event->received_us + PROMISES_QUEUE_DAYS * CIVIL_DAY_US;
    if (text_is(doc_text(event->data, FIELD_EVENT), "deadline.approaching"))
        queued->note = promise_silenced(promises, event)->key;
    return wrong_if(queued->made++ > 0, "queues one message twice");
}

static const char *promises_sent(struct promises *promises, const struct event *event)
{
    if (!doc_has(event->data, FIELD_COUNT))
        return NULL;
    for (size_t i = 0; i < doc_count(event->data, FIELD_INPUTS); i++) {
        struct promise *queued = promise_queued(promises, event, doc_int_at(event->data, FIELD_INPUTS, i));
        if (queued->made == 0)
            return "sends from the queue what was not in it";
        if (queued->kept++ > 0)
            return "sends one message twice";
    }
    return NULL;
}

/* ---- 7: versions of the charter ---- */

static void promises_enacted(struct promises *promises, const struct event *event)
{
    if (doc_int(event->data, FIELD_VERSION, 1) == 1)
        return;
    promises->versions++;
    if (!text_is(doc_text(event->data, FIELD_TRANSITION), "move"))
        return; /* they stay as they are */
    for (size_t i = 0; i < promises->count; i++)
        if (promises->at[i].key.at[0] == PROMISE_ISSUE && promises->at[i].open)
            promises->at[i].made++;
}

static const char *promises_issue(struct promises *promises, const struct event *event)
{
    struct promise *issue = promise_of(promises, PROMISE_ISSUE, event->subject, TEXT(""), TEXT(""));
    if (event->type->kind == EVENT_TRANSITION_APPLIED) {
        promises->transitions++;
        return wrong_if(!issue->open || ++issue->kept > issue->made,
                        "moves an issue that is not open, or twice");
    }
    issue->open = event->type->kind != EVENT_ISSUE_CLOSED;
    if (!issue->open)
        issue->kept = issue->made; /* who ends before his turn need not be told */
    return NULL;
}

/* ---- 8: scores ---- */

static const char *promises_scores(struct promises *promises, const struct event *event)
{
    struct promise *scores = promise_of(promises, PROMISE_SCORES, event->subject, TEXT(""), TEXT(""));
    promises->scores++;
    scores->made++;
    bool news = scores->made == 1 || (uint64_t)scores->until_us != promises->papers;
    scores->until_us = (int64_t)promises->papers;
    if (doc_int(event->data, FIELD_NUMBER, 0) != (int64_t)scores->made)
        return "counts an evaluation's publications otherwise than from 1";
    return wrong_if(!news, "publishes scores again without anything new");
}

/* ---- the pass ---- */

const char *promises_see(struct promises *promises, const struct event *event)
{
    switch (event->type->kind) {
    case EVENT_DUTY_OPENED:
    case EVENT_DUTY_MET:
    case EVENT_DUTY_MISSED:
        return promises_duty(promises, event);
    case EVENT_CHARTER_ENACTED:
        return promises_enacted(promises, event), NULL;
    case EVENT_ISSUE_OPENED:
    case EVENT_ISSUE_CLOSED:
    case EVENT_ISSUE_REOPENED:
    case EVENT_TRANSITION_APPLIED:
        return promises_issue(promises, event);
    case EVENT_SUPERVISION_OPENED:
        return promises_opened(promises, event);
    case EVENT_SUPERVISION_UPDATED:
        return promises_updated(promises, event);
    case EVENT_SUPERVISION_VERIFIED:
        return promises_confirmed(promises, event), NULL;
    case EVENT_INSPECTION_ASKED:
        return promises_asked(promises, event), NULL;
    case EVENT_INSPECTION_REPLIED:
        promise_of(promises, PROMISE_ASKED, event->subject, doc_text(event->data, FIELD_UNIT), TEXT(""))
            ->kept++;
        return NULL;
    case EVENT_NOTIFICATION_QUEUED:
        return promises_queued(promises, event);
    case EVENT_NOTIFICATION_SENT:
        return promises_sent(promises, event);
    case EVENT_NOTIFICATION_SILENCED:
        promise_silenced(promises, event)->made++;
        return NULL;
    case EVENT_DEADLINE_MISSED:
        promises->papers++;
        promises_rolled_back(promises, event);
        return NULL;
    case EVENT_SELFCHECK_RECORDED:
    case EVENT_CHECK_RECORDED:
    case EVENT_FINDING_RECORDED:
        promises->papers++;
        return NULL;
    case EVENT_SCORES_PUBLISHED:
        return promises_scores(promises, event);
    default:
        return NULL;
    }
}

/* Not sent, although its time has come: a reminder that the post had silenced. */
static bool promise_is_dropped(struct promises *promises, const struct promise *queued)
{
    return queued->note.bytes > 0 && promise_find(promises, queued->note, true)->made > 0;
}

static const char *promise_end(struct promises *promises, const struct promise *promise, int64_t through_us)
{
    switch (promise->key.at[0]) {
    case PROMISE_DUTY:
        return wrong_if(promise->made > 0 && promise->kept + promise->broken == 0 &&
                            promise->until_us < through_us,
                        "is a duty that was neither met in time nor missed");
    case PROMISE_SERIES:
        return wrong_if(promise->made != promise->kept + 1, "has not exactly one occurrence open");
    case PROMISE_ASKED:
        return wrong_if(promise->made > 0 && promise->kept == 0, "was asked and is nowhere on record");
    case PROMISE_ISSUE:
        return wrong_if(promise->open && promise->kept != promise->made,
                        "was open when a version was enacted, and was not told of");
    case PROMISE_QUEUED:
        return wrong_if(promise->made > 0 && promise->kept == 0 && promise->until_us < through_us &&
                            !promise_is_dropped(promises, promise),
                        "was queued and never sent");
    default:
        return NULL;
    }
}

const char *promises_end(struct promises *promises, int64_t through_us)
{
    for (size_t i = 0; i < promises->count; i++) {
        const struct promise *promise = &promises->at[i];
        const char *wrong = promise_end(promises, promise, through_us);
        if (wrong != NULL)
            return arena_printf(promises->arena, "%.*s %s", TEXT_PRINT(promise->key), wrong).at;
    }
    return NULL;
}
