/* queue.c - tellings that wait: outside working hours, or for the day's digest.
 *
 * A held telling is on record as notification.queued. For each post, channel and manner of waiting one bell
 * is set at a time, a deadline of this role: `opening` for quiet hours, `1opening` for a digest, so that
 * holidays and make-up days count as the charter's calendar has them. When it rings, all that waited is told
 * in one message. A digest takes along what waits for the same hour.
 */
#include "workers/notifications/notifications.h"

#include "base/limits.h"
#include "workers/common/alarm.h"

static const struct queue_manner {
    enum notice_when when;
    const char *how, *limit;
} queue_manners[] = {{NOTICE_WORKING_HOURS, "quiet", "opening"}, {NOTICE_DIGEST, "digest", "1opening"}};
enum { QUEUE_MANNERS = sizeof queue_manners / sizeof *queue_manners };

static const struct queue_manner *queue_manner(enum notice_when when)
{
    size_t i = 0;
    while (i + 1 < QUEUE_MANNERS && queue_manners[i].when != when)
        i++;
    return &queue_manners[i];
}

static struct key queue_key(struct text charter, struct text post, struct text channel)
{
    struct key key = record_key(NOTIFICATIONS_QUEUE);
    key_add_text(&key, charter);
    key_add_text(&key, post);
    if (channel.bytes > 0)
        key_add_text(&key, channel);
    return key;
}

/* ---- bells ---- */

/* A bell is about a post: "shenzhen-2020/office.director", and for a manner and channel: "digest:mail". */
static struct text queue_bell_subject(struct arena *arena, struct text charter, struct text post)
{
    return arena_printf(arena, "%.*s/%.*s", TEXT_PRINT(charter), TEXT_PRINT(post));
}

static struct text queue_bell_label(struct arena *arena, const struct queue_manner *manner,
                                    struct text channel)
{
    return arena_printf(arena, "%s:%.*s", manner->how, TEXT_PRINT(channel));
}

struct bell {
    const struct charter *charter;
    const struct queue_manner *manner;
    struct text post, channel;
    const struct rule *rule;
};

static void queue_set_bell(struct turn *turn, const struct event *cause, const struct bell *bell,
                           const char *limit)
{
    struct arena *arena = turn_arena(turn);
    const struct charter *charter = bell->charter;
    const struct alarm alarm = {.subject = queue_bell_subject(arena, charter->name, bell->post),
                                .charter = charter->name,
                                .label = queue_bell_label(arena, bell->manner, bell->channel),
                                .limit = text_from(limit),
                                .calendar = charter->calendar,
                                .rule = bell->rule,
                                .start_us = cause->received_us,
                                .zone = charter->zone};
    if (!alarm_is_open(turn, alarm.subject, alarm.label))
        alarm_set(turn, cause, ROLE_NOTIFICATIONS, &alarm);
}

/* ---- holding ---- */

void queue_hold(const struct telling *telling, const struct notice_rule *rule, struct text addressee,
                struct text line)
{
    struct turn *turn = telling->turn;
    const struct queue_manner *manner = queue_manner(rule->when);
    struct doc *data = emit_begin(turn, EVENT_NOTIFICATION_QUEUED);
    emit_rule(turn, &rule->rule);
    emit_input(turn, telling->event->seq);
    doc_set_text(data, FIELD_POST, addressee);
    doc_set_text(data, FIELD_CHANNEL, rule->channel);
    doc_set_text(data, FIELD_TEXT, line);
    doc_set_text(data, FIELD_EVENT, telling->event->type_name);
    doc_set_int(data, FIELD_SEQ, (int64_t)telling->event->seq);
    doc_set_text(data, FIELD_HOW, text_from(manner->how));
    emit_end(turn);
    const struct bell bell = {telling->charter, manner, addressee, rule->channel, &rule->rule};
    queue_set_bell(turn, telling->event, &bell, manner->limit);
}

int queue_apply_queued(struct turn *turn, const struct event *queued)
{
    static const enum field kept[] = {FIELD_TEXT, FIELD_EVENT,  FIELD_HOW,
                                      FIELD_RULE, FIELD_CLAUSE, FIELD_PLACE};
    struct key key =
        queue_key(queued->charter, doc_text(queued->data, FIELD_POST), doc_text(queued->data, FIELD_CHANNEL));
    key_add_u64(&key, (uint64_t)doc_int(queued->data, FIELD_SEQ, 0));
    struct doc *record = doc_new(turn_arena(turn));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        doc_set_doc_field(record, kept[i], queued->data);
    doc_set_time(record, FIELD_AT, queued->received_us, 0);
    if (queued->subject.bytes > 0)
        doc_set_text(record, FIELD_SUBJECT, queued->subject);
    record_put(turn, &key, record);
    silence_note_told(turn, queued);
    return 0;
}

void queue_apply_sent(struct turn *turn, const struct event *sent)
{
    for (size_t i = 0; i < doc_count(sent->data, FIELD_INPUTS); i++) {
        struct key key =
            queue_key(sent->charter, doc_text(sent->data, FIELD_POST), doc_text(sent->data, FIELD_CHANNEL));
        key_add_u64(&key, (uint64_t)doc_int_at(sent->data, FIELD_INPUTS, i));
        record_delete(turn, &key);
    }
}

void queue_drop_reminders(struct turn *turn, struct text charter, struct text post, struct text subject)
{
    struct key prefix = queue_key(charter, post, TEXT_NONE);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        const struct doc *record = record_from(turn, cursor.value);
        struct key key = {.bytes = cursor.key.bytes};
        memcpy(key.at, cursor.key.at, cursor.key.bytes);
        if (text_equal(doc_text(record, FIELD_SUBJECT), subject) &&
            text_is(doc_text(record, FIELD_EVENT), event_types[EVENT_DEADLINE_APPROACHING].name))
            record_delete(turn, &key);
    }
    store_cursor_end(&cursor);
}

/* ---- telling what was held ---- */

struct bundle {
    struct told_line lines[BUNDLE_TELLINGS_MAX];
    size_t count, bytes;
    const struct doc *first;
    bool one_subject, full;
};

static void bundle_add(struct bundle *bundle, uint64_t seq, const struct doc *record)
{
    struct text line = doc_text(record, FIELD_TEXT);
    bundle->full = bundle->count == BUNDLE_TELLINGS_MAX ||
                   (bundle->count > 0 && bundle->bytes + line.bytes > BUNDLE_BYTES_MAX);
    if (bundle->full)
        return;
    if (bundle->count == 0)
        bundle->first = record;
    bundle->one_subject = (bundle->count == 0 || bundle->one_subject) &&
                          text_equal(doc_text(bundle->first, FIELD_SUBJECT), doc_text(record, FIELD_SUBJECT));
    bundle->bytes += line.bytes;
    bundle->lines[bundle->count++] = (struct told_line){seq, doc_time_us(record, FIELD_AT, 0), line};
}

static bool queue_takes(const struct queue_manner *manner, const struct doc *record)
{
    return manner->when == NOTICE_DIGEST || text_is(doc_text(record, FIELD_HOW), manner->how);
}

static struct bundle *queue_bundle(struct turn *turn, const struct bell *bell)
{
    struct bundle *bundle = arena_alloc(turn_arena(turn), sizeof *bundle);
    struct key prefix = queue_key(bell->charter->name, bell->post, bell->channel);
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more && !bundle->full;
         more = store_next(&cursor)) {
        const struct doc *record = record_from(turn, cursor.value);
        struct key_reader reader = key_read(cursor.key);
        struct text part;
        uint64_t seq = 0;
        for (int i = 0; i < 3; i++)
            (void)key_read_text(&reader, turn_arena(turn), &part);
        if (key_read_u64(&reader, &seq) && queue_takes(bell->manner, record))
            bundle_add(bundle, seq, record);
    }
    store_cursor_end(&cursor);
    return bundle;
}

static void queue_send(struct turn *turn, const struct bell *bell, const struct bundle *bundle)
{
    const struct rule rule = {.path = doc_text(bundle->first, FIELD_RULE),
                              .clause = doc_text(bundle->first, FIELD_CLAUSE),
                              .place = doc_text(bundle->first, FIELD_PLACE)};
    const struct sending sending = {.charter = bell->charter,
                                    .rule = &rule,
                                    .addressee = bell->post,
                                    .channel = bell->channel,
                                    .event = doc_text(bundle->first, FIELD_EVENT),
                                    .subject = bundle->one_subject ? doc_text(bundle->first, FIELD_SUBJECT)
                                                                   : TEXT_NONE,
                                    .lines = bundle->lines,
                                    .count = bundle->count,
                                    .held = true};
    sending_emit(turn, &sending);
}

/* Which bell that is: its subject and label taken apart; false if it is none of ours. */
static bool queue_find_bell(struct turn *turn, const struct event *reached, struct bell *bell_out)
{
    struct text label = doc_text(reached->data, FIELD_LABEL), subject = reached->subject;
    const char *colon = label.bytes > 0 ? memchr(label.at, ':', label.bytes) : NULL;
    const struct charter *charter = turn_charter(turn, reached->charter, NULL);
    if (colon == NULL || charter == NULL || subject.bytes < reached->charter.bytes + 2)
        return false;
    struct text how = {label.at, (size_t)(colon - label.at)};
    size_t i = 0;
    while (i < QUEUE_MANNERS && !text_is(how, queue_manners[i].how))
        i++;
    if (i == QUEUE_MANNERS)
        return false;
    size_t skip = reached->charter.bytes + 1;
    *bell_out = (struct bell){.charter = charter,
                              .manner = &queue_manners[i],
                              .post = {subject.at + skip, subject.bytes - skip},
                              .channel = {colon + 1, label.bytes - how.bytes - 1}};
    return true;
}

int queue_ring(struct turn *turn, const struct event *reached)
{
    struct bell bell;
    if (!queue_find_bell(turn, reached, &bell))
        return 0;
    const struct bundle *bundle = queue_bundle(turn, &bell);
    for (int i = 0; i < BUNDLES_PER_TURN_MAX && bundle->count > 0; i++) {
        queue_send(turn, &bell, bundle);
        bundle = queue_bundle(turn, &bell);
    }
    if (bundle->count > 0)
        queue_set_bell(turn, reached, &bell, "opening");
    return 0;
}
