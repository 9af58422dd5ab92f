/* Goal: whatever was acknowledged is there exactly once, in order and unchanged, wherever the machine stops
 * and whatever part of unsynced data it keeps. Method: a fixed story of appends on a simulated disk is
 * stopped (or made to fail) at its 1st, 2nd, … n-th disk operation until it passes untouched, each with
 * several seeds; then the journal is opened again, itself stopped at each operation, compared, and the story
 * goes on. Bits flipped in acknowledged data must be told, never passed on. */
#include "base/arena.h"
#include "base/log.h"
#include "daemon/journal.h"
#include "daemon/journal_parts.h"
#include "tests/support/disk_fault.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    STORY_EVENTS = 90,
    BATCH_MAX = 17,
    BODY_BYTES_MAX = 2200,
    SEEDS = 4,
    SEGMENT_SMALL_BYTES = 16384,
    INDEX_EVENTS = 20,
};

/* One life of a journal: what was asked, what was acknowledged. */
struct story {
    char directory[128];
    struct disk_fault *fault;
    struct journal *journal;
    unsigned char bodies[STORY_EVENTS][BODY_BYTES_MAX];
    size_t bodies_bytes[STORY_EVENTS];
    unsigned acknowledged;    /* events 0 … acknowledged - 1 have sequence numbers 1 … acknowledged */
    unsigned char index_lost; /* remove the index at each restart */
};

static int story_remove_each(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void story_remove(const char *path)
{
    (void)nftw(path, story_remove_each, 16, FTW_DEPTH | FTW_PHYS);
}

static void story_remove_index(const struct story *story)
{
    char path[160];
    snprintf(path, sizeof path, "%s/index", story->directory);
    story_remove(path);
}

/* Bodies of 20 bytes to 2 KiB, one of them longer than most batches. */
static void story_write_bodies(struct story *story)
{
    for (unsigned i = 0; i < STORY_EVENTS; i++) {
        int head = snprintf((char *)story->bodies[i], BODY_BYTES_MAX, "/source event-%04u ", i);
        size_t bytes = (size_t)head + (i * 37 % 11 == 0 ? 2000 : i * 53 % 400);
        for (size_t at = (size_t)head; at < bytes; at++)
            story->bodies[i][at] = (unsigned char)(at * i + at / 7);
        story->bodies_bytes[i] = bytes;
    }
}

static struct story *story_open(void)
{
    struct story *story = memory_alloc(sizeof *story);
    const char *base = getenv("TMPDIR");
    snprintf(story->directory, sizeof story->directory, "%.90s/duban-crash-XXXXXX",
             base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(story->directory));
    story->fault = disk_fault_open();
    story_write_bodies(story);
    return story;
}

static void story_close(struct story *story)
{
    if (story->journal != NULL)
        journal_abandon(story->journal);
    disk_fault_close(story->fault);
    story_remove(story->directory);
    free(story);
}

static int story_start(struct story *story, struct complaint *complaint)
{
    struct journal_options options = {.directory = story->directory,
                                      .segment_bytes = SEGMENT_SMALL_BYTES,
                                      .disk = disk_fault_disk(story->fault),
                                      .index_events = INDEX_EVENTS};
    int code = journal_open(&options, &story->journal, complaint);
    if (code != 0)
        story->journal = NULL;
    return code;
}

static struct append story_event(const struct story *story, unsigned number)
{
    const unsigned char *body = story->bodies[number];
    return (struct append){.body = {body, story->bodies_bytes[number]},
                           .publisher = TEXT("uid:7"),
                           .source = {(const char *)body, 7},
                           .id = {(const char *)body + 8, 10},
                           .received_us = 1000 + number};
}

/* The batch that follows the acknowledged events; sizes vary, a repeated and a conflicting event come along.
 */
static size_t story_batch(const struct story *story, struct append *batch)
{
    unsigned first = story->acknowledged, count = 1 + first * 7 % 13;
    if (count > STORY_EVENTS - first)
        count = STORY_EVENTS - first;
    for (unsigned i = 0; i < count; i++)
        batch[i] = story_event(story, first + i);
    batch[count] = story_event(story, first); /* repeated inside the batch */
    batch[count + 1] = story_event(story, first / 2);
    batch[count + 1].body.bytes -= 1;
    return count;
}

/* Events that were not acknowledged may be stored already: then they are duplicates of themselves. */
static int story_append(struct story *story)
{
    struct append batch[BATCH_MAX];
    size_t count = story_batch(story, batch);
    int code = journal_append(story->journal, batch, count + 2);
    if (code != 0)
        return code;
    for (size_t i = 0; i < count; i++) {
        assert_true(batch[i].result == APPEND_NEW || batch[i].result == APPEND_DUPLICATE);
        assert_int_equal(batch[i].seq, story->acknowledged + i + 1);
    }
    assert_int_equal(batch[count].result, APPEND_DUPLICATE);
    assert_int_equal(batch[count].seq, story->acknowledged + 1);
    assert_int_equal(batch[count + 1].result, APPEND_CONFLICT);
    assert_int_equal(batch[count + 1].seq, story->acknowledged / 2 + 1);
    story->acknowledged += (unsigned)count;
    return 0;
}

/* Goes on until the end or the first error. A clean close and start lie in the middle. */
static int story_run(struct story *story)
{
    bool closed = false;
    struct complaint complaint = {.message = ""};
    while (story->acknowledged < STORY_EVENTS) {
        int code = story_append(story);
        if (code != 0)
            return code;
        if (!closed && story->acknowledged > STORY_EVENTS / 2) {
            closed = true;
            journal_close(story->journal);
            code = story_start(story, &complaint);
            if (code != 0)
                return code;
        }
    }
    return 0;
}

static void story_compare_entry(const struct story *story, const struct entry *entry)
{
    assert_in_range(entry->seq, 1, STORY_EVENTS);
    struct append expected = story_event(story, (unsigned)entry->seq - 1);
    assert_int_equal(entry->body.bytes, expected.body.bytes);
    assert_memory_equal(entry->body.at, expected.body.at, expected.body.bytes);
    assert_int_equal(entry->received_us, expected.received_us);
}

/* All that was acknowledged, perhaps some of the batch after it, nothing else; the chain holds. */
static void story_compare(struct story *story)
{
    struct journal_reader *reader;
    struct complaint complaint = {.message = ""};
    struct journal_verdict verdict;
    uint64_t head = journal_head(story->journal), read = 0;
    assert_in_range(head, story->acknowledged, story->acknowledged + BATCH_MAX);
    assert_int_equal(journal_reader_open(story->journal, &reader), 0);
    while (read < head) {
        struct entry entries[16];
        size_t count;
        int code = journal_read(reader, read + 1, 16, 4000, entries, &count, &complaint);
        if (code != 0)
            fail_msg("read from %ju: %d %s", (uintmax_t)(read + 1), code, complaint.message);
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(entries[i].seq, ++read);
            story_compare_entry(story, &entries[i]);
        }
    }
    journal_reader_close(reader);
    int code =
        journal_verify_on(disk_fault_disk(story->fault), story->directory, NULL, NULL, &verdict, &complaint);
    if (code != 0)
        fail_msg("verify: %d %s", code, complaint.message);
    assert_int_equal(verdict.last, head);
    struct digest digest = journal_head_digest(story->journal);
    assert_memory_equal(verdict.head.at, digest.at, DIGEST_BYTES);
}

static void story_crash(struct story *story, uint64_t seed)
{
    if (story->journal != NULL)
        journal_abandon(story->journal);
    story->journal = NULL;
    disk_fault_crash(story->fault, seed);
    if (story->index_lost)
        story_remove_index(story);
}

static void story_must_start(struct story *story)
{
    struct complaint complaint = {.message = ""};
    int code = story_start(story, &complaint);
    if (code != 0)
        fail_msg("start after a crash: %d %s", code, complaint.message);
}

/* After the crash: opens, compares, plays to the end. */
static void story_finish(struct story *story)
{
    story_must_start(story);
    story_compare(story);
    assert_int_equal(story_run(story), 0);
    assert_int_equal(journal_head(story->journal), STORY_EVENTS);
    story_compare(story);
    story_crash(story, 12345);
    story_must_start(story);
    story_compare(story);
}

static int story_begin_and_run(struct story *story)
{
    struct complaint complaint;
    int code = story_start(story, &complaint);
    return code != 0 ? code : story_run(story);
}

/* ---- stops ---- */
static void stop_everywhere(bool index_lost, uint64_t seeds)
{
    bool hit = true;
    for (uint64_t at = 1; hit; at++)
        for (uint64_t seed = 0; seed < seeds && hit; seed++) {
            struct story *story = story_open();
            story->index_lost = index_lost;
            disk_fault_stop(story->fault, at);
            int code = story_begin_and_run(story);
            hit = disk_fault_was_hit(story->fault);
            assert_true(hit ? code < 0 : code == 0);
            story_crash(story, at * 1000 + seed);
            story_finish(story);
            story_close(story);
        }
}

static void test_stop_at_every_operation(void **state)
{
    (void)state;
    stop_everywhere(false, SEEDS);
}

static void test_stop_at_every_operation_and_lose_the_index(void **state)
{
    (void)state;
    stop_everywhere(true, SEEDS / 2);
}

/* The recovery itself stops at each of its operations, then once more somewhere else. */
static void test_stop_during_recovery(void **state)
{
    (void)state;
    for (uint64_t at = 5; at < 90; at += 9) {
        bool hit = true;
        for (uint64_t again = 1; hit; again++) {
            struct story *story = story_open();
            struct complaint complaint;
            disk_fault_stop(story->fault, at);
            (void)story_begin_and_run(story);
            story_crash(story, at);
            for (unsigned round = 0; round < 2; round++) {
                disk_fault_stop(story->fault, again + round);
                int code = story_start(story, &complaint);
                if (round == 0)
                    hit = disk_fault_was_hit(story->fault);
                assert_true(code <= 0);
                story_crash(story, at * 100 + again * 10 + round);
            }
            story_finish(story);
            story_close(story);
        }
    }
}

/* A killed process leaves its last batch in the page cache; the machine stops while the next one reads it.
 * The index must not have learnt of entries that the disk then hasn't got. */
static void test_kill_then_stop_during_recovery(void **state)
{
    (void)state;
    for (uint64_t at = 16; at < 60; at += 2) {
        bool hit = true;
        for (uint64_t again = 1; hit; again++) {
            struct story *story = story_open();
            struct complaint complaint;
            disk_fault_stop(story->fault, at);
            (void)story_begin_and_run(story);
            if (story->journal != NULL)
                journal_abandon(story->journal);
            story->journal = NULL;
            if (at % 3 != 0)
                story_remove_index(story); /* then recovery commits to it all along */
            disk_fault_stop(story->fault, again);
            assert_true(story_start(story, &complaint) <= 0);
            hit = disk_fault_was_hit(story->fault);
            story_crash(story, at * 100 + again);
            story_finish(story);
            story_close(story);
        }
    }
}

/* Any number of lives, each cut off at random. */
static void test_many_short_lives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct story *story = story_open();
        struct complaint complaint;
        uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15);
        for (unsigned life = 0; life < 12; life++) {
            random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
            story->index_lost = (random >> 40) % 5 == 0;
            disk_fault_stop(story->fault, 1 + (random >> 33) % 40);
            if (story_start(story, &complaint) == 0) {
                disk_fault_clear(story->fault);
                story_compare(story);
                disk_fault_stop(story->fault, 1 + (random >> 20) % 60);
                (void)story_run(story);
            }
            story_crash(story, random);
        }
        story_finish(story);
        story_close(story);
    }
}

/* ---- failures ---- */
/* One operation fails; the process must stop by itself and the next one finds everything. */
static void fail_everywhere(int error)
{
    bool hit = true;
    for (uint64_t at = 1; hit; at++)
        for (uint64_t seed = 0; seed < 2 && hit; seed++) {
            struct story *story = story_open();
            disk_fault_fail(story->fault, at, error);
            int code = story_begin_and_run(story);
            hit = disk_fault_was_hit(story->fault);
            if (code == JOURNAL_E_FULL &&
                story->journal != NULL) { /* nothing was stored: there is room again, go on */
                story_compare(story);
                code = story_run(story);
                assert_int_equal(code, 0);
            } else if (code < 0 && story->journal != NULL) { /* final: no later append is tried */
                unsigned acknowledged = story->acknowledged;
                uint64_t operations = disk_fault_operations(story->fault);
                assert_true(acknowledged == STORY_EVENTS || story_append(story) == code);
                assert_int_equal(disk_fault_operations(story->fault), operations);
            }
            story_crash(story, at * 1000 + seed);
            story_finish(story);
            story_close(story);
        }
}

static void test_error_at_every_operation(void **state)
{
    (void)state;
    fail_everywhere(-EIO);
}

static void test_full_disk_at_every_operation(void **state)
{
    (void)state;
    fail_everywhere(-ENOSPC);
}

/* A process that goes on after a failed flush, with a page cache that says all is well. */
static void test_failed_flush_then_restart_without_a_crash(void **state)
{
    (void)state;
    bool hit = true;
    for (uint64_t at = 1; hit; at++) {
        struct story *story = story_open();
        disk_fault_fail(story->fault, at, -EIO);
        int code = story_begin_and_run(story);
        hit = disk_fault_was_hit(story->fault);
        if (story->journal != NULL)
            journal_abandon(story->journal);
        story->journal = NULL;
        assert_true(code <= 0);
        disk_fault_clear(story->fault);
        story_must_start(story); /* sees what is in memory, perhaps not on the medium */
        story_compare(story);
        story->acknowledged = (unsigned)journal_head(story->journal);
        story_crash(story, at);
        story_finish(story); /* what a reader could see must not be gone */
        story_close(story);
    }
}

static void test_small_disk_fills_and_goes_on(void **state)
{
    (void)state;
    struct story *story = story_open();
    struct complaint complaint;
    disk_fault_limit(story->fault, 2 * SEGMENT_SMALL_BYTES + 100);
    assert_int_equal(story_start(story, &complaint), 0);
    assert_int_equal(story_run(story), JOURNAL_E_FULL);
    assert_true(story->acknowledged > 0);
    assert_int_equal(journal_head(story->journal), story->acknowledged);
    story_compare(story);
    assert_int_equal(story_append(story), JOURNAL_E_FULL);
    disk_fault_limit(story->fault, 0);
    assert_int_equal(story_run(story), 0);
    story_compare(story);
    story_crash(story, 1);
    story_finish(story);
    story_close(story);
}

/* ---- damage ---- */
/* A flipped bit anywhere in acknowledged data: told at the start, by a reader or by verify; never other bytes
 * than were stored. */
static void damage_at(struct story *story, const char *path, uint64_t offset, bool index_lost, bool *told)
{
    struct complaint complaint = {.message = ""};
    struct journal_reader *reader;
    struct journal_verdict verdict;
    assert_true(disk_fault_flip(story->fault, path, offset, (unsigned)(offset % 8)));
    if (index_lost)
        story_remove_index(story);
    int code = story_start(story, &complaint);
    *told = code == JOURNAL_E_CORRUPT;
    assert_true(code == 0 || *told);
    uint64_t read = 0, head = code == 0 ? journal_head(story->journal) : 0;
    assert_true(code != 0 || head == STORY_EVENTS);
    if (code == 0)
        assert_int_equal(journal_reader_open(story->journal, &reader), 0);
    while (code == 0 && read < head) {
        struct entry entries[16];
        size_t count;
        code = journal_read(reader, read + 1, 16, 4000, entries, &count, &complaint);
        assert_true(code == 0 || code == JOURNAL_E_CORRUPT);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(entries[i].seq, ++read);
            story_compare_entry(story, &entries[i]);
        }
        *told = *told || code != 0;
    }
    assert_int_equal(*told, journal_verify_on(disk_fault_disk(story->fault), story->directory, NULL, NULL,
                                              &verdict, &complaint) == JOURNAL_E_CORRUPT);
    if (story->journal != NULL) {
        journal_reader_close(reader);
        journal_abandon(story->journal);
        story->journal = NULL;
    }
    assert_true(disk_fault_flip(story->fault, path, offset, (unsigned)(offset % 8)));
}

static void test_every_flip_is_told(void **state)
{
    (void)state;
    struct story *story = story_open();
    char path[JOURNAL_PATH_BYTES], directory[160];
    uint64_t *firsts;
    size_t count;
    assert_int_equal(story_begin_and_run(story), 0);
    journal_close(story->journal);
    story->journal = NULL;
    snprintf(directory, sizeof directory, "%s/segments", story->directory);
    assert_int_equal(segment_list(disk_fault_disk(story->fault), directory, &firsts, &count), 0);
    assert_true(count >= 3);
    for (size_t i = 0; i + 1 < count; i++) { /* the last one: its end may be torn, see below */
        segment_path(directory, firsts[i], path);
        for (uint64_t offset = SEGMENT_HEAD_BYTES; offset < SEGMENT_HEAD_BYTES + 9000; offset += 211) {
            bool told;
            damage_at(story, path, offset, offset % 3 == 0, &told);
            assert_true(told);
        }
    }
    free(firsts);
    story_close(story);
}

/* In the last segment the index tells, or a later record; only the last batch has nobody to speak for it but
 * the index. */
static void test_flip_in_the_last_batch(void **state)
{
    (void)state;
    struct story *story = story_open();
    char path[JOURNAL_PATH_BYTES], directory[160];
    struct complaint complaint;
    assert_int_equal(story_begin_and_run(story), 0);
    uint64_t offset = story->journal->tail - 20;
    uint64_t first = story->journal->segments[story->journal->segments_count - 1].first;
    journal_close(story->journal);
    story->journal = NULL;
    snprintf(directory, sizeof directory, "%s/segments", story->directory);
    segment_path(directory, first, path);
    assert_true(disk_fault_flip(story->fault, path, offset, 3));
    assert_int_equal(story_start(story, &complaint), JOURNAL_E_CORRUPT);
    assert_non_null(strstr(complaint.message, "the index knows it"));
    assert_true(disk_fault_flip(story->fault, path, offset, 3));
    story_finish(story);
    story_close(story);
}

/* Without an index a later record speaks for the earlier ones; for the last batch nobody does: it counts as
 * torn. */
static void test_a_later_record_is_a_witness(void **state)
{
    (void)state;
    struct story *story = story_open();
    struct complaint complaint;
    char path[JOURNAL_PATH_BYTES], directory[160];
    story->index_lost = true;
    assert_int_equal(story_start(story, &complaint), 0);
    assert_int_equal(story_append(story), 0);
    unsigned before = story->acknowledged;
    uint64_t tail = story->journal->tail;
    assert_int_equal(story_append(story), 0);
    assert_int_equal(story->journal->segments_count, 1);
    snprintf(directory, sizeof directory, "%s/segments", story->directory);
    segment_path(directory, 1, path);
    story_crash(story, 1);
    assert_true(disk_fault_flip(story->fault, path, SEGMENT_HEAD_BYTES + 100, 1));
    assert_int_equal(story_start(story, &complaint), JOURNAL_E_CORRUPT);
    assert_non_null(strstr(complaint.message, "a later record says so"));
    assert_true(disk_fault_flip(story->fault, path, SEGMENT_HEAD_BYTES + 100, 1));
    assert_true(disk_fault_flip(story->fault, path, tail + 100, 1));
    story->acknowledged = before;
    story_must_start(story);
    assert_int_equal(journal_head(story->journal), before);
    assert_int_equal(story_run(story), 0);
    story_compare(story);
    story_close(story);
}

/* What a torn append left must not come back behind later ones. */
static void test_torn_rests_do_not_return(void **state)
{
    (void)state;
    struct story *story = story_open();
    struct complaint complaint;
    char path[JOURNAL_PATH_BYTES], directory[160];
    assert_int_equal(story_start(story, &complaint), 0);
    assert_int_equal(story_append(story), 0);
    uint64_t tail = story->journal->tail;
    assert_int_equal(story_append(story), 0); /* several records; the first one will be torn */
    journal_abandon(story->journal);
    story->journal = NULL;
    snprintf(directory, sizeof directory, "%s/segments", story->directory);
    segment_path(directory, 1, path);
    assert_true(disk_fault_flip(story->fault, path, tail + 90, 1));
    story->acknowledged = 1; /* had the crash come before the acknowledgement */
    story_must_start(story);
    assert_int_equal(journal_head(story->journal), 1);
    struct bytes all = disk_fault_view(story->fault, path);
    for (size_t i = (size_t)tail; i < all.bytes; i++)
        assert_int_equal(all.at[i], 0);
    assert_int_equal(story_run(story), 0);
    story_compare(story);
    story_close(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop_at_every_operation),
        cmocka_unit_test(test_stop_at_every_operation_and_lose_the_index),
        cmocka_unit_test(test_stop_during_recovery),
        cmocka_unit_test(test_kill_then_stop_during_recovery),
        cmocka_unit_test(test_many_short_lives),
        cmocka_unit_test(test_error_at_every_operation),
        cmocka_unit_test(test_full_disk_at_every_operation),
        cmocka_unit_test(test_failed_flush_then_restart_without_a_crash),
        cmocka_unit_test(test_small_disk_fills_and_goes_on),
        cmocka_unit_test(test_every_flip_is_told),
        cmocka_unit_test(test_flip_in_the_last_batch),
        cmocka_unit_test(test_a_later_record_is_a_witness),
        cmocka_unit_test(test_torn_rests_do_not_return),
    };
    log_set_level((enum log_level)0); /* damage is what these tests make */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
