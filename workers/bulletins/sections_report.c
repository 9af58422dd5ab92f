/* sections_report.c - what the office reports besides: who filed and who did not (S0-20), progress, major and
 * common problems and proposals (S0-11), what is supervised (S0-12, S0-21), scores (S0-23).
 */
#include "workers/bulletins/common.h"
#include "workers/bulletins/parts.h"
#include "workers/bulletins/trend.h"
#include "workers/common/naming.h"

#include <inttypes.h>

/* ---- 信息报送情况 ---- */

static void report_filing_title(struct page *page, const struct doc *details)
{
    const struct routines_rules *rules = &page->bulletin->charter->routines;
    struct text title = doc_text(details, FIELD_TITLE), id = doc_text(details, FIELD_ROUTINE);
    for (size_t i = 0; i < rules->routines_count && title.bytes == 0; i++)
        if (text_equal(rules->routines[i].id, id))
            title = rules->routines[i].title;
    markdown_print(&page->out, title.bytes > 0 ? title : id);
}

static void line_filing_due(struct page *page, const struct fact *fact, const struct doc *details)
{
    int32_t day = civil_day_of(fact->at_us, page->bulletin->charter->zone);
    (void)doc_date(details, FIELD_BY, &day);
    struct text by = naming_day(turn_arena(page->turn), day);
    report_filing_title(page, details);
    buffer_printf(&page->out, "，应于%.*s前报送", TEXT_PRINT(by));
    if (fact->kind == FACT_FILED_LATE) {
        buffer_printf(&page->out, "，");
        page_day(page, fact->amount_us);
        buffer_printf(&page->out, "报送");
    }
    buffer_printf(&page->out, "：");
    page_member(page, fact->group);
}

/* Its day is in the period: in time, late or missing, it stands in one of the three lists. */
bool choose_filing(struct page *page, struct facts *facts)
{
    const struct doc *item = item_get(page->turn, page->charter, FACT_UNFILED, facts->fact.subject);
    int64_t at_us = item != NULL ? doc_time_us(item, FIELD_CLOSED, INT64_MIN) : INT64_MIN;
    return page->from_us <= at_us && at_us <= page->through_us;
}

void section_reporting(struct page *page)
{
    static const char *const heads[] = {"报送单位", "按时报送", "迟报", "未报送"};
    struct grid grid;
    grid_open(&grid, turn_arena(page->turn));
    struct figure filed = page_count(page, FACT_FILED, &grid, 0);
    struct figure late = page_count(page, FACT_FILED_LATE, &grid, 1);
    struct figure missing = page_count(page, FACT_UNFILED, &grid, 2);
    buffer_printf(&page->out, "\n本期应报送信息%" PRIu64 "份：", filed.count + late.count + missing.count);
    page_figure(page, "按时报送", &filed, "份", "，");
    page_figure(page, "迟报", &late, "份", "，");
    page_figure(page, "未报送", &missing, "份", "。\n");
    page_grid(page, &grid, heads, sizeof(heads) / sizeof(*heads) - 1, page_name_party);
    page_list_joined(page, FACT_UNFILED, "未报送的单位", "本期无应报送而未报送的单位。", page_choose_all,
                     line_filing_due);
    page_list_joined(page, FACT_FILED_LATE, "迟报的单位", "本期无迟报的单位。", page_choose_all,
                     line_filing_due);
    page_list_joined(page, FACT_FILED, "按时报送的单位", "本期无按时报送的单位。", page_choose_all,
                     line_filing_due);
}

/* ---- 工作进展情况 ---- */

static void line_filing(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_party(page, fact->group);
    buffer_printf(&page->out, "，");
    report_filing_title(page, details);
    for (size_t i = 0; i < doc_count(details, FIELD_PARTS); i++) {
        const struct doc *part = doc_doc_at(details, FIELD_PARTS, i);
        buffer_printf(&page->out, "%s", i == 0 ? "：" : "；");
        markdown_print(&page->out, doc_text(part, FIELD_NAME));
        if (!doc_has(part, FIELD_TEXT))
            continue;
        buffer_printf(&page->out, "：");
        markdown_print(&page->out, doc_text(part, FIELD_TEXT));
    }
}

static void line_meeting(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_party(page, fact->group);
    buffer_printf(&page->out, "，");
    page_day(page, fact->at_us);
    buffer_printf(&page->out, "，");
    markdown_print(&page->out, doc_text(details, FIELD_TITLE));
}

static void progress_issues(struct page *page)
{
    struct figure raised = page_count(page, FACT_RAISED, NULL, 0);
    struct figure settled = page_count(page, FACT_SETTLED, NULL, 0);
    struct page_open open = {0};
    page_count_open(page, FACT_ISSUE_OPEN, &open);
    page_figure(page, "\n本期提出问题", &raised, "件", "，");
    page_figure(page, "解决", &settled, "件", "；");
    page_figure(page, "期末尚未解决", &open.open, "件", "，");
    page_figure(page, "其中逾期", &open.overdue, "件", "。\n");
}

static void progress_tasks(struct page *page)
{
    struct figure assigned = page_count(page, FACT_ASSIGNED, NULL, 0);
    struct figure closed = page_count(page, FACT_TASK_CLOSED, NULL, 0);
    struct page_open open = {0};
    page_count_open(page, FACT_TASK_OPEN, &open);
    page_figure(page, "\n本期新交办任务", &assigned, "项", "，");
    page_figure(page, "核验销号", &closed, "项", "；");
    page_figure(page, "期末在办任务", &open.open, "项", "，");
    page_figure(page, "其中逾期任务", &open.overdue, "项", "。\n");
}

void section_progress(struct page *page)
{
    static const char *const heads[] = {"领域", "提出", "解决"};
    struct grid areas;
    progress_issues(page);
    progress_tasks(page);
    struct figure meetings = page_count(page, FACT_MEETING, NULL, 0);
    struct figure filings = page_count(page, FACT_FILING, NULL, 0);
    page_figure(page, "\n本期召开会议", &meetings, "次", "，");
    page_figure(page, "收到报送信息", &filings, "份", "。\n");
    page_grid_areas(page, &areas);
    page_count(page, FACT_RAISED, &areas, 0);
    page_count(page, FACT_SETTLED_IN, &areas, 1);
    page_grid(page, &areas, heads, sizeof(heads) / sizeof(*heads) - 1, page_name_plain);
    trend_open(page);
    page_list(page, FACT_FILING, "报送的信息", "本期无报送的信息。", page_choose_all, line_filing);
    page_list(page, FACT_MEETING, "召开的会议", "本期无召开的会议。", page_choose_all, line_meeting);
}

/* ---- 重大问题 ---- */

/* What the office and the bodies above it have is major: it could not be settled below (S0-7, S0-11). */
static bool major_level(const struct page *page, struct text id)
{
    const struct charter *charter = page->bulletin->charter;
    const struct level *office = charter_office_level(charter, NULL), *level = charter_level(charter, id);
    if (office == NULL)
        office = &charter->levels[charter->levels_count - 1];
    return level != NULL && level >= office;
}

static bool choose_major(struct page *page, struct facts *facts)
{
    return major_level(page, facts->fact.group);
}

static void line_units(struct page *page, const struct doc *item)
{
    size_t count = doc_count(item, FIELD_UNITS);
    for (size_t i = 0; i < count; i++) {
        buffer_printf(&page->out, "%s", i == 0 ? "，涉及" : "、");
        page_party(page, doc_text_at(item, FIELD_UNITS, i));
    }
}

static void line_major(struct page *page, const struct fact *fact, int64_t since_us)
{
    const struct doc *item = item_get(page->turn, page->charter, FACT_ISSUE_OPEN, fact->subject);
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    markdown_print(&page->out, doc_text(item, FIELD_AREA));
    buffer_printf(&page->out, "，");
    page_day(page, since_us);
    buffer_printf(&page->out, "起由");
    page_level(page, fact->group);
    buffer_printf(&page->out, "研究");
    line_units(page, item);
    if (missed_by(page->turn, page->charter, fact->subject, page->through_us))
        buffer_printf(&page->out, "，已逾期");
}

struct major {
    struct figure open, overdue;
    uint64_t left_out;
};

static void major_add(struct page *page, struct major *major, const struct fact *fact, int64_t since_us,
                      uint64_t seq)
{
    if (!major_level(page, fact->group) ||
        !item_known(page->turn, page->charter, FACT_ISSUE_OPEN, fact->subject))
        return;
    page_tally(page, &major->open, FACT_ISSUE_OPEN, seq);
    if (missed_by(page->turn, page->charter, fact->subject, page->through_us))
        page_tally(page, &major->overdue, FACT_ISSUE_OPEN, seq);
    if (!page_has_room(page)) {
        major->left_out++;
        return;
    }
    buffer_printf(&page->out, "%s- ", major->open.count == 1 ? "\n期末尚未解决的重大问题：\n\n" : "");
    line_major(page, fact, since_us);
    buffer_printf(&page->out, "〔#%" PRIu64 "〕\n", seq);
}

static void major_open(struct page *page)
{
    struct major major = {.open = {.kinds = UINT64_C(1) << FACT_ISSUE_OPEN},
                          .overdue = {.kinds = UINT64_C(1) << FACT_ISSUE_OPEN | UINT64_C(1) << FACT_MISSED}};
    struct facts facts;
    for (bool more =
             facts_first(page->turn, page->charter, FACT_ISSUE_OPEN, INT64_MIN, page->through_us, &facts);
         more; more = facts_next(&facts))
        major_add(page, &major, &facts.fact, facts.fact.at_us, facts.fact.seq);
    facts_end(&facts);
    for (bool more =
             facts_first(page->turn, page->charter, FACT_ISSUE_STAY, page->through_us + 1, INT64_MAX, &facts);
         more; more = facts_next(&facts))
        if (facts.fact.amount_us <= page->through_us)
            major_add(page, &major, &facts.fact, facts.fact.amount_us, facts.fact.origin);
    facts_end(&facts);
    if (major.left_out > 0)
        buffer_printf(&page->out, "- 另有%" PRIu64 "项，篇幅所限不列。\n", major.left_out);
    page_figure(page, "\n期末尚未解决的重大问题", &major.open, "件", "，");
    page_figure(page, "其中逾期", &major.overdue, "件", "。\n");
}

static void line_taken_up(struct page *page, const struct fact *fact, const struct doc *details)
{
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_day(page, fact->at_us);
    buffer_printf(&page->out, "提请");
    page_level(page, fact->group);
    if (!doc_has(details, FIELD_REASON))
        return;
    buffer_printf(&page->out, "，事由：");
    markdown_print(&page->out, doc_text(details, FIELD_REASON));
}

void section_major(struct page *page)
{
    major_open(page);
    page_list(page, FACT_ESCALATED, "本期提请的重大问题", "本期无提请的重大问题。", choose_major,
              line_taken_up);
    page_list(page, FACT_DECISION, "决议", "本期无决议。", page_choose_all, line_decision);
}

/* ---- 共性问题 ---- */

static size_t common_collect(struct page *page, struct common_issue *issues, uint64_t *left_out)
{
    struct arena *arena = turn_arena(page->turn);
    size_t count = 0;
    struct facts facts;
    for (bool more =
             facts_first(page->turn, page->charter, FACT_RAISED, page->from_us, page->through_us, &facts);
         more; more = facts_next(&facts)) {
        if (count == COMMON_ISSUES_MAX) {
            ++*left_out;
            continue;
        }
        struct text subject = arena_text_copy(arena, facts.fact.subject);
        const struct doc *item = item_get(page->turn, page->charter, FACT_ISSUE_OPEN, subject);
        if (item == NULL || !doc_has(item, FIELD_TITLE))
            continue;
        issues[count++] =
            (struct common_issue){subject, doc_text(item, FIELD_TITLE), doc_text(item, FIELD_CLASS),
                                  doc_text(item, FIELD_AREA), facts.fact.seq};
    }
    facts_end(&facts);
    return count;
}

/* Each name once, in the order in which they come, as many as are shown. */
enum { COMMON_NAMES_MAX = 64 };
struct common_names {
    struct text at[COMMON_NAMES_MAX];
    size_t count;
    bool cut;
};

static void common_add_name(struct common_names *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_equal(names->at[i], name))
            return;
    if (name.bytes > 0 && names->count < COMMON_NAMES_MAX)
        names->at[names->count++] = name;
    else if (name.bytes > 0)
        names->cut = true;
}

static void common_print_names(struct page *page, const char *before, const struct common_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        buffer_printf(&page->out, "%s", i == 0 ? before : "、");
        page_party(page, names->at[i]);
    }
    buffer_printf(&page->out, "%s", names->cut ? "等" : "");
}

/* Units that issues name themselves, and the lead units of the bodies that have them. */
static void common_parties(struct page *page, const struct common_cluster *cluster)
{
    struct common_names areas = {.count = 0}, units = {.count = 0};
    for (size_t i = 0; i < cluster->count; i++) {
        const struct common_issue *issue = &cluster->issues[i];
        const struct doc *item = item_get(page->turn, page->charter, FACT_ISSUE_OPEN, issue->subject);
        const struct body *body = charter_body(page->bulletin->charter, doc_text(item, FIELD_BODY));
        common_add_name(&areas, issue->area);
        for (size_t k = 0; body != NULL && k < body->lead_units.count; k++)
            common_add_name(&units, body->lead_units.at[k]);
        for (size_t k = 0; k < doc_count(item, FIELD_UNITS); k++)
            common_add_name(&units, doc_text_at(item, FIELD_UNITS, k));
    }
    common_print_names(page, "，涉及领域：", &areas);
    common_print_names(page, "；涉及单位：", &units);
}

static void common_print(struct page *page, const struct common_cluster *cluster, size_t number)
{
    enum { ISSUES_SHOWN_MAX = 20 };
    struct figure figure = {0};
    for (size_t i = 0; i < cluster->count; i++)
        page_tally(page, &figure, FACT_RAISED, cluster->issues[i].seq);
    buffer_printf(&page->out, "\n%zu. “", number);
    markdown_print(&page->out, text_cut_columns(cluster->title, PAGE_TITLE_COLUMNS));
    buffer_printf(&page->out, "”等");
    figure_print(&page->out, &figure, "件");
    common_parties(page, cluster);
    buffer_printf(&page->out, "\n\n");
    for (size_t i = 0; i < cluster->count && i < ISSUES_SHOWN_MAX; i++) {
        buffer_printf(&page->out, "   - ");
        page_subject(page, cluster->issues[i].subject);
        buffer_printf(&page->out, "，");
        markdown_print(&page->out, cluster->issues[i].area);
        buffer_printf(&page->out, "〔#%" PRIu64 "〕\n", cluster->issues[i].seq);
    }
    if (cluster->count > ISSUES_SHOWN_MAX)
        buffer_printf(&page->out, "   - 另有%zu件，篇幅所限不列。\n", cluster->count - ISSUES_SHOWN_MAX);
}

static void common_print_rule(struct page *page, const struct common_rule *rule)
{
    buffer_printf(&page->out, "\n同类问题满%d件、涉及%d个以上领域的列为共性问题；", rule->at_least,
                  rule->areas);
    if (rule->by_class)
        buffer_printf(&page->out, "类别相同%s", rule->by_title ? "，或" : "");
    if (rule->by_title)
        buffer_printf(&page->out, "标题用字相近%d%%以上", rule->similarity);
    buffer_printf(&page->out, "的视为同类。\n");
}

void section_common(struct page *page)
{
    struct arena *arena = turn_arena(page->turn);
    const struct common_rule *rule = &page->bulletin->charter->common;
    struct common_issue *issues = arena_alloc(arena, COMMON_ISSUES_MAX * sizeof(*issues));
    uint64_t left_out = 0;
    size_t count = common_collect(page, issues, &left_out), shown = 0;
    struct common_clusters clusters = common_find(arena, rule, issues, count);
    buffer_printf(&page->out, "\n本期共性问题%zu个。\n", clusters.count);
    page_keep(page, TEXT("共性问题"), arena_printf(arena, "%zu个", clusters.count),
              UINT64_C(1) << FACT_RAISED);
    common_print_rule(page, rule);
    for (; shown < clusters.count && page_has_room(page); shown++)
        common_print(page, &clusters.at[shown], shown + 1);
    if (shown < clusters.count)
        buffer_printf(&page->out, "\n另有%zu个，篇幅所限不列。\n", clusters.count - shown);
    if (left_out > 0)
        buffer_printf(&page->out, "\n本期问题超过%d件，其后的%" PRIu64 "件未作比较。\n", COMMON_ISSUES_MAX,
                      left_out);
}

/* ---- 协调建议 ---- */

static void line_proposal(struct page *page, const struct fact *fact, const struct doc *details)
{
    static const struct {
        enum field field;
        const char *before;
    } parts[] = {{FIELD_OPINION, "，意见："}, {FIELD_PLAN, "，方案："}, {FIELD_UNDERTAKER, "，承办："}};
    page_subject(page, fact->subject);
    buffer_printf(&page->out, "，");
    page_level(page, fact->group);
    for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
        if (doc_has(details, parts[i].field)) {
            buffer_printf(&page->out, "%s", parts[i].before);
            markdown_print(&page->out, doc_text(details, parts[i].field));
        }
}

void section_proposals(struct page *page)
{
    struct figure proposals = page_count(page, FACT_PROPOSAL, NULL, 0);
    page_figure(page, "\n本期提出协调建议", &proposals, "项", "。\n");
    page_list(page, FACT_PROPOSAL, "协调建议", "本期无协调建议。", page_choose_all, line_proposal);
}

/* ---- 督查督办情况 ---- */

static struct text page_name_origin(struct page *page, struct text key)
{
    static const char *const names[][2] = {{"decision", "决定事项"},
                                           {"coordination", "协调事项"},
                                           {"document", "文件规定事项"},
                                           {"handed-down", "交办事项"},
                                           {"finding", "督查发现问题"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (text_is(key, names[i][0]))
            return text_from(names[i][1]);
    return page_name_plain(page, key);
}

bool choose_supervised(struct page *page, struct facts *facts)
{
    return item_known(page->turn, page->charter, FACT_SUPERVISION_OPEN, facts->fact.subject);
}

static void line_finding(struct page *page, const struct fact *fact, const struct doc *details)
{
    int32_t day;
    page_party(page, fact->group);
    buffer_printf(&page->out, "：");
    markdown_print(&page->out, doc_text(details, FIELD_TITLE));
    if (!doc_date(details, FIELD_BY, &day))
        return;
    struct text by = naming_day(turn_arena(page->turn), day);
    buffer_printf(&page->out, "，应于%.*s前整改", TEXT_PRINT(by));
}

void section_supervision(struct page *page)
{
    static const char *const heads[] = {"来源", "新列入", "办结", "不再办理", "期末在办", "其中逾期"};
    struct grid grid;
    struct page_open open = {.grid = &grid, .column = 3};
    grid_open(&grid, turn_arena(page->turn));
    struct figure opened = page_count(page, FACT_SUPERVISED, &grid, 0);
    struct figure done = page_count(page, FACT_SUPERVISION_DONE, &grid, 1);
    struct figure dropped = page_count(page, FACT_SUPERVISION_DROPPED, &grid, 2);
    page_count_open(page, FACT_SUPERVISION_OPEN, &open);
    struct figure findings = page_count(page, FACT_FINDING, NULL, 0);
    page_figure(page, "\n本期新列入督办", &opened, "项", "，");
    page_figure(page, "办结", &done, "项", "，");
    page_figure(page, "不再办理", &dropped, "项", "；");
    page_figure(page, "期末在办", &open.open, "项", "，");
    page_figure(page, "其中逾期", &open.overdue, "项", "；");
    page_figure(page, "督查发现问题", &findings, "项", "。\n");
    page_grid(page, &grid, heads, sizeof(heads) / sizeof(*heads) - 1, page_name_origin);
    page_list_joined(page, FACT_MISSED, "超过时限的督办事项", "本期无超过时限的督办事项。", choose_supervised,
                     line_missed);
    page_list(page, FACT_FINDING, "督查发现的问题", "本期无督查发现的问题。", page_choose_all, line_finding);
}

/* ---- 评价考核结果 ---- */

static void scores_keep_row(struct page *page, const struct doc *row)
{
    struct arena *arena = turn_arena(page->turn);
    bool party = doc_has(row, FIELD_UNIT) || doc_has(row, FIELD_POST);
    struct text name =
        party ? page_name_party(page, doc_text(row, doc_has(row, FIELD_UNIT) ? FIELD_UNIT : FIELD_POST))
              : page_name_plain(page, doc_text(row, FIELD_NAME));
    int64_t points = doc_int(row, FIELD_POINTS, 0);
    if (doc_has(row, FIELD_RANK))
        page_keep_cell(page, name, "名次", arena_printf(arena, "%" PRId64, doc_int(row, FIELD_RANK, 0)),
                       UINT64_C(1) << FACT_SCORES);
    page_keep_cell(page, name, "得分",
                   arena_printf(arena, "%" PRId64 ".%02" PRId64, points / 100, points % 100),
                   UINT64_C(1) << FACT_SCORES);
}

static void scores_print_row(struct page *page, const struct doc *row)
{
    int64_t points = doc_int(row, FIELD_POINTS, 0);
    if (doc_has(row, FIELD_RANK))
        buffer_printf(&page->out, "| %" PRId64 " | ", doc_int(row, FIELD_RANK, 0));
    else
        buffer_printf(&page->out, "| — | ");
    if (doc_has(row, FIELD_UNIT) || doc_has(row, FIELD_POST))
        page_party(page, doc_text(row, doc_has(row, FIELD_UNIT) ? FIELD_UNIT : FIELD_POST));
    else
        markdown_print(&page->out, doc_text(row, FIELD_NAME));
    buffer_printf(&page->out, " | %" PRId64 ".%02" PRId64 " |\n", points / 100, points % 100);
}

static void scores_print(struct page *page, const struct doc *details, uint64_t seq)
{
    static const char *const heads[] = {"名次", "单位", "得分"};
    size_t count = doc_count(details, FIELD_SCORES), shown = 0;
    page_keep(page, TEXT("最近一次评价考核"),
              arena_printf(turn_arena(page->turn), "%.*s（%.*s）", TEXT_PRINT(doc_text(details, FIELD_TITLE)),
                           TEXT_PRINT(doc_text(details, FIELD_PERIOD))),
              UINT64_C(1) << FACT_SCORES);
    for (size_t i = 0; i < count; i++)
        scores_keep_row(page, doc_doc_at(details, FIELD_SCORES, i));
    buffer_printf(&page->out, "\n最近一次评价考核：");
    markdown_print(&page->out, doc_text(details, FIELD_TITLE));
    buffer_printf(&page->out, "（");
    markdown_print(&page->out, doc_text(details, FIELD_PERIOD));
    buffer_printf(&page->out, "）〔#%" PRIu64 "〕\n", seq);
    page_count_seq(page, seq);
    page_heads(page, heads, sizeof(heads) / sizeof(*heads) - 1);
    for (; shown < count && page_has_room(page); shown++)
        scores_print_row(page, doc_doc_at(details, FIELD_SCORES, shown));
    if (shown < count)
        buffer_printf(&page->out, "\n另有%zu行，篇幅所限不列。\n", count - shown);
}

/* The latest at the period's end: one that came out later belongs to the next bulletin, and must not look
 * like a correction of this one. */
void section_scores(struct page *page)
{
    const struct doc *latest = NULL;
    uint64_t seq = 0;
    struct facts facts;
    for (bool more = facts_first(page->turn, page->charter, FACT_SCORES, INT64_MIN, page->through_us, &facts);
         more; more = facts_next(&facts)) {
        latest = facts_details(&facts);
        seq = facts.fact.seq;
    }
    facts_end(&facts);
    if (latest == NULL)
        buffer_printf(&page->out, "\n尚无评价考核结果。\n");
    else
        scores_print(page, latest, seq);
}
