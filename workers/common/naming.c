/* naming.c - see naming.h. Tables of words; what they don't have is shown as it stands. */
#include "workers/common/naming.h"

#include "base/civil.h"

struct naming_word {
    const char *id, *word;
};
static const struct naming_word naming_labels[] = {{"task", "任务办理"},
                                                   {"tasklist", "编制任务清单"},
                                                   {"confirmation", "确认办理结果"},
                                                   {"resolution", "办结"},
                                                   {"item", "督办事项办理"},
                                                   {"inspection", "督查"},
                                                   {"scores", "公布考核结果"},
                                                   {"duty", "例行工作"},
                                                   {"minutes", "形成会议纪要"},
                                                   {NULL, NULL}};
static const struct naming_word naming_reports[] = {{"issue.raised", "提出问题"},
                                                    {"meeting.called", "召集会议"},
                                                    {"meeting.cancelled", "取消会议"},
                                                    {"topic.submitted", "提交议题"},
                                                    {"topic.accepted", "审核议题"},
                                                    {"topic.returned", "退回议题"},
                                                    {"meeting.held", "登记会议"},
                                                    {"minutes.issued", "印发会议纪要"},
                                                    {"filing.submitted", "报送材料"},
                                                    {"opinion.requested", "征求意见"},
                                                    {"opinion.submitted", "提交意见"},
                                                    {"issue.coordinated", "登记协调结果"},
                                                    {"proposal.submitted", "提交方案"},
                                                    {"consent.given", "组长同意"},
                                                    {"consent.refused", "组长不同意"},
                                                    {"checklist.filled", "逐项研究"},
                                                    {"issuelist.compiled", "编制问题清单"},
                                                    {"escalation.requested", "提请上一级协调"},
                                                    {"issue.returned", "退回下级"},
                                                    {"solution.drafted", "拟定解决方案"},
                                                    {"decision.adopted", "作出决议"},
                                                    {"tasklist.compiled", "编制任务清单"},
                                                    {"issue.resolved", "登记解决"},
                                                    {"resolution.confirmed", "确认解决"},
                                                    {"resolution.disputed", "对结果有异议"},
                                                    {"issue.withdrawn", "撤回问题"},
                                                    {"reopening.requested", "重新办理"},
                                                    {"work.recorded", "登记办理情况"},
                                                    {"extension.granted", "延长办理时限"},
                                                    {"issue.duplicated", "重复事项并案"},
                                                    {"issue.transferred", "移交外部办理"},
                                                    {"task.accepted", "签收任务"},
                                                    {"task.progressed", "报告进度"},
                                                    {"task.completed", "报告完成"},
                                                    {"task.verified", "核验销号"},
                                                    {"task.rejected", "核验不通过"},
                                                    {"task.rerouted", "改派任务"},
                                                    {"matter.handed-down", "交办事项"},
                                                    {"supervision.reported", "报告督办事项进展"},
                                                    {"supervision.urged", "催办"},
                                                    {"supervision.verified", "核验督办事项"},
                                                    {"supervision.rejected", "督办事项核验不通过"},
                                                    {"inspection.planned", "列入督查计划"},
                                                    {"inspection.requested", "要求提供督查材料"},
                                                    {"inspection.answered", "回复督查"},
                                                    {"inspection.done", "提交督查报告"},
                                                    {"selfcheck.submitted", "提交自查"},
                                                    {"check.scored", "检查评分"},
                                                    {"charter.adopted", "施行章程"},
                                                    {"calendar.published", "发布工作日历"},
                                                    {"calendar.amended", "调整工作日历"},
                                                    {"post.filled", "任职"},
                                                    {"post.vacated", "离任"},
                                                    {NULL, NULL}};
static const struct naming_word naming_results[] = {{"settled", "已解决"}, {"unsettled", "未能解决"},
                                                    {"given", "同意"},     {"refused", "不同意"},
                                                    {"filled", "任职"},    {"vacated", "离任"},
                                                    {"agree", "同意"},     {"disagree", "不同意"},
                                                    {"none", "无意见"},    {NULL, NULL}};
static const struct naming_word naming_hows[] = {{"resolved", "登记解决"},
                                                 {"coordinated", "协调解决"},
                                                 {"tasks", "任务全部完成"},
                                                 {"confirmed", "提出人已确认"},
                                                 {"silence", "提出人逾期未提异议"},
                                                 {"withdrawn", "提出人撤回"},
                                                 {"duplicate", "与其他事项重复"},
                                                 {"transferred", "移交外部办理"},
                                                 {"verified", "核验销号"},
                                                 {"linked", "随关联事项办结"},
                                                 {"issue", "随问题办结"},
                                                 {"struck", "清单不再列入"},
                                                 {NULL, NULL}};
static const struct naming_word naming_states[] = {
    {"assigned", "已交办"}, {"accepted", "已签收"},           {"done-reported", "已报告完成"},
    {"closed", "已销号"},   {"dropped", "不再办理"},          {"open", "在办"},
    {"verified", "已核验"}, {"struck", "清单不再列入，待核"}, {NULL, NULL}};

static struct text naming_find(const struct naming_word *words, struct text id)
{
    for (; words->id != NULL; words++)
        if (text_is(id, words->id))
            return text_from(words->word);
    return id;
}

/* ---- parties ---- */

enum { NAMING_SHARED_BYTES_MIN = 6 }; /* two characters: 专项小组 and 组长 share none in this sense */

/* How many bytes the end of one text and the beginning of the other share: 领导小组办公室 and 办公室主任. */
static size_t naming_overlap(struct text first, struct text second)
{
    size_t bytes = first.bytes < second.bytes ? first.bytes : second.bytes;
    while (bytes > 0 && memcmp(first.at + first.bytes - bytes, second.at, bytes) != 0)
        bytes--;
    return bytes >= NAMING_SHARED_BYTES_MIN ? bytes : 0;
}

static struct text naming_post(struct arena *arena, const struct charter *charter, const struct post *post)
{
    const struct body *body = charter_body(charter, post->body);
    struct text of = body != NULL ? body->name : post->unit;
    /* What the charter compiler supplies where the document has no title for those who head a body. */
    struct text title = text_is(post->title, "head") ? TEXT("负责人") : post->title;
    if (title.bytes == 0)
        return post->id;
    size_t shared = naming_overlap(of, title);
    return arena_printf(arena, "%.*s%.*s", TEXT_PRINT(of), (int)(title.bytes - shared), title.at + shared);
}

struct text naming_party(struct arena *arena, const struct charter *charter, struct text id)
{
    const struct body *body = charter_body(charter, id);
    const struct post *post = charter_post(charter, id);
    return body != NULL ? body->name : post != NULL ? naming_post(arena, charter, post) : id;
}

/* ---- time ---- */

struct text naming_day(struct arena *arena, int32_t day)
{
    struct civil_date date = civil_date_from_day(day);
    return arena_printf(arena, "%d年%d月%d日", date.year, date.month, date.day);
}

struct text naming_time(struct arena *arena, int64_t at_us, int zone)
{
    int32_t day_number = civil_day_of(at_us, zone);
    struct text day = naming_day(arena, day_number);
    int64_t minute = civil_time_of_day_us(at_us, zone) / (60 * CIVIL_SECOND_US);
    if (civil_end_of_day_us(day_number, zone) - at_us < CIVIL_SECOND_US)
        return day;
    return arena_printf(arena, "%.*s%02d:%02d", TEXT_PRINT(day), (int)(minute / 60), (int)(minute % 60));
}

/* ---- words ---- */

/* Labels that name a unit: what stands before it, and how it is said. */
static const struct naming_word naming_units[] = {
    {"opinion:", "反馈意见"}, {"reply:", "回复督查"}, {"selfcheck:", "提交自查"}, {NULL, NULL}};

struct text naming_label(struct arena *arena, const struct charter *charter, struct text label)
{
    static const struct text bulletin = {"bulletin:", sizeof "bulletin:" - 1};
    const struct level *level = charter_level(charter, label);
    if (level != NULL)
        return arena_printf(arena, "%.*s协调", TEXT_PRINT(level->name));
    for (const struct naming_word *word = naming_units; word->id != NULL; word++) {
        struct text prefix = text_from(word->id);
        if (text_starts_with(label, prefix))
            return arena_printf(arena, "%.*s%s", (int)(label.bytes - prefix.bytes), label.at + prefix.bytes,
                                word->word);
    }
    return text_starts_with(label, bulletin) ? TEXT("编发通报") : naming_find(naming_labels, label);
}

struct text naming_report(struct text type)
{
    return naming_find(naming_reports, type);
}

struct text naming_value(enum field field, struct text value)
{
    const struct naming_word *words = field == FIELD_RESULT  ? naming_results
                                      : field == FIELD_HOW   ? naming_hows
                                      : field == FIELD_STATE ? naming_states
                                                             : NULL;
    return words != NULL ? naming_find(words, value) : value;
}
