/* watch.c - see watch.h.
 *
 * Labels of an issue's deadlines: a level's id, "opinion:<unit>", "confirmation", "resolution".
 */
#include "workers/coordination/watch.h"

#include "workers/common/alarm.h"
#include "workers/coordination/clock.h"
#include "workers/coordination/closing.h"
#include "workers/coordination/enactment.h"
#include "workers/coordination/issue.h"

#define WATCH_OPINION TEXT("opinion:")

struct text watch_opinion_label(struct arena *arena, struct text unit)
{
    return arena_printf(arena, "%.*s%.*s", TEXT_PRINT(WATCH_OPINION), TEXT_PRINT(unit));
}

/* S0-5: an unanswered question is recorded as no reply and no longer holds the issue up. */
static void watch_unanswered(const struct matter *matter, struct text unit)
{
    struct doc *out = issue_emit(matter, EVENT_OPINION_UNANSWERED);
    emit_rule(matter->turn, &matter->charter->opinion_rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_UNIT, unit);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_doc_field(out, FIELD_DUE, matter->event->data);
    emit_end(matter->turn);
}

static void watch_opinion(const struct matter *matter, const struct doc *record, enum alarm_verdict verdict)
{
    if (verdict == ALARM_OPEN)
        watch_unanswered(matter, doc_text(record, FIELD_WHO));
    struct doc *out = alarm_missed_begin(matter->turn, matter->event, record);
    emit_rule(matter->turn, &matter->charter->opinion_rule);
    doc_set_text(out, FIELD_ISSUE, matter->id);
    emit_end(matter->turn);
}

/* S0-15: the level's body and its heads answer for it, wherever the issue is by now. */
static void watch_level(const struct matter *matter, const struct doc *record)
{
    struct text label = doc_text(record, FIELD_LABEL);
    const struct level *level = charter_level(matter->charter, label);
    const struct body *body =
        level != NULL ? charter_body_for(matter->charter, level, doc_text(matter->issue, FIELD_AREA)) : NULL;
    struct doc *out = alarm_missed_begin(matter->turn, matter->event, record);
    doc_set_text(out, FIELD_ISSUE, matter->id);
    if (level != NULL) {
        emit_rule(matter->turn, &level->limit_rule_place);
        doc_set_text(out, FIELD_LEVEL, level->id);
    }
    if (body != NULL) {
        doc_set_text(out, FIELD_BODY, body->id);
        issue_set_posts(out, body);
    }
    emit_end(matter->turn);
}

/* S3-1: wherever the issue is by now, the body in charge answers for the whole of its time. */
static void watch_resolution(const struct matter *matter, const struct doc *record)
{
    struct doc *out = alarm_missed_begin(matter->turn, matter->event, record);
    emit_rule(matter->turn, clock_resolution_rule(matter));
    doc_set_text(out, FIELD_ISSUE, matter->id);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_text(out, FIELD_BODY, matter->body->id);
    issue_set_posts(out, matter->body);
    emit_end(matter->turn);
}

int watch_decide(struct turn *turn, const struct event *event)
{
    const struct doc *record = NULL;
    enum alarm_verdict verdict = alarm_judge(turn, event, ROLE_COORDINATION, &record);
    if (verdict == ALARM_KEPT)
        return 0;
    if (enactment_is_awaited(doc_text(record, FIELD_LABEL)))
        return verdict == ALARM_OPEN ? enactment_reached(turn, event, record) : 0;
    struct matter matter;
    if (!issue_load(turn, event, doc_text(record, FIELD_SUBJECT), &matter) || matter.issue == NULL)
        return turn_poison(turn, "deadline %.*s is of no issue on record",
                           TEXT_PRINT(doc_text(event->data, FIELD_DEADLINE)));
    struct text label = doc_text(record, FIELD_LABEL);
    if (text_starts_with(label, WATCH_OPINION))
        watch_opinion(&matter, record, verdict);
    else if (text_equal(label, CLOCK_RESOLUTION))
        watch_resolution(&matter, record);
    else if (!text_equal(label, WATCH_CONFIRMATION))
        watch_level(&matter, record);
    else if (verdict == ALARM_OPEN)
        closing_silence(&matter);
    return 0;
}
