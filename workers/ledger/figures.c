/* figures.c - counts: on time, late, not resolved; ranked by exact fractions.
 *
 * A case with a deadline is late once a deadline of it was missed, kept when it ended without that,
 * unresolved until it ends. Rank: by kept / (kept + late), falling, compared exactly; equal fractions share a
 * rank (1, 1, 3) and stand by the number of resolved cases, falling, then by the bytes of the name. A group
 * without a resolved case has no share and no rank, and stands last.
 */
#include "workers/ledger/ledger.h"

#include "base/limits.h"

#include <stdlib.h>

enum { GROUPS_ROOM = 64 };

struct group {
    struct text name, charter;
    uint64_t count, with_deadline, kept, late, unresolved, overdue, open;
};
struct groups {
    struct page *page;
    struct group *at;
    size_t count, room;
};

static struct group *groups_get(struct groups *groups, struct text charter, struct text name)
{
    for (size_t i = 0; i < groups->count; i++)
        if (text_equal(groups->at[i].name, name) && text_equal(groups->at[i].charter, charter))
            return &groups->at[i];
    struct arena *arena = turn_arena(groups->page->turn);
    if (groups->count == groups->room) {
        size_t room = groups->room == 0 ? GROUPS_ROOM : 2 * groups->room;
        struct group *larger = arena_alloc(arena, room * sizeof *larger);
        if (groups->count > 0)
            memcpy(larger, groups->at, groups->count * sizeof *larger);
        groups->at = larger;
        groups->room = room;
    }
    groups->at[groups->count] =
        (struct group){.name = arena_text_copy(arena, name), .charter = arena_text_copy(arena, charter)};
    return &groups->at[groups->count++];
}

static void group_count(struct group *group, bool with_deadline, bool missed, bool ended)
{
    group->count++;
    group->open += !ended;
    group->with_deadline += with_deadline;
    group->kept += with_deadline && ended && !missed;
    group->late += with_deadline && ended && missed;
    group->unresolved += with_deadline && !ended;
    group->overdue += with_deadline && !ended && missed;
}

/* ---- what is counted ---- */

static struct text case_name(const struct doc *record, struct text of)
{
    return text_is(of, "level") ? doc_text(record, FIELD_LEVEL)
           : text_is(of, "all") ? TEXT("all")
                                : doc_text(record, FIELD_AREA);
}

/* Each value is read into an arena of its own that is emptied, for there may be many. */
static void groups_walk(struct groups *groups, enum ledger_table table, struct text of,
                        void (*count)(struct groups *groups, const struct doc *record, struct text of))
{
    struct key prefix = record_key((store_table)table);
    struct store_cursor cursor;
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    for (bool more = store_first(turn_txn(groups->page->turn), &prefix, NULL, &cursor); more;
         more = store_next(&cursor)) {
        struct doc *record = NULL;
        arena_reset(&arena);
        if (doc_decode(&arena, cursor.value, "", &record, NULL) == 0)
            count(groups, record, of);
    }
    store_cursor_end(&cursor);
    arena_close(&arena);
}

static void count_issue(struct groups *groups, const struct doc *issue, struct text of)
{
    if (!page_wants(groups->page, FIELD_CHARTER, doc_text(issue, FIELD_CHARTER)))
        return;
    bool ended = doc_has(issue, FIELD_SETTLED) || doc_has(issue, FIELD_CLOSED);
    group_count(groups_get(groups, doc_text(issue, FIELD_CHARTER), case_name(issue, of)),
                doc_has(issue, FIELD_WITH_DEADLINE), doc_bool(issue, FIELD_MISSED), ended);
}

/* A task that its issue's end took away from the unit counts only if it was late by then. */
static void count_task(struct groups *groups, const struct doc *task, struct text of)
{
    bool missed = doc_bool(task, FIELD_MISSED), dropped = text_is(doc_text(task, FIELD_STATE), "dropped");
    (void)of;
    if (!page_wants(groups->page, FIELD_CHARTER, doc_text(task, FIELD_CHARTER)) || (dropped && !missed))
        return;
    group_count(groups_get(groups, doc_text(task, FIELD_CHARTER), doc_text(task, FIELD_UNIT)),
                doc_has(task, FIELD_WITH_DEADLINE), missed, dropped || doc_has(task, FIELD_CLOSED));
}

/* An opinion that did not come in time is late for good: it was recorded as no reply. */
static void count_opinion(struct groups *groups, const struct doc *term, struct text of)
{
    struct text state = doc_text(term, FIELD_STATE);
    bool missed = text_is(state, "missed");
    (void)of;
    if (!text_starts_with(doc_text(term, FIELD_LABEL), TEXT("opinion:")) || text_is(state, "replaced") ||
        !doc_has(term, FIELD_WHO) || !page_wants(groups->page, FIELD_CHARTER, doc_text(term, FIELD_CHARTER)))
        return;
    group_count(groups_get(groups, doc_text(term, FIELD_CHARTER), doc_text(term, FIELD_WHO)),
                doc_has(term, FIELD_DUE), missed, missed || doc_has(term, FIELD_AT));
}

/* What units owe: tasks and opinions. */
static void groups_walk_obligations(struct groups *groups)
{
    groups_walk(groups, LEDGER_TASK, TEXT_NONE, count_task);
    groups_walk(groups, LEDGER_DEADLINE, TEXT_NONE, count_opinion);
}

/* ---- order ---- */

static uint64_t group_resolved(const struct group *group)
{
    return group->kept + group->late;
}

/* -1: a is the better fraction. Groups without resolved cases are worse than any other. */
static int group_compare_share(const struct group *a, const struct group *b)
{
    uint64_t of_a = group_resolved(a), of_b = group_resolved(b);
    if (of_a == 0 || of_b == 0)
        return (of_a == 0) - (of_b == 0);
    unsigned __int128 left = (unsigned __int128)a->kept * of_b, right = (unsigned __int128)b->kept * of_a;
    return left > right ? -1 : left < right;
}

static int group_compare(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    int order = group_compare_share(left, right);
    if (order == 0)
        order =
            (group_resolved(left) < group_resolved(right)) - (group_resolved(left) > group_resolved(right));
    if (order == 0)
        order = text_compare(left->name, right->name);
    return order != 0 ? order : text_compare(left->charter, right->charter);
}

static int group_compare_name(const void *a, const void *b)
{
    const struct group *left = a, *right = b;
    int order = text_compare(left->charter, right->charter);
    return order != 0 ? order : text_compare(left->name, right->name);
}

/* ---- rows ---- */

static struct doc *group_row(const struct page *page, const struct group *group, enum field name)
{
    struct doc *row = doc_new(turn_arena(page->turn));
    if (group->name.bytes > 0)
        doc_set_text(row, name, group->name);
    if (group->charter.bytes > 0)
        doc_set_text(row, FIELD_CHARTER, group->charter);
    const struct {
        enum field field;
        uint64_t value;
    } counts[] = {{FIELD_WITH_DEADLINE, group->with_deadline},
                  {FIELD_KEPT, group->kept},
                  {FIELD_LATE, group->late},
                  {FIELD_UNRESOLVED, group->unresolved},
                  {FIELD_OVERDUE, group->overdue},
                  {FIELD_OPEN, group->open}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        doc_set_int(row, counts[i].field, (int64_t)counts[i].value);
    return row;
}

/* Pages of ranked lists are numbered by their first row, from 1. */
static size_t groups_first(const struct groups *groups)
{
    uint64_t first = 1;
    if (page_from(groups->page).bytes > 0 && !text_parse_u64(page_from(groups->page), &first))
        first = groups->count + 1;
    return first > 0 ? (size_t)first - 1 : 0;
}

static struct text groups_page(const struct groups *groups, size_t index)
{
    return arena_printf(turn_arena(groups->page->turn), "%zu", index + 1);
}

static void groups_rank(struct groups *groups)
{
    if (groups->count > 0)
        qsort(groups->at, groups->count, sizeof *groups->at, group_compare);
    size_t rank = 1, first = groups_first(groups);
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->at[i];
        if (i == 0 || group_compare_share(&groups->at[i - 1], group) != 0)
            rank = i + 1;
        if (i < first)
            continue;
        struct doc *row = group_row(groups->page, group, FIELD_NAME);
        doc_set_int(row, FIELD_COUNT, (int64_t)group->count);
        if (group_resolved(group) > 0) {
            doc_set_int(row, FIELD_RANK, (int64_t)rank);
            doc_set_int(row, FIELD_SHARE, (int64_t)(group->kept * 10000 / group_resolved(group)));
        }
        if (!page_add(groups->page, row, groups_page(groups, i)))
            return;
    }
}

void ledger_figures(struct page *page)
{
    struct groups groups = {.page = page};
    struct text of = doc_has(page->args, FIELD_OF) ? doc_text(page->args, FIELD_OF) : TEXT("area");
    if (text_is(of, "unit"))
        groups_walk_obligations(&groups);
    else if (text_is(of, "area") || text_is(of, "level") || text_is(of, "all"))
        groups_walk(&groups, LEDGER_ISSUE, of, count_issue);
    else
        page_fail(page, "of must be area, unit, level or all");
    groups_rank(&groups);
}

/* ---- units: every unit of the charters, with what it owes ---- */

enum { CHARTERS_MAX = 256 };

static void units_of_charters(struct groups *groups)
{
    struct text names[CHARTERS_MAX];
    size_t count = turn_charters(groups->page->turn, names, CHARTERS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct charter *charter = page_wants(groups->page, FIELD_CHARTER, names[i])
                                            ? turn_charter(groups->page->turn, names[i], NULL)
                                            : NULL;
        for (size_t u = 0; charter != NULL && u < charter->units_count; u++)
            (void)groups_get(groups, names[i], charter->units[u].name);
    }
}

void ledger_units(struct page *page)
{
    struct groups groups = {.page = page};
    units_of_charters(&groups);
    groups_walk_obligations(&groups);
    if (groups.count > 0)
        qsort(groups.at, groups.count, sizeof *groups.at, group_compare_name);
    for (size_t i = groups_first(&groups); i < groups.count; i++)
        if (page_wants(page, FIELD_UNIT, groups.at[i].name) &&
            !page_add(page, group_row(page, &groups.at[i], FIELD_UNIT), groups_page(&groups, i)))
            return;
}
