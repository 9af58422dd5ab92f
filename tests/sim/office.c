/* office.c - see office.h. */
#include "tests/sim/office.h"

#include <stdio.h>

#include "base/log.h"
#include "tests/sim/owing.h"

enum { OFFICE_TASK_STEPS = 4, OFFICE_IMPATIENT_PERCENT = 8, OFFICE_SILENT_PERCENT = 25 };

/* ---- what is read ---- */

static void office_copy(char *out, struct text t)
{
    snprintf(out, OFFICE_NAME_BYTES, "%.*s", TEXT_PRINT(t));
}

struct text office_issue_id(struct arena *arena, size_t index)
{
    return arena_printf(arena, "WT-%zu", index + 1);
}

static struct office_issue *office_issue(struct office *office, struct text id)
{
    uint64_t number;
    struct text digits = {id.at + 3, id.bytes - 3};
    if (!text_starts_with(id, TEXT("WT-")) || !text_parse_u64(digits, &number) || number == 0 ||
        number > OFFICE_ISSUES_MAX)
        return NULL;
    return &office->issues[number - 1];
}

static void office_see_refusal(struct office_issue *issue, const struct doc *data)
{
    size_t count = doc_count(data, FIELD_OWED);
    if (count == 0)
        return;
    issue->owed_count = 0;
    for (size_t i = 0; i < count && i < OFFICE_OWED_MAX; i++) {
        const struct doc *owed = doc_doc_at(data, FIELD_OWED, i);
        office_copy(issue->owed[issue->owed_count].need, doc_text(owed, FIELD_NEED));
        office_copy(issue->owed[issue->owed_count++].who, doc_text(owed, FIELD_WHO));
    }
}

/* With a body: at the level that the outcome names. */
static void office_see_way(struct office_issue *issue, const struct doc *data, enum field level)
{
    issue->state = OFFICE_COORDINATING;
    issue->owed_count = 0;
    issue->met = false;
    office_copy(issue->level, doc_text(data, level));
    office_copy(issue->body, doc_text(data, FIELD_BODY));
}

static void office_see_task(struct office *office, const struct event *event)
{
    struct office_issue *issue = office_issue(office, doc_text(event->data, FIELD_ISSUE));
    if (issue == NULL)
        return;
    size_t at = 0;
    while (at < issue->tasks_count && !text_is(event->subject, issue->tasks[at].id))
        at++;
    bool known = at < issue->tasks_count;
    if (event->type->kind == EVENT_TASK_CLOSED && known)
        issue->tasks[at] = issue->tasks[--issue->tasks_count];
    if (event->type->kind == EVENT_TASK_ASSIGNED && !known && at < OFFICE_TASKS_MAX) {
        issue->tasks[issue->tasks_count++].step = 0;
        office_copy(issue->tasks[at].id, event->subject);
        office_copy(issue->tasks[at].unit, doc_text(event->data, FIELD_UNIT));
    }
}

bool office_waits(const struct office *office, size_t index)
{
    return office->issues[index].awaited[0] != '\0';
}

static void office_see_verdict(struct office_issue *issue, const struct event *event)
{
    if (event->type->report && text_is(event->id, issue->awaited))
        issue->awaited_seq = event->seq;
    if (!event->type->report && event->cause == issue->awaited_seq)
        issue->awaited[0] = '\0';
}

void office_see(struct office *office, const struct event *event)
{
    struct office_issue *issue = office_issue(office, event->subject);
    if (issue != NULL && office_waits(office, (size_t)(issue - office->issues)))
        office_see_verdict(issue, event);
    switch (event->type->kind) {
    case EVENT_TASK_ASSIGNED:
    case EVENT_TASK_CLOSED:
        office_see_task(office, event);
        return;
    case EVENT_REQUEST_REFUSED:
        if (issue != NULL)
            office_see_refusal(issue, event->data);
        return;
    case EVENT_ISSUE_OPENED:
    case EVENT_ISSUE_REOPENED:
        office_see_way(issue, event->data, FIELD_LEVEL);
        return;
    case EVENT_ISSUE_ESCALATED:
    case EVENT_ISSUE_SENT_BACK:
        office_see_way(issue, event->data, FIELD_TO);
        return;
    case EVENT_DECISION_RECORDED:
        issue->state = OFFICE_DECIDED;
        return;
    case EVENT_TASKLIST_ISSUED:
    case EVENT_SOLUTION_ADOPTED:
        issue->state = OFFICE_SOLVING;
        return;
    case EVENT_ISSUE_SETTLED:
        issue->state = OFFICE_SETTLED;
        return;
    case EVENT_ISSUE_CLOSED:
        issue->state = OFFICE_CLOSED;
        issue->tasks_count = 0;
        return;
    default:
        return;
    }
}

/* ---- vocabulary ---- */

struct text office_unit(const struct office *office)
{
    const struct unit *unit = &office->charter->units[dice_below(office->dice, office->charter->units_count)];
    if (unit->aliases.count > 0 && dice_percent(office->dice, 30))
        return unit->aliases.at[dice_below(office->dice, unit->aliases.count)];
    return unit->name;
}

void office_items(const struct office *office, struct arena *arena, struct doc *data, int32_t today)
{
    size_t count = 1 + dice_below(office->dice, 3);
    for (size_t i = 0; i < count; i++) {
        struct doc *item = doc_add_doc(data, FIELD_ITEMS);
        doc_set_text(item, FIELD_TITLE, arena_printf(arena, "事项%zu", i + 1));
        doc_set_text(item, FIELD_UNIT, office_unit(office));
        doc_set_date(item, FIELD_BY, today + 1 + (int32_t)dice_below(office->dice, 40));
        doc_set_text(item, FIELD_OPINION, TEXT("按要求落实"));
    }
}

/* What a step works with. */
struct office_desk {
    struct office *office;
    struct arena *arena;
    int32_t today;
    struct office_issue *issue;
    struct event *event;
};

static struct doc *office_begin(struct office_desk *desk, enum event_kind kind)
{
    struct doc *data = doc_new(desk->arena);
    desk->event->type = &event_types[kind];
    desk->event->type_name = text_from(event_types[kind].name);
    desk->event->data = data;
    return data;
}

/* Somebody other than the unit. */
static struct text office_other(struct office_desk *desk)
{
    const struct charter *charter = desk->office->charter;
    return charter->posts_count > 0 ? charter->posts[dice_below(desk->office->dice, charter->posts_count)].id
                                    : office_unit(desk->office);
}

/* ---- what is owed, as its kind is met; false: it is owed still ---- */

static bool office_attempt(struct office_desk *desk, const struct office_owed *owed)
{
    (void)owed;
    doc_set_text(office_begin(desk, EVENT_ISSUE_COORDINATED), FIELD_RESULT, TEXT("unsettled"));
    return true;
}

/* All who were not asked yet are asked at once, and then each is waited for. */
static bool office_opinion(struct office_desk *desk, const struct office_owed *owed)
{
    if (!owing_not_asked(text_from(owed->need))) {
        struct doc *data = office_begin(desk, EVENT_OPINION_SUBMITTED);
        doc_set_text(data, FIELD_UNIT, arena_text_copy(desk->arena, text_from(owed->who)));
        doc_set_text(data, FIELD_OPINION, TEXT("同意"));
        return true;
    }
    struct doc *data = office_begin(desk, EVENT_OPINION_REQUESTED);
    for (size_t i = 0; i < desk->issue->owed_count; i++) {
        struct office_owed *each = &desk->issue->owed[i];
        if (!owing_not_asked(text_from(each->need)))
            continue;
        doc_add_text(data, FIELD_UNITS, arena_text_copy(desk->arena, text_from(each->who)));
        office_copy(each->need, arena_printf(desk->arena, "opinion of %s", each->who));
    }
    return false;
}

static bool office_propose(struct office_desk *desk, const struct office_owed *owed)
{
    (void)owed;
    doc_set_text(office_begin(desk, EVENT_PROPOSAL_SUBMITTED), FIELD_PLAN, TEXT("建议明确牵头单位"));
    return true;
}

/* Where the post is vacant, somebody takes it up first. */
static bool office_consent(struct office_desk *desk, const struct office_owed *owed)
{
    struct text post = arena_text_copy(desk->arena, text_from(owed->who));
    if (strstr(owed->need, "(vacant)") != NULL && dice_percent(desk->office->dice, 50)) {
        struct doc *data = office_begin(desk, EVENT_POST_FILLED);
        doc_set_text(data, FIELD_POST, post);
        doc_printf(data, FIELD_PERSON, "某%zu", dice_below(desk->office->dice, 100));
        desk->event->subject = TEXT("");
        return false;
    }
    bool given = dice_percent(desk->office->dice, 90);
    struct doc *data = office_begin(desk, given ? EVENT_CONSENT_GIVEN : EVENT_CONSENT_REFUSED);
    desk->event->actor = post;
    if (!given)
        doc_set_text(data, FIELD_REASON, TEXT("方案还不具体"));
    return true;
}

/* All its parts at once, or the one that is owed. */
static bool office_checklist(struct office_desk *desk, const struct office_owed *owed)
{
    bool all = dice_percent(desk->office->dice, 60);
    struct doc *data = office_begin(desk, EVENT_CHECKLIST_FILLED);
    if (all || strstr(owed->need, "opinion") != NULL)
        doc_set_text(data, FIELD_OPINION, TEXT("建议提请研究"));
    if (all || strstr(owed->need, "undertaker") != NULL)
        doc_set_text(data, FIELD_UNDERTAKER, office_unit(desk->office));
    if (all || strstr(owed->need, "plan") != NULL)
        doc_set_text(data, FIELD_PLAN, TEXT("具体方案"));
    return true;
}

static bool office_issuelist(struct office_desk *desk, const struct office_owed *owed)
{
    (void)owed;
    doc_add_text(office_begin(desk, EVENT_ISSUELIST_COMPILED), FIELD_ISSUES, desk->event->subject);
    desk->event->subject = arena_printf(desk->arena, "QD-%llu", (unsigned long long)++desk->office->numbers);
    return true;
}

/* S0-14: the body meets, and its minutes have an item on the issue. */
static bool office_deliberate(struct office_desk *desk, const struct office_owed *owed)
{
    struct text matter = desk->event->subject;
    bool meets = !desk->issue->met;
    struct doc *data = office_begin(desk, meets ? EVENT_MEETING_HELD : EVENT_MINUTES_ISSUED);
    desk->event->subject = arena_printf(desk->arena, "HY-%.*s-%llu", TEXT_PRINT(matter),
                                        (unsigned long long)(desk->office->numbers += meets ? 1 : 0));
    desk->issue->met = meets;
    if (meets) {
        doc_add_text(data, FIELD_BODIES, arena_text_copy(desk->arena, text_from(owed->who)));
        doc_set_text(data, FIELD_TITLE, TEXT("会议"));
        return false;
    }
    struct doc *item = doc_add_doc(data, FIELD_ITEMS);
    doc_set_text(item, FIELD_TITLE, TEXT("提请上一级协调"));
    doc_set_text(item, FIELD_UNIT, office_unit(desk->office));
    doc_set_text(item, FIELD_ISSUE, matter);
    return true;
}

/* A task goes its way, mostly in order; now and then it is found not done, or goes to another unit. */
static void office_task(struct office_desk *desk, struct office_task *task)
{
    static const enum event_kind way[OFFICE_TASK_STEPS] = {EVENT_TASK_ACCEPTED, EVENT_TASK_PROGRESSED,
                                                           EVENT_TASK_COMPLETED, EVENT_TASK_VERIFIED};
    unsigned step = task->step % OFFICE_TASK_STEPS;
    enum event_kind kind = way[step];
    if (step == OFFICE_TASK_STEPS - 1 && dice_percent(desk->office->dice, 15))
        kind = EVENT_TASK_REJECTED;
    else if (dice_percent(desk->office->dice, 3))
        kind = EVENT_TASK_REROUTED;
    task->step = kind == EVENT_TASK_REROUTED || kind == EVENT_TASK_REJECTED ? 0 : task->step + 1;
    struct doc *data = office_begin(desk, kind);
    desk->event->subject = arena_text_copy(desk->arena, text_from(task->id));
    if (kind == EVENT_TASK_PROGRESSED)
        doc_set_int(data, FIELD_PERCENT, (int64_t)dice_below(desk->office->dice, 101));
    if (kind == EVENT_TASK_COMPLETED)
        doc_set_text(data, FIELD_EVIDENCE, TEXT("见附件"));
    if (kind == EVENT_TASK_VERIFIED || kind == EVENT_TASK_REJECTED)
        desk->event->actor = office_other(desk);
    if (kind == EVENT_TASK_REJECTED || kind == EVENT_TASK_REROUTED)
        doc_set_text(data, FIELD_REASON, TEXT("未落实"));
    if (kind == EVENT_TASK_REROUTED) {
        struct text unit = office_unit(desk->office);
        doc_set_text(data, FIELD_UNIT, unit);
        office_copy(task->unit, unit);
    }
}

/* Nothing more is done about the issue until there is a verdict. */
static struct doc *office_ask(struct office_desk *desk, enum event_kind kind)
{
    office_copy(desk->issue->awaited, desk->event->id);
    desk->issue->awaited_seq = 0;
    return office_begin(desk, kind);
}

static void office_escalate(struct office_desk *desk)
{
    office_ask(desk, EVENT_ESCALATION_REQUESTED);
}

/* What a refusal named last is done first: of opinions the first, so that all are asked together. */
static void office_supply(struct office_desk *desk)
{
    static bool (*const ways[])(struct office_desk *, const struct office_owed *) = {
        [NEED_ATTEMPT] = office_attempt,         [NEED_OPINIONS] = office_opinion,
        [NEED_PROPOSAL] = office_propose,        [NEED_CONSENT] = office_consent,
        [NEED_CHECKLIST] = office_checklist,     [NEED_ISSUELIST] = office_issuelist,
        [NEED_DELIBERATION] = office_deliberate,
    };
    struct office_issue *issue = desk->issue;
    struct office_owed owed = issue->owed[issue->owed_count - 1];
    int kind = owing_kind(text_from(owed.need));
    if (kind > NEED_DELIBERATION) { /* tasks are seen to as tasks */
        issue->owed_count--;
        office_escalate(desk);
        return;
    }
    if (ways[kind](desk, &owed))
        issue->owed_count--;
}

/* ---- a state's next step ---- */

static void office_raise(struct office_desk *desk)
{
    const struct charter *charter = desk->office->charter;
    struct doc *data = office_ask(desk, EVENT_ISSUE_RAISED);
    desk->issue->area = dice_below(desk->office->dice, charter->areas_count);
    doc_set_text(data, FIELD_TITLE, TEXT("企业反映的问题"));
    doc_set_text(data, FIELD_AREA, charter->areas[desk->issue->area].name);
    doc_set_bool(data, FIELD_INDICATOR, dice_percent(desk->office->dice, 30));
}

/* Some units never reply: their silence is on record one day. */
static void office_forget_the_silent(struct office_desk *desk)
{
    struct office_issue *issue = desk->issue;
    while (issue->owed_count > 0) {
        struct text need = text_from(issue->owed[issue->owed_count - 1].need);
        if (owing_kind(need) != NEED_OPINIONS || owing_not_asked(need) ||
            !dice_percent(desk->office->dice, OFFICE_SILENT_PERCENT))
            return;
        issue->owed_count--;
    }
}

static void office_coordinate(struct office_desk *desk)
{
    const struct level *level = charter_level(desk->office->charter, text_from(desk->issue->level));
    struct dice *dice = desk->office->dice;
    office_forget_the_silent(desk);
    if (desk->issue->owed_count > 0 && !dice_percent(dice, OFFICE_IMPATIENT_PERCENT)) {
        office_supply(desk);
        return;
    }
    size_t choice = dice_below(dice, 100);
    if (level != NULL && level->decides && choice < 60) {
        doc_set_text(office_ask(desk, EVENT_DECISION_ADOPTED), FIELD_TEXT, TEXT("原则同意"));
    } else if (choice < 86) {
        office_escalate(desk);
    } else if (choice < 91) {
        doc_set_text(office_ask(desk, EVENT_ISSUE_RETURNED), FIELD_REASON, TEXT("再行研究"));
    } else if (choice < 96) {
        office_items(desk->office, desk->arena, office_ask(desk, EVENT_SOLUTION_DRAFTED), desk->today);
    } else {
        doc_set_text(office_ask(desk, EVENT_ISSUE_COORDINATED), FIELD_RESULT, TEXT("settled"));
    }
}

static void office_solve(struct office_desk *desk)
{
    struct dice *dice = desk->office->dice;
    if (desk->issue->tasks_count == 0 || dice_percent(dice, 5))
        office_escalate(desk); /* the tasks did not solve it */
    else
        office_task(desk, &desk->issue->tasks[dice_below(dice, desk->issue->tasks_count)]);
}

static void office_settled(struct office_desk *desk)
{
    bool agrees = dice_percent(desk->office->dice, 65);
    struct doc *data = office_ask(desk, agrees ? EVENT_RESOLUTION_CONFIRMED : EVENT_RESOLUTION_DISPUTED);
    if (!agrees)
        doc_set_text(data, FIELD_REASON, TEXT("没有解决"));
}

void office_next(struct office *office, struct arena *arena, int32_t today, size_t index, struct event *event)
{
    struct office_desk desk = {office, arena, today, &office->issues[index], event};
    ASSERT(index < OFFICE_ISSUES_MAX);
    event->subject = office_issue_id(arena, index);
    switch (desk.issue->state) {
    case OFFICE_ABSENT:
        office_raise(&desk);
        return;
    case OFFICE_COORDINATING:
        office_coordinate(&desk);
        return;
    case OFFICE_DECIDED:
        office_items(office, arena, office_ask(&desk, EVENT_TASKLIST_COMPILED), today);
        return;
    case OFFICE_SOLVING:
        office_solve(&desk);
        return;
    case OFFICE_SETTLED:
        office_settled(&desk);
        return;
    case OFFICE_CLOSED:
        doc_set_text(office_ask(&desk, EVENT_REOPENING_REQUESTED), FIELD_REASON, TEXT("问题又出现了"));
        return;
    }
}
