/* table.h - rows of documents for people: columns aligned by display width (a Chinese character is two
 * columns wide), cut to the terminal only on a terminal; or for machines: a line of JSON each. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "proto/event.h"

struct column {
    enum field field;
    const char *header; /* an array of columns ends with NULL */
};

/* What is empty in every row is left out; `none` is printed to standard error if there are no rows. Returns
 * EXIT_DONE. */
int table_print(struct arena *arena, const struct column *columns, struct doc *const *rows, size_t count,
                const char *none);
/* Comma-separated values (csv.h): a line of heads, which are the fields' names, then a line a row. Every
 * column is there, and values are as the JSON has them; lists are joined by 、, points have two decimals. */
int table_print_csv(struct arena *arena, const struct column *columns, struct doc *const *rows, size_t count);
int table_print_json(struct arena *arena, struct doc *const *rows, size_t count);
/* A value as people read it: lists joined by 、, booleans as yes, instants without seconds when those are
 * zero. */
struct text table_value(struct arena *arena, const struct doc *row, enum field field);
/* The text with each instant in it as people read it: 2020-02-18T23:59:59.999999+08:00 becomes 2020-02-18
 * 23:59:59, and with zone +08 (or Z) behind it. */
struct text table_instants(struct arena *arena, struct text t, bool zone);
/* Whether standard output is a terminal and colour is not declined (NO_COLOR, TERM=dumb). */
bool table_colour(void);

#endif
