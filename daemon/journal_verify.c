/* journal_verify.c - recomputes checksums and the hash chain over all segments, without lock or index, also
 * beside a running daemon.
 *
 * Beside a running daemon a bad record may be one that is being written just now. It is damage only if
 * something written later vouches for it and it is still bad when read again after that.
 */
#include "base/log.h"
#include "daemon/journal_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct verification {
    struct walk walk;
    struct journal_verdict verdict;
    struct digest chain;
    uint64_t expected;
    int64_t received_us;
    uint64_t bytes_done, bytes_all;
    void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all);
    void *context;
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
    return 0;
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

int journal_verify_on(struct disk *disk, const char *directory,
                      void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all),
                      void *context, struct journal_verdict *verdict_out, struct complaint *complaint)
{
    char path[JOURNAL_PATH_BYTES];
    struct verification verification = {.expected = 1,
                                        .received_us = INT64_MIN,
                                        .on_progress = on_progress,
                                        .context = context,
                                        .complaint = complaint};
    digest_init();
    snprintf(path, sizeof path, "%s/segments", directory);
    walk_open(&verification.walk, disk, path);
    bool found = true;
    int code = 0;
    while (found && code == 0)
        code = verify_next(&verification, &found);
    if (code == 0 && verification.walk.head.first == 0) {
        complain(complaint, "", path, "no journal in %s", path);
        code = JOURNAL_E_GONE;
    } else if (code < 0)
        complain(complaint, "", path, "cannot read %s: %s", path, error_text(code));
    walk_close(&verification.walk);
    verification.verdict.first = verification.verdict.events > 0 ? 1 : 0;
    verification.verdict.head = verification.chain;
    *verdict_out = verification.verdict;
    return code;
}

int journal_verify(const char *directory,
                   void (*on_progress)(void *context, uint64_t bytes_done, uint64_t bytes_all), void *context,
                   struct journal_verdict *verdict_out, struct complaint *complaint)
{
    return journal_verify_on(disk_real(), directory, on_progress, context, verdict_out, complaint);
}
