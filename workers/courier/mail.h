/* mail.h - a notification.sent as a letter (RFC 5322, MIME): pure text building.
 *
 * Whatever comes from an event stands base64-encoded, in encoded words (RFC 2047) or in the body: no name can
 * begin a header or a command of its own. The Message-ID derives from the delivery's id, so that a letter
 * that comes twice is recognised.
 */
#ifndef WORKERS_COURIER_MAIL_H
#define WORKERS_COURIER_MAIL_H

#include "proto/event.h"

struct letter {
    struct text id;   /* of a-z, 0-9 and - */
    struct text from; /* an address, as checked by config/settings_outside.c; so are those of `to` */
    const struct text *to;
    size_t to_count;
    const struct event *sent;
};
/* Lines end in CR LF, none is longer than 78 bytes but for an address. */
struct text mail_write(struct arena *arena, const struct letter *letter);

#endif
