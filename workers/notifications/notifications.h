/* notifications.h - the parts of the role: which post is meant (recipients.c), what it is told (wording.c),
 * when (queue.c), what it need not hear again (silence.c), what became of it (outcome.c), and how it is
 * written where nobody carries it outside (channels.c). notifications.c joins them.
 *
 *                      ┌─ at once ────────────────────────────────┐
 *     event ──► rule ──┤                                          ▼
 *                      └─ queued ──► bell (deadline) ──► notification.sent ──► log, file: written
 *                                                                 │
 *                                                                 └─ mail, webhook: carried outside
 *                            delivered / failed ◄── delivery.reported ◄──────────┘
 */
#ifndef WORKERS_NOTIFICATIONS_NOTIFICATIONS_H
#define WORKERS_NOTIFICATIONS_NOTIFICATIONS_H

#include "config/charter.h"
#include "workers/runtime/role.h"

enum notifications_table {
    NOTIFICATIONS_MATTER, /* subject of an issue or task → what later events about it don't repeat */
    NOTIFICATIONS_HOLDER, /* charter, post → who holds it */
    NOTIFICATIONS_QUEUE,  /* charter, post, channel, seq → a held telling */
    NOTIFICATIONS_TOLD,   /* charter, subject, post → told, or silenced by the post's acknowledgement */
    NOTIFICATIONS_OUTSIDE /* seq, post, channel → carried outside, result not known yet */
};
enum {
    NOTIFICATIONS_SCHEMA = 2,
    RECIPIENTS_MAX = 256,
    WORDING_BYTES_MAX = 2048,
    BUNDLE_TELLINGS_MAX = 100, /* held tellings in one message; the rest goes in the next one */
    BUNDLE_BYTES_MAX = 15000,  /* of its text: a webhook's body stays below 20 kB */
    BUNDLES_PER_TURN_MAX = 32  /* of one bell; then it rings again at once */
};

/* An event, its charter, and what is remembered of its subject and of the issue that this belongs to (never
 * NULL, may be empty). */
struct telling {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    const struct doc *matter, *issue;
};
/* A telling of that event under that charter. */
struct telling telling_of(struct turn *turn, const struct event *event, const struct charter *charter);
/* The doc that has the field: the event's data, else what is remembered of its subject, else of the issue;
 * NULL if none has. */
const struct doc *telling_doc(const struct telling *telling, enum field field);
struct text telling_text(const struct telling *telling, enum field field);

struct recipients {
    struct text at[RECIPIENTS_MAX]; /* posts by id; units and raisers without a post of their own by name */
    size_t count, left_out;
};
/* Resolves the words of a notice rule; nobody stands in it twice. */
void recipients_resolve(const struct telling *telling, struct names to, struct recipients *recipients_out);
/* Through whom a unit is told: its liaison (S2-5), else its post nearest to the matter, else by its name. */
struct text recipients_of_unit(const struct telling *telling, const struct unit *unit);

/* One line in Chinese. */
struct text wording_line(const struct telling *telling);
/* "2020-02-18 23:59" in that zone (minutes east). */
struct text wording_time(struct arena *arena, int64_t at_us, int zone);
/* The text of a message: the line itself, or under a headline all of them, numbered. */
struct text wording_bundle(struct arena *arena, const struct text *lines, size_t count);

/* ---- sending ---- */
/* One line of a message: of which event, when that was received. */
struct told_line {
    uint64_t seq;
    int64_t at_us;
    struct text line;
};
struct sending {
    const struct charter *charter;
    const struct rule *rule;
    struct text addressee, channel, event; /* event: its type's name */
    struct text subject;
    const struct told_line *lines;
    size_t count;
    bool held; /* its lines stand in the queue, and leave it */
};
/* Emits notification.sent under the last line's number, and has it written or carried outside. */
void sending_emit(struct turn *turn, const struct sending *sending);
/* True if that channel ends at somebody else's machine. */
bool channel_is_outside(struct text channel);
int channels_carry_out(const struct effect *effect, const char *out_directory);

/* ---- queue.c ---- */
void queue_hold(const struct telling *telling, const struct notice_rule *rule, struct text addressee,
                struct text line);
int queue_apply_queued(struct turn *turn, const struct event *queued);
/* What a message bundled leaves the queue. */
void queue_apply_sent(struct turn *turn, const struct event *sent);
/* Held reminders about that subject to that post are dropped: it knows. */
void queue_drop_reminders(struct turn *turn, struct text charter, struct text post, struct text subject);
/* deadline.reached of a bell: all that waited for it is told. */
int queue_ring(struct turn *turn, const struct event *reached);

/* ---- silence.c ---- */
void silence_note_told(struct turn *turn, const struct event *told);
/* True if that post has acknowledged the subject and this is only a reminder of it. */
bool silence_covers(const struct telling *telling, struct text post);
/* Something happened to the subject: whoever was silent about it is told again. */
int silence_apply_news(struct turn *turn, const struct event *event);
int silence_apply_silenced(struct turn *turn, const struct event *silenced);
int silence_decide(struct turn *turn, const struct event *acknowledged);

/* ---- outcome.c ---- */
void outside_apply_sent(struct turn *turn, const struct event *sent);
int outside_apply_ended(struct turn *turn, const struct event *ended);
int outside_decide(struct turn *turn, const struct event *reported);

#endif
