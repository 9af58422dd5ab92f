/* turn_bench.c - see turn_bench.h. Journal: an array. Broker: the loop in house_settle. */
#include "tests/support/turn_bench.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/adopt.h"
#include "config/charter.h"
#include "daemon/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HOUSE_BYTES_MAX = 1073741824, HOUSE_MAP_BYTES = 268435456, HOUSE_OUTGOING_MAX = 64, HOUSE_ZONE = 480 };
enum { HOUSE_FIRST_DAY = 10957 /* 2000-01-01 */, HOUSE_STRIKES_MAX = 100000, HOUSE_PATH_BYTES = 512 };

struct room {
    const struct role *role;
    struct worker *worker;
    struct delivery_policy policy;
};
struct house {
    struct room rooms[ROLE_COUNT];
    size_t rooms_count;
    struct arena arena;
    struct entry *entries;
    struct event *events;
    size_t count, room;
    int64_t now_us;
    unsigned ids;
    char directory[HOUSE_PATH_BYTES / 2], out_directory[HOUSE_PATH_BYTES];
};

static int64_t house_time(const char *time)
{
    int64_t at_us;
    if (!civil_parse_time(text_from(time), &at_us, NULL))
        die("no RFC 3339 time: %s", time);
    return at_us;
}

static int32_t house_day(const char *date, int32_t none)
{
    int32_t day = none;
    if (date != NULL && !civil_parse_date(text_from(date), &day))
        die("no date: %s", date);
    return day;
}

/* ---- rooms ---- */

static struct worker *room_open(struct house *house, const struct role *role, const char *suffix,
                                const struct delivery_policy *policy)
{
    char directory[HOUSE_PATH_BYTES];
    (void)snprintf(directory, sizeof directory, "%s/%s%s", house->directory, role_text(role->name), suffix);
    const struct worker_options options = {.role = role,
                                           .directory = directory,
                                           .out_directory = house->out_directory,
                                           .map_bytes_max = HOUSE_MAP_BYTES,
                                           .durable = false,
                                           .attempts_max = 3,
                                           .deliveries = *policy};
    struct complaint complaint = {0};
    struct worker *worker;
    if (worker_open(&options, &worker, &complaint) != 0)
        die("%s does not open: %s %s", role_text(role->name), complaint.message, complaint.place);
    uint64_t head = house->count;
    if (worker_bind_journal(worker, TEXT("0123456789abcdef0123456789abcdef"), head, &complaint) != 0)
        die("%s: %s", role_text(role->name), complaint.message);
    uint64_t cursor = worker_cursor(worker);
    if (worker_collect(worker, house->entries + cursor, house->count - cursor) != 0 ||
        worker_collected(worker) != 0)
        die("%s does not collect", role_text(role->name));
    return worker;
}

static void house_remove(const char *directory)
{
    if (file_remove_folder(directory) != 0)
        die("cannot remove %s", directory);
}

struct house *house_open_roles(const struct role *const roles[])
{
    struct house *house = memory_alloc(sizeof *house);
    memset(house, 0, sizeof *house);
    digest_init();
    arena_open(&house->arena, HOUSE_BYTES_MAX);
    house->now_us = civil_start_of_day_us(HOUSE_FIRST_DAY, HOUSE_ZONE);
    const char *tmp = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    (void)snprintf(house->directory, sizeof house->directory, "%s/duban-house-XXXXXX", tmp);
    if (mkdtemp(house->directory) == NULL)
        die("cannot make %s", house->directory);
    (void)snprintf(house->out_directory, sizeof house->out_directory, "%s/out", house->directory);
    for (size_t i = 0; roles[i] != NULL; i++) {
        ASSERT(house->rooms_count < ROLE_COUNT);
        struct room *room = &house->rooms[house->rooms_count++];
        *room = (struct room){.role = roles[i]};
        room->worker = room_open(house, roles[i], "", &room->policy);
    }
    return house;
}

struct house *house_open(const char *const roles[])
{
    const struct role *values[ROLE_COUNT + 1] = {NULL};
    for (size_t i = 0; roles[i] != NULL; i++) {
        ASSERT(i < ROLE_COUNT);
        values[i] = role_by_name(text_from(roles[i]));
        if (values[i] == NULL)
            die("no role %s", roles[i]);
    }
    return house_open_roles(values);
}

void house_close(struct house *house)
{
    for (size_t i = 0; i < house->rooms_count; i++)
        worker_close(house->rooms[i].worker, true);
    house_remove(house->directory);
    free(house->entries);
    free(house->events);
    arena_close(&house->arena);
    free(house);
}

static struct room *house_room(struct house *house, const char *role)
{
    for (size_t i = 0; i < house->rooms_count; i++)
        if (strcmp(role_text(house->rooms[i].role->name), role) == 0)
            return &house->rooms[i];
    die("%s is not in this house", role);
}

struct worker *house_worker(struct house *house, const char *role)
{
    return house_room(house, role)->worker;
}

const char *house_out_directory(const struct house *house)
{
    return house->out_directory;
}

int64_t house_now_us(const struct house *house)
{
    return house->now_us;
}

/* ---- the journal ---- */

static void house_make_room(struct house *house)
{
    if (house->count < house->room)
        return;
    house->room = house->room == 0 ? 256 : 2 * house->room;
    house->entries = memory_grow(house->entries, house->room * sizeof *house->entries);
    house->events = memory_grow(house->events, house->room * sizeof *house->events);
}

/* The event's place in the journal, now or since it came first (identity: source and id). */
static uint64_t house_append(struct house *house, struct text publisher, struct bytes body)
{
    house_make_room(house);
    struct complaint complaint = {0};
    struct entry entry = {.seq = house->count + 1,
                          .received_us = house->now_us,
                          .publisher = arena_text_copy(&house->arena, publisher),
                          .body = arena_bytes_copy(&house->arena, body)};
    struct event event = {.time_us = CIVIL_NEVER_US};
    if (entry_decode(&house->arena, &entry, &event, &complaint) == 0)
        for (size_t i = house->count; i-- > 0;)
            if (house->events[i].type != NULL && text_equal(house->events[i].id, event.id) &&
                text_equal(house->events[i].source, event.source))
                return i + 1;
    house->entries[house->count] = entry;
    house->events[house->count++] = event;
    return entry.seq;
}

uint64_t house_post_bytes(struct house *house, const char *publisher, struct bytes body)
{
    return house_append(house, text_from(publisher), body);
}

static bool room_take(struct house *house, struct room *room)
{
    uint64_t cursor = worker_cursor(room->worker), before = cursor;
    while (cursor < house->count)
        if (worker_consume(room->worker, house->entries + cursor, house->count - cursor, house->count,
                           &cursor) != 0)
            die("%s stops", role_text(room->role->name));
    return cursor > before;
}

static bool room_send(struct house *house, struct room *room)
{
    struct outgoing outgoing[HOUSE_OUTGOING_MAX];
    size_t count = 0;
    char publisher[64];
    (void)snprintf(publisher, sizeof publisher, "worker/%s", role_text(room->role->name));
    if (worker_outbox(room->worker, 0, outgoing, HOUSE_OUTGOING_MAX, &count) != 0)
        die("%s has an outbox that cannot be read", publisher);
    for (size_t i = 0; i < count; i++)
        (void)house_append(house, text_from(publisher), outgoing[i].body);
    if (count > 0 && worker_settle(room->worker, outgoing[count - 1].number) != 0)
        die("%s does not settle", publisher);
    return count > 0;
}

static void room_carry_out(struct room *room)
{
    bool left;
    if (worker_effects(room->worker, SIZE_MAX, &left) != 0)
        die("%s: effects cannot be read", role_text(room->role->name));
}

void house_settle(struct house *house)
{
    bool moved;
    do {
        moved = false;
        for (size_t i = 0; i < house->rooms_count; i++) {
            moved = room_take(house, &house->rooms[i]) || moved;
            moved = room_send(house, &house->rooms[i]) || moved;
            room_carry_out(&house->rooms[i]);
        }
    } while (moved);
}

/* ---- time ---- */

static int64_t house_wake_us(struct house *house)
{
    int64_t wake_us = CIVIL_NEVER_US;
    for (size_t i = 0; i < house->rooms_count; i++) {
        int64_t own_us = worker_wake_us(house->rooms[i].worker);
        if (own_us < wake_us)
            wake_us = own_us;
    }
    return wake_us;
}

static void house_strike(struct house *house, int64_t at_us)
{
    struct buffer body;
    struct arena arena;
    if (house->now_us <= at_us)
        house->now_us = at_us + 1;
    arena_open(&arena, ARENA_BYTES_MAX);
    buffer_open(&body, EVENT_BYTES_MAX);
    clock_strike_event(&arena, at_us, house->now_us, house->count, &body);
    (void)house_append(house, TEXT("duband"), buffer_view(&body));
    buffer_close(&body);
    arena_close(&arena);
    house_settle(house);
}

static void house_advance_us(struct house *house, int64_t time_us)
{
    if (time_us < house->now_us)
        die("time turns back in this test");
    house_settle(house);
    int64_t wake_us = house_wake_us(house);
    for (int strikes = 0; wake_us < time_us; strikes++, wake_us = house_wake_us(house)) {
        if (strikes == HOUSE_STRIKES_MAX)
            die("a role wants to be woken again and again");
        house_strike(house, wake_us);
    }
    if (house->now_us < time_us)
        house->now_us = time_us;
}

void house_advance(struct house *house, const char *time)
{
    house_advance_us(house, house_time(time));
}

/* ---- publishing ---- */

static uint64_t house_put(struct house *house, const char *publisher, struct event *event)
{
    struct complaint complaint = {0};
    event->id = arena_printf(&house->arena, "test-%u", ++house->ids);
    event->source = TEXT("/test");
    event->time_us = house->now_us;
    event->time_zone = HOUSE_ZONE;
    if (event_check(event, &complaint) != 0)
        die("the door refuses this %.*s: %s %s", TEXT_PRINT(event->type_name), complaint.field,
            complaint.message);
    struct buffer body;
    buffer_open(&body, EVENT_BYTES_MAX);
    event_encode(event, &body);
    uint64_t seq = house_append(house, text_from(publisher), buffer_view(&body));
    buffer_close(&body);
    return seq;
}

static uint64_t house_post_as(struct house *house, const char *publisher, const char *type,
                              const char *subject, const char *charter, const char *actor,
                              const char *json_data)
{
    struct complaint complaint = {0};
    struct doc *data = doc_new(&house->arena);
    struct event event = {.type_name = text_from(type),
                          .type = event_type_find(text_from(type), NULL),
                          .subject = text_from(subject),
                          .charter = text_from(charter),
                          .actor = text_from(actor)};
    if (event.type == NULL)
        die("no event type %s", type);
    if (json_data != NULL && doc_from_json(&house->arena, text_from(json_data), &data, &complaint) != 0)
        die("%s: %s in %s", complaint.field, complaint.message, json_data);
    event.data = data;
    return house_put(house, publisher, &event);
}

static void house_reach(struct house *house, const char *received)
{
    if (received != NULL)
        house_advance_us(house, house_time(received));
}

uint64_t house_publish_as(struct house *house, const char *publisher, const char *received, const char *type,
                          const char *subject, const char *charter, const char *actor, const char *json_data)
{
    house_reach(house, received);
    uint64_t seq = house_post_as(house, publisher, type, subject, charter, actor, json_data);
    house_settle(house);
    return seq;
}

uint64_t house_publish(struct house *house, const char *received, const char *type, const char *subject,
                       const char *charter, const char *actor, const char *json_data)
{
    return house_publish_as(house, "test", received, type, subject, charter, actor, json_data);
}

uint64_t house_post(struct house *house, const char *received, const char *type, const char *subject,
                    const char *charter, const char *actor, const char *json_data)
{
    int64_t at_us = received != NULL ? house_time(received) : house->now_us;
    if (at_us < house->now_us)
        die("time turns back in this test");
    house->now_us = at_us;
    return house_post_as(house, "test", type, subject, charter, actor, json_data);
}

/* ---- charters and calendars ---- */

static struct text house_file(struct house *house, const char *file)
{
    struct text text;
    struct complaint complaint = {0};
    if (file_read(&house->arena, file, EVENT_BYTES_MAX, &text, &complaint) != 0)
        die("%s: %s", file, complaint.message);
    return text;
}

static bool house_has_role(const struct house *house, enum role_name role)
{
    for (size_t i = 0; i < house->rooms_count; i++)
        if (house->rooms[i].role->name == role)
            return true;
    return false;
}

void house_enact_charter(struct house *house, const char *name, uint64_t adopted)
{
    static const char digest[] = "0000000000000000000000000000000000000000000000000000000000000000";
    const struct event_type *type = &event_types[EVENT_CHARTER_ENACTED];
    struct doc *data = doc_new(&house->arena);
    int64_t version = 1;
    const struct event *before;
    for (size_t i = 0; (before = house_find(house, type->name, NULL, i)) != NULL; i++)
        version += text_is(doc_text(before->data, FIELD_NAME), name) ? 1 : 0;
    doc_set_text(data, FIELD_NAME, arena_text_copy(&house->arena, text_from(name)));
    doc_set_int(data, FIELD_VERSION, version);
    doc_set_text(data, FIELD_DIGEST, text_from(digest));
    struct event event = {.type = type,
                          .type_name = text_from(type->name),
                          .charter = doc_text(data, FIELD_NAME),
                          .cause = adopted,
                          .data = data};
    (void)house_put(house, "worker/coordination", &event);
    house_settle(house);
}

static void house_adopt_text(struct house *house, struct text text, const char *file)
{
    struct findings *findings = arena_alloc(&house->arena, sizeof *findings);
    findings_open(findings, &house->arena, text_from(file));
    const struct charter *charter = charter_compile(&house->arena, text, text_from(file), findings);
    if (charter == NULL)
        die("%.*s", TEXT_PRINT(findings_first(findings, &house->arena)));
    struct doc *data = doc_new(&house->arena);
    doc_set_text(data, FIELD_NAME, charter->name);
    doc_set_text(data, FIELD_TEXT, text);
    doc_set_text(data, FIELD_FILE, text_from(file));
    const struct event_type *type = &event_types[EVENT_CHARTER_ADOPTED];
    struct event event = {
        .type = type, .type_name = text_from(type->name), .charter = charter->name, .data = data};
    uint64_t seq = house_put(house, "test", &event);
    house_settle(house);
    if (!house_has_role(house, ROLE_COORDINATION))
        house_enact_charter(house, arena_text_copy(&house->arena, charter->name).at, seq);
}

void house_adopt_charter(struct house *house, const char *file)
{
    house_adopt_text(house, house_file(house, file), file);
}

void house_adopt_charter_text(struct house *house, const char *name, const char *text)
{
    house_adopt_text(house, text_from(text), name);
}

static const struct calendar *house_calendar(struct house *house, const char *file)
{
    struct findings *findings = arena_alloc(&house->arena, sizeof *findings);
    findings_open(findings, &house->arena, text_from(file));
    const struct calendar *calendar = calendar_compile(&house->arena, house_file(house, file), findings);
    if (calendar == NULL)
        die("%.*s", TEXT_PRINT(findings_first(findings, &house->arena)));
    return calendar;
}

/* What dubanctl would publish, one after another. */
static void house_adopt_events(struct house *house, const char *file, int32_t after_day, int32_t known_day)
{
    struct event *events;
    size_t count =
        adopt_calendar_events(&house->arena, house_calendar(house, file), after_day, known_day, &events);
    for (size_t i = 0; i < count; i++) {
        (void)house_put(house, "test", &events[i]);
        house_settle(house);
    }
}

void house_amend_calendar(struct house *house, const char *file, const char *after_date, const char *by_date,
                          const char *received)
{
    house_reach(house, received);
    house_adopt_events(house, file, house_day(after_date, INT32_MIN + 1), house_day(by_date, INT32_MAX));
}

void house_adopt_calendar(struct house *house, const char *file, const char *known_date)
{
    house_adopt_events(house, file, INT32_MIN, house_day(known_date, INT32_MAX));
}

/* ---- looking ---- */

const struct event *house_entries(const struct house *house, size_t *count_out)
{
    *count_out = house->count;
    return house->events;
}

static bool house_matches(const struct event *event, const char *type, const char *subject)
{
    return event->type != NULL && (type == NULL || text_is(event->type_name, type)) &&
           (subject == NULL || text_is(event->subject, subject));
}

const struct event *house_find(const struct house *house, const char *type, const char *subject, size_t nth)
{
    for (size_t i = 0; i < house->count; i++)
        if (house_matches(&house->events[i], type, subject) && nth-- == 0)
            return &house->events[i];
    return NULL;
}

size_t house_count(const struct house *house, const char *type, const char *subject)
{
    size_t count = 0;
    for (size_t i = 0; i < house->count; i++)
        count += house_matches(&house->events[i], type, subject);
    return count;
}

const struct event *house_outcome(const struct house *house, uint64_t cause, const char *type, size_t nth)
{
    for (size_t i = 0; i < house->count; i++)
        if (house->events[i].cause == cause && house_matches(&house->events[i], type, NULL) && nth-- == 0)
            return &house->events[i];
    return NULL;
}

const struct event *house_refusal(const struct house *house, uint64_t cause)
{
    return house_outcome(house, cause, "request.refused", 0);
}

void house_dump(const struct house *house)
{
    struct arena arena;
    arena_open(&arena, HOUSE_BYTES_MAX);
    for (size_t i = 0; i < house->count; i++) {
        struct text line =
            house->events[i].type != NULL ? event_to_json(&arena, &house->events[i], true) : TEXT("no event");
        (void)fprintf(stderr, "%.*s\n", TEXT_PRINT(line));
    }
    arena_close(&arena);
}

struct query_answer house_query(struct house *house, const char *role, const char *what,
                                const char *json_args)
{
    struct doc *args = doc_new(&house->arena);
    struct complaint complaint = {0};
    if (json_args != NULL && doc_from_json(&house->arena, text_from(json_args), &args, &complaint) != 0)
        die("%s: %s in %s", complaint.field, complaint.message, json_args);
    struct query_answer answer;
    if (worker_query(house_worker(house, role), &house->arena, text_from(what), args, &answer) != 0)
        die("%s cannot be asked", role);
    return answer;
}

/* ---- crashes and rebuilding ---- */

void house_crash(struct house *house, const char *role)
{
    struct room *room = house_room(house, role);
    worker_close(room->worker, false);
    room->worker = room_open(house, room->role, "", &room->policy);
}

void house_carry(struct house *house, const char *role, const struct delivery_policy *policy)
{
    struct room *room = house_room(house, role);
    room->policy = *policy;
    worker_close(room->worker, true);
    room->worker = room_open(house, room->role, "", &room->policy);
}

void house_forget(struct house *house, const char *role)
{
    char directory[HOUSE_PATH_BYTES];
    struct room *room = house_room(house, role);
    worker_close(room->worker, false);
    (void)snprintf(directory, sizeof directory, "%s/%s", house->directory, role);
    house_remove(directory);
    room->worker = room_open(house, room->role, "", &room->policy);
}

static struct digest room_digest(const struct room *room)
{
    struct digest digest;
    if (worker_digest(room->worker, &digest) != 0)
        die("%s has a state that cannot be read", role_text(room->role->name));
    return digest;
}

void house_check_rebuild(struct house *house)
{
    house_settle(house);
    for (size_t i = 0; i < house->rooms_count; i++) {
        char directory[HOUSE_PATH_BYTES];
        const char *name = role_text(house->rooms[i].role->name);
        struct room again = {.role = house->rooms[i].role};
        again.worker = room_open(house, again.role, "-again", &again.policy);
        (void)room_take(house, &again);
        struct digest live = room_digest(&house->rooms[i]), rebuilt = room_digest(&again);
        uint64_t undelivered = worker_outbox_count(again.worker);
        worker_close(again.worker, true);
        (void)snprintf(directory, sizeof directory, "%s/%s-again", house->directory, name);
        house_remove(directory);
        if (memcmp(live.at, rebuilt.at, sizeof live.at) != 0)
            die("%s: the rebuilt state differs from the live one", name);
        if (undelivered > 0)
            die("%s: the rebuild decided %" PRIu64 " outcomes anew", name, undelivered);
    }
}
