/* bulletins.c - the role that reports: a bulletin a period and rule of each charter (S0-19, S0-20).
 *
 *     charter.enacted ──► plan (current period) ──► deadline.set "bulletin:<rule>:<period>"
 *     deadline.reached ──► bulletin.corrected (earlier ones, where later events changed a figure),
 *                          bulletin.published, figures.published (those that it has no room for),
 *                          plan (next period) ──► deadline.set …
 *
 * Other roles' outcomes become facts (gather.h); when the period's own deadline is reached they become text
 * (sections.h); what it says is kept, and corrected when later events change it (corrections.h). After a
 * silence of several periods each gets its bulletin, in order, for each sets the deadline of the next.
 *
 * Invariants: a waiting plan has exactly one deadline open, <charter>/<rule>/<period>, which is the
 * bulletin's id too; number counts the bulletins of a rule from 1 and survives new versions of the charter.
 */
#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "config/charter_audience.h"
#include "workers/bulletins/corrections.h"
#include "workers/bulletins/files.h"
#include "workers/bulletins/gather.h"
#include "workers/bulletins/masks.h"
#include "workers/bulletins/sections.h"

#include <inttypes.h>

#define BULLETINS_WAITING TEXT("waiting")
#define BULLETINS_DROPPED TEXT("dropped")

extern const struct role role_bulletins;

/* ---- plans: {name: rule id, period, number, state, seq: of the event whose enactment changed it, version:
 * of the charter, page: a period no longer waited for} ---- */

static struct key plan_key(struct text charter, struct text rule)
{
    struct key key = record_key((store_table)BULLETINS_PLAN);
    key_add_text(&key, charter);
    if (rule.at != NULL)
        key_add_text(&key, rule);
    return key;
}

static const struct bulletin_rule *plan_rule(const struct charter *charter, struct text id)
{
    for (size_t i = 0; i < charter->bulletins_count; i++)
        if (text_equal(charter->bulletins[i].id, id))
            return &charter->bulletins[i];
    return NULL;
}

static int plan_months(const struct bulletin_rule *rule)
{
    return rule->period == PERIOD_QUARTER ? 3 : 1;
}

static struct text plan_id(struct turn *turn, struct text charter, struct text rule, struct text period)
{
    return arena_printf(turn_arena(turn), "%.*s/%.*s/%.*s", TEXT_PRINT(charter), TEXT_PRINT(rule),
                        TEXT_PRINT(period));
}

/* Whether the deadline that the plan waits for would be set again as it is. */
static bool plan_stands(struct turn *turn, const struct charter *charter, const struct bulletin_rule *rule,
                        const struct doc *plan)
{
    const struct charter *before =
        turn_charter_version(turn, charter->name, (uint64_t)doc_int(plan, FIELD_VERSION, 0));
    const struct bulletin_rule *old = before != NULL ? plan_rule(before, rule->id) : NULL;
    return old != NULL && before->zone == charter->zone && text_equal(before->calendar, charter->calendar) &&
           text_equal(old->due, rule->due);
}

/* Begins to wait for the period in which the charter is enacted, unless a period of that length is waited for
 * already. */
static void plan_renew(struct turn *turn, const struct charter *charter, const struct bulletin_rule *rule,
                       const struct event *enacted)
{
    struct key key = plan_key(charter->name, rule->id);
    struct doc *plan = record_get(turn, &key);
    bool waits = plan != NULL && text_equal(doc_text(plan, FIELD_STATE), BULLETINS_WAITING);
    struct period period = {0};
    if (plan == NULL)
        plan = doc_new(turn_arena(turn));
    doc_unset(plan, FIELD_PAGE);
    bool fits =
        waits && period_parse(doc_text(plan, FIELD_PERIOD), &period) && period.months == plan_months(rule);
    if (waits && !fits)
        doc_set_text(plan, FIELD_PAGE, doc_text(plan, FIELD_PERIOD));
    if (!fits)
        period = period_of_day(charter_first_day(charter, enacted->received_us), plan_months(rule));
    doc_set_text(plan, FIELD_NAME, rule->id);
    doc_set_text(plan, FIELD_PERIOD, period_name(turn_arena(turn), period));
    doc_set_text(plan, FIELD_STATE, BULLETINS_WAITING);
    if (!fits || !plan_stands(turn, charter, rule, plan))
        doc_set_int(plan, FIELD_SEQ, (int64_t)enacted->seq);
    doc_set_doc_field(plan, FIELD_VERSION, enacted->data);
    record_put(turn, &key, plan);
}

/* A rule that the new version no longer has. */
static void plan_drop(struct turn *turn, struct text charter, struct doc *plan, const struct event *enacted)
{
    struct key key = plan_key(charter, doc_text(plan, FIELD_NAME));
    doc_set_text(plan, FIELD_PAGE, doc_text(plan, FIELD_PERIOD));
    doc_set_text(plan, FIELD_STATE, BULLETINS_DROPPED);
    doc_set_int(plan, FIELD_SEQ, (int64_t)enacted->seq);
    record_put(turn, &key, plan);
}

/* ---- charters ---- */

static int bulletins_check_ids(struct turn *turn, const struct charter *charter)
{
    for (size_t i = 0; i < charter->bulletins_count; i++) {
        struct text id = plan_id(turn, charter->name, charter->bulletins[i].id, TEXT("2020-02"));
        if (id.bytes > NAME_BYTES_MAX)
            return turn_poison(turn, "bulletin ids such as %.*s are longer than %d bytes", TEXT_PRINT(id),
                               NAME_BYTES_MAX);
    }
    return 0;
}

/* Plans whose rule the new version no longer has. */
static void bulletins_drop(struct turn *turn, const struct charter *charter, const struct event *enacted)
{
    struct key prefix = plan_key(charter->name, TEXT_NONE);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct doc *plan = record_from(turn, cursor.value);
        if (plan_rule(charter, doc_text(plan, FIELD_NAME)) == NULL &&
            text_equal(doc_text(plan, FIELD_STATE), BULLETINS_WAITING))
            plan_drop(turn, charter->name, plan, enacted);
    }
    store_cursor_end(&cursor);
}

static int bulletins_apply_enacted(struct turn *turn, const struct event *event)
{
    const struct charter *charter = turn_charter(turn, doc_text(event->data, FIELD_NAME), NULL);
    if (charter == NULL)
        return 0;
    int poison = bulletins_check_ids(turn, charter);
    if (poison != 0)
        return poison;
    bulletins_drop(turn, charter, event);
    for (size_t i = 0; i < charter->bulletins_count; i++)
        plan_renew(turn, charter, &charter->bulletins[i], event);
    return 0;
}

static void bulletins_emit_set(struct turn *turn, const struct charter *charter,
                               const struct bulletin_rule *rule, struct period period)
{
    struct text name = period_name(turn_arena(turn), period);
    struct text id = plan_id(turn, charter->name, rule->id, name);
    struct doc *out = emit_begin(turn, EVENT_DEADLINE_SET);
    emit_subject(turn, id);
    emit_charter(turn, charter->name);
    emit_rule(turn, &rule->rule);
    doc_set_text(out, FIELD_DEADLINE, id);
    doc_set_text(out, FIELD_OWNER, text_from(role_text(ROLE_BULLETINS)));
    doc_printf(out, FIELD_LABEL, "bulletin:%.*s:%.*s", TEXT_PRINT(rule->id), TEXT_PRINT(name));
    doc_set_text(out, FIELD_LIMIT, rule->due);
    doc_set_time(out, FIELD_START, civil_end_of_day_us(period_last_day(period), charter->zone),
                 charter->zone);
    doc_set_text(out, FIELD_CALENDAR, charter->calendar);
    emit_end(turn);
}

static void bulletins_emit_cleared(struct turn *turn, struct text charter, const struct doc *plan,
                                   const struct event *event)
{
    struct text id = plan_id(turn, charter, doc_text(plan, FIELD_NAME), doc_text(plan, FIELD_PAGE));
    struct doc *out = emit_begin(turn, EVENT_DEADLINE_CLEARED);
    emit_subject(turn, id);
    emit_charter(turn, charter);
    doc_set_text(out, FIELD_DEADLINE, id);
    doc_set_time(out, FIELD_AT, event->received_us, turn_zone(turn, charter, 0));
    doc_set_text(out, FIELD_REASON, TEXT("the charter in force no longer asks for this bulletin"));
    emit_end(turn);
}

/* What this enactment changed about one plan (apply left its mark there) is told to deadlines. */
static void bulletins_emit_plan(struct turn *turn, const struct charter *charter, const struct doc *plan,
                                const struct event *enacted)
{
    if ((uint64_t)doc_int(plan, FIELD_SEQ, 0) != enacted->seq)
        return;
    if (doc_has(plan, FIELD_PAGE))
        bulletins_emit_cleared(turn, charter->name, plan, enacted);
    const struct bulletin_rule *rule = plan_rule(charter, doc_text(plan, FIELD_NAME));
    struct period period;
    if (rule != NULL && period_parse(doc_text(plan, FIELD_PERIOD), &period))
        bulletins_emit_set(turn, charter, rule, period);
}

static int bulletins_decide_enacted(struct turn *turn, const struct event *event)
{
    const struct charter *charter = turn_charter(turn, doc_text(event->data, FIELD_NAME), NULL);
    if (charter == NULL)
        return 0;
    struct key prefix = plan_key(charter->name, TEXT_NONE);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor))
        bulletins_emit_plan(turn, charter, record_from(turn, cursor.value), event);
    store_cursor_end(&cursor);
    return 0;
}

/* ---- publishing ---- */

/* "bulletin:<rule>:<period>" → rule and period. */
static bool bulletins_label_parse(struct text label, struct text *rule_out, struct text *period_out)
{
    static const struct text prefix = {"bulletin:", sizeof("bulletin:") - 1};
    const char *colon = label.bytes > prefix.bytes ? memrchr(label.at, ':', label.bytes) : NULL;
    if (colon == NULL || !text_starts_with(label, prefix) || colon < label.at + prefix.bytes)
        return false;
    *rule_out = (struct text){label.at + prefix.bytes, (size_t)(colon - label.at) - prefix.bytes};
    *period_out = (struct text){colon + 1, label.bytes - (size_t)(colon + 1 - label.at)};
    return true;
}

/* The day that the sheet bears: the one on which it is due, for what is due at a day's end goes out in the
 * night after it; one that is issued later still, after a silence, is dated truly. */
static int32_t bulletins_issued_day(const struct event *reached, int zone)
{
    int32_t received = civil_day_of(reached->received_us, zone);
    int32_t due = civil_day_of(doc_time_us(reached->data, FIELD_DUE, reached->received_us), zone);
    return received <= due + 1 ? due : received;
}

/* The plan that a reached deadline was waiting for; false if it is another role's, or no longer waited for.
 */
static bool bulletins_find_due(struct turn *turn, const struct event *reached, struct bulletin *bulletin_out)
{
    struct text id, period;
    if (!text_is(doc_text(reached->data, FIELD_OWNER), role_text(ROLE_BULLETINS)) ||
        !bulletins_label_parse(doc_text(reached->data, FIELD_LABEL), &id, &period))
        return false;
    struct key key = plan_key(reached->charter, id);
    const struct doc *plan = record_get(turn, &key);
    bool waits = plan != NULL && text_equal(doc_text(plan, FIELD_STATE), BULLETINS_WAITING) &&
                 text_equal(doc_text(plan, FIELD_PERIOD), period);
    const struct charter *charter = waits ? turn_charter(turn, reached->charter, NULL) : NULL;
    const struct bulletin_rule *rule = charter != NULL ? plan_rule(charter, id) : NULL;
    if (rule == NULL)
        return false;
    *bulletin_out = (struct bulletin){.charter = charter,
                                      .rule = rule,
                                      .number = (uint64_t)doc_int(plan, FIELD_NUMBER, 0) + 1,
                                      .through_seq = reached->seq,
                                      .issued_day = bulletins_issued_day(reached, charter->zone)};
    return period_parse(period, &bulletin_out->period);
}

static void bulletins_set_posts(struct turn *turn, struct doc *out, const struct bulletin *bulletin)
{
    struct names posts = charter_audience(turn_arena(turn), bulletin->charter, bulletin->rule->to);
    for (size_t i = 0; i < posts.count; i++)
        doc_add_text(out, FIELD_POSTS, posts.at[i]);
}

/* As many as an event holds, from an index on. */
static void bulletins_set_figures(struct doc *out, const struct named_figures *figures, size_t from)
{
    for (size_t i = from; i < figures->count && i < from + LIST_COUNT_MAX; i++) {
        struct doc *row = doc_add_doc(out, FIELD_FIGURES);
        doc_set_text(row, FIELD_NAME, figures->at[i].name);
        doc_set_text(row, FIELD_IS, figures->at[i].is);
    }
}

/* Those that the bulletin's own event has no room for. */
static void bulletins_emit_figures(struct turn *turn, const struct bulletin *bulletin, struct text id,
                                   size_t from)
{
    struct doc *out = emit_begin(turn, EVENT_FIGURES_PUBLISHED);
    emit_subject(turn, id);
    emit_rule(turn, &bulletin->rule->rule);
    doc_set_text(out, FIELD_BULLETIN, id);
    doc_set_text(out, FIELD_PERIOD, period_name(turn_arena(turn), bulletin->period));
    bulletins_set_figures(out, &bulletin->figures, from);
    emit_end(turn);
}

static void bulletins_emit_published(struct turn *turn, const struct bulletin *bulletin)
{
    struct text period = period_name(turn_arena(turn), bulletin->period);
    struct text id = plan_id(turn, bulletin->charter->name, bulletin->rule->id, period);
    struct digest digest =
        digest_of((struct bytes){(const unsigned char *)bulletin->text.at, bulletin->text.bytes});
    char hex[DIGEST_HEX_BYTES];
    struct doc *out = emit_begin(turn, EVENT_BULLETIN_PUBLISHED);
    emit_subject(turn, id);
    emit_rule(turn, &bulletin->rule->rule);
    doc_set_text(out, FIELD_BULLETIN, id);
    doc_set_text(out, FIELD_PERIOD, period);
    doc_set_int(out, FIELD_NUMBER, (int64_t)bulletin->number);
    doc_set_text(out, FIELD_TITLE, bulletin->title);
    doc_set_text(out, FIELD_TEXT, bulletin->text);
    doc_set_text(out, FIELD_DIGEST, text_from(digest_hex(&digest, hex)));
    doc_set_int(out, FIELD_FROM_SEQ, (int64_t)bulletin->from_seq);
    doc_set_int(out, FIELD_THROUGH_SEQ, (int64_t)bulletin->through_seq);
    if (bulletin->rule->audience.bytes > 0)
        doc_set_text(out, FIELD_AUDIENCE, bulletin->rule->audience);
    bulletins_set_posts(turn, out, bulletin);
    bulletins_set_figures(out, &bulletin->figures, 0);
    if (bulletin->figures.left_out > 0)
        doc_set_int(out, FIELD_LEFT, (int64_t)bulletin->figures.left_out);
    emit_end(turn);
    for (size_t from = LIST_COUNT_MAX; from < bulletin->figures.count; from += LIST_COUNT_MAX)
        bulletins_emit_figures(turn, bulletin, id, from);
    turn_effect(turn, TEXT("file"), files_target(turn_arena(turn), id), bulletin->text);
}

static int bulletins_decide_reached(struct turn *turn, const struct event *event)
{
    struct bulletin bulletin;
    if (!bulletins_find_due(turn, event, &bulletin))
        return 0;
    bulletin.corrects = corrections_emit(turn, &bulletin);
    bulletin_write(turn, &bulletin);
    bulletins_emit_published(turn, &bulletin);
    bulletins_emit_set(turn, bulletin.charter, bulletin.rule, period_next(bulletin.period));
    return 0;
}

static int bulletins_apply_published(struct turn *turn, const struct event *event)
{
    struct key key = plan_key(event->charter, corrections_rule_of(event));
    struct doc *plan = record_get(turn, &key);
    const struct charter *charter = turn_charter(turn, event->charter, NULL);
    struct period period;
    if (plan == NULL || charter == NULL || !period_parse(doc_text(event->data, FIELD_PERIOD), &period))
        return 0;
    doc_set_text(plan, FIELD_PERIOD, period_name(turn_arena(turn), period_next(period)));
    doc_set_doc_field(plan, FIELD_NUMBER, event->data);
    record_put(turn, &key, plan);
    int32_t last = period_last_day(period);
    struct reported reported = {
        civil_end_of_day_us(last, charter->zone),
        civil_start_of_day_us(period_months_before(last, FACTS_HORIZON_MONTHS), charter->zone)};
    facts_conclude(turn, event->charter, &reported);
    corrections_keep(turn, event, facts_reported(turn, event->charter).floor_us);
    facts_prune(turn, event->charter);
    return 0;
}

static const struct role_row bulletins_rows[] = {
    {EVENT_CHARTER_ENACTED, bulletins_apply_enacted, bulletins_decide_enacted},
    {EVENT_DEADLINE_REACHED, NULL, bulletins_decide_reached},
    {EVENT_BULLETIN_PUBLISHED, bulletins_apply_published, NULL},
    {EVENT_FIGURES_PUBLISHED, corrections_keep_more, NULL},
    {EVENT_BULLETIN_CORRECTED, corrections_apply, NULL},
    {EVENT_POST_HELD, masks_apply_held, NULL},
    {EVENT_ISSUE_OPENED, gather_apply, NULL},
    {EVENT_ISSUE_ESCALATED, gather_apply, NULL},
    {EVENT_ISSUE_SENT_BACK, gather_apply, NULL},
    {EVENT_ISSUE_SETTLED, gather_apply, NULL},
    {EVENT_ISSUE_CLOSED, gather_apply, NULL},
    {EVENT_ISSUE_REOPENED, gather_apply, NULL},
    {EVENT_OPINION_UNANSWERED, gather_apply, NULL},
    {EVENT_REQUEST_REFUSED, gather_apply, NULL},
    {EVENT_SOLUTION_ADOPTED, gather_apply, NULL},
    {EVENT_DECISION_RECORDED, gather_apply, NULL},
    {EVENT_TASKLIST_ISSUED, gather_apply, NULL},
    {EVENT_TASKLIST_COMPLETED, gather_apply, NULL},
    {EVENT_TASK_ASSIGNED, gather_apply, NULL},
    {EVENT_TASK_UPDATED, gather_apply, NULL},
    {EVENT_TASK_CLOSED, gather_apply, NULL},
    {EVENT_DEADLINE_MISSED, gather_apply, NULL},
    {EVENT_DEADLINE_MOVED, gather_apply, NULL},
    {EVENT_ISSUE_EXTENDED, gather_apply, NULL},
    {EVENT_PROPOSAL_RECORDED, gather_apply, NULL},
    {EVENT_CHECKLIST_RECORDED, gather_apply, NULL},
    {EVENT_DUTY_MET, gather_apply, NULL},
    {EVENT_DUTY_MISSED, gather_apply, NULL},
    {EVENT_FILING_RECORDED, gather_apply, NULL},
    {EVENT_MEETING_RECORDED, gather_apply, NULL},
    {EVENT_SUPERVISION_OPENED, gather_apply, NULL},
    {EVENT_SUPERVISION_UPDATED, gather_apply, NULL},
    {EVENT_SUPERVISION_CLOSED, gather_apply, NULL},
    {EVENT_FINDING_RECORDED, gather_apply, NULL},
    {EVENT_SCORES_PUBLISHED, gather_apply, NULL},
};

const struct role role_bulletins = {
    .name = ROLE_BULLETINS,
    .schema = BULLETINS_SCHEMA,
    .rows = bulletins_rows,
    .rows_count = sizeof(bulletins_rows) / sizeof(*bulletins_rows),
    .carry_out = files_carry_out,
};
