/* trend.c - see trend.h. Counted from the facts that are kept, so that a chart shows what is known now. */
#include "workers/bulletins/trend.h"

#include "workers/bulletins/chart_text.h"

/* The months shown: up to twelve, none before the document. */
struct trend {
    struct page *page;
    struct chart chart;
    int64_t from_us, through_us[TREND_MONTHS_MAX]; /* of each row */
    bool any;
};

static void trend_begin(struct trend *trend, struct page *page, const char *title, enum chart_form form,
                        const char *unit)
{
    const struct charter *charter = page->bulletin->charter;
    struct period last = period_of_day(period_last_day(page->bulletin->period), 1);
    int32_t first = period_months_before(period_first_day(last), TREND_MONTHS_MAX - 1);
    struct period month = period_of_day(charter->issued_day > first ? charter->issued_day : first, 1);
    *trend = (struct trend){
        .page = page,
        .chart = {.title = text_from(title), .unit = text_from(unit), .head = TEXT("月份"), .form = form}};
    trend->from_us = civil_start_of_day_us(period_first_day(month), charter->zone);
    for (; period_first_day(month) <= period_first_day(last); month = period_next(month)) {
        trend->through_us[trend->chart.rows_count] =
            civil_end_of_day_us(period_last_day(month), charter->zone);
        trend->chart.rows[trend->chart.rows_count++].label = period_name(turn_arena(page->turn), month);
    }
}

/* "近12个月…" */
static void trend_end(struct trend *trend, const char *none)
{
    if (trend->any && trend->page->out.bytes < trend->page->room_end)
        chart_print(&trend->page->out, &trend->chart);
    else if (!trend->any)
        buffer_printf(&trend->page->out, "\n%s\n", none);
}

static void trend_add(struct trend *trend, size_t row, size_t series)
{
    trend->chart.rows[row].tenths[series] += 10;
    trend->any = true;
}

/* ---- escalations ---- */

/* The highest levels, as many as a chart takes; nothing goes up to the lowest. */
static size_t trend_levels(struct trend *trend)
{
    const struct charter *charter = trend->page->bulletin->charter;
    size_t first = charter->levels_count > CHART_SERIES_MAX ? charter->levels_count - CHART_SERIES_MAX : 1;
    for (size_t i = first; i < charter->levels_count; i++)
        trend->chart.series[trend->chart.series_count++] = charter->levels[i].name;
    return first;
}

static void trend_count_escalation(struct trend *trend, const struct fact *fact, size_t first)
{
    const struct charter *charter = trend->page->bulletin->charter;
    size_t row = 0, level = first;
    while (row < trend->chart.rows_count && trend->through_us[row] < fact->at_us)
        row++;
    while (level < charter->levels_count && !text_equal(charter->levels[level].id, fact->group))
        level++;
    if (row < trend->chart.rows_count && level < charter->levels_count)
        trend_add(trend, row, level - first);
}

void trend_escalations(struct page *page)
{
    struct trend trend;
    struct facts facts;
    trend_begin(&trend, page, "各月提请上一级协调的问题", CHART_COLUMNS, "件");
    size_t first = trend_levels(&trend);
    if (trend.chart.series_count == 0)
        return; /* one level: nothing can go up */
    for (bool more =
             facts_first(page->turn, page->charter, FACT_ESCALATED, trend.from_us, page->through_us, &facts);
         more; more = facts_next(&facts))
        trend_count_escalation(&trend, &facts.fact, first);
    facts_end(&facts);
    trend_end(&trend, "近12个月无提请上一级协调的问题。");
}

/* ---- open and overdue ---- */

/* A stay from begin_us, before end_us. */
static void trend_count_stay(struct trend *trend, struct text subject, int64_t begin_us, int64_t end_us)
{
    int64_t missed_us = missed_first_us(trend->page->turn, trend->page->charter, subject);
    for (size_t row = 0; row < trend->chart.rows_count; row++) {
        int64_t at_us = trend->through_us[row];
        if (begin_us > at_us || end_us <= at_us)
            continue;
        trend_add(trend, row, 0);
        if (missed_us <= at_us)
            trend_add(trend, row, 1);
    }
}

void trend_open(struct page *page)
{
    struct trend trend;
    struct facts facts;
    trend_begin(&trend, page, "各月末尚未解决的问题", CHART_LINES, "件");
    trend.chart.series[0] = TEXT("月末尚未解决");
    trend.chart.series[1] = TEXT("其中逾期");
    trend.chart.series_count = 2;
    for (bool more =
             facts_first(page->turn, page->charter, FACT_ISSUE_OPEN, INT64_MIN, page->through_us, &facts);
         more; more = facts_next(&facts))
        trend_count_stay(&trend, facts.fact.subject, facts.fact.at_us, INT64_MAX);
    facts_end(&facts);
    for (bool more =
             facts_first(page->turn, page->charter, FACT_ISSUE_STAY, trend.from_us, INT64_MAX, &facts);
         more; more = facts_next(&facts))
        trend_count_stay(&trend, facts.fact.subject, facts.fact.amount_us, facts.fact.at_us);
    facts_end(&facts);
    trend_end(&trend, "近12个月各月末均无尚未解决的问题。");
}

/* ---- shares ---- */

void trend_shares(struct page *page, const struct grid *units)
{
    struct trend trend = {.page = page,
                          .chart = {.title = TEXT("各单位销号任务按时率"),
                                    .unit = TEXT("%"),
                                    .head = TEXT("单位"),
                                    .form = CHART_BARS,
                                    .series = {TEXT("按时率")},
                                    .series_count = 1}};
    for (size_t i = 0; i < units->count && trend.chart.rows_count < CHART_ROWS_MAX; i++) {
        const struct figure *cells = units->rows[i].cells;
        if (cells[0].count == 0)
            continue;
        struct chart_row *row = &trend.chart.rows[trend.chart.rows_count++];
        row->label = page_name_plain(page, units->rows[i].key);
        row->tenths[0] = (int64_t)(cells[1].count * 1000 / cells[0].count);
        trend.any = true;
    }
    if (trend.any)
        trend_end(&trend, "");
}
