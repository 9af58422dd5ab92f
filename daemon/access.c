/* access.c - see access.h. Settings are read by two threads, the loop's and ZAP's, and replaced by the
 * loop's: a lock guards the pointer for ZAP, which copies what it needs while holding it.
 */
#include "daemon/access.h"

#include "base/log.h"
#include "base/text.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCESS_CURVE_BYTES = 32, ACCESS_Z85_BYTES = 40, ACCESS_USER_BYTES = 128 };

struct access {
    pthread_mutex_t lock;
    const struct settings *settings;
    struct settings_key everything; /* what the daemon's own user and root have when no keys are configured */
};

struct access *access_open(const struct settings *settings)
{
    struct access *access = memory_alloc(sizeof(*access));
    *access = (struct access){.settings = settings,
                              .everything = {.name = TEXT("everything"),
                                             .uid = -1,
                                             .role = TEXT("any"),
                                             .operate = true,
                                             .types = {TEXT("*")},
                                             .charters = {TEXT("*")},
                                             .units = {TEXT("*")},
                                             .types_count = 1,
                                             .charters_count = 1,
                                             .units_count = 1}};
    ASSERT(pthread_mutex_init(&access->lock, NULL) == 0);
    return access;
}

void access_close(struct access *access)
{
    (void)pthread_mutex_destroy(&access->lock);
    free(access);
}

void access_reload(struct access *access, const struct settings *settings)
{
    (void)pthread_mutex_lock(&access->lock);
    access->settings = settings;
    (void)pthread_mutex_unlock(&access->lock);
}

/* ---- admission ---- */

/* "…:uid:gid:pid", as libzmq writes it for ipc; -1 if that is not what it is. */
static int64_t access_uid(struct text address)
{
    int64_t numbers[3] = {-1, -1, -1};
    for (size_t i = 3; i-- > 0;) {
        size_t colon = address.bytes;
        while (colon > 0 && address.at[colon - 1] != ':')
            colon--;
        if (colon == 0)
            return -1;
        struct text digits = {address.at + colon, address.bytes - colon};
        if (!text_parse_i64(digits, &numbers[i]) || numbers[i] < 0)
            return -1;
        address.bytes = colon - 1;
    }
    return numbers[0];
}

static void access_z85(const unsigned char key[ACCESS_CURVE_BYTES], char out[ACCESS_Z85_BYTES])
{
    static const char digits[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    for (size_t i = 0; i < ACCESS_CURVE_BYTES / 4; i++) {
        uint32_t value = 0;
        for (size_t j = 0; j < 4; j++)
            value = value << 8 | key[4 * i + j];
        for (size_t j = 5; j-- > 0; value /= 85)
            out[5 * i + j] = digits[value % 85];
    }
}

static const struct settings_key *access_key_of_curve(const struct settings *settings, struct bytes curve)
{
    if (curve.bytes != ACCESS_CURVE_BYTES)
        return NULL;
    char written[ACCESS_Z85_BYTES];
    access_z85(curve.at, written);
    for (size_t i = 0; i < settings->keys_count; i++)
        if (text_equal(settings->keys[i].curve, (struct text){written, sizeof(written)}))
            return &settings->keys[i];
    return NULL;
}

static const struct settings_key *access_key_of_uid(const struct settings *settings, int64_t uid)
{
    for (size_t i = 0; uid >= 0 && i < settings->keys_count; i++)
        if (settings->keys[i].uid == uid)
            return &settings->keys[i];
    return NULL;
}

static bool access_is_own_uid(int64_t uid)
{
    return uid == 0 || (uid > 0 && uid == (int64_t)geteuid());
}

static bool access_admit_locked(const struct settings *settings, const struct loop_zap_request *request,
                                char user_out[ACCESS_USER_BYTES])
{
    bool curve = text_is(request->mechanism, "CURVE");
    if (!curve && !text_is(request->mechanism, "NULL"))
        return false;
    int64_t uid = curve ? -1 : access_uid(request->address);
    if (settings->keys_count == 0 && !curve) {
        (void)snprintf(user_out, ACCESS_USER_BYTES, "uid:%lld", (long long)uid);
        return access_is_own_uid(uid);
    }
    const struct settings_key *key =
        curve ? access_key_of_curve(settings, request->curve_key) : access_key_of_uid(settings, uid);
    if (key == NULL || key->name.bytes >= ACCESS_USER_BYTES)
        return false;
    (void)snprintf(user_out, ACCESS_USER_BYTES, "%.*s", TEXT_PRINT(key->name));
    return true;
}

bool access_admit(void *context, const struct loop_zap_request *request, char user_out[ACCESS_USER_BYTES])
{
    struct access *access = context;
    (void)pthread_mutex_lock(&access->lock);
    bool admitted = access_admit_locked(access->settings, request, user_out);
    (void)pthread_mutex_unlock(&access->lock);
    if (!admitted)
        log_notice(LOG_REFUSED, "a peer was not admitted (%.*s %.*s)", TEXT_PRINT(request->mechanism),
                   TEXT_PRINT(request->address));
    return admitted;
}

/* ---- rights ---- */

const struct settings_key *access_key(const struct access *access, struct text user)
{
    const struct settings *settings = access->settings;
    for (size_t i = 0; i < settings->keys_count; i++)
        if (text_equal(settings->keys[i].name, user))
            return &settings->keys[i];
    int64_t uid = -1;
    if (settings->keys_count > 0 || !text_starts_with(user, TEXT("uid:")) ||
        !text_parse_i64((struct text){user.at + 4, user.bytes - 4}, &uid))
        return NULL;
    return access_is_own_uid(uid) ? &access->everything : NULL;
}

bool access_may_work(const struct settings_key *key, enum role_name role)
{
    return text_is(key->role, "any") || text_is(key->role, role_text(role));
}

static bool access_lists(const struct text *list, size_t count, struct text t)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(list[i], "*") || (t.at != NULL && text_equal(list[i], t)))
            return true;
    return false;
}

static bool access_type_granted(const struct settings_key *key, struct text type)
{
    for (size_t i = 0; i < key->types_count; i++) {
        struct text grant = key->types[i];
        if (text_is(grant, "*") || text_equal(grant, type))
            return true;
        if (text_starts_with(type, grant) && type.bytes > grant.bytes && type.at[grant.bytes] == '.')
            return true;
    }
    return false;
}

static bool access_charter_granted(const struct settings_key *key, const struct event *event,
                                   struct complaint *complaint)
{
    struct text named =
        event->type->kind == EVENT_CHARTER_ADOPTED ? doc_text(event->data, FIELD_NAME) : event->charter;
    if (access_lists(key->charters, key->charters_count, named) &&
        (event->charter.at == NULL || access_lists(key->charters, key->charters_count, event->charter)))
        return true;
    complain(complaint, "charter", NULL, "key %.*s is not granted %s%.*s", TEXT_PRINT(key->name),
             named.at != NULL ? "charter " : "events without a charter", TEXT_PRINT(named));
    return false;
}

/* Whoever acts, and the unit that it is about: each that is named must be granted, and one must be. */
static bool access_unit_granted(const struct settings_key *key, const struct event *event,
                                struct complaint *complaint)
{
    struct text unit = doc_text(event->data, FIELD_UNIT);
    bool unit_fine = unit.at == NULL || access_lists(key->units, key->units_count, unit);
    bool actor_fine = event->actor.at == NULL || access_lists(key->units, key->units_count, event->actor);
    bool named =
        unit.at != NULL || event->actor.at != NULL || access_lists(key->units, key->units_count, TEXT_NONE);
    if (unit_fine && actor_fine && named)
        return true;
    struct text which = !unit_fine ? unit : event->actor;
    complain(complaint, !unit_fine ? "data.unit" : "actor", NULL, "key %.*s is not granted %s%.*s",
             TEXT_PRINT(key->name), named ? "" : "events that name neither actor nor unit",
             TEXT_PRINT(which));
    return false;
}

static bool access_may_report(const struct settings_key *key, const struct event *event,
                              struct complaint *complaint)
{
    if (text_starts_with(event->source, TEXT("/worker/")) ||
        text_starts_with(event->source, TEXT("/duband"))) {
        complain(complaint, "source", NULL, "sources that begin with /worker/ or /duband are duban's own");
        return false;
    }
    if (!event->type->report) {
        complain(complaint, "type", NULL, "%.*s is an outcome: only workers publish it",
                 TEXT_PRINT(event->type_name));
        return false;
    }
    if (event_type_is_by_worker(event->type)) {
        complain(complaint, "type", NULL, "%.*s says what came of a worker's own work: only %s publishes it",
                 TEXT_PRINT(event->type_name), role_text(event->type->role));
        return false;
    }
    if (!access_type_granted(key, event->type_name)) {
        complain(complaint, "type", NULL, "key %.*s is not granted %.*s", TEXT_PRINT(key->name),
                 TEXT_PRINT(event->type_name));
        return false;
    }
    return access_charter_granted(key, event, complaint) && access_unit_granted(key, event, complaint);
}

static bool access_may_conclude(enum role_name role, const struct event *event, struct complaint *complaint)
{
    const char *name = role_text(role);
    struct text prefix = TEXT("/worker/");
    if (event->type->report && !event_type_is_by_worker(event->type)) {
        complain(complaint, "type", NULL, "%.*s is a report: a worker publishes outcomes only",
                 TEXT_PRINT(event->type_name));
        return false;
    }
    if (event->type->role != ROLE_ANY && event->type->role != role) {
        complain(complaint, "type", NULL, "%.*s is published by %s, not by %s", TEXT_PRINT(event->type_name),
                 role_text(event->type->role), name);
        return false;
    }
    if (!text_starts_with(event->source, prefix) ||
        !text_is((struct text){event->source.at + prefix.bytes, event->source.bytes - prefix.bytes}, name)) {
        complain(complaint, "source", NULL, "the source of this worker is /worker/%s", name);
        return false;
    }
    return true;
}

bool access_may_publish(const struct access_publisher *publisher, const struct event *event,
                        struct complaint *complaint)
{
    ASSERT(publisher->key != NULL && event->type != NULL);
    if (publisher->role != ROLE_COUNT)
        return access_may_conclude(publisher->role, event, complaint);
    return access_may_report(publisher->key, event, complaint);
}
