/* closing.c - see closing.h. */
#include "workers/coordination/closing.h"

#include "workers/common/alarm.h"
#include "workers/coordination/clock.h"
#include "workers/coordination/flow.h"
#include "workers/coordination/guard.h"
#include "workers/coordination/watch.h"

/* Nothing is waited for any more. */
static void closing_close_for(const struct matter *matter, struct text how, int64_t at_us,
                              const struct rule *rule, struct text reason)
{
    struct doc *out = issue_emit(matter, EVENT_ISSUE_CLOSED);
    emit_rule(matter->turn, rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_HOW, how);
    doc_set_time(out, FIELD_AT, at_us, matter->charter->zone);
    if (reason.bytes > 0)
        doc_set_text(out, FIELD_REASON, reason);
    emit_end(matter->turn);
    struct alarm_end end = {
        .charter = matter->charter->name, .reason = how, .at_us = at_us, .zone = matter->charter->zone};
    alarm_clear_all(matter->turn, matter->id, &end);
}

static void closing_close(const struct matter *matter, struct text how, int64_t at_us,
                          const struct rule *rule)
{
    closing_close_for(matter, how, at_us, rule, doc_text(matter->event->data, FIELD_REASON));
}

static void closing_await_confirmation(const struct matter *matter, int64_t at_us)
{
    const struct charter *charter = matter->charter;
    if (charter->confirmation_limit_text.bytes == 0)
        return;
    struct text raiser = doc_text(matter->issue, FIELD_RAISER);
    struct alarm alarm = {.subject = matter->id,
                          .charter = charter->name,
                          .label = WATCH_CONFIRMATION,
                          .limit = charter->confirmation_limit_text,
                          .calendar = charter->calendar,
                          .who = raiser.bytes > 0 ? raiser : matter->body->id,
                          .title = doc_text(matter->issue, FIELD_TITLE),
                          .rule = &charter->confirmation_rule,
                          .start_us = at_us,
                          .since_us = alarm_since_us(charter, at_us),
                          .zone = charter->zone};
    alarm_set(matter->turn, matter->event, ROLE_COORDINATION, &alarm);
}

void closing_settle(const struct matter *matter, struct text how, int64_t at_us, const struct rule *rule)
{
    struct doc *out = issue_emit(matter, EVENT_ISSUE_SETTLED);
    emit_rule(matter->turn, rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_HOW, how);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_time(out, FIELD_AT, at_us, matter->charter->zone);
    doc_set_doc_field(out, FIELD_NOTE, matter->event->data);
    doc_set_doc_field(out, FIELD_EVIDENCE, matter->event->data);
    emit_end(matter->turn);
    struct alarm_end end = {
        .charter = matter->charter->name, .reason = how, .at_us = at_us, .zone = matter->charter->zone};
    alarm_clear_all(matter->turn, matter->id, &end);
    if (matter->charter->confirmation)
        closing_await_confirmation(matter, at_us);
    else
        closing_close(matter, how, at_us, &matter->charter->confirmation_rule);
}

/* Settled already: again only where the charter has it so. Then the later one counts, for the time of the
 * issue as a whole too. False after a refusal. */
static bool closing_may_repeat(const struct matter *matter)
{
    if (matter->charter->confirmation_again) {
        clock_resume_resolution(matter);
        return true;
    }
    emit_refusal(matter->turn, &matter->charter->confirmation_rule, NULL, 0,
                 "issue %.*s: it is settled: the raiser may confirm or dispute", TEXT_PRINT(matter->id));
    return false;
}

void closing_resolve(const struct matter *matter)
{
    const struct rule *rule = &matter->level->rule;
    if (!matter->level->settles) {
        emit_refusal(matter->turn, rule, NULL, 0, "at %.*s an issue is not declared solved",
                     TEXT_PRINT(matter->level->name));
        return;
    }
    struct guard *guard = guard_open(matter);
    guard_check_tasks(guard, rule);
    if (guard->owed->total > 0)
        guard_refuse(guard, rule, "the issue is not solved while tasks are open");
    else if (matter->state != ISSUE_SETTLED || closing_may_repeat(matter))
        closing_settle(matter, TEXT("resolved"), matter->event->received_us, rule);
}

void closing_confirm(const struct matter *matter)
{
    closing_close(matter, TEXT("confirmed"), matter->event->received_us, &matter->charter->confirmation_rule);
}

/* Dated by the limit, not by when the strike was read. */
void closing_silence(const struct matter *matter)
{
    int64_t due_us = doc_time_us(matter->event->data, FIELD_DUE, matter->event->received_us);
    closing_close(matter, TEXT("silence"), due_us, &matter->charter->confirmation_rule);
}

void closing_withdraw(const struct matter *matter)
{
    closing_close(matter, TEXT("withdrawn"), matter->event->received_us, &matter->level->rule);
}

/* "W-7: as agreed with them", of what is there. */
static struct text closing_reason(const struct matter *matter, struct text whom)
{
    struct text note = doc_text(matter->event->data, FIELD_NOTE);
    if (whom.bytes == 0 || note.bytes == 0)
        return whom.bytes > 0 ? whom : note;
    return arena_printf(turn_arena(matter->turn), "%.*s: %.*s", TEXT_PRINT(whom), TEXT_PRINT(note));
}

void closing_duplicate(const struct matter *matter)
{
    struct text same = doc_text(matter->event->data, FIELD_ISSUE);
    struct matter other;
    bool loaded = issue_load(matter->turn, matter->event, same, &other);
    if (same.bytes > 0 && (text_equal(same, matter->id) || (loaded && other.issue == NULL))) {
        emit_refusal(matter->turn, &matter->level->rule, NULL, 0, "%.*s is no other issue that is known",
                     TEXT_PRINT(same));
        return;
    }
    closing_close_for(matter, TEXT("duplicate"), matter->event->received_us, &matter->level->rule,
                      closing_reason(matter, same));
}

void closing_transfer(const struct matter *matter)
{
    closing_close_for(matter, TEXT("transferred"), matter->event->received_us, &matter->level->rule,
                      closing_reason(matter, doc_text(matter->event->data, FIELD_TO)));
}

/* Disputed, or found unsolved after it was closed: at its level again, in the next round. */
void closing_reopen(const struct matter *matter)
{
    int64_t round = issue_next_round(matter, matter->level->id);
    struct doc *out = issue_emit(matter, EVENT_ISSUE_REOPENED);
    emit_rule(matter->turn, &matter->charter->confirmation_rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_text(out, FIELD_BODY, matter->body->id);
    doc_set_int(out, FIELD_ROUND, round);
    doc_set_doc_field(out, FIELD_REASON, matter->event->data);
    emit_end(matter->turn);
    struct alarm_end end = flow_end(matter);
    alarm_clear(matter->turn, matter->id, WATCH_CONFIRMATION, &end);
    clock_resume_resolution(matter);
    clock_start_level(matter);
}

/* S0-9. Counts must agree: a list that was issued since has tasks that this conclusion did not know. */
int closing_decide_completed(struct turn *turn, const struct event *event)
{
    struct matter matter;
    if (!issue_load(turn, event, event->subject, &matter))
        return turn_poison(turn, "the charter of issue %.*s does not fit its record",
                           TEXT_PRINT(event->subject));
    if (matter.state != ISSUE_SOLVING ||
        doc_int(event->data, FIELD_COUNT, 0) != doc_int(matter.issue, FIELD_TASKS_COUNT, -1))
        return 0;
    int64_t at_us = doc_time_us(event->data, FIELD_AT, event->received_us);
    closing_settle(&matter, TEXT("tasks"), at_us, &matter.charter->task_rule);
    return 0;
}
