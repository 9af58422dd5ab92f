/* table.h - rows of documents for people: columns aligned by display width (a Chinese character is two
 * columns wide), cut to the terminal only on a terminal; or for machines: a line of JSON each. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "proto/event.h"

struct column {
    enum field field;
    const char *header; /* an array of columns ends with NULL */
};

/* Rows that come page by page; { .form, .columns } begins. Aligned: what is empty in every row so far is left
 * out, and the head stands again where a page has a further column or needs a wider one. Comma-separated
 * values (csv.h): a line of heads, which are the fields' names, then a line a row. Every column is there, and
 * values are as the JSON has them; lists are joined by 、, points have two decimals. */
enum table_form { TABLE_ALIGNED, TABLE_CSV, TABLE_JSON };
enum { TABLE_COLUMNS_MAX = 24 };
struct table_layout {
    size_t columns;
    const struct column *at[TABLE_COLUMNS_MAX];
    size_t widths[TABLE_COLUMNS_MAX];
};
struct table_pages {
    enum table_form form;
    const struct column *columns;
    size_t rows;                     /* so far */
    bool begun;                      /* the head is printed */
    size_t needs[TABLE_COLUMNS_MAX]; /* the widest cell of each column so far */
    struct table_layout shown;
};
void table_pages_add(struct table_pages *pages, struct arena *arena, struct doc *const *rows, size_t count);
/* `none` is printed to standard error if there were no rows of a table for people. Returns EXIT_DONE. */
int table_pages_end(struct table_pages *pages, const char *none);
/* All rows at once. */
int table_print(struct arena *arena, const struct column *columns, struct doc *const *rows, size_t count,
                const char *none);
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
