/* door.h - the two doors (publishers and operators; workers) and the verbs that may be said there.
 * PROTOCOL.md is the specification. */
#ifndef DAEMON_DOOR_H
#define DAEMON_DOOR_H

#include "base/loop.h"
#include "config/settings.h"

struct broker;

struct door {
    struct broker *broker;
    struct loop_socket *socket;
    bool works; /* the workers' */
};
struct doors {
    struct door at[2 * SETTINGS_ENDPOINTS_MAX];
    size_t count;
};
int doors_open(struct broker *broker, const struct settings *settings,
               struct complaint *complaint) MUST_CHECK;
void doors_close(struct broker *broker);

#endif
