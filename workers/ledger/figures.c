/* figures.c - counts: on time, late, not resolved; ranked by exact fractions; month by month.
 *
 * Rank: by kept / (kept + late), falling, compared exactly; equal fractions share a rank (1, 1, 3) and stand
 * by the number of resolved cases, falling, then by the bytes of the name. A group without a resolved case
 * has no share and no rank, and stands last.
 */
#include "workers/ledger/counters.h"
#include "workers/ledger/pages.h"

#include <stdlib.h>

/* ---- order ---- */

static uint64_t group_resolved(const struct group *group)
{
    return (uint64_t)(group->counts[COUNT_KEPT] + group->counts[COUNT_LATE]);
}

/* -1: a is the better fraction. Groups without resolved cases are worse than any other. */
static int group_compare_share(const struct group *a, const struct group *b)
{
    uint64_t of_a = group_resolved(a), of_b = group_resolved(b);
    if (of_a == 0 || of_b == 0)
        return (of_a == 0) - (of_b == 0);
    unsigned __int128 left = (unsigned __int128)a->counts[COUNT_KEPT] * of_b;
    unsigned __int128 right = (unsigned __int128)b->counts[COUNT_KEPT] * of_a;
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

/* The hash of the groups is of no use behind this. */
static void groups_sort(struct groups *groups, int (*compare)(const void *a, const void *b))
{
    if (groups->count > 0)
        qsort(groups->at, groups->count, sizeof *groups->at, compare);
}

/* ---- rows ---- */

struct shown {
    enum field field;
    enum count count;
};

static struct doc *group_row(const struct page *page, const struct group *group, enum field name,
                             const struct shown *shown, size_t shown_count)
{
    struct doc *row = doc_new(turn_arena(page->turn));
    if (group->name.bytes > 0)
        doc_set_text(row, name, group->name);
    if (group->charter.bytes > 0)
        doc_set_text(row, FIELD_CHARTER, group->charter);
    for (size_t i = 0; i < shown_count; i++)
        doc_set_int(row, shown[i].field, group->counts[shown[i].count]);
    return row;
}

static struct doc *group_case_row(const struct page *page, const struct group *group, enum field name)
{
    static const struct shown shown[] = {
        {FIELD_WITH_DEADLINE, COUNT_WITH_DEADLINE}, {FIELD_KEPT, COUNT_KEPT},       {FIELD_LATE, COUNT_LATE},
        {FIELD_UNRESOLVED, COUNT_UNRESOLVED},       {FIELD_OVERDUE, COUNT_OVERDUE}, {FIELD_OPEN, COUNT_OPEN}};
    return group_row(page, group, name, shown, sizeof shown / sizeof *shown);
}

/* ---- ranks ---- */

static void groups_drop_small(struct groups *groups, uint64_t least)
{
    size_t kept = 0;
    for (size_t i = 0; i < groups->count; i++)
        if (group_resolved(&groups->at[i]) >= least)
            groups->at[kept++] = groups->at[i];
    groups->count = kept;
}

static void groups_rank(struct page *page, struct groups *groups)
{
    size_t rank = 1;
    groups_drop_small(groups, (uint64_t)doc_int(page->args, FIELD_AT_LEAST, 0));
    groups_sort(groups, group_compare);
    for (size_t i = 0; i < groups->count; i++) {
        const struct group *group = &groups->at[i];
        if (i == 0 || group_compare_share(&groups->at[i - 1], group) != 0)
            rank = i + 1;
        struct doc *row = group_case_row(page, group, FIELD_NAME);
        doc_set_int(row, FIELD_COUNT, group->counts[COUNT_CASES]);
        if (group_resolved(group) > 0) {
            doc_set_int(row, FIELD_RANK, (int64_t)rank);
            doc_set_int(row, FIELD_SHARE, group->counts[COUNT_KEPT] * 10000 / (int64_t)group_resolved(group));
        }
        if (!page_add_nth(page, row, i))
            return;
    }
}

/* ---- months ---- */

static bool month_parse(struct text name, struct civil_date *out)
{
    int64_t year, month;
    bool fine = name.bytes == 7 && text_parse_i64((struct text){name.at, 4}, &year) &&
                text_parse_i64((struct text){name.at + 5, 2}, &month);
    if (fine)
        *out = (struct civil_date){(int)year, (int)month, 1};
    return fine;
}

/* So many months since the beginning of time. */
static int month_number(struct civil_date date)
{
    return date.year * 12 + date.month - 1;
}

/* The charter's months from its first to that of the last event, none left out; the sums run through. */
struct months {
    struct page *page;
    const struct groups *groups;
    size_t index; /* of the next row */
    int64_t open, overdue;
};

static bool months_add(struct months *months, struct text charter, int number)
{
    struct arena *arena = turn_arena(months->page->turn);
    struct group month = {.charter = charter,
                          .name = arena_printf(arena, "%04d-%02d", number / 12, number % 12 + 1)};
    for (size_t i = 0; i < months->groups->count; i++)
        if (text_equal(months->groups->at[i].charter, charter) &&
            text_equal(months->groups->at[i].name, month.name))
            month = months->groups->at[i];
    months->open += month.counts[COUNT_OPEN_IN] - month.counts[COUNT_OPEN_OUT];
    months->overdue += month.counts[COUNT_OVERDUE_IN] - month.counts[COUNT_OVERDUE_OUT];
    static const struct shown shown[] = {{FIELD_RAISED_COUNT, COUNT_RAISED},
                                         {FIELD_RESOLVED_COUNT, COUNT_RESOLVED},
                                         {FIELD_LATE, COUNT_RESOLVED_LATE}};
    struct doc *row = group_row(months->page, &month, FIELD_NAME, shown, sizeof shown / sizeof *shown);
    doc_set_int(row, FIELD_OPEN, months->open);
    doc_set_int(row, FIELD_OVERDUE, months->overdue);
    return page_add_nth(months->page, row, months->index++);
}

static int month_of_last_event(struct page *page, struct text charter)
{
    int64_t last_us = ledger_last_received_us(page->turn, &page->moment);
    if (page->moment.past && page->moment.occurred_us < last_us)
        last_us = page->moment.occurred_us;
    return month_number(civil_date_from_day(civil_day_of(last_us, turn_zone(page->turn, charter, 0))));
}

static void figures_months(struct page *page, struct groups *groups)
{
    groups_sort(groups, group_compare_name);
    struct months months = {.page = page, .groups = groups};
    for (size_t i = 0; i < groups->count; i++) {
        struct text charter = groups->at[i].charter;
        struct civil_date first;
        if ((i > 0 && text_equal(groups->at[i - 1].charter, charter)) ||
            !month_parse(groups->at[i].name, &first))
            continue;
        int last = month_of_last_event(page, charter);
        months.open = months.overdue = 0;
        for (int number = month_number(first); number <= last; number++)
            if (!months_add(&months, charter, number))
                return;
    }
}

/* ---- figures ---- */

static bool figures_group_by(struct text of)
{
    static const char *const names[] = {"area", "unit", "level", "class", "group", "month", "all"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_is(of, names[i]))
            return true;
    return text_starts_with(of, TEXT("tag:")) && of.bytes > 4;
}

void ledger_figures(struct page *page)
{
    struct groups groups;
    struct text of = doc_has(page->args, FIELD_OF) ? doc_text(page->args, FIELD_OF) : TEXT("area");
    if (!figures_group_by(of)) {
        page_fail(page, "of must be area, unit, level, class, group, tag:KEY, month or all");
        return;
    }
    groups_open(&groups, turn_arena(page->turn));
    groups_read(&groups, page->turn, &page->moment, of, doc_text(page->args, FIELD_CHARTER));
    if (text_is(of, "month"))
        figures_months(page, &groups);
    else
        groups_rank(page, &groups);
}

/* ---- units: every unit of the charters, with what it owes, or how it was inspected ---- */

static void units_read(struct page *page, struct groups *groups, struct text what)
{
    struct page_charters charters = page_charters(page);
    groups_open(groups, turn_arena(page->turn));
    groups_read(groups, page->turn, &page->moment, what, doc_text(page->args, FIELD_CHARTER));
    for (size_t i = 0; i < charters.count; i++)
        for (size_t u = 0; u < charters.at[i]->units_count; u++)
            (void)groups_get(groups, charters.at[i]->name, charters.at[i]->units[u].name);
    groups_sort(groups, group_compare_name);
}

void ledger_units(struct page *page)
{
    struct groups groups;
    units_read(page, &groups, TEXT("unit"));
    for (size_t i = 0; i < groups.count; i++)
        if (page_wants(page, FIELD_UNIT, groups.at[i].name) &&
            !page_add_nth(page, group_case_row(page, &groups.at[i], FIELD_UNIT), i))
            return;
}

void ledger_coverage(struct page *page)
{
    static const struct shown shown[] = {{FIELD_COUNT, COUNT_CASES}, {FIELD_OPEN, COUNT_OPEN}};
    struct groups groups;
    units_read(page, &groups, TEXT("inspected"));
    for (size_t i = 0; i < groups.count; i++) {
        struct doc *row = group_row(page, &groups.at[i], FIELD_UNIT, shown, sizeof shown / sizeof *shown);
        const int64_t *counts = groups.at[i].counts;
        doc_set_text(row, FIELD_STATE,
                     counts[COUNT_CASES] > counts[COUNT_OPEN] ? TEXT("inspected")
                     : counts[COUNT_OPEN] > 0                 ? TEXT("planned")
                                                              : TEXT("not-planned"));
        if (page_wants(page, FIELD_UNIT, groups.at[i].name) && !page_add_nth(page, row, i))
            return;
    }
}
