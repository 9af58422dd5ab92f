/* map_parts.h - what the two files of the map's compiler share. */
#ifndef CLI_IMPORT_MAP_PARTS_H
#define CLI_IMPORT_MAP_PARTS_H

#include "cli/import/map.h"
#include "config/yaml_read.h"

struct map_source {
    struct arena *arena;
    struct findings *findings;
    struct map *map; /* tables and values are there before rules are read */
};

/* An error at a place of the map: unknown WHAT "NAME", with the nearest of candidates. */
void map_unknown(const struct map_source *source, struct place place, struct text path, const char *what,
                 struct text name, const struct text *candidates, size_t count);

/* map_parts.c: each reads what a node says about a row of that table; false after a finding. */
bool map_read_ref(const struct map_source *source, size_t table, struct text written, struct place place,
                  struct text path, struct map_ref *ref_out);
bool map_read_time(const struct map_source *source, size_t table, const struct yaml_node *node,
                   struct text path, struct map_time *time_out);
bool map_read_template(const struct map_source *source, size_t table, const struct yaml_node *node,
                       struct text path, struct map_template *template_out);
/* Adds the tests of one entry of `when`. */
enum { MAP_TESTS_MAX = 64 };
bool map_read_tests(const struct map_source *source, size_t table, struct text key, struct place key_place,
                    const struct yaml_node *node, struct text path, struct map_test *tests, size_t *count);

#endif
