/* differences.h - how two runs of the same reports differ, for people and for programs. */
#ifndef CLI_SIMULATE_DIFFERENCES_H
#define CLI_SIMULATE_DIFFERENCES_H

#include "cli/simulate/facts.h"

struct differences {
    struct facts *before, *after;
    const struct difference *at;
    size_t count;
    struct text charter; /* whose name goes without saying */
};
/* A line a kind (how many there were, vanish, appear, are otherwise), then a table a kind. */
void differences_print(struct arena *arena, const struct differences *differences);
void differences_print_tables(struct arena *arena, const struct differences *differences);
/* kind,change,charter,subject,what,before,after,who, with a line of heads (csv.h). */
/* Behind other rows of the caller's, which have what they say in the same columns and `reason` besides (NULL:
 * without them and that column). */
struct differences_rows {
    struct doc *const *at;
    size_t count;
};
void differences_print_csv(struct arena *arena, const struct differences *differences,
                           const struct differences_rows *others);
/* "summary":[{"kind","before","after","vanished","appeared","changed"},…],"differences":[{"kind","change",
 * "key":{…},"before":{…},"after":{…}},…] without braces around it. */
void differences_print_json_list(struct arena *arena, const char *name,
                                 const struct differences *differences); /* "NAME":[…] */
void differences_print_json(struct arena *arena, const struct differences *differences);

#endif
