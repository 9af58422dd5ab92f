/* Goal: no bytes on disk make the record decoder or the walk read outside them, loop or stop the process.
 * Method: the input is decoded as it is, then with magic and checksum made right (as a bad machine would
 * never, a bad hand could), and walked over as a segment's content; whatever decodes must encode to something
 * that decodes alike. Without a fuzzing engine the corpus and mutations of it are replayed. */
#include "base/arena.h"
#include "base/log.h"
#include "daemon/journal_parts.h"
#include "tests/support/disk_fault.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum { SALT = 7, INPUT_BYTES_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_same(const struct record *a, const struct record *b)
{
    ASSERT(a->seq == b->seq && a->received_us == b->received_us && a->durable_seq == b->durable_seq);
    ASSERT(text_equal(a->publisher, b->publisher) && text_equal(a->source, b->source) &&
           text_equal(a->id, b->id));
    ASSERT(a->body.bytes == b->body.bytes && memcmp(a->body.at, b->body.at, a->body.bytes) == 0);
    ASSERT(memcmp(a->chain.at, b->chain.at, DIGEST_BYTES) == 0);
}

/* Looks at all that a decoded record points to. */
static void fuzz_decode(struct bytes at)
{
    struct record record, again;
    size_t bytes, bytes_again;
    if (record_decode(at, SALT, &record, &bytes) != RECORD_FINE)
        return;
    ASSERT(bytes <= at.bytes && record_bytes(&record) == bytes);
    struct digest none = {{0}};
    (void)record_chain(&none, &record);
    unsigned char *copy = memory_alloc(bytes);
    record_encode(&record, SALT, copy);
    ASSERT(record_decode((struct bytes){copy, bytes}, SALT, &again, &bytes_again) == RECORD_FINE);
    fuzz_same(&record, &again);
    free(copy);
}

/* Magic, a length that fits and the checksum are put in; everything else stays as it came. */
static void fuzz_make_right(unsigned char *at, size_t bytes)
{
    size_t filled = bytes & ~(size_t)(RECORD_ALIGN - 1), length = le_u32(at + 4) % (filled + 1);
    if (length + RECORD_ALIGN <= filled)
        length = filled - length % RECORD_ALIGN;
    le_put_u32(at, 0x31526244);
    le_put_u32(at + 4, (uint32_t)length);
    le_put_u64(at + 8, digest_checksum((struct bytes){at + 16, filled - 16}, SALT + length));
}

static void fuzz_walk(struct bytes content)
{
    struct disk_fault *fault = disk_fault_open();
    struct disk *disk = disk_fault_disk(fault);
    struct segment_head head = {.salt = SALT, .first = 1, .bytes = SEGMENT_HEAD_BYTES + content.bytes};
    unsigned char page[SEGMENT_HEAD_BYTES];
    struct complaint complaint;
    struct walk walk;
    int handle;
    bool found;
    segment_head_encode(&head, page);
    ASSERT(disk->ops->open(disk, "/d/00000000000000000001.seg", true, &handle) == 0);
    ASSERT(disk->ops->write(disk, handle, 0, (struct bytes){page, sizeof page}) == 0);
    ASSERT(content.bytes == 0 || disk->ops->write(disk, handle, SEGMENT_HEAD_BYTES, content) == 0);
    walk_open(&walk, disk, "/d");
    ASSERT(walk_segment(&walk, 1, &complaint) == 0);
    for (enum record_state state = RECORD_FINE; state == RECORD_FINE;) {
        struct record record;
        size_t bytes = 0;
        ASSERT(walk_peek(&walk, true, &record, &bytes, &state) == 0);
        ASSERT(state != RECORD_SHORT && (state != RECORD_FINE || bytes >= RECORD_HEAD_BYTES));
        walk.offset += bytes;
    }
    walk.offset = SEGMENT_HEAD_BYTES;
    ASSERT(walk_find_witness(&walk, 1, &found) == 0);
    walk_close(&walk);
    disk_fault_close(fault);
}

static void fuzz_head(struct bytes at)
{
    unsigned char page[SEGMENT_HEAD_BYTES] = {0};
    struct segment_head head;
    memcpy(page, at.at, at.bytes < sizeof page ? at.bytes : sizeof page);
    (void)segment_head_decode((struct bytes){page, sizeof page}, &head);
    (void)segment_head_decode(at, &head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        digest_init();
    ready = true;
    if (size > INPUT_BYTES_MAX)
        return 0;
    unsigned char *copy = memory_alloc(size); /* its own block, so that a step outside is seen */
    if (size > 0)
        memcpy(copy, data, size);
    struct bytes at = {copy, size};
    fuzz_decode(at);
    fuzz_head(at);
    if (size >= RECORD_HEAD_BYTES) {
        fuzz_make_right(copy, size);
        fuzz_decode(at);
    }
    fuzz_walk(at);
    free(copy);
    return 0;
}

#ifndef FUZZ_ENGINE
static size_t fuzz_load(const char *path, unsigned char *out)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    size_t bytes = fread(out, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    return bytes;
}

/* The same mutations each time. */
static void fuzz_mutate(const unsigned char *from, size_t bytes, uint64_t seed)
{
    unsigned char at[INPUT_BYTES_MAX];
    uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    memcpy(at, from, bytes);
    for (unsigned i = 0; i < 1 + seed % 5 && bytes > 0; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        size_t where = (size_t)(random >> 33) % (i % 2 == 0 && bytes > 64 ? 64 : bytes);
        unsigned changed = seed % 3 == 0 ? (unsigned)(random >> 20) : at[where] ^ 1u << (random >> 25) % 8;
        at[where] = (unsigned char)(changed & 0xFF);
    }
    LLVMFuzzerTestOneInput(at, seed % 7 == 0 ? (size_t)(random >> 17) % (bytes + 1) : bytes);
}

int main(int count, char **arguments)
{
    const char *directory = count > 1 ? arguments[1] : "tests/fuzz/corpus/record";
    unsigned passed = 0;
    DIR *stream = opendir(directory);
    if (stream == NULL)
        die("fuzz_record: cannot open %s", directory);
    for (struct dirent *entry = readdir(stream); entry != NULL; entry = readdir(stream)) {
        unsigned char at[INPUT_BYTES_MAX];
        char path[1024];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        size_t bytes = fuzz_load(path, at);
        LLVMFuzzerTestOneInput(at, bytes);
        for (uint64_t seed = 0; seed < 400; seed++)
            fuzz_mutate(at, bytes, seed);
        passed++;
    }
    closedir(stream);
    printf("%u passed, 0 failed\n", passed); /* whatever fails ends the program */
    return passed > 0 ? 0 : 1;
}
#endif
