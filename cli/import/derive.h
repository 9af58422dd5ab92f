/* derive.h - the reports that a map makes of a log, in order: by time, case, table, row and rule.
 *
 * A row's report never stands before one of an earlier row of its case and table: where a clock ran back, the
 * order of the rows decides. Ids derive from table, case, row within the case and rule, the source from the
 * map: the same log gives the same reports.
 */
#ifndef CLI_IMPORT_DERIVE_H
#define CLI_IMPORT_DERIVE_H

#include "cli/import/caselog.h"

enum { DERIVE_REPORTS_MAX = 8000000 };

struct derived {
    int64_t time_us;
    const struct caselog_row *row;
    uint32_t table, rule;
};
struct derivation {
    struct caselog *log;
    struct faults *faults;
    struct derived *reports;
    size_t reports_count, reports_room;
    uint64_t held;         /* reports that were held back with their cases */
    struct text held_case; /* the first */
    uint64_t counts[EVENT_KIND_COUNT];
};
enum { DERIVE_E_MANY = 1 };

/* Finds and checks every report; one that cannot be made, or that the table of events does not allow, is a
 * fault. A case is held back if the report that raises it is a fault, or one of its rows is unreadable: its
 * steps would be refused, or have other ids once the row is mended. The caller frees with derive_close.
 * DERIVE_E_MANY: more than DERIVE_REPORTS_MAX. */
int derive_all(struct caselog *log, struct faults *faults, struct derivation *derivation) MUST_CHECK;
/* Counts a report whose row is held. */
void derive_count_held(struct derivation *derivation, const struct derived *report);
/* Takes all those out. */
void derive_drop_held(struct derivation *derivation);
/* Makes one of them again; what it views lives in arena and log. */
void derive_event(const struct derivation *derivation, size_t index, struct arena *arena,
                  struct event *event_out);
void derive_close(struct derivation *derivation);

/* An instant as logs write it: "2010-10-02T09:20:39.266", "2010-10-02 09:20", "2010-10-02"; with an offset,
 * that counts, unless it is to be dropped. */
bool derive_parse_wall(struct text written, int zone, bool drop_offset, int64_t *at_us_out);

#endif
