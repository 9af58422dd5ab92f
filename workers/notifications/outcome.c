/* outcome.c - what became of a message that was carried outside: delivered, or failed with the reason.
 *
 * A message is known by the number, post and channel that its notification.sent bears: no event is told twice
 * to one post by one channel. The worker that carried it reports once how that ended (delivery.reported).
 */
#include "workers/notifications/notifications.h"

static struct key outside_key(const struct doc *data)
{
    struct key key = record_key(NOTIFICATIONS_OUTSIDE);
    key_add_u64(&key, (uint64_t)doc_int(data, FIELD_SEQ, 0));
    key_add_text(&key, doc_text(data, FIELD_POST));
    key_add_text(&key, doc_text(data, FIELD_CHANNEL));
    return key;
}

void outside_apply_sent(struct turn *turn, const struct event *sent)
{
    if (!channel_is_outside(doc_text(sent->data, FIELD_CHANNEL)))
        return;
    struct key key = outside_key(sent->data);
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_time(record, FIELD_AT, sent->received_us, 0);
    record_put(turn, &key, record);
}

int outside_apply_ended(struct turn *turn, const struct event *ended)
{
    struct key key = outside_key(ended->data);
    record_delete(turn, &key);
    return 0;
}

int outside_decide(struct turn *turn, const struct event *reported)
{
    static const enum field kept[] = {FIELD_SEQ, FIELD_POST, FIELD_CHANNEL, FIELD_ATTEMPTS};
    struct key key = outside_key(reported->data);
    if (record_get(turn, &key) == NULL) {
        emit_refusal(turn, NULL, NULL, 0, "no message to %.*s by that channel and number waits for a result",
                     TEXT_PRINT(doc_text(reported->data, FIELD_POST)));
        return 0;
    }
    bool delivered = text_is(doc_text(reported->data, FIELD_RESULT), "delivered");
    struct text reason = doc_text(reported->data, FIELD_REASON);
    struct doc *out = emit_begin(turn, delivered ? EVENT_NOTIFICATION_DELIVERED : EVENT_NOTIFICATION_FAILED);
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        doc_set_doc_field(out, kept[i], reported->data);
    if (reason.bytes > 0 || !delivered)
        doc_set_text(out, FIELD_REASON, reason.bytes > 0 ? reason : TEXT("no reason was given"));
    emit_end(turn);
    return 0;
}
