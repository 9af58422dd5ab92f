/* silence.c - whoever has acknowledged a matter is not reminded of it until something happens to it.
 *
 *     told ──notification.acknowledged──► silenced ──news──► told
 *
 * A reminder is deadline.approaching; news is what the table of notifications.c calls so. An acknowledgement
 * also drops reminders that are held in the queue: they stay on record as queued, and are not told. Other
 * news in the queue is told.
 */
#include "workers/notifications/notifications.h"

#include "workers/common/party.h"

#define SILENCE_TOLD     TEXT("told")
#define SILENCE_SILENCED TEXT("silenced")

static struct key silence_key(struct text charter, struct text subject)
{
    struct key key = record_key(NOTIFICATIONS_TOLD);
    key_add_text(&key, charter);
    key_add_text(&key, subject);
    return key;
}

static struct key silence_post_key(struct text charter, struct text subject, struct text post)
{
    struct key key = silence_key(charter, subject);
    key_add_text(&key, post);
    return key;
}

static struct text silence_state(struct turn *turn, struct text charter, struct text subject,
                                 struct text post)
{
    struct key key = silence_post_key(charter, subject, post);
    const struct doc *record = record_get(turn, &key);
    return record != NULL ? doc_text(record, FIELD_STATE) : TEXT_NONE;
}

static void silence_put(struct turn *turn, const struct key *key, struct text state)
{
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_STATE, state);
    record_put(turn, key, record);
}

void silence_note_told(struct turn *turn, const struct event *told)
{
    struct text post = doc_text(told->data, FIELD_POST);
    if (told->subject.bytes > 0 && silence_state(turn, told->charter, told->subject, post).bytes == 0) {
        struct key key = silence_post_key(told->charter, told->subject, post);
        silence_put(turn, &key, SILENCE_TOLD);
    }
}

bool silence_covers(const struct telling *telling, struct text post)
{
    const struct event *event = telling->event;
    return event->type->kind == EVENT_DEADLINE_APPROACHING && event->subject.bytes > 0 &&
           text_equal(silence_state(telling->turn, event->charter, event->subject, post), SILENCE_SILENCED);
}

int silence_apply_news(struct turn *turn, const struct event *event)
{
    struct key prefix = silence_key(event->charter, event->subject);
    struct store_cursor cursor;
    if (event->subject.bytes == 0)
        return 0;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more; more = store_next(&cursor)) {
        struct key key = {.bytes = cursor.key.bytes};
        memcpy(key.at, cursor.key.at, cursor.key.bytes);
        if (text_equal(doc_text(record_from(turn, cursor.value), FIELD_STATE), SILENCE_SILENCED))
            silence_put(turn, &key, SILENCE_TOLD);
    }
    store_cursor_end(&cursor);
    return 0;
}

int silence_apply_silenced(struct turn *turn, const struct event *silenced)
{
    struct text post = doc_text(silenced->data, FIELD_POST);
    struct key key = silence_post_key(silenced->charter, silenced->subject, post);
    silence_put(turn, &key, SILENCE_SILENCED);
    queue_drop_reminders(turn, silenced->charter, post, silenced->subject);
    return 0;
}

/* ---- who acknowledges ---- */

static bool silence_refuse(struct turn *turn, const char *why, struct text name, struct text hint)
{
    emit_refusal(turn, NULL, NULL, 0, "%s%.*s%.*s", why, TEXT_PRINT(name), TEXT_PRINT(hint));
    return false;
}

/* The addressee that a post, a unit or an alias stands for; false after a refusal. */
static bool silence_addressee(const struct telling *telling, struct text name, struct text *addressee_out)
{
    struct turn *turn = telling->turn;
    const struct post *post = charter_post(telling->charter, name);
    const struct unit *unit = charter_unit(telling->charter, name);
    if (post == NULL && unit == NULL)
        return silence_refuse(turn, "there is no post or unit ", name,
                              party_posts_hint(turn_arena(turn), telling->charter, name));
    *addressee_out = post != NULL ? post->id : recipients_of_unit(telling, unit);
    return true;
}

/* Nobody silences another: the actor is the post itself, its unit, or a post of that unit. */
static bool silence_actor_may(const struct telling *telling, struct text addressee)
{
    const struct charter *charter = telling->charter;
    struct text actor = telling->event->actor;
    const struct post *post = charter_post(charter, addressee);
    const struct unit *unit = charter_unit(charter, post != NULL ? post->unit : addressee);
    if (actor.bytes == 0 || text_equal(actor, addressee) ||
        (unit != NULL && party_is_of_unit(charter, actor, unit)))
        return true;
    emit_refusal(telling->turn, NULL, NULL, 0, "%.*s does not act for %.*s", TEXT_PRINT(actor),
                 TEXT_PRINT(addressee));
    return false;
}

static bool silence_post(const struct telling *telling, struct text *addressee_out)
{
    struct turn *turn = telling->turn;
    const struct event *event = telling->event;
    struct text named = doc_text(event->data, FIELD_POST);
    named = named.bytes > 0 ? named : event->actor;
    if (named.bytes == 0)
        return silence_refuse(turn, "who has taken note? neither actor nor post is given", TEXT_NONE,
                              TEXT_NONE);
    return silence_addressee(telling, named, addressee_out) && silence_actor_may(telling, *addressee_out);
}

int silence_decide(struct turn *turn, const struct event *event)
{
    const struct charter *charter = party_charter(turn, event);
    struct text post;
    if (charter == NULL || !party_actor_known(turn, event, charter, TEXT_NONE))
        return 0;
    if (event->subject.bytes == 0)
        return (void)silence_refuse(turn, "of what? the subject is missing", TEXT_NONE, TEXT_NONE), 0;
    const struct telling telling = telling_of(turn, event, charter);
    if (!silence_post(&telling, &post))
        return 0;
    if (silence_state(turn, event->charter, event->subject, post).bytes == 0)
        return (void)silence_refuse(turn, "nothing about this subject was told to ", post, TEXT_NONE), 0;
    struct doc *out = emit_begin(turn, EVENT_NOTIFICATION_SILENCED);
    emit_input(turn, event->seq);
    doc_set_text(out, FIELD_POST, post);
    doc_set_doc_field(out, FIELD_NOTE, event->data);
    emit_end(turn);
    return 0;
}
