/* clock.c - see clock.h. */
#include "workers/coordination/clock.h"

#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/coordination/flow.h"

/* One head post, or one lead unit where there is no head; else the body as a whole. */
static struct text clock_who(const struct body *body)
{
    if (body->head_posts.count == 1)
        return body->head_posts.at[0];
    if (body->head_posts.count == 0 && body->lead_units.count == 1)
        return body->lead_units.at[0];
    return body->id;
}

static struct matter clock_matter(const struct matter *matter)
{
    struct matter now;
    bool loaded = issue_load(matter->turn, matter->event, matter->id, &now);
    ASSERT(loaded && now.issue != NULL);
    return now;
}

static const struct issue_class *clock_class(const struct matter *matter)
{
    return doc_has(matter->issue, FIELD_CLASS)
               ? charter_class(matter->charter, doc_text(matter->issue, FIELD_CLASS))
               : NULL;
}

/* What all clocks of an issue share; from start_us. */
static struct alarm clock_alarm(const struct matter *matter, struct text label, int64_t start_us)
{
    return (struct alarm){.subject = matter->id,
                          .charter = matter->charter->name,
                          .label = label,
                          .calendar = matter->charter->calendar,
                          .who = clock_who(matter->body),
                          .title = doc_text(matter->issue, FIELD_TITLE),
                          .start_us = start_us,
                          .since_us = alarm_since_us(matter->charter, start_us),
                          .zone = matter->charter->zone};
}

static struct alarm clock_level(const struct matter *matter, int64_t start_us)
{
    struct matter now = *matter;
    /* A class limits the time of the level that takes the matter in; other levels have their own limits. */
    const struct issue_class *class =
        text_equal(now.level->id, doc_text(now.issue, FIELD_FROM)) ? clock_class(&now) : NULL;
    bool of_class = class != NULL && class->limit_text.bytes > 0;
    /* S0-4: issues that touch an evaluation indicator get extra grip. */
    bool tight = doc_bool(now.issue, FIELD_INDICATOR) && now.level->reminders_indicator.count > 0;
    struct alarm alarm = clock_alarm(&now, now.level->id, start_us);
    alarm.limit = of_class ? class->limit_text : now.level->limit_text;
    alarm.rule = of_class ? &class->rule : &now.level->limit_rule_place;
    alarm.reminders = tight ? &now.level->reminders_indicator : &now.level->reminders;
    return alarm;
}

void clock_start_level(const struct matter *matter)
{
    struct matter now = clock_matter(matter);
    struct alarm alarm = clock_level(&now, now.event->received_us);
    alarm_set(now.turn, now.event, ROLE_COORDINATION, &alarm);
}

/* ---- the issue as a whole ---- */

const struct rule *clock_resolution_rule(const struct matter *matter)
{
    const struct issue_class *class = clock_class(matter);
    bool of_class = class != NULL && class->resolution_text.bytes > 0 && !doc_has(matter->issue, FIELD_DUE);
    return of_class ? &class->rule : &matter->charter->resolution.rule;
}

/* A date that was given goes before the class's limit, and that before the charter's. */
static struct text clock_resolution_limit(const struct matter *matter)
{
    const struct issue_class *class = clock_class(matter);
    struct text given = doc_text(matter->issue, FIELD_DUE);
    if (given.bytes > 0)
        return arena_printf(turn_arena(matter->turn), "at %.*s", TEXT_PRINT(given));
    return class != NULL && class->resolution_text.bytes > 0 ? class->resolution_text
                                                             : matter->charter->resolution.limit_text;
}

static struct alarm clock_resolution(const struct matter *matter, struct text limit, int64_t start_us)
{
    struct alarm alarm = clock_alarm(matter, CLOCK_RESOLUTION, start_us);
    alarm.limit = limit;
    alarm.rule = clock_resolution_rule(matter);
    alarm.reminders = &matter->charter->resolution.reminders;
    return alarm;
}

void clock_start_resolution(const struct matter *matter)
{
    struct matter now = clock_matter(matter);
    struct text limit = clock_resolution_limit(&now);
    if (!now.charter->resolution.given || text_is(limit, "undated"))
        return;
    int64_t start_us = doc_time_us(now.issue, FIELD_RAISED, now.event->received_us);
    struct alarm alarm = clock_resolution(&now, limit, start_us);
    alarm_set(now.turn, now.event, ROLE_COORDINATION, &alarm);
}

void clock_resume_resolution(const struct matter *matter)
{
    struct matter now = clock_matter(matter);
    if (!doc_has(now.issue, FIELD_DEADLINE))
        return;
    struct alarm_past past = alarm_past(now.turn, doc_text(now.issue, FIELD_DEADLINE));
    if (past.missed || past.cleared_us == CIVIL_NEVER_US)
        return;
    struct alarm alarm = clock_resolution(&now, doc_text(now.issue, FIELD_LIMIT),
                                          doc_time_us(now.issue, FIELD_START, now.event->received_us));
    alarm.since_us = now.state == ISSUE_SETTLED ? now.event->received_us : past.cleared_us;
    alarm_set(now.turn, now.event, ROLE_COORDINATION, &alarm);
}

/* ---- extension ---- */

/* Why the time cannot be extended to that instant, or TEXT_NONE. */
static struct text clock_objection(const struct matter *matter, const struct alarm_past *past, int64_t due_us)
{
    struct arena *arena = turn_arena(matter->turn);
    char due[CIVIL_TEXT_BYTES];
    if (!matter->charter->resolution.extensible)
        return arena_printf(arena, "charter %.*s lets no time be extended (resolution.extensible)",
                            TEXT_PRINT(matter->charter->name));
    if (!doc_has(matter->issue, FIELD_DEADLINE))
        return TEXT("the issue has no time as a whole that could be extended");
    if (past->due_us == CIVIL_NEVER_US)
        return TEXT("its present due time is not known yet");
    if (due_us > past->due_us)
        return TEXT_NONE;
    return arena_printf(arena, "the time is extended to something later than %s only",
                        civil_format_time(past->due_us, matter->charter->zone, due));
}

/* S3-1: a later instant, from now on; what was missed before stays missed. */
void clock_extend(const struct matter *matter)
{
    int64_t due_us = doc_time_us(matter->event->data, FIELD_DUE, 0);
    struct alarm_past past = alarm_past(matter->turn, doc_text(matter->issue, FIELD_DEADLINE));
    struct text objection = clock_objection(matter, &past, due_us);
    if (objection.bytes > 0) {
        emit_refusal(matter->turn, &matter->charter->resolution.rule, NULL, 0, "%.*s", TEXT_PRINT(objection));
        return;
    }
    struct doc *out = issue_emit(matter, EVENT_ISSUE_EXTENDED);
    emit_rule(matter->turn, &matter->charter->resolution.rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_LABEL, CLOCK_RESOLUTION);
    doc_set_time(out, FIELD_BEFORE, past.due_us, matter->charter->zone);
    doc_set_time(out, FIELD_AFTER, due_us, matter->charter->zone);
    doc_set_doc_field(out, FIELD_REASON, matter->event->data);
    emit_end(matter->turn);
    struct text limit = arena_printf(turn_arena(matter->turn), "at %.*s",
                                     TEXT_PRINT(doc_text(matter->event->data, FIELD_DUE)));
    struct alarm alarm = clock_resolution(matter, limit, matter->event->received_us);
    alarm.rule = &matter->charter->resolution.rule;
    alarm_set(matter->turn, matter->event, ROLE_COORDINATION, &alarm);
}

/* ---- another version of the charter (S3-20) ---- */

/* Ends the open clock, if there is one, and sets the one that follows it (limit empty: none does). */
static void clock_replace(const struct matter *before, struct text label, struct alarm *next,
                          const struct transition_rule *rule)
{
    struct alarm_end end = flow_end(before);
    end.reason = TEXT("another version of the charter");
    alarm_clear(before->turn, before->id, label, &end);
    if (next->limit.bytes == 0)
        return;
    next->grace = rule->grace;
    next->grace_us = before->event->received_us;
    if (!rule->restart)
        next->since_us = before->event->received_us; /* reminders told before are not told again */
    alarm_set(before->turn, before->event, ROLE_COORDINATION, next);
}

/* From when the next clock runs: CIVIL_NEVER_US if none is to. */
static int64_t clock_transit_start(const struct matter *before, struct text open,
                                   const struct transition_rule *rule)
{
    if (rule->restart && before->state != ISSUE_SETTLED)
        return before->event->received_us;
    return open.bytes > 0 ? alarm_past(before->turn, open).start_us : CIVIL_NEVER_US;
}

static void clock_transit_level(const struct matter *before, const struct matter *now,
                                const struct transition_rule *rule)
{
    struct text open = alarm_open_id(before->turn, before->id, before->level->id);
    int64_t start_us = clock_transit_start(before, open, rule);
    if (before->state != ISSUE_COORDINATING || start_us == CIVIL_NEVER_US)
        return;
    struct alarm next = clock_level(now, start_us);
    clock_replace(before, before->level->id, &next, rule);
}

/* An instant that was given or granted is not the charter's, and stands. */
static struct text clock_transit_limit(const struct matter *now)
{
    struct text present = doc_text(now->issue, FIELD_LIMIT);
    if (!now->charter->resolution.given)
        return TEXT("");
    struct text limit = text_starts_with(present, TEXT("at ")) ? present : clock_resolution_limit(now);
    return text_is(limit, "undated") ? TEXT("") : limit;
}

static void clock_transit_resolution(const struct matter *before, const struct matter *now,
                                     const struct transition_rule *rule)
{
    struct text open = alarm_open_id(before->turn, before->id, CLOCK_RESOLUTION);
    int64_t start_us = clock_transit_start(before, open, rule);
    bool first = !doc_has(before->issue, FIELD_DEADLINE) && before->state != ISSUE_SETTLED;
    if (first && !rule->restart)
        start_us = doc_time_us(before->issue, FIELD_RAISED, before->event->received_us);
    if (start_us == CIVIL_NEVER_US)
        return;
    struct alarm next = clock_resolution(now, clock_transit_limit(now), start_us);
    clock_replace(before, CLOCK_RESOLUTION, &next, rule);
}

void clock_transit(const struct matter *before, const struct transition_rule *rule)
{
    struct matter now = clock_matter(before);
    clock_transit_resolution(before, &now, rule);
    clock_transit_level(before, &now, rule);
}

int clock_apply_set(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_DEADLINE, FIELD_LIMIT, FIELD_START};
    if (text_is(doc_text(event->data, FIELD_OWNER), role_text(ROLE_COORDINATION)) &&
        text_equal(doc_text(event->data, FIELD_LABEL), CLOCK_RESOLUTION))
        issue_keep(turn, event, kept, sizeof kept / sizeof kept[0]);
    return alarm_apply_set(turn, event, ROLE_COORDINATION);
}
