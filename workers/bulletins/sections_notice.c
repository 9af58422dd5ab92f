/* sections_notice.c - the four parts that S0-19 demands of every notice and information report: key task
 * lists, issues, plans, speed.
 */
#include "base/log.h"
#include "workers/bulletins/parts.h"
#include "workers/bulletins/trend.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- lines of lists ---- */

static void line_moved_level(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_day(page, fact->at_us);
    buffer_printf(&page->out, "由");
    page_level(page, doc_text(details, FIELD_FROM));
    buffer_printf(&page->out, "%s", fact->kind == FACT_ESCALATED ? "提请" : "退回");
    page_level(page, doc_text(details, FIELD_TO));
    if (!doc_has(details, FIELD_REASON))
        return;
    buffer_printf(&page->out, "，事由：");
    markdown_print(&page->out, doc_text(details, FIELD_REASON));
}

/* What recurs has no title of its own: what it is called and whose it is (S0-20). */
static void line_missed_duty(struct page *page, const struct fact *fact, const struct doc *details)
{
    markdown_print(&page->out, doc_text(details, FIELD_TITLE));
    buffer_printf(&page->out, "，应于");
    page_day(page, fact->amount_us);
    buffer_printf(&page->out, "前完成，未完成：");
    page_member(page, doc_has(details, FIELD_BODY) ? doc_text(details, FIELD_BODY) : TEXT(""));
}

/* What is asked of one unit each, about one matter: the label names the unit. */
static const struct {
    struct text label;
    const char *missed;
} line_asked[] = {
    {{"opinion:", 8}, "逾期未反馈"}, {{"reply:", 6}, "逾期未回复"}, {{"selfcheck:", 10}, "逾期未提交"}};

static bool line_missed_asked(struct page *page, const struct fact *fact, struct text label)
{
    for (size_t i = 0; i < sizeof(line_asked) / sizeof(*line_asked); i++) {
        struct text prefix = line_asked[i].label;
        if (!text_starts_with(label, prefix))
            continue;
        page_subject(page, fact->subject);
        buffer_printf(&page->out, "，");
        page_label(page, prefix);
        buffer_printf(&page->out, "应于");
        page_day(page, fact->amount_us);
        buffer_printf(&page->out, "前完成，%s：", line_asked[i].missed);
        page_member(page, (struct text){label.at + prefix.bytes, label.bytes - prefix.bytes});
        return true;
    }
    return false;
}

/* Where several had to do it, those that did not. */
static void line_missed_parties(struct page *page, const struct fact *fact, const struct doc *details)
{
    size_t units = doc_count(details, FIELD_UNITS);
    if (units == 0 && fact->group.bytes == 0)
        return;
    buffer_printf(&page->out, "，责任方：");
    for (size_t i = 0; i < units; i++) {
        buffer_printf(&page->out, "%s", i > 0 ? "、" : "");
        page_party(page, doc_text_at(details, FIELD_UNITS, i));
    }
    if (units == 0)
        page_party(page, fact->group);
}

static void line_missed_other(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_label(page, doc_text(details, FIELD_LABEL));
    buffer_printf(&page->out, "应于");
    page_day(page, fact->amount_us);
    buffer_printf(&page->out, "前完成");
    line_missed_parties(page, fact, details);
}

void line_missed(struct page *page, const struct fact *fact, const struct doc *details)
{
    struct text label = doc_text(details, FIELD_LABEL);
    if (text_is(label, "duty") && doc_has(details, FIELD_TITLE))
        line_missed_duty(page, fact, details);
    else if (!line_missed_asked(page, fact, label))
        line_missed_other(page, fact, details);
}

static void line_clause(struct page *page, const char *before, const struct doc *from, const char *after)
{
    buffer_printf(&page->out, "%s", before);
    markdown_print(&page->out, doc_text(from, FIELD_CLAUSE));
    buffer_printf(&page->out, "%s", after);
}

/* Who owes it, those under one clause together. */
static void line_owed(struct page *page, const struct doc *details)
{
    size_t shown = doc_count(details, FIELD_OWED), owed = (size_t)doc_int(details, FIELD_COUNT, 0);
    buffer_printf(&page->out, "尚缺%zu项，应由", owed);
    for (size_t i = 0; i < shown; i++) {
        const struct doc *item = doc_doc_at(details, FIELD_OWED, i);
        struct text clause = doc_text(item, FIELD_CLAUSE);
        bool goes_on = i + 1 < shown &&
                       text_equal(doc_text(doc_doc_at(details, FIELD_OWED, i + 1), FIELD_CLAUSE), clause);
        buffer_printf(&page->out, "%s", i > 0 ? "、" : "");
        page_party(page, doc_text(item, FIELD_WHO));
        if (!goes_on && clause.bytes > 0)
            line_clause(page, "（依据", item, "）");
    }
    buffer_printf(&page->out, "%s提供", shown < owed ? "等" : "");
}

static void line_refused(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_request(page, fact->group);
    buffer_printf(&page->out, "：");
    if (doc_count(details, FIELD_OWED) > 0)
        line_owed(page, details);
    else if (doc_has(details, FIELD_CLAUSE))
        line_clause(page, "不符合", details, "的规定");
    else
        buffer_printf(&page->out, "不符合章程的规定");
}

static void line_solution(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_level(page, fact->group);
    buffer_printf(&page->out, "层面解决方案%" PRId64 "项", doc_int(details, FIELD_COUNT, 0));
}

void line_decision(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_level(page, fact->group);
    buffer_printf(&page->out, "决议：");
    markdown_print(&page->out, doc_text(details, FIELD_TEXT));
    if (!doc_has(details, FIELD_MEETING))
        return;
    buffer_printf(&page->out, "（");
    markdown_print(&page->out, doc_text(details, FIELD_MEETING));
    buffer_printf(&page->out, "）");
}

static void line_tasklist(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，任务清单（");
    markdown_print(&page->out, doc_text(details, FIELD_LIST));
    buffer_printf(&page->out, "）共%" PRId64 "项", doc_int(details, FIELD_COUNT, 0));
}

static void line_progress(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    markdown_print(&page->out, fact->group);
    if (doc_has(details, FIELD_PERCENT))
        buffer_printf(&page->out, "报告进度%" PRId64 "%%", doc_int(details, FIELD_PERCENT, 0));
    if (!doc_has(details, FIELD_NOTE))
        return;
    buffer_printf(&page->out, "：");
    markdown_print(&page->out, doc_text(details, FIELD_NOTE));
}

static void line_calendar(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_label(page, doc_text(details, FIELD_LABEL));
    buffer_printf(&page->out, "时限由");
    page_day(page, doc_time_us(details, FIELD_BEFORE, 0));
    buffer_printf(&page->out, "调整为");
    page_day(page, doc_time_us(details, FIELD_AFTER, 0));
    if (!doc_has(details, FIELD_NOTICE))
        return;
    buffer_printf(&page->out, "，依据：");
    markdown_print(&page->out, doc_text(details, FIELD_NOTICE));
}

/* ---- 重点任务清单落实情况 ---- */

/* Misses of tasks, or of issues, into a column by who owes. */
static struct figure page_count_missed(struct page *page, page_choose *choose, struct grid *grid,
                                       size_t column)
{
    struct figure figure = {.kinds = UINT64_C(1) << FACT_MISSED};
    struct facts facts;
    for (bool more =
             facts_first(page->turn, page->charter, FACT_MISSED, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts)) {
        if (!choose(page, &facts))
            continue;
        page_tally(page, &figure, FACT_MISSED, facts.fact.seq);
        if (grid != NULL)
            page_tally(page, grid_cell(grid, facts.fact.group, column), FACT_MISSED, facts.fact.seq);
    }
    facts_end(&facts);
    return figure;
}

void section_tasks(struct page *page)
{
    static const char *const heads[] = {"单位",     "新交办",   "报告完成", "核验销号",
                                        "超过时限", "期末在办", "其中逾期"};
    struct grid grid;
    page_grid_units(page, &grid);
    struct figure assigned = page_count(page, FACT_ASSIGNED, &grid, 0);
    struct figure completed = page_count(page, FACT_COMPLETED, &grid, 1);
    struct figure closed = page_count(page, FACT_TASK_CLOSED, &grid, 2);
    struct figure missed = page_count_missed(page, page_choose_task, &grid, 3);
    struct page_open open = {.grid = &grid, .column = 4};
    page_count_open(page, FACT_TASK_OPEN, &open);
    if (assigned.count + completed.count + closed.count + missed.count + open.open.count == 0) {
        buffer_printf(&page->out, "\n本期无重点任务交办、办结，期末无在办任务。\n");
        return;
    }
    page_figure(page, "\n本期新交办任务", &assigned, "项", "，");
    page_figure(page, "报告完成", &completed, "项", "，");
    page_figure(page, "核验销号", &closed, "项", "，");
    page_figure(page, "超过时限", &missed, "项", "；");
    page_figure(page, "期末在办", &open.open, "项", "，");
    page_figure(page, "其中逾期", &open.overdue, "项", "。\n");
    page_grid(page, &grid, heads, sizeof(heads) / sizeof(*heads) - 1, page_name_plain);
    page_list_joined(page, FACT_MISSED, "超过时限的任务", "本期无超过时限的任务。", page_choose_task,
                     line_missed);
}

/* ---- 问题协调解决情况 ---- */

static void section_issue_figures(struct page *page, struct grid *levels, struct page_open *open)
{
    struct figure raised = page_count(page, FACT_RAISED, NULL, 0);
    struct figure escalated = page_count(page, FACT_ESCALATED, levels, 0);
    struct figure sent_back = page_count(page, FACT_SENT_BACK, levels, 1);
    struct figure settled = page_count(page, FACT_SETTLED, levels, 2);
    struct figure closed = page_count(page, FACT_CLOSED, NULL, 0);
    struct figure reopened = page_count(page, FACT_REOPENED, NULL, 0);
    struct figure refused = page_count(page, FACT_REFUSED, NULL, 0);
    open->grid = levels;
    open->column = 3;
    page_count_open(page, FACT_ISSUE_OPEN, open);
    page_figure(page, "\n本期提出问题", &raised, "件", "，");
    page_figure(page, "提请上一级协调", &escalated, "件", "，");
    page_figure(page, "退回下级", &sent_back, "件", "，");
    page_figure(page, "解决", &settled, "件", "，");
    page_figure(page, "办结", &closed, "件", "，");
    page_figure(page, "重新办理", &reopened, "件", "，");
    page_figure(page, "不符合上报条件、退回补正", &refused, "件", "；");
    page_figure(page, "期末尚未解决", &open->open, "件", "，");
    page_figure(page, "其中逾期", &open->overdue, "件", "。\n");
}

static void section_issue_areas(struct page *page)
{
    static const char *const heads[] = {"领域", "提出", "解决"};
    struct grid areas;
    page_grid_areas(page, &areas);
    page_count(page, FACT_RAISED, &areas, 0);
    page_count(page, FACT_SETTLED_IN, &areas, 1);
    page_grid(page, &areas, heads, sizeof(heads) / sizeof(*heads) - 1, page_name_plain);
}

static bool choose_opinion(struct page *page, struct facts *facts)
{
    return page_choose_issue(page, facts) &&
           text_starts_with(doc_text(facts_details(facts), FIELD_LABEL), TEXT("opinion:"));
}
/* An opinion that is late makes its unit late, not the issue. */
static bool choose_coordination(struct page *page, struct facts *facts)
{
    return page_choose_issue(page, facts) && !choose_opinion(page, facts);
}

static void section_issue_opinions(struct page *page)
{
    static const char *const unanswered[] = {"逾期未反馈意见的单位", "次数"};
    struct grid units;
    page_list_joined(page, FACT_MISSED, "逾期未反馈的意见", NULL, choose_opinion, line_missed);
    page_grid_units(page, &units);
    struct figure silent = page_count(page, FACT_UNANSWERED, &units, 0);
    if (silent.count == 0)
        buffer_printf(&page->out, "\n本期无逾期未反馈意见的单位。\n");
    page_grid(page, &units, unanswered, 1, page_name_plain);
}

void section_issues(struct page *page)
{
    static const char *const heads[] = {"层级",     "提请至本级", "退回至本级",
                                        "本级解决", "期末在办",   "其中逾期"};
    struct grid levels;
    page_grid_levels(page, &levels);
    struct page_open open = {0};
    section_issue_figures(page, &levels, &open);
    page_grid(page, &levels, heads, sizeof(heads) / sizeof(*heads) - 1, page_name_level);
    section_issue_areas(page);
    trend_escalations(page);
    trend_open(page);
    page_list(page, FACT_ESCALATED, "提请上一级协调的问题", "本期无提请上一级协调的问题。", page_choose_all,
              line_moved_level);
    page_list(page, FACT_SENT_BACK, "退回下级的问题", "本期无退回下级的问题。", page_choose_all,
              line_moved_level);
    page_list_joined(page, FACT_MISSED, "未在时限内完成协调的问题", "本期无超过协调时限的问题。",
                     choose_coordination, line_missed);
    page_list(page, FACT_REFUSED, "不符合上报条件、退回补正的申请", "本期无不符合上报条件、退回补正的申请。",
              page_choose_all, line_refused);
    section_issue_opinions(page);
}

/* ---- 工作方案推进情况 ---- */

void section_plans(struct page *page)
{
    struct figure solutions = page_count(page, FACT_SOLUTION, NULL, 0);
    struct figure decisions = page_count(page, FACT_DECISION, NULL, 0);
    struct figure lists = page_count(page, FACT_TASKLIST, NULL, 0);
    struct figure done = page_count(page, FACT_TASKLIST_DONE, NULL, 0);
    struct figure progressed = page_count(page, FACT_PROGRESSED, NULL, 0);
    struct figure rejected = page_count(page, FACT_REJECTED, NULL, 0);
    page_figure(page, "\n本期形成解决方案", &solutions, "个", "，");
    page_figure(page, "作出决议", &decisions, "项", "，");
    page_figure(page, "下达任务清单", &lists, "份", "，");
    page_figure(page, "任务清单全部办结", &done, "份", "；");
    page_figure(page, "收到进度报告", &progressed, "份", "，");
    page_figure(page, "核验未通过", &rejected, "项", "。\n");
    page_list(page, FACT_SOLUTION, "解决方案", "本期无解决方案。", page_choose_all, line_solution);
    page_list(page, FACT_DECISION, "决议", "本期无决议。", page_choose_all, line_decision);
    page_list(page, FACT_TASKLIST, "任务清单", "本期无新下达的任务清单。", page_choose_all, line_tasklist);
    page_list(page, FACT_PROGRESSED, "进度报告", "本期无进度报告。", page_choose_all, line_progress);
}

/* ---- 提速提效情况 ---- */

static int speed_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void speed_days(struct page *page, const char *before, const char *name, int64_t us)
{
    int64_t tenths = (us * 10 + CIVIL_DAY_US / 2) / CIVIL_DAY_US;
    struct text days =
        arena_printf(turn_arena(page->turn), "%" PRId64 ".%" PRId64 "天", tenths / 10, tenths % 10);
    buffer_printf(&page->out, "%s%s%.*s", before, name, TEXT_PRINT(days));
    page_keep(page, arena_printf(turn_arena(page->turn), "问题从提出到解决%s", name), days,
              UINT64_C(1) << FACT_SETTLED);
}

/* Settled issues, or closed tasks: how many, and how many of them before any miss; by group into columns 0
 * and 1. */
static void speed_count(struct page *page, enum fact_kind kind, struct figure *all, struct figure *kept,
                        struct grid *grid)
{
    struct facts facts;
    all->kinds |= UINT64_C(1) << kind;
    kept->kinds |= UINT64_C(1) << kind | UINT64_C(1) << FACT_MISSED;
    for (bool more = facts_first(page->turn, page->charter, kind, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts)) {
        const struct fact *fact = &facts.fact;
        bool on_time = !missed_by(page->turn, page->charter, fact->subject, fact->at_us);
        page_tally(page, all, kind, fact->seq);
        if (on_time)
            page_tally(page, kept, kind, fact->seq);
        if (grid != NULL)
            page_tally(page, grid_cell(grid, fact->group, 0), kind, fact->seq);
        if (grid != NULL && on_time)
            page_tally(page, grid_cell(grid, fact->group, 1), kind, fact->seq);
        if (grid != NULL)
            grid_cell(grid, fact->group, 1)->kinds |= kept->kinds;
    }
    facts_end(&facts);
}

static void speed_share(struct page *page, const char *name, const char *unit, const struct figure *all,
                        const struct figure *kept)
{
    struct arena *arena = turn_arena(page->turn);
    if (all->count == 0) {
        buffer_printf(&page->out, "\n本期无%s。\n", name);
        return;
    }
    struct text of = arena_printf(arena, "\n本期%s", name), among = TEXT("，其中按时");
    struct text share = page_share(page, kept, all);
    page_figure(page, of.at, all, unit, among.at);
    figure_print(&page->out, kept, unit);
    buffer_printf(&page->out, "，按时率%.*s。\n", TEXT_PRINT(share));
    page_keep(page, arena_printf(arena, "%s按时", name),
              arena_printf(arena, "%" PRIu64 "%s", kept->count, unit), kept->kinds);
    page_keep(page, arena_printf(arena, "%s按时率", name), share, kept->kinds);
}

/* Mean and median time from raising to settling; the median of an even number is the mean of the middle two.
 */
static void speed_durations(struct page *page, size_t count)
{
    int64_t *took_us = arena_alloc(turn_arena(page->turn), (count + 1) * sizeof(*took_us));
    size_t n = 0;
    struct facts facts;
    for (bool more =
             facts_first(page->turn, page->charter, FACT_SETTLED, page->from_us, page->through_us, &facts);
         more && n < count; more = facts_next(&facts))
        took_us[n++] = facts.fact.at_us > facts.fact.amount_us ? facts.fact.at_us - facts.fact.amount_us : 0;
    facts_end(&facts);
    if (n == 0)
        return;
    qsort(took_us, n, sizeof(*took_us), speed_compare);
    int64_t mean_us = 0, rest_us = 0;
    for (size_t i = 0; i < n; i++) {
        mean_us += took_us[i] / (int64_t)n;
        rest_us += took_us[i] % (int64_t)n;
    }
    mean_us += rest_us / (int64_t)n;
    speed_days(page, "\n问题从提出到解决，", "平均", mean_us);
    speed_days(page, "，", "中位数", (took_us[(n - 1) / 2] + took_us[n / 2]) / 2);
    buffer_printf(&page->out, "。\n");
}

/* Kept, and printed if it may be. */
static void speed_unit(struct page *page, const struct grid_row *row, const char *const *heads, bool prints)
{
    struct text share = page_share(page, &row->cells[1], &row->cells[0]);
    struct text name = page_name_plain(page, row->key);
    page_keep_row(page, row, heads, 2, name);
    page_keep_cell(page, name, heads[3], share, row->cells[1].kinds);
    if (!prints)
        return;
    buffer_printf(&page->out, "| ");
    markdown_print(&page->out, name);
    buffer_printf(&page->out, " | ");
    figure_print(&page->out, &row->cells[0], "");
    buffer_printf(&page->out, " | ");
    figure_print(&page->out, &row->cells[1], "");
    buffer_printf(&page->out, " | %.*s |\n", TEXT_PRINT(share));
}

static void speed_units(struct page *page, const struct grid *units)
{
    static const char *const heads[] = {"单位", "销号任务", "其中按时", "按时率"};
    bool begun = false;
    size_t left_out = 0;
    for (size_t i = 0; i < units->count; i++) {
        const struct grid_row *row = &units->rows[i];
        if (row->cells[0].count == 0)
            continue;
        bool prints = page_has_room(page);
        if (!begun && prints)
            page_heads(page, heads, sizeof(heads) / sizeof(*heads) - 1);
        begun = begun || prints;
        left_out += prints ? 0 : 1;
        speed_unit(page, row, heads, prints);
    }
    if (left_out > 0)
        buffer_printf(&page->out, "\n另有%zu行，篇幅所限不列。\n", left_out);
    if (begun)
        trend_shares(page, units);
}

/* What other parts list of what was missed. */
static const struct {
    const char *section;
    page_choose *choose;
} speed_listed[] = {{"task-lists", page_choose_task},
                    {"issues", page_choose_issue},
                    {"reporting", choose_filing},
                    {"supervision", choose_supervised}};

/* The part of this bulletin that lists it; as many as there are if none does. */
static size_t speed_part(struct page *page, struct facts *facts)
{
    const struct bulletin_rule *rule = page->bulletin->rule;
    for (size_t i = 0; i < rule->sections_count; i++)
        for (size_t k = 0; k < sizeof(speed_listed) / sizeof(*speed_listed); k++)
            if (text_is(rule->sections[i], speed_listed[k].section) && speed_listed[k].choose(page, facts))
                return i;
    return rule->sections_count;
}

static bool choose_unlisted(struct page *page, struct facts *facts)
{
    return speed_part(page, facts) == page->bulletin->rule->sections_count;
}

/* Points to the parts that list what was missed; false if none does. */
static bool speed_point(struct page *page)
{
    struct figure listed[BULLETIN_SECTIONS_MAX + 1] = {0};
    const char *before = "\n已在其他部分列出的，名单见“";
    size_t parts = page->bulletin->rule->sections_count;
    struct facts facts;
    for (bool more =
             facts_first(page->turn, page->charter, FACT_MISSED, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts))
        figure_add(&listed[speed_part(page, &facts)], facts.fact.seq);
    facts_end(&facts);
    bool points = false;
    for (size_t i = 0; i < parts; i++) {
        if (listed[i].count == 0)
            continue;
        buffer_printf(&page->out, "%s", points ? "、“" : before);
        page_section_title(page, i);
        buffer_printf(&page->out, "”");
        figure_print(&page->out, &listed[i], "项");
        points = true;
    }
    buffer_printf(&page->out, "%s", points ? "。\n" : "");
    return points;
}

static void speed_missed(struct page *page)
{
    bool points = speed_point(page);
    page_list_joined(page, FACT_MISSED, points ? "其他超过时限的事项" : "超过时限的事项",
                     points ? NULL : "本期无超过时限的事项。", choose_unlisted, line_missed);
}

void section_speed(struct page *page)
{
    struct figure kept = {0}, settled = {0}, tasks_kept = {0}, tasks = {0};
    struct grid units;
    page_grid_units(page, &units);
    speed_count(page, FACT_SETTLED, &settled, &kept, NULL);
    speed_count(page, FACT_TASK_CLOSED, &tasks, &tasks_kept, &units);
    speed_share(page, "解决的问题", "件", &settled, &kept);
    speed_durations(page, (size_t)settled.count);
    speed_share(page, "销号的任务", "项", &tasks, &tasks_kept);
    speed_units(page, &units);
    struct figure missed = page_count(page, FACT_MISSED, NULL, 0),
                  moved = page_count(page, FACT_MOVED, NULL, 0);
    page_figure(page, "\n本期超过时限", &missed, "项", "，");
    page_figure(page, "因工作日历调整而改期", &moved, "件次", "。\n");
    speed_missed(page);
    page_list(page, FACT_MOVED, "因工作日历调整而改期的事项", "本期无因工作日历调整而改期的事项。",
              page_choose_all, line_calendar);
}
