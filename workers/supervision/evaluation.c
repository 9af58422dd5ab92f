/* evaluation.c - see evaluation.h. */
#include "workers/supervision/evaluation.h"

#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/common/owed.h"
#include "workers/common/party.h"
#include "workers/common/room.h"
#include "workers/supervision/answer.h"
#include "workers/supervision/points.h"

#include <inttypes.h>

/* ---- plans: {name: the evaluation, period: waited for or published last, from: the first one, version: of
 * the charter, which set its deadlines} ---- */

static struct key plan_key(struct text charter, struct text evaluation)
{
    return item_key(TABLE_PLAN, charter, evaluation);
}

static struct text plan_subject(struct arena *arena, struct text charter, struct text evaluation,
                                struct text period)
{
    return arena_printf(arena, "%.*s/%.*s/%.*s", TEXT_PRINT(charter), TEXT_PRINT(evaluation),
                        TEXT_PRINT(period));
}

static const struct evaluation_rule *plan_rule(const struct charter *charter, struct text id)
{
    for (size_t i = 0; i < charter->supervision.evaluations_count; i++)
        if (text_equal(charter->supervision.evaluations[i].id, id))
            return &charter->supervision.evaluations[i];
    return NULL;
}

static struct evaluation evaluation_of(struct turn *turn, const struct event *event,
                                       const struct charter *charter, const struct evaluation_rule *rule,
                                       struct period period)
{
    struct arena *arena = turn_arena(turn);
    struct text subject = plan_subject(arena, charter->name, rule->id, period_name(arena, period));
    return (struct evaluation){turn, event, charter, rule, period, subject};
}

static struct key paper_key(struct text subject, struct text unit, const char *kind, struct text examiner)
{
    struct key key = item_key(TABLE_PAPER, subject, unit);
    key_add_text(&key, text_from(kind));
    if (examiner.at != NULL)
        key_add_text(&key, examiner);
    return key;
}

static const struct doc *paper_of(struct turn *turn, struct text subject, struct text unit, const char *kind,
                                  struct text examiner)
{
    struct key key = paper_key(subject, unit, kind, examiner);
    return record_get(turn, &key);
}

/* The last publication of the period: how often it was published so far, under which version; NULL: never. */
static const struct doc *evaluation_published(const struct evaluation *evaluation)
{
    struct key key = item_key(TABLE_PLAN, evaluation->subject, TEXT_NONE);
    return record_get(evaluation->turn, &key);
}

/* ---- waiting for a period ---- */

static struct text evaluation_title(const struct evaluation *evaluation)
{
    struct arena *arena = turn_arena(evaluation->turn);
    struct text title = arena_printf(arena, "%.*s%.*s", TEXT_PRINT(period_title(arena, evaluation->period)),
                                     TEXT_PRINT(evaluation->rule->title));
    return text_cut(title, (size_t)field_specs[FIELD_TITLE].high);
}

static struct text evaluation_selfcheck_label(struct arena *arena, struct text unit)
{
    return arena_printf(arena, "%.*s%.*s", TEXT_PRINT(EVALUATION_SELFCHECK), TEXT_PRINT(unit));
}

/* Bound: SUPERVISION_EVALUATED_MAX units of a charter's evaluations together, two outcomes each. */
static void evaluation_wait(const struct evaluation *evaluation)
{
    const struct charter *charter = evaluation->charter;
    const struct evaluation_rule *rule = evaluation->rule;
    struct alarm alarm = {.subject = evaluation->subject,
                          .charter = charter->name,
                          .label = EVALUATION_LABEL,
                          .limit = rule->due,
                          .calendar = charter->calendar,
                          .title = evaluation_title(evaluation),
                          .rule = &rule->rule,
                          .start_us = civil_end_of_day_us(period_last_day(evaluation->period), charter->zone),
                          .zone = charter->zone};
    alarm_set(evaluation->turn, evaluation->event, ROLE_SUPERVISION, &alarm);
    alarm.limit = rule->selfcheck;
    alarm.reminders = &charter->supervision.reminders;
    for (size_t i = 0; rule->selfcheck.bytes > 0 && i < rule->units.count; i++) {
        alarm.who = rule->units.at[i];
        alarm.label = evaluation_selfcheck_label(turn_arena(evaluation->turn), alarm.who);
        if (paper_of(evaluation->turn, evaluation->subject, alarm.who, "selfcheck", TEXT("")) == NULL &&
            paper_of(evaluation->turn, evaluation->subject, alarm.who, "missed", TEXT("")) == NULL)
            alarm_set(evaluation->turn, evaluation->event, ROLE_SUPERVISION, &alarm);
    }
}

static bool evaluation_names_equal(struct names a, struct names b)
{
    for (size_t i = 0; i < a.count && i < b.count; i++)
        if (!text_equal(a.at[i], b.at[i]))
            return false;
    return a.count == b.count;
}

/* Whether all deadlines that the plan waits for would be set again as they are. */
static bool evaluation_stands(struct turn *turn, const struct charter *charter, const struct doc *plan)
{
    struct text id = doc_text(plan, FIELD_NAME);
    const struct charter *before =
        turn_charter_version(turn, charter->name, (uint64_t)doc_int(plan, FIELD_VERSION, 0));
    const struct evaluation_rule *old = before != NULL ? plan_rule(before, id) : NULL;
    const struct evaluation_rule *rule = plan_rule(charter, id);
    return old != NULL && rule != NULL && before->zone == charter->zone && old->months == rule->months &&
           text_equal(before->calendar, charter->calendar) && text_equal(old->due, rule->due) &&
           text_equal(old->selfcheck, rule->selfcheck) && text_equal(old->title, rule->title) &&
           evaluation_names_equal(old->units, rule->units) &&
           evaluation_names_equal(before->supervision.reminders, charter->supervision.reminders);
}

/* Whatever is waited for under an older version of the charter, unless this one waits for just the same. */
static void evaluation_stop(struct turn *turn, const struct charter *charter, const struct event *enacted)
{
    enum { PLANS_MAX = SUPERVISION_EVALUATED_MAX };
    struct text *subjects = arena_alloc(turn_arena(turn), PLANS_MAX * sizeof *subjects);
    size_t count = 0;
    struct key prefix = plan_key(charter->name, TEXT_NONE);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more && count < PLANS_MAX;
         more = store_next(&cursor)) {
        const struct doc *plan = record_from(turn, cursor.value);
        if (!evaluation_stands(turn, charter, plan))
            subjects[count++] = plan_subject(turn_arena(turn), charter->name, doc_text(plan, FIELD_NAME),
                                             doc_text(plan, FIELD_PERIOD));
    }
    store_cursor_end(&cursor);
    struct alarm_end end = {.charter = charter->name,
                            .reason = TEXT("a new version of the charter"),
                            .at_us = enacted->received_us,
                            .zone = charter->zone};
    for (size_t i = 0; i < count; i++)
        if (alarm_is_open(turn, subjects[i], EVALUATION_LABEL))
            alarm_clear_all(turn, subjects[i], &end);
}

/* The period that is waited for, if the new rule has periods of that length; else the one in which the
 * charter begins to hold. */
static struct period evaluation_first_period(struct turn *turn, const struct charter *charter,
                                             const struct evaluation_rule *rule, const struct event *enacted)
{
    struct key key = plan_key(charter->name, rule->id);
    const struct doc *plan = record_get(turn, &key);
    struct period period;
    if (plan != NULL && period_parse(doc_text(plan, FIELD_PERIOD), &period) &&
        period.months == rule->months) {
        struct evaluation waited = evaluation_of(turn, enacted, charter, rule, period);
        if (alarm_is_open(turn, waited.subject, EVALUATION_LABEL))
            return period;
    }
    return period_of_day(charter_first_day(charter, enacted->received_us), rule->months);
}

void evaluation_enact(struct turn *turn, const struct event *enacted)
{
    const struct charter *charter = turn_charter(turn, doc_text(enacted->data, FIELD_NAME), NULL);
    if (charter == NULL)
        return;
    size_t count = charter->supervision.evaluations_count;
    const struct evaluation_rule *rules = charter->supervision.evaluations;
    struct period *periods = arena_alloc(turn_arena(turn), (count + 1) * sizeof *periods);
    for (size_t i = 0; i < count; i++)
        periods[i] = evaluation_first_period(turn, charter, &rules[i], enacted);
    evaluation_stop(turn, charter, enacted);
    for (size_t i = 0; i < count; i++) {
        struct evaluation evaluation = evaluation_of(turn, enacted, charter, &rules[i], periods[i]);
        if (!alarm_is_open(turn, evaluation.subject, EVALUATION_LABEL))
            evaluation_wait(&evaluation);
    }
}

/* ---- subjects ---- */

/* Splits "<charter>/<evaluation>/<period>"; false if it is none of that charter. */
static bool evaluation_split(struct text subject, struct text charter, struct text *id_out,
                             struct text *period_out)
{
    const char *slash = subject.bytes > charter.bytes + 1 ? memrchr(subject.at, '/', subject.bytes) : NULL;
    if (slash == NULL || !text_starts_with(subject, charter) || subject.at[charter.bytes] != '/' ||
        slash <= subject.at + charter.bytes)
        return false;
    *id_out = (struct text){subject.at + charter.bytes + 1, (size_t)(slash - subject.at) - charter.bytes - 1};
    *period_out = (struct text){slash + 1, subject.bytes - (size_t)(slash + 1 - subject.at)};
    return true;
}

/* The evaluation that a deadline is about; false if the charter in force does not have it any more. */
static bool evaluation_of_alarm(struct turn *turn, const struct event *reached, const struct doc *alarm,
                                struct evaluation *evaluation_out)
{
    struct text id, written, name = doc_text(alarm, FIELD_CHARTER);
    const struct charter *charter = turn_charter(turn, name, NULL);
    struct period period;
    if (charter == NULL || !evaluation_split(doc_text(alarm, FIELD_SUBJECT), name, &id, &written) ||
        !period_parse(written, &period))
        return false;
    const struct evaluation_rule *rule = plan_rule(charter, id);
    if (rule == NULL || rule->months != period.months)
        return false;
    *evaluation_out = evaluation_of(turn, reached, charter, rule, period);
    return true;
}

/* ---- publishing ---- */

static void publish_inputs(struct doc *row, const struct points_part *part)
{
    for (size_t i = 0; i < part->inputs_count; i++)
        doc_add_int(row, FIELD_INPUTS, (int64_t)part->inputs[i]);
}

/* The first few inputs of all parts: what the whole rests on. */
static void publish_unit(struct doc *out, const struct evaluation *evaluation, const struct points_row *row)
{
    struct doc *doc = doc_add_doc(out, FIELD_SCORES);
    size_t left = POINTS_INPUTS_MAX;
    doc_set_text(doc, FIELD_UNIT, row->unit);
    doc_set_int(doc, FIELD_POINTS, row->points);
    doc_set_int(doc, FIELD_RANK, row->rank);
    for (size_t i = 0; i < evaluation->rule->sources_count; i++)
        for (size_t k = 0; k < row->parts[i].inputs_count && left > 0; k++, left--)
            doc_add_int(doc, FIELD_INPUTS, (int64_t)row->parts[i].inputs[k]);
}

static void publish_parts(struct doc *out, const struct evaluation *evaluation, const struct points_row *row)
{
    for (size_t i = 0; i < evaluation->rule->sources_count; i++) {
        struct doc *doc = doc_add_doc(out, FIELD_SCORES);
        doc_set_text(doc, FIELD_UNIT, row->unit);
        doc_set_text(doc, FIELD_NAME, evaluation->rule->sources[i].title);
        doc_set_int(doc, FIELD_POINTS, row->parts[i].points);
        doc_set_text(doc, FIELD_NOTE, row->parts[i].note);
        publish_inputs(doc, &row->parts[i]);
    }
}

static void publish_answers(struct doc *out, const struct points *points, struct arena *arena)
{
    enum { POSTS_MAX = 256 };
    for (size_t i = 0; i < points->answers_count; i++) {
        const struct points_answer *answer = &points->answers[i];
        struct doc *doc = doc_add_doc(out, FIELD_SCORES);
        doc_set_text(doc, FIELD_POST, answer->post);
        doc_set_text(doc, FIELD_NAME, answer->area);
        doc_set_int(doc, FIELD_POINTS, answer->points);
        doc_set_text(doc, FIELD_NOTE, arena_printf(arena, "%" PRId64 "个牵头单位平均", answer->units));
        if (!doc_lists_text(out, FIELD_POSTS, answer->post) && doc_count(out, FIELD_POSTS) < POSTS_MAX)
            doc_add_text(out, FIELD_POSTS, answer->post);
    }
}

/* The charter's lint has seen to it that all rows fit (SUPERVISION_ROWS_MAX). */
static void evaluation_publish(const struct evaluation *evaluation, uint64_t version)
{
    struct turn *turn = evaluation->turn;
    struct points points = points_of(evaluation);
    const struct doc *before = evaluation_published(evaluation);
    struct doc *out = emit_begin(turn, EVENT_SCORES_PUBLISHED);
    emit_subject(turn, evaluation->subject);
    emit_charter(turn, evaluation->charter->name);
    emit_rule(turn, &evaluation->rule->rule);
    emit_input(turn, evaluation->event->seq);
    doc_set_text(out, FIELD_PERIOD, period_name(turn_arena(turn), evaluation->period));
    doc_set_int(out, FIELD_NUMBER, (before != NULL ? doc_int(before, FIELD_NUMBER, 0) : 0) + 1);
    doc_set_int(out, FIELD_VERSION, (int64_t)version);
    doc_set_text(out, FIELD_TITLE, evaluation_title(evaluation));
    doc_set_text(out, FIELD_FORMULA, points_formula(turn_arena(turn), evaluation->rule));
    for (size_t i = 0; i < points.rows_count; i++) {
        publish_unit(out, evaluation, &points.rows[i]);
        if (!points.rows[i].selfchecked)
            doc_add_text(out, FIELD_UNITS, points.rows[i].unit);
    }
    for (size_t i = 0; i < points.rows_count; i++)
        publish_parts(out, evaluation, &points.rows[i]);
    publish_answers(out, &points, turn_arena(turn));
    emit_end(turn);
}

void evaluation_due(struct turn *turn, const struct event *reached, const struct doc *alarm)
{
    struct evaluation evaluation;
    uint64_t version = 0;
    if (!evaluation_of_alarm(turn, reached, alarm, &evaluation))
        return;
    (void)turn_charter(turn, evaluation.charter->name, &version);
    evaluation_publish(&evaluation, version);
    struct alarm_end end = {.charter = evaluation.charter->name,
                            .at_us = doc_time_us(reached->data, FIELD_DUE, reached->received_us),
                            .zone = evaluation.charter->zone};
    alarm_clear(turn, evaluation.subject, EVALUATION_LABEL, &end);
    struct evaluation next =
        evaluation_of(turn, reached, evaluation.charter, evaluation.rule, period_next(evaluation.period));
    evaluation_wait(&next);
}

void evaluation_selfcheck_missed(struct turn *turn, const struct event *reached, const struct doc *alarm)
{
    struct evaluation evaluation;
    struct text unit = doc_text(alarm, FIELD_WHO);
    bool stands = evaluation_of_alarm(turn, reached, alarm, &evaluation);
    struct doc *out = alarm_missed_begin(turn, reached, alarm);
    if (stands) {
        struct names posts =
            answer_posts(turn_arena(turn), evaluation.charter, TEXT_NONE, NULL, (struct names){&unit, 1});
        emit_rule(turn, &evaluation.rule->rule);
        for (size_t i = 0; i < posts.count; i++)
            doc_add_text(out, FIELD_POSTS, posts.at[i]);
    }
    emit_end(turn);
}

/* ---- papers ---- */

static bool evaluation_has_unit(const struct evaluation_rule *rule, struct text unit)
{
    for (size_t i = 0; i < rule->units.count; i++)
        if (text_equal(rule->units.at[i], unit))
            return true;
    return false;
}

/* The evaluation that the report is about: with periods of that length, by its subject where several have
 * them. NULL after a refusal. */
static const struct evaluation_rule *paper_rule(struct turn *turn, const struct event *event,
                                                const struct charter *charter, struct period period)
{
    const struct supervision_rules *rules = &charter->supervision;
    const struct evaluation_rule *found = NULL;
    struct text ids = TEXT("");
    size_t count = 0;
    for (size_t i = 0; i < rules->evaluations_count; i++) {
        const struct evaluation_rule *rule = &rules->evaluations[i];
        ids = arena_printf(turn_arena(turn), "%.*s%s%.*s", TEXT_PRINT(ids), i > 0 ? ", " : "",
                           TEXT_PRINT(rule->id));
        bool named = event->subject.bytes == 0 || text_equal(event->subject, rule->id);
        if (named && rule->months == period.months) {
            found = rule;
            count++;
        }
    }
    if (count == 1)
        return found;
    struct text subject = event->subject.bytes > 0
                              ? arena_printf(turn_arena(turn), " `%.*s`", TEXT_PRINT(event->subject))
                              : TEXT("");
    emit_refusal(
        turn, &rules->rule, NULL, 0,
        "%s%.*s of charter %.*s for %.*s; the subject is one by its id, or none if only one has such "
        "periods: %.*s",
        count == 0 ? "there is no evaluation" : "the subject must name which evaluation", TEXT_PRINT(subject),
        TEXT_PRINT(charter->name), TEXT_PRINT(doc_text(event->data, FIELD_PERIOD)),
        TEXT_PRINT(ids.bytes > 0 ? ids : TEXT("none")));
    return NULL;
}

/* From the first day of a period that is evaluated at all. False after a refusal. */
static bool paper_in_time(const struct evaluation *evaluation)
{
    struct turn *turn = evaluation->turn;
    struct key key = plan_key(evaluation->charter->name, evaluation->rule->id);
    const struct doc *plan = record_get(turn, &key);
    struct period first;
    int32_t today = civil_day_of(evaluation->event->received_us, evaluation->charter->zone);
    struct text written = period_name(turn_arena(turn), evaluation->period);
    if (period_first_day(evaluation->period) > today)
        emit_refusal(turn, &evaluation->rule->rule, NULL, 0, "the period %.*s has not begun",
                     TEXT_PRINT(written));
    else if (plan != NULL && period_parse(doc_text(plan, FIELD_FROM), &first) &&
             period_first_day(evaluation->period) < period_first_day(first))
        emit_refusal(turn, &evaluation->rule->rule, NULL, 0, "the first period that is evaluated is %.*s",
                     TEXT_PRINT(doc_text(plan, FIELD_FROM)));
    else
        return true;
    return false;
}

static bool paper_source(const struct evaluation *evaluation, enum source_kind kind)
{
    for (size_t i = 0; i < evaluation->rule->sources_count; i++)
        if (evaluation->rule->sources[i].kind == kind)
            return true;
    emit_refusal(evaluation->turn, &evaluation->rule->rule, NULL, 0, "evaluation %.*s has no source \"%s\"",
                 TEXT_PRINT(evaluation->rule->id), source_text(kind));
    return false;
}

/* What the rows of a paper come to. False after a refusal. */
static bool paper_points(const struct evaluation *evaluation, int64_t *points_out)
{
    const struct doc *data = evaluation->event->data;
    *points_out = 0;
    for (size_t i = 0; i < doc_count(data, FIELD_SCORES); i++)
        *points_out += doc_int(doc_doc_at(data, FIELD_SCORES, i), FIELD_POINTS, 0);
    if (*points_out <= POINTS_FULL)
        return true;
    struct text sum = points_text(turn_arena(evaluation->turn), *points_out);
    emit_refusal(evaluation->turn, &evaluation->rule->rule, NULL, 0,
                 "the rows come to %.*s points, more than 100", TEXT_PRINT(sum));
    return false;
}

/* A report that is in order so far: whose, of which evaluation and period. False after a refusal. */
static bool paper_load(struct turn *turn, const struct event *event, enum source_kind kind,
                       struct evaluation *evaluation_out, const struct unit **unit_out, int64_t *points_out)
{
    const struct charter *charter = answer_charter(turn, event);
    struct text written = doc_text(event->data, FIELD_PERIOD);
    struct period period;
    if (charter == NULL || !party_actor_known(turn, event, charter, TEXT_NONE))
        return false;
    if (!period_parse(written, &period)) {
        emit_refusal(turn, &charter->supervision.rule, NULL, 0,
                     "%.*s is no period; periods are such as 2020-03, 2020-Q1, 2020", TEXT_PRINT(written));
        return false;
    }
    const struct evaluation_rule *rule = paper_rule(turn, event, charter, period);
    if (rule == NULL)
        return false;
    *evaluation_out = evaluation_of(turn, event, charter, rule, period);
    *unit_out = party_unit(turn, charter, &rule->rule, doc_text(event->data, FIELD_UNIT));
    if (*unit_out == NULL)
        return false;
    if (!evaluation_has_unit(rule, (*unit_out)->name)) {
        emit_refusal(turn, &rule->rule, NULL, 0, "%.*s is not evaluated by %.*s",
                     TEXT_PRINT((*unit_out)->name), TEXT_PRINT(rule->id));
        return false;
    }
    return paper_source(evaluation_out, kind) && paper_in_time(evaluation_out) &&
           paper_points(evaluation_out, points_out) && room_for_outcome(turn, event, &rule->rule, 1);
}

static void paper_emit(const struct evaluation *evaluation, enum event_kind kind, struct text unit,
                       const struct doc *before, struct text post)
{
    struct turn *turn = evaluation->turn;
    const struct doc *data = evaluation->event->data;
    static const enum field kept[] = {FIELD_SCORES, FIELD_PERIOD, FIELD_NOTE};
    struct doc *out = emit_begin(turn, kind);
    emit_subject(turn, evaluation->subject);
    emit_charter(turn, evaluation->charter->name);
    emit_rule(turn, &evaluation->rule->rule);
    emit_input(turn, evaluation->event->seq);
    doc_set_text(out, FIELD_UNIT, unit);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(out, kept[i], data);
    doc_set_doc_field(out, kind == EVENT_CHECK_RECORDED ? FIELD_INSPECTION : FIELD_EVIDENCE, data);
    doc_set_int(out, FIELD_VERSION, (before != NULL ? doc_int(before, FIELD_VERSION, 0) : 0) + 1);
    if (post.bytes > 0)
        doc_set_text(out, FIELD_POST, post);
    emit_end(turn);
}

/* A paper that comes after the scores changes them: they are published anew, under the version of the charter
 * by which they were scored, so that only the paper makes the difference. */
static int paper_republish(const struct evaluation *evaluation)
{
    const struct doc *published = evaluation_published(evaluation);
    if (published == NULL)
        return 0;
    uint64_t version = (uint64_t)doc_int(published, FIELD_VERSION, 0);
    struct evaluation then = *evaluation;
    then.charter = turn_charter_version(evaluation->turn, evaluation->charter->name, version);
    then.rule = then.charter != NULL ? plan_rule(then.charter, evaluation->rule->id) : NULL;
    if (then.rule == NULL)
        return turn_poison(evaluation->turn, "the rules by which %.*s was published are gone",
                           TEXT_PRINT(evaluation->subject));
    evaluation_publish(&then, version);
    return 0;
}

int evaluation_decide_selfcheck(struct turn *turn, const struct event *event)
{
    struct evaluation evaluation;
    const struct unit *unit;
    int64_t points;
    if (!paper_load(turn, event, SOURCE_SELFCHECK, &evaluation, &unit, &points))
        return 0;
    if (event->actor.bytes > 0 && !party_is_of_unit(evaluation.charter, event->actor, unit)) {
        emit_refusal(turn, &evaluation.rule->rule, NULL, 0,
                     "a self-check is the unit's own: %.*s does not belong to %.*s", TEXT_PRINT(event->actor),
                     TEXT_PRINT(unit->name));
        return 0;
    }
    const struct doc *before = paper_of(turn, evaluation.subject, unit->name, "selfcheck", TEXT(""));
    paper_emit(&evaluation, EVENT_SELFCHECK_RECORDED, unit->name, before, TEXT_NONE);
    struct alarm_end end = {
        .charter = evaluation.charter->name, .at_us = event->received_us, .zone = evaluation.charter->zone};
    alarm_clear(turn, evaluation.subject, evaluation_selfcheck_label(turn_arena(turn), unit->name), &end);
    return paper_republish(&evaluation);
}

int evaluation_decide_check(struct turn *turn, const struct event *event)
{
    struct evaluation evaluation;
    const struct unit *unit;
    int64_t points;
    if (!paper_load(turn, event, SOURCE_CHECK, &evaluation, &unit, &points) ||
        !answer_supervises(turn, event, evaluation.charter, &evaluation.rule->rule,
                           (struct names){&unit->name, 1}))
        return 0;
    const struct doc *before = paper_of(turn, evaluation.subject, unit->name, "check", event->actor);
    paper_emit(&evaluation, EVENT_CHECK_RECORDED, unit->name, before, event->actor);
    return paper_republish(&evaluation);
}

/* ---- taking outcomes in ---- */

static int paper_apply(struct turn *turn, const struct event *event, const char *kind, struct text examiner)
{
    struct doc *paper = doc_new(turn_arena(turn));
    int64_t points = 0;
    for (size_t i = 0; i < doc_count(event->data, FIELD_SCORES); i++)
        points += doc_int(doc_doc_at(event->data, FIELD_SCORES, i), FIELD_POINTS, 0);
    doc_set_int(paper, FIELD_POINTS, points);
    doc_set_doc_field(paper, FIELD_VERSION, event->data);
    doc_set_int(paper, FIELD_SEQ, (int64_t)event->seq);
    struct key key = paper_key(event->subject, doc_text(event->data, FIELD_UNIT), kind, examiner);
    record_put(turn, &key, paper);
    return 0;
}

int evaluation_apply_selfcheck(struct turn *turn, const struct event *event)
{
    return paper_apply(turn, event, "selfcheck", TEXT(""));
}

void evaluation_apply_missed(struct turn *turn, const struct event *missed)
{
    struct text label = doc_text(missed->data, FIELD_LABEL);
    if (!text_starts_with(label, EVALUATION_SELFCHECK))
        return;
    struct doc *paper = doc_new(turn_arena(turn));
    doc_set_int(paper, FIELD_SEQ, (int64_t)missed->seq);
    struct key key = paper_key(missed->subject, doc_text(missed->data, FIELD_WHO), "missed", TEXT(""));
    record_put(turn, &key, paper);
}

int evaluation_apply_check(struct turn *turn, const struct event *event)
{
    return paper_apply(turn, event, "check", doc_text(event->data, FIELD_POST));
}

int evaluation_apply_published(struct turn *turn, const struct event *event)
{
    struct key key = item_key(TABLE_PLAN, event->subject, TEXT_NONE);
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_doc_field(record, FIELD_NUMBER, event->data);
    doc_set_doc_field(record, FIELD_VERSION, event->data);
    record_put(turn, &key, record);
    return 0;
}

void evaluation_apply_watched(struct turn *turn, const struct event *set)
{
    struct text id, period;
    uint64_t version = 0;
    if (!text_equal(doc_text(set->data, FIELD_LABEL), EVALUATION_LABEL) ||
        !evaluation_split(set->subject, set->charter, &id, &period))
        return;
    struct key key = plan_key(set->charter, id);
    struct doc *plan = record_get(turn, &key);
    if (plan == NULL)
        plan = doc_new(turn_arena(turn));
    doc_set_text(plan, FIELD_NAME, id);
    doc_set_text(plan, FIELD_PERIOD, period);
    (void)turn_charter(turn, set->charter, &version);
    doc_set_int(plan, FIELD_VERSION, (int64_t)version);
    if (!doc_has(plan, FIELD_FROM))
        doc_set_text(plan, FIELD_FROM, period);
    record_put(turn, &key, plan);
}
