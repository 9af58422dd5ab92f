/* access.h - who may come in, and what they may do there.
 *
 * Admission (ZAP) turns a peer's CURVE key or Unix user into a user id; that id is all that the doors go by
 * afterwards. Without configured keys the daemon's own user and root may do everything over ipc, and nobody
 * else anything. What is not granted is forbidden.
 */
#ifndef DAEMON_ACCESS_H
#define DAEMON_ACCESS_H

#include "base/loop.h"
#include "config/settings.h"

struct access;

/* Borrows settings until access_close or the end of the next access_reload. */
struct access *access_open(const struct settings *settings);
void access_close(struct access *access);
void access_reload(struct access *access, const struct settings *settings);

/* A loop_admit: context is the struct access. Called in the ZAP thread. */
bool access_admit(void *context, const struct loop_zap_request *request, char user_out[128]);

/* The rest is for the loop's thread. NULL: this user may do nothing (any more). Lives until access_reload. */
const struct settings_key *access_key(const struct access *access, struct text user);
bool access_may_work(const struct settings_key *key, enum role_name role);

/* Who publishes: a key, and for a worker's session its role (else ROLE_COUNT). */
struct access_publisher {
    const struct settings_key *key;
    enum role_name role;
};
/* False with a complaint that says what is missing. */
bool access_may_publish(const struct access_publisher *publisher, const struct event *event,
                        struct complaint *complaint);

#endif
