/* wording.c - what people read: one line in Chinese for an event, from a table of patterns.
 *
 * In a pattern {name} stands for the event's field of that name, or else what is remembered of its subject;
 * levels, bodies and posts appear under their names, times in the charter's zone, a deadline's label and a
 * result in words (workers/common/naming.h); {owed} is why a request was refused. A reason stands only where
 * a person wrote it: those of roles are for operators. Of [with {name}|without] the second stands where there
 * is none.
 * Quotation marks are those of GB/T 15834; 《》 is for documents.
 */
#include "workers/notifications/notifications.h"

#include "base/limits.h"
#include "workers/common/naming.h"

static const struct {
    enum event_kind kind;
    const char *pattern;
} wording_patterns[] = {
    {EVENT_CHARTER_ENACTED, "《{title}》第{version}版自即日起施行"},
    {EVENT_CHARTER_ACCEPTED, "《{title}》第{version}版已通过，自{effective}起施行"},
    {EVENT_TRANSITION_APPLIED, "问题“{title}”的新旧章程衔接：{how}"},
    {EVENT_CALENDAR_NOTED, "工作日历（{calendar}）有变动：{notice}"},
    {EVENT_POST_HELD, "{post}人员变动：{person}（{result}）"},
    {EVENT_ISSUE_OPENED, "新问题“{title}”，领域：{area}，请{body}协调"},
    {EVENT_WORK_NOTED, "问题“{title}”的办理记录：{activity}"},
    {EVENT_ISSUE_EXTENDED, "问题“{title}”延期至{after}：{reason}"},
    {EVENT_OPINION_ASKED, "请就问题“{title}”提出意见：{units}"},
    {EVENT_OPINION_RECORDED, "{unit}已就问题“{title}”提出意见：{opinion}"},
    {EVENT_OPINION_UNANSWERED, "{unit}逾期未就问题“{title}”反馈意见，按无意见记录"},
    {EVENT_ISSUE_ATTEMPTED, "{level}对问题“{title}”的协调结果：{result}"},
    {EVENT_PROPOSAL_RECORDED, "{level}已就问题“{title}”提出协调解决方案"},
    {EVENT_CONSENT_RECORDED, "{post}对问题“{title}”提请上一级协调的意见：{result}"},
    {EVENT_CHECKLIST_RECORDED, "办公室已逐项研究问题“{title}”，承办部门：{undertaker}"},
    {EVENT_ISSUELIST_ISSUED, "问题清单第{version}版已编制：{issues}"},
    {EVENT_ISSUE_ESCALATED, "问题“{title}”由{from}提请{to}研究，请{body}受理"},
    {EVENT_ISSUE_SENT_BACK, "问题“{title}”由{from}退回{to}：{reason}"},
    {EVENT_SOLUTION_ADOPTED, "问题“{title}”的解决方案已确定，共{items}项"},
    {EVENT_DECISION_RECORDED, "{level}已就问题“{title}”作出决议，请编制任务清单"},
    {EVENT_TASKLIST_ISSUED, "问题“{title}”的任务清单已下达，共{items}项"},
    {EVENT_ISSUE_SETTLED, "问题“{title}”已解决（{how}），请提出人确认"},
    {EVENT_ISSUE_CLOSED, "问题“{title}”已办结（{how}）"},
    {EVENT_ISSUE_REOPENED, "问题“{title}”重新办理：{reason}"},
    {EVENT_TASK_ASSIGNED, "任务“{title}”由{unit}承办，应于{by}前完成"},
    {EVENT_TASK_UPDATED, "任务“{title}”的状态：{state}"},
    {EVENT_TASK_CLOSED, "任务“{title}”已销号"},
    {EVENT_TASKLIST_COMPLETED, "问题“{title}”的{count}项任务全部办结"},
    {EVENT_DUTY_OPENED, "{body}应于{by}前完成：{title}"},
    {EVENT_DUTY_MET, "{body}已完成：{title}（应于{by}前）"},
    {EVENT_DUTY_MISSED, "逾期：{body}未于{by}前完成：{title}"},
    {EVENT_DUTY_ENDED, "按现行章程，{body}不再承担：{title}"},
    {EVENT_MEETING_SCHEDULED, "会议通知：{title}，时间：{at}"},
    {EVENT_MEETING_DROPPED, "会议取消：{reason}"},
    {EVENT_TOPIC_RECORDED, "会议议题：{title}"},
    {EVENT_TOPIC_EXAMINED, "会议议题审核结果：{title}（{state}）"},
    {EVENT_MEETING_RECORDED, "会议已召开：{title}"},
    {EVENT_MINUTES_RECORDED, "会议纪要已印发，共{items}项：{title}"},
    {EVENT_FILING_RECORDED, "{body}已报送：{title}"},
    {EVENT_SUPERVISION_OPENED, "督办事项“{title}”，责任单位：{units}，[应于{by}前办结|未定期限]"},
    {EVENT_SUPERVISION_UPDATED, "督办事项“{title}”的进展：{state}"},
    {EVENT_SUPERVISION_CLOSED, "督办事项“{title}”已销号"},
    {EVENT_INSPECTION_SCHEDULED, "督查计划：{title}，涉及：{units}"},
    {EVENT_INSPECTION_ASKED, "请为督查“{title}”提供材料：{detail}"},
    {EVENT_INSPECTION_REPLIED, "{unit}对督查“{title}”的答复：{result}"},
    {EVENT_INSPECTION_REPORTED, "督查报告：{title}"},
    {EVENT_FINDING_RECORDED, "督查发现{unit}存在问题：{title}"},
    {EVENT_SELFCHECK_RECORDED, "{unit}已报送{period}自查结果"},
    {EVENT_CHECK_RECORDED, "{unit}的{period}检查结果已登记"},
    {EVENT_SCORES_PUBLISHED, "{period}评价结果已公布"},
    {EVENT_DEADLINE_FIXED, "“{title}”，{label}的时限：{due}"},
    {EVENT_DEADLINE_MOVED, "“{title}”，{label}的时限由{before}调整为{after}"},
    {EVENT_DEADLINE_APPROACHING, "临期提醒：“{title}”，{label}应于{due}前完成"},
    {EVENT_DEADLINE_REACHED, "“{title}”，{label}的时限已到：{due}"},
    {EVENT_DEADLINE_MISSED, "逾期：“{title}”，{label}应于{due}前完成，责任方：{who}"},
    {EVENT_BULLETIN_PUBLISHED, "《{title}》第{number}期已印发"},
    {EVENT_FIGURES_PUBLISHED, "{bulletin}的其余数字已登记"},
    {EVENT_BULLETIN_CORRECTED, "《{title}》（第{number}次更正），共{differences}处数字有变"},
    {EVENT_REQUEST_REFUSED, "“{event}”不符合条件，退回补正：{owed}"},
    {EVENT_EVENT_SET_ASIDE, "第{seq}号事件未能办理，已搁置，请系统管理人员核查"},
    {EVENT_EVENT_CONFLICTED, "第{seq}号事件（{event}）的编号被重复使用，以先到者为准"},
};

enum { WORDING_OWED_MAX = 6 }; /* of what a refused request still owes, named in its line */

struct words {
    const struct telling *telling;
    struct buffer out;
};

static void words_add(struct words *words, struct text t)
{
    for (size_t i = 0; i < t.bytes; i++) {
        char c = t.at[i] == '\n' || t.at[i] == '\t' ? ' ' : t.at[i];
        buffer_append(&words->out, &c, 1);
    }
}

struct text wording_time(struct arena *arena, int64_t at_us, int zone)
{
    char date[CIVIL_TEXT_BYTES];
    int64_t minute = civil_time_of_day_us(at_us, zone) / (60 * CIVIL_SECOND_US);
    return arena_printf(arena, "%s %02d:%02d", civil_format_date(civil_day_of(at_us, zone), date),
                        (int)(minute / 60), (int)(minute % 60));
}

static void words_add_day(struct words *words, struct text date)
{
    int32_t day;
    words_add(words, civil_parse_date(date, &day) ? naming_day(turn_arena(words->telling->turn), day) : date);
}

static void words_add_time(struct words *words, int64_t at_us)
{
    words_add(words, naming_time(turn_arena(words->telling->turn), at_us, words->telling->charter->zone));
}

static void words_add_known(struct words *words, enum field field, struct text value)
{
    const struct charter *charter = words->telling->charter;
    struct arena *arena = turn_arena(words->telling->turn);
    const struct level *level = charter_level(charter, value);
    if (field == FIELD_LABEL)
        words_add(words, naming_label(arena, charter, value));
    else if (field == FIELD_EVENT)
        words_add(words, naming_report(value));
    else if ((field == FIELD_LEVEL || field == FIELD_FROM || field == FIELD_TO) && level != NULL)
        words_add(words, level->name);
    else if (field == FIELD_BODY || field == FIELD_WHO || field == FIELD_POST)
        words_add(words, naming_party(arena, charter, value));
    else
        words_add(words, naming_value(field, value));
}

static void words_add_list(struct words *words, const struct doc *data, enum field field)
{
    for (size_t i = 0; i < doc_count(data, field); i++) {
        words_add(words, i > 0 ? TEXT("、") : TEXT(""));
        words_add(words, doc_text_at(data, field, i));
    }
}

/* "四（二）的规定（demo.yaml:1:1）" */
static void words_add_rule(struct words *words, const struct doc *of)
{
    if (doc_has(of, FIELD_CLAUSE))
        words_add(words, doc_text(of, FIELD_CLAUSE));
    else
        words_add(words, TEXT("章程"));
    words_add(words, TEXT("的规定"));
    if (!doc_has(of, FIELD_PLACE))
        return;
    words_add(words, TEXT("（"));
    words_add(words, doc_text(of, FIELD_PLACE));
    words_add(words, TEXT("）"));
}

static void words_add_owed(struct words *words, const struct doc *owed)
{
    if (doc_has(owed, FIELD_WHO))
        words_add_known(words, FIELD_WHO, doc_text(owed, FIELD_WHO));
    else
        words_add(words, TEXT("报送人"));
    words_add(words, TEXT("按"));
    words_add_rule(words, owed);
}

/* What falls short in a request, and under which rule. */
static void words_add_refusal(struct words *words)
{
    const struct doc *refused = words->telling->event->data;
    size_t owed = doc_count(refused, FIELD_OWED);
    if (owed > 0)
        buffer_printf(&words->out, "尚缺%zu项，应由", owed);
    for (size_t i = 0; i < owed && i < WORDING_OWED_MAX; i++) {
        words_add(words, i > 0 ? TEXT("、") : TEXT(""));
        words_add_owed(words, doc_doc_at(refused, FIELD_OWED, i));
    }
    if (owed > 0) {
        words_add(words, owed > WORDING_OWED_MAX ? TEXT("等提供") : TEXT("提供"));
    } else if (doc_has(refused, FIELD_CLAUSE) || doc_has(refused, FIELD_PLACE)) {
        words_add(words, TEXT("不符合"));
        words_add_rule(words, refused);
    } else {
        words_add(words, TEXT("与在办情况不符，请核对后再报"));
    }
}

static void words_add_field(struct words *words, enum field field)
{
    const struct doc *data = telling_doc(words->telling, field);
    if (field == FIELD_OWED)
        words_add_refusal(words);
    else if (data == NULL)
        words_add(words, field == FIELD_TITLE ? words->telling->event->subject : TEXT("—"));
    else if (field_specs[field].kind == KIND_TIME)
        words_add_time(words, doc_time_us(data, field, 0));
    else if (field_specs[field].kind == KIND_DATE)
        words_add_day(words, doc_text(data, field));
    else if (field_specs[field].kind == KIND_INT)
        buffer_printf(&words->out, "%lld", (long long)doc_int(data, field, 0));
    else if (field_specs[field].kind == KIND_NAMES)
        words_add_list(words, data, field);
    else if (field_specs[field].kind == KIND_ITEMS)
        buffer_printf(&words->out, "%zu", doc_count(data, field));
    else
        words_add_known(words, field, doc_text(data, field));
}

static enum field words_field(const char *open, const char *close)
{
    return field_find((struct text){open + 1, (size_t)(close - open - 1)}, NULL);
}

static void words_fill(struct words *words, const char *at, const char *end)
{
    while (at < end) {
        const char *close = *at == '{' ? memchr(at, '}', (size_t)(end - at)) : NULL;
        enum field field = close != NULL ? words_field(at, close) : FIELD_COUNT_OF_ALL;
        if (close == NULL)
            buffer_append(&words->out, at, 1);
        else if (field != FIELD_COUNT_OF_ALL)
            words_add_field(words, field);
        at = close != NULL ? close + 1 : at + 1;
    }
}

/* [with {name}|without]: the part that holds. */
static void words_fill_choice(struct words *words, const char *open, const char *bar, const char *close)
{
    const char *brace = memchr(open, '{', (size_t)(bar - open)), *end = strchr(brace, '}');
    if (telling_doc(words->telling, words_field(brace, end)) != NULL)
        words_fill(words, open + 1, bar);
    else
        words_fill(words, bar + 1, close);
}

static void words_fill_pattern(struct words *words, const char *pattern)
{
    const char *open = strchr(pattern, '[');
    if (open == NULL) {
        words_fill(words, pattern, pattern + strlen(pattern));
        return;
    }
    const char *bar = strchr(open, '|'), *close = strchr(bar, ']');
    words_fill(words, pattern, open);
    words_fill_choice(words, open, bar, close);
    words_fill(words, close + 1, close + strlen(close));
}

static struct text words_cut(struct text t, size_t bytes_max)
{
    if (t.bytes <= bytes_max)
        return t;
    size_t bytes = bytes_max;
    while (bytes > 0 && ((unsigned char)t.at[bytes] & 0xC0) == 0x80)
        bytes--;
    return (struct text){t.at, bytes};
}

struct text wording_line(const struct telling *telling)
{
    struct words words = {.telling = telling};
    buffer_open(&words.out, MESSAGE_BYTES_MAX);
    size_t i = 0, count = sizeof wording_patterns / sizeof *wording_patterns;
    while (i < count && wording_patterns[i].kind != telling->event->type->kind)
        i++;
    if (i < count) {
        words_fill_pattern(&words, wording_patterns[i].pattern);
    } else {
        words_add(&words, telling->event->type_name);
        words_add(&words, TEXT("："));
        words_fill_pattern(&words, "{title}");
    }
    if (telling->event->subject.bytes > 0) {
        words_add(&words, TEXT("（"));
        words_add(&words, telling->event->subject);
        words_add(&words, TEXT("）"));
    }
    struct text line =
        arena_text_copy(turn_arena(telling->turn), words_cut(buffer_text(&words.out), WORDING_BYTES_MAX));
    buffer_close(&words.out);
    return line;
}

struct text wording_bundle(struct arena *arena, const struct text *lines, size_t count)
{
    if (count == 1)
        return lines[0];
    struct buffer out;
    buffer_open(&out, MESSAGE_BYTES_MAX);
    buffer_printf(&out, "共%zu项：", count);
    for (size_t i = 0; i < count; i++)
        buffer_printf(&out, "\n%zu. %.*s", i + 1, TEXT_PRINT(lines[i]));
    struct text text = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return text;
}
