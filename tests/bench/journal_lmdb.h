/* journal_lmdb.h - the other candidate: LMDB holds the truth, one transaction a batch. Only the benchmark
 * uses it; it keeps the same promises on append (order, identity once, chain, checksum, durable on return).
 */
#ifndef TESTS_BENCH_JOURNAL_LMDB_H
#define TESTS_BENCH_JOURNAL_LMDB_H

#include "daemon/journal.h"

struct journal_lmdb;

int journal_lmdb_open(const char *directory, struct journal_lmdb **journal_out,
                      struct complaint *complaint) MUST_CHECK;
void journal_lmdb_close(struct journal_lmdb *journal);
int journal_lmdb_append(struct journal_lmdb *journal, struct append *batch, size_t count) MUST_CHECK;
/* Calls each with every entry from `from` on. */
int journal_lmdb_read(struct journal_lmdb *journal, uint64_t from,
                      void (*each)(void *context, const struct entry *entry), void *context) MUST_CHECK;
uint64_t journal_lmdb_head(const struct journal_lmdb *journal);

#endif
