/* webhook.h - a notification.sent as a call by the Standard Webhooks specification 1.0: the event as
 * CloudEvents JSON, signed with HMAC-SHA256 over "id.timestamp.body". Pure text building.
 */
#ifndef WORKERS_COURIER_WEBHOOK_H
#define WORKERS_COURIER_WEBHOOK_H

#include "base/arena.h"

enum { WEBHOOK_SECRET_BYTES_MIN = 24, WEBHOOK_SECRET_BYTES_MAX = 64 };

/* "whsec_" and base64 of 24 to 64 bytes, as it stands in a file; false if it is none. */
bool webhook_secret(struct arena *arena, struct text written, struct bytes *secret_out);
/* The value of the header webhook-signature: "v1,<base64>", one for each secret, by blanks. `at_s`: of the
 * attempt. */
struct text webhook_signature(struct arena *arena, const struct bytes *secrets, size_t count, struct text id,
                              int64_t at_s, struct text body);

#endif
