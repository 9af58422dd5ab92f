/* verdicts.h - what the roles made of a map's reports: how many wait for a verdict, which were refused, and
 * why. It is fed a journal's entries in order; reports are the map's by their source. */
#ifndef CLI_IMPORT_VERDICTS_H
#define CLI_IMPORT_VERDICTS_H

#include "proto/event.h"

enum { VERDICTS_REASONS_MAX = 20 };

struct verdicts;
struct verdicts *verdicts_open(struct text source);
void verdicts_close(struct verdicts *verdicts);
void verdicts_see(struct verdicts *verdicts, const struct entry *entry);

/* What came of the report of that id so far. */
enum verdict { VERDICT_NONE, VERDICT_AWAITED, VERDICT_ACCEPTED, VERDICT_REFUSED };
enum verdict verdicts_of(const struct verdicts *verdicts, struct text id); /* NONE: there is no such report */
/* The stamp of the last entry that was seen: before it no report happens any more. INT64_MIN: none. */
int64_t verdicts_now_us(const struct verdicts *verdicts);
uint64_t verdicts_seen(const struct verdicts *verdicts); /* its number; 0: none */

uint64_t verdicts_reports(const struct verdicts *verdicts); /* of the map, seen so far */
uint64_t verdicts_awaited(const struct verdicts *verdicts); /* those without a verdict */
uint64_t verdicts_refused(const struct verdicts *verdicts);
/* On standard error: each reason with its count and the first report that met it; at most
 * VERDICTS_REASONS_MAX of them, and how many more refusals there are. */
void verdicts_print(const struct verdicts *verdicts);

#endif
