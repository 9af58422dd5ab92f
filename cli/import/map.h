/* map.h - what the rows of a log say in duban's words: a map, compiled from YAML. docs/import.md describes
 * it.
 *
 * A map knows tables (which files, which columns) and rules; a rule makes a report of each row of its table
 * on which its tests hold. Everything that it reads of the log it names by a reference:
 *
 *     column            of this row          previous.column, next.column   of the same case's row before,
 * after TABLE.column      of the case's first row in that table               TABLE.last.column   of its last
 *     column.key        what key stands for in a column of pairs: "status=Closed;group=2"
 */
#ifndef CLI_IMPORT_MAP_H
#define CLI_IMPORT_MAP_H

#include "config/yaml.h"
#include "proto/event.h"

enum { MAP_TABLES_MAX = 8, MAP_RULES_MAX = 128, MAP_LIST_MAX = 256, MAP_DEPTH_MAX = 8 };

struct map_table {
    struct text name;
    const struct text *columns; /* those that the map reads; without header, all in order */
    size_t columns_count;
    bool header;
    int key, order, pairs; /* columns; order and pairs: -1 for none */
    struct place place;
};

enum map_where { MAP_OWN, MAP_PREVIOUS, MAP_NEXT, MAP_FIRST, MAP_LAST };
struct map_ref {
    enum map_where where;
    size_t table; /* in which the column stands */
    size_t column;
    struct text pair; /* or none */
    struct text written;
};

/* An instant: a cell's, the earliest or latest of several, or another one moved. */
enum map_time_kind { MAP_TIME_CELL, MAP_TIME_EARLIEST, MAP_TIME_LATEST, MAP_TIME_MOVED };
enum map_edge { MAP_EDGE_NONE, MAP_EDGE_START, MAP_EDGE_END };
struct map_time {
    enum map_time_kind kind;
    struct map_ref cell;
    const struct map_time *of;
    size_t of_count;
    int64_t by_us;      /* MOVED */
    enum map_edge edge; /* MOVED: then to the start or end of that day */
};

/* What a cell's value stands for: "" an absent one, "*" any other. */
struct map_values {
    struct text name;
    const struct text *from, *to;
    size_t count;
};
struct map_piece {
    struct text literal; /* before the cell */
    bool has_cell;
    struct map_ref cell;
    const struct map_values *values; /* or NULL */
};
struct map_template {
    const struct map_piece *pieces;
    size_t count;
};

enum map_test_kind {
    MAP_TEST_IS,
    MAP_TEST_NOT,
    MAP_TEST_STARTS,
    MAP_TEST_PRESENT,
    MAP_TEST_ABSENT,
    MAP_TEST_CHANGES,
    MAP_TEST_RISES,
    MAP_TEST_FALLS,
    MAP_TEST_BEFORE,
    MAP_TEST_UNTIL,
    MAP_TEST_AFTER,
    MAP_TEST_FROM,
    MAP_TEST_ROW_FIRST,
    MAP_TEST_ROW_LAST
};
struct map_test {
    enum map_test_kind kind;
    struct map_ref cell;
    const struct text *words; /* IS, NOT, STARTS: any of them; RISES, FALLS: the order, or none: numbers */
    size_t words_count;
    struct map_time time; /* BEFORE … FROM: what the cell's instant is compared with */
};

struct map_field {
    enum field field;
    const struct map_template *templates; /* one, or as many as the list has items */
    size_t templates_count;
    struct map_time time; /* fields that are dates or instants */
};
struct map_rule {
    struct text id;
    const struct event_type *type;
    size_t table;
    const struct map_test *tests; /* all must hold */
    size_t tests_count;
    bool once; /* a case's first row on which they hold, and no other */
    struct map_time time;
    struct map_template subject, charter, actor; /* charter, actor: no pieces for none */
    const struct map_field *fields;
    size_t fields_count;
    struct place place;
};

struct map {
    struct text name, file, charter, source;
    int zone;
    bool drop_offsets; /* an offset in the log is ignored: its wall clock counts */
    const struct map_table *tables;
    size_t tables_count;
    const struct map_values *values;
    size_t values_count;
    const struct map_rule *rules;
    size_t rules_count;
};

/* NULL if there are errors (in findings). Views live in the arena. */
const struct map *map_compile(struct arena *arena, struct text source, struct text file,
                              struct findings *findings);

#endif
