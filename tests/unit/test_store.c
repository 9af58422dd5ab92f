/* Goal: what the store promises: order, one transaction, sticky errors, damage found, one owner, a crash
 * loses nothing. Method: a fresh directory a test, random data against a model, and a child process that is
 * killed inside a transaction. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/store.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { TABLE_A = 1, TABLE_B = 2, TABLE_LAST = 31, SCHEMA = 7 };

struct fixture {
    char root[64], directory[80];
    struct store *store;
};

static int open_at(const char *directory, uint64_t map_bytes_max, uint32_t schema, struct store **store_out,
                   struct complaint *complaint)
{
    struct store_options options = {
        .directory = directory, .map_bytes_max = map_bytes_max, .schema = schema, .durable = true};
    return store_open(&options, store_out, complaint);
}

static int setup(void **state)
{
    struct fixture *f = memory_alloc(sizeof(*f));
    (void)snprintf(f->root, sizeof(f->root), "/tmp/duban-store-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    (void)snprintf(f->directory, sizeof(f->directory), "%s/state", f->root);
    digest_init();
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &f->store, NULL), 0);
    *state = f;
    return 0;
}

static void reopen(struct fixture *f)
{
    store_close(f->store);
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &f->store, NULL), 0);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->store != NULL)
        store_close(f->store);
    int rc = file_remove_folder(f->root);
    free(f);
    return rc;
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const unsigned char *)text, strlen(text)};
}

static struct key key_of_number(store_table table, uint64_t number)
{
    struct key key = key_of(table);
    key_add_u64(&key, number);
    return key;
}

static uint64_t number_of(const struct store_cursor *c)
{
    struct key_reader reader = key_read(c->key);
    uint64_t number = 0;
    assert_true(key_read_u64(&reader, &number));
    return number;
}

static struct store_txn *begin(struct fixture *f, bool writable)
{
    struct store_txn *txn;
    int rc = writable ? store_begin_write(f->store, &txn) : store_begin_read(f->store, &txn);
    assert_int_equal(rc, 0);
    return txn;
}

static void put_numbers(struct fixture *f, store_table table, uint64_t count)
{
    struct store_txn *txn = begin(f, true);
    for (uint64_t i = 0; i < count; i++) {
        struct key key = key_of_number(table, i);
        store_put(txn, &key, (struct bytes){(const unsigned char *)&i, sizeof(i)});
    }
    assert_int_equal(store_commit_take(txn), 0);
}

static uint64_t count_table(struct fixture *f, store_table table)
{
    struct store_txn *txn = begin(f, false);
    struct key prefix = key_of(table);
    struct store_cursor c;
    uint64_t count = 0;
    for (bool more = store_first(txn, &prefix, NULL, &c); more; more = store_next(&c))
        count++;
    store_cursor_end(&c);
    assert_int_equal(store_commit_take(txn), 0);
    return count;
}

static void test_put_get_delete_survive_reopening(void **state)
{
    struct fixture *f = *state;
    struct key key = key_of(TABLE_A), other = key_of(TABLE_B);
    struct bytes value;
    key_add_text(&key, TEXT("市财政局"));
    key_add_text(&other, TEXT("市财政局"));
    struct store_txn *txn = begin(f, true);
    assert_false(store_get(txn, &key, &value));
    store_put(txn, &key, bytes_of("一"));
    store_put(txn, &other, bytes_of(""));
    assert_true(store_get(txn, &key, &value));
    store_put(txn, &other, value); /* a value that lies in the store itself */
    assert_int_equal(store_commit_take(txn), 0);
    reopen(f);
    txn = begin(f, true);
    assert_true(store_get(txn, &other, &value));
    assert_int_equal(value.bytes, strlen("一"));
    assert_memory_equal(value.at, "一", value.bytes);
    assert_true(store_delete(txn, &key));
    assert_false(store_delete(txn, &key));
    assert_int_equal(store_commit_take(txn), 0);
    assert_int_equal(count_table(f, TABLE_A), 0);
    assert_int_equal(count_table(f, TABLE_B), 1);
}

static void test_abort_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct key key = key_of_number(TABLE_A, 1);
    struct store_txn *txn = begin(f, true);
    store_put(txn, &key, bytes_of("x"));
    store_abort_take(txn);
    assert_int_equal(count_table(f, TABLE_A), 0);
}

static void test_a_reader_sees_its_own_moment(void **state)
{
    struct fixture *f = *state;
    struct key key = key_of_number(TABLE_A, 3);
    struct bytes value;
    struct store_txn *before = begin(f, false);
    put_numbers(f, TABLE_A, 10);
    struct store_txn *after = begin(f, false); /* two readers of one thread: MDB_NOTLS */
    assert_false(store_get(before, &key, &value));
    assert_true(store_get(after, &key, &value));
    assert_int_equal(store_commit_take(before), 0);
    assert_int_equal(store_commit_take(after), 0);
}

/* ---- keys ---- */
struct part {
    uint64_t number;
    int64_t sign;
    char text[12];
    size_t bytes;
};

static struct part part_random(void)
{
    struct part part = {.number = (uint64_t)(rand() % 3) << (rand() % 63), .bytes = (size_t)(rand() % 5)};
    part.sign = (rand() % 2 ? 1 : -1) * (int64_t)(rand() % 3) * (INT64_C(1) << (rand() % 61));
    for (size_t i = 0; i < part.bytes; i++)
        part.text[i] = (char)(rand() % 4 == 0 ? 255 : rand() % 4); /* the bytes that are escaped, mostly */
    return part;
}

static struct key part_key(const struct part *part)
{
    struct key key = key_of(TABLE_A);
    key_add_text(&key, (struct text){part->text, part->bytes});
    key_add_i64(&key, part->sign);
    key_add_u64(&key, part->number);
    return key;
}

static int part_compare(const struct part *a, const struct part *b)
{
    int order = text_compare((struct text){a->text, a->bytes}, (struct text){b->text, b->bytes});
    if (order == 0)
        order = (a->sign > b->sign) - (a->sign < b->sign);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static int sign_of(int order)
{
    return (order > 0) - (order < 0);
}

static void test_keys_order_as_their_parts(void **state)
{
    (void)state;
    srand(20261121);
    for (int i = 0; i < 20000; i++) {
        struct part a = part_random(), b = part_random();
        struct key key_a = part_key(&a), key_b = part_key(&b);
        int order = text_compare((struct text){(char *)key_a.at, key_a.bytes},
                                 (struct text){(char *)key_b.at, key_b.bytes});
        assert_int_equal(sign_of(order), sign_of(part_compare(&a, &b)));
    }
}

static void test_key_parts_read_back(void **state)
{
    (void)state;
    struct arena arena;
    arena_open(&arena, 1 << 20);
    for (int i = 0; i < 2000; i++) {
        struct part a = part_random();
        struct key key = part_key(&a);
        struct key_reader reader = key_read((struct bytes){key.at, key.bytes});
        struct text text;
        int64_t sign;
        uint64_t number;
        assert_true(key_read_text(&reader, &arena, &text));
        assert_true(key_read_i64(&reader, &sign));
        assert_true(key_read_u64(&reader, &number));
        assert_int_equal(reader.rest.bytes, 0);
        assert_true(text_equal(text, (struct text){a.text, a.bytes}));
        assert_true(sign == a.sign && number == a.number);
    }
    arena_close(&arena);
}

static void test_malformed_keys_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "\1", "\1abc", "\1a", "\1a\1", "\1a\1\4", "\1a\1\3short"};
    struct arena arena;
    struct text text;
    uint64_t number;
    arena_open(&arena, 4096);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct key_reader reader = key_read(bytes_of(bad[i]));
        assert_false(key_read_text(&reader, &arena, &text));
        reader = key_read(bytes_of(bad[i]));
        if (strlen(bad[i]) < 9)
            assert_false(key_read_u64(&reader, &number));
    }
    arena_close(&arena);
}

static void test_long_texts_are_cut_and_stay_distinct(void **state)
{
    (void)state;
    char long_a[1001], long_b[1001];
    memset(long_a, 'x', sizeof(long_a) - 1);
    long_a[1000] = '\0';
    memcpy(long_b, long_a, sizeof(long_b));
    long_b[999] = 'y'; /* differs only beyond the cut */
    struct key a = key_of(TABLE_A), b = key_of(TABLE_A), fits = key_of(TABLE_A);
    for (int i = 0; i < 5; i++) { /* five outsize parts and a number find room in one key */
        key_add_text(&a, text_from(long_a));
        key_add_text(&b, text_from(long_b));
    }
    key_add_u64(&a, 1);
    assert_true(a.bytes <= STORE_KEY_BYTES_MAX);
    assert_int_not_equal(memcmp(a.at, b.at, b.bytes), 0);
    key_add_text(&fits, (struct text){long_a, 256}); /* SOURCE_BYTES_MAX fits whole */
    struct arena arena;
    struct text text;
    arena_open(&arena, 1 << 16);
    struct key_reader reader = key_read((struct bytes){fits.at, fits.bytes});
    assert_true(key_read_text(&reader, &arena, &text));
    assert_int_equal(text.bytes, 256);
    reader = key_read((struct bytes){a.at, a.bytes});
    for (int i = 0; i < 5; i++)
        assert_true(key_read_text(&reader, &arena, &text));
    assert_int_equal(reader.rest.bytes, 8);
    arena_close(&arena);
}

/* ---- walks ---- */
static void test_walks_stay_in_their_prefix_both_ways(void **state)
{
    struct fixture *f = *state;
    put_numbers(f, TABLE_A, 300);
    put_numbers(f, TABLE_B, 5);
    put_numbers(f, TABLE_LAST, 3);
    struct store_txn *txn = begin(f, false);
    struct key prefix = key_of(TABLE_A), from = key_of_number(TABLE_A, 250), none = key_of(TABLE_B + 1);
    struct store_cursor c;
    uint64_t expected = 250;
    for (bool more = store_first(txn, &prefix, &from, &c); more; more = store_next(&c))
        assert_int_equal(number_of(&c), expected++);
    assert_int_equal(expected, 300);
    assert_false(store_next(&c)); /* over stays over */
    store_cursor_end(&c);
    for (bool more = store_last(txn, &prefix, &c); more; more = store_previous(&c))
        assert_int_equal(number_of(&c), --expected);
    assert_int_equal(expected, 0);
    store_cursor_end(&c);
    assert_false(store_first(txn, &none, NULL, &c));
    store_cursor_end(&c);
    assert_false(store_last(txn, &none, &c));
    store_cursor_end(&c);
    assert_int_equal(store_commit_take(txn), 0);
}

static void test_writing_while_walking(void **state)
{
    struct fixture *f = *state;
    put_numbers(f, TABLE_A, 1000);
    struct store_txn *txn = begin(f, true);
    struct key prefix = key_of(TABLE_A);
    struct store_cursor c;
    uint64_t seen = 0;
    static unsigned char large[3000];
    for (bool more = store_first(txn, &prefix, NULL, &c); more; more = store_next(&c)) {
        uint64_t number = number_of(&c);
        assert_int_equal(number, seen++);
        struct key own = key_of_number(TABLE_A, number), behind = key_of_number(TABLE_A, 1999 - number);
        store_put(txn, &behind, (struct bytes){large, sizeof(large)}); /* splits pages under the walk */
        assert_true(store_delete(txn, &own));
        if (number == 1200)
            break;
    }
    store_cursor_end(&c);
    assert_int_equal(seen, 1201);
    uint64_t last = 2001;
    for (bool more = store_last(txn, &prefix, &c); more; more = store_previous(&c)) {
        struct key own = key_of_number(TABLE_A, number_of(&c));
        assert_true(number_of(&c) < last);
        last = number_of(&c);
        assert_true(store_delete(txn, &own));
    }
    store_cursor_end(&c);
    assert_int_equal(store_commit_take(txn), 0);
    assert_int_equal(count_table(f, TABLE_A), 0);
}

enum { MODEL_NUMBERS = 200 };

static void change_at_random(struct store_txn *txn, bool model[MODEL_NUMBERS], uint64_t number)
{
    static unsigned char large[1500];
    struct key key = key_of_number(TABLE_A, number);
    if (rand() % 2 == 0) {
        assert_int_equal(store_delete(txn, &key), model[number]);
        model[number] = false;
    }
    if (rand() % 2 == 0) {
        store_put(txn, &key, (struct bytes){large, (size_t)rand() % sizeof(large)});
        model[number] = true;
    }
}

/* After each step the next key is the model's nearest in that direction, whatever was changed meanwhile: the
 * key stood on deleted, deleted and put again, or its neighbours changed. */
static void walk_and_change(struct store_txn *txn, bool model[MODEL_NUMBERS], bool forward)
{
    struct key prefix = key_of(TABLE_A);
    struct store_cursor c;
    int64_t at = forward ? -1 : MODEL_NUMBERS, step = forward ? 1 : -1;
    bool more = forward ? store_first(txn, &prefix, NULL, &c) : store_last(txn, &prefix, &c);
    for (;;) {
        do
            at += step;
        while (at >= 0 && at < MODEL_NUMBERS && !model[at]);
        assert_int_equal(more, at >= 0 && at < MODEL_NUMBERS);
        if (!more)
            break;
        assert_int_equal(number_of(&c), at);
        for (int i = rand() % 4; i-- > 0;) {
            int64_t near = at + rand() % 5 - 2;
            if (near >= 0 && near < MODEL_NUMBERS)
                change_at_random(txn, model, (uint64_t)near);
        }
        more = forward ? store_next(&c) : store_previous(&c);
    }
    store_cursor_end(&c);
}

static void test_walks_under_random_changes(void **state)
{
    struct fixture *f = *state;
    bool model[MODEL_NUMBERS] = {false};
    srand(99);
    struct store_txn *txn = begin(f, true);
    for (uint64_t i = 0; i < MODEL_NUMBERS; i++)
        change_at_random(txn, model, i);
    for (int round = 0; round < 60; round++)
        walk_and_change(txn, model, round % 2 == 0);
    assert_int_equal(store_commit_take(txn), 0);
    uint64_t expected = 0;
    for (size_t i = 0; i < MODEL_NUMBERS; i++)
        expected += model[i];
    assert_int_equal(count_table(f, TABLE_A), expected);
}

/* ---- failures ---- */
static void test_full_is_said_once_and_nothing_is_written(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    f->store = NULL;
    char small[100];
    (void)snprintf(small, sizeof(small), "%s/small", f->root);
    assert_int_equal(open_at(small, 1 << 20, SCHEMA, &f->store, NULL), 0);
    put_numbers(f, TABLE_B, 10);
    assert_true(store_used_bp(f->store) < 1000);
    static unsigned char large[4000];
    struct key key = key_of_number(TABLE_A, 0), another = key_of_number(TABLE_B, 0);
    struct bytes value;
    struct store_txn *txn = begin(f, true);
    for (uint64_t i = 0; i < 1000; i++) {
        key = key_of_number(TABLE_A, i);
        store_put(txn, &key, (struct bytes){large, sizeof(large)});
    }
    assert_int_equal(store_error(txn), STORE_E_FULL);
    assert_false(store_get(txn, &another, &value)); /* sticky: reads find nothing */
    assert_false(store_delete(txn, &another));
    assert_int_equal(store_commit_take(txn), STORE_E_FULL);
    assert_int_equal(count_table(f, TABLE_A), 0);
    assert_int_equal(count_table(f, TABLE_B), 10);
    put_numbers(f, TABLE_B, 20); /* and it goes on */
    txn = begin(f, true);
    for (uint64_t i = 0; i < 100; i++) {
        key = key_of_number(TABLE_A, i);
        store_put(txn, &key, (struct bytes){large, sizeof(large)});
    }
    assert_int_equal(store_commit_take(txn), 0);
    assert_in_range(store_used_bp(f->store), 3900, 9000);
}

/* Flips one bit of a value on disk, found by its content. */
static void damage(const char *directory, const char *content)
{
    char path[160];
    static unsigned char file[1 << 20];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", directory);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t bytes = read(fd, file, sizeof(file));
    assert_true(bytes > 0);
    unsigned char *at = memmem(file, (size_t)bytes, content, strlen(content));
    assert_non_null(at);
    unsigned char flipped = *at ^ 4;
    assert_int_equal(pwrite(fd, &flipped, 1, at - file), 1);
    assert_int_equal(close(fd), 0);
}

static void test_damage_is_found(void **state)
{
    struct fixture *f = *state;
    struct key key = key_of_number(TABLE_A, 1), prefix = key_of(TABLE_A);
    struct store_cursor c;
    struct digest digest;
    struct bytes value;
    struct store_txn *txn = begin(f, true);
    store_put(txn, &key, bytes_of("a value that is soon damaged"));
    assert_int_equal(store_commit_take(txn), 0);
    store_close(f->store);
    damage(f->directory, "a value that is soon");
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &f->store, NULL), 0);
    txn = begin(f, false);
    assert_false(store_get(txn, &key, &value));
    assert_int_equal(store_commit_take(txn), STORE_E_CORRUPT);
    txn = begin(f, false);
    assert_false(store_first(txn, &prefix, NULL, &c));
    store_cursor_end(&c);
    assert_int_equal(store_commit_take(txn), STORE_E_CORRUPT);
    assert_int_equal(store_digest(f->store, 32, &digest), STORE_E_CORRUPT);
}

/* What the disk has, as far as data.mdb is concerned. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int put_large(struct fixture *f, uint64_t first, uint64_t count)
{
    static unsigned char large[3000];
    struct store_txn *txn = begin(f, true);
    for (uint64_t i = first; i < first + count; i++) {
        struct key key = key_of_number(TABLE_A, i);
        store_put(txn, &key, (struct bytes){large, sizeof(large)});
    }
    return store_commit_take(txn);
}

static void test_a_full_disk_is_said_and_the_same_goes_through_when_there_is_room(void **state)
{
    struct fixture *f = *state;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    assert_int_equal(put_large(f, 0, 100), 0);
    limit_files(3 << 20);
    uint64_t count = 100;
    int rc = 0;
    while ((rc = put_large(f, count, 50)) == 0)
        count += 50;
    assert_int_equal(rc, STORE_E_DISK_FULL);
    assert_int_equal(put_large(f, count, 50), STORE_E_DISK_FULL);
    assert_int_equal(store_try_room(f->store), STORE_E_DISK_FULL);
    assert_int_equal(count_table(f, TABLE_A), count);
    put_numbers(f, TABLE_B, 10); /* what is small has room still, also to start anew */
    reopen(f);
    put_numbers(f, TABLE_B, 20);
    assert_int_equal(put_large(f, count, 50), STORE_E_DISK_FULL);
    limit_files(RLIM_INFINITY);
    assert_int_equal(store_try_room(f->store), 0);
    assert_int_equal(put_large(f, count, 50), 0);
    reopen(f);
    assert_int_equal(count_table(f, TABLE_A), count + 50);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
}

/* Values that are put again and again, and taken away: LMDB asks for no page beyond what a commit took. */
static void test_no_commit_needs_more_than_was_taken(void **state)
{
    struct fixture *f = *state;
    char path[160];
    static unsigned char value[9000];
    struct stat status;
    srand(7);
    for (unsigned round = 0; round < 60; round++) {
        struct store_txn *txn = begin(f, true);
        for (unsigned i = 0; i < 1u << (round % 12); i++) {
            struct key key = key_of_number(TABLE_A, (uint64_t)rand() % 3000);
            if (rand() % 3 == 0)
                (void)store_delete(txn, &key);
            else
                store_put(txn, &key, (struct bytes){value, (size_t)rand() % sizeof(value)});
        }
        assert_int_equal(store_commit_take(txn), 0);
        (void)snprintf(path, sizeof(path), "%s/data.mdb", f->directory);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size % (1 << 20),
                         0); /* it grows by what was taken ahead and by nothing else */
    }
}

static void test_a_file_cut_short_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[160];
    struct complaint complaint;
    put_numbers(f, TABLE_A, 5000);
    store_close(f->store);
    f->store = NULL;
    (void)snprintf(path, sizeof(path), "%s/data.mdb", f->directory);
    assert_int_equal(truncate(path, 5 * 4096), 0);
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &f->store, &complaint), STORE_E_CORRUPT);
    assert_non_null(strstr(complaint.message, "cut short"));
}

/* Large values that come and go within one transaction take pages at the file's end that are never written.
 */
static void test_free_pages_that_were_never_written_are_no_damage(void **state)
{
    struct fixture *f = *state;
    static const unsigned char large[8 * 2500 + 4096];
    char path[160];
    struct stat status;
    struct key key = key_of_number(TABLE_A, 1);
    struct store_txn *txn = NULL;
    struct store_options options = {/* not durable: takes no room ahead, as no store once did */
                                    .directory = f->directory,
                                    .map_bytes_max = 1 << 26,
                                    .schema = SCHEMA};
    store_close(f->store);
    (void)snprintf(f->directory, sizeof(f->directory), "%s/lazy", f->root);
    assert_int_equal(store_open(&options, &f->store, NULL), 0);
    for (size_t i = 0; i < 8;
         i++) { /* the list of free pages must have been read before LMDB takes such pages back */
        put_numbers(f, TABLE_B, 10);
        txn = begin(f, true);
        store_put(txn, &key, bytes_of("what stays"));
        struct key other = key_of_number(TABLE_A, 2);
        store_put(txn, &other, (struct bytes){large, (i + 1) * 2500 + 4096});
        assert_true(store_delete(txn, &other));
        assert_int_equal(store_commit_take(txn), 0);
    }
    store_close(f->store);
    f->store = NULL;
    (void)snprintf(path, sizeof(path), "%s/data.mdb", f->directory);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &f->store, NULL), 0);
    struct stat after;
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_size > status.st_size); /* else this test shows nothing */
    struct bytes value;
    txn = begin(f, false);
    assert_true(store_get(txn, &key, &value));
    store_abort_take(txn);
}

static void test_one_owner(void **state)
{
    struct fixture *f = *state;
    struct store *second = NULL;
    struct complaint complaint;
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &second, &complaint), STORE_E_LOCKED);
    assert_string_equal(complaint.place, f->directory);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(open_at(f->directory, 1 << 26, SCHEMA, &second, NULL));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == STORE_E_LOCKED);
}

static void test_another_schema_is_refused(void **state)
{
    struct fixture *f = *state;
    struct complaint complaint;
    store_close(f->store);
    f->store = NULL;
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA + 1, &f->store, &complaint), STORE_E_SCHEMA);
    assert_string_equal(complaint.message, "the store has schema version 7; this program needs version 8");
    assert_int_equal(open_at("/proc/no/such", 1 << 26, SCHEMA, &f->store, &complaint), -ENOENT);
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &f->store, NULL), 0);
}

/* The child commits `number`, then writes more without committing, says so through the pipe and is killed. */
static void crash_child(const char *directory, uint64_t number, int pipe_fd)
{
    struct fixture f;
    if (open_at(directory, 1 << 26, SCHEMA, &f.store, NULL) != 0)
        _exit(1);
    for (int round = 0; round < 2; round++) {
        struct store_txn *txn = begin(&f, true);
        struct key key = key_of_number(round == 0 ? TABLE_A : TABLE_B, number);
        static unsigned char large[100000];
        store_put(txn, &key, (struct bytes){large, sizeof(large)});
        if (round == 0 && store_commit_take(txn) != 0)
            _exit(1);
    }
    if (write(pipe_fd, "x", 1) != 1)
        _exit(1);
    for (;;)
        (void)pause();
}

static void test_killed_inside_a_transaction(void **state)
{
    struct fixture *f = *state;
    store_close(f->store);
    f->store = NULL;
    for (uint64_t i = 0; i < 5; i++) {
        int ends[2], status;
        char byte;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            crash_child(f->directory, i, ends[1]);
        (void)close(ends[1]);
        assert_int_equal(read(ends[0], &byte, 1), 1);
        (void)close(ends[0]);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_int_equal(open_at(f->directory, 1 << 26, SCHEMA, &f->store, NULL), 0);
    assert_int_equal(count_table(f, TABLE_A), 5);
    assert_int_equal(count_table(f, TABLE_B), 0);
    put_numbers(f, TABLE_B, 100);
    assert_int_equal(count_table(f, TABLE_B), 100);
}

/* ---- copies and digests ---- */
static void test_digest_depends_on_content_alone(void **state)
{
    struct fixture *f = *state;
    struct digest empty, full, again;
    assert_int_equal(store_digest(f->store, 32, &empty), 0);
    put_numbers(f, TABLE_A, 500);
    assert_int_equal(store_digest(f->store, 32, &full), 0);
    assert_memory_not_equal(&empty, &full, sizeof(full));
    put_numbers(f, TABLE_LAST, 1);
    assert_int_equal(store_digest(f->store, TABLE_LAST, &again), 0); /* not below: not counted */
    assert_memory_equal(&again, &full, sizeof(full));
    struct store_txn *txn = begin(f, true);
    for (uint64_t i = 500; i-- > 0;) {
        struct key key = key_of_number(TABLE_A, i);
        assert_true(store_delete(txn, &key));
        store_put(txn, &key, (struct bytes){(const unsigned char *)&i, sizeof(i)});
    }
    assert_int_equal(store_commit_take(txn), 0);
    assert_int_equal(store_digest(f->store, TABLE_LAST, &again), 0);
    assert_memory_equal(&again, &full, sizeof(full));
}

static void test_copy_is_equal_and_never_overwrites(void **state)
{
    struct fixture *f = *state;
    char copy[100];
    struct store *second;
    struct digest here, there;
    (void)snprintf(copy, sizeof(copy), "%s/copy", f->root);
    put_numbers(f, TABLE_A, 2000);
    assert_int_equal(store_copy(f->store, copy), 0);
    assert_int_equal(store_copy(f->store, copy), -EEXIST);
    assert_int_equal(open_at(copy, 1 << 26, SCHEMA, &second, NULL), 0);
    assert_int_equal(store_digest(f->store, 32, &here), 0);
    assert_int_equal(store_digest(second, 32, &there), 0);
    assert_memory_equal(&here, &there, sizeof(here));
    store_close(second);
    (void)snprintf(copy, sizeof(copy), "%s/copy/data.mdb.part", f->root);
    assert_int_equal(access(copy, F_OK), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_put_get_delete_survive_reopening),
        T(test_abort_leaves_nothing),
        T(test_a_reader_sees_its_own_moment),
        T(test_keys_order_as_their_parts),
        T(test_key_parts_read_back),
        T(test_malformed_keys_are_refused),
        T(test_long_texts_are_cut_and_stay_distinct),
        T(test_walks_stay_in_their_prefix_both_ways),
        T(test_writing_while_walking),
        T(test_walks_under_random_changes),
        T(test_full_is_said_once_and_nothing_is_written),
        T(test_a_full_disk_is_said_and_the_same_goes_through_when_there_is_room),
        T(test_no_commit_needs_more_than_was_taken),
        T(test_damage_is_found),
        T(test_a_file_cut_short_is_refused),
        T(test_free_pages_that_were_never_written_are_no_damage),
        T(test_one_owner),
        T(test_another_schema_is_refused),
        T(test_killed_inside_a_transaction),
        T(test_digest_depends_on_content_alone),
        T(test_copy_is_equal_and_never_overwrites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
