/* courier.h - carries deliveries outside: letters to the site's mail server, calls to its webhooks. The only
 * file that includes curl.h is courier.c.
 *
 * A thread of its own drives the transfers, so that neither a slow name server nor a dead receiver holds up
 * the worker's loop or its sign of life. Each receiver (the mail server, each webhook) has one transfer under
 * way at a time: none waits for another. Whoever has no courier sends nothing: duban-worker alone opens one.
 *
 *     courier_offer ──TAKE──► courier_begin ──► thread ──► ring ──► courier_next
 */
#ifndef WORKERS_COURIER_COURIER_H
#define WORKERS_COURIER_COURIER_H

#include "config/settings.h"
#include "workers/runtime/worker.h"

struct courier;

enum { COURIER_E_SETTINGS = 1 };
/* Reads passwords and secrets (files that nobody but their owner may read). Borrows the settings until
 * courier_close. Call digest_init first. */
int courier_open(const struct settings_outside *settings, struct courier **courier_out,
                 struct complaint *complaint) MUST_CHECK;
/* What is under way is given up; it is on record as attempted. */
void courier_close(struct courier *courier);
/* Called in the courier's thread when there is a result. */
void courier_on_result(struct courier *courier, void (*ring)(void *context), void *context);

enum courier_answer {
    COURIER_TAKES,     /* its receiver is reserved: courier_begin follows */
    COURIER_BUSY,      /* its receiver has a transfer under way, or asked to be left alone for a while */
    COURIER_NO_ADDRESS /* the settings have none by that channel */
};
enum courier_answer courier_offer(struct courier *courier, const struct delivery *delivery);
/* A delivery that it took, with its event. now_us: the wall clock. */
void courier_begin(struct courier *courier, const struct delivery *delivery, int64_t now_us);

struct courier_result {
    uint64_t number;
    struct delivery_end end;
    char reason[128]; /* without addresses: it goes into the journal; of DONE: what was refused all the same,
                         or "" */
    char detail[256]; /* for the log of this machine, or "" */
    struct text receiver;
};
/* False if there is none. The receiver is free again. */
bool courier_next(struct courier *courier, struct courier_result *result_out);

#endif
