/* issue.c - see issue.h. */
#include "workers/coordination/issue.h"

#include "base/log.h"
#include "workers/common/verdict.h"

static const char *const issue_state_texts[] = {
    [ISSUE_ABSENT] = "absent",   [ISSUE_COORDINATING] = "coordinating", [ISSUE_DECIDED] = "decided",
    [ISSUE_SOLVING] = "solving", [ISSUE_SETTLED] = "settled",           [ISSUE_CLOSED] = "closed",
};
_Static_assert(sizeof issue_state_texts / sizeof issue_state_texts[0] == ISSUE_STATE_COUNT,
               "a text for each state");

const char *issue_state_text(enum issue_state state)
{
    ASSERT(state < ISSUE_STATE_COUNT);
    return issue_state_texts[state];
}

static enum issue_state issue_state_find(struct text name)
{
    return (enum issue_state)verdict_state(name, issue_state_texts, ISSUE_STATE_COUNT);
}

/* ---- keys ---- */

static struct key issue_key(struct text issue)
{
    struct key key = record_key(TABLE_ISSUE);
    key_add_text(&key, issue);
    return key;
}

static struct key issue_pair_key(enum issue_table table, struct text issue, struct text second)
{
    struct key key = record_key((store_table)table);
    key_add_text(&key, issue);
    key_add_text(&key, second);
    return key;
}

static struct key issue_paper_key(struct text issue, struct text level, struct text name)
{
    struct key key = issue_pair_key(TABLE_PAPER, issue, level);
    key_add_text(&key, name);
    return key;
}

struct key issue_open_key(struct text charter, struct text id)
{
    struct key key = record_key((store_table)TABLE_OPEN);
    key_add_text(&key, charter);
    if (id.at != NULL)
        key_add_text(&key, id);
    return key;
}

struct key issue_list_key(struct text list)
{
    struct key key = record_key(TABLE_LIST);
    key_add_text(&key, list);
    return key;
}

struct key issue_task_prefix(struct text issue)
{
    struct key key = record_key(TABLE_TASK);
    key_add_text(&key, issue);
    return key;
}

/* ---- reading ---- */

bool issue_load(struct turn *turn, const struct event *event, struct text id, struct matter *matter_out)
{
    struct key key = issue_key(id);
    const struct doc *issue = id.bytes > 0 ? record_get(turn, &key) : NULL;
    *matter_out = (struct matter){.turn = turn, .event = event, .id = id, .issue = issue};
    if (issue == NULL)
        return true;
    matter_out->state = issue_state_find(doc_text(issue, FIELD_STATE));
    matter_out->round = doc_int(issue, FIELD_ROUND, 1);
    /* An issue stays under the version that it was raised under. */
    matter_out->charter = turn_charter_version(turn, doc_text(issue, FIELD_CHARTER),
                                               (uint64_t)doc_int(issue, FIELD_VERSION, 0));
    if (matter_out->charter == NULL)
        return false;
    matter_out->level = charter_level(matter_out->charter, doc_text(issue, FIELD_LEVEL));
    matter_out->body = charter_body(matter_out->charter, doc_text(issue, FIELD_BODY));
    return matter_out->level != NULL && matter_out->body != NULL && matter_out->state != ISSUE_ABSENT;
}

int64_t issue_next_round(const struct matter *matter, struct text level)
{
    struct key key = issue_paper_key(matter->id, level, TEXT("round"));
    const struct doc *round = record_get(matter->turn, &key);
    return round == NULL ? 1 : doc_int(round, FIELD_ROUND, 0) + 1;
}

struct doc *issue_emit(const struct matter *matter, enum event_kind kind)
{
    struct doc *out = emit_begin(matter->turn, kind);
    emit_subject(matter->turn, matter->id);
    emit_charter(matter->turn, matter->charter->name);
    return out;
}

void issue_set_posts(struct doc *out, const struct body *body)
{
    for (size_t i = 0; i < body->head_posts.count; i++)
        doc_add_text(out, FIELD_POSTS, body->head_posts.at[i]);
}

const struct doc *issue_paper(const struct matter *matter, struct text name)
{
    struct key key = issue_paper_key(matter->id, matter->level->id, name);
    const struct doc *paper = record_get(matter->turn, &key);
    return paper != NULL && doc_int(paper, FIELD_ROUND, 0) == matter->round ? paper : NULL;
}

struct text issue_consent_name(struct arena *arena, struct text post)
{
    return arena_printf(arena, "consent:%.*s", TEXT_PRINT(post));
}

const struct doc *issue_opinion(const struct matter *matter, struct text unit)
{
    struct key key = issue_pair_key(TABLE_OPINION, matter->id, unit);
    const struct doc *opinion = record_get(matter->turn, &key);
    const struct unit *known = charter_unit(matter->charter, unit);
    /* Given under an older version of the charter, which knew the unit by another of its names. */
    for (size_t i = 0; opinion == NULL && known != NULL && i < known->aliases.count; i++) {
        key = issue_pair_key(TABLE_OPINION, matter->id, known->aliases.at[i]);
        opinion = record_get(matter->turn, &key);
    }
    return opinion;
}

struct names issue_units(const struct matter *matter)
{
    size_t count = doc_count(matter->issue, FIELD_UNITS);
    struct text *at = arena_alloc(turn_arena(matter->turn), (count + 1) * sizeof *at);
    for (size_t i = 0; i < count; i++)
        at[i] = doc_text_at(matter->issue, FIELD_UNITS, i);
    return (struct names){at, count};
}

/* ---- taking outcomes in ---- */

/* The record that an outcome is about, to be changed; NULL after turn_poison: it was never opened. */
static struct doc *issue_of(struct turn *turn, const struct event *event)
{
    struct key key = issue_key(event->subject);
    struct doc *issue = record_get(turn, &key);
    if (issue == NULL)
        (void)turn_poison(turn, "no issue %.*s on record", TEXT_PRINT(event->subject));
    return issue;
}

static void issue_put(struct turn *turn, struct text id, const struct doc *issue)
{
    struct key key = issue_key(id);
    record_put(turn, &key, issue);
}

void issue_keep(struct turn *turn, const struct event *event, const enum field *fields, size_t count)
{
    struct key key = issue_key(event->subject);
    struct doc *issue = record_get(turn, &key);
    if (issue == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        doc_set_doc_field(issue, fields[i], event->data);
    record_put(turn, &key, issue);
}

static void issue_set_state(struct doc *issue, enum issue_state state)
{
    doc_set_text(issue, FIELD_STATE, text_from(issue_state_texts[state]));
}

/* Files a paper at the issue's present level and round, resting on the outcome's cause. */
static void issue_file(struct turn *turn, const struct event *event, struct text id, const struct doc *issue,
                       struct text name, struct doc *paper)
{
    doc_set_int(paper, FIELD_ROUND, doc_int(issue, FIELD_ROUND, 1));
    doc_set_int(paper, FIELD_SEQ, (int64_t)event->cause);
    struct key key = issue_paper_key(id, doc_text(issue, FIELD_LEVEL), name);
    record_put(turn, &key, paper);
}

/* The common case: the outcome's subject is the issue, and the paper holds these fields of it. */
static int issue_file_fields(struct turn *turn, const struct event *event, struct text name,
                             const enum field *fields, size_t count)
{
    const struct doc *issue = issue_of(turn, event);
    if (issue == NULL)
        return ROLE_E_POISON;
    struct doc *paper = doc_new(turn_arena(turn));
    for (size_t i = 0; i < count; i++)
        doc_set_doc_field(paper, fields[i], event->data);
    issue_file(turn, event, event->subject, issue, name, paper);
    return 0;
}

static void issue_file_round(struct turn *turn, const struct event *event, const struct doc *issue)
{
    struct doc *round = doc_new(turn_arena(turn));
    doc_set_time(round, FIELD_AT, event->received_us, 0);
    issue_file(turn, event, event->subject, issue, TEXT("round"), round);
}

/* At a level, in its next round: what the round owes begins anew; opinions stay (see OPINION above). */
static void issue_enter(struct turn *turn, const struct event *event, struct doc *issue, enum field level)
{
    doc_set_text(issue, FIELD_LEVEL, doc_text(event->data, level));
    doc_set_doc_field(issue, FIELD_BODY, event->data);
    doc_set_doc_field(issue, FIELD_ROUND, event->data);
    issue_set_state(issue, ISSUE_COORDINATING);
    issue_put(turn, event->subject, issue);
    struct key open = issue_open_key(doc_text(issue, FIELD_CHARTER), event->subject);
    record_put(turn, &open, doc_new(turn_arena(turn)));
    issue_file_round(turn, event, issue);
}

int issue_apply_opened(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_TITLE, FIELD_AREA,    FIELD_CLASS,  FIELD_INDICATOR, FIELD_RAISER,
                                      FIELD_UNITS, FIELD_VERSION, FIELD_RAISED, FIELD_DUE};
    struct doc *issue = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(issue, kept[i], event->data);
    doc_set_text(issue, FIELD_CHARTER, event->charter);
    doc_set_text(issue, FIELD_FROM, doc_text(event->data, FIELD_LEVEL));
    if (!doc_has(issue, FIELD_RAISED))
        doc_set_time(issue, FIELD_RAISED, event->received_us, 0);
    issue_enter(turn, event, issue, FIELD_LEVEL);
    return 0;
}

/* issue.escalated.*, issue.sent-back and issue.reopened */
int issue_apply_moved(struct turn *turn, const struct event *event)
{
    struct doc *issue = issue_of(turn, event);
    if (issue == NULL)
        return ROLE_E_POISON;
    issue_enter(turn, event, issue, doc_has(event->data, FIELD_TO) ? FIELD_TO : FIELD_LEVEL);
    return 0;
}

int issue_apply_attempted(struct turn *turn, const struct event *event)
{
    return issue_file_fields(turn, event, TEXT("attempt"), NULL, 0);
}

int issue_apply_proposal(struct turn *turn, const struct event *event)
{
    return issue_file_fields(turn, event, TEXT("proposal"), NULL, 0);
}

int issue_apply_consent(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_RESULT};
    struct text name = issue_consent_name(turn_arena(turn), doc_text(event->data, FIELD_POST));
    return issue_file_fields(turn, event, name, kept, 1);
}

/* Parts come together or one by one (S0-8); SET names those on file in this round, INPUTS what they rest on.
 */
int issue_apply_checklist(struct turn *turn, const struct event *event)
{
    static const enum field parts[] = {FIELD_OPINION, FIELD_UNDERTAKER, FIELD_PLAN};
    const struct doc *issue = issue_of(turn, event);
    if (issue == NULL)
        return ROLE_E_POISON;
    struct key key = issue_paper_key(event->subject, doc_text(issue, FIELD_LEVEL), TEXT("checklist"));
    struct doc *paper = record_get(turn, &key);
    if (paper == NULL || doc_int(paper, FIELD_ROUND, 0) != doc_int(issue, FIELD_ROUND, 1))
        paper = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct text part = text_from(field_specs[parts[i]].name);
        if (doc_has(event->data, parts[i]) && !doc_lists_text(paper, FIELD_SET, part)) {
            doc_add_text(paper, FIELD_SET, part);
            doc_add_int(paper, FIELD_INPUTS, (int64_t)event->cause);
        }
    }
    issue_file(turn, event, event->subject, issue, TEXT("checklist"), paper);
    return 0;
}

int issue_apply_list(struct turn *turn, const struct event *event)
{
    struct doc *list = doc_new(turn_arena(turn));
    doc_set_text(list, FIELD_CHARTER, event->charter);
    doc_set_doc_field(list, FIELD_VERSION, event->data);
    struct key list_key = issue_list_key(event->subject);
    record_put(turn, &list_key, list);
    for (size_t i = 0; i < doc_count(event->data, FIELD_ISSUES); i++) {
        struct text id = doc_text_at(event->data, FIELD_ISSUES, i);
        struct key key = issue_key(id);
        const struct doc *issue = record_get(turn, &key);
        if (issue == NULL)
            return turn_poison(turn, "no issue %.*s on record", TEXT_PRINT(id));
        issue_file(turn, event, id, issue, TEXT("issuelist"), doc_new(turn_arena(turn)));
    }
    return 0;
}

/* S0-14: what a body's minutes say of an issue is on file while the issue is with that body. */
static void issue_file_minutes(struct turn *turn, const struct event *event, struct text id)
{
    struct key key = issue_key(id);
    const struct doc *issue = record_get(turn, &key);
    if (issue == NULL || !text_equal(doc_text(issue, FIELD_CHARTER), event->charter) ||
        !doc_lists_text(event->data, FIELD_BODIES, doc_text(issue, FIELD_BODY)))
        return;
    /* A meeting that was held before this round began deliberated on the round before, whenever its minutes
     * come; and minutes that were issued before it began, and recorded after, are of the round before. */
    struct key round_key = issue_paper_key(id, doc_text(issue, FIELD_LEVEL), TEXT("round"));
    const struct doc *round = record_get(turn, &round_key);
    if (round != NULL &&
        ((int64_t)event->cause < doc_int(round, FIELD_SEQ, 0) ||
         doc_time_us(event->data, FIELD_AT, INT64_MAX) < doc_time_us(round, FIELD_AT, INT64_MIN)))
        return;
    issue_file(turn, event, id, issue, TEXT("deliberation"), doc_new(turn_arena(turn)));
}

/* minutes.recorded, of the role routines */
int issue_apply_minutes(struct turn *turn, const struct event *event)
{
    for (size_t i = 0; i < doc_count(event->data, FIELD_ITEMS); i++) {
        struct text id = doc_text(doc_doc_at(event->data, FIELD_ITEMS, i), FIELD_ISSUE);
        if (id.bytes > 0)
            issue_file_minutes(turn, event, id);
    }
    return 0;
}

static int issue_put_opinion(struct turn *turn, const struct event *event, struct text unit,
                             struct text state)
{
    struct doc *opinion = doc_new(turn_arena(turn));
    doc_set_text(opinion, FIELD_STATE, state);
    doc_set_int(opinion, FIELD_SEQ, (int64_t)event->cause);
    struct key key = issue_pair_key(TABLE_OPINION, event->subject, unit);
    record_put(turn, &key, opinion);
    return 0;
}

/* Who is asked is concerned from then on. */
int issue_apply_asked(struct turn *turn, const struct event *event)
{
    struct doc *issue = issue_of(turn, event);
    if (issue == NULL)
        return ROLE_E_POISON;
    for (size_t i = 0; i < doc_count(event->data, FIELD_UNITS); i++) {
        struct text unit = doc_text_at(event->data, FIELD_UNITS, i);
        issue_put_opinion(turn, event, unit, OPINION_ASKED);
        if (!doc_lists_text(issue, FIELD_UNITS, unit))
            doc_add_text(issue, FIELD_UNITS, unit);
    }
    issue_put(turn, event->subject, issue);
    return 0;
}

int issue_apply_recorded(struct turn *turn, const struct event *event)
{
    return issue_put_opinion(turn, event, doc_text(event->data, FIELD_UNIT), OPINION_RECORDED);
}

int issue_apply_unanswered(struct turn *turn, const struct event *event)
{
    return issue_put_opinion(turn, event, doc_text(event->data, FIELD_UNIT), OPINION_UNANSWERED);
}

/* Sets a state; counts up a counter unless it is FIELD_COUNT_OF_ALL; keeps the decision that the outcome
 * names. */
static int issue_change(struct turn *turn, const struct event *event, enum issue_state state,
                        enum field counter)
{
    struct doc *issue = issue_of(turn, event);
    if (issue == NULL)
        return ROLE_E_POISON;
    issue_set_state(issue, state);
    doc_set_doc_field(issue, FIELD_DECISION, event->data);
    if (counter != FIELD_COUNT_OF_ALL)
        doc_set_int(issue, counter, doc_int(issue, counter, 0) + 1);
    issue_put(turn, event->subject, issue);
    return 0;
}

int64_t issue_tasks_count(const struct doc *data)
{
    int64_t count = 0;
    for (size_t i = 0; i < doc_count(data, FIELD_ITEMS); i++) {
        size_t units = doc_count(doc_doc_at(data, FIELD_ITEMS, i), FIELD_UNITS);
        count += units > 0 ? (int64_t)units : 1;
    }
    return count;
}

static int issue_start_tasks(struct turn *turn, const struct event *event, enum field counter)
{
    struct doc *issue = issue_of(turn, event);
    if (issue == NULL)
        return ROLE_E_POISON;
    int64_t tasks = issue_tasks_count(event->data);
    doc_set_int(issue, FIELD_TASKS_COUNT, doc_int(issue, FIELD_TASKS_COUNT, 0) + tasks);
    doc_set_int(issue, FIELD_OPEN, doc_int(issue, FIELD_OPEN, 0) + tasks);
    issue_put(turn, event->subject, issue);
    return issue_change(turn, event, ISSUE_SOLVING, counter);
}

int issue_apply_solution(struct turn *turn, const struct event *event)
{
    return issue_start_tasks(turn, event, FIELD_COUNT_OF_ALL);
}

int issue_apply_decision(struct turn *turn, const struct event *event)
{
    return issue_change(turn, event, ISSUE_DECIDED, FIELD_NUMBER);
}

int issue_apply_tasklist(struct turn *turn, const struct event *event)
{
    return issue_start_tasks(turn, event, FIELD_COUNT);
}

int issue_apply_settled(struct turn *turn, const struct event *event)
{
    return issue_change(turn, event, ISSUE_SETTLED, FIELD_COUNT_OF_ALL);
}

int issue_apply_closed(struct turn *turn, const struct event *event)
{
    struct key open = issue_open_key(event->charter, event->subject);
    (void)record_delete(turn, &open);
    return issue_change(turn, event, ISSUE_CLOSED, FIELD_COUNT_OF_ALL);
}

/* S3-20: under another version; at a level that it had not been at in this round, that level's next. */
int issue_apply_transition(struct turn *turn, const struct event *event)
{
    static const enum field kept[] = {FIELD_VERSION, FIELD_LEVEL, FIELD_BODY, FIELD_ROUND, FIELD_UNITS};
    struct doc *issue = issue_of(turn, event);
    if (issue == NULL)
        return ROLE_E_POISON;
    bool same = text_equal(doc_text(issue, FIELD_LEVEL), doc_text(event->data, FIELD_LEVEL));
    doc_unset(issue, FIELD_UNITS);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        doc_set_doc_field(issue, kept[i], event->data);
    issue_put(turn, event->subject, issue);
    if (!same)
        issue_file_round(turn, event, issue);
    return 0;
}

/* ---- facts of the role tasks ---- */

int issue_apply_task_assigned(struct turn *turn, const struct event *event)
{
    struct doc *task = doc_new(turn_arena(turn));
    doc_set_doc_field(task, FIELD_UNIT, event->data);
    struct key key = issue_pair_key(TABLE_TASK, doc_text(event->data, FIELD_ISSUE), event->subject);
    record_put(turn, &key, task);
    return 0;
}

static int issue_end_task(struct turn *turn, const struct event *event, const struct key *key)
{
    struct text id = doc_text(event->data, FIELD_ISSUE);
    struct key issue_at = issue_key(id);
    struct doc *issue = record_get(turn, &issue_at);
    if (record_delete(turn, key) && issue != NULL) {
        doc_set_int(issue, FIELD_OPEN, doc_int(issue, FIELD_OPEN, 1) - 1);
        issue_put(turn, id, issue);
    }
    return 0;
}

int issue_apply_task_updated(struct turn *turn, const struct event *event)
{
    struct key key = issue_pair_key(TABLE_TASK, doc_text(event->data, FIELD_ISSUE), event->subject);
    struct doc *task = record_get(turn, &key);
    if (task == NULL)
        return 0;
    if (text_is(doc_text(event->data, FIELD_STATE), "dropped"))
        return issue_end_task(turn, event, &key);
    doc_set_doc_field(task, FIELD_UNIT, event->data);
    record_put(turn, &key, task);
    return 0;
}

int issue_apply_task_closed(struct turn *turn, const struct event *event)
{
    struct key key = issue_pair_key(TABLE_TASK, doc_text(event->data, FIELD_ISSUE), event->subject);
    return issue_end_task(turn, event, &key);
}
