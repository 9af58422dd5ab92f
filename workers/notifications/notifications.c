/* notifications.c - the role: for each outcome that a notice rule of its charter names, tell the posts that
 * the rule means.
 *
 * notification.sent is the fact that a post was told; the line in the log or file follows the commit, at
 * least once, and shows the event's number, by which a repeated line is recognised.
 */
#include "workers/notifications/notifications.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "workers/common/holders.h"
#include "workers/roles.h"

#include <inttypes.h>
#include <stdio.h>

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
    return 0;
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
static struct text notifications_persons(const struct telling *telling, const struct post *post)
{
    struct names holders = holders_of(telling->turn, NOTIFICATIONS_HOLDER, telling->charter, post);
    struct text all = TEXT_NONE;
    for (size_t i = 0; i < holders.count; i++) {
        struct text more = i == 0 ? holders.at[0]
                                  : arena_printf(turn_arena(telling->turn), "%.*s、%.*s", TEXT_PRINT(all),
                                                 TEXT_PRINT(holders.at[i]));
        if (more.bytes > (size_t)field_specs[FIELD_PERSON].high)
            break;
        all = more;
    }
    return all;
}

static void notifications_tell(const struct telling *telling, const struct notice_rule *rule,
                               struct text addressee, struct text line)
{
    struct turn *turn = telling->turn;
    const struct post *post = charter_post(telling->charter, addressee);
    struct text persons = post != NULL ? notifications_persons(telling, post) : TEXT_NONE;
    struct doc *data = emit_begin(turn, EVENT_NOTIFICATION_SENT);
    emit_rule(turn, &rule->rule);
    emit_input(turn, telling->event->seq);
    doc_set_text(data, FIELD_POST, addressee);
    doc_set_text(data, FIELD_CHANNEL, rule->channel);
    doc_set_text(data, FIELD_TEXT, line);
    doc_set_text(data, FIELD_EVENT, telling->event->type_name);
    doc_set_int(data, FIELD_SEQ, (int64_t)telling->event->seq);
    if (persons.bytes > 0)
        doc_set_text(data, FIELD_PERSON, persons);
    emit_end(turn);
    struct text when = wording_time(telling, telling->event->received_us);
    turn_effect(turn, rule->channel, addressee,
                arena_printf(turn_arena(turn), "%.*s #%" PRIu64 " %.*s%s%.*s%s", TEXT_PRINT(when),
                             telling->event->seq, TEXT_PRINT(line), persons.bytes > 0 ? " [" : "",
                             TEXT_PRINT(persons), persons.bytes > 0 ? "]" : ""));
}

/* "issue.escalated" names the family and its members, "issue" all about issues. */
static bool notifications_match(struct text rule, struct text type)
{
    if (rule.bytes > 2 && memcmp(rule.at + rule.bytes - 2, ".*", 2) == 0)
        rule.bytes -= 2;
    return text_starts_with(type, rule) && (type.bytes == rule.bytes || type.at[rule.bytes] == '.');
}

/* By which channel whom this event has been told to already: two rules may mean the same post. */
struct told {
    struct text channel, addressee;
};
struct told_list {
    struct told at[TELLINGS_MAX];
    size_t count;
};

static bool notifications_note(struct told_list *list, struct text channel, struct text addressee)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->at[i].channel, channel) && text_equal(list->at[i].addressee, addressee))
            return false;
    if (list->count == TELLINGS_MAX)
        return false;
    list->at[list->count++] = (struct told){channel, addressee};
    return true;
}

static void notifications_follow(const struct telling *telling, const struct notice_rule *rule,
                                 struct text line, struct told_list *list)
{
    struct arena *arena = turn_arena(telling->turn);
    struct recipients *recipients = arena_alloc(arena, sizeof *recipients);
    recipients_resolve(telling, rule->to, recipients);
    if (recipients->left_out > 0)
        line = arena_printf(arena, "%.*s（另有%zu个收件人超出上限，未通知）", TEXT_PRINT(line),
                            recipients->left_out);
    for (size_t i = 0; i < recipients->count; i++)
        if (notifications_note(list, rule->channel, recipients->at[i]))
            notifications_tell(telling, rule, recipients->at[i], line);
}

/* What is remembered of a subject; never NULL. */
static const struct doc *notifications_matter(struct turn *turn, struct text subject)
{
    struct key key = matter_key(subject);
    struct doc *matter = subject.bytes > 0 ? record_get(turn, &key) : NULL;
    return matter != NULL ? matter : doc_new(turn_arena(turn));
}

static int notifications_decide(struct turn *turn, const struct event *event)
{
    struct telling telling = {
        .turn = turn, .event = event, .charter = turn_charter(turn, event->charter, NULL)};
    if (telling.charter == NULL)
        return 0;
    telling.matter = telling.issue = notifications_matter(turn, event->subject);
    telling.issue = notifications_matter(turn, telling_text(&telling, FIELD_ISSUE));
    struct told_list *list = arena_alloc(turn_arena(turn), sizeof *list);
    struct text line = TEXT_NONE;
    for (size_t i = 0; i < telling.charter->notices_count; i++) {
        const struct notice_rule *rule = &telling.charter->notices[i];
        if (!notifications_match(rule->event, event->type_name))
            continue;
        if (line.bytes == 0)
            line = wording_line(&telling);
        notifications_follow(&telling, rule, line, list);
    }
    return 0;
}

/* ---- delivery ---- */

static int notifications_log(const struct effect *effect, const char *out_directory)
{
    (void)out_directory;
    char seq[24];
    (void)snprintf(seq, sizeof seq, "%" PRIu64, effect->seq);
    const struct log_field fields[] = {{"post", effect->target}, {"seq", text_from(seq)}};
    log_line(LOG_LEVEL_NOTICE, LOG_NOTIFIED, fields, sizeof fields / sizeof *fields, "%.*s: %.*s",
             TEXT_PRINT(effect->target), TEXT_PRINT(effect->content));
    return 0;
}

enum { FILE_NAME_BYTES_MAX = 200 };

/* A file name that is no path, is not hidden, and differs where addressees differ. */
static void notifications_file_name(struct text target, char out[FILE_NAME_BYTES_MAX + 32])
{
    size_t bytes = 0;
    bool same = target.bytes > 0 && target.bytes <= FILE_NAME_BYTES_MAX && target.at[0] != '.';
    for (size_t i = 0; i < target.bytes && bytes < FILE_NAME_BYTES_MAX; i++) {
        unsigned char c = (unsigned char)target.at[i];
        bool fits = c > ' ' && c != '/' && c != '\\' && c != 0x7F && !(i == 0 && c == '.');
        same = same && fits;
        out[bytes++] = fits ? (char)c : '_';
    }
    uint64_t sum = digest_checksum((struct bytes){(const unsigned char *)target.at, target.bytes}, 0);
    (void)snprintf(out + bytes, 32, same ? ".txt" : "-%08" PRIx32 ".txt", (uint32_t)sum);
}

static int notifications_file(const struct effect *effect, const char *out_directory)
{
    char name[FILE_NAME_BYTES_MAX + 32];
    struct arena arena;
    notifications_file_name(effect->target, name);
    arena_open(&arena, 1048576);
    struct text folder = arena_printf(&arena, "%s/notifications", out_directory);
    struct text path = arena_printf(&arena, "%.*s/%s", TEXT_PRINT(folder), name);
    struct text line = arena_printf(&arena, "%.*s\n", TEXT_PRINT(effect->content));
    int code = file_make_folders(folder.at);
    if (code == 0)
        code = file_append(path.at, 0640, (struct bytes){(const unsigned char *)line.at, line.bytes});
    if (code != 0)
        log_warning(LOG_GENERAL, "notifications: %s cannot be written: %s", path.at, error_text(code));
    arena_close(&arena);
    return code != 0;
}

static int notifications_carry_out(const struct effect *effect, const char *out_directory)
{
    static const struct {
        const char *kind;
        int (*call)(const struct effect *effect, const char *out_directory);
    } channels[] = {{"log", notifications_log}, {"file", notifications_file}};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (text_is(effect->kind, channels[i].kind))
            return channels[i].call(effect, out_directory);
    log_error(LOG_GENERAL, "notifications: no channel %.*s", TEXT_PRINT(effect->kind));
    return 0;
}

/* ---- the role ---- */

/* Every outcome that a charter may name; reports become outcomes or refusals first. */
#define TOLD(kind)                                                                                           \
    {                                                                                                        \
        EVENT_##kind, NULL, notifications_decide                                                             \
    }
#define TOLD_OF_MATTER(kind)                                                                                 \
    {                                                                                                        \
        EVENT_##kind, notifications_apply_matter, notifications_decide                                       \
    }
static const struct role_row notifications_rows[] = {
    TOLD(CHARTER_ENACTED),
    TOLD(CALENDAR_NOTED),
    {EVENT_POST_HELD, notifications_apply_held, notifications_decide},
    TOLD_OF_MATTER(ISSUE_OPENED),
    TOLD(OPINION_ASKED),
    TOLD(OPINION_RECORDED),
    TOLD(OPINION_UNANSWERED),
    TOLD(ISSUE_ATTEMPTED),
    TOLD(PROPOSAL_RECORDED),
    TOLD(CONSENT_RECORDED),
    TOLD(CHECKLIST_RECORDED),
    TOLD(ISSUELIST_ISSUED),
    TOLD_OF_MATTER(ISSUE_ESCALATED),
    TOLD_OF_MATTER(ISSUE_SENT_BACK),
    TOLD(SOLUTION_ADOPTED),
    TOLD(DECISION_RECORDED),
    TOLD(TASKLIST_ISSUED),
    TOLD(ISSUE_SETTLED),
    TOLD(ISSUE_CLOSED),
    TOLD_OF_MATTER(ISSUE_REOPENED),
    TOLD_OF_MATTER(TASK_ASSIGNED),
    TOLD_OF_MATTER(TASK_UPDATED),
    TOLD(TASK_CLOSED),
    TOLD(TASKLIST_COMPLETED),
    TOLD(DEADLINE_SET),
    TOLD(DEADLINE_CLEARED),
    TOLD(DEADLINE_FIXED),
    TOLD(DEADLINE_MOVED),
    TOLD(DEADLINE_APPROACHING),
    TOLD(DEADLINE_REACHED),
    TOLD(DEADLINE_MISSED),
    TOLD(BULLETIN_PUBLISHED),
    TOLD(REQUEST_REFUSED),
    TOLD(EVENT_SET_ASIDE),
};

const struct role role_notifications = {
    .name = ROLE_NOTIFICATIONS,
    .schema = NOTIFICATIONS_SCHEMA,
    .rows = notifications_rows,
    .rows_count = sizeof notifications_rows / sizeof *notifications_rows,
    .carry_out = notifications_carry_out,
};
