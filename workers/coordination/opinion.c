/* opinion.c - opinions of the units concerned (S0-5): asked with a reply limit, recorded, or recorded as no
 * reply.
 *
 * A unit may be asked again when nothing is pending: it did not reply, or its limit went when the issue was
 * settled.
 */
#include "base/limits.h"
#include "workers/common/alarm.h"
#include "workers/common/party.h"
#include "workers/coordination/flow.h"
#include "workers/coordination/watch.h"

/* What was written in UNITS, resolved; false after a refusal. */
static bool opinion_units(const struct matter *matter, struct names *units_out)
{
    const struct doc *data = matter->event->data;
    size_t count = doc_count(data, FIELD_UNITS);
    struct text *written = arena_alloc(turn_arena(matter->turn), (count + 1) * sizeof *written);
    for (size_t i = 0; i < count; i++)
        written[i] = doc_text_at(data, FIELD_UNITS, i);
    struct complaint complaint = {0};
    if (charter_expand_units(matter->charter, turn_arena(matter->turn), (struct names){written, count},
                             units_out, &complaint))
        return true;
    emit_refusal(matter->turn, &matter->charter->opinion_rule, NULL, 0, "%s", complaint.message);
    return false;
}

static bool opinion_may_ask(const struct matter *matter, struct text unit)
{
    const struct doc *opinion = issue_opinion(matter, unit);
    if (opinion == NULL || text_equal(doc_text(opinion, FIELD_STATE), OPINION_UNANSWERED))
        return true;
    struct text label = watch_opinion_label(turn_arena(matter->turn), unit);
    return text_equal(doc_text(opinion, FIELD_STATE), OPINION_ASKED) &&
           !alarm_is_open(matter->turn, matter->id, label);
}

/* Those of the units who may be asked; and how many units the issue then concerns. */
static struct names opinion_askable(const struct matter *matter, struct names units, size_t *concerned_out)
{
    struct text *at = arena_alloc(turn_arena(matter->turn), (units.count + 1) * sizeof *at);
    size_t count = 0;
    *concerned_out = doc_count(matter->issue, FIELD_UNITS);
    for (size_t i = 0; i < units.count; i++) {
        if (opinion_may_ask(matter, units.at[i]))
            at[count++] = units.at[i];
        if (!doc_lists_text(matter->issue, FIELD_UNITS, units.at[i]))
            ++*concerned_out;
    }
    return (struct names){at, count};
}

static void opinion_set_alarm(const struct matter *matter, struct text unit)
{
    if (matter->charter->opinion_limit_text.bytes == 0)
        return;
    struct alarm alarm = {.subject = matter->id,
                          .charter = matter->charter->name,
                          .label = watch_opinion_label(turn_arena(matter->turn), unit),
                          .limit = matter->charter->opinion_limit_text,
                          .calendar = matter->charter->calendar,
                          .who = unit,
                          .title = doc_text(matter->issue, FIELD_TITLE),
                          .rule = &matter->charter->opinion_rule,
                          .start_us = matter->event->received_us,
                          .since_us = alarm_since_us(matter->charter, matter->event->received_us),
                          .zone = matter->charter->zone};
    alarm_set(matter->turn, matter->event, ROLE_COORDINATION, &alarm);
}

void opinion_request(const struct matter *matter)
{
    const struct rule *rule = &matter->charter->opinion_rule;
    struct names units;
    size_t concerned;
    if (!opinion_units(matter, &units))
        return;
    units = opinion_askable(matter, units, &concerned);
    if (units.count == 0) {
        emit_refusal(matter->turn, rule, NULL, 0, "all these units have been asked already");
        return;
    }
    if (concerned > LIST_COUNT_MAX) {
        emit_refusal(matter->turn, rule, NULL, 0, "it would concern %zu units, more than %d", concerned,
                     LIST_COUNT_MAX);
        return;
    }
    struct doc *out = issue_emit(matter, EVENT_OPINION_ASKED);
    emit_rule(matter->turn, rule);
    emit_input(matter->turn, matter->event->seq);
    for (size_t i = 0; i < units.count; i++)
        doc_add_text(out, FIELD_UNITS, units.at[i]);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_doc_field(out, FIELD_NOTE, matter->event->data);
    emit_end(matter->turn);
    for (size_t i = 0; i < units.count; i++)
        opinion_set_alarm(matter, units.at[i]);
}

/* Whether this unit may be heard, by this actor, in these words; false after a refusal. */
static bool opinion_is_lawful(const struct matter *matter, const struct unit *unit)
{
    static const char *const results[] = {"", "agree", "disagree", "none"};
    const struct rule *rule = &matter->charter->opinion_rule;
    const struct event *event = matter->event;
    if (!doc_lists_text(matter->issue, FIELD_UNITS, unit->name)) {
        emit_refusal(matter->turn, rule, NULL, 0, "%.*s is not among the units concerned or asked",
                     TEXT_PRINT(unit->name));
        return false;
    }
    if (event->actor.bytes > 0 && !party_is_of_unit(matter->charter, event->actor, unit)) {
        emit_refusal(matter->turn, rule, NULL, 0, "actor %.*s does not belong to %.*s",
                     TEXT_PRINT(event->actor), TEXT_PRINT(unit->name));
        return false;
    }
    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++)
        if (text_is(doc_text(event->data, FIELD_RESULT), results[i]))
            return true;
    emit_refusal(matter->turn, rule, NULL, 0, "result is agree, disagree or none");
    return false;
}

/* A late opinion is on file all the same; that it was late, or recorded as no reply, stays on record too. */
void opinion_submit(const struct matter *matter)
{
    const struct event *event = matter->event;
    const struct rule *rule = &matter->charter->opinion_rule;
    const struct unit *unit =
        party_unit(matter->turn, matter->charter, rule, doc_text(event->data, FIELD_UNIT));
    if (unit == NULL || !opinion_is_lawful(matter, unit))
        return;
    struct doc *out = issue_emit(matter, EVENT_OPINION_RECORDED);
    emit_rule(matter->turn, rule);
    emit_input(matter->turn, event->seq);
    doc_set_text(out, FIELD_UNIT, unit->name);
    doc_set_doc_field(out, FIELD_OPINION, event->data);
    doc_set_doc_field(out, FIELD_RESULT, event->data);
    emit_end(matter->turn);
    struct alarm_end end = flow_end(matter);
    alarm_clear(matter->turn, matter->id, watch_opinion_label(turn_arena(matter->turn), unit->name), &end);
}
