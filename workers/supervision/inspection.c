/* inspection.c - see inspection.h. */
#include "workers/supervision/inspection.h"

#include "base/limits.h"
#include "workers/common/alarm.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/common/period.h"
#include "workers/common/room.h"
#include "workers/supervision/answer.h"
#include "workers/supervision/item.h"

#include <inttypes.h>

#define INSPECTION_PLANNED TEXT("planned")
#define INSPECTION_ASKED   TEXT("asked")
#define INSPECTION_DONE    TEXT("done")

/* ---- in hand ---- */

struct visit {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    const struct doc *record; /* NULL: not known yet */
    struct text id;
};

static struct doc *inspection_record(struct turn *turn, struct text id)
{
    struct key key = item_key(TABLE_INSPECTION, id, TEXT_NONE);
    return record_get(turn, &key);
}

static bool inspection_is_done(const struct visit *visit)
{
    return visit->record != NULL && text_equal(doc_text(visit->record, FIELD_STATE), INSPECTION_DONE);
}

static bool inspection_fits(const struct visit *visit)
{
    struct text known = visit->record != NULL ? doc_text(visit->record, FIELD_CHARTER) : TEXT_NONE;
    const struct rule *rule = &visit->charter->supervision.rule;
    if (visit->id.bytes > INSPECTION_ID_BYTES_MAX)
        emit_refusal(visit->turn, rule, NULL, 0, "the inspection's id is longer than %d bytes",
                     (int)INSPECTION_ID_BYTES_MAX);
    else if (memchr(visit->id.at, '/', visit->id.bytes) != NULL)
        emit_refusal(
            visit->turn, rule, NULL, 0,
            "an inspection's id must not contain \"/\": such ids are given to items and evaluations");
    else if (known.bytes > 0 && !text_equal(known, visit->charter->name))
        emit_refusal(visit->turn, NULL, NULL, 0, "inspection %.*s is under charter %.*s, not %.*s",
                     TEXT_PRINT(visit->id), TEXT_PRINT(known), TEXT_PRINT(visit->charter->name));
    else if (inspection_is_done(visit) && visit->event->type->kind != EVENT_INSPECTION_ANSWERED)
        emit_refusal(visit->turn, rule, NULL, 0, "inspection %.*s is done", TEXT_PRINT(visit->id));
    else
        return true;
    return false;
}

/* False after a refusal. The charter is the report's, or that of the inspection it is about. */
static bool inspection_load(struct turn *turn, const struct event *event, struct visit *visit)
{
    *visit = (struct visit){.turn = turn,
                            .event = event,
                            .id = event->subject,
                            .record = inspection_record(turn, event->subject)};
    struct event named = *event;
    if (named.charter.bytes == 0 && visit->record != NULL)
        named.charter = doc_text(visit->record, FIELD_CHARTER);
    visit->charter = answer_charter(turn, &named);
    return visit->charter != NULL && party_actor_known(turn, event, visit->charter, TEXT_NONE) &&
           inspection_fits(visit);
}

static struct doc *inspection_emit(const struct visit *visit, enum event_kind kind, const struct rule *rule)
{
    struct doc *out = emit_begin(visit->turn, kind);
    emit_subject(visit->turn, visit->id);
    emit_charter(visit->turn, visit->charter->name);
    emit_rule(visit->turn, rule);
    emit_input(visit->turn, visit->event->seq);
    return out;
}

static void inspection_set_units(struct doc *out, struct names units)
{
    for (size_t i = 0; i < units.count; i++)
        doc_add_text(out, FIELD_UNITS, units.at[i]);
}

static struct text inspection_reply_label(struct arena *arena, struct text unit)
{
    return arena_printf(arena, "%.*s%.*s", TEXT_PRINT(INSPECTION_REPLY), TEXT_PRINT(unit));
}

static struct text inspection_reply(const struct visit *visit, struct text unit)
{
    struct key key = item_key(TABLE_REPLY, visit->id, unit);
    const struct doc *reply = record_get(visit->turn, &key);
    return reply != NULL ? doc_text(reply, FIELD_RESULT) : TEXT_NONE;
}

/* ---- planned ---- */

/* The day of a plan: given, or the end of the period. False after a refusal. */
static bool inspection_day(const struct visit *visit, int32_t *day_out)
{
    struct period period;
    const struct doc *data = visit->event->data;
    const struct rule *rule = &visit->charter->supervision.rule;
    if (!doc_date(data, FIELD_BY, day_out)) {
        if (!doc_has(data, FIELD_PERIOD) || !period_parse(doc_text(data, FIELD_PERIOD), &period)) {
            emit_refusal(
                visit->turn, rule, NULL, 0,
                "a plan needs the day by which it is done (by), or a period such as 2020-03, 2020-Q1, "
                "2020");
            return false;
        }
        *day_out = period_last_day(period);
    }
    if (*day_out >= civil_day_of(visit->event->received_us, visit->charter->zone))
        return true;
    emit_refusal(visit->turn, rule, NULL, 0, "the planned day is over");
    return false;
}

static void inspection_watch(const struct visit *visit, int32_t day)
{
    char date[CIVIL_TEXT_BYTES];
    const struct charter *charter = visit->charter;
    struct alarm alarm = {.subject = visit->id,
                          .charter = charter->name,
                          .label = INSPECTION_LABEL,
                          .limit =
                              arena_printf(turn_arena(visit->turn), "by %s", civil_format_date(day, date)),
                          .calendar = charter->calendar,
                          .who = visit->event->actor,
                          .title = doc_text(visit->event->data, FIELD_TITLE),
                          .reminders = &charter->supervision.reminders,
                          .rule = &charter->supervision.rule,
                          .start_us = visit->event->received_us,
                          .zone = charter->zone};
    alarm_set(visit->turn, visit->event, ROLE_SUPERVISION, &alarm);
}

int inspection_decide_planned(struct turn *turn, const struct event *event)
{
    struct visit visit;
    struct names units;
    int32_t day;
    if (!inspection_load(turn, event, &visit))
        return 0;
    const struct rule *rule = &visit.charter->supervision.rule;
    struct names written = answer_names(turn_arena(turn), event->data, FIELD_UNITS);
    if (!answer_known_units(turn, visit.charter, rule, written, &units) ||
        !answer_supervises(turn, event, visit.charter, rule, (struct names){NULL, 0}) ||
        !inspection_day(&visit, &day))
        return 0;
    struct doc *out = inspection_emit(&visit, EVENT_INSPECTION_SCHEDULED, rule);
    static const enum field kept[] = {FIELD_TITLE, FIELD_PERIOD, FIELD_DETAIL};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(out, kept[i], event->data);
    inspection_set_units(out, units);
    doc_set_date(out, FIELD_BY, day);
    doc_set_text(out, FIELD_POST, event->actor);
    emit_end(turn);
    inspection_watch(&visit, day);
    return 0;
}

void inspection_missed(struct turn *turn, const struct event *reached, const struct doc *alarm)
{
    const struct doc *record = inspection_record(turn, doc_text(alarm, FIELD_SUBJECT));
    const struct charter *charter = turn_charter(turn, doc_text(alarm, FIELD_CHARTER), NULL);
    struct doc *out = alarm_missed_begin(turn, reached, alarm);
    if (charter != NULL)
        emit_rule(turn, &charter->supervision.rule);
    if (record != NULL && doc_has(record, FIELD_POST))
        doc_add_text(out, FIELD_POSTS, doc_text(record, FIELD_POST));
    emit_end(turn);
}

/* ---- findings ---- */

struct found {
    struct text unit, title, opinion, reason;
    bool dated;
    int32_t by_day;
};

/* S4-10: listed, hung on the account, followed until someone else than the rectifier takes it off. */
static void inspection_find(const struct visit *visit, const struct found *found)
{
    const struct supervision_rules *rules = &visit->charter->supervision;
    const struct doc *record = inspection_record(visit->turn, visit->id);
    int64_t number = (record != NULL ? doc_int(record, FIELD_COUNT, 0) : 0) + 1;
    struct doc *out = inspection_emit(visit, EVENT_FINDING_RECORDED, &rules->rectify_rule);
    doc_set_int(out, FIELD_NUMBER, number);
    doc_set_text(out, FIELD_UNIT, found->unit);
    doc_set_text(out, FIELD_TITLE, found->title);
    if (found->reason.bytes > 0)
        doc_set_text(out, FIELD_REASON, found->reason);
    if (found->dated)
        doc_set_date(out, FIELD_BY, found->by_day);
    emit_end(visit->turn);
    struct opening opening = {.charter = visit->charter,
                              .rule = &rules->rectify_rule,
                              .origin = "finding",
                              .title = found->title,
                              .units = {&found->unit, 1},
                              .limit = rules->rectify,
                              .dated = found->dated,
                              .by_day = found->by_day,
                              .opinion = found->opinion,
                              .detail = found->reason,
                              .inspection = visit->id,
                              .number = number};
    opening.cites =
        arena_printf(turn_arena(visit->turn), "督查 %.*s 问题第%" PRId64 "项", TEXT_PRINT(visit->id), number);
    item_open(visit->turn, visit->event, &opening);
}

/* ---- requests and replies (S0-22) ---- */

static void inspection_watch_reply(const struct visit *visit, struct text unit)
{
    const struct charter *charter = visit->charter;
    struct text title = visit->record != NULL ? doc_text(visit->record, FIELD_TITLE) : TEXT_NONE;
    struct alarm alarm = {.subject = visit->id,
                          .charter = charter->name,
                          .label = inspection_reply_label(turn_arena(visit->turn), unit),
                          .limit = charter->supervision.reply,
                          .calendar = charter->calendar,
                          .who = unit,
                          .title = title,
                          .reminders = &charter->supervision.reminders,
                          .rule = &charter->supervision.reply_rule,
                          .start_us = visit->event->received_us,
                          .zone = charter->zone};
    if (!text_is(alarm.limit, "undated"))
        alarm_set(visit->turn, visit->event, ROLE_SUPERVISION, &alarm);
}

/* Bound: at most ITEM_UNITS_MAX units, three outcomes each. */
int inspection_decide_requested(struct turn *turn, const struct event *event)
{
    struct visit visit;
    struct names units;
    if (!inspection_load(turn, event, &visit))
        return 0;
    const struct rule *rule = &visit.charter->supervision.reply_rule;
    struct names written = answer_names(turn_arena(turn), event->data, FIELD_UNITS);
    if (!answer_known_units(turn, visit.charter, rule, written, &units) ||
        !answer_supervises(turn, event, visit.charter, rule, (struct names){NULL, 0}))
        return 0;
    struct doc *out = inspection_emit(&visit, EVENT_INSPECTION_ASKED, rule);
    inspection_set_units(out, units);
    doc_set_doc_field(out, FIELD_DETAIL, event->data);
    emit_end(turn);
    for (size_t i = 0; i < units.count; i++)
        inspection_watch_reply(&visit, units.at[i]);
    return 0;
}

static struct doc *inspection_replied_begin(const struct visit *visit, struct text unit, struct text result)
{
    struct doc *out =
        inspection_emit(visit, EVENT_INSPECTION_REPLIED, &visit->charter->supervision.reply_rule);
    doc_set_text(out, FIELD_UNIT, unit);
    doc_set_text(out, FIELD_RESULT, result);
    doc_set_time(out, FIELD_AT, visit->event->received_us, visit->charter->zone);
    return out;
}

/* What keeps a reply from being taken; NULL if nothing does. */
static const char *inspection_reply_fault(const struct visit *visit, struct text before, struct text result)
{
    if (before.bytes == 0)
        return "it was not asked";
    if (text_is(before, "given"))
        return "it has replied already";
    if (!text_is(result, "given") && !text_is(result, "refused"))
        return "result must be given or refused";
    if (text_is(result, "refused") && !text_equal(before, INSPECTION_ASKED))
        return "it is on record already that nothing is given";
    return inspection_is_done(visit) ? "the inspection is done" : NULL;
}

/* S0-22: departments must cooperate: a refusal is a finding. */
static void inspection_refused(const struct visit *visit, struct text unit)
{
    struct found found = {.unit = unit,
                          .title = TEXT("拒绝提供督查所需材料"),
                          .reason = doc_text(visit->event->data, FIELD_DETAIL)};
    found.reason = text_cut(found.reason, (size_t)field_specs[FIELD_REASON].high);
    inspection_find(visit, &found);
}

int inspection_decide_answered(struct turn *turn, const struct event *event)
{
    struct visit visit;
    if (!inspection_load(turn, event, &visit))
        return 0;
    const struct rule *rule = &visit.charter->supervision.reply_rule;
    const struct unit *unit = party_unit(turn, visit.charter, rule, doc_text(event->data, FIELD_UNIT));
    struct text result = doc_text(event->data, FIELD_RESULT);
    if (unit == NULL)
        return 0;
    const char *fault = inspection_reply_fault(&visit, inspection_reply(&visit, unit->name), result);
    if (fault == NULL && event->actor.bytes > 0 && !party_is_of_unit(visit.charter, event->actor, unit))
        fault = "the actor does not belong to it";
    if (fault != NULL) {
        emit_refusal(turn, rule, NULL, 0, "inspection %.*s, %.*s: %s", TEXT_PRINT(visit.id),
                     TEXT_PRINT(unit->name), fault);
        return 0;
    }
    struct doc *out = inspection_replied_begin(&visit, unit->name, result);
    doc_set_doc_field(out, FIELD_DETAIL, event->data);
    emit_end(turn);
    struct alarm_end end = {
        .charter = visit.charter->name, .at_us = event->received_us, .zone = visit.charter->zone};
    alarm_clear(turn, visit.id, inspection_reply_label(turn_arena(turn), unit->name), &end);
    if (text_is(result, "refused"))
        inspection_refused(&visit, unit->name);
    return 0;
}

void inspection_reply_missed(struct turn *turn, const struct event *reached, const struct doc *alarm,
                             bool unanswered)
{
    struct visit visit = {.turn = turn, .event = reached, .id = doc_text(alarm, FIELD_SUBJECT)};
    visit.charter = turn_charter(turn, doc_text(alarm, FIELD_CHARTER), NULL);
    struct text unit = doc_text(alarm, FIELD_WHO);
    if (visit.charter == NULL)
        return;
    struct doc *out = alarm_missed_begin(turn, reached, alarm);
    emit_rule(turn, &visit.charter->supervision.reply_rule);
    struct names posts =
        answer_posts(turn_arena(turn), visit.charter, TEXT_NONE, NULL, (struct names){&unit, 1});
    for (size_t i = 0; i < posts.count; i++)
        doc_add_text(out, FIELD_POSTS, posts.at[i]);
    emit_end(turn);
    if (!unanswered || !visit.charter->supervision.given)
        return;
    (void)inspection_replied_begin(&visit, unit, TEXT("none"));
    emit_end(turn);
    struct found found = {.unit = unit, .title = TEXT("逾期未回复督查要求")};
    inspection_find(&visit, &found);
}

/* ---- done ---- */

/* Findings as they will be recorded; false after a refusal. */
static bool inspection_read_findings(const struct visit *visit, struct names units, struct found *found)
{
    const struct doc *data = visit->event->data;
    const struct rule *rule = &visit->charter->supervision.rectify_rule;
    for (size_t i = 0; i < doc_count(data, FIELD_FINDINGS); i++) {
        const struct doc *item = doc_doc_at(data, FIELD_FINDINGS, i);
        struct text name = doc_has(item, FIELD_UNIT) ? doc_text(item, FIELD_UNIT)
                           : units.count == 1        ? units.at[0]
                                                     : TEXT_NONE;
        if (name.bytes == 0) {
            emit_refusal(visit->turn, rule, NULL, 0, "finding %zu names no unit", i + 1);
            return false;
        }
        const struct unit *unit = party_unit(visit->turn, visit->charter, rule, name);
        if (unit == NULL || !answer_day_lasts(visit->turn, visit->event, visit->charter, rule, item))
            return false;
        found[i] = (struct found){.unit = unit->name,
                                  .title = doc_text(item, FIELD_TITLE),
                                  .opinion = doc_text(item, FIELD_OPINION)};
        found[i].dated = doc_date(item, FIELD_BY, &found[i].by_day);
    }
    return true;
}

/* Title and units: the report's, else those of the plan or request. False after a refusal. */
static bool inspection_read_done(const struct visit *visit, struct text *title_out, struct names *units_out)
{
    const struct doc *data = visit->event->data;
    const struct rule *rule = &visit->charter->supervision.rule;
    struct arena *arena = turn_arena(visit->turn);
    *title_out = doc_text(data, FIELD_TITLE);
    if (title_out->bytes == 0 && visit->record != NULL)
        *title_out = doc_text(visit->record, FIELD_TITLE);
    struct names written = answer_names(arena, data, FIELD_UNITS);
    if (written.count == 0 && visit->record != NULL)
        written = answer_names(arena, visit->record, FIELD_UNITS);
    if (title_out->bytes > 0 && written.count > 0)
        return answer_known_units(visit->turn, visit->charter, rule, written, units_out);
    struct owed *owed = owed_open(arena);
    if (title_out->bytes == 0)
        owed_add(owed, rule, visit->event->actor, "the inspection's title");
    if (written.count == 0)
        owed_add(owed, rule, visit->event->actor, "the units that were inspected");
    emit_refusal(visit->turn, rule, owed->at, owed->count,
                 "an inspection that was not planned names its title and units");
    return false;
}

static void inspection_emit_reported(const struct visit *visit, struct text title, struct names units)
{
    struct doc *out = inspection_emit(visit, EVENT_INSPECTION_REPORTED, &visit->charter->supervision.rule);
    doc_set_text(out, FIELD_TITLE, title);
    inspection_set_units(out, units);
    doc_set_doc_field(out, FIELD_TEXT, visit->event->data);
    doc_set_doc_field(out, FIELD_FINDINGS, visit->event->data);
    doc_set_text(out, FIELD_POST, visit->event->actor);
    doc_set_time(out, FIELD_AT, visit->event->received_us, visit->charter->zone);
    emit_end(visit->turn);
    /* What units still owed the inspectors is over with the inspection. */
    struct alarm_end end = {.charter = visit->charter->name,
                            .reason = TEXT("the inspection is done"),
                            .at_us = visit->event->received_us,
                            .zone = visit->charter->zone};
    alarm_clear_labelled(visit->turn, visit->id, INSPECTION_LABEL, &end);
    alarm_clear_labelled(visit->turn, visit->id, INSPECTION_REPLY, &end);
}

int inspection_decide_done(struct turn *turn, const struct event *event)
{
    struct visit visit;
    struct text title;
    struct names units;
    if (!inspection_load(turn, event, &visit))
        return 0;
    const struct rule *rule = &visit.charter->supervision.rule;
    size_t count = doc_count(event->data, FIELD_FINDINGS);
    struct found *found = arena_alloc(turn_arena(turn), (count + 1) * sizeof *found);
    if (!answer_supervises(turn, event, visit.charter, rule, (struct names){NULL, 0}) ||
        !inspection_read_done(&visit, &title, &units) || !inspection_read_findings(&visit, units, found) ||
        !room_for_outcome(turn, event, rule, units.count))
        return 0;
    inspection_emit_reported(&visit, title, units);
    for (size_t i = 0; i < count; i++)
        inspection_find(&visit, &found[i]);
    return 0;
}

/* ---- taking outcomes in ---- */

/* The record to be changed, a new one if there is none. */
static struct doc *inspection_change(struct turn *turn, const struct event *event)
{
    struct doc *record = inspection_record(turn, event->subject);
    if (record == NULL)
        record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_CHARTER, event->charter);
    return record;
}

static void inspection_put(struct turn *turn, const struct event *event, const struct doc *record)
{
    struct key key = item_key(TABLE_INSPECTION, event->subject, TEXT_NONE);
    record_put(turn, &key, record);
}

int inspection_apply_scheduled(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_TITLE, FIELD_UNITS, FIELD_BY, FIELD_POST};
    struct doc *record = inspection_change(turn, event);
    doc_unset(record, FIELD_UNITS);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(record, kept[i], event->data);
    doc_set_text(record, FIELD_STATE, INSPECTION_PLANNED);
    inspection_put(turn, event, record);
    return 0;
}

static void inspection_put_reply(struct turn *turn, struct text inspection, struct text unit,
                                 struct text result)
{
    struct key key = item_key(TABLE_REPLY, inspection, unit);
    struct doc *reply = doc_new(turn_arena(turn));
    doc_set_text(reply, FIELD_RESULT, result);
    record_put(turn, &key, reply);
}

int inspection_apply_asked(struct turn *turn, const struct event *event)
{
    struct doc *record = inspection_change(turn, event);
    if (!doc_has(record, FIELD_STATE)) {
        doc_set_text(record, FIELD_STATE, INSPECTION_ASKED);
        doc_set_doc_field(record, FIELD_UNITS, event->data);
    }
    inspection_put(turn, event, record);
    for (size_t i = 0; i < doc_count(event->data, FIELD_UNITS); i++)
        inspection_put_reply(turn, event->subject, doc_text_at(event->data, FIELD_UNITS, i),
                             INSPECTION_ASKED);
    return 0;
}

int inspection_apply_replied(struct turn *turn, const struct event *event)
{
    inspection_put_reply(turn, event->subject, doc_text(event->data, FIELD_UNIT),
                         doc_text(event->data, FIELD_RESULT));
    return 0;
}

int inspection_apply_reported(struct turn *turn, const struct event *event)
{
    struct doc *record = inspection_change(turn, event);
    doc_set_doc_field(record, FIELD_TITLE, event->data);
    doc_unset(record, FIELD_UNITS);
    doc_set_doc_field(record, FIELD_UNITS, event->data);
    doc_set_text(record, FIELD_STATE, INSPECTION_DONE);
    inspection_put(turn, event, record);
    return 0;
}

int inspection_apply_finding(struct turn *turn, const struct event *event)
{
    struct doc *record = inspection_change(turn, event);
    doc_set_int(record, FIELD_COUNT, doc_int(event->data, FIELD_NUMBER, 0));
    inspection_put(turn, event, record);
    return 0;
}
