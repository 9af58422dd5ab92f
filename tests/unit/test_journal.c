/* Goal: the journal keeps what journal.h promises on real files: order, identity, limits, locks, readers
 * beside a writer, damage told. Method: small segments in a temporary folder, contents compared with what was
 * appended; files are then deleted, flipped or replaced. */
#include "base/arena.h"
#include "base/limits.h"
#include "base/log.h"
#include "daemon/disk.h"
#include "daemon/journal.h"
#include "daemon/journal_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { SMALL_BYTES = 16384, EVENTS_MAX = 4096 };

struct bench {
    char directory[128];
    struct journal_options options;
    struct journal *journal;
    struct arena arena;
};

static int bench_remove_each(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static void bench_remove(const char *path)
{
    (void)nftw(path, bench_remove_each, 16, FTW_DEPTH | FTW_PHYS);
}

static int bench_setup(void **state)
{
    struct bench *bench = memory_alloc(sizeof *bench);
    const char *base = getenv("TMPDIR");
    snprintf(bench->directory, sizeof bench->directory, "%.90s/duban-journal-XXXXXX",
             base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(bench->directory));
    bench->options = (struct journal_options){.directory = bench->directory, .segment_bytes = SMALL_BYTES};
    arena_open(&bench->arena, ARENA_BYTES_MAX);
    *state = bench;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *bench = *state;
    if (bench->journal != NULL)
        journal_close(bench->journal);
    bench_remove(bench->directory);
    arena_close(&bench->arena);
    free(bench);
    return 0;
}

static void bench_open(struct bench *bench)
{
    struct complaint complaint = {.message = ""};
    int code = journal_open(&bench->options, &bench->journal, &complaint);
    if (code != 0)
        fail_msg("journal_open: %d %s", code, complaint.message);
}

static void bench_close(struct bench *bench)
{
    journal_close(bench->journal);
    bench->journal = NULL;
}

/* body = source, id and a payload of so many bytes that depends on the number */
static struct append bench_event(struct bench *bench, const char *source, unsigned number, size_t payload)
{
    struct text head = arena_printf(&bench->arena, "%s|event-%06u|", source, number);
    unsigned char *body = arena_alloc(&bench->arena, head.bytes + payload);
    memcpy(body, head.at, head.bytes);
    for (size_t i = 0; i < payload; i++)
        body[head.bytes + i] = (unsigned char)(number * 31 + i);
    size_t source_bytes = strlen(source);
    return (struct append){.body = {body, head.bytes + payload},
                           .publisher = TEXT("uid:1000"),
                           .source = {(const char *)body, source_bytes},
                           .id = {(const char *)body + source_bytes + 1, head.bytes - source_bytes - 2},
                           .received_us = 1000 + (int64_t)number};
}

/* Appends events first..first+count-1 in batches. */
static void bench_append(struct bench *bench, unsigned first, unsigned count, unsigned batch_count,
                         size_t payload)
{
    struct append batch[512];
    assert_true(batch_count <= 512);
    for (unsigned done = 0; done < count;) {
        unsigned n = count - done < batch_count ? count - done : batch_count;
        for (unsigned i = 0; i < n; i++)
            batch[i] = bench_event(bench, "/test", first + done + i, payload);
        assert_int_equal(journal_append(bench->journal, batch, n), 0);
        for (unsigned i = 0; i < n; i++) {
            assert_int_equal(batch[i].result, APPEND_NEW);
            assert_int_equal(batch[i].seq, first + done + i);
        }
        done += n;
        arena_reset(&bench->arena);
    }
}

/* Reads all from `from` on and compares with what bench_append(…, payload) stored under number = seq. */
static void bench_expect(struct bench *bench, uint64_t from, uint64_t last, size_t payload)
{
    struct journal_reader *reader;
    struct complaint complaint = {.message = ""};
    assert_int_equal(journal_head(bench->journal), last);
    assert_int_equal(journal_reader_open(bench->journal, &reader), 0);
    while (from <= last) {
        struct entry entries[100];
        size_t count;
        int code = journal_read(reader, from, 100, 65536, entries, &count, &complaint);
        if (code != 0)
            fail_msg("journal_read from %ju: %d %s", (uintmax_t)from, code, complaint.message);
        assert_true(count > 0);
        for (size_t i = 0; i < count; i++, from++) {
            struct append expected = bench_event(bench, "/test", (unsigned)from, payload);
            assert_int_equal(entries[i].seq, from);
            assert_int_equal(entries[i].received_us, expected.received_us);
            assert_true(text_is(entries[i].publisher, "uid:1000"));
            assert_int_equal(entries[i].body.bytes, expected.body.bytes);
            assert_memory_equal(entries[i].body.at, expected.body.at, expected.body.bytes);
        }
        arena_reset(&bench->arena);
    }
    size_t count = 1;
    struct entry entry;
    assert_int_equal(journal_read(reader, last + 1, 1, 1, &entry, &count, &complaint), 0);
    assert_int_equal(count, 0);
    journal_reader_close(reader);
}

static void bench_path(const struct bench *bench, const char *name, char out[256])
{
    snprintf(out, 256, "%s/%s", bench->directory, name);
}

static void bench_verify(struct bench *bench, uint64_t events)
{
    struct journal_verdict verdict;
    struct complaint complaint = {.message = ""};
    int code = journal_verify(bench->directory, NULL, NULL, &verdict, &complaint);
    if (code != 0)
        fail_msg("journal_verify: %d %s", code, complaint.message);
    assert_int_equal(verdict.events, events);
    assert_int_equal(verdict.last, events);
}

/* Flips a bit of the n-th segment. */
static void bench_flip(const struct bench *bench, size_t segment, uint64_t offset)
{
    char path[256];
    bench_path(bench, "segments", path);
    uint64_t *firsts;
    size_t count;
    unsigned char byte;
    assert_int_equal(segment_list(disk_real(), path, &firsts, &count), 0);
    assert_true(segment < count);
    char file[JOURNAL_PATH_BYTES];
    segment_path(path, firsts[segment], file);
    int fd = open(file, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)offset), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)offset), 1);
    close(fd);
    free(firsts);
}

/* ---- */
static void test_empty(void **state)
{
    struct bench *bench = *state;
    bench_open(bench);
    assert_int_equal(journal_head(bench->journal), 0);
    assert_int_equal(journal_first(bench->journal), 1);
    assert_int_equal(journal_id(bench->journal).bytes, 32);
    assert_int_equal(journal_last_received_us(bench->journal), 0);
    char id[33] = "";
    memcpy(id, journal_id(bench->journal).at, 32);
    bench_close(bench);
    bench_open(bench);
    assert_memory_equal(journal_id(bench->journal).at, id, 32);
    bench_expect(bench, 1, 0, 0);
    bench_verify(bench, 0);
}

static void test_order_over_segments_and_reopening(void **state)
{
    struct bench *bench = *state;
    bench_open(bench);
    bench_append(bench, 1, 500, 7, 300);
    bench_expect(bench, 1, 500, 300);
    bench_close(bench);
    bench_open(bench);
    bench_append(bench, 501, 500, 64, 300);
    bench_expect(bench, 1, 1000, 300);
    bench_expect(bench, 137, 1000, 300);
    bench_verify(bench, 1000);
    journal_abandon(bench->journal);
    bench_open(bench);
    bench_expect(bench, 999, 1000, 300);
    assert_true(bench->journal->segments_count > 10);
}

static void test_seeks_everywhere(void **state)
{
    struct bench *bench = *state;
    struct journal_reader *reader;
    struct complaint complaint;
    bench->options.segment_bytes = 400000;
    bench_open(bench);
    bench_append(bench, 1, EVENTS_MAX, 100, 100);
    assert_true(bench->journal->places_count > 8);
    assert_int_equal(journal_reader_open(bench->journal, &reader), 0);
    for (uint64_t i = 0, from = 1; i < 500; i++, from = from * 1103 % EVENTS_MAX + 1) {
        struct entry entry;
        size_t count;
        assert_int_equal(journal_read(reader, from, 1, 1, &entry, &count, &complaint), 0);
        assert_int_equal(count, 1);
        assert_int_equal(entry.seq, from);
    }
    struct entry entry;
    size_t count;
    assert_int_equal(journal_read(reader, EVENTS_MAX, 1, 1, &entry, &count, &complaint), 0);
    struct digest at = journal_read_digest(reader, 0), head = journal_head_digest(bench->journal);
    assert_memory_equal(at.at, head.at, DIGEST_BYTES);
    assert_int_equal(journal_read(reader, 0, 1, 1, &entry, &count, &complaint), JOURNAL_E_GONE);
    journal_reader_close(reader);
}

static void test_receive_time_never_decreases(void **state)
{
    struct bench *bench = *state;
    bench_open(bench);
    struct append first = bench_event(bench, "/a", 900, 1), second = bench_event(bench, "/a", 5, 1);
    assert_int_equal(journal_append(bench->journal, &first, 1), 0);
    assert_int_equal(journal_append(bench->journal, &second, 1), 0);
    assert_int_equal(second.received_us, 1900);
    assert_int_equal(journal_last_received_us(bench->journal), 1900);
    journal_abandon(bench->journal);
    bench_open(bench);
    assert_int_equal(journal_last_received_us(bench->journal), 1900);
}

static void bench_expect_known(struct bench *bench, unsigned number, size_t payload)
{
    struct append same = bench_event(bench, "/test", number, payload);
    struct append other = bench_event(bench, "/test", number, payload + 1);
    struct append batch[3] = {same, other, same};
    uint64_t seq;
    assert_int_equal(journal_append(bench->journal, batch, 3), 0);
    assert_int_equal(batch[0].result, APPEND_DUPLICATE);
    assert_int_equal(batch[1].result, APPEND_CONFLICT);
    assert_int_equal(batch[2].result, APPEND_DUPLICATE);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(batch[i].seq, number);
    assert_int_equal(journal_find(bench->journal, same.source, same.id, &seq), 0);
    assert_int_equal(seq, number);
}

static void test_accepted_once(void **state)
{
    struct bench *bench = *state;
    uint64_t seq;
    bench->options.index_events = 50; /* some in memory, some in LMDB */
    bench_open(bench);
    bench_append(bench, 1, 321, 10, 80);
    for (int round = 0; round < 3; round++) {
        for (unsigned number = 1; number <= 321; number += 20)
            bench_expect_known(bench, number, 80);
        assert_int_equal(journal_head(bench->journal), 321);
        struct append other = bench_event(bench, "/other", 1, 80);
        assert_int_equal(journal_find(bench->journal, other.source, other.id, &seq), 0);
        assert_int_equal(seq, 0);
        if (round == 0)
            journal_close(bench->journal);
        else
            journal_abandon(bench->journal);
        bench_open(bench);
    }
}

static void test_repeats_inside_a_batch(void **state)
{
    struct bench *bench = *state;
    bench_open(bench);
    struct append batch[5] = {bench_event(bench, "/a", 1, 10), bench_event(bench, "/a", 2, 10),
                              bench_event(bench, "/a", 1, 10), bench_event(bench, "/a", 2, 11),
                              bench_event(bench, "/b", 1, 10)};
    assert_int_equal(journal_append(bench->journal, batch, 5), 0);
    static const enum append_result results[5] = {APPEND_NEW, APPEND_NEW, APPEND_DUPLICATE, APPEND_CONFLICT,
                                                  APPEND_NEW};
    static const uint64_t seqs[5] = {1, 2, 1, 2, 3};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(batch[i].result, results[i]);
        assert_int_equal(batch[i].seq, seqs[i]);
    }
    assert_int_equal(journal_head(bench->journal), 3);
}

static void test_largest_event(void **state)
{
    struct bench *bench = *state;
    bench_open(bench); /* segments far smaller than the event */
    size_t payload = EVENT_BYTES_MAX - strlen("/test|event-000001|");
    struct append large = bench_event(bench, "/test", 1, payload);
    assert_int_equal(large.body.bytes, EVENT_BYTES_MAX);
    assert_int_equal(journal_append(bench->journal, &large, 1), 0);
    bench_append(bench, 2, 3, 3, payload); /* four segments of one event each */
    journal_abandon(bench->journal);
    bench_open(bench);
    bench_expect(bench, 1, 4, payload);
}

/* SEGMENT_BYTES, filled to the last byte: the record that ends there stays, one byte more starts a segment.
 */
static void test_segment_of_limit_size(void **state)
{
    struct bench *bench = *state;
    struct complaint complaint = {.message = ""};
    size_t largest = EVENT_BYTES_MAX - strlen("/test|event-000001|");
    for (size_t over = 0; over <= 1; over++) {
        char directory[160];
        unsigned number = 1;
        snprintf(directory, sizeof directory, "%s/%zu", bench->directory, over);
        const struct journal_options options = {.directory = directory};
        assert_int_equal(journal_open(&options, &bench->journal, &complaint), 0);
        for (; SEGMENT_BYTES - bench->journal->tail > 2 * RECORD_BYTES_MAX; number++)
            bench_append(bench, number, 1, 1, largest);
        for (; SEGMENT_BYTES - bench->journal->tail > RECORD_BYTES_MAX; number++)
            bench_append(bench, number, 1, 1, largest / 2);
        assert_int_equal(bench->journal->segments_count, 1);
        assert_int_equal(bench->journal->segments[0].bytes, SEGMENT_BYTES);
        struct append last = bench_event(bench, "/test", number, 0);
        size_t head = RECORD_HEAD_BYTES + last.publisher.bytes + last.body.bytes;
        size_t payload = SEGMENT_BYTES - bench->journal->tail - head + over;
        bench_append(bench, number, 1, 1, payload);
        assert_int_equal(bench->journal->segments_count, 1 + over);
        assert_true(over == 1 || bench->journal->tail == SEGMENT_BYTES);
        bench_append(bench, number + 1, 1, 1, 1);
        assert_int_equal(bench->journal->segments_count, 2);
        assert_int_equal(bench->journal->segments[1].first, number + 1 - over);
        journal_abandon(bench->journal);
        assert_int_equal(journal_open(&options, &bench->journal, &complaint), 0);
        bench_expect(bench, number + 1, number + 1, 1);
        assert_int_equal(bench->journal->segments_count, 2);
        bench_close(bench);
    }
}

static void test_commit_of_limit_size(void **state)
{
    struct bench *bench = *state;
    size_t payload = COMMIT_BYTES_MAX / COMMIT_EVENTS_MAX - strlen("/test|event-000001|");
    bench->options.segment_bytes = 0;
    bench_open(bench);
    struct append *batch = memory_alloc(COMMIT_EVENTS_MAX * sizeof *batch);
    for (unsigned i = 0; i < COMMIT_EVENTS_MAX; i++)
        batch[i] = bench_event(bench, "/test", i + 1, payload);
    assert_int_equal(journal_append(bench->journal, batch, COMMIT_EVENTS_MAX), 0);
    free(batch);
    arena_reset(&bench->arena);
    bench_expect(bench, COMMIT_EVENTS_MAX - 10, COMMIT_EVENTS_MAX, payload);
}

static void test_quota(void **state)
{
    struct bench *bench = *state;
    bench->options.bytes_max = 3 * SMALL_BYTES;
    bench_open(bench);
    unsigned number = 1;
    for (;; number++) {
        struct append one = bench_event(bench, "/test", number, 500);
        int code = journal_append(bench->journal, &one, 1);
        if (code == JOURNAL_E_FULL)
            break;
        assert_int_equal(code, 0);
    }
    assert_in_range(number, 40, 3 * SMALL_BYTES / 500);
    assert_int_equal(journal_head(bench->journal), number - 1);
    bench_expect_known(bench, 3, 500); /* what is stored is still answered for */
    struct append refused = bench_event(bench, "/test", number, 500);
    uint64_t seq;
    assert_int_equal(journal_find(bench->journal, refused.source, refused.id, &seq), 0);
    assert_int_equal(seq, 0);
    bench_close(bench);
    bench->options.bytes_max = 4 * SMALL_BYTES; /* more room: goes on where it stopped */
    bench_open(bench);
    assert_int_equal(journal_append(bench->journal, &refused, 1), 0);
    assert_int_equal(refused.seq, number);
    bench_expect(bench, 1, number, 500);
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static unsigned append_until_full(struct bench *bench, unsigned number)
{
    for (;; number++) {
        struct append one = bench_event(bench, "/test", number, 10);
        int code = journal_append(bench->journal, &one, 1);
        arena_reset(&bench->arena);
        if (code == JOURNAL_E_FULL)
            return number;
        assert_int_equal(code, 0);
        assert_int_equal(one.seq, number);
    }
}

static void expect_found(struct bench *bench, unsigned last)
{
    for (unsigned number = 1; number <= last; number++) {
        struct append one = bench_event(bench, "/test", number, 10);
        uint64_t seq;
        assert_int_equal(journal_find(bench->journal, one.source, one.id, &seq), 0);
        assert_int_equal(seq, number);
        arena_reset(&bench->arena);
    }
}

/* The segments have room, the index has none: what was taken stays answered for, also by a journal that is
 * opened then, and all goes on when there is room. */
static void test_no_room_for_the_index(void **state)
{
    struct bench *bench = *state;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    bench->options.durable = true;
    bench->options.index_events = 256;
    bench->options.segment_bytes = 262144;
    bench_open(bench);
    limit_files(1 << 20);
    unsigned number = append_until_full(bench, 1);
    assert_true(number > 1000);
    assert_int_equal(append_until_full(bench, number), number);
    expect_found(bench, number - 1);
    journal_abandon(bench->journal);
    bench_open(bench);
    bench_expect(bench, 1, number - 1, 10);
    expect_found(bench, number - 1);
    assert_int_equal(append_until_full(bench, number), number);
    limit_files(RLIM_INFINITY);
    bench_append(bench, number, 1000, 100, 10);
    bench_close(bench);
    bench_open(bench);
    bench_expect(bench, 1, number + 999, 10);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
}

static void test_second_opener_is_refused(void **state)
{
    struct bench *bench = *state;
    struct journal *second;
    struct complaint complaint;
    bench_open(bench);
    assert_int_equal(journal_open(&bench->options, &second, &complaint), JOURNAL_E_LOCKED);
    assert_non_null(strstr(complaint.message, "another process"));
}

/* ---- the index is derived ---- */
static void test_index_is_rebuilt(void **state)
{
    struct bench *bench = *state;
    char path[256], mark[256];
    bench->options.index_events = 100;
    bench_open(bench);
    bench_append(bench, 1, 450, 9, 60);
    bench_close(bench);
    for (int damage = 0; damage < 4; damage++) {
        bench_path(bench, "index", path);
        bench_path(bench, "index.suspect", mark);
        char data[300];
        snprintf(data, sizeof data, "%s/data.mdb", path);
        if (damage == 0)
            bench_remove(path);
        if (damage == 1)
            assert_int_equal(truncate(data, 5000), 0);
        if (damage >= 2) {
            int fd = open(damage == 2 ? data : mark, O_WRONLY | O_CREAT | (damage == 2 ? O_TRUNC : 0), 0640);
            assert_true(fd >= 0);
            assert_int_equal(write(fd, "this is no index", 16), 16);
            close(fd);
        }
        bench_open(bench);
        bench_expect_known(bench, 1, 60);
        bench_expect_known(bench, 450, 60);
        bench_expect(bench, 1, 450, 60);
        assert_int_equal(access(mark, F_OK), -1);
        bench_close(bench);
    }
}

static void test_older_index_catches_up(void **state)
{
    struct bench *bench = *state;
    char index[256], kept[256];
    bench_open(bench);
    bench_append(bench, 1, 100, 9, 60);
    bench_close(bench);
    bench_path(bench, "index", index);
    bench_path(bench, "kept", kept);
    assert_int_equal(rename(index, kept), 0);
    bench_open(bench);
    bench_append(bench, 101, 100, 9, 60);
    bench_close(bench);
    bench_remove(index);
    assert_int_equal(rename(kept, index), 0);
    bench_open(bench);
    bench_expect_known(bench, 50, 60);
    bench_expect_known(bench, 200, 60);
}

static void test_index_of_another_journal(void **state)
{
    struct bench *bench = *state;
    char index[256], other[256], segments[256];
    bench_open(bench);
    bench_append(bench, 1, 100, 9, 60);
    bench_close(bench);
    bench_path(bench, "index", index);
    bench_path(bench, "other", other);
    bench_path(bench, "segments", segments);
    assert_int_equal(rename(index, other), 0);
    bench_remove(segments);
    bench_open(bench);
    bench_append(bench, 1, 10, 9, 60);
    bench_close(bench);
    bench_remove(index);
    assert_int_equal(rename(other, index), 0);
    bench_open(bench);
    bench_expect_known(bench, 10, 60);
    uint64_t seq;
    struct append unknown = bench_event(bench, "/test", 50, 60);
    assert_int_equal(journal_find(bench->journal, unknown.source, unknown.id, &seq), 0);
    assert_int_equal(seq, 0);
}

static void test_index_thread_keeps_all(void **state)
{
    struct bench *bench = *state;
    bench->options.segment_bytes = 0;
    bench->options.durable = true; /* commits in the index thread */
    bench->options.index_events = 2000;
    bench_open(bench);
    bench_append(bench, 1, 20000, 500, 20);
    for (unsigned number = 1; number <= 20000; number += 500)
        bench_expect_known(bench, number, 20);
    journal_abandon(bench->journal);
    bench_open(bench);
    for (unsigned number = 1; number <= 20000; number += 500)
        bench_expect_known(bench, number, 20);
    assert_int_equal(journal_head(bench->journal), 20000);
}

/* ---- damage ---- */
static int bench_try_open(struct bench *bench, struct complaint *complaint)
{
    complaint->message[0] = '\0';
    int code = journal_open(&bench->options, &bench->journal, complaint);
    if (code != 0)
        bench->journal = NULL;
    return code;
}

static void test_flipped_bits_are_found(void **state)
{
    struct bench *bench = *state;
    struct complaint complaint;
    struct journal_verdict verdict;
    bench_open(bench);
    bench_append(bench, 1, 200, 5, 200);
    bench_close(bench);
    char index[256];
    bench_path(bench, "index", index);
    bench_remove(index); /* so that opening reads everything */
    for (size_t segment = 0; segment < 3; segment++)
        for (uint64_t offset = 3; offset < 12000; offset += 977) {
            if (offset >= 120 && offset < SEGMENT_HEAD_BYTES)
                continue; /* behind the head's checksum: zeros that nobody reads */
            bench_flip(bench, segment, offset);
            assert_int_equal(bench_try_open(bench, &complaint), JOURNAL_E_CORRUPT);
            assert_non_null(strstr(complaint.message, ".seg"));
            assert_int_equal(journal_verify(bench->directory, NULL, NULL, &verdict, &complaint),
                             JOURNAL_E_CORRUPT);
            bench_flip(bench, segment, offset);
        }
    bench_open(bench);
    bench_expect(bench, 1, 200, 200);
}

/* Overwrites bytes of the last segment with zeros; none: cuts it there. */
static void bench_blank(const struct bench *bench, uint64_t offset, size_t bytes)
{
    static const unsigned char zeros[4096];
    char path[256], file[JOURNAL_PATH_BYTES];
    uint64_t *firsts;
    size_t count;
    bench_path(bench, "segments", path);
    assert_int_equal(segment_list(disk_real(), path, &firsts, &count), 0);
    segment_path(path, firsts[count - 1], file);
    free(firsts);
    if (bytes == 0) {
        assert_int_equal(truncate(file, (off_t)offset), 0);
        return;
    }
    int fd = open(file, O_RDWR);
    assert_true(fd >= 0 && bytes <= sizeof zeros);
    assert_int_equal(pwrite(fd, zeros, bytes, (off_t)offset), bytes);
    close(fd);
}

static void bench_verify_refuses(const struct bench *bench, const char *says)
{
    struct journal_verdict verdict;
    struct complaint complaint = {.message = ""};
    assert_int_equal(journal_verify(bench->directory, NULL, NULL, &verdict, &complaint), JOURNAL_E_CORRUPT);
    if (strstr(complaint.message, says) == NULL)
        fail_msg("not said: %s: %s", says, complaint.message);
}

/* Ten entries in one segment; the last one's place is told. */
static struct place bench_ten(struct bench *bench)
{
    bench_open(bench);
    bench_append(bench, 1, 10, 1, 200);
    struct place last = bench->journal->head_place;
    assert_int_equal(last.segment, 1);
    bench_close(bench);
    return last;
}

static void test_verify_finds_the_last_entry_gone(void **state)
{
    struct bench *bench = *state;
    struct place last = bench_ten(bench);
    bench_verify(bench, 10);
    bench_flip(bench, 0, last.offset + 100);
    bench_verify_refuses(bench, "the index knows entries up to 10");
    bench_flip(bench, 0, last.offset + 100);
    bench_verify(bench, 10);
    bench_blank(bench, last.offset, 400); /* gone without a trace but the index */
    bench_verify_refuses(bench, "damaged or gone: entry 10");
}

static void test_verify_without_an_index(void **state)
{
    struct bench *bench = *state;
    char index[256];
    struct place last = bench_ten(bench);
    bench_path(bench, "index", index);
    bench_remove(index);
    bench_verify(bench, 10);
    bench_flip(bench, 0, last.offset + 100);
    bench_verify_refuses(bench, "bytes behind it are not empty");
    bench_flip(bench, 0, last.offset + 100);
    bench_blank(bench, last.offset + 390, 0);
    bench_verify_refuses(bench, "shorter than it was made");
    assert_int_equal(access(index, F_OK), -1); /* verify makes nothing */
}

/* What is being written is no damage; verify cannot tell it from a torn end, and the daemon can. */
static void test_verify_of_a_journal_in_use(void **state)
{
    struct bench *bench = *state;
    bench_open(bench);
    bench_append(bench, 1, 10, 1, 200);
    struct place last = bench->journal->head_place;
    bench_flip(bench, 0, last.offset + 100);
    bench_verify(bench, 9);
    bench_flip(bench, 0, last.offset + 100);
    bench_verify(bench, 10);
    bench_append(bench, 11, 1, 1, 200);
    bench_verify(bench, 11);
}

static void test_reader_finds_damage(void **state)
{
    struct bench *bench = *state;
    struct complaint complaint = {.message = ""};
    struct journal_reader *reader;
    struct entry entries[8];
    size_t count;
    bench_open(bench);
    bench_append(bench, 1, 200, 5, 200);
    assert_int_equal(journal_reader_open(bench->journal, &reader), 0);
    bench_flip(bench, 1, SEGMENT_HEAD_BYTES + 150);
    uint64_t first = bench->journal->segments[1].first;
    assert_int_equal(journal_read(reader, first, 8, 4096, entries, &count, &complaint), JOURNAL_E_CORRUPT);
    assert_int_equal(count, 0);
    assert_non_null(strstr(complaint.message, "damaged: entry"));
    assert_int_equal(journal_read(reader, first - 1, 8, 4096, entries, &count, &complaint), 0);
    assert_int_equal(count, 1);
    bench_flip(bench, 1, SEGMENT_HEAD_BYTES + 150);
    assert_int_equal(journal_read(reader, first, 8, 4096, entries, &count, &complaint), 0);
    assert_int_equal(entries[0].seq, first);
    journal_reader_close(reader);
}

static void test_missing_segments_are_noticed(void **state)
{
    struct bench *bench = *state;
    struct complaint complaint;
    bench_open(bench);
    bench_append(bench, 1, 300, 5, 200);
    bench_close(bench);
    char directory[256], path[JOURNAL_PATH_BYTES], aside[256];
    bench_path(bench, "segments", directory);
    bench_path(bench, "aside", aside);
    uint64_t *firsts;
    size_t count;
    assert_int_equal(segment_list(disk_real(), directory, &firsts, &count), 0);
    assert_true(count > 3);
    size_t which[3] = {0, 1, count - 1};
    for (size_t i = 0; i < 3; i++) {
        segment_path(directory, firsts[which[i]], path);
        assert_int_equal(rename(path, aside), 0);
        if (i == 1) { /* a hole in the middle shows when all is read */
            struct journal_verdict verdict;
            assert_int_equal(journal_verify(bench->directory, NULL, NULL, &verdict, &complaint),
                             JOURNAL_E_CORRUPT);
        } else
            assert_int_equal(bench_try_open(bench, &complaint), JOURNAL_E_CORRUPT);
        assert_int_equal(rename(aside, path), 0);
    }
    free(firsts);
    assert_int_equal(rename(directory, aside), 0);
    assert_int_equal(bench_try_open(bench, &complaint), JOURNAL_E_CORRUPT);
    assert_non_null(strstr(complaint.message, "no segments"));
    bench_remove(directory);
    assert_int_equal(rename(aside, directory), 0);
    bench_open(bench);
    bench_expect(bench, 1, 300, 200);
}

/* ---- beside a writer ---- */
struct follower {
    struct journal *journal;
    uint64_t last, read;
    const char *directory;
};

static void *follower_read(void *context)
{
    struct follower *follower = context;
    struct journal_reader *reader;
    struct complaint complaint = {.message = ""};
    assert_int_equal(journal_reader_open(follower->journal, &reader), 0);
    while (follower->read < follower->last) {
        struct entry entries[64];
        size_t count;
        int code = journal_read(reader, follower->read + 1, 64, SIZE_MAX, entries, &count, &complaint);
        if (code != 0)
            fail_msg("follower at %ju: %d %s", (uintmax_t)follower->read, code, complaint.message);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(entries[i].seq, ++follower->read);
    }
    journal_reader_close(reader);
    return NULL;
}

static void *follower_verify(void *context)
{
    struct follower *follower = context;
    struct complaint complaint = {.message = ""};
    struct journal_verdict verdict = {0};
    while (verdict.last < follower->last) {
        int code = journal_verify(follower->directory, NULL, NULL, &verdict, &complaint);
        if (code != 0)
            fail_msg("verify beside a writer: %d %s", code, complaint.message);
        assert_true(verdict.last >= follower->read);
        follower->read = verdict.last;
    }
    return NULL;
}

static void test_readers_and_verify_beside_a_writer(void **state)
{
    struct bench *bench = *state;
    pthread_t threads[3];
    bench->options.segment_bytes = 100000;
    bench_open(bench);
    struct follower followers[3];
    for (size_t i = 0; i < 3; i++) {
        followers[i] = (struct follower){bench->journal, 6000, 0, bench->directory};
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < 2 ? follower_read : follower_verify, &followers[i]), 0);
    }
    bench_append(bench, 1, 6000, 11, 150);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(followers[i].read, 6000);
    }
}

/* ---- records ---- */
static void test_record_round_trip_and_every_flip(void **state)
{
    struct bench *bench = *state;
    struct append event = bench_event(bench, "/source", 7, 21);
    struct record record = {.seq = 77,
                            .received_us = -5,
                            .durable_seq = 70,
                            .publisher = TEXT("worker/tasks"),
                            .source = event.source,
                            .id = event.id,
                            .body = event.body},
                  back;
    struct digest none = {{0}};
    unsigned char at[512];
    size_t bytes;
    digest_init();
    record.chain = record_chain(&none, &record);
    record_encode(&record, 99, at);
    assert_int_equal(record_bytes(&record) % RECORD_ALIGN, 0);
    struct bytes whole = {at, record_bytes(&record)};
    assert_int_equal(record_decode(whole, 99, &back, &bytes), RECORD_FINE);
    assert_int_equal(bytes, whole.bytes);
    assert_int_equal(back.seq, 77);
    assert_int_equal(back.received_us, -5);
    assert_int_equal(back.durable_seq, 70);
    assert_true(text_equal(back.publisher, record.publisher));
    assert_true(text_equal(back.source, record.source) && text_equal(back.id, record.id));
    assert_int_equal(back.body.bytes, record.body.bytes);
    assert_memory_equal(back.body.at, record.body.at, record.body.bytes);
    assert_int_equal(record_decode(whole, 98, &back, &bytes), RECORD_DAMAGED);
    for (size_t cut = 0; cut < whole.bytes; cut++)
        assert_int_equal(record_decode((struct bytes){at, cut}, 99, &back, &bytes), RECORD_SHORT);
    for (size_t bit = 0; bit < whole.bytes * 8; bit++) {
        at[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_int_not_equal(record_decode(whole, 99, &back, &bytes), RECORD_FINE);
        at[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_order_over_segments_and_reopening),
        TEST(test_seeks_everywhere),
        TEST(test_receive_time_never_decreases),
        TEST(test_accepted_once),
        TEST(test_repeats_inside_a_batch),
        TEST(test_largest_event),
        TEST(test_segment_of_limit_size),
        TEST(test_commit_of_limit_size),
        TEST(test_quota),
        TEST(test_no_room_for_the_index),
        TEST(test_second_opener_is_refused),
        TEST(test_index_is_rebuilt),
        TEST(test_older_index_catches_up),
        TEST(test_index_of_another_journal),
        TEST(test_index_thread_keeps_all),
        TEST(test_flipped_bits_are_found),
        TEST(test_verify_finds_the_last_entry_gone),
        TEST(test_verify_without_an_index),
        TEST(test_verify_of_a_journal_in_use),
        TEST(test_reader_finds_damage),
        TEST(test_missing_segments_are_noticed),
        TEST(test_readers_and_verify_beside_a_writer),
        TEST(test_record_round_trip_and_every_flip),
    };
    log_set_level((enum log_level)0); /* damage is what these tests make */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
