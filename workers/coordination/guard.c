/* guard.c - see guard.h. */
#include "workers/coordination/guard.h"

#include "base/log.h"
#include "workers/coordination/posts.h"

typedef void guard_checker(struct guard *guard, const struct need *need);

struct guard *guard_open(const struct matter *matter)
{
    struct arena *arena = turn_arena(matter->turn);
    struct guard *guard = arena_alloc(arena, sizeof *guard);
    guard->matter = matter;
    guard->owed = owed_open(arena);
    return guard;
}

static void guard_rest_on(struct guard *guard, const struct doc *paper)
{
    if (guard->inputs_count < LIST_COUNT_MAX)
        guard->inputs[guard->inputs_count++] = (uint64_t)doc_int(paper, FIELD_SEQ, 0);
}

static const struct text *guard_body(const struct guard *guard)
{
    return &guard->matter->body->id;
}

/* S0-2: every tier records its attempt, and only what it could not settle goes up. */
static void guard_check_attempt(struct guard *guard, const struct need *need)
{
    const struct doc *attempt = issue_paper(guard->matter, TEXT("attempt"));
    if (attempt != NULL)
        guard_rest_on(guard, attempt);
    else
        owed_add(guard->owed, &need->rule, *guard_body(guard), "attempt at %.*s",
                 TEXT_PRINT(guard->matter->level->name));
}

/* S0-5: the opinions of all units concerned, or the record that a unit did not reply. */
static void guard_check_opinions(struct guard *guard, const struct need *need)
{
    struct names units = issue_units(guard->matter);
    for (size_t i = 0; i < units.count; i++) {
        const struct doc *opinion = issue_opinion(guard->matter, units.at[i]);
        if (opinion == NULL)
            owed_add(guard->owed, &need->rule, units.at[i], "opinion of %.*s (not asked yet)",
                     TEXT_PRINT(units.at[i]));
        else if (text_equal(doc_text(opinion, FIELD_STATE), OPINION_ASKED))
            owed_add(guard->owed, &need->rule, units.at[i], "opinion of %.*s", TEXT_PRINT(units.at[i]));
        else
            guard_rest_on(guard, opinion);
    }
}

static void guard_check_proposal(struct guard *guard, const struct need *need)
{
    const struct doc *proposal = issue_paper(guard->matter, TEXT("proposal"));
    if (proposal != NULL)
        guard_rest_on(guard, proposal);
    else
        owed_add(guard->owed, &need->rule, *guard_body(guard), "proposal of %.*s",
                 TEXT_PRINT(guard->matter->body->name));
}

static bool guard_has_consent(struct guard *guard, struct text post)
{
    struct text name = issue_consent_name(turn_arena(guard->matter->turn), post);
    const struct doc *consent = issue_paper(guard->matter, name);
    if (consent == NULL || !text_is(doc_text(consent, FIELD_RESULT), "given"))
        return false;
    guard_rest_on(guard, consent);
    return true;
}

static void guard_owe_consent(struct guard *guard, const struct need *need, struct text post)
{
    struct arena *arena = turn_arena(guard->matter->turn);
    const struct charter *charter = guard->matter->charter;
    struct names holders = posts_holders(guard->matter->turn, charter, charter_post(charter, post));
    struct text persons = owed_join(arena, holders);
    if (holders.count > 0)
        owed_add(guard->owed, &need->rule, post, "consent of %.*s (%.*s)", TEXT_PRINT(post),
                 TEXT_PRINT(persons));
    else
        owed_add(guard->owed, &need->rule, post, "consent of %.*s (vacant)", TEXT_PRINT(post));
}

/* S0-7: the head must consent; of joint heads any or all, as the charter says. */
static void guard_check_consent(struct guard *guard, const struct need *need)
{
    struct names posts = guard->matter->body->head_posts;
    size_t given = 0;
    ASSERT(posts.count > 0); /* charter_lint_consent: a charter without one is in force nowhere */
    for (size_t i = 0; i < posts.count; i++)
        given += guard_has_consent(guard, posts.at[i]) ? 1 : 0;
    if (need->any_head ? given > 0 : given == posts.count)
        return;
    for (size_t i = 0; i < posts.count; i++)
        if (!guard_has_consent(guard, posts.at[i]))
            guard_owe_consent(guard, need, posts.at[i]);
}

/* S0-8: opinion, undertaking department and concrete plan for each item. */
void guard_check_checklist(struct guard *guard, const struct need *need)
{
    static const enum field parts[] = {FIELD_OPINION, FIELD_UNDERTAKER, FIELD_PLAN};
    const struct doc *checklist = issue_paper(guard->matter, TEXT("checklist"));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const char *part = field_specs[parts[i]].name;
        if (checklist == NULL || !doc_lists_text(checklist, FIELD_SET, text_from(part)))
            owed_add(guard->owed, &need->rule, *guard_body(guard), "checklist part: %s", part);
    }
    for (size_t i = 0; checklist != NULL && i < doc_count(checklist, FIELD_INPUTS); i++)
        if (guard->inputs_count < LIST_COUNT_MAX)
            guard->inputs[guard->inputs_count++] = (uint64_t)doc_int_at(checklist, FIELD_INPUTS, i);
}

static void guard_check_issuelist(struct guard *guard, const struct need *need)
{
    const struct doc *listed = issue_paper(guard->matter, TEXT("issuelist"));
    if (listed != NULL)
        guard_rest_on(guard, listed);
    else
        owed_add(guard->owed, &need->rule, *guard_body(guard), "issue list of %.*s",
                 TEXT_PRINT(guard->matter->body->name));
}

/* S0-14: the group deliberates on what goes to the leading group; its minutes show it (S0-18). */
static void guard_check_deliberation(struct guard *guard, const struct need *need)
{
    const struct doc *minutes = issue_paper(guard->matter, TEXT("deliberation"));
    if (minutes != NULL)
        guard_rest_on(guard, minutes);
    else
        owed_add(guard->owed, &need->rule, *guard_body(guard),
                 "deliberation of %.*s: minutes that name the issue", TEXT_PRINT(guard->matter->body->name));
}

static guard_checker *const guard_checkers[] = {
    [NEED_ATTEMPT] = guard_check_attempt,           [NEED_OPINIONS] = guard_check_opinions,
    [NEED_PROPOSAL] = guard_check_proposal,         [NEED_CONSENT] = guard_check_consent,
    [NEED_CHECKLIST] = guard_check_checklist,       [NEED_ISSUELIST] = guard_check_issuelist,
    [NEED_DELIBERATION] = guard_check_deliberation,
};
_Static_assert(sizeof guard_checkers / sizeof guard_checkers[0] == NEED_DELIBERATION + 1,
               "a checker for each need");

bool guard_check_level(struct guard *guard)
{
    const struct level *level = guard->matter->level;
    for (size_t i = 0; i < level->needs_count; i++) {
        ASSERT(level->needs[i].kind <= NEED_DELIBERATION);
        guard_checkers[level->needs[i].kind](guard, &level->needs[i]);
    }
    return guard->owed->total == 0;
}

void guard_check_tasks(struct guard *guard, const struct rule *rule)
{
    struct turn *turn = guard->matter->turn;
    struct key prefix = issue_task_prefix(guard->matter->id);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        struct text issue, task;
        const struct doc *record = record_from(turn, cursor.value);
        if (key_read_text(&reader, turn_arena(turn), &issue) &&
            key_read_text(&reader, turn_arena(turn), &task))
            owed_add(guard->owed, rule, doc_text(record, FIELD_UNIT), "task %.*s done and verified",
                     TEXT_PRINT(task));
    }
    store_cursor_end(&cursor);
}

const struct need *guard_need(const struct matter *matter, enum need_kind kind)
{
    for (size_t i = 0; i < matter->level->needs_count; i++)
        if (matter->level->needs[i].kind == kind)
            return &matter->level->needs[i];
    return NULL;
}

void guard_refuse(const struct guard *guard, const struct rule *rule, const char *what)
{
    const struct owed *owed = guard->owed;
    struct turn *turn = guard->matter->turn;
    if (owed->total == 0) {
        emit_refusal(turn, rule, NULL, 0, "%s", what);
        return;
    }
    struct text first = doc_text(owed->at[0], FIELD_NEED);
    emit_refusal(turn, rule, owed->at, owed->count, "%s; owed: %zu, first: %.*s", what, owed->total,
                 TEXT_PRINT(first));
}

void guard_emit_inputs(const struct guard *guard)
{
    for (size_t i = 0; i < guard->inputs_count; i++)
        emit_input(guard->matter->turn, guard->inputs[i]);
}
