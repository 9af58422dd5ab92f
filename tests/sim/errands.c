/* errands.c - see errands.h. Each errand is a row; chance chooses the row, and then mostly the right party.
 */
#include "tests/sim/errands.h"

#include <stdio.h>

#include "base/log.h"

/* ---- what is read of ---- */

static void errands_copy(char *out, struct text t)
{
    snprintf(out, ERRANDS_NAME_BYTES, "%.*s", TEXT_PRINT(t));
}

/* When the list is full the oldest goes. */
static void errands_know(struct errands_list *list, struct text subject, struct text first,
                         struct text second, int64_t seq)
{
    if (list->count == ERRANDS_KNOWN_MAX) {
        memmove(list->at, list->at + 1, sizeof list->at - sizeof list->at[0]);
        list->count--;
    }
    struct errands_known *known = &list->at[list->count++];
    errands_copy(known->subject, subject);
    errands_copy(known->first, first);
    errands_copy(known->second, second);
    known->seq = seq;
}

void errands_see(struct errands *errands, const struct event *event)
{
    const struct doc *data = event->data;
    if (!text_equal(event->charter, errands->charter->name))
        return;
    if (event->type->kind == EVENT_DUTY_OPENED)
        errands_know(&errands->duties, event->subject, doc_text(data, FIELD_ROUTINE),
                     doc_text(data, FIELD_BODY), 0);
    if (event->type->kind == EVENT_SUPERVISION_OPENED)
        errands_know(&errands->items, event->subject, doc_text_at(data, FIELD_UNITS, 0), TEXT(""), 0);
    if (event->type->kind == EVENT_NOTIFICATION_SENT)
        errands_know(&errands->messages, event->subject, doc_text(data, FIELD_POST),
                     doc_text(data, FIELD_CHANNEL), doc_int(data, FIELD_SEQ, 0));
}

static const struct errands_known *errands_any(struct errands *errands, const struct errands_list *list)
{
    static const struct errands_known none = {.subject = "X-1", .first = "不详", .second = "不详"};
    return list->count > 0 ? &list->at[dice_below(errands->dice, list->count)] : &none;
}

/* ---- vocabulary ---- */

static struct text errands_unit(struct errands *errands)
{
    return errands->charter->units[dice_below(errands->dice, errands->charter->units_count)].name;
}

static struct text errands_one_of(struct errands *errands, struct names names)
{
    return names.count > 0 ? names.at[dice_below(errands->dice, names.count)] : TEXT("不详");
}

static struct text errands_supervisor(struct errands *errands)
{
    return errands_one_of(errands, errands->charter->supervision.supervisors);
}

/* Of the body that examines topics, where one does. */
static struct text errands_examiner(struct errands *errands)
{
    const struct routines_rules *rules = &errands->charter->routines;
    for (size_t i = 0; i < rules->meetings_count; i++) {
        const struct body *body = charter_body(errands->charter, rules->meetings[i].agenda);
        if (body != NULL)
            return errands_one_of(errands, body->head_posts);
    }
    return TEXT("不详");
}

static struct doc *errands_begin(struct event *event, struct arena *arena, enum event_kind kind)
{
    struct doc *data = doc_new(arena);
    event->type = &event_types[kind];
    event->type_name = text_from(event_types[kind].name);
    event->data = data;
    return data;
}

/* ---- meetings ---- */

static struct errands_matter *errands_matter(struct errands *errands, struct errands_matter *matters,
                                             unsigned steps)
{
    struct errands_matter *matter = &matters[dice_below(errands->dice, ERRANDS_MATTERS_MAX)];
    if (matter->number == 0 || matter->step >= steps)
        *matter = (struct errands_matter){.number = ++errands->numbers,
                                          .step = dice_percent(errands->dice, 80) ? 0 : 1,
                                          .body = dice_below(errands->dice, errands->charter->bodies_count),
                                          .unit = errands_unit(errands)};
    return matter;
}

static void errands_items(struct errands *errands, struct doc *data, int32_t today, struct text issue)
{
    for (size_t i = 1 + dice_below(errands->dice, 2); i > 0; i--) {
        struct doc *item = doc_add_doc(data, FIELD_ITEMS);
        doc_printf(item, FIELD_TITLE, "事项%zu", dice_below(errands->dice, 30) + 1);
        if (dice_percent(errands->dice, 90))
            doc_set_text(item, FIELD_UNIT, errands_unit(errands));
        if (dice_percent(errands->dice, 70))
            doc_set_date(item, FIELD_BY, today + 1 + (int32_t)dice_below(errands->dice, 60));
        if (dice_percent(errands->dice, 20))
            doc_set_text(item, FIELD_ISSUE, issue);
    }
}

static void errands_called(struct errands *errands, struct event *event, struct arena *arena,
                           const struct errands_matter *meeting)
{
    struct doc *data = errands_begin(event, arena, EVENT_MEETING_CALLED);
    doc_add_text(data, FIELD_BODIES, errands->charter->bodies[meeting->body].id);
    doc_set_text(data, FIELD_TITLE, TEXT("例会"));
}

static void errands_topic(struct errands *errands, struct event *event, struct arena *arena, bool accepted)
{
    struct doc *data = errands_begin(event, arena, accepted ? EVENT_TOPIC_ACCEPTED : EVENT_TOPIC_SUBMITTED);
    doc_printf(data, FIELD_TOPIC, "T-%zu", dice_below(errands->dice, 2) + 1);
    if (accepted)
        event->actor = errands_examiner(errands);
    else
        doc_set_text(data, FIELD_TITLE, TEXT("听取推进报告"));
    if (!accepted && dice_percent(errands->dice, 60))
        doc_set_text(data, FIELD_KIND, TEXT("hear"));
}

static void errands_meeting(struct errands *errands, struct event *event, struct arena *arena, int32_t today,
                            struct text issue)
{
    struct errands_matter *meeting = errands_matter(errands, errands->meetings, 5);
    event->subject = arena_printf(arena, "HY-%llu", (unsigned long long)meeting->number);
    if (meeting->step > 0 && dice_percent(errands->dice, 5)) {
        doc_set_text(errands_begin(event, arena, EVENT_MEETING_CANCELLED), FIELD_REASON, TEXT("改期"));
        return;
    }
    switch (meeting->step++) {
    case 0:
        errands_called(errands, event, arena, meeting);
        return;
    case 1:
    case 2:
        if (dice_percent(errands->dice, 70)) {
            errands_topic(errands, event, arena, meeting->step == 3);
            return;
        }
        meeting->step = 4;
        doc_add_text(errands_begin(event, arena, EVENT_MEETING_HELD), FIELD_BODIES,
                     errands->charter->bodies[meeting->body].id);
        return;
    case 3:
        doc_add_text(errands_begin(event, arena, EVENT_MEETING_HELD), FIELD_BODIES,
                     errands->charter->bodies[meeting->body].id);
        return;
    default:
        errands_items(errands, errands_begin(event, arena, EVENT_MINUTES_ISSUED), today, issue);
        meeting->step -= dice_percent(errands->dice, 20) ? 1 : 0; /* another version of them */
    }
}

/* ---- filings ---- */

/* A duty's id ends in its day. */
static void errands_occurrence(const struct errands_known *duty, struct doc *data)
{
    struct text id = text_from(duty->subject);
    const size_t date = strlen("2020-12-31");
    int32_t day;
    if (id.bytes > date && civil_parse_date((struct text){id.at + id.bytes - date, date}, &day))
        doc_set_date(data, FIELD_BY, day);
}

static void errands_filing(struct errands *errands, struct event *event, struct arena *arena, int32_t today,
                           struct text issue)
{
    const struct errands_known *duty = errands_any(errands, &errands->duties);
    const struct routines_rules *rules = &errands->charter->routines;
    struct doc *data = errands_begin(event, arena, EVENT_FILING_SUBMITTED);
    const struct routine_rule *routine = NULL;
    for (size_t i = 0; i < rules->routines_count; i++)
        if (text_is(rules->routines[i].id, duty->first))
            routine = &rules->routines[i];
    event->subject = arena_printf(arena, "BS-%llu", (unsigned long long)++errands->numbers);
    doc_set_text(data, FIELD_ROUTINE, text_from(duty->first));
    doc_set_text(data, FIELD_BODY, text_from(duty->second));
    if (dice_percent(errands->dice, 50)) /* it says for which day, as it must where another is owed */
        errands_occurrence(duty, data);
    for (size_t i = 0; routine != NULL && i < routine->parts.count; i++) {
        if (i > 0 && dice_percent(errands->dice, 10))
            continue; /* a part is missing */
        struct doc *part = doc_add_doc(data, FIELD_PARTS);
        doc_set_text(part, FIELD_NAME, routine->parts.at[i]);
        doc_set_text(part, FIELD_TEXT, TEXT("已完成"));
    }
    if (doc_count(data, FIELD_PARTS) == 0)
        doc_set_text(doc_add_doc(data, FIELD_PARTS), FIELD_NAME, TEXT("不详"));
    if (routine != NULL && routine->list)
        errands_items(errands, data, today, issue);
}

/* ---- supervision ---- */

static void errands_handed_down(struct errands *errands, struct event *event, struct arena *arena,
                                int32_t today)
{
    struct doc *data = errands_begin(event, arena, EVENT_MATTER_HANDED_DOWN);
    event->subject = arena_printf(arena, "JB-%llu", (unsigned long long)++errands->numbers);
    event->actor = errands_one_of(errands, errands->charter->supervision.leaders);
    doc_set_text(data, FIELD_TITLE, TEXT("交办事项"));
    for (size_t i = 1 + dice_below(errands->dice, 3); i > 0; i--)
        doc_add_text(data, FIELD_UNITS, errands_unit(errands));
    if (dice_percent(errands->dice, 60))
        doc_set_date(data, FIELD_BY, today + (int32_t)dice_below(errands->dice, 40));
}

static void errands_item(struct errands *errands, struct event *event, struct arena *arena)
{
    static const enum event_kind kinds[] = {EVENT_SUPERVISION_REPORTED, EVENT_SUPERVISION_REPORTED,
                                            EVENT_SUPERVISION_VERIFIED, EVENT_SUPERVISION_VERIFIED,
                                            EVENT_SUPERVISION_URGED,    EVENT_SUPERVISION_REJECTED};
    const struct errands_known *item = errands_any(errands, &errands->items);
    struct doc *data =
        errands_begin(event, arena, kinds[dice_below(errands->dice, sizeof kinds / sizeof kinds[0])]);
    bool reported = event->type->kind == EVENT_SUPERVISION_REPORTED;
    event->subject = arena_text_copy(arena, text_from(item->subject));
    /* its own unit for a report; for a confirmation sometimes too, wrongly */
    event->actor = reported || dice_percent(errands->dice, 10)
                       ? arena_text_copy(arena, text_from(item->first))
                       : errands_supervisor(errands);
    if (reported)
        doc_set_text(data, FIELD_RESULT, dice_percent(errands->dice, 70) ? TEXT("done") : TEXT("progress"));
    if (event->type->kind == EVENT_SUPERVISION_REJECTED)
        doc_set_text(data, FIELD_REASON, TEXT("未落实"));
    if (event->type->kind != EVENT_SUPERVISION_URGED && dice_percent(errands->dice, 60))
        doc_set_text(data, FIELD_UNIT, text_from(item->first));
}

static void errands_inspection(struct errands *errands, struct event *event, struct arena *arena,
                               int32_t today)
{
    struct errands_matter *visit = errands_matter(errands, errands->inspections, 4);
    struct doc *data;
    event->subject = arena_printf(arena, "DC-%llu", (unsigned long long)visit->number);
    event->actor = errands_supervisor(errands);
    switch (visit->step++) {
    case 0:
        data = errands_begin(event, arena, EVENT_INSPECTION_PLANNED);
        doc_set_text(data, FIELD_TITLE, TEXT("专项督查"));
        doc_add_text(data, FIELD_UNITS, visit->unit);
        doc_set_date(data, FIELD_BY, today + 1 + (int32_t)dice_below(errands->dice, 30));
        return;
    case 1:
        data = errands_begin(event, arena, EVENT_INSPECTION_REQUESTED);
        doc_add_text(data, FIELD_UNITS, visit->unit);
        doc_set_text(data, FIELD_DETAIL, TEXT("台账"));
        return;
    case 2:
        data = errands_begin(event, arena, EVENT_INSPECTION_ANSWERED);
        event->actor = visit->unit;
        doc_set_text(data, FIELD_UNIT, visit->unit);
        doc_set_text(data, FIELD_RESULT, dice_percent(errands->dice, 70) ? TEXT("given") : TEXT("refused"));
        return;
    default:
        data = errands_begin(event, arena, EVENT_INSPECTION_DONE);
        doc_set_text(data, FIELD_TEXT, TEXT("督查报告"));
        for (size_t i = dice_below(errands->dice, 3); i > 0; i--) {
            struct doc *finding = doc_add_doc(data, FIELD_FINDINGS);
            doc_set_text(finding, FIELD_TITLE, TEXT("台账不全"));
            doc_set_text(finding, FIELD_UNIT, visit->unit);
        }
    }
}

static void errands_score(struct errands *errands, struct event *event, struct arena *arena, int32_t today)
{
    bool selfcheck = dice_percent(errands->dice, 60);
    struct doc *data =
        errands_begin(event, arena, selfcheck ? EVENT_SELFCHECK_SUBMITTED : EVENT_CHECK_SCORED);
    struct text unit = errands_unit(errands);
    event->subject = TEXT("");
    event->actor = selfcheck ? unit : errands_supervisor(errands);
    doc_set_text(data, FIELD_UNIT, unit);
    doc_printf(data, FIELD_PERIOD, "%d", civil_date_from_day(today).year);
    doc_set_int(doc_add_doc(data, FIELD_SCORES), FIELD_POINTS, (int64_t)dice_below(errands->dice, 10001));
}

/* ---- messages ---- */

static void errands_message(struct errands *errands, struct event *event, struct arena *arena)
{
    const struct errands_known *message = errands_any(errands, &errands->messages);
    bool delivery = dice_percent(errands->dice, 60);
    struct doc *data =
        errands_begin(event, arena, delivery ? EVENT_DELIVERY_REPORTED : EVENT_NOTIFICATION_ACKNOWLEDGED);
    event->subject = arena_text_copy(arena, text_from(message->subject));
    doc_set_text(data, FIELD_POST, text_from(message->first));
    if (!delivery) {
        event->actor = arena_text_copy(arena, text_from(message->first));
        return;
    }
    bool failed = dice_percent(errands->dice, 30);
    doc_set_int(data, FIELD_SEQ, message->seq);
    doc_set_text(data, FIELD_CHANNEL, text_from(message->second));
    doc_set_text(data, FIELD_RESULT, failed ? TEXT("failed") : TEXT("delivered"));
    doc_set_int(data, FIELD_ATTEMPTS, 1 + (int64_t)dice_below(errands->dice, 3));
    if (failed)
        doc_set_text(data, FIELD_REASON, TEXT("对方没有应答"));
}

/* ---- an issue's side ways ---- */

static void errands_issue(struct errands *errands, struct event *event, struct arena *arena, int32_t today,
                          struct text issue)
{
    static const enum event_kind kinds[] = {
        EVENT_WORK_RECORDED,    EVENT_WORK_RECORDED,     EVENT_WORK_RECORDED,      EVENT_EXTENSION_GRANTED,
        EVENT_ISSUE_DUPLICATED, EVENT_ISSUE_TRANSFERRED, EVENT_REOPENING_REQUESTED};
    size_t choice = dice_below(errands->dice, 40);
    enum event_kind kind = choice < 7 ? kinds[choice] : EVENT_WORK_RECORDED;
    struct doc *data = errands_begin(event, arena, kind);
    event->subject = issue;
    if (kind == EVENT_WORK_RECORDED) {
        doc_set_text(data, FIELD_ACTIVITY, TEXT("核查"));
        doc_printf(data, FIELD_GROUP, "第%zu组", dice_below(errands->dice, 3) + 1);
    }
    if (kind == EVENT_EXTENSION_GRANTED)
        doc_set_time(
            data, FIELD_DUE,
            civil_end_of_day_us(today + (int32_t)dice_below(errands->dice, 60), errands->charter->zone),
            errands->charter->zone);
    if (kind == EVENT_EXTENSION_GRANTED || kind == EVENT_REOPENING_REQUESTED)
        doc_set_text(data, FIELD_REASON, TEXT("情况复杂"));
}

void errands_next(struct errands *errands, struct arena *arena, int32_t today, struct text issue,
                  struct event *event)
{
    size_t choice = dice_below(errands->dice, 100);
    if (choice < 30)
        errands_meeting(errands, event, arena, today, issue);
    else if (choice < 45)
        errands_filing(errands, event, arena, today, issue);
    else if (choice < 51)
        errands_handed_down(errands, event, arena, today);
    else if (choice < 66)
        errands_item(errands, event, arena);
    else if (choice < 78)
        errands_inspection(errands, event, arena, today);
    else if (choice < 84)
        errands_score(errands, event, arena, today);
    else if (choice < 92)
        errands_message(errands, event, arena);
    else
        errands_issue(errands, event, arena, today, issue);
}
