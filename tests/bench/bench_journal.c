/* Goal: measure both forms of the journal against each other in one run on one disk. Method: the same
 * 256-byte events, with random and with time-ordered ids, go into both by turns: one at a time, in batches of
 * 512 (8 publishers x 64 in flight) and of 8,192 (8 x 1,024); flushes and bytes are counted where they enter
 * the kernel.
 *
 * Usage: bench_journal [DIRECTORY]. Default: $TMPDIR, else build/bench-journal. The directory should lie on
 * the disk that the journal will use; a RAM disk says nothing.
 */
#include "base/arena.h"
#include "base/log.h"
#include "daemon/journal.h"
#include "tests/bench/journal_lmdb.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { BODY_BYTES = 256, BATCH_MAX = 8192, ROUNDS = 3, PUBLISHERS = 8 };

/* ---- counting: these stand before libc's for this program and for liblmdb ---- */
static _Atomic uint64_t counted_flushes, counted_bytes;
#define COUNTED __attribute__((visibility("default")))

static void *counted_real(const char *name)
{
    void *at = dlsym(RTLD_NEXT, name);
    if (at == NULL)
        die("bench: no %s", name);
    return at;
}

#define COUNTED_REAL(result, name, ...)                                                                      \
    static result (*real)(__VA_ARGS__);                                                                      \
    if (real == NULL)                                                                                        \
    *(void **)&real = counted_real(name)

COUNTED int fdatasync(int fd)
{
    COUNTED_REAL(int, "fdatasync", int);
    counted_flushes++;
    return real(fd);
}

COUNTED int fsync(int fd)
{
    COUNTED_REAL(int, "fsync", int);
    counted_flushes++;
    return real(fd);
}

/* LMDB writes its meta page through a descriptor that flushes each write. */
static void counted_write(int fd, size_t bytes)
{
    counted_bytes += bytes;
    if (bytes < 4096 && (fcntl(fd, F_GETFL) & O_DSYNC) != 0)
        counted_flushes++;
}

COUNTED ssize_t pwrite(int fd, const void *at, size_t bytes, off_t offset)
{
    COUNTED_REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    counted_write(fd, bytes);
    return real(fd, at, bytes, offset);
}

COUNTED ssize_t pwrite64(int fd, const void *at, size_t bytes, off64_t offset)
{
    COUNTED_REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    counted_write(fd, bytes);
    return real(fd, at, bytes, offset);
}

static size_t counted_vector(const struct iovec *vector, int count)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += vector[i].iov_len;
    return bytes;
}

COUNTED ssize_t writev(int fd, const struct iovec *vector, int count)
{
    COUNTED_REAL(ssize_t, "writev", int, const struct iovec *, int);
    counted_write(fd, counted_vector(vector, count));
    return real(fd, vector, count);
}

COUNTED ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t offset)
{
    COUNTED_REAL(ssize_t, "pwritev", int, const struct iovec *, int, off_t);
    counted_write(fd, counted_vector(vector, count));
    return real(fd, vector, count, offset);
}

COUNTED ssize_t pwritev64(int fd, const struct iovec *vector, int count, off64_t offset)
{
    COUNTED_REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off64_t);
    counted_write(fd, counted_vector(vector, count));
    return real(fd, vector, count, offset);
}

/* ---- time and folders ---- */
static double bench_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

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

/* ---- the events ---- */
struct feed {
    bool ordered; /* ids grow with time, as UUIDv7 */
    uint64_t random, made;
    unsigned char (*bodies)[BODY_BYTES];
    struct append *batch;
};

static uint64_t feed_random(struct feed *feed)
{
    uint64_t z = feed->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static void feed_fill(struct feed *feed, size_t count)
{
    for (size_t i = 0; i < count; i++, feed->made++) {
        char *body = (char *)feed->bodies[i];
        uint64_t high = feed_random(feed), low = feed_random(feed);
        if (feed->ordered) /* a millisecond every 100 events */
            high = (UINT64_C(0x0190A0000000) + feed->made / 100) << 16 | (high & 0xFFFF);
        int head = snprintf(body, BODY_BYTES, "/bench/publisher-%u %08x-%04x-%04x-%04x-%012" PRIx64,
                            (unsigned)(feed->made % PUBLISHERS), (unsigned)(high >> 32),
                            (unsigned)(high >> 16 & 0xFFFF), (unsigned)(high & 0xFFFF), (unsigned)(low >> 48),
                            low & UINT64_C(0xFFFFFFFFFFFF));
        memset(body + head, (int)('a' + feed->made % 26), (size_t)(BODY_BYTES - head));
        feed->batch[i] = (struct append){.body = {feed->bodies[i], BODY_BYTES},
                                         .publisher = TEXT("bench"),
                                         .source = {body, 18},
                                         .id = {body + 19, 36},
                                         .received_us = (int64_t)feed->made};
    }
}

/* ---- the candidates ---- */
struct candidate {
    const char *name;
    int (*open)(const char *directory, void **journal_out, struct complaint *complaint);
    int (*append)(void *journal, struct append *batch, size_t count);
    void (*close)(void *journal);
    uint64_t (*read)(void *journal); /* all; returns how many */
};

static int segments_open(const char *directory, void **journal_out, struct complaint *complaint)
{
    struct journal_options options = {.directory = directory, .durable = true};
    struct journal *journal = NULL;
    int code = journal_open(&options, &journal, complaint);
    *journal_out = journal;
    return code;
}

static int segments_append(void *journal, struct append *batch, size_t count)
{
    return journal_append(journal, batch, count);
}

static void segments_close(void *journal)
{
    journal_close(journal);
}

static uint64_t segments_read(void *journal)
{
    struct journal_reader *reader;
    struct entry entries[1024];
    struct complaint complaint;
    uint64_t read = 0;
    size_t count = 1;
    if (journal_reader_open(journal, &reader) != 0)
        return 0;
    while (count > 0 && journal_read(reader, read + 1, 1024, SIZE_MAX, entries, &count, &complaint) == 0)
        read += count;
    journal_reader_close(reader);
    return read;
}

static int lmdb_open(const char *directory, void **journal_out, struct complaint *complaint)
{
    struct journal_lmdb *journal = NULL;
    int code = journal_lmdb_open(directory, &journal, complaint);
    *journal_out = journal;
    return code;
}

static int lmdb_append(void *journal, struct append *batch, size_t count)
{
    return journal_lmdb_append(journal, batch, count);
}

static void lmdb_close(void *journal)
{
    journal_lmdb_close(journal);
}

static void lmdb_count(void *context, const struct entry *entry)
{
    *(uint64_t *)context += entry->body.bytes == BODY_BYTES;
}

static uint64_t lmdb_read(void *journal)
{
    uint64_t read = 0;
    return journal_lmdb_read(journal, 1, lmdb_count, &read) == 0 ? read : 0;
}

static const struct candidate candidates[] = {
    {"segments + index", segments_open, segments_append, segments_close, segments_read},
    {"LMDB", lmdb_open, lmdb_append, lmdb_close, lmdb_read},
};
enum { CANDIDATES = sizeof candidates / sizeof *candidates };

/* ---- phases ---- */
static const struct phase {
    const char *name;
    size_t batch, batches;
} phases[] = {
    {"1 in flight", 1, 1000},
    {"8 x 64", 512, 200},
    {"8 x 1,024", 8192, 50},
};
enum { PHASES = sizeof phases / sizeof *phases, SAMPLES_MAX = ROUNDS * 1000 };

struct measure {
    double us;
    uint64_t events, flushes, bytes;
    double samples[SAMPLES_MAX];
    size_t samples_count;
};

struct contestant {
    const struct candidate *candidate;
    char directory[4096];
    void *journal;
    struct feed feed;
    struct measure measures[PHASES];
    double close_us, read_us;
    uint64_t close_flushes, close_bytes, read_events;
};

static void contestant_append(struct contestant *contestant, const struct phase *phase,
                              struct measure *measure)
{
    feed_fill(&contestant->feed, phase->batch);
    double began = bench_now_us();
    int code = contestant->candidate->append(contestant->journal, contestant->feed.batch, phase->batch);
    double took = bench_now_us() - began;
    if (code != 0 || contestant->feed.batch[phase->batch - 1].seq != contestant->feed.made)
        die("bench: %s: append: %d", contestant->candidate->name, code);
    measure->us += took;
    measure->events += phase->batch;
    measure->samples[measure->samples_count++] = took;
}

static void contestant_run(struct contestant *contestant, size_t phase)
{
    struct measure *measure = &contestant->measures[phase];
    uint64_t flushes = counted_flushes, bytes = counted_bytes;
    for (size_t i = 0; i < phases[phase].batches; i++)
        contestant_append(contestant, &phases[phase], measure);
    measure->flushes += counted_flushes - flushes;
    measure->bytes += counted_bytes - bytes;
}

static void contestant_begin(struct contestant *contestant, const struct candidate *candidate, bool ordered,
                             const char *directory)
{
    struct complaint complaint = {.message = ""};
    contestant->candidate = candidate;
    contestant->feed = (struct feed){.ordered = ordered, .random = 42};
    contestant->feed.bodies = memory_alloc(BATCH_MAX * sizeof *contestant->feed.bodies);
    contestant->feed.batch = memory_alloc(BATCH_MAX * sizeof *contestant->feed.batch);
    snprintf(contestant->directory, sizeof contestant->directory, "%.4000s/%.8s-%s", directory,
             candidate->name, ordered ? "ordered" : "random");
    bench_remove(contestant->directory);
    int code = candidate->open(contestant->directory, &contestant->journal, &complaint);
    if (code != 0)
        die("bench: %s: open: %d %s", candidate->name, code, complaint.message);
}

/* Reading all, then what a close has left to write. */
static void contestant_end(struct contestant *contestant)
{
    double began = bench_now_us();
    contestant->read_events = contestant->candidate->read(contestant->journal);
    contestant->read_us = bench_now_us() - began;
    contestant->close_flushes = counted_flushes;
    contestant->close_bytes = counted_bytes;
    began = bench_now_us();
    contestant->candidate->close(contestant->journal);
    contestant->close_us = bench_now_us() - began;
    contestant->close_flushes = counted_flushes - contestant->close_flushes;
    contestant->close_bytes = counted_bytes - contestant->close_bytes;
    if (contestant->read_events != contestant->feed.made)
        die("bench: %s: read %" PRIu64 " of %" PRIu64, contestant->candidate->name, contestant->read_events,
            contestant->feed.made);
    bench_remove(contestant->directory);
    free(contestant->feed.bodies);
    free(contestant->feed.batch);
}

static int bench_compare_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double measure_median(struct measure *measure)
{
    qsort(measure->samples, measure->samples_count, sizeof *measure->samples, bench_compare_double);
    return measure->samples[measure->samples_count / 2];
}

static double measure_worst(const struct measure *measure) /* after measure_median */
{
    return measure->samples[measure->samples_count - 1];
}

static double measure_rate(const struct measure *measure)
{
    return (double)measure->events / measure->us * 1e6;
}

static void contestant_print(struct contestant *contestant)
{
    for (size_t i = 0; i < PHASES; i++) {
        struct measure *measure = &contestant->measures[i];
        double events = (double)measure->events, median = measure_median(measure);
        printf("  %-17s %-8s %-12s %9.0f %10.0f %12.0f %14.4f %13.0f\n", contestant->candidate->name,
               contestant->feed.ordered ? "ordered" : "random", phases[i].name, median,
               measure_worst(measure), measure_rate(measure), (double)measure->flushes / events,
               (double)measure->bytes / events);
    }
    printf("  %-17s %-8s close: %.0f ms, %" PRIu64 " flushes, %.1f MB; reads %.0f events/s\n",
           contestant->candidate->name, contestant->feed.ordered ? "ordered" : "random",
           contestant->close_us / 1e3, contestant->close_flushes, (double)contestant->close_bytes / 1e6,
           (double)contestant->read_events / contestant->read_us * 1e6);
}

/* What the disk takes for a flush by itself: of blocks written before, and of a growing file. */
static void bench_flush_alone(const char *directory)
{
    char path[4200], page[4096] = "";
    double samples[2][500];
    snprintf(path, sizeof path, "%s/flush", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0640);
    if (fd < 0)
        die("bench: %s: %s", path, error_text(error_from_errno()));
    for (size_t kind = 0; kind < 2; kind++) {
        for (size_t i = 0; i < 500; i++) {
            double began = bench_now_us();
            if (pwrite(fd, page, sizeof page, (off_t)(i * sizeof page)) < 0 || fdatasync(fd) != 0)
                die("bench: %s: %s", path, error_text(error_from_errno()));
            samples[kind][i] = bench_now_us() - began;
        }
        qsort(samples[kind], 500, sizeof(double), bench_compare_double);
    }
    printf(
        "4 KiB and a flush alone: %.0f us on a growing file, %.0f us on blocks written before (medians)\n\n",
        samples[0][250], samples[1][250]);
    close(fd);
    unlink(path);
}

static void bench_print_ratios(struct contestant contestants[CANDIDATES])
{
    for (size_t i = 0; i < PHASES; i++) {
        double ours = i == 0 ? 1 / measure_median(&contestants[0].measures[i])
                             : measure_rate(&contestants[0].measures[i]);
        double other = i == 0 ? 1 / measure_median(&contestants[1].measures[i])
                              : measure_rate(&contestants[1].measures[i]);
        printf("  ratio %s : %s, %s ids, %s: %.2f\n", candidates[0].name, candidates[1].name,
               contestants[0].feed.ordered ? "ordered" : "random", phases[i].name, ours / other);
    }
}

static void bench_ids(const char *directory, bool ordered)
{
    struct contestant *contestants = memory_alloc(CANDIDATES * sizeof *contestants);
    for (size_t i = 0; i < CANDIDATES; i++)
        contestant_begin(&contestants[i], &candidates[i], ordered, directory);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t phase = 0; phase < PHASES; phase++)
            for (size_t i = 0; i < CANDIDATES; i++)
                contestant_run(&contestants[(i + round) % CANDIDATES], phase);
    for (size_t i = 0; i < CANDIDATES; i++)
        contestant_end(&contestants[i]);
    for (size_t i = 0; i < CANDIDATES; i++)
        contestant_print(&contestants[i]);
    bench_print_ratios(contestants);
    printf("\n");
    free(contestants);
}

int main(int count, char **arguments)
{
    const char *directory = count > 1 ? arguments[1] : getenv("TMPDIR");
    if (directory == NULL)
        directory = "build/bench-journal";
    if (mkdir(directory, 0750) != 0 && errno != EEXIST)
        die("bench: %s: %s", directory, error_text(error_from_errno()));
    digest_init();
    printf("journal: %d-byte events in %s, %d rounds by turns\n", BODY_BYTES, directory, ROUNDS);
    bench_flush_alone(directory);
    printf("  %-17s %-8s %-12s %9s %10s %12s %14s %13s\n", "", "ids", "in flight", "us/append", "worst us",
           "events/s", "flushes/event", "bytes/event");
    bench_ids(directory, true);
    bench_ids(directory, false);
    return 0;
}
