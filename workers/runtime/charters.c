/* charters.c - the charters in force, kept for every role alike.
 *
 *     charter.adopted ──► its text waits, under the adoption's number
 *                             │ coordination's word, in the journal
 *     charter.accepted ───────┼──► it is version n, of use once it holds
 *     charter.enacted ────────┴──► version n holds from here on
 *
 * So only what coordination enacted is ever in force, whatever a later version of this program makes of a
 * text that was refused; and a text that was enacted must still be read, or the worker stops and says so.
 * Texts that do not compile, or bear another name, do not wait: nothing can come of them. Compiled charters
 * are remembered under name and sequence number of their adoption, so memory never says anything that the
 * records do not.
 */
#include "workers/runtime/core.h"

#include <errno.h>
#include <stdlib.h>

enum { CHARTER_ARENA_BYTES_MAX = 67108864 };

static struct key charter_key(struct text name)
{
    struct key key = key_of(TABLE_CHARTER);
    key_add_text(&key, name);
    return key;
}

static struct key charter_text_key(struct text name, uint64_t version)
{
    struct key key = key_of(TABLE_CHARTER_TEXT);
    key_add_text(&key, name);
    key_add_u64(&key, version);
    return key;
}

static void cached_close(struct cached_charter *cached)
{
    arena_close(&cached->arena);
    free(cached);
}

/* The caller owns what it gets; NULL if the text is no charter. */
static struct cached_charter *cached_open(struct text name, uint64_t seq, struct text source,
                                          struct text file)
{
    struct cached_charter *cached = memory_alloc(sizeof *cached);
    arena_open(&cached->arena, CHARTER_ARENA_BYTES_MAX);
    struct findings *findings = arena_alloc(&cached->arena, sizeof *findings);
    struct text own_file = file.bytes > 0 ? arena_text_copy(&cached->arena, file) : name;
    findings_open(findings, &cached->arena, own_file);
    cached->name = arena_text_copy(&cached->arena, name);
    cached->seq = seq;
    cached->charter =
        charter_compile(&cached->arena, arena_text_copy(&cached->arena, source), own_file, findings);
    if (cached->charter != NULL && text_equal(cached->charter->name, name))
        return cached;
    cached_close(cached);
    return NULL;
}

static void charters_remember(struct worker *worker, struct cached_charter *cached)
{
    if (worker->charters_count == worker->charters_room) {
        worker->charters_room += CHARTERS_CACHED_MAX;
        worker->charters = memory_grow(worker->charters, worker->charters_room * sizeof *worker->charters);
    }
    worker->charters[worker->charters_count++] = cached;
}

void charters_trim(struct worker *worker)
{
    if (worker->charters_count <= CHARTERS_CACHED_MAX)
        return;
    size_t surplus = worker->charters_count - CHARTERS_CACHED_MAX;
    for (size_t i = 0; i < surplus; i++)
        cached_close(worker->charters[i]);
    memmove(worker->charters, worker->charters + surplus, CHARTERS_CACHED_MAX * sizeof *worker->charters);
    worker->charters_count = CHARTERS_CACHED_MAX;
}

void charters_close(struct worker *worker)
{
    for (size_t i = 0; i < worker->charters_count; i++)
        cached_close(worker->charters[i]);
    free(worker->charters);
    worker->charters = NULL;
    worker->charters_count = worker->charters_room = 0;
}

static struct cached_charter *charters_find(struct worker *worker, struct text name, uint64_t seq)
{
    for (size_t i = worker->charters_count; i-- > 0;)
        if (worker->charters[i]->seq == seq && text_equal(worker->charters[i]->name, name))
            return worker->charters[i];
    return NULL;
}

/* The charter that an adoption brings; NULL if it brings none. */
static const struct cached_charter *charters_read(struct turn *turn, const struct event *adopted)
{
    struct text name = doc_text(adopted->data, FIELD_NAME);
    struct cached_charter *cached = charters_find(turn->worker, name, adopted->seq);
    if (cached != NULL)
        return cached;
    cached = cached_open(name, adopted->seq, doc_text(adopted->data, FIELD_TEXT),
                         doc_text(adopted->data, FIELD_FILE));
    if (cached != NULL)
        charters_remember(turn->worker, cached);
    return cached;
}

static int charters_differ(const struct turn *turn, struct text name, uint64_t seq)
{
    log_error(
        LOG_REBUILD,
        "%s: charter %.*s, adopted with event %llu, holds or will, but this version of the program does not "
        "read "
        "it as the one that enacted it did (`dubanctl charter lint` on its text says why). Go back to that "
        "version and `dubanctl rebuild %s`",
        turn->worker->publisher, TEXT_PRINT(name), (unsigned long long)seq,
        role_text(turn->worker->role->name));
    return -ENOTSUP;
}

/* Version 0, with the adoption's number: not judged yet. */
static struct key charter_waiting_key(struct text name, uint64_t adopted)
{
    struct key key = charter_text_key(name, 0);
    key_add_u64(&key, adopted);
    return key;
}

static void charters_put_text(struct turn *turn, const struct key *key, const struct doc *from,
                              uint64_t adopted)
{
    struct doc *whole = doc_new(turn->arena);
    doc_set_doc_field(whole, FIELD_TEXT, from);
    doc_set_doc_field(whole, FIELD_FILE, from);
    doc_set_int(whole, FIELD_SEQ, (int64_t)adopted);
    runtime_put(turn->worker, turn->txn, key, whole);
}

/* Coordination judges in order: what was adopted up to that one waits no more. */
static void charters_drop_waiting(struct turn *turn, struct text name, uint64_t adopted)
{
    struct key prefix = charter_text_key(name, 0);
    for (;;) {
        struct store_cursor cursor;
        uint64_t seq = 0;
        if (store_first(turn->txn, &prefix, NULL, &cursor))
            seq = (uint64_t)doc_int(record_from(turn, cursor.value), FIELD_SEQ, 0);
        store_cursor_end(&cursor);
        if (seq == 0 || seq > adopted)
            return;
        struct key key = charter_waiting_key(name, seq);
        (void)store_delete(turn->txn, &key);
    }
}

/* The text of a version, accepted now or before; NULL if this code has none. */
static const struct doc *charters_text(struct turn *turn, const struct event *word)
{
    struct text name = doc_text(word->data, FIELD_NAME);
    struct key key = charter_text_key(name, (uint64_t)doc_int(word->data, FIELD_VERSION, 0));
    const struct doc *known = runtime_get(turn, &key);
    struct key waiting = charter_waiting_key(name, word->cause);
    return known != NULL ? known : runtime_get(turn, &waiting);
}

static void charters_take_word(struct turn *turn, const struct event *word)
{
    const struct doc *text = charters_text(turn, word);
    if (text == NULL)
        return; /* told by hand, without its adoption: charters_check lets nothing else come so far */
    struct text name = doc_text(word->data, FIELD_NAME);
    int64_t version = doc_int(word->data, FIELD_VERSION, 0);
    uint64_t adopted = (uint64_t)doc_int(text, FIELD_SEQ, 0);
    struct key key = charter_text_key(name, (uint64_t)version);
    charters_put_text(turn, &key, text, adopted);
    charters_drop_waiting(turn, name, adopted);
    if (word->type->kind != EVENT_CHARTER_ENACTED)
        return;
    struct doc *current = doc_new(turn->arena);
    doc_set_int(current, FIELD_VERSION, version);
    doc_set_int(current, FIELD_SEQ, (int64_t)adopted);
    key = charter_key(name);
    runtime_put(turn->worker, turn->txn, &key, current);
}

void charters_take(struct turn *turn, const struct event *event)
{
    if (event->type->kind != EVENT_CHARTER_ADOPTED) {
        charters_take_word(turn, event);
    } else if (charters_read(turn, event) != NULL) {
        struct key key = charter_waiting_key(doc_text(event->data, FIELD_NAME), event->seq);
        charters_put_text(turn, &key, event->data, event->seq);
    }
}

static bool charters_holds_word(const struct collected *collected)
{
    for (size_t i = 0; i < collected->count; i++)
        if (charters_concern(collected->outcomes[i].type->kind))
            return true;
    return false;
}

int charters_check(struct turn *turn, const struct event *event, const struct collected *collected)
{
    if (event->type == NULL || !charters_concern(event->type->kind))
        return 0;
    struct text name = doc_text(event->data, FIELD_NAME);
    if (event->type->kind == EVENT_CHARTER_ADOPTED)
        return charters_holds_word(collected) && charters_read(turn, event) == NULL
                   ? charters_differ(turn, name, event->seq)
                   : 0;
    return event->cause == 0 || charters_text(turn, event) != NULL
               ? 0
               : charters_differ(turn, name, event->cause);
}

static struct cached_charter *charters_load(struct turn *turn, struct text name, uint64_t version,
                                            uint64_t seq)
{
    struct key key = charter_text_key(name, version);
    struct doc *whole = runtime_get(turn, &key);
    if (whole == NULL)
        return NULL; /* only after a store error, which the commit reports */
    struct cached_charter *cached =
        cached_open(name, seq, doc_text(whole, FIELD_TEXT), doc_text(whole, FIELD_FILE));
    if (cached == NULL)
        die("charter %.*s, adopted with event %llu, does not compile any more", TEXT_PRINT(name),
            (unsigned long long)seq);
    charters_remember(turn->worker, cached);
    return cached;
}

const struct charter *turn_charter(struct turn *turn, struct text name, uint64_t *version_out)
{
    struct key key = charter_key(name);
    struct doc *current = name.bytes > 0 ? runtime_get(turn, &key) : NULL;
    if (current == NULL)
        return NULL;
    uint64_t version = (uint64_t)doc_int(current, FIELD_VERSION, 0);
    uint64_t seq = (uint64_t)doc_int(current, FIELD_SEQ, 0);
    if (version_out != NULL)
        *version_out = version;
    struct cached_charter *cached = charters_find(turn->worker, name, seq);
    if (cached == NULL)
        cached = charters_load(turn, name, version, seq);
    return cached != NULL ? cached->charter : NULL;
}

const struct charter *turn_charter_version(struct turn *turn, struct text name, uint64_t version)
{
    struct key key = charter_text_key(name, version);
    struct doc *whole = name.bytes > 0 ? runtime_get(turn, &key) : NULL;
    if (whole == NULL)
        return NULL;
    uint64_t seq = (uint64_t)doc_int(whole, FIELD_SEQ, 0);
    struct cached_charter *cached = charters_find(turn->worker, name, seq);
    if (cached == NULL)
        cached = charters_load(turn, name, version, seq);
    return cached != NULL ? cached->charter : NULL;
}

struct text turn_charter_text(struct turn *turn, struct text name, uint64_t version)
{
    struct key key = charter_text_key(name, version);
    const struct doc *whole = runtime_get(turn, &key);
    return whole != NULL ? doc_text(whole, FIELD_TEXT) : TEXT_NONE;
}

uint64_t turn_charter_newest(struct turn *turn, struct text name)
{
    struct key prefix = key_of(TABLE_CHARTER_TEXT);
    key_add_text(&prefix, name);
    struct store_cursor cursor;
    uint64_t version = 0;
    if (store_last(turn->txn, &prefix, &cursor)) {
        struct key_reader reader = key_read(cursor.key);
        struct text read;
        bool whole = key_read_text(&reader, turn->arena, &read) && key_read_u64(&reader, &version);
        ASSERT(whole);
    }
    store_cursor_end(&cursor);
    return version;
}

int turn_zone(struct turn *turn, struct text charter, int otherwise)
{
    const struct charter *known = turn_charter(turn, charter, NULL);
    return known != NULL ? known->zone : otherwise;
}

size_t turn_charters(struct turn *turn, struct text *names_out, size_t names_max)
{
    size_t count = 0;
    struct store_cursor cursor;
    struct key prefix = key_of(TABLE_CHARTER);
    for (bool more = store_first(turn->txn, &prefix, NULL, &cursor); more && count < names_max;
         more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        if (key_read_text(&reader, turn->arena, &names_out[count]))
            count++;
    }
    store_cursor_end(&cursor);
    return count;
}
