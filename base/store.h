/* store.h - typed tables of one LMDB environment. The only file that includes lmdb.h is store.c.
 *
 * One environment a process and directory (asserted), MDB_NOTLS, never NOSYNC/NOMETASYNC/WRITEMAP unless
 * durable == false, which only the simulator and unit tests use. The directory is locked (flock) for the life
 * of the store: a second opener gets STORE_E_LOCKED. Keys are ordered bytes, built with struct key. Values
 * carry a checksum (appended and verified here; damage is STORE_E_CORRUPT), so what a caller gets is what was
 * put.
 *
 * A transaction remembers its first error: after it, reads find nothing, writes do nothing, and commit
 * returns it. So callers write straight code and check once, at commit. Values read live until the next write
 * in that transaction or its end.
 */
#ifndef BASE_STORE_H
#define BASE_STORE_H

#include "base/error.h"
#include "base/text.h"

enum { STORE_E_LOCKED = 1, STORE_E_FULL, STORE_E_CORRUPT, STORE_E_SCHEMA, STORE_E_DISK_FULL };
enum { STORE_KEY_BYTES_MAX = 500, STORE_TABLES_MAX = 32 };

struct store;
struct store_txn;

struct store_options {
    const char *directory;  /* made (0750) if missing */
    uint64_t map_bytes_max; /* address space; the file grows up to it */
    uint32_t schema;        /* version of the tables' content; another version on disk is STORE_E_SCHEMA */
    bool durable;           /* false: commits are not flushed (tests only) */
};

int store_open(const struct store_options *options, struct store **store_out,
               struct complaint *complaint) MUST_CHECK;
void store_close(struct store *store);
/* After STORE_E_DISK_FULL: asks again for what was refused. 0: there is room; STORE_E_DISK_FULL or
 * negative: as a commit's. */
int store_try_room(struct store *store) MUST_CHECK;
/* Share of the map in use, in basis points; for the high-water mark. */
unsigned store_used_bp(struct store *store);
/* Write transactions committed since store_open. What a caller promises to change together, it changes in one
 * of them: so that can be counted. */
uint64_t store_commits(const struct store *store);
/* Copies a consistent snapshot to directory (made; must not hold one), flushed to disk. */
int store_copy(struct store *store, const char *directory) MUST_CHECK;

/* Tables are named by small static indexes chosen by the owner (0..STORE_TABLES_MAX-1); all live in one LMDB
 * database, prefixed by one byte, so that no table needs opening. */
typedef unsigned char store_table;

/* Ordered composite keys. Text parts are escaped and ended so that order is by part; u64 parts big-endian. */
struct key {
    unsigned char at[STORE_KEY_BYTES_MAX];
    size_t bytes;
};
struct key key_of(store_table table);
void key_add_u64(struct key *key, uint64_t value);
void key_add_i64(struct key *key, int64_t value);  /* order preserved, negative first */
void key_add_text(struct key *key, struct text t); /* longer than fits: cut and ended by its digest */
/* Reads parts back, in order, from a key that a cursor yielded; false if malformed. Text is unescaped into
 * arena. */
struct arena;
struct key_reader {
    struct bytes rest;
};
struct key_reader key_read(struct bytes key);
bool key_read_u64(struct key_reader *reader, uint64_t *out);
bool key_read_i64(struct key_reader *reader, int64_t *out);
bool key_read_text(struct key_reader *reader, struct arena *arena, struct text *out);

int store_begin_read(struct store *store, struct store_txn **txn_out) MUST_CHECK;
int store_begin_write(struct store *store, struct store_txn **txn_out) MUST_CHECK;
/* Both end the transaction. Commit returns 0, a negative code (stop the process), STORE_E_FULL (the map is),
 * STORE_E_DISK_FULL (nothing was written; the same again when there is room) or STORE_E_CORRUPT. */
int store_commit_take(struct store_txn *txn) MUST_CHECK;
void store_abort_take(struct store_txn *txn);
int store_error(const struct store_txn *txn);

bool store_get(struct store_txn *txn, const struct key *key, struct bytes *value_out);
void store_put(struct store_txn *txn, const struct key *key, struct bytes value);
/* True if it was there. */
bool store_delete(struct store_txn *txn, const struct key *key);

/* Walks the keys that begin with prefix, from `from` on (or from the prefix's first / last when NULL).
 *
 *   struct store_cursor c;
 *   for (bool more = store_first(txn, &prefix, NULL, &c); more; more = store_next(&c)) use(c.key, c.value);
 *   store_cursor_end(&c);
 *
 * Writing in the same transaction while walking is allowed: the walk goes on behind (or before) the key on
 * which it stood, whether that key still exists or not, and meets what was put further on. In a write
 * transaction c.key lives until the next step; c.value dies with the next write. Every walk ends by
 * store_cursor_end before its transaction does. */
struct store_cursor {
    struct bytes key, value;
    struct key prefix;
    struct store_txn *txn;
    void *lmdb;
};
bool store_first(struct store_txn *txn, const struct key *prefix, const struct key *from,
                 struct store_cursor *cursor_out);
bool store_last(struct store_txn *txn, const struct key *prefix, struct store_cursor *cursor_out);
bool store_next(struct store_cursor *cursor);
bool store_previous(struct store_cursor *cursor);
void store_cursor_end(struct store_cursor *cursor);

/* Digest over every key and value of the tables with index < tables_below: equal state, equal digest. */
struct digest;
int store_digest(struct store *store, store_table tables_below, struct digest *digest_out) MUST_CHECK;

#endif
