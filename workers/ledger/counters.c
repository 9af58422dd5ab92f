/* counters.c - see counters.h. */
#include "workers/ledger/counters.h"

#include "base/limits.h"
#include "base/log.h"

/* A row before and after: by its grouping fields and months, and by a list of tags or units. */
enum { SHARES_MAX = 2 * (8 + LIST_COUNT_MAX), GROUPS_ROOM = 64 };

/* What a row adds to one group. */
struct share {
    struct text what, charter, name;
    int64_t counts[COUNTS];
};
struct shares {
    struct arena *arena;
    struct text charter;
    struct share at[SHARES_MAX];
    size_t count;
};

static struct share *shares_get(struct shares *shares, struct text what, struct text name)
{
    for (size_t i = 0; i < shares->count; i++)
        if (text_equal(shares->at[i].what, what) && text_equal(shares->at[i].name, name))
            return &shares->at[i];
    ASSERT(shares->count < SHARES_MAX);
    shares->at[shares->count] = (struct share){.what = what, .charter = shares->charter, .name = name};
    return &shares->at[shares->count++];
}

/* ---- cases: issues, tasks, opinions ---- */

struct judgement {
    bool with_deadline, ended, late;
};

static void share_judge(struct share *share, struct judgement judged)
{
    int64_t *counts = share->counts;
    counts[COUNT_CASES]++;
    counts[COUNT_OPEN] += !judged.ended;
    if (!judged.with_deadline)
        return;
    counts[COUNT_WITH_DEADLINE]++;
    counts[COUNT_KEPT] += judged.ended && !judged.late;
    counts[COUNT_LATE] += judged.ended && judged.late;
    counts[COUNT_UNRESOLVED] += !judged.ended;
    counts[COUNT_OVERDUE] += !judged.ended && judged.late;
}

int64_t issue_ended_us(const struct doc *issue)
{
    return doc_time_us(issue, FIELD_SETTLED, doc_time_us(issue, FIELD_CLOSED, CIVIL_NEVER_US));
}

int64_t issue_raised_us(const struct doc *issue)
{
    return doc_time_us(issue, FIELD_RAISED, 0);
}

static struct judgement issue_judge(const struct doc *issue)
{
    int64_t ended_us = issue_ended_us(issue);
    struct judgement judged = {.with_deadline = doc_has(issue, FIELD_WITH_DEADLINE),
                               .ended = ended_us != CIVIL_NEVER_US,
                               .late = doc_has(issue, FIELD_OVERDUE_SINCE)};
    if (doc_has(issue, FIELD_TARGET) && judged.ended)
        judged.late = ended_us > doc_time_us(issue, FIELD_TARGET, CIVIL_NEVER_US);
    return judged;
}

void issue_work_out(struct doc *issue)
{
    struct judgement judged = issue_judge(issue);
    doc_unset(issue, FIELD_OVERDUE);
    if (judged.late && !judged.ended)
        doc_set_int(issue, FIELD_OVERDUE, 1);
}

/* ---- months ---- */

static int issue_zone(const struct doc *issue)
{
    int64_t raised_us;
    int zone = 0;
    (void)civil_parse_time(doc_text(issue, FIELD_RAISED), &raised_us, &zone);
    return zone;
}

static struct share *shares_month(struct shares *shares, int64_t at_us, int zone)
{
    struct civil_date date = civil_date_from_day(civil_day_of(at_us, zone));
    return shares_get(shares, TEXT("month"), arena_printf(shares->arena, "%04d-%02d", date.year, date.month));
}

/* From the month of from_us on, until the month before that of ended_us, the case counts at each month's end.
 */
static void shares_span(struct shares *shares, int64_t from_us, int64_t ended_us, int zone, enum count in,
                        enum count out)
{
    shares_month(shares, from_us, zone)->counts[in]++;
    if (ended_us != CIVIL_NEVER_US)
        shares_month(shares, ended_us > from_us ? ended_us : from_us, zone)->counts[out]++;
}

static void shares_months(struct shares *shares, const struct doc *issue)
{
    struct judgement judged = issue_judge(issue);
    int64_t raised_us = issue_raised_us(issue), ended_us = issue_ended_us(issue);
    int64_t due_us =
        doc_time_us(issue, FIELD_TARGET, doc_time_us(issue, FIELD_OVERDUE_SINCE, CIVIL_NEVER_US));
    int zone = issue_zone(issue);
    shares_month(shares, raised_us, zone)->counts[COUNT_RAISED]++;
    shares_span(shares, raised_us, ended_us, zone, COUNT_OPEN_IN, COUNT_OPEN_OUT);
    if (judged.with_deadline && due_us != CIVIL_NEVER_US && due_us < ended_us)
        shares_span(shares, due_us > raised_us ? due_us : raised_us, ended_us, zone, COUNT_OVERDUE_IN,
                    COUNT_OVERDUE_OUT);
    if (!judged.ended)
        return;
    struct share *month = shares_month(shares, ended_us, zone);
    month->counts[COUNT_RESOLVED]++;
    month->counts[COUNT_RESOLVED_LATE] += judged.with_deadline && judged.late;
}

/* ---- what each kind adds ---- */

static void shares_tags(struct shares *shares, const struct doc *issue, struct judgement judged)
{
    for (size_t i = 0; i < doc_count(issue, FIELD_TAGS); i++) {
        struct text tag = doc_text_at(issue, FIELD_TAGS, i);
        const char *equals = memchr(tag.at, '=', tag.bytes);
        if (equals == NULL)
            continue;
        struct text key = {tag.at, (size_t)(equals - tag.at)};
        struct text value = {equals + 1, tag.bytes - key.bytes - 1};
        share_judge(shares_get(shares, arena_printf(shares->arena, "tag:%.*s", TEXT_PRINT(key)), value),
                    judged);
    }
}

static void shares_issue(struct shares *shares, const struct doc *issue)
{
    static const struct {
        const char *what;
        enum field field;
    } groupings[] = {
        {"area", FIELD_AREA}, {"level", FIELD_LEVEL}, {"class", FIELD_CLASS}, {"group", FIELD_GROUP}};
    struct judgement judged = issue_judge(issue);
    share_judge(shares_get(shares, TEXT("all"), TEXT("all")), judged);
    for (size_t i = 0; i < sizeof groupings / sizeof *groupings; i++)
        if (doc_has(issue, groupings[i].field))
            share_judge(shares_get(shares, text_from(groupings[i].what), doc_text(issue, groupings[i].field)),
                        judged);
    shares_tags(shares, issue, judged);
    shares_months(shares, issue);
}

/* A task that its issue's end took away from the unit counts only if it was late by then. */
static void shares_task(struct shares *shares, const struct doc *task)
{
    bool dropped = text_is(doc_text(task, FIELD_STATE), "dropped");
    struct judgement judged = {.with_deadline = doc_has(task, FIELD_WITH_DEADLINE),
                               .ended = dropped || doc_has(task, FIELD_CLOSED),
                               .late = doc_bool(task, FIELD_MISSED)};
    if (!dropped || judged.late)
        share_judge(shares_get(shares, TEXT("unit"), doc_text(task, FIELD_UNIT)), judged);
}

/* An opinion that did not come in time is late for good: it was recorded as no reply. */
static void shares_opinion(struct shares *shares, const struct doc *term)
{
    struct text state = doc_text(term, FIELD_STATE);
    bool missed = text_is(state, "missed");
    if (!text_starts_with(doc_text(term, FIELD_LABEL), TEXT("opinion:")) || text_is(state, "replaced") ||
        !doc_has(term, FIELD_WHO))
        return;
    share_judge(shares_get(shares, TEXT("unit"), doc_text(term, FIELD_WHO)),
                (struct judgement){.with_deadline = doc_has(term, FIELD_DUE),
                                   .ended = missed || doc_has(term, FIELD_AT),
                                   .late = missed});
}

/* Which units were inspected, and which are only planned to be (S0-21). */
static void shares_inspection(struct shares *shares, const struct doc *inspection)
{
    bool done = text_is(doc_text(inspection, FIELD_STATE), "reported");
    for (size_t i = 0; i < doc_count(inspection, FIELD_UNITS); i++) {
        struct share *share = shares_get(shares, TEXT("inspected"), doc_text_at(inspection, FIELD_UNITS, i));
        share->counts[COUNT_CASES]++;
        share->counts[COUNT_OPEN] += !done;
    }
}

static void (*const shares_of_kind[ROW_KINDS])(struct shares *shares, const struct doc *row) = {
    [ROW_ISSUE] = shares_issue,
    [ROW_TASK] = shares_task,
    [ROW_DEADLINE] = shares_opinion,
    [ROW_INSPECTION] = shares_inspection,
};

static void shares_of(struct shares *shares, struct arena *arena, enum row_kind kind, const struct doc *row)
{
    shares->arena = arena;
    shares->charter = doc_text(row, FIELD_CHARTER);
    shares->count = 0;
    if (shares_of_kind[kind] != NULL)
        shares_of_kind[kind](shares, row);
}

/* ---- keeping ---- */

static struct key counter_key(struct text what)
{
    struct key key = record_key(LEDGER_COUNTER);
    key_add_text(&key, what);
    return key;
}

static bool counts_are_zero(const int64_t counts[COUNTS])
{
    for (size_t i = 0; i < COUNTS; i++)
        if (counts[i] != 0)
            return false;
    return true;
}

static void counts_read(const struct doc *record, int64_t counts[COUNTS])
{
    for (size_t i = 0; i < doc_count(record, FIELD_COUNTS) && i < COUNTS; i++)
        counts[i] += doc_int_at(record, FIELD_COUNTS, i);
}

/* The last ones are zero for all but months: they are left out. */
static struct doc *counts_record(struct arena *arena, const int64_t counts[COUNTS])
{
    struct doc *record = doc_new(arena);
    size_t count = COUNTS;
    while (count > 0 && counts[count - 1] == 0)
        count--;
    for (size_t i = 0; i < count; i++)
        doc_add_int(record, FIELD_COUNTS, counts[i]);
    return record;
}

static void counter_add(struct turn *turn, const struct share *share)
{
    int64_t counts[COUNTS];
    struct key key = counter_key(share->what);
    key_add_text(&key, share->charter);
    key_add_text(&key, share->name);
    const struct doc *record = record_get(turn, &key);
    memcpy(counts, share->counts, sizeof counts);
    if (record != NULL)
        counts_read(record, counts);
    if (counts_are_zero(counts))
        (void)record_delete(turn, &key);
    else
        record_put(turn, &key, counts_record(turn_arena(turn), counts));
}

void counters_change(struct turn *turn, enum row_kind kind, const struct doc *before, const struct doc *after)
{
    struct shares now, was;
    if (shares_of_kind[kind] == NULL)
        return;
    shares_of(&now, turn_arena(turn), kind, after);
    was.count = 0;
    if (before != NULL)
        shares_of(&was, turn_arena(turn), kind, before);
    for (size_t i = 0; i < was.count; i++) {
        struct share *share = shares_get(&now, was.at[i].what, was.at[i].name);
        for (size_t c = 0; c < COUNTS; c++)
            share->counts[c] -= was.at[i].counts[c];
    }
    for (size_t i = 0; i < now.count; i++)
        if (!counts_are_zero(now.at[i].counts))
            counter_add(turn, &now.at[i]);
}

/* ---- groups in memory ---- */

void groups_open(struct groups *groups, struct arena *arena)
{
    *groups = (struct groups){.arena = arena};
}

static uint64_t group_hash(struct text charter, struct text name)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < charter.bytes + 1 + name.bytes; i++) {
        char c = i < charter.bytes    ? charter.at[i]
                 : i == charter.bytes ? '\n'
                                      : name.at[i - charter.bytes - 1];
        hash = (hash ^ (unsigned char)c) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint32_t *groups_slot(const struct groups *groups, struct text charter, struct text name)
{
    size_t slot = (size_t)group_hash(charter, name) & (groups->slots_count - 1);
    for (; groups->slots[slot] != 0; slot = (slot + 1) & (groups->slots_count - 1)) {
        const struct group *group = &groups->at[groups->slots[slot] - 1];
        if (text_equal(group->name, name) && text_equal(group->charter, charter))
            break;
    }
    return &groups->slots[slot];
}

static void groups_grow(struct groups *groups)
{
    size_t room = groups->room == 0 ? GROUPS_ROOM : 2 * groups->room;
    struct group *larger = arena_alloc(groups->arena, room * sizeof *larger);
    if (groups->count > 0)
        memcpy(larger, groups->at, groups->count * sizeof *larger);
    groups->at = larger;
    groups->room = room;
    groups->slots_count = 2 * room;
    groups->slots = arena_alloc(groups->arena, groups->slots_count * sizeof *groups->slots);
    for (size_t i = 0; i < groups->count; i++)
        *groups_slot(groups, groups->at[i].charter, groups->at[i].name) = (uint32_t)i + 1;
}

struct group *groups_get(struct groups *groups, struct text charter, struct text name)
{
    if (groups->count == groups->room)
        groups_grow(groups);
    uint32_t *slot = groups_slot(groups, charter, name);
    if (*slot == 0) {
        groups->at[groups->count] = (struct group){.charter = arena_text_copy(groups->arena, charter),
                                                   .name = arena_text_copy(groups->arena, name)};
        *slot = (uint32_t)++groups->count;
    }
    return &groups->at[*slot - 1];
}

/* ---- now: what is kept ---- */

static void groups_read_kept(struct groups *groups, struct turn *turn, struct text what, struct text charter)
{
    struct key prefix = counter_key(what);
    struct store_cursor cursor;
    if (charter.at != NULL)
        key_add_text(&prefix, charter);
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        struct text own, of, name;
        bool whole = key_read_text(&reader, groups->arena, &own) &&
                     key_read_text(&reader, groups->arena, &of) &&
                     key_read_text(&reader, groups->arena, &name);
        ASSERT(whole);
        counts_read(record_from(turn, cursor.value), groups_get(groups, of, name)->counts);
    }
    store_cursor_end(&cursor);
}

/* ---- then: summed anew ---- */

static void groups_sum(struct groups *groups, struct turn *turn, const struct moment *moment,
                       enum row_kind kind, struct text what)
{
    struct row_walk walk;
    struct shares shares;
    for (bool more = row_first(&walk, turn, moment, kind, TEXT_NONE); more; more = row_next(&walk)) {
        shares_of(&shares, &walk.arena, kind, walk.row);
        for (size_t i = 0; i < shares.count; i++)
            if (text_equal(shares.at[i].what, what)) {
                struct group *group = groups_get(groups, shares.charter, shares.at[i].name);
                for (size_t c = 0; c < COUNTS; c++)
                    group->counts[c] += shares.at[i].counts[c];
            }
    }
    row_end(&walk);
}

/* Nothing but groups of that charter, and nothing without a count. */
static void groups_sift(struct groups *groups, struct text charter)
{
    size_t kept = 0;
    for (size_t i = 0; i < groups->count; i++)
        if ((charter.at == NULL || text_equal(groups->at[i].charter, charter)) &&
            !counts_are_zero(groups->at[i].counts))
            groups->at[kept++] = groups->at[i];
    groups->count = kept;
    memset(groups->slots, 0, groups->slots_count * sizeof *groups->slots);
    for (size_t i = 0; i < kept; i++)
        *groups_slot(groups, groups->at[i].charter, groups->at[i].name) = (uint32_t)i + 1;
}

void groups_read(struct groups *groups, struct turn *turn, const struct moment *moment, struct text what,
                 struct text charter)
{
    if (!moment->past) {
        groups_read_kept(groups, turn, what, charter);
        return;
    }
    for (enum row_kind kind = 0; kind < ROW_KINDS; kind++)
        if (shares_of_kind[kind] != NULL)
            groups_sum(groups, turn, moment, kind, what);
    if (groups->count > 0)
        groups_sift(groups, charter);
}
