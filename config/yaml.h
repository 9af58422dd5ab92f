/* yaml.h - a YAML document as a tree with places. The only file that includes libfyaml.h is yaml.c.
 *
 * Readers of charters, calendars and settings walk it with tables of known keys; an unknown key is an error
 * with the nearest known one. Complaints are collected (up to YAML_COMPLAINTS_MAX), so that one lint run
 * shows them all.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "base/arena.h"

enum {
    YAML_COMPLAINTS_MAX = 200,
    YAML_BYTES_MAX = 393216,
    YAML_DEPTH_MAX = 16,
    YAML_NODES_MAX = 65536,
    YAML_KEYS_MAX = 1024,
    YAML_QUOTES_MAX = 8
};
enum { YAML_E_MALFORMED = 1 };

struct place {
    int line, column; /* from 1; 0: none */
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };
struct yaml_node {
    enum yaml_kind kind;
    struct place place;
    struct text scalar;             /* SCALAR */
    const struct yaml_node **items; /* LIST, and values of a MAP */
    const struct text *keys;        /* MAP */
    const struct place *key_places;
    size_t count;
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };
struct finding {
    enum severity severity;
    struct place place;
    struct text path;    /* "bodies[3].lead_units[1]" */
    struct text message; /* one sentence, with the nearest known name where there is one */
};
struct findings {
    struct arena *arena;
    struct text file;
    struct finding at[YAML_COMPLAINTS_MAX];
    size_t count, errors, left_out;
};
void findings_open(struct findings *findings, struct arena *arena, struct text file);
void finding_add(struct findings *findings, enum severity severity, struct place place, struct text path,
                 const char *format, ...) PRINTF_LIKE(5, 6);
/* "FILE:LINE:COLUMN: error: message" of the first error, or "". */
struct text findings_first(const struct findings *findings, struct arena *arena);

/* Copies everything into the arena. Duplicate keys, anchors and aliases, tags, a second document, and more
 * than the limits are errors. An empty document is an empty map. 0, or YAML_E_MALFORMED with the reasons in
 * findings. */
int yaml_parse(struct arena *arena, struct text source, struct findings *findings,
               const struct yaml_node **root_out) MUST_CHECK;
const struct yaml_node *yaml_get(const struct yaml_node *map,
                                 const char *key); /* NULL if missing or no map */
/* Every key of map must be among known (NULL-ended); others are errors with the nearest. */
void yaml_check_keys(const struct yaml_node *map, const char *const *known, struct text path,
                     struct findings *findings);

#endif
