/* world.c - see world.h. The order of steps that the daemons take stands in daemon/door.c and
 * workers/runtime/shell.c; here it is the caller's. */
#include "cli/simulate/world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "cli/simulate/recent.h"
#include "daemon/clock.h"
#include "daemon/disk.h"
#include "proto/wire.h"
#include "workers/runtime/worker.h"

enum {
    WORLD_WORKERS_MAX = ROLE_COUNT,
    WORLD_PATH_BYTES = 4096,
    WORLD_TYPES_MAX = EVENT_KIND_COUNT + 8,
    WORLD_BATCH = 256
};

struct world_worker {
    const struct role *role;
    struct worker *worker;
    char directory[WORLD_PATH_BYTES];
    char publisher[64];
    struct text types[WORLD_TYPES_MAX];
    size_t types_count;
};
struct world {
    struct world_options options;
    char journal_directory[WORLD_PATH_BYTES], out_directory[WORLD_PATH_BYTES];
    struct disk unflushed;
    struct disk_ops unflushed_ops;
    struct journal *journal;
    struct journal_reader *reader;
    struct recent recent;
    struct clock clock;
    int64_t wall_us; /* live */
    struct world_worker workers[WORLD_WORKERS_MAX];
    size_t workers_count;
    struct arena arena;
};

static int world_sync_nothing(struct disk *disk, int handle)
{
    (void)disk;
    (void)handle;
    return 0;
}

static int world_sync_no_directory(struct disk *disk, const char *path)
{
    (void)disk;
    (void)path;
    return 0;
}

/* Real files without flushes: a simulation's journal is thrown away. */
static struct disk *world_disk(struct world *world)
{
    if (world->options.disk != NULL)
        return world->options.disk;
    world->unflushed_ops = *disk_real()->ops;
    world->unflushed_ops.sync = world_sync_nothing;
    world->unflushed_ops.sync_directory = world_sync_no_directory;
    world->unflushed.ops = &world->unflushed_ops;
    return &world->unflushed;
}

static int world_journal_open(struct world *world, struct complaint *complaint)
{
    recent_forget(&world->recent);
    struct journal_options options = {.directory = world->journal_directory,
                                      .segment_bytes = world->options.segment_bytes,
                                      .disk = world_disk(world),
                                      .durable = false};
    int code = journal_open(&options, &world->journal, complaint);
    if (code != 0)
        return code;
    return journal_reader_open(world->journal, &world->reader);
}

static void world_journal_close(struct world *world, bool clean)
{
    if (world->reader != NULL)
        journal_reader_close(world->reader);
    if (world->journal != NULL) {
        if (clean)
            journal_close(world->journal);
        else
            journal_abandon(world->journal);
    }
    world->reader = NULL;
    world->journal = NULL;
}

static bool world_wants(const struct world_options *options, struct text role)
{
    if (options->roles == NULL)
        return true;
    for (const char *const *wanted = options->roles; *wanted != NULL; wanted++)
        if (text_is(role, *wanted))
            return true;
    return false;
}

static void world_workers_choose(struct world *world)
{
    for (const struct role *const *role = roles_all; *role != NULL; role++) {
        const char *name = role_text((*role)->name);
        if (!world_wants(&world->options, text_from(name)))
            continue;
        ASSERT(world->workers_count < WORLD_WORKERS_MAX);
        struct world_worker *worker = &world->workers[world->workers_count++];
        worker->role = *role;
        snprintf(worker->directory, sizeof worker->directory, "%s/workers/%s", world->options.directory,
                 name);
        snprintf(worker->publisher, sizeof worker->publisher, "worker/%s", name);
        world->clock.expected[world->clock.expected_count++] = text_from(name);
    }
}

static int world_directories_make(struct world *world, struct complaint *complaint)
{
    char workers[WORLD_PATH_BYTES];
    snprintf(workers, sizeof workers, "%s/workers", world->options.directory);
    if (world->options.journal_directory != NULL)
        snprintf(world->journal_directory, sizeof world->journal_directory, "%s",
                 world->options.journal_directory);
    else
        snprintf(world->journal_directory, sizeof world->journal_directory, "%s/journal",
                 world->options.directory);
    snprintf(world->out_directory, sizeof world->out_directory, "%s/out", world->options.directory);
    const char *const made[] = {world->options.directory, workers, world->journal_directory,
                                world->out_directory};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++)
        if (mkdir(made[i], 0750) != 0 && errno != EEXIST) {
            complain(complaint, "", made[i], "cannot make the folder: %s", error_text(error_from_errno()));
            return error_from_errno();
        }
    return 0;
}

int world_open(const struct world_options *options, struct world **world_out, struct complaint *complaint)
{
    struct world *world = memory_alloc(sizeof *world);
    *world = (struct world){.options = *options};
    arena_open(&world->arena, ARENA_BYTES_MAX);
    recent_open(&world->recent);
    int code = world_directories_make(world, complaint);
    if (code == 0)
        code = world_journal_open(world, complaint);
    if (code == 0) {
        clock_open(&world->clock, !options->live, journal_last_received_us(world->journal));
        world_workers_choose(world);
    }
    for (size_t i = 0; code == 0 && i < world->workers_count; i++)
        code = world_start(world, i, complaint);
    if (code != 0) {
        world_close(world);
        return code;
    }
    *world_out = world;
    return 0;
}

void world_close(struct world *world)
{
    for (size_t i = 0; i < world->workers_count; i++)
        if (world->workers[i].worker != NULL)
            worker_close(world->workers[i].worker, true);
    world_journal_close(world, true);
    recent_close(&world->recent);
    arena_close(&world->arena);
    free(world);
}

size_t world_workers(const struct world *world)
{
    return world->workers_count;
}

struct text world_role(const struct world *world, size_t index)
{
    return text_from(role_text(world->workers[index].role->name));
}

struct worker *world_worker(const struct world *world, size_t index)
{
    return world->workers[index].worker;
}

uint64_t world_head(const struct world *world)
{
    return journal_head(world->journal);
}

int64_t world_now_us(const struct world *world)
{
    return world->clock.now_us;
}

void world_wall_set(struct world *world, int64_t wall_us)
{
    world->wall_us = wall_us;
}

int64_t world_stamp_us(struct world *world)
{
    return world->options.live ? clock_stamp_us(&world->clock, world->wall_us) : world->clock.now_us;
}

static void world_progress(struct world *world, size_t index)
{
    struct worker *worker = world->workers[index].worker;
    clock_progress(&world->clock, world_role(world, index), worker_cursor(worker),
                   worker_outbox_count(worker), worker_wake_us(worker));
}

/* ---- steps ---- */

/* With a disk of its own the driver wants what is on it to be read. */
static void world_remember(struct world *world, const struct append *append, struct text type)
{
    if (append->result == APPEND_NEW && world->options.disk == NULL)
        recent_add(&world->recent, append, type);
}

static int world_append(struct world *world, const struct event *event, struct text publisher,
                        int64_t stamp_us, struct append *append_out)
{
    *append_out = (struct append){.body = event->raw,
                                  .publisher = publisher,
                                  .source = event->source,
                                  .id = event->id,
                                  .received_us = stamp_us};
    int code = journal_append(world->journal, append_out, 1);
    if (code == 0)
        world_remember(world, append_out, event->type_name);
    return code;
}

int world_publish(struct world *world, struct bytes body, struct text publisher, int64_t stamp_us,
                  struct append *append_out, struct complaint *complaint)
{
    struct event event;
    arena_reset(&world->arena);
    int code = event_decode(&world->arena, body, &event, complaint);
    if (code < 0)
        return code;
    if (code > 0)
        return WORLD_E_REFUSED;
    if (!event.type->report) {
        complain(complaint, "type", "", "%s is an outcome: only workers publish it", event.type->name);
        return WORLD_E_REFUSED;
    }
    return world_append(world, &event, publisher, stamp_us, append_out);
}

/* What the broker's stream would send of the entries in memory from `from` on; *through_out: the last one
 * looked at, 0 if `from` is not there. */
static size_t world_read_recent(const struct world *world, const struct world_worker *worker, uint64_t from,
                                size_t max, struct entry *entries, uint64_t *through_out)
{
    const struct wire_filter filter = {.types = worker->types, .types_count = worker->types_count};
    const struct recent_entry *recent;
    size_t kept = 0;
    *through_out = 0;
    for (uint64_t seq = from; seq - from < max && (recent = recent_get(&world->recent, seq)) != NULL; seq++) {
        const struct event event = {.type_name = recent->type};
        if (wire_filter_passes(&filter, &event))
            entries[kept++] = recent->entry;
        *through_out = seq;
    }
    return kept;
}

/* Keeps of entries those that the worker subscribes to, as the broker's stream would. */
static int world_filter(struct world *world, const struct world_worker *worker, struct entry *entries,
                        size_t *count)
{
    const struct wire_filter filter = {.types = worker->types, .types_count = worker->types_count};
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        struct event event;
        struct complaint complaint;
        int code = entry_decode(&world->arena, &entries[i], &event, &complaint);
        if (code < 0)
            return code;
        if (code > 0 || wire_filter_passes(&filter, &event))
            entries[kept++] = entries[i];
    }
    *count = kept;
    return 0;
}

static int world_read(struct world *world, const struct world_worker *worker, uint64_t from, size_t max,
                      struct entry *entries, size_t *count, uint64_t *through_out)
{
    struct complaint complaint;
    arena_reset(&world->arena);
    *through_out = 0;
    int code = journal_read(world->reader, from, max, MESSAGE_BYTES_MAX, entries, count, &complaint);
    if (code != 0)
        die("simulation: the journal cannot be read at %llu: %s", (unsigned long long)from,
            complaint.message);
    if (*count > 0)
        *through_out = entries[*count - 1].seq;
    return world_filter(world, worker, entries, count);
}

int world_consume(struct world *world, size_t index, size_t max, size_t from_earlier)
{
    struct world_worker *worker = &world->workers[index];
    struct entry entries[WORLD_BATCH];
    int code = 0;
    uint64_t cursor = worker_cursor(worker->worker), through;
    uint64_t from = cursor + 1 > from_earlier ? cursor + 1 - from_earlier : 1;
    size_t count = 0, wanted = max + from_earlier < WORLD_BATCH ? max + from_earlier : WORLD_BATCH;
    if (cursor >= journal_head(world->journal))
        return 0;
    count = world_read_recent(world, worker, from, wanted, entries, &through);
    if (through == 0)
        code = world_read(world, worker, from, wanted, entries, &count, &through);
    if (through <= cursor)
        return code; /* a repeated message brought nothing new */
    if (code == 0)
        code = worker_consume(worker->worker, entries, count, through, &cursor);
    if (code == 0)
        world_progress(world, index);
    return code;
}

int world_send(struct world *world, size_t index, size_t max, bool acknowledged)
{
    struct world_worker *worker = &world->workers[index];
    struct outgoing outgoing[WORLD_BATCH];
    struct append appends[WORLD_BATCH];
    struct text types[WORLD_BATCH];
    size_t count = 0;
    int code = worker_outbox(worker->worker, 0, outgoing, max < WORLD_BATCH ? max : WORLD_BATCH, &count);
    if (code != 0 || count == 0)
        return code;
    arena_reset(&world->arena);
    for (size_t i = 0; i < count; i++) {
        struct event event;
        struct complaint complaint;
        if (event_decode(&world->arena, outgoing[i].body, &event, &complaint) != 0)
            die("simulation: %s published no event: %s: %s", worker->publisher, complaint.field,
                complaint.message);
        appends[i] = (struct append){.body = outgoing[i].body,
                                     .publisher = text_from(worker->publisher),
                                     .source = event.source,
                                     .id = event.id,
                                     .received_us = world_stamp_us(world)};
        types[i] = event.type_name;
    }
    code = journal_append(world->journal, appends, count);
    for (size_t i = 0; code == 0 && i < count; i++) {
        if (appends[i].result == APPEND_CONFLICT)
            die("simulation: %s published %.*s again with another body", worker->publisher,
                TEXT_PRINT(appends[i].id));
        world_remember(world, &appends[i], types[i]);
    }
    if (code == 0 && acknowledged)
        code = worker_settle(worker->worker, outgoing[count - 1].number);
    if (code == 0)
        world_progress(world, index);
    return code;
}

int world_carry_out(struct world *world, size_t index)
{
    bool left = true;
    int code = 0;
    while (code == 0 && left)
        code = worker_effects(world->workers[index].worker, WORLD_BATCH, &left);
    return code;
}

void world_crash(struct world *world, size_t index)
{
    worker_close(world->workers[index].worker, false);
    world->workers[index].worker = NULL;
    clock_disconnect(&world->clock, world_role(world, index));
}

/* COLLECT: this role's outcomes that the journal holds and the state may lack. */
static int world_collect(struct world *world, struct world_worker *worker)
{
    struct entry entries[WORLD_BATCH];
    struct complaint complaint;
    size_t count = 1;
    for (uint64_t from = worker_cursor(worker->worker) + 1; from <= journal_head(world->journal);) {
        int code =
            journal_read(world->reader, from, WORLD_BATCH, MESSAGE_BYTES_MAX, entries, &count, &complaint);
        if (code != 0)
            die("simulation: the journal cannot be read at %llu: %s", (unsigned long long)from,
                complaint.message);
        from = entries[count - 1].seq + 1;
        size_t own = 0;
        for (size_t i = 0; i < count; i++)
            if (text_is(entries[i].publisher, worker->publisher))
                entries[own++] = entries[i];
        code = worker_collect(worker->worker, entries, own);
        if (code != 0)
            return code;
    }
    return worker_collected(worker->worker);
}

int world_start(struct world *world, size_t index, struct complaint *complaint)
{
    struct world_worker *worker = &world->workers[index];
    struct worker_options options = {.role = worker->role,
                                     .directory = worker->directory,
                                     .out_directory = world->out_directory,
                                     .map_bytes_max = UINT64_C(1) << 36, /* address space alone */
                                     .durable = false,
                                     .attempts_max =
                                         1000000}; /* crashes here are the driver's, not the event's */
    int code = worker_open(&options, &worker->worker, complaint);
    if (code == 0)
        code = worker_bind_journal(worker->worker, journal_id(world->journal), journal_head(world->journal),
                                   complaint);
    if (code == 0)
        code = world_collect(world, worker);
    if (code != 0)
        return code;
    worker->types_count = worker_types(worker->worker, worker->types, WORLD_TYPES_MAX);
    world_progress(world, index);
    return 0;
}

int world_forget(struct world *world, size_t index)
{
    const char *const files[] = {"data.mdb", "lock.mdb", "lock"};
    char path[WORLD_PATH_BYTES + 16];
    ASSERT(world->workers[index].worker == NULL);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", world->workers[index].directory, files[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            return error_from_errno();
    }
    return 0;
}

int world_broker_crash(struct world *world, void (*lose)(void *context), void *context,
                       struct complaint *complaint)
{
    world_journal_close(world, false);
    if (lose != NULL)
        lose(context);
    int code = world_journal_open(world, complaint);
    if (code != 0)
        return code;
    struct clock before = world->clock;
    clock_open(&world->clock, !world->options.live, journal_last_received_us(world->journal));
    if (before.now_us > world->clock.now_us)
        world->clock.now_us = before.now_us; /* virtual time went on while the broker was away */
    memcpy(world->clock.expected, before.expected, sizeof before.expected);
    world->clock.expected_count = before.expected_count;
    for (size_t i = 0; i < world->workers_count; i++)
        if (world->workers[i].worker != NULL)
            world_progress(world, i); /* workers say where they are when they connect anew */
    return 0;
}

static int world_strike(struct world *world, int64_t at_us, int64_t stamp_us)
{
    struct buffer body;
    struct append append;
    struct event event;
    struct complaint complaint;
    buffer_open(&body, EVENT_BYTES_MAX);
    arena_reset(&world->arena);
    clock_strike_event(&world->arena, at_us, stamp_us, journal_head(world->journal), &body);
    int code = event_decode(&world->arena, buffer_view(&body), &event, &complaint);
    ASSERT(code == 0);
    code = world_append(world, &event, TEXT("duband"), stamp_us, &append);
    if (code == 0)
        clock_struck(&world->clock, append.seq);
    buffer_close(&body);
    return code;
}

int world_time(struct world *world, int64_t event_us, bool *moved_out, bool *released_out,
               int64_t *stamp_us_out)
{
    int64_t at_us, stamp_us = world->clock.now_us;
    *moved_out = *released_out = false;
    switch (clock_next(&world->clock, world->wall_us, journal_head(world->journal), event_us, &at_us,
                       &stamp_us)) {
    case CLOCK_WAIT:
        break;
    case CLOCK_STRIKE:
        *moved_out = true;
        return world_strike(world, at_us, stamp_us);
    case CLOCK_RELEASE:
        *moved_out = *released_out = true;
        break;
    }
    *stamp_us_out = stamp_us;
    return 0;
}

/* ---- the whole loop ---- */

static int world_worker_settle(struct world *world, size_t index, bool *moved)
{
    struct worker *worker = world->workers[index].worker;
    while (worker_cursor(worker) < journal_head(world->journal) || worker_outbox_count(worker) > 0) {
        int code = world_consume(world, index, WORLD_BATCH, 0);
        while (code == 0 && worker_outbox_count(worker) > 0)
            code = world_send(world, index, WORLD_BATCH, true);
        if (code != 0)
            return code;
        *moved = true;
    }
    return world_carry_out(world, index);
}

int world_settle(struct world *world)
{
    struct complaint complaint;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < world->workers_count; i++) {
            int code = world->workers[i].worker != NULL ? 0 : world_start(world, i, &complaint);
            if (code == 0)
                code = world_worker_settle(world, i, &moved);
            if (code != 0)
                return code;
        }
    }
    return 0;
}

/* Strikes and settles until time has come to event_us; *stamp_us_out is the stamp of what happens then. */
static int world_reach(struct world *world, int64_t event_us, int64_t *stamp_us_out)
{
    bool moved = true, released = false;
    while (!released) {
        int code = world_settle(world);
        if (code == 0)
            code = world_time(world, event_us, &moved, &released, stamp_us_out);
        if (code != 0)
            return code;
        ASSERT(moved); /* everybody is caught up: the clock can always go on */
    }
    return 0;
}

/* Live: the wall clock jumps to at_us; whatever is due strikes, and what follows from it may be due at once
 * again. */
static int world_jump(struct world *world, int64_t at_us)
{
    bool moved = true, released;
    int64_t stamp_us;
    int code = 0;
    world_wall_set(world, at_us);
    while (code == 0 && moved) {
        code = world_settle(world);
        if (code == 0)
            code = world_time(world, CIVIL_NEVER_US, &moved, &released, &stamp_us);
    }
    return code;
}

int world_advance(struct world *world, int64_t at_us)
{
    int64_t stamp_us;
    int code = world->options.live ? world_jump(world, at_us) : world_reach(world, at_us, &stamp_us);
    return code != 0 ? code : world_settle(world);
}

int world_receive(struct world *world, struct bytes body, struct text publisher, int64_t at_us,
                  struct append *append_out, struct complaint *complaint)
{
    int64_t stamp_us = world->clock.now_us;
    int code = at_us == CIVIL_NEVER_US ? world_settle(world) : world_reach(world, at_us, &stamp_us);
    if (code == 0)
        code = world_publish(world, body, publisher, stamp_us, append_out, complaint);
    return code != 0 ? code : world_settle(world);
}

int world_report(struct world *world, struct bytes body, struct text publisher, struct append *append_out,
                 struct complaint *complaint)
{
    struct event event;
    arena_reset(&world->arena);
    int code = event_decode(&world->arena, body, &event, complaint);
    if (code != 0)
        return code < 0 ? code : WORLD_E_REFUSED;
    return world_receive(world, body, publisher, event.time_us, append_out, complaint);
}

/* ---- a journal that was made elsewhere ---- */

int world_load(struct world *world, const struct entry *entry)
{
    struct event event;
    struct append append;
    struct complaint complaint;
    arena_reset(&world->arena);
    int code = entry_decode(&world->arena, entry, &event, &complaint);
    if (code == 0)
        code = world_append(world, &event, entry->publisher, entry->received_us, &append);
    return code;
}

int world_resume(struct world *world, struct complaint *complaint)
{
    int code = 0;
    world->clock.now_us = journal_last_received_us(world->journal);
    for (size_t i = 0; code == 0 && i < world->workers_count; i++) {
        world_crash(world, i);
        code = world_start(world, i, complaint);
    }
    return code == 0 ? world_settle(world) : code;
}

int world_query(struct world *world, enum role_name role, struct arena *arena, struct text what,
                const struct doc *args, struct query_answer *answer_out)
{
    size_t index = 0;
    while (index < world->workers_count && world->workers[index].role->name != role)
        index++;
    ASSERT(index < world->workers_count && world->workers[index].worker != NULL);
    return worker_query(world->workers[index].worker, arena, what, args, answer_out);
}

int world_each(struct world *world, uint64_t from, int (*each)(void *context, const struct entry *entry),
               void *context)
{
    struct entry entries[WORLD_BATCH];
    struct complaint complaint;
    size_t count;
    for (uint64_t next = from > 0 ? from : 1; next <= journal_head(world->journal);
         next = entries[count - 1].seq + 1) {
        int code =
            journal_read(world->reader, next, WORLD_BATCH, MESSAGE_BYTES_MAX, entries, &count, &complaint);
        if (code != 0 || count == 0)
            die("simulation: the journal cannot be read at %llu: %s", (unsigned long long)next,
                complaint.message);
        for (size_t i = 0; i < count; i++) {
            code = each(context, &entries[i]);
            if (code != 0)
                return code;
        }
    }
    return 0;
}
