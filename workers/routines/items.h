/* items.h - items of minutes and of lists: read, checked and written out in one form.
 *
 * An item that passed has a title (its own, else the beginning of its opinion), and, if it names units,
 * `unit`: the unit, or the wildcard as written; `units` besides where these are several. Aliases become
 * names.
 */
#ifndef WORKERS_ROUTINES_ITEMS_H
#define WORKERS_ROUTINES_ITEMS_H

#include "config/charter.h"
#include "workers/common/owed.h"
#include "workers/runtime/role.h"

struct items;
/* What each item must have. */
struct items_demand {
    const struct rule *rule;
    struct text who; /* who owes what is missing */
    bool unit, by, opinion;
    int32_t not_before; /* no `by` lies before that day */
};
/* Reads ITEMS of the data; what is wrong goes to owed, item by item: two items with one title too, be it
 * written or taken from the opinion. */
struct items *items_read(struct arena *arena, const struct charter *charter, const struct doc *data,
                         const struct items_demand *demand, struct owed *owed);
/* Units of all items together, each counted where it stands. */
size_t items_units(const struct items *items);
size_t items_count(const struct items *items);
struct text items_title(const struct items *items, size_t index);
/* The issue that an item is about, unless it names one. */
void items_default_issue(struct items *items, size_t index, struct text issue);
/* Appends the items to ITEMS of out. */
void items_write(const struct items *items, struct doc *out);

#endif
