/* yaml_read.h - typed reading of a YAML map's entries, with findings that carry path and place.
 *
 * Each function returns false if the entry is absent or unfit; absence is silent unless needed, unfitness is
 * always a finding. path names the map ("levels[1]"), and the entry's own path is derived from it.
 */
#ifndef CONFIG_YAML_READ_H
#define CONFIG_YAML_READ_H

#include "config/yaml.h"

/* Whether an absent entry is an error. */
enum yaml_want { YAML_MAY, YAML_NEED };

struct yaml_reader {
    const struct yaml_node *map; /* NULL, or not a map: everything is absent */
    struct text path;
    struct findings *findings;
};
enum { YAML_TEXT_BYTES_MAX = 512, YAML_NAME_BYTES_MAX = 128 };

/* "path.key", "path[index]"; in the findings' arena. */
struct text yaml_path_key(const struct yaml_reader *reader, const char *key);
struct text yaml_path_item(const struct yaml_reader *reader, const char *key, size_t index);
/* The entry whatever it is; a finding if needed and absent. */
const struct yaml_node *yaml_read_node(const struct yaml_reader *reader, const char *key,
                                       enum yaml_want want);
/* A map or list, else a finding; NULL if absent or unfit. */
const struct yaml_node *yaml_read_map(const struct yaml_reader *reader, const char *key, enum yaml_want want);
const struct yaml_node *yaml_read_list(const struct yaml_reader *reader, const char *key,
                                       enum yaml_want want);
/* One line, 1..YAML_TEXT_BYTES_MAX bytes, no blank at either end. */
bool yaml_read_text(const struct yaml_reader *reader, const char *key, enum yaml_want want, struct text *out);
/* The same with a bound of its own; yaml_read_name's is YAML_NAME_BYTES_MAX, which is what a name in an event
 * may have. */
bool yaml_read_bounded(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                       size_t bytes_max, struct text *out);
bool yaml_read_name(const struct yaml_reader *reader, const char *key, enum yaml_want want, struct text *out);
bool yaml_read_bool(const struct yaml_reader *reader, const char *key, bool *out);
bool yaml_read_int(const struct yaml_reader *reader, const char *key, int64_t low, int64_t high,
                   int64_t *out);
bool yaml_read_date(const struct yaml_reader *reader, const char *key, enum yaml_want want, int32_t *day_out);
/* A list of names, or one name alone; each 1..YAML_NAME_BYTES_MAX bytes; count_out 0 if absent. Repeats are
 * errors. */
bool yaml_read_names(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                     const struct text **at_out, size_t *count_out);
/* Index of the entry's text in words (NULL-ended), or -1 (absent, or a finding with the nearest word). */
int yaml_read_word(const struct yaml_reader *reader, const char *key, enum yaml_want want,
                   const char *const *words);

#endif
