/* settings.c - see settings.h. The keys of the file and of a key's map stand in tables; what is read is
 * checked here, so that the daemon starts with settings that make sense or not at all.
 */
#include "config/settings_outside.h"

#include "base/file.h"
#include "base/limits.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef DUBAN_PREFIX
#define DUBAN_PREFIX "/usr"
#endif

#define SETTINGS_FILE "/etc/duban/duban.yaml"
enum {
    SETTINGS_IPC_PATH_MAX = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1,
    SETTINGS_CURVE_BYTES = 40
};
static const uint64_t SETTINGS_JOURNAL_MIN = UINT64_C(1) << 20;
static const uint64_t SETTINGS_MAP_DEFAULT = UINT64_C(16) << 30;

/* ---- where things lie ---- */

/* "/home/x/duban" when this program lies in /home/x/duban/build/..., else TEXT_NONE. */
static struct text settings_checkout(struct arena *arena)
{
    char path[4096];
    ssize_t bytes = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (bytes <= 0)
        return TEXT_NONE;
    path[bytes] = '\0';
    char *build = NULL;
    for (char *at = strstr(path, "/build/"); at != NULL; at = strstr(at + 1, "/build/"))
        build = at;
    if (build == NULL)
        return TEXT_NONE;
    return arena_text_copy(arena, (struct text){path, (size_t)(build - path)});
}

struct text settings_config_directory(struct arena *arena)
{
    const char *given = getenv("DUBAN_CONFIG");
    if (given != NULL && given[0] != '\0')
        return arena_text_copy(arena, text_from(given));
    struct text checkout = settings_checkout(arena);
    if (checkout.at != NULL)
        return arena_printf(arena, "%.*s/config", TEXT_PRINT(checkout));
    return TEXT(DUBAN_PREFIX "/share/duban");
}

static void settings_default_directories(struct arena *arena, struct settings *settings)
{
    struct text checkout = settings_checkout(arena);
    if (checkout.at == NULL) {
        settings->state_directory = TEXT("/var/lib/duban");
        settings->run_directory = TEXT("/run/duban");
        return;
    }
    settings->state_directory = arena_printf(arena, "%.*s/var", TEXT_PRINT(checkout));
    settings->run_directory = arena_printf(arena, "%.*s/var/run", TEXT_PRINT(checkout));
}

/* A directory of the command line may be relative; endpoints must not be. */
static struct text settings_absolute(struct arena *arena, const char *directory)
{
    char here[4096];
    if (directory[0] == '/' || getcwd(here, sizeof(here)) == NULL)
        return arena_text_copy(arena, text_from(directory));
    return arena_printf(arena, "%s/%s", here, directory);
}

/* What follows from other settings and was not given. */
static void settings_derive(struct arena *arena, struct settings *settings)
{
    if (settings->out_directory.at == NULL)
        settings->out_directory = arena_printf(arena, "%.*s/out", TEXT_PRINT(settings->state_directory));
    if (settings->publisher_endpoints_count == 0) {
        settings->publisher_endpoints[settings->publisher_endpoints_count++] =
            arena_printf(arena, "ipc://%.*s/publish.sock", TEXT_PRINT(settings->run_directory));
    }
    if (settings->worker_endpoints_count == 0) {
        settings->worker_endpoints[settings->worker_endpoints_count++] =
            arena_printf(arena, "ipc://%.*s/work.sock", TEXT_PRINT(settings->run_directory));
    }
}

/* ---- reading ---- */

static void settings_complain(const struct yaml_reader *reader, const char *key, const char *message)
{
    const struct yaml_node *node = yaml_get(reader->map, key);
    finding_add(reader->findings, SEVERITY_ERROR, node != NULL ? node->place : reader->map->place,
                yaml_path_key(reader, key), "\"%s\" %s", key, message);
}

static void settings_read_directory(const struct yaml_reader *reader, const char *key, struct text *out)
{
    struct text t = TEXT_NONE;
    if (!yaml_read_text(reader, key, YAML_MAY, &t))
        return;
    if (t.at[0] != '/')
        settings_complain(reader, key, "must be an absolute path");
    *out = t;
}

static void settings_read_endpoints(const struct yaml_reader *reader, const char *key, struct text *out,
                                    size_t *count_out)
{
    const struct text *names = NULL;
    size_t count = 0;
    if (!yaml_read_names(reader, key, YAML_MAY, &names, &count))
        return;
    if (count > SETTINGS_ENDPOINTS_MAX) {
        settings_complain(reader, key, "names more than 4 endpoints");
        return;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = names[i];
    *count_out = count;
}

static void settings_read_size(const struct yaml_reader *reader, const char *key, uint64_t low, uint64_t *out)
{
    int64_t value = 0;
    if (yaml_read_int(reader, key, 0, INT64_MAX, &value) && value > 0) {
        if ((uint64_t)value < low)
            settings_complain(reader, key, "is too small: at least 1048576 bytes, or 0 for the default");
        *out = (uint64_t)value;
    }
}

static void settings_read_roles(const struct yaml_reader *reader, struct settings *settings)
{
    const struct text *names = NULL;
    size_t count = 0;
    if (!yaml_read_names(reader, "replay-roles", YAML_MAY, &names, &count))
        return;
    settings->replay_roles_count = 0;
    for (size_t i = 0; i < count; i++) {
        enum role_name role = role_find(names[i]);
        if (role == ROLE_COUNT || role == ROLE_BROKER || role == ROLE_ANY)
            settings_complain(reader, "replay-roles", "names something that is no worker role");
        else if (settings->replay_roles_count < ROLE_COUNT)
            settings->replay_roles[settings->replay_roles_count++] = text_from(role_text(role));
    }
}

/* ---- keys ---- */

static void settings_read_grants(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                                 struct text *out, size_t *count_out)
{
    const struct text *names = NULL;
    size_t count = 0;
    if (!yaml_read_names(reader, key, want, &names, &count))
        return;
    if (count > SETTINGS_GRANTS_MAX) {
        settings_complain(reader, key, "names more than 32 grants");
        return;
    }
    for (size_t i = 0; i < count; i++)
        out[i] = names[i];
    *count_out = count;
}

/* True if the grant is a report's type or a prefix of one that ends at a dot. */
static bool settings_type_covers(struct text grant, struct text name)
{
    return text_starts_with(name, grant) && (name.bytes == grant.bytes || name.at[grant.bytes] == '.');
}

/* Names and first segments of all reports: what a grant may say. */
static size_t settings_type_candidates(struct text out[2 * EVENT_KIND_COUNT])
{
    size_t count = 0;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++) {
        struct text name = text_from(event_types[i].name);
        if (!event_types[i].report)
            continue;
        out[count++] = name;
        out[count++] = (struct text){name.at, strcspn(name.at, ".")};
    }
    return count;
}

static void settings_check_type(const struct yaml_reader *reader, struct text grant)
{
    struct text known[2 * EVENT_KIND_COUNT];
    size_t count = settings_type_candidates(known);
    if (text_is(grant, "*"))
        return;
    for (size_t i = 0; i < count; i++)
        if (settings_type_covers(grant, known[i]))
            return;
    int nearest = text_nearest(grant, known, count);
    const struct event_type *type = event_type_find(grant, NULL);
    if (type != NULL)
        settings_complain(reader, "types", "names an outcome, which workers alone publish");
    else
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "types")->place,
                    yaml_path_key(reader, "types"), "no report is called \"%.*s\"%s%.*s%s", TEXT_PRINT(grant),
                    nearest >= 0 ? "; did you mean \"" : "",
                    TEXT_PRINT(nearest >= 0 ? known[nearest] : TEXT_NONE), nearest >= 0 ? "\"?" : "");
}

/* A user by number or by name; system users' numbers differ from machine to machine. */
static void settings_read_uid(const struct yaml_reader *reader, struct settings_key *key)
{
    struct text written = TEXT_NONE;
    if (!yaml_read_text(reader, "uid", YAML_MAY, &written))
        return;
    if (text_parse_i64(written, &key->uid)) {
        if (key->uid < 0 || key->uid > UINT32_MAX)
            settings_complain(reader, "uid", "is no user number");
        return;
    }
    struct text name = arena_text_copy(reader->findings->arena, written);
    const struct passwd *user = getpwnam(name.at);
    if (user == NULL)
        settings_complain(reader, "uid", "names no user of this machine");
    key->uid = user != NULL ? (int64_t)user->pw_uid : -1;
}

static void settings_check_key(const struct yaml_reader *reader, const struct settings_key *key)
{
    static const char z85[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    for (size_t i = 0; i < key->name.bytes; i++)
        if (key->name.at[i] == '/' || key->name.at[i] == ':') {
            settings_complain(reader, "name",
                              "must not contain \"/\" or \":\" (worker/… and uid:… are duban's own)");
            break;
        }
    if (text_is(key->name, "duband"))
        settings_complain(reader, "name", "is the broker's own");
    if (key->curve.at == NULL && key->uid < 0)
        settings_complain(reader, "name", "has neither \"curve\" nor \"uid\": nobody could use this key");
    bool fits = key->curve.bytes == SETTINGS_CURVE_BYTES;
    for (size_t i = 0; fits && i < key->curve.bytes; i++)
        fits = memchr(z85, key->curve.at[i], sizeof(z85) - 1) != NULL;
    if (key->curve.at != NULL && !fits)
        settings_complain(reader, "curve", "must be a public key of 40 Z85 characters");
    enum role_name role = role_find(key->role);
    if (key->role.at != NULL && !text_is(key->role, "any") && (role == ROLE_COUNT || role == ROLE_BROKER))
        settings_complain(reader, "role", "is no worker role");
}

static void settings_read_key(const struct yaml_reader *reader, struct settings_key *key)
{
    static const char *const known[] = {"name",  "curve",    "uid",   "role", "operate",
                                        "types", "charters", "units", NULL};
    *key = (struct settings_key){.uid = -1};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    (void)yaml_read_text(reader, "name", YAML_NEED, &key->name);
    (void)yaml_read_text(reader, "curve", YAML_MAY, &key->curve);
    settings_read_uid(reader, key);
    (void)yaml_read_text(reader, "role", YAML_MAY, &key->role);
    (void)yaml_read_bool(reader, "operate", &key->operate);
    settings_read_grants(reader, "types", YAML_MAY, key->types, &key->types_count);
    for (size_t i = 0; i < key->types_count; i++)
        settings_check_type(reader, key->types[i]);
    /* What a key may do is said in full: whoever may publish has charters and units named, be it as "*". */
    enum yaml_want want = key->types_count > 0 ? YAML_NEED : YAML_MAY;
    settings_read_grants(reader, "charters", want, key->charters, &key->charters_count);
    settings_read_grants(reader, "units", want, key->units, &key->units_count);
    settings_check_key(reader, key);
}

/* One name, one peer: what a user id stands for must be clear. */
static void settings_check_unique(const struct yaml_reader *reader, const struct settings *settings)
{
    const struct settings_key *last = &settings->keys[settings->keys_count - 1];
    for (size_t i = 0; i + 1 < settings->keys_count; i++) {
        const struct settings_key *key = &settings->keys[i];
        if (text_equal(key->name, last->name))
            settings_complain(reader, "name", "is used by another key");
        if (last->uid >= 0 && key->uid == last->uid)
            settings_complain(reader, "uid", "is another key's");
        if (last->curve.at != NULL && text_equal(key->curve, last->curve))
            settings_complain(reader, "curve", "is another key's");
    }
}

static void settings_read_keys(const struct yaml_reader *reader, struct settings *settings)
{
    const struct yaml_node *list = yaml_read_list(reader, "keys", YAML_MAY);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        struct yaml_reader item = {list->items[i], yaml_path_item(reader, "keys", i), reader->findings};
        if (item.map->kind != YAML_MAP) {
            finding_add(reader->findings, SEVERITY_ERROR, item.map->place, item.path, "a key must be a map");
            continue;
        }
        if (settings->keys_count == SETTINGS_KEYS_MAX) {
            finding_add(reader->findings, SEVERITY_ERROR, item.map->place, item.path, "more than %d keys",
                        SETTINGS_KEYS_MAX);
            return;
        }
        settings_read_key(&item, &settings->keys[settings->keys_count++]);
        settings_check_unique(&item, settings);
    }
}

static void settings_read(const struct yaml_reader *reader, struct settings *settings)
{
    static const char *const known[] = {"state",
                                        "run",
                                        "out",
                                        "publish",
                                        "work",
                                        "curve-secret-file",
                                        "clock",
                                        "replay-roles",
                                        "journal-bytes-max",
                                        "segment-bytes",
                                        "map-bytes-max",
                                        "log-level",
                                        "keys",
                                        "mail",
                                        "webhooks",
                                        "contacts",
                                        "contacts-file",
                                        "deliveries",
                                        NULL};
    static const char *const clocks[] = {"live", "replay", NULL};
    static const char *const levels[] = {"error", "warning", "notice", "info", "debug", NULL};
    yaml_check_keys(reader->map, known, reader->path, reader->findings);
    settings_read_directory(reader, "state", &settings->state_directory);
    settings_read_directory(reader, "run", &settings->run_directory);
    settings_read_directory(reader, "out", &settings->out_directory);
    settings_read_endpoints(reader, "publish", settings->publisher_endpoints,
                            &settings->publisher_endpoints_count);
    settings_read_endpoints(reader, "work", settings->worker_endpoints, &settings->worker_endpoints_count);
    settings_read_directory(reader, "curve-secret-file", &settings->curve_secret_file);
    settings->replay = yaml_read_word(reader, "clock", YAML_MAY, clocks) == 1;
    settings_read_roles(reader, settings);
    settings_read_size(reader, "journal-bytes-max", SETTINGS_JOURNAL_MIN, &settings->journal_bytes_max);
    settings_read_size(reader, "segment-bytes", SETTINGS_JOURNAL_MIN, &settings->segment_bytes);
    settings_read_size(reader, "map-bytes-max", SETTINGS_JOURNAL_MIN, &settings->map_bytes_max);
    int level = yaml_read_word(reader, "log-level", YAML_MAY, levels);
    if (level >= 0)
        settings->log_level = text_from(levels[level]);
    settings_read_keys(reader, settings);
    settings_outside_read(reader, &settings->outside);
}

/* ---- the whole ---- */

/* Checks one endpoint; NULL, or what is wrong with it. */
static const char *settings_endpoint_fault(struct text endpoint, bool has_secret)
{
    if (text_starts_with(endpoint, TEXT("tcp://")))
        return has_secret
                   ? NULL
                   : "is tcp and there is no curve-secret-file: duban speaks tcp encrypted or not at all";
    if (!text_starts_with(endpoint, TEXT("ipc:///")))
        return "is neither ipc:///path nor tcp://address:port";
    if (endpoint.bytes - (sizeof("ipc://") - 1) > SETTINGS_IPC_PATH_MAX)
        return "has a path of more than 107 bytes, which no socket can have; choose a shorter run directory";
    return NULL;
}

static void settings_check_endpoints(const struct settings *settings, struct findings *findings)
{
    bool has_secret = settings->curve_secret_file.at != NULL;
    for (size_t i = 0; i < 2 * (size_t)SETTINGS_ENDPOINTS_MAX; i++) {
        bool work = i >= SETTINGS_ENDPOINTS_MAX;
        size_t index = i % SETTINGS_ENDPOINTS_MAX;
        if (index >= (work ? settings->worker_endpoints_count : settings->publisher_endpoints_count))
            continue;
        struct text endpoint =
            work ? settings->worker_endpoints[index] : settings->publisher_endpoints[index];
        const char *fault = settings_endpoint_fault(endpoint, has_secret);
        if (fault != NULL)
            finding_add(findings, SEVERITY_ERROR, (struct place){0, 0}, work ? TEXT("work") : TEXT("publish"),
                        "%.*s %s", TEXT_PRINT(endpoint), fault);
    }
}

/* The file's text, or TEXT_NONE with a finding; an absent file that nobody named is no fault. */
static struct text settings_file(struct arena *arena, const char *path, bool named, struct findings *findings)
{
    struct complaint complaint = {.message = ""};
    struct text source = TEXT_NONE;
    int code = file_read(arena, path, YAML_BYTES_MAX, &source, &complaint);
    if (code == 0)
        return source;
    if (named || code != FILE_E_MISSING)
        finding_add(findings, SEVERITY_ERROR, (struct place){0, 0}, TEXT_NONE, "cannot be read: %s",
                    code < 0 ? error_text(code) : complaint.message);
    return TEXT_NONE;
}

static void settings_read_file(struct arena *arena, const char *path, bool named, struct settings *settings,
                               struct findings *findings)
{
    struct text source = settings_file(arena, path, named, findings);
    if (source.at == NULL || source.bytes == 0)
        return;
    const struct yaml_node *root = NULL;
    if (yaml_parse(arena, source, findings, &root) != 0 || root == NULL)
        return;
    if (root->kind == YAML_SCALAR && root->scalar.bytes == 0)
        return; /* nothing but comments */
    if (root->kind != YAML_MAP) {
        finding_add(findings, SEVERITY_ERROR, root->place, TEXT_NONE, "settings must be a map");
        return;
    }
    struct yaml_reader reader = {root, TEXT_NONE, findings};
    settings_read(&reader, settings);
}

static void settings_defaults(struct arena *arena, struct settings *settings)
{
    *settings = (struct settings){
        .segment_bytes = SEGMENT_BYTES, .map_bytes_max = SETTINGS_MAP_DEFAULT, .log_level = TEXT("info")};
    settings_outside_defaults(&settings->outside);
    settings_default_directories(arena, settings);
    for (enum role_name role = ROLE_BROKER + 1; role < ROLE_ANY; role++)
        settings->replay_roles[settings->replay_roles_count++] = text_from(role_text(role));
}

int settings_load_over(struct arena *arena, const char *path, const char *state, const char *run,
                       struct settings *settings_out, struct findings *findings)
{
    settings_defaults(arena, settings_out);
    const char *file = path != NULL ? path : SETTINGS_FILE;
    findings_open(findings, arena, text_from(file));
    if (path != NULL || settings_checkout(arena).at == NULL)
        settings_read_file(arena, file, path != NULL, settings_out, findings);
    if (state != NULL)
        settings_out->state_directory = settings_absolute(arena, state);
    if (run != NULL)
        settings_out->run_directory = settings_absolute(arena, run);
    settings_derive(arena, settings_out);
    settings_check_endpoints(settings_out, findings);
    return findings->errors > 0 ? YAML_E_MALFORMED : 0;
}

int settings_load(struct arena *arena, const char *path, struct settings *settings_out,
                  struct findings *findings)
{
    return settings_load_over(arena, path, NULL, NULL, settings_out, findings);
}
