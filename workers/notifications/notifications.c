/* notifications.c - the role: for each outcome that a notice rule of its charter names, tell the posts that
 * the rule means, now or when their hour has come.
 *
 * notification.sent is the fact that a post was told; the line, letter or call follows the commit, at
 * least once, and shows the event's number, by which a repeated one is recognised.
 */
#include "workers/notifications/notifications.h"

#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/common/holders.h"
#include "workers/roles.h"

#include <inttypes.h>

enum { TELLINGS_MAX = 1024 }; /* of one event; well below TURN_OUTCOMES_MAX */

/* ---- what is remembered of issues and tasks ---- */

static struct key matter_key(struct text subject)
{
    struct key key = record_key(NOTIFICATIONS_MATTER);
    key_add_text(&key, subject);
    return key;
}

static const enum field matter_fields[] = {FIELD_TITLE, FIELD_AREA,   FIELD_BODY, FIELD_LEVEL, FIELD_UNIT,
                                           FIELD_UNITS, FIELD_RAISER, FIELD_BY,   FIELD_ISSUE};

/* Outcomes that say where an issue or task stands now; what they leave out stays as it was. */
static int notifications_apply_matter(struct turn *turn, const struct event *event)
{
    struct key key = matter_key(event->subject);
    struct doc *matter = record_get(turn, &key);
    matter = matter != NULL ? matter : doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof matter_fields / sizeof *matter_fields; i++)
        if (doc_has(event->data, matter_fields[i]))
            doc_set_doc_field(matter, matter_fields[i], event->data);
    if (doc_has(event->data, FIELD_TO))
        doc_set_text(matter, FIELD_LEVEL, doc_text(event->data, FIELD_TO));
    record_put(turn, &key, matter);
    return silence_apply_news(turn, event);
}

static int notifications_apply_held(struct turn *turn, const struct event *event)
{
    holders_apply(turn, NOTIFICATIONS_HOLDER, event);
    return 0;
}

const struct doc *telling_doc(const struct telling *telling, enum field field)
{
    const struct doc *const docs[] = {telling->event->data, telling->matter, telling->issue};
    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++)
        if (doc_has(docs[i], field))
            return docs[i];
    return NULL;
}

struct text telling_text(const struct telling *telling, enum field field)
{
    const struct doc *doc = telling_doc(telling, field);
    return doc != NULL ? doc_text(doc, field) : TEXT_NONE;
}

/* ---- telling ---- */

/* Everyone who holds the post, as far as the field has room. */
static struct text notifications_persons(struct turn *turn, const struct charter *charter,
                                         const struct post *post)
{
    struct names holders = holders_of(turn, NOTIFICATIONS_HOLDER, charter, post);
    struct text all = TEXT_NONE;
    for (size_t i = 0; i < holders.count; i++) {
        struct text more =
            i == 0 ? holders.at[0]
                   : arena_printf(turn_arena(turn), "%.*s、%.*s", TEXT_PRINT(all), TEXT_PRINT(holders.at[i]));
        if (more.bytes > (size_t)field_specs[FIELD_PERSON].high)
            break;
        all = more;
    }
    return all;
}

static struct text sending_text(struct turn *turn, const struct sending *sending)
{
    struct text *lines = arena_alloc(turn_arena(turn), sending->count * sizeof *lines);
    for (size_t i = 0; i < sending->count; i++)
        lines[i] = sending->lines[i].line;
    return wording_bundle(turn_arena(turn), lines, sending->count);
}

/* Each line with its own time and number, as it would have come at once. */
static void sending_write(struct turn *turn, const struct sending *sending, struct text persons)
{
    for (size_t i = 0; i < sending->count; i++) {
        const struct told_line *told = &sending->lines[i];
        struct text when = wording_time(turn_arena(turn), told->at_us, sending->charter->zone);
        turn_effect(turn, sending->channel, sending->addressee,
                    arena_printf(turn_arena(turn), "%.*s #%" PRIu64 " %.*s%s%.*s%s", TEXT_PRINT(when),
                                 told->seq, TEXT_PRINT(told->line), persons.bytes > 0 ? " [" : "",
                                 TEXT_PRINT(persons), persons.bytes > 0 ? "]" : ""));
    }
}

void sending_emit(struct turn *turn, const struct sending *sending)
{
    ASSERT(sending->count > 0);
    const struct post *post = charter_post(sending->charter, sending->addressee);
    struct text persons = post != NULL ? notifications_persons(turn, sending->charter, post) : TEXT_NONE;
    struct doc *data = emit_begin(turn, EVENT_NOTIFICATION_SENT);
    emit_rule(turn, sending->rule);
    if (sending->subject.bytes > 0)
        emit_subject(turn, sending->subject);
    for (size_t i = 0; i < sending->count; i++)
        emit_input(turn, sending->lines[i].seq);
    doc_set_text(data, FIELD_POST, sending->addressee);
    doc_set_text(data, FIELD_CHANNEL, sending->channel);
    doc_set_text(data, FIELD_TEXT, sending_text(turn, sending));
    doc_set_text(data, FIELD_EVENT, sending->event);
    doc_set_int(data, FIELD_SEQ, (int64_t)sending->lines[sending->count - 1].seq);
    if (persons.bytes > 0)
        doc_set_text(data, FIELD_PERSON, persons);
    if (sending->held)
        doc_set_int(data, FIELD_COUNT, (int64_t)sending->count);
    if (channel_is_outside(sending->channel))
        emit_delivery(turn, sending->channel, sending->addressee, post != NULL ? post->unit : TEXT_NONE);
    emit_end(turn);
    if (!channel_is_outside(sending->channel))
        sending_write(turn, sending, persons);
}

static int notifications_apply_sent(struct turn *turn, const struct event *sent)
{
    queue_apply_sent(turn, sent);
    outside_apply_sent(turn, sent);
    if (!doc_has(sent->data, FIELD_COUNT)) /* else its lines were noted when they were queued */
        silence_note_told(turn, sent);
    return 0;
}

static void notifications_tell(const struct telling *telling, const struct notice_rule *rule,
                               struct text addressee, struct text line)
{
    const struct event *event = telling->event;
    const struct told_line told = {event->seq, event->received_us, line};
    const struct sending sending = {.charter = telling->charter,
                                    .rule = &rule->rule,
                                    .addressee = addressee,
                                    .channel = rule->channel,
                                    .event = event->type_name,
                                    .lines = &told,
                                    .count = 1};
    if (silence_covers(telling, addressee))
        return;
    if (rule->when == NOTICE_AT_ONCE)
        sending_emit(telling->turn, &sending);
    else
        queue_hold(telling, rule, addressee, line);
}

/* "issue.escalated" names the family and its members, "issue" all about issues. */
static bool notifications_match(struct text rule, struct text type)
{
    if (rule.bytes > 2 && memcmp(rule.at + rule.bytes - 2, ".*", 2) == 0)
        rule.bytes -= 2;
    return text_starts_with(type, rule) && (type.bytes == rule.bytes || type.at[rule.bytes] == '.');
}

/* Whom an event is told to, each once a channel: two rules may mean the same post. */
struct told_list {
    struct told {
        const struct notice_rule *rule;
        struct text addressee;
    } at[TELLINGS_MAX];
    size_t count, left_out;
};

static void notifications_note(struct told_list *list, const struct notice_rule *rule, struct text addressee)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->at[i].rule->channel, rule->channel) &&
            text_equal(list->at[i].addressee, addressee))
            return;
    if (list->count < TELLINGS_MAX)
        list->at[list->count++] = (struct told){rule, addressee};
    else
        list->left_out++;
}

static void notifications_follow(const struct telling *telling, const struct notice_rule *rule,
                                 struct told_list *list)
{
    struct recipients *recipients = arena_alloc(turn_arena(telling->turn), sizeof *recipients);
    recipients_resolve(telling, rule->to, recipients);
    list->left_out += recipients->left_out;
    for (size_t i = 0; i < recipients->count; i++)
        notifications_note(list, rule, recipients->at[i]);
}

/* Whoever is told also hears that others could not be. */
static void notifications_tell_all(const struct telling *telling, const struct told_list *list)
{
    if (list->count == 0)
        return;
    struct text line = wording_line(telling);
    if (list->left_out > 0)
        line = arena_printf(turn_arena(telling->turn), "%.*s（另有%zu个收件人超出上限，未通知）",
                            TEXT_PRINT(line), list->left_out);
    for (size_t i = 0; i < list->count; i++)
        notifications_tell(telling, list->at[i].rule, list->at[i].addressee, line);
}

/* What is remembered of a subject; never NULL. */
static const struct doc *notifications_matter(struct turn *turn, struct text subject)
{
    struct key key = matter_key(subject);
    struct doc *matter = subject.bytes > 0 ? record_get(turn, &key) : NULL;
    return matter != NULL ? matter : doc_new(turn_arena(turn));
}

struct telling telling_of(struct turn *turn, const struct event *event, const struct charter *charter)
{
    struct telling telling = {.turn = turn, .event = event, .charter = charter};
    telling.matter = telling.issue = notifications_matter(turn, event->subject);
    telling.issue = notifications_matter(turn, telling_text(&telling, FIELD_ISSUE));
    return telling;
}

/* The bells of this role are nobody's news. */
static bool notifications_is_own(const struct event *event)
{
    return text_is(doc_text(event->data, FIELD_OWNER), role_text(ROLE_NOTIFICATIONS));
}

/* A missed duty is told once: as duty.missed, where a rule of the charter is about that. */
static bool notifications_is_told_as_duty(const struct charter *charter, const struct event *event)
{
    bool told = false;
    if (event->type->kind == EVENT_DEADLINE_MISSED && text_is(doc_text(event->data, FIELD_LABEL), "duty"))
        for (size_t i = 0; i < charter->notices_count; i++)
            told = told || notifications_match(charter->notices[i].event,
                                               text_from(event_types[EVENT_DUTY_MISSED].name));
    return told;
}

static int notifications_decide(struct turn *turn, const struct event *event)
{
    const struct charter *charter = turn_charter(turn, event->charter, NULL);
    if (charter == NULL || notifications_is_own(event) || notifications_is_told_as_duty(charter, event))
        return 0;
    const struct telling telling = telling_of(turn, event, charter);
    struct told_list *list = arena_alloc(turn_arena(turn), sizeof *list);
    for (size_t i = 0; i < charter->notices_count; i++)
        if (notifications_match(charter->notices[i].event, event->type_name))
            notifications_follow(&telling, &charter->notices[i], list);
    notifications_tell_all(&telling, list);
    return 0;
}

/* ---- deadlines: everybody's, and this role's bells ---- */

static int notifications_apply_set(struct turn *turn, const struct event *event)
{
    return notifications_is_own(event) ? alarm_apply_set(turn, event, ROLE_NOTIFICATIONS)
                                       : silence_apply_news(turn, event);
}

static int notifications_apply_reached(struct turn *turn, const struct event *event)
{
    return alarm_apply_reached(turn, event);
}

static int notifications_decide_reached(struct turn *turn, const struct event *event)
{
    return notifications_is_own(event) ? queue_ring(turn, event) : notifications_decide(turn, event);
}

/* ---- the role ---- */

/* Every outcome that a charter may name; reports become outcomes or refusals first. NEWS: whoever has
 * acknowledged the subject hears of it again. MATTER: news, and remembered for later lines. */
#define TOLD(kind)                                                                                           \
    {                                                                                                        \
        EVENT_##kind, NULL, notifications_decide                                                             \
    }
#define NEWS(kind)                                                                                           \
    {                                                                                                        \
        EVENT_##kind, silence_apply_news, notifications_decide                                               \
    }
#define MATTER(kind)                                                                                         \
    {                                                                                                        \
        EVENT_##kind, notifications_apply_matter, notifications_decide                                       \
    }
static const struct role_row notifications_rows[] = {
    TOLD(CHARTER_ENACTED),
    TOLD(CHARTER_ACCEPTED),
    NEWS(TRANSITION_APPLIED),
    TOLD(CALENDAR_NOTED),
    {EVENT_POST_HELD, notifications_apply_held, notifications_decide},
    MATTER(ISSUE_OPENED),
    TOLD(WORK_NOTED),
    NEWS(ISSUE_EXTENDED),
    NEWS(OPINION_ASKED),
    TOLD(OPINION_RECORDED),
    NEWS(OPINION_UNANSWERED),
    TOLD(ISSUE_ATTEMPTED),
    TOLD(PROPOSAL_RECORDED),
    TOLD(CONSENT_RECORDED),
    TOLD(CHECKLIST_RECORDED),
    TOLD(ISSUELIST_ISSUED),
    MATTER(ISSUE_ESCALATED),
    MATTER(ISSUE_SENT_BACK),
    NEWS(SOLUTION_ADOPTED),
    NEWS(DECISION_RECORDED),
    NEWS(TASKLIST_ISSUED),
    NEWS(ISSUE_SETTLED),
    NEWS(ISSUE_CLOSED),
    MATTER(ISSUE_REOPENED),
    MATTER(TASK_ASSIGNED),
    MATTER(TASK_UPDATED),
    NEWS(TASK_CLOSED),
    TOLD(TASKLIST_COMPLETED),
    NEWS(DUTY_OPENED),
    TOLD(DUTY_MET),
    NEWS(DUTY_MISSED),
    NEWS(DUTY_ENDED),
    TOLD(MEETING_SCHEDULED),
    NEWS(MEETING_DROPPED),
    TOLD(TOPIC_RECORDED),
    TOLD(TOPIC_EXAMINED),
    TOLD(MEETING_RECORDED),
    TOLD(MINUTES_RECORDED),
    TOLD(FILING_RECORDED),
    MATTER(SUPERVISION_OPENED),
    NEWS(SUPERVISION_UPDATED),
    NEWS(SUPERVISION_CLOSED),
    MATTER(INSPECTION_SCHEDULED),
    NEWS(INSPECTION_ASKED),
    TOLD(INSPECTION_REPLIED),
    TOLD(INSPECTION_REPORTED),
    TOLD(FINDING_RECORDED),
    TOLD(SELFCHECK_RECORDED),
    TOLD(CHECK_RECORDED),
    TOLD(SCORES_PUBLISHED),
    {EVENT_DEADLINE_SET, notifications_apply_set, notifications_decide},
    TOLD(DEADLINE_CLEARED),
    TOLD(DEADLINE_FIXED),
    NEWS(DEADLINE_MOVED),
    TOLD(DEADLINE_APPROACHING), /* the reminder that an acknowledgement silences */
    {EVENT_DEADLINE_REACHED, notifications_apply_reached, notifications_decide_reached},
    NEWS(DEADLINE_MISSED),
    TOLD(BULLETIN_PUBLISHED),
    TOLD(FIGURES_PUBLISHED),
    TOLD(BULLETIN_CORRECTED),
    TOLD(REQUEST_REFUSED),
    TOLD(EVENT_SET_ASIDE),
    TOLD(EVENT_CONFLICTED),
    {EVENT_NOTIFICATION_QUEUED, queue_apply_queued, NULL},
    {EVENT_NOTIFICATION_SENT, notifications_apply_sent, NULL},
    {EVENT_DELIVERY_REPORTED, NULL, outside_decide},
    {EVENT_NOTIFICATION_DELIVERED, outside_apply_ended, NULL},
    {EVENT_NOTIFICATION_FAILED, outside_apply_ended, NULL},
    {EVENT_NOTIFICATION_ACKNOWLEDGED, NULL, silence_decide},
    {EVENT_NOTIFICATION_SILENCED, silence_apply_silenced, NULL},
};

const struct role role_notifications = {
    .name = ROLE_NOTIFICATIONS,
    .schema = NOTIFICATIONS_SCHEMA,
    .rows = notifications_rows,
    .rows_count = sizeof notifications_rows / sizeof *notifications_rows,
    .carry_out = channels_carry_out,
};
