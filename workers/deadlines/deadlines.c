/* deadlines.c - the role that knows calendars and the time, and nothing of issues.
 *
 *     deadline.set ──► fixed ──┬── approaching … ──┬── reached
 *                       ▲      │                   │
 *       calendar noted ─┴ moved┘     cleared ──────┴──► (silent, or reached if it was cleared late)
 *
 * A report of owners becomes a due time with its arithmetic; the clock's strikes become reminders and
 * deadline.reached.
 *
 * Invariants
 * 1. deadline.reached is emitted for a strike's `at` >= due, or for a clearing later than due; so in the
 * journal it stands behind everything that arrived in time (daemon/clock.h).
 * 2. Each due time rings once and each rung at most once, whatever the outage, and with its true due time:
 * due times first, in order of due and then id; then reminders. What fell together is one reminder that says
 * how many.
 * 3. What rang is a fact: a later notice does not take it back. What a notice moves into the past rings at
 * the next strike.
 * 4. While a changed calendar's deadlines are being re-examined nothing rings (recheck.h).
 * 5. Whether a limit was set in time, which rungs it has missed from birth and whether it was cleared in time
 * are judged by the start and clearing stamps, never by when this process got round to it.
 */
#include "base/log.h"
#include "config/charter.h"
#include "workers/common/almanac.h"
#include "workers/deadlines/recheck.h"

#define DEADLINES_UNDATED TEXT("undated: it never falls due")

extern const struct role role_deadlines;

static struct doc *deadlines_emit(struct turn *turn, enum event_kind kind, const struct doc *record)
{
    struct doc *out = emit_begin(turn, kind);
    emit_subject(turn, doc_text(record, FIELD_SUBJECT));
    emit_charter(turn, doc_text(record, FIELD_CHARTER));
    emit_input(turn, (uint64_t)doc_int(record, FIELD_SEQ, 0));
    doc_set_doc_field(out, FIELD_DEADLINE, record);
    doc_set_doc_field(out, FIELD_OWNER, record);
    doc_set_doc_field(out, FIELD_LABEL, record);
    return out;
}

/* ---- what a record's due time is by the calendar as known ---- */

struct deadlines_answer {
    const struct calendar *calendar; /* NULL: not published yet */
    struct due due;
    struct text note; /* why there is no due time although the limit is dated; or none */
};

/* S3-20: a limit that a new version of the charter set leaves a while to adapt, whatever it began with. */
static int deadlines_give_grace(struct turn *turn, const struct doc *record, const struct calendar *calendar,
                                struct due *due, struct complaint *complaint)
{
    struct limit_rule grace;
    struct due least;
    if (!doc_has(record, FIELD_GRACE) || !due->dated)
        return 0;
    int wrong = limit_parse(doc_text(record, FIELD_GRACE), &grace, complaint);
    ASSERT(wrong == 0); /* it was checked when the record was entered */
    wrong = limit_due(turn_arena(turn), &grace, calendar, doc_time_us(record, FIELD_AT, 0), INT32_MAX, &least,
                      complaint);
    if (wrong != 0 || least.due_us <= due->due_us)
        return wrong;
    least.arithmetic = arena_printf(turn_arena(turn), "%.*s\nearlier than the time to adapt allows:\n%.*s",
                                    TEXT_PRINT(due->arithmetic), TEXT_PRINT(least.arithmetic));
    if (least.arithmetic.bytes > LIMIT_ARITHMETIC_BYTES_MAX)
        least.arithmetic = due->arithmetic;
    *due = least;
    return 0;
}

static void deadlines_compute(struct turn *turn, const struct doc *record,
                              struct deadlines_answer *answer_out)
{
    struct text name = doc_text(record, FIELD_CALENDAR);
    struct limit_rule limit = alarm_limit(record);
    *answer_out = (struct deadlines_answer){.calendar = almanac_calendar(turn, name)};
    struct due *due = &answer_out->due;
    due->arithmetic = DEADLINES_UNDATED;
    if (limit.unit == LIMIT_UNDATED)
        return;
    due->arithmetic = arena_printf(turn_arena(turn), "calendar %.*s is not published yet: nothing is guessed",
                                   TEXT_PRINT(name));
    answer_out->note = arena_printf(turn_arena(turn), "calendar %.*s is not published yet", TEXT_PRINT(name));
    if (answer_out->calendar == NULL)
        return;
    struct complaint complaint = {0};
    int wrong = limit_due(turn_arena(turn), &limit, answer_out->calendar, doc_time_us(record, FIELD_START, 0),
                          INT32_MAX, due, &complaint);
    if (wrong == 0)
        wrong = deadlines_give_grace(turn, record, answer_out->calendar, due, &complaint);
    answer_out->note = TEXT_NONE;
    if (wrong == 0)
        return;
    *due = (struct due){.arithmetic = arena_text_copy(turn_arena(turn), text_from(complaint.message))};
    answer_out->note = due->arithmetic;
}

/* S3-7: past when it was set, or less than a working day off. A limit that counts working days or hours
 * itself is short by intent. */
static bool deadlines_is_born_late(const struct doc *record, const struct deadlines_answer *answer)
{
    int64_t start_us = doc_time_us(record, FIELD_START, 0);
    if (answer->due.due_us < start_us)
        return true;
    enum limit_unit unit = alarm_limit(record).unit;
    if (unit == LIMIT_WORKING_DAYS || unit == LIMIT_WORKING_HOURS || unit == LIMIT_OPENING)
        return false;
    int zone = answer->calendar->zone;
    return calendar_working_days_between(answer->calendar, civil_day_of(start_us, zone),
                                         civil_day_of(answer->due.due_us, zone), INT32_MAX) < 1;
}

/* ---- ringing ---- */

static void deadlines_emit_reached(struct turn *turn, const struct doc *record)
{
    struct doc *out = deadlines_emit(turn, EVENT_DEADLINE_REACHED, record);
    doc_set_doc_field(out, FIELD_DUE, record);
    doc_set_doc_field(out, FIELD_WHO, record);
    emit_end(turn);
}

static void deadlines_emit_approaching(struct turn *turn, const struct doc *record, size_t rung, size_t count)
{
    struct doc *out = deadlines_emit(turn, EVENT_DEADLINE_APPROACHING, record);
    doc_set_doc_field(out, FIELD_DUE, record);
    doc_set_int(out, FIELD_RUNG, (int64_t)rung);
    doc_set_int(out, FIELD_COUNT, (int64_t)count);
    doc_set_doc_field(out, FIELD_WHO, record);
    emit_end(turn);
}

/* Several rungs that fell together, after an outage or because the due time came nearer, are one reminder. */
static void deadlines_remind(struct turn *turn, const struct doc *record, int64_t at_us)
{
    struct ladder ladder;
    alarm_ladder(record, almanac_calendar(turn, doc_text(record, FIELD_CALENDAR)), &ladder);
    size_t given = (size_t)doc_int(record, FIELD_RUNG, 0), passed = ladder_passed(&ladder, at_us);
    if (passed > given)
        deadlines_emit_approaching(turn, record, passed, passed - given);
}

static void deadlines_ring(struct turn *turn, int64_t at_us)
{
    struct text *ids = arena_alloc(turn_arena(turn), DEADLINES_RINGS_PER_TURN * sizeof(*ids));
    size_t dues = alarms_past(turn, DEADLINES_DUE, at_us, ids, DEADLINES_RINGS_PER_TURN);
    for (size_t i = 0; i < dues; i++)
        deadlines_emit_reached(turn, alarm_get(turn, ids[i]));
    /* Room left means that nothing due is left, so no reminder comes for what was reached. */
    size_t rungs = alarms_past(turn, DEADLINES_RUNG, at_us, ids, DEADLINES_RINGS_PER_TURN - dues);
    for (size_t i = 0; i < rungs; i++)
        deadlines_remind(turn, alarm_get(turn, ids[i]), at_us);
}

/* ---- fixing and moving ---- */

/* Due times are worked out in the calendar's zone, and written as all times of the case are. */
static int deadlines_zone(struct turn *turn, const struct doc *record, const struct deadlines_answer *answer)
{
    return turn_zone(turn, doc_text(record, FIELD_CHARTER), answer->calendar->zone);
}

static void deadlines_emit_fixed(struct turn *turn, const struct doc *record,
                                 const struct deadlines_answer *answer, struct text note)
{
    struct doc *out = deadlines_emit(turn, EVENT_DEADLINE_FIXED, record);
    doc_set_text(out, FIELD_ARITHMETIC, answer->due.arithmetic);
    if (answer->calendar != NULL)
        emit_input(turn, almanac_changed_seq(turn, doc_text(record, FIELD_CALENDAR)));
    if (answer->due.dated) {
        doc_set_time(out, FIELD_DUE, answer->due.due_us, deadlines_zone(turn, record, answer));
        doc_set_bool(out, FIELD_PROVISIONAL, answer->due.provisional);
        doc_set_bool(out, FIELD_BORN_LATE, deadlines_is_born_late(record, answer));
    }
    if (note.bytes > 0)
        doc_set_text(out, FIELD_NOTE, note);
    doc_set_doc_field(out, FIELD_WHO, record);
    emit_end(turn);
}

/* S3-7: of the rungs that lay before its birth the ladder gives one, at once, and none if it was born past
 * its due time or the owner wants none told that lie before `since`. */
static void deadlines_remind_newborn(struct turn *turn, const struct doc *record)
{
    int64_t start_us = doc_time_us(record, FIELD_START, 0);
    if (alarm_due_us(record) > start_us)
        deadlines_remind(turn, record, start_us);
}

/* The first due time of a record that has none. */
static void deadlines_fix(struct turn *turn, const struct doc *record, const struct deadlines_answer *answer)
{
    struct text id = doc_text(record, FIELD_DEADLINE);
    deadlines_emit_fixed(turn, record, answer, answer->note);
    const struct doc *fixed = alarm_get(turn, id);
    if (fixed == NULL || !doc_has(fixed, FIELD_DUE))
        return;
    if (doc_has(fixed,
                FIELD_CLOSED)) /* cleared before its calendar came, and too late: in time it would be gone */
        deadlines_emit_reached(turn, fixed);
    else
        deadlines_remind_newborn(turn, fixed);
}

static void deadlines_emit_moved(struct turn *turn, const struct doc *record,
                                 const struct deadlines_answer *answer, const struct recheck *recheck)
{
    struct doc *out = deadlines_emit(turn, EVENT_DEADLINE_MOVED, record);
    struct text calendar = doc_text(record, FIELD_CALENDAR);
    emit_input(turn, almanac_changed_seq(turn, calendar));
    int zone = deadlines_zone(turn, record, answer);
    doc_set_time(out, FIELD_BEFORE, alarm_due_us(record), zone);
    doc_set_time(out, FIELD_AFTER, answer->due.due_us, zone);
    doc_set_text(out, FIELD_ARITHMETIC, answer->due.arithmetic);
    doc_set_bool(out, FIELD_PROVISIONAL, answer->due.provisional);
    if (recheck != NULL && recheck->notice.at != NULL) {
        doc_set_text(out, FIELD_NOTICE, recheck->notice);
        doc_printf(out, FIELD_REASON, "calendar %.*s was amended by %.*s", TEXT_PRINT(calendar),
                   TEXT_PRINT(recheck->notices));
    } else {
        doc_printf(out, FIELD_REASON, "calendar %.*s was published or amended", TEXT_PRINT(calendar));
    }
    emit_end(turn);
}

static bool deadlines_moves(const struct doc *record, const struct deadlines_answer *answer)
{
    return answer->due.dated && doc_has(record, FIELD_DUE) && alarm_due_us(record) != answer->due.due_us;
}

static void deadlines_examine(struct turn *turn, const struct doc *record, const struct recheck *recheck)
{
    struct deadlines_answer answer;
    deadlines_compute(turn, record, &answer);
    if (!answer.due.dated)
        return;
    if (!doc_has(record, FIELD_DUE))
        deadlines_fix(turn, record, &answer);
    else if (deadlines_moves(record, &answer))
        deadlines_emit_moved(turn, record, &answer, recheck);
    else if (doc_bool(record, FIELD_PROVISIONAL) != answer.due.provisional)
        deadlines_emit_fixed(turn, record, &answer,
                             answer.due.provisional
                                 ? TEXT("the due time stands, and is provisional now")
                                 : TEXT("the due time stands, and is no longer provisional"));
}

static void deadlines_examine_window(struct turn *turn, const struct recheck *recheck)
{
    for (size_t i = 0; i < recheck->count; i++)
        deadlines_examine(turn, alarm_get(turn, recheck->ids[i]), recheck);
}

/* ---- deadline.set ---- */

static int deadlines_check_set(struct turn *turn, const struct event *event)
{
    struct complaint complaint = {0};
    struct limit_rule rule;
    struct text id = doc_text(event->data, FIELD_DEADLINE);
    if (limit_parse(doc_text(event->data, FIELD_LIMIT), &rule, &complaint) != 0)
        return turn_poison(turn, "deadline %.*s: limit: %s", TEXT_PRINT(id), complaint.message);
    if (doc_has(event->data, FIELD_GRACE) &&
        limit_parse(doc_text(event->data, FIELD_GRACE), &rule, &complaint) != 0)
        return turn_poison(turn, "deadline %.*s: grace: %s", TEXT_PRINT(id), complaint.message);
    for (size_t i = 0; i < doc_count(event->data, FIELD_REMINDERS); i++)
        if (limit_parse_reminder(doc_text_at(event->data, FIELD_REMINDERS, i), &rule, &complaint) != 0)
            return turn_poison(turn, "deadline %.*s: reminder %zu: %s", TEXT_PRINT(id), i + 1,
                               complaint.message);
    return 0;
}

static int deadlines_apply_set(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_DEADLINE, FIELD_OWNER,    FIELD_LABEL,     FIELD_LIMIT,
                                      FIELD_START,    FIELD_CALENDAR, FIELD_REMINDERS, FIELD_WHO,
                                      FIELD_SINCE,    FIELD_GRACE,    FIELD_AT};
    int poison = deadlines_check_set(turn, event);
    if (poison != 0)
        return poison;
    struct doc *record = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
        doc_set_doc_field(record, kept[i], event->data);
    if (event->subject.bytes > 0)
        doc_set_text(record, FIELD_SUBJECT, event->subject);
    if (event->charter.bytes > 0)
        doc_set_text(record, FIELD_CHARTER, event->charter);
    doc_set_int(record, FIELD_SEQ, (int64_t)event->seq);
    alarm_enter(turn, record);
    return 0;
}

static int deadlines_decide_set(struct turn *turn, const struct event *event)
{
    const struct doc *record = alarm_get(turn, doc_text(event->data, FIELD_DEADLINE));
    struct deadlines_answer answer;
    deadlines_compute(turn, record, &answer);
    deadlines_fix(turn, record, &answer);
    return 0;
}

/* ---- own outcomes ---- */

/* How many rungs are passed over from birth: all, if it was born past its due time; those before `since`,
 * where the owner says that they are not to be told; else none (see deadlines_remind_newborn). */
static int64_t deadlines_passed_over(struct turn *turn, const struct doc *record)
{
    struct ladder ladder;
    if (alarm_due_us(record) <= doc_time_us(record, FIELD_START, 0))
        return DEADLINES_LADDER_MAX;
    if (!doc_has(record, FIELD_SINCE))
        return 0;
    alarm_ladder(record, almanac_calendar(turn, doc_text(record, FIELD_CALENDAR)), &ladder);
    return (int64_t)ladder_passed(&ladder, doc_time_us(record, FIELD_SINCE, 0) - 1);
}

static int deadlines_apply_fixed(struct turn *turn, const struct event *event)
{
    struct text id = doc_text(event->data, FIELD_DEADLINE);
    struct doc *record = alarm_get(turn, id);
    if (record == NULL || !doc_has(event->data, FIELD_DUE))
        return 0;
    bool first = !doc_has(record, FIELD_DUE);
    doc_set_doc_field(record, FIELD_DUE, event->data);
    doc_set_doc_field(record, FIELD_PROVISIONAL, event->data);
    int64_t due_us = alarm_due_us(record);
    if (doc_has(record, FIELD_CLOSED) && doc_time_us(record, FIELD_CLOSED, 0) <= due_us) {
        alarm_remove(turn, id);
        return 0;
    }
    if (first)
        doc_set_int(record, FIELD_RUNG, deadlines_passed_over(turn, record));
    alarm_put(turn, record);
    return 0;
}

static int deadlines_apply_moved(struct turn *turn, const struct event *event)
{
    struct doc *record = alarm_get(turn, doc_text(event->data, FIELD_DEADLINE));
    if (record == NULL)
        return 0;
    doc_set_written(record, FIELD_DUE, doc_text(event->data, FIELD_AFTER));
    doc_set_doc_field(record, FIELD_PROVISIONAL, event->data);
    alarm_put(turn, record);
    return 0;
}

static int deadlines_apply_approaching(struct turn *turn, const struct event *event)
{
    struct doc *record = alarm_get(turn, doc_text(event->data, FIELD_DEADLINE));
    if (record == NULL)
        return 0;
    doc_set_doc_field(record, FIELD_RUNG, event->data);
    alarm_put(turn, record);
    return 0;
}

static int deadlines_apply_reached(struct turn *turn, const struct event *event)
{
    alarm_remove(turn, doc_text(event->data, FIELD_DEADLINE));
    return 0;
}

/* ---- deadline.cleared ---- */

/* The due time by which a clearing is judged: the one on record, but while the calendar is being re-examined
 * the one that it will be moved to. */
static int64_t deadlines_judged_us(struct turn *turn, const struct doc *record)
{
    if (doc_has(record, FIELD_DUE) && !recheck_is_open_for(turn, doc_text(record, FIELD_CALENDAR)))
        return alarm_due_us(record);
    struct deadlines_answer answer;
    deadlines_compute(turn, record, &answer);
    return answer.due.dated ? answer.due.due_us : alarm_due_us(record);
}

static bool deadlines_waits_for_calendar(struct turn *turn, const struct doc *record)
{
    return !doc_has(record, FIELD_DUE) && alarm_limit(record).unit != LIMIT_UNDATED &&
           almanac_calendar(turn, doc_text(record, FIELD_CALENDAR)) == NULL;
}

/* In time is silence. What can't be judged yet, or was late, keeps the stamp. */
static int deadlines_apply_cleared(struct turn *turn, const struct event *event)
{
    struct text id = doc_text(event->data, FIELD_DEADLINE);
    struct doc *record = alarm_get(turn, id);
    if (record == NULL)
        return 0;
    bool late = doc_time_us(event->data, FIELD_AT, 0) > deadlines_judged_us(turn, record);
    if (!late && !deadlines_waits_for_calendar(turn, record)) {
        alarm_remove(turn, id);
        return 0;
    }
    doc_set_written(record, FIELD_CLOSED, doc_text(event->data, FIELD_AT));
    alarm_put(turn, record);
    return 0;
}

static int deadlines_decide_cleared(struct turn *turn, const struct event *event)
{
    struct text id = doc_text(event->data, FIELD_DEADLINE);
    const struct doc *record = alarm_get(turn, id);
    if (record == NULL || !doc_has(record, FIELD_DUE))
        return 0;
    struct deadlines_answer answer;
    deadlines_compute(turn, record, &answer);
    if (deadlines_moves(record,
                        &answer)) /* its calendar is still being re-examined, and it was not its turn yet */
        deadlines_emit_moved(turn, record, &answer, NULL);
    deadlines_emit_reached(turn, alarm_get(turn, id));
    return 0;
}

/* ---- calendars ---- */

static int deadlines_apply_calendar(struct turn *turn, const struct event *event)
{
    almanac_hold(turn, event);
    return 0;
}

static int deadlines_apply_noted(struct turn *turn, const struct event *event)
{
    almanac_accept(turn);
    recheck_begin(turn, doc_text(event->data, FIELD_CALENDAR), doc_text(event->data, FIELD_NOTICE),
                  event->seq);
    return 0;
}

static int deadlines_decide_calendar(struct turn *turn, const struct event *event)
{
    struct complaint complaint = {0};
    if (almanac_judge(turn, event, &complaint) != 0) {
        const struct rule rule = {.place = text_from(complaint.place)};
        emit_refusal(turn, &rule, NULL, 0, "%s: %s", complaint.field, complaint.message);
        return 0;
    }
    struct text calendar = doc_text(event->data, FIELD_CALENDAR);
    struct doc *out = emit_begin(turn, EVENT_CALENDAR_NOTED);
    doc_set_text(out, FIELD_CALENDAR, calendar);
    doc_set_doc_field(out, FIELD_NOTICE, event->data);
    doc_set_int(out, FIELD_COUNT, (int64_t)alarms_open(turn, calendar));
    emit_end(turn);
    const struct recheck *recheck = recheck_window(turn, event->seq);
    ASSERT(recheck != NULL);
    deadlines_examine_window(turn, recheck);
    return 0;
}

/* ---- the clock ---- */

static int deadlines_apply_strike(struct turn *turn, const struct event *event)
{
    recheck_advance(turn, event->seq);
    return 0;
}

static int deadlines_decide_strike(struct turn *turn, const struct event *event)
{
    const struct recheck *recheck = recheck_window(turn, event->seq);
    if (recheck != NULL)
        deadlines_examine_window(turn, recheck);
    else
        deadlines_ring(turn, doc_time_us(event->data, FIELD_AT, INT64_MIN));
    return 0;
}

/* 0 is at once: the rest of a recheck waits for no instant. */
static int64_t deadlines_wake_us(struct turn *turn)
{
    return recheck_is_open(turn) ? 0 : alarms_first_us(turn);
}

static const struct role_row deadlines_rows[] = {
    {EVENT_CALENDAR_PUBLISHED, deadlines_apply_calendar, deadlines_decide_calendar},
    {EVENT_CALENDAR_AMENDED, deadlines_apply_calendar, deadlines_decide_calendar},
    {EVENT_CALENDAR_NOTED, deadlines_apply_noted, NULL},
    {EVENT_DEADLINE_SET, deadlines_apply_set, deadlines_decide_set},
    {EVENT_DEADLINE_CLEARED, deadlines_apply_cleared, deadlines_decide_cleared},
    {EVENT_DEADLINE_FIXED, deadlines_apply_fixed, NULL},
    {EVENT_DEADLINE_MOVED, deadlines_apply_moved, NULL},
    {EVENT_DEADLINE_APPROACHING, deadlines_apply_approaching, NULL},
    {EVENT_DEADLINE_REACHED, deadlines_apply_reached, NULL},
    {EVENT_CLOCK_STRUCK, deadlines_apply_strike, deadlines_decide_strike},
};

const struct role role_deadlines = {
    .name = ROLE_DEADLINES,
    .schema = DEADLINES_SCHEMA,
    .rows = deadlines_rows,
    .rows_count = sizeof(deadlines_rows) / sizeof(*deadlines_rows),
    .wake_us = deadlines_wake_us,
};
