/* store.c - LMDB behind one door.
 *
 * On disk: one unnamed LMDB database. A key is a table byte and ordered parts; a value is what was put, then
 * 8 bytes of XXH3 over it, seeded by the checksum of its key, so that a value found under another key is
 * damage too. Table 255 is this file's own: it holds the schema version.
 *
 * Invariants: (1) flock on `lock` is held while the environment is open; as it belongs to the open file, it
 * also keeps this process from opening an environment twice, which would wipe LMDB's reader slots; (2) the
 * first error of a transaction stays, and nothing is written after it; (3) no walk outlives its transaction;
 * (4) a write changes `writes`, and a walk that sees a changed count seeks its key again instead of trusting
 * the LMDB cursor; (5) a durable commit writes only to blocks that the file has: LMDB takes a write that a
 * full disk cut short for a broken disk, so what a commit may need is taken before it begins to write.
 */
#include "base/store.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STORE_TABLE_OWN = 255,
    STORE_CHECKSUM_BYTES = 8,
    STORE_READERS_MAX = 126,
    STORE_VALUE_BYTES_MAX = 16777216,
    STORE_ROOM_BYTES = 1048576, /* by so much at a time the file takes its blocks */
    STORE_ROOM_PAGES = 32,      /* what a commit takes beside its own pages: lists of free ones, the root */
    STORE_DEPTH_MAX = 8,
    KEY_TEXT_BYTES_MAX = 272, /* of one part: a source fits whole */
    KEY_RESERVE_BYTES = 96,   /* what a text part leaves for those behind it: three cut ones, four numbers */
    KEY_DIGEST_BYTES = 16,
    KEY_CUT_BYTES = 2 + KEY_DIGEST_BYTES + 1 /* mark, digest, end */
};

/* Bytes of a text part: 0 ends it; 0 and 1 inside it are escaped; a mark says that a digest stands for the
 * rest. */
enum { KEY_END = 0, KEY_ESCAPE = 1, KEY_ESCAPED_0 = 1, KEY_ESCAPED_1 = 2, KEY_CUT = 3 };

struct store {
    MDB_env *env;
    MDB_dbi dbi;
    int directory_fd, lock_fd, data_fd;
    bool durable;
    uint64_t room_bytes,
        refused_bytes; /* from data.mdb's begin on: its own blocks, and what the disk had not */
    char *directory;
    struct buffer scratch; /* the writer's; LMDB admits one writer at a time */
    uint64_t commits;
};

struct store_txn {
    struct store *store;
    MDB_txn *lmdb;
    int error;
    bool writable;
    uint64_t writes, bytes; /* put */
    unsigned walks;
};

struct store_walk {
    MDB_cursor *cursor;
    uint64_t writes; /* of the transaction when the cursor was placed */
    struct key at;   /* a copy of the key on which it stands, in a write transaction */
};

/* ---- keys ---- */
static void key_add_bytes(struct key *key, const void *at, size_t bytes)
{
    ASSERT(bytes <= sizeof(key->at) - key->bytes);
    memcpy(key->at + key->bytes, at, bytes);
    key->bytes += bytes;
}

static void key_add_byte(struct key *key, unsigned char byte)
{
    key_add_bytes(key, &byte, 1);
}

struct key key_of(store_table table)
{
    struct key key;
    key.at[0] = table;
    key.bytes = 1;
    return key;
}

void key_add_u64(struct key *key, uint64_t value)
{
    unsigned char big[8];
    for (int i = 7; i >= 0; i--, value >>= 8)
        big[i] = (unsigned char)value;
    key_add_bytes(key, big, sizeof(big));
}

void key_add_i64(struct key *key, int64_t value)
{
    key_add_u64(key, (uint64_t)value ^ UINT64_C(1) << 63);
}

static size_t key_escaped_bytes(unsigned char c)
{
    return c <= KEY_ESCAPE ? 2 : 1;
}

static void key_add_escaped(struct key *key, unsigned char c)
{
    if (c <= KEY_ESCAPE)
        key_add_byte(key, KEY_ESCAPE);
    key_add_byte(key, c == 0 ? KEY_ESCAPED_0 : c == 1 ? KEY_ESCAPED_1 : c);
}

/* How many bytes a text part may take here, its end included. */
static size_t key_text_room(const struct key *key)
{
    size_t left = sizeof(key->at) - key->bytes;
    size_t room = left > KEY_RESERVE_BYTES + KEY_CUT_BYTES ? left - KEY_RESERVE_BYTES : KEY_CUT_BYTES;
    return room < KEY_TEXT_BYTES_MAX ? room : KEY_TEXT_BYTES_MAX;
}

void key_add_text(struct key *key, struct text t)
{
    size_t room = key_text_room(key), needed = 1;
    for (size_t i = 0; i < t.bytes; i++)
        needed += key_escaped_bytes((unsigned char)t.at[i]);
    bool cut = needed > room;
    size_t left = room - (cut ? KEY_CUT_BYTES : 1);
    for (size_t i = 0; i < t.bytes && key_escaped_bytes((unsigned char)t.at[i]) <= left; i++) {
        left -= key_escaped_bytes((unsigned char)t.at[i]);
        key_add_escaped(key, (unsigned char)t.at[i]);
    }
    if (cut) {
        struct digest digest = digest_of((struct bytes){(const unsigned char *)t.at, t.bytes});
        key_add_byte(key, KEY_ESCAPE);
        key_add_byte(key, KEY_CUT);
        key_add_bytes(key, digest.at, KEY_DIGEST_BYTES);
    }
    key_add_byte(key, KEY_END);
}

struct key_reader key_read(struct bytes key)
{
    bool table = key.bytes > 0;
    return (struct key_reader){.rest = {key.at + table, key.bytes - table}};
}

static void key_skip(struct key_reader *reader, size_t bytes)
{
    reader->rest.at += bytes;
    reader->rest.bytes -= bytes;
}

bool key_read_u64(struct key_reader *reader, uint64_t *out)
{
    if (reader->rest.bytes < 8)
        return false;
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | reader->rest.at[i];
    *out = value;
    key_skip(reader, 8);
    return true;
}

bool key_read_i64(struct key_reader *reader, int64_t *out)
{
    uint64_t value;
    if (!key_read_u64(reader, &value))
        return false;
    *out = (int64_t)(value ^ UINT64_C(1) << 63);
    return true;
}

/* One character behind an escape byte; a cut text shows as what is left of it, "~" and 32 hexadecimal digits.
 */
static bool key_read_escape(struct key_reader *reader, char *out, size_t *bytes)
{
    unsigned char what = reader->rest.bytes > 0 ? *reader->rest.at : KEY_END;
    if (what == KEY_END || what > KEY_CUT || (what == KEY_CUT && reader->rest.bytes <= KEY_DIGEST_BYTES))
        return false;
    key_skip(reader, 1);
    if (what != KEY_CUT) {
        out[(*bytes)++] = what == KEY_ESCAPED_1;
        return true;
    }
    out[(*bytes)++] = '~';
    for (size_t i = 0; i < KEY_DIGEST_BYTES; i++) {
        out[(*bytes)++] = "0123456789abcdef"[reader->rest.at[i] >> 4];
        out[(*bytes)++] = "0123456789abcdef"[reader->rest.at[i] & 15];
    }
    key_skip(reader, KEY_DIGEST_BYTES);
    return true;
}

bool key_read_text(struct key_reader *reader, struct arena *arena, struct text *out)
{
    char text[STORE_KEY_BYTES_MAX * 2 + 2];
    size_t bytes = 0;
    if (reader->rest.bytes > STORE_KEY_BYTES_MAX)
        return false;
    while (reader->rest.bytes > 0) {
        unsigned char c = *reader->rest.at;
        key_skip(reader, 1);
        if (c == KEY_END) {
            *out = arena_text_copy(arena, (struct text){text, bytes});
            return true;
        }
        if (c != KEY_ESCAPE)
            text[bytes++] = (char)c;
        else if (!key_read_escape(reader, text, &bytes))
            return false;
    }
    return false;
}

/* ---- errors ---- */
/* LMDB's own codes become ours; errno values are negated. What stops the process is logged with LMDB's words.
 */
static int store_code(const struct store *store, const char *what, int rc)
{
    if (rc == 0)
        return 0;
    if (rc == MDB_MAP_FULL || rc == MDB_TXN_FULL)
        return STORE_E_FULL;
    if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG)
        return STORE_E_DISK_FULL;
    log_error(LOG_GENERAL, "store %s: %s: %s", store->directory, what, mdb_strerror(rc));
    if (rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
        return STORE_E_CORRUPT;
    return rc > 0 ? -rc : -EIO;
}

static void store_fail(struct store_txn *txn, const char *what, int rc)
{
    if (txn->error == 0)
        txn->error = store_code(txn->store, what, rc);
}

static void store_lmdb_assert(MDB_env *env, const char *message)
{
    (void)env;
    die("store: LMDB found its file inconsistent: %s", message);
}

/* ---- room ---- */
/* How many pages a transaction can dirty at most: those that its writes lead through, and what it adds, in
 * pages that are left half empty or in whole ones. */
static uint64_t store_pages_needed(const struct store_txn *txn, const MDB_stat *stat)
{
    uint64_t pages = stat->ms_branch_pages + stat->ms_leaf_pages, ways = txn->writes * STORE_DEPTH_MAX;
    uint64_t freed = (pages + stat->ms_overflow_pages) * sizeof(size_t) / stat->ms_psize;
    return STORE_ROOM_PAGES + (ways < pages ? ways : pages) + txn->bytes * 4 / stat->ms_psize + freed;
}

/* Blocks for the file's first bytes; what was refused is remembered. */
static int store_take_blocks(struct store *store, uint64_t bytes)
{
    int rc;
    if (bytes <= store->room_bytes)
        return 0;
    do
        rc = posix_fallocate(store->data_fd, 0, (off_t)bytes);
    while (rc == EINTR);
    rc = store_code(store, "make room", rc);
    store->refused_bytes = rc == STORE_E_DISK_FULL ? bytes : 0;
    store->room_bytes = rc == 0 ? bytes : store->room_bytes;
    return rc;
}

/* Room for as many pages behind those in use, within the map. */
static int store_take_room(struct store *store, uint64_t pages)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat) != 0)
        return -EIO;
    uint64_t bytes = (info.me_last_pgno + 1 + pages) * stat.ms_psize;
    if (bytes > info.me_mapsize)
        bytes = info.me_mapsize;
    return store_take_blocks(store, (bytes + STORE_ROOM_BYTES - 1) / STORE_ROOM_BYTES * STORE_ROOM_BYTES);
}

static int store_make_room(struct store_txn *txn)
{
    MDB_stat stat;
    if (!txn->store->durable || txn->writes == 0)
        return 0;
    int rc = mdb_stat(txn->lmdb, txn->store->dbi, &stat);
    return rc != 0 ? store_code(txn->store, "stat", rc)
                   : store_take_room(txn->store, store_pages_needed(txn, &stat));
}

int store_try_room(struct store *store)
{
    return store_take_blocks(store, store->refused_bytes);
}

/* Where blocks that were taken are no promise (a file system that copies on write), a full disk shows as a
 * write cut short, which LMDB reports as EIO. */
static int store_commit_code(struct store *store, int rc)
{
    bool full = rc == EIO && store->durable &&
                store_take_blocks(store, store->room_bytes + STORE_ROOM_BYTES) == STORE_E_DISK_FULL;
    return full ? STORE_E_DISK_FULL : store_code(store, "commit", rc);
}

/* ---- opening ---- */
static int store_complain(struct complaint *complaint, const struct store *store, const char *what)
{
    int code = error_from_errno();
    complain(complaint, "", store->directory, "%s: %s", what, error_text(code));
    return code;
}

static int store_directory_open(struct store *store, struct complaint *complaint)
{
    if (mkdir(store->directory, 0750) != 0 && errno != EEXIST)
        return store_complain(complaint, store, "cannot make the directory");
    store->directory_fd = open(store->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->directory_fd < 0)
        return store_complain(complaint, store, "cannot open the directory");
    return 0;
}

static int store_lock(struct store *store, struct complaint *complaint)
{
    store->lock_fd = openat(store->directory_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (store->lock_fd < 0)
        return store_complain(complaint, store, "cannot open the lock file");
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return store_complain(complaint, store, "cannot lock the directory");
    complain(complaint, "", store->directory, "another process holds this directory");
    return STORE_E_LOCKED;
}

/* How many pages from `first` on stand in LMDB's own list of free pages (its database 0: a count, then page
 * numbers). */
static int store_free_pages(struct store *store, uint64_t first, uint64_t *count_out)
{
    MDB_txn *txn;
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    *count_out = 0;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return store_code(store, "begin", rc);
    rc = mdb_cursor_open(txn, 0, &cursor);
    for (bool more = rc == 0; more; more = rc == 0) {
        size_t listed = 0, page;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
        if (rc == 0 && value.mv_size >= sizeof listed)
            memcpy(&listed, value.mv_data, sizeof listed);
        for (size_t i = 1; rc == 0 && i <= listed && (i + 1) * sizeof page <= value.mv_size; i++) {
            memcpy(&page, (const char *)value.mv_data + i * sizeof page, sizeof page);
            *count_out += page >= first ? 1 : 0;
        }
    }
    if (cursor != NULL)
        mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    return rc == MDB_NOTFOUND ? 0 : STORE_E_CORRUPT;
}

/* A file may be shorter than its meta page says: pages that were taken and freed in one transaction are never
 * written. Any other page missing at the end is damage, and would end the process by SIGBUS when it is first
 * read; so the file is made as long as it should be before anything is read from it. */
static int store_size_check(struct store *store, int fd)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat status;
    uint64_t free_pages;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat) != 0 ||
        fstat(fd, &status) != 0)
        return -EIO;
    uint64_t pages = (uint64_t)status.st_size / stat.ms_psize;
    if (pages > info.me_last_pgno)
        return 0;
    if (ftruncate(fd, (off_t)((info.me_last_pgno + 1) * stat.ms_psize)) != 0)
        return error_from_errno();
    int rc = store_free_pages(store, pages, &free_pages);
    if (rc == 0 && free_pages == info.me_last_pgno + 1 - pages)
        return 0;
    return ftruncate(fd, status.st_size) == 0 ? STORE_E_CORRUPT : error_from_errno(); /* as it was found */
}

static int store_env_open(struct store *store, const struct store_options *options)
{
    unsigned flags = MDB_NOTLS | (options->durable ? 0 : MDB_NOSYNC);
    int fd, dead, rc = mdb_env_create(&store->env);
    if (rc != 0)
        return store_code(store, "create", rc);
    (void)mdb_env_set_assert(store->env, store_lmdb_assert);
    if ((rc = mdb_env_set_mapsize(store->env, options->map_bytes_max)) != 0 ||
        (rc = mdb_env_set_maxreaders(store->env, STORE_READERS_MAX)) != 0 ||
        (rc = mdb_env_open(store->env, store->directory, flags, 0640)) != 0 ||
        (rc = mdb_env_get_fd(store->env, &fd)) != 0 || (rc = mdb_reader_check(store->env, &dead)) != 0)
        return store_code(store, "open", rc);
    store->data_fd = fd;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return error_from_errno();
    rc = store_size_check(store, fd);
    /* LMDB flushes neither a new file's size nor its directory entry. */
    if (rc == 0 && options->durable && (fsync(fd) != 0 || fsync(store->directory_fd) != 0))
        return error_from_errno();
    return rc;
}

/* The main database exists always, so its handle needs no commit. */
static int store_dbi_open(struct store *store)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (rc != 0)
        return store_code(store, "begin", rc);
    rc = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    mdb_txn_abort(txn);
    return store_code(store, "open the database", rc);
}

static bool store_is_empty(struct store *store)
{
    MDB_stat stat;
    return mdb_env_stat(store->env, &stat) == 0 && stat.ms_entries == 0;
}

/* Stamps a new store; a store without a stamp gives UINT64_MAX. */
static int store_schema_read(struct store *store, uint32_t schema, uint64_t *found_out)
{
    struct key key = key_of(STORE_TABLE_OWN), stamp = {.bytes = 0};
    struct store_txn *txn;
    struct bytes value;
    key_add_text(&key, TEXT("schema"));
    key_add_u64(&stamp, schema);
    int rc = store_begin_write(store, &txn);
    if (rc != 0)
        return rc;
    if (store_is_empty(store))
        store_put(txn, &key, (struct bytes){stamp.at, stamp.bytes});
    *found_out = UINT64_MAX;
    if (store_get(txn, &key, &value)) {
        struct key_reader reader = {.rest = value};
        (void)key_read_u64(&reader, found_out);
    }
    return store_commit_take(txn);
}

/* Another version than the program's is refused. Migration steps would stand here. */
static int store_schema_check(struct store *store, uint32_t schema, struct complaint *complaint)
{
    uint64_t found;
    int rc = store_schema_read(store, schema, &found);
    if (rc != 0) {
        complain(complaint, "", store->directory, "the store's schema version cannot be read%s",
                 rc == STORE_E_DISK_FULL ? ": the disk is full" : "");
        return rc;
    }
    if (found == schema)
        return 0;
    if (found == UINT64_MAX) {
        complain(complaint, "", store->directory,
                 "the store has no schema version: it is damaged or not duban's");
        return STORE_E_CORRUPT;
    }
    complain(complaint, "", store->directory,
             "the store has schema version %ju; this program needs version %ju", (uintmax_t)found,
             (uintmax_t)schema);
    return STORE_E_SCHEMA;
}

static int store_open_steps(struct store *store, const struct store_options *options,
                            struct complaint *complaint)
{
    int rc = store_directory_open(store, complaint);
    if (rc == 0)
        rc = store_lock(store, complaint);
    if (rc != 0)
        return rc;
    rc = store_env_open(store, options);
    if (rc == 0)
        rc = store_dbi_open(store);
    if (rc == STORE_E_CORRUPT)
        complain(complaint, "", store->directory, "data.mdb is damaged or cut short");
    else if (rc != 0)
        complain(complaint, "", store->directory, "cannot open data.mdb: %s",
                 rc == STORE_E_DISK_FULL ? "the disk is full"
                 : rc > 0                ? "its map is full"
                                         : error_text(rc));
    if (rc != 0)
        return rc;
    return store_schema_check(store, options->schema, complaint);
}

int store_open(const struct store_options *options, struct store **store_out, struct complaint *complaint)
{
    struct store *store = memory_alloc(sizeof(*store));
    size_t bytes = strlen(options->directory) + 1;
    store->directory = memory_alloc(bytes);
    memcpy(store->directory, options->directory, bytes);
    store->directory_fd = store->lock_fd = store->data_fd = -1;
    store->durable = options->durable;
    buffer_open(&store->scratch, STORE_VALUE_BYTES_MAX + STORE_CHECKSUM_BYTES);
    int rc = store_open_steps(store, options, complaint);
    if (rc != 0) {
        store_close(store);
        return rc;
    }
    *store_out = store;
    return 0;
}

void store_close(struct store *store)
{
    if (store->env != NULL)
        mdb_env_close(store->env);
    if (store->lock_fd >= 0)
        (void)close(store->lock_fd);
    if (store->directory_fd >= 0)
        (void)close(store->directory_fd);
    buffer_close(&store->scratch);
    free(store->directory);
    free(store);
}

unsigned store_used_bp(struct store *store)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(store->env, &info) != 0 || mdb_env_stat(store->env, &stat) != 0)
        return 10000;
    size_t pages = stat.ms_leaf_pages + stat.ms_branch_pages + stat.ms_overflow_pages;
    size_t pages_max = info.me_mapsize / stat.ms_psize;
    return pages >= pages_max ? 10000 : (unsigned)(pages * 10000 / pages_max);
}

uint64_t store_commits(const struct store *store)
{
    return store->commits;
}

/* ---- copies ---- */
static int store_copy_into(struct store *store, int directory_fd)
{
    static const char part[] = "data.mdb.part";
    int fd = openat(directory_fd, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        return error_from_errno();
    int rc = store_code(store, "copy", mdb_env_copyfd2(store->env, fd, MDB_CP_COMPACT));
    if (rc == 0 && fsync(fd) != 0)
        rc = error_from_errno();
    if (close(fd) != 0 && rc == 0)
        rc = error_from_errno();
    if (rc == 0 && linkat(directory_fd, part, directory_fd, "data.mdb", 0) != 0)
        rc = error_from_errno(); /* EEXIST: it holds a store */
    (void)unlinkat(directory_fd, part, 0);
    if (rc == 0 && fsync(directory_fd) != 0)
        rc = error_from_errno();
    return rc;
}

int store_copy(struct store *store, const char *directory)
{
    if (mkdir(directory, 0750) != 0 && errno != EEXIST)
        return error_from_errno();
    int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_fd < 0)
        return error_from_errno();
    int rc = store_copy_into(store, directory_fd);
    (void)close(directory_fd);
    return rc;
}

/* ---- transactions ---- */
static int store_begin(struct store *store, bool writable, struct store_txn **txn_out)
{
    struct store_txn *txn = memory_alloc(sizeof(*txn));
    *txn = (struct store_txn){.store = store, .writable = writable};
    int rc = mdb_txn_begin(store->env, NULL, writable ? 0 : MDB_RDONLY, &txn->lmdb);
    if (rc != 0) {
        free(txn);
        return store_code(store, "begin", rc);
    }
    *txn_out = txn;
    return 0;
}

int store_begin_read(struct store *store, struct store_txn **txn_out)
{
    return store_begin(store, false, txn_out);
}

int store_begin_write(struct store *store, struct store_txn **txn_out)
{
    return store_begin(store, true, txn_out);
}

int store_commit_take(struct store_txn *txn)
{
    int error = txn->error;
    if (error != 0 || !txn->writable) {
        store_abort_take(txn);
        return error;
    }
    ASSERT(txn->walks == 0);
    error = store_make_room(txn);
    if (error != 0) {
        store_abort_take(txn);
        return error;
    }
    /* LMDB frees the transaction even if the commit fails; what reached the disk then is known only after a
     * restart. */
    int rc = store_commit_code(txn->store, mdb_txn_commit(txn->lmdb));
    if (rc == 0)
        txn->store->commits++;
    free(txn);
    return rc;
}

void store_abort_take(struct store_txn *txn)
{
    ASSERT(txn->walks == 0);
    mdb_txn_abort(txn->lmdb);
    free(txn);
}

int store_error(const struct store_txn *txn)
{
    return txn->error;
}

/* ---- values ---- */
static MDB_val store_val(struct bytes b)
{
    union {
        const void *constant;
        void *plain; /* LMDB does not write through it */
    } at = {.constant = b.at};
    return (MDB_val){b.bytes, at.plain};
}

static struct bytes store_bytes(MDB_val val)
{
    return (struct bytes){val.mv_data, val.mv_size};
}

static uint64_t store_checksum(struct bytes key, struct bytes value)
{
    return digest_checksum(value, digest_checksum(key, 0));
}

/* Takes the checksum off; damage fails the transaction. */
static bool store_value_open(struct store_txn *txn, struct bytes key, struct bytes raw,
                             struct bytes *value_out)
{
    if (raw.bytes >= STORE_CHECKSUM_BYTES) {
        struct bytes value = {raw.at, raw.bytes - STORE_CHECKSUM_BYTES};
        struct key_reader reader = {.rest = {raw.at + value.bytes, STORE_CHECKSUM_BYTES}};
        uint64_t checksum;
        if (key_read_u64(&reader, &checksum) && checksum == store_checksum(key, value)) {
            *value_out = value;
            return true;
        }
    }
    log_error(LOG_GENERAL, "store %s: a value of table %u is damaged", txn->store->directory, key.at[0]);
    txn->error = STORE_E_CORRUPT;
    return false;
}

bool store_get(struct store_txn *txn, const struct key *key, struct bytes *value_out)
{
    struct bytes at = {key->at, key->bytes};
    MDB_val lmdb_key = store_val(at), raw;
    *value_out = (struct bytes){NULL, 0};
    if (txn->error != 0)
        return false;
    int rc = mdb_get(txn->lmdb, txn->store->dbi, &lmdb_key, &raw);
    if (rc == MDB_NOTFOUND)
        return false;
    store_fail(txn, "get", rc);
    return rc == 0 && store_value_open(txn, at, store_bytes(raw), value_out);
}

void store_put(struct store_txn *txn, const struct key *key, struct bytes value)
{
    ASSERT(txn->writable);
    if (txn->error != 0)
        return;
    struct buffer *scratch = &txn->store->scratch;
    struct bytes at = {key->at, key->bytes};
    uint64_t checksum = store_checksum(at, value);
    struct key trailer = {.bytes = 0};
    key_add_u64(&trailer, checksum);
    /* Copied first: the value may lie in a page that this put moves. */
    buffer_reset(scratch);
    buffer_append(scratch, value.at, value.bytes);
    buffer_append(scratch, trailer.at, trailer.bytes);
    MDB_val lmdb_key = store_val(at), raw = store_val(buffer_view(scratch));
    txn->writes++;
    txn->bytes += at.bytes + raw.mv_size;
    store_fail(txn, "put", mdb_put(txn->lmdb, txn->store->dbi, &lmdb_key, &raw, 0));
}

bool store_delete(struct store_txn *txn, const struct key *key)
{
    ASSERT(txn->writable);
    if (txn->error != 0)
        return false;
    MDB_val lmdb_key = store_val((struct bytes){key->at, key->bytes});
    txn->writes++;
    int rc = mdb_del(txn->lmdb, txn->store->dbi, &lmdb_key, NULL);
    if (rc != MDB_NOTFOUND)
        store_fail(txn, "delete", rc);
    return rc == 0;
}

/* ---- walks ---- */
static bool store_key_has_prefix(struct bytes key, const struct key *prefix)
{
    return key.bytes >= prefix->bytes && memcmp(key.at, prefix->at, prefix->bytes) == 0;
}

/* Takes over what LMDB found: within the prefix and undamaged, or the walk is over. */
static bool store_walk_land(struct store_cursor *cursor, int rc, MDB_val found, MDB_val raw)
{
    struct store_walk *walk = cursor->lmdb;
    cursor->key = cursor->value = (struct bytes){NULL, 0};
    if (rc != 0 && rc != MDB_NOTFOUND)
        store_fail(cursor->txn, "walk", rc);
    struct bytes key = store_bytes(found);
    if (rc != 0 || !store_key_has_prefix(key, &cursor->prefix) ||
        !store_value_open(cursor->txn, key, store_bytes(raw), &cursor->value))
        return false;
    cursor->key = key;
    walk->writes = cursor->txn->writes;
    if (cursor->txn->writable) {
        ASSERT(key.bytes <= sizeof(walk->at.at));
        memcpy(walk->at.at, key.at, key.bytes);
        walk->at.bytes = key.bytes;
        cursor->key.at = walk->at.at;
    }
    return true;
}

static bool store_walk_open(struct store_txn *txn, const struct key *prefix, struct store_cursor *cursor_out)
{
    *cursor_out = (struct store_cursor){.prefix = *prefix, .txn = txn};
    if (txn->error != 0)
        return false;
    struct store_walk *walk = memory_alloc(sizeof(*walk));
    int rc = mdb_cursor_open(txn->lmdb, txn->store->dbi, &walk->cursor);
    if (rc != 0) {
        store_fail(txn, "walk", rc);
        free(walk);
        return false;
    }
    cursor_out->lmdb = walk;
    txn->walks++;
    return true;
}

bool store_first(struct store_txn *txn, const struct key *prefix, const struct key *from,
                 struct store_cursor *cursor_out)
{
    if (!store_walk_open(txn, prefix, cursor_out))
        return false;
    struct store_walk *walk = cursor_out->lmdb;
    bool later = from != NULL && text_compare((struct text){(const char *)from->at, from->bytes},
                                              (struct text){(const char *)prefix->at, prefix->bytes}) > 0;
    const struct key *start = later ? from : prefix;
    MDB_val key = store_val((struct bytes){start->at, start->bytes}), raw = {0, NULL};
    int rc = mdb_cursor_get(walk->cursor, &key, &raw, MDB_SET_RANGE);
    return store_walk_land(cursor_out, rc, key, raw);
}

/* The last key below a bound, or the very last one when there is no bound (bytes == 0). */
static bool store_walk_before(struct store_cursor *cursor, const struct key *bound)
{
    struct store_walk *walk = cursor->lmdb;
    MDB_val key = store_val((struct bytes){bound->at, bound->bytes}), raw = {0, NULL};
    int rc = bound->bytes > 0 ? mdb_cursor_get(walk->cursor, &key, &raw, MDB_SET_RANGE) : MDB_NOTFOUND;
    if (rc == 0 || rc == MDB_NOTFOUND)
        rc = mdb_cursor_get(walk->cursor, &key, &raw, rc == 0 ? MDB_PREV : MDB_LAST);
    return store_walk_land(cursor, rc, key, raw);
}

bool store_last(struct store_txn *txn, const struct key *prefix, struct store_cursor *cursor_out)
{
    if (!store_walk_open(txn, prefix, cursor_out))
        return false;
    struct key behind = *prefix; /* the first key behind all that begin with the prefix */
    while (behind.bytes > 0 && behind.at[behind.bytes - 1] == 0xFF)
        behind.bytes--;
    if (behind.bytes > 0)
        behind.at[behind.bytes - 1]++;
    return store_walk_before(cursor_out, &behind);
}

/* False when the walk is over or its transaction failed. */
static bool store_walk_goes_on(struct store_cursor *cursor)
{
    if (cursor->key.at != NULL && cursor->txn->error == 0)
        return true;
    cursor->key = cursor->value = (struct bytes){NULL, 0};
    return false;
}

static bool store_walk_is_stale(const struct store_cursor *cursor)
{
    const struct store_walk *walk = cursor->lmdb;
    return walk->writes != cursor->txn->writes;
}

bool store_next(struct store_cursor *cursor)
{
    if (!store_walk_goes_on(cursor))
        return false;
    struct store_walk *walk = cursor->lmdb;
    MDB_val key = store_val(cursor->key), raw = {0, NULL};
    bool step = true;
    int rc = 0;
    if (store_walk_is_stale(cursor)) {
        rc = mdb_cursor_get(walk->cursor, &key, &raw, MDB_SET_RANGE);
        step =
            rc == 0 && key.mv_size == walk->at.bytes && memcmp(key.mv_data, walk->at.at, walk->at.bytes) == 0;
    }
    if (step)
        rc = mdb_cursor_get(walk->cursor, &key, &raw, MDB_NEXT);
    return store_walk_land(cursor, rc, key, raw);
}

bool store_previous(struct store_cursor *cursor)
{
    if (!store_walk_goes_on(cursor))
        return false;
    struct store_walk *walk = cursor->lmdb;
    if (store_walk_is_stale(cursor))
        return store_walk_before(cursor, &walk->at);
    MDB_val key, raw = {0, NULL};
    int rc = mdb_cursor_get(walk->cursor, &key, &raw, MDB_PREV);
    return store_walk_land(cursor, rc, key, raw);
}

void store_cursor_end(struct store_cursor *cursor)
{
    struct store_walk *walk = cursor->lmdb;
    if (walk == NULL)
        return;
    mdb_cursor_close(walk->cursor);
    free(walk);
    cursor->txn->walks--;
    cursor->lmdb = NULL;
}

/* ---- digest ---- */
static void store_digest_add(struct digest_state *state, struct bytes b)
{
    struct key length = {.bytes = 0};
    key_add_u64(&length, b.bytes);
    digest_add(state, length.at, length.bytes);
    digest_add(state, b.at, b.bytes);
}

int store_digest(struct store *store, store_table tables_below, struct digest *digest_out)
{
    struct key all = {.bytes = 0}, first = key_of(0);
    struct digest_state state;
    struct store_cursor c;
    struct store_txn *txn;
    int rc = store_begin_read(store, &txn);
    if (rc != 0)
        return rc;
    digest_begin(&state);
    for (bool more = store_first(txn, &all, &first, &c); more && c.key.at[0] < tables_below;
         more = store_next(&c)) {
        store_digest_add(&state, c.key);
        store_digest_add(&state, c.value);
    }
    store_cursor_end(&c);
    *digest_out = digest_end(&state);
    return store_commit_take(txn);
}
