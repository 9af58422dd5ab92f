/* journal_verify.c - recomputes checksums and the hash chain over all segments, without lock or index, also
 * beside a running daemon; journal_scan shows each entry on the way.
 *
 * Beside a running daemon a bad record may be one that is being written just now. It is damage only if
 * something written later vouches for it and it is still bad when read again after that.
 *
 * Nothing later vouches for the very last entry. So while no daemon has the journal, it is locked for a
 * moment, and then the index is asked which entry it knew last, and nothing may stand behind the last record.
 */
#include "base/log.h"
#include "daemon/journal_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

enum { VERIFY_IN_USE = -1, VERIFY_NO_LOCK = -2 };

struct verification {
    struct walk walk;
    struct journal_verdict verdict;
    struct digest chain;
    uint64_t expected;
    int64_t received_us;
    uint64_t bytes_done, bytes_all;
    void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all);
    void *context;
    int (*each)(void *context, const struct entry *entry); /* or NULL */
    struct complaint *complaint;
};

static int verify_corrupt(struct verification *verification, const char *what)
{
    walk_complain(&verification->walk, verification->expected, what, verification->complaint);
    return JOURNAL_E_CORRUPT;
}

static void verify_report(struct verification *verification, uint64_t bytes)
{
    enum { REPORT_BYTES = 1048576 };
    uint64_t before = verification->bytes_done;
    verification->bytes_done += bytes;
    if (verification->on_progress != NULL && before / REPORT_BYTES != verification->bytes_done / REPORT_BYTES)
        verification->on_progress(verification->context, verification->bytes_done, verification->bytes_all);
}

static int verify_each(struct verification *verification, const struct record *record)
{
    const struct entry entry = {.seq = record->seq,
                                .received_us = record->received_us,
                                .publisher = record->publisher,
                                .body = record->body};
    return verification->each != NULL ? verification->each(verification->context, &entry) : 0;
}

static int verify_record(struct verification *verification, const struct record *record, size_t bytes)
{
    struct digest chain = record_chain(&verification->chain, record);
    if (memcmp(chain.at, record->chain.at, DIGEST_BYTES) != 0)
        return verify_corrupt(verification, "the hash chain is broken");
    if (record->received_us < verification->received_us)
        return verify_corrupt(verification, "the receive time goes back");
    verification->chain = chain;
    verification->received_us = record->received_us;
    verification->expected++;
    verification->verdict.events++;
    verification->verdict.bytes += bytes;
    verification->verdict.last = record->seq;
    verification->walk.offset += bytes;
    verify_report(verification, bytes);
    return verify_each(verification, record);
}

/* All records from the offset on that continue the journal. */
static int verify_records(struct verification *verification)
{
    for (;;) {
        struct record record;
        size_t bytes;
        enum record_state state;
        int code = walk_peek(&verification->walk, true, &record, &bytes, &state);
        if (code != 0)
            return code;
        if (state != RECORD_FINE || record.seq != verification->expected)
            return 0;
        code = verify_record(verification, &record, bytes);
        if (code != 0)
            return code;
    }
}

/* The records stop here: is a later one proof that they should not? *again_out: it was being written, go on.
 */
static int verify_end(struct verification *verification, bool *again_out)
{
    struct walk *walk = &verification->walk;
    uint64_t offset = walk->offset;
    struct record record;
    size_t bytes;
    enum record_state state;
    bool witness;
    *again_out = false;
    int code = walk_find_witness(walk, verification->expected, &witness);
    walk->offset = offset;
    walk->buffer_bytes = 0;
    if (code != 0 || !witness)
        return code;
    code = walk_peek(walk, true, &record, &bytes, &state);
    if (code != 0)
        return code;
    *again_out = state == RECORD_FINE && record.seq == verification->expected;
    return *again_out ? 0
                      : verify_corrupt(verification, "acknowledged (a later record says so), but damaged");
}

static int verify_segment(struct verification *verification, uint64_t first)
{
    struct walk *walk = &verification->walk;
    int code = walk_segment(walk, first, verification->complaint);
    if (code != 0)
        return code;
    if (memcmp(walk->head.chain.at, verification->chain.at, DIGEST_BYTES) != 0)
        return verify_corrupt(verification, "the hash chain is broken between two segments");
    for (bool again = true; again && code == 0;) {
        code = verify_records(verification);
        if (code == 0)
            code = verify_end(verification, &again);
    }
    return code;
}

/* Goes through the segments that exist now and are not behind; *found_out: there was one to go on with. */
static int verify_next(struct verification *verification, bool *found_out)
{
    uint64_t *firsts = NULL;
    size_t count = 0, i = 0;
    struct walk *walk = &verification->walk;
    *found_out = false;
    int code = segment_list(walk->disk, walk->directory, &firsts, &count);
    if (code != 0)
        return code;
    while (i < count && firsts[i] <= walk->head.first)
        i++;
    if (i < count) {
        *found_out = true;
        verification->bytes_all = (count - i) * walk->head.bytes + verification->bytes_done;
        if (walk->handle >= 0) /* it was started after the last look: all before it is on disk by now */
            code = verify_records(verification);
        if (code == 0 && firsts[i] != verification->expected) {
            code = verify_corrupt(verification, "acknowledged (a later segment exists), but damaged or gone");
        } else if (code == 0)
            code = verify_segment(verification, firsts[i]);
    }
    free(firsts);
    return code;
}

static int verify_segments(struct verification *verification)
{
    bool found = true;
    int code = 0;
    while (found && code == 0)
        code = verify_next(verification, &found);
    return code;
}

/* ---- the end ---- */

/* Keeps a daemon from starting until it is closed. VERIFY_NO_LOCK: there is none, as in a copy. */
static int verify_lock(const char *directory)
{
    char path[JOURNAL_PATH_BYTES];
    snprintf(path, sizeof path, "%s/lock", directory);
    int lock = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0)
        return errno == ENOENT ? VERIFY_NO_LOCK : VERIFY_IN_USE;
    if (flock(lock, LOCK_SH | LOCK_NB) == 0)
        return lock;
    close(lock);
    return VERIFY_IN_USE;
}

static int verify_index(struct verification *verification, const char *directory)
{
    struct index_cursor cursor =
        journal_index_peek(directory, (struct text){verification->walk.head.id, JOURNAL_ID_BYTES});
    if (cursor.at.seq < verification->expected)
        return 0;
    complain(verification->complaint, "", directory,
             "acknowledged (the index knows entries up to %" PRIu64 "), but damaged or gone: entry %" PRIu64
             " at byte %" PRIu64 " of segment %020" PRIu64,
             cursor.at.seq, verification->expected, verification->walk.offset, verification->walk.head.first);
    return JOURNAL_E_CORRUPT;
}

static size_t verify_count_nonzero(const unsigned char *at, size_t bytes)
{
    size_t count = 0;
    for (size_t i = 0; i < bytes; i++)
        count += at[i] != 0;
    return count;
}

/* How many bytes behind the last record are not zero; *missing_out: how many the file lacks. */
static int verify_count_rest(struct verification *verification, uint64_t *nonzero_out, uint64_t *missing_out)
{
    struct walk *walk = &verification->walk;
    uint64_t at = walk->offset;
    size_t got = 1;
    int code = 0;
    *nonzero_out = *missing_out = 0;
    walk->buffer_bytes = 0;
    for (; code == 0 && got > 0 && at < walk->head.bytes; at += got) {
        uint64_t left = walk->head.bytes - at;
        size_t bytes = left < READ_AHEAD_BYTES ? (size_t)left : READ_AHEAD_BYTES;
        code = walk->disk->ops->read(walk->disk, walk->handle, at, walk->buffer, bytes, &got);
        *nonzero_out += code == 0 ? verify_count_nonzero(walk->buffer, got) : 0;
    }
    *missing_out = at < walk->head.bytes ? walk->head.bytes - at : 0;
    return code;
}

static int verify_rest(struct verification *verification)
{
    uint64_t nonzero, missing;
    int code = verify_count_rest(verification, &nonzero, &missing);
    if (code != 0 || (nonzero == 0 && missing == 0))
        return code;
    struct walk *walk = &verification->walk;
    char path[JOURNAL_PATH_BYTES], what[96];
    segment_path(walk->directory, walk->head.first, path);
    snprintf(what, sizeof what,
             missing > 0 ? "the segment is %" PRIu64 " bytes shorter than it was made"
                         : "%" PRIu64 " bytes behind it are not empty",
             missing > 0 ? missing : nonzero);
    complain(verification->complaint, "", path,
             "entry %" PRIu64
             " is the last whole one, but %s: an entry was damaged, or a crash cut an append "
             "off (duband tells when it starts); byte %" PRIu64 " of %s",
             verification->expected - 1, what, walk->offset, path);
    return JOURNAL_E_CORRUPT;
}

/* What was appended since the first look, then the end of it all. */
static int verify_finish(struct verification *verification, const char *directory)
{
    int lock = verify_lock(directory);
    if (lock == VERIFY_IN_USE)
        return 0;
    int code = verify_segments(verification);
    if (code == 0)
        code = verify_records(verification);
    if (code == 0)
        code = verify_index(verification, directory);
    if (code == 0)
        code = verify_rest(verification);
    if (lock >= 0)
        close(lock);
    return code;
}

static int verify_run(struct verification *verification, struct disk *disk, const char *directory,
                      struct journal_verdict *verdict_out)
{
    char path[JOURNAL_PATH_BYTES];
    struct complaint *complaint = verification->complaint;
    verification->expected = 1;
    verification->received_us = INT64_MIN;
    digest_init();
    snprintf(path, sizeof path, "%s/segments", directory);
    walk_open(&verification->walk, disk, path);
    int code = verify_segments(verification);
    if (code == 0 && verification->walk.head.first == 0) {
        complain(complaint, "", path, "no journal in %s", path);
        code = JOURNAL_E_GONE;
    } else if (code == 0)
        code = verify_finish(verification, directory);
    if (code < 0)
        complain(complaint, "", path, "cannot read %s: %s", path, error_text(code));
    walk_close(&verification->walk);
    verification->verdict.first = verification->verdict.events > 0 ? 1 : 0;
    verification->verdict.head = verification->chain;
    *verdict_out = verification->verdict;
    return code;
}

int journal_verify_on(struct disk *disk, const char *directory,
                      void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all),
                      void *context, struct journal_verdict *verdict_out, struct complaint *complaint)
{
    struct verification verification = {
        .on_progress = on_progress, .context = context, .complaint = complaint};
    return verify_run(&verification, disk, directory, verdict_out);
}

int journal_verify(const char *directory,
                   void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all), void *context,
                   struct journal_verdict *verdict_out, struct complaint *complaint)
{
    return journal_verify_on(disk_real(), directory, on_progress, context, verdict_out, complaint);
}

int journal_scan(const char *directory, int (*each)(void *context, const struct entry *entry),
                 void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all), void *context,
                 struct journal_verdict *verdict_out, struct complaint *complaint)
{
    struct verification verification = {
        .each = each, .on_progress = on_progress, .context = context, .complaint = complaint};
    return verify_run(&verification, disk_real(), directory, verdict_out);
}
