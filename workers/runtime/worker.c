/* worker.c - a worker's life: open, find its place in the journal, take in batches.
 *
 * Invariants: (1) records, cursor, outbox and effects change in one transaction; (2) a poison event costs its
 * batch one more try, in which that event is set aside, so what a transaction holds never includes half of an
 * event; (3) after an unclean stop the entries of the next TURN_EVENTS_MAX go one by one, each attempt on
 * disk before it begins: only an event that was being taken in when the process died counts as suspect, never
 * one that merely came next.
 */
#include "workers/runtime/core.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SKIP_BYTES_MAX = 16777216, OUT_BYTES_MAX = 67108864, OLD_STATES_MAX = 1000 };

const struct role *role_by_name(struct text name)
{
    for (size_t i = 0; roles_all[i] != NULL; i++)
        if (text_is(name, role_text(roles_all[i]->name)))
            return roles_all[i];
    return NULL;
}

/* ---- open and close ---- */

static struct worker *worker_new(const struct worker_options *options)
{
    struct worker *worker = memory_alloc(sizeof *worker);
    const char *name = role_text(options->role->name);
    memset(worker, 0, sizeof *worker);
    worker->role = options->role;
    worker->attempts_max = options->attempts_max > 0 ? options->attempts_max : 3;
    worker->epoch = options->epoch_min;
    (void)snprintf(worker->directory, sizeof worker->directory, "%s", options->directory);
    (void)snprintf(worker->out_directory, sizeof worker->out_directory, "%s",
                   options->out_directory != NULL ? options->out_directory : options->directory);
    (void)snprintf(worker->publisher, sizeof worker->publisher, "worker/%s", name);
    (void)snprintf(worker->source, sizeof worker->source, "/worker/%s", name);
    worker->policy = options->deliveries;
    for (size_t i = 0; i < options->role->rows_count; i++) {
        const struct role_row *row = &options->role->rows[i];
        worker->rows[row->kind] = row;
        worker->reports = worker->reports || event_type_is_by_worker(&event_types[row->kind]);
    }
    arena_open(&worker->arena, ARENA_BYTES_MAX);
    arena_open(&worker->skip_arena, SKIP_BYTES_MAX);
    arena_open(&worker->out_arena, OUT_BYTES_MAX);
    buffer_open(&worker->buffer, MESSAGE_BYTES_MAX);
    return worker;
}

static void worker_free(struct worker *worker)
{
    charters_close(worker);
    if (worker->store != NULL)
        store_close(worker->store);
    arena_close(&worker->arena);
    arena_close(&worker->skip_arena);
    arena_close(&worker->out_arena);
    buffer_close(&worker->buffer);
    free(worker);
}

/* State of another schema is no use to this version, but it isn't ours to delete. */
static int worker_move_aside(const struct worker *worker)
{
    char target[sizeof worker->directory + 32];
    for (int n = 1; n < OLD_STATES_MAX; n++) {
        (void)snprintf(target, sizeof target, "%s.old-%d", worker->directory, n);
        if (access(target, F_OK) == 0)
            continue;
        if (rename(worker->directory, target) != 0)
            return error_from_errno();
        log_warning(LOG_REBUILD, "%s: state of another version moved to %s; it is rebuilt from the journal",
                    worker->publisher, target);
        return 0;
    }
    return -EEXIST;
}

static int worker_open_store(struct worker *worker, const struct worker_options *options,
                             struct complaint *complaint)
{
    const struct store_options how = {.directory = worker->directory,
                                      .map_bytes_max = options->map_bytes_max,
                                      .schema = (uint32_t)RUNTIME_SCHEMA * 65536 + options->role->schema,
                                      .durable = options->durable};
    int code = store_open(&how, &worker->store, complaint);
    if (code != STORE_E_SCHEMA)
        return code;
    code = worker_move_aside(worker);
    return code != 0 ? code : store_open(&how, &worker->store, complaint);
}

static void worker_put_standing(struct worker *worker, struct store_txn *txn, const struct standing *standing)
{
    struct doc *doc = doc_new(&worker->arena);
    doc_set_int(doc, FIELD_CURSOR, (int64_t)standing->cursor);
    doc_set_int(doc, FIELD_OUTBOX, (int64_t)standing->outbox_next);
    doc_set_int(doc, FIELD_COUNT, (int64_t)standing->effects_next);
    struct key key = meta_key("place");
    runtime_put(worker, txn, &key, doc);
}

/* `open` in this record means: a process has the state, or died with it. */
static void worker_put_run(struct worker *worker, struct store_txn *txn, bool open)
{
    struct doc *doc = doc_new(&worker->arena);
    doc_set_int(doc, FIELD_COUNT, (int64_t)worker->epoch);
    doc_set_text(doc, FIELD_STATE, open ? TEXT("open") : TEXT("closed"));
    struct key key = meta_key("run");
    runtime_put(worker, txn, &key, doc);
}

static void worker_read_meta(struct worker *worker, struct turn *turn)
{
    struct key key = meta_key("place");
    const struct doc *place = runtime_get(turn, &key);
    worker->standing = (struct standing){.outbox_next = 1, .effects_next = 1};
    if (place != NULL) {
        worker->standing.cursor = (uint64_t)doc_int(place, FIELD_CURSOR, 0);
        worker->standing.outbox_next = (uint64_t)doc_int(place, FIELD_OUTBOX, 1);
        worker->standing.effects_next = (uint64_t)doc_int(place, FIELD_COUNT, 1);
    }
    key = meta_key("run");
    const struct doc *run = runtime_get(turn, &key);
    uint64_t epoch = 1 + (run != NULL ? (uint64_t)doc_int(run, FIELD_COUNT, 0) : 0);
    worker->epoch = epoch > worker->epoch ? epoch : worker->epoch;
    if (run != NULL && text_is(doc_text(run, FIELD_STATE), "open"))
        worker->careful_left = TURN_EVENTS_MAX;
    key = meta_key("journal");
    const struct doc *journal = runtime_get(turn, &key);
    struct text id = journal != NULL ? doc_text(journal, FIELD_ID) : TEXT_NONE;
    (void)snprintf(worker->journal_id, sizeof worker->journal_id, "%.*s", TEXT_PRINT(id));
}

static int worker_begin(struct worker *worker)
{
    struct store_txn *txn;
    struct turn turn;
    int code = store_begin_write(worker->store, &txn);
    if (code != 0)
        return code;
    turn_open_reading(&turn, worker, txn, &worker->arena);
    worker_read_meta(worker, &turn);
    code = outbox_open(worker, txn);
    worker_put_run(worker, txn, true);
    int committed = store_commit_take(txn);
    return code != 0 ? code : committed != 0 ? committed : collected_open(worker);
}

/* So that a transaction's code can be handed on as it is. */
_Static_assert((int)STORE_E_FULL == (int)WORKER_E_FULL && (int)STORE_E_DISK_FULL == (int)WORKER_E_DISK_FULL,
               "the store's full is the worker's");

static int worker_store_code(int code, struct complaint *complaint, const char *directory)
{
    if (code == STORE_E_LOCKED)
        return WORKER_E_LOCKED;
    if (code == STORE_E_FULL)
        return WORKER_E_FULL;
    if (code == STORE_E_DISK_FULL) {
        complain(complaint, "", directory, "the disk is full; nothing is lost: make room, and it goes on");
        return WORKER_E_DISK_FULL;
    }
    if (code == STORE_E_CORRUPT) {
        complain(complaint, "", directory,
                 "the state is damaged; delete it (dubanctl rebuild) and it is made again");
        return WORKER_E_CORRUPT;
    }
    return code;
}

int worker_open(const struct worker_options *options, struct worker **worker_out, struct complaint *complaint)
{
    if (strlen(options->directory) >= sizeof(((struct worker *)0)->directory)) {
        complain(complaint, "", "", "the path of the state directory is too long");
        return -ENAMETOOLONG;
    }
    struct worker *worker = worker_new(options);
    int code = worker_open_store(worker, options, complaint);
    if (code == 0)
        code = worker_begin(worker);
    if (code != 0) {
        worker_free(worker);
        return worker_store_code(code, complaint, options->directory);
    }
    *worker_out = worker;
    return 0;
}

/* What is lost if this fails is only the knowledge that the stop was orderly. */
static void worker_end(struct worker *worker)
{
    struct store_txn *txn;
    arena_reset(&worker->arena);
    if (store_begin_write(worker->store, &txn) != 0)
        return;
    outbox_delete_settled(worker, txn);
    worker_put_standing(worker, txn, &worker->standing);
    worker_put_run(worker, txn, false);
    struct key key = meta_key("attempt");
    (void)store_delete(txn, &key);
    if (store_commit_take(txn) != 0)
        log_warning(LOG_STOPPING, "%s: the last transaction of an orderly stop failed", worker->publisher);
}

void worker_close(struct worker *worker, bool clean)
{
    if (clean)
        worker_end(worker);
    worker_free(worker);
}

int worker_delete_state(const char *directory)
{
    return access(directory, F_OK) == 0 ? file_remove_folder(directory) : 0;
}

/* ---- the journal that this state belongs to ---- */

static int worker_put_journal(struct worker *worker, struct text journal_id)
{
    struct store_txn *txn;
    int code = store_begin_write(worker->store, &txn);
    if (code != 0)
        return code;
    arena_reset(&worker->arena);
    struct doc *doc = doc_new(&worker->arena);
    doc_set_text(doc, FIELD_ID, journal_id);
    struct key key = meta_key("journal");
    runtime_put(worker, txn, &key, doc);
    code = store_commit_take(txn);
    if (code == 0)
        (void)snprintf(worker->journal_id, sizeof worker->journal_id, "%.*s", TEXT_PRINT(journal_id));
    return code;
}

int worker_bind_journal(struct worker *worker, struct text journal_id, uint64_t head,
                        struct complaint *complaint)
{
    ASSERT(journal_id.bytes > 0 && journal_id.bytes < sizeof worker->journal_id);
    if (worker->journal_id[0] == '\0')
        return worker_store_code(worker_put_journal(worker, journal_id), complaint, worker->directory);
    if (!text_is(journal_id, worker->journal_id)) {
        complain(complaint, "", worker->directory, "this state belongs to journal %s, the broker's is %.*s",
                 worker->journal_id, TEXT_PRINT(journal_id));
        return WORKER_E_JOURNAL;
    }
    if (head < worker->standing.cursor) {
        complain(complaint, "", worker->directory,
                 "this state has taken in event %" PRIu64 ", the journal ends at %" PRIu64
                 ": was the journal restored from a backup? Delete this state, it is made again",
                 worker->standing.cursor, head);
        return WORKER_E_JOURNAL;
    }
    return 0;
}

uint64_t worker_epoch(struct worker *worker)
{
    return worker->epoch;
}

bool worker_is_live(const struct worker *worker)
{
    return worker->live;
}

uint64_t worker_cursor(const struct worker *worker)
{
    return worker->standing.cursor;
}

size_t worker_types(const struct worker *worker, struct text *types_out, size_t types_max)
{
    size_t count = 0;
    for (int kind = 0; kind < EVENT_KIND_COUNT && count < types_max; kind++) {
        if (worker->rows[kind] == NULL && !charters_concern((enum event_kind)kind))
            continue;
        struct text name = text_from(event_types[kind].name);
        if (name.bytes > 2 && memcmp(name.at + name.bytes - 2, ".*", 2) == 0)
            name.bytes -= 2;
        types_out[count++] = name;
    }
    return count;
}

/* ---- batches ---- */

static void worker_set_skip(struct worker *worker, uint64_t seq, struct text reason)
{
    if (reason.bytes == 0)
        reason = TEXT("an outcome of its own could not be applied");
    arena_reset(&worker->skip_arena);
    worker->skip = (struct skip){seq, arena_text_copy(&worker->skip_arena, reason)};
    log_error(LOG_SET_ASIDE, "%s sets event %" PRIu64 " aside: %.*s", worker->publisher, seq,
              TEXT_PRINT(reason));
}

/* taken_out: how many entries went well, those before a poison event. */
static int worker_take_entries(struct worker *worker, struct store_txn *txn, struct standing *standing,
                               const struct entry *entries, size_t count, size_t *taken_out)
{
    for (*taken_out = 0; *taken_out < count; ++*taken_out) {
        const struct entry *entry = &entries[*taken_out];
        arena_reset(&worker->arena);
        charters_trim(worker);
        struct turn turn = {.worker = worker, .arena = &worker->arena, .txn = txn, .standing = standing};
        int code = turn_take(&turn, entry, worker->skip.seq == entry->seq ? &worker->skip : NULL);
        if (code == ROLE_E_POISON)
            worker_set_skip(worker, entry->seq, turn.reason);
        if (code != 0)
            return code;
        standing->cursor = entry->seq;
    }
    return store_error(txn);
}

int worker_commit(struct worker *worker, struct store_txn *txn, const struct standing *standing)
{
    arena_reset(&worker->arena);
    outbox_delete_settled(worker, txn);
    worker_put_standing(worker, txn, standing);
    int code = store_commit_take(txn);
    if (code != 0)
        return code == STORE_E_CORRUPT ? -EIO : code;
    worker->standing = *standing;
    worker->outbox_first = worker->settled + 1;
    return 0;
}

/* One transaction for as many entries as go well together, at least one. A poison event undoes all: then
 * those before it are taken in again, and it comes first, and is set aside, in the next transaction. */
static int worker_batch(struct worker *worker, const struct entry *entries, size_t *count)
{
    for (;;) {
        struct store_txn *txn;
        struct standing standing = worker->standing;
        size_t taken = 0;
        int code = store_begin_write(worker->store, &txn);
        if (code != 0)
            return code;
        code = worker_take_entries(worker, txn, &standing, entries, *count, &taken);
        if (code != ROLE_E_POISON && code >= 0)
            return worker_commit(worker, txn, &standing);
        store_abort_take(txn);
        if (code < 0)
            return code;
        *count = taken > 0 ? taken : 1;
    }
}

/* ---- care after a crash ---- */

static bool worker_concerned(struct worker *worker, const struct entry *entry)
{
    struct event event;
    arena_reset(&worker->arena);
    bool own = text_is(entry->publisher, worker->publisher);
    if (own && !worker->reports)
        return false;
    int code = entry_decode(&worker->arena, entry, &event, NULL);
    if (own && (code != 0 || !event.type->report))
        return false;
    return code != 0 || charters_concern(event.type->kind) || worker->rows[event.type->kind] != NULL;
}

/* Notes that this event is about to be taken in, and counts how often that was begun before. */
static int worker_note_attempt(struct worker *worker, uint64_t seq, int64_t *before_out)
{
    struct store_txn *txn;
    struct turn turn;
    int code = store_begin_write(worker->store, &txn);
    if (code != 0)
        return code;
    turn_open_reading(&turn, worker, txn, &worker->arena);
    struct key key = meta_key("attempt");
    const struct doc *last = runtime_get(&turn, &key);
    *before_out =
        last != NULL && doc_int(last, FIELD_SEQ, 0) == (int64_t)seq ? doc_int(last, FIELD_ATTEMPTS, 0) : 0;
    struct doc *doc = doc_new(&worker->arena);
    doc_set_int(doc, FIELD_SEQ, (int64_t)seq);
    doc_set_int(doc, FIELD_ATTEMPTS, *before_out + 1);
    runtime_put(worker, txn, &key, doc);
    return store_commit_take(txn);
}

/* It did not kill us: we stop of our own will, and the event is as good as never begun. */
static void worker_forget_attempt(struct worker *worker)
{
    struct store_txn *txn;
    struct key key = meta_key("attempt");
    if (store_begin_write(worker->store, &txn) != 0)
        return;
    (void)store_delete(txn, &key);
    if (store_commit_take(txn) != 0)
        log_warning(LOG_STOPPING, "%s: an attempt is still on record", worker->publisher);
}

/* The crash that made us careful counts as the first failure. */
static int worker_take_carefully(struct worker *worker, const struct entry *entry)
{
    int64_t before = 0;
    size_t one = 1;
    worker->careful_left--;
    if (!worker_concerned(worker, entry))
        return worker_batch(worker, entry, &one);
    int code = worker_note_attempt(worker, entry->seq, &before);
    if (code != 0)
        return code;
    if (before > 0 && before + 1 >= worker->attempts_max)
        worker_set_skip(worker, entry->seq,
                        arena_printf(&worker->arena, "%s stopped %" PRId64 " times while taking it in",
                                     worker->publisher, before + 1));
    code = worker_batch(worker, entry, &one);
    if (code != 0)
        worker_forget_attempt(worker);
    return code;
}

int worker_consume(struct worker *worker, const struct entry *entries, size_t count, uint64_t through,
                   uint64_t *cursor_out)
{
    ASSERT(worker->live);
    int code = 0;
    size_t i = 0;
    while (i < count && entries[i].seq <= worker->standing.cursor)
        i++;
    while (i < count && code == 0) {
        size_t n = count - i < TURN_EVENTS_MAX ? count - i : TURN_EVENTS_MAX;
        ASSERT(entries[i].seq > worker->standing.cursor);
        if (worker->careful_left > 0)
            code = worker_take_carefully(worker, &entries[i]), n = 1;
        else
            code = worker_batch(worker, &entries[i], &n);
        i += n;
        worker->wake_known = false;
    }
    if (code == 0 && through > worker->standing.cursor)
        worker->standing.cursor = through; /* nothing of ours lies between: no need to write that down */
    *cursor_out = worker->standing.cursor;
    return code;
}

int worker_try_room(struct worker *worker)
{
    return store_try_room(worker->store);
}

/* ---- asking ---- */

int64_t worker_wake_us(struct worker *worker)
{
    struct store_txn *txn;
    struct turn turn;
    if (worker->wake_known || worker->role->wake_us == NULL)
        return worker->wake_known ? worker->wake_us : CIVIL_NEVER_US;
    if (store_begin_read(worker->store, &txn) != 0)
        die("%s: its state cannot be read", worker->publisher);
    arena_reset(&worker->arena);
    turn_open_reading(&turn, worker, txn, &worker->arena);
    worker->wake_us = worker->role->wake_us(&turn);
    ASSERT(store_error(txn) == 0);
    store_abort_take(txn);
    worker->wake_known = true;
    return worker->wake_us;
}

int worker_query(struct worker *worker, struct arena *arena, struct text what, const struct doc *args,
                 struct query_answer *answer_out)
{
    struct store_txn *txn;
    struct turn turn;
    *answer_out = (struct query_answer){.unknown = true, .error = TEXT("this role answers no queries")};
    if (worker->role->query == NULL)
        return 0;
    int code = store_begin_read(worker->store, &txn);
    if (code != 0)
        return code;
    charters_trim(worker);
    turn_open_reading(&turn, worker, txn, arena);
    worker->role->query(&turn, what, args, answer_out);
    code = store_error(txn);
    store_abort_take(txn);
    return code;
}

void worker_on_breath(struct worker *worker, void (*breathe)(void *context), void *context)
{
    worker->breathe = breathe;
    worker->breathe_context = context;
}

int worker_digest(struct worker *worker, struct digest *digest_out)
{
    return store_digest(worker->store, TABLE_OF_STATE_END, digest_out);
}
