/* charter_source.h - what the parts of the charter compiler share: the document being read and how its rules
 * are cited. */
#ifndef CONFIG_CHARTER_SOURCE_H
#define CONFIG_CHARTER_SOURCE_H

#include "config/charter.h"
#include "config/yaml_read.h"

enum { CHARTER_UNIT_NAMES_MAX = 3 * CHARTER_LIST_MAX, CHARTER_POSTS_MAX = 4 * CHARTER_LIST_MAX };

struct charter_source {
    struct arena *arena;
    struct findings *findings;
    struct yaml_reader root;
    struct charter
        *charter; /* being filled: document, units, sets, levels, bodies and posts, then the rest */
    struct text *unit_names; /* units, aliases and sets: what may be named */
    size_t unit_names_count;
    struct area *areas;  /* room for CHARTER_LIST_MAX, as of bodies */
    struct body *bodies; /* room for CHARTER_LIST_MAX */
    size_t bodies_count;
    struct post *posts; /* grows while bodies bring their head posts */
    size_t posts_count, posts_room;
};

/* A reader of one item of a list: path "key[index]". */
struct yaml_reader charter_item(const struct yaml_reader *reader, const char *key,
                                const struct yaml_node *list, size_t index);
/* The list under key, at most CHARTER_LIST_MAX items, or NULL. */
const struct yaml_node *charter_list(const struct yaml_reader *reader, const char *key, enum yaml_want want);
/* The rule that stands at a map: clause from "clause", is_default from "default". */
struct rule charter_rule(const struct charter_source *source, const struct yaml_reader *reader,
                         struct text path);
struct names charter_names(const struct yaml_reader *reader, const char *key, enum yaml_want want);
/* A name that must not stand twice among `count` texts that lie `stride` bytes apart; an error at reader if
 * it does. */
bool charter_is_new(const struct yaml_reader *reader, const char *what, struct text name, const void *first,
                    size_t count, size_t stride);
/* Reads and checks a limit ("15wd") under key; its canonical form goes to text_out. */
bool charter_limit(const struct charter_source *source, const struct yaml_reader *reader, const char *key,
                   enum yaml_want want, struct limit_rule *rule_out, struct text *text_out);
struct names charter_reminders(const struct charter_source *source, const struct yaml_reader *reader,
                               const char *key, const struct limit_rule *limit);
/* The section under key with its rule; map is NULL if the charter is silent, and the rule a default. */
struct yaml_reader charter_section(struct charter_source *source, const char *key, const char *const *known,
                                   struct rule *rule_out);
/* Names of units or unit sets, each of which must be known. */
struct names charter_unit_names(const struct charter_source *source, const struct yaml_reader *reader,
                                const char *key, enum yaml_want want);
/* Error with the nearest of candidates: `unknown WHAT "NAME"`. Silent work is spared once the findings are
 * full. */
void charter_unknown(const struct charter_source *source, struct place place, struct text path,
                     const char *what, struct text name, const struct text *candidates, size_t count);
struct place charter_item_place(const struct yaml_reader *reader, const char *key, size_t index);

/* charter_house.c: units, sets, levels. */
void charter_units_read(struct charter_source *source);
void charter_levels_read(struct charter_source *source);
/* charter_bodies.c: bodies and posts. */
void charter_bodies_read(struct charter_source *source);
/* charter_duties.c: who is concerned, who acts, opinions, confirmation, solution, task list, tasks,
 * classes. */
void charter_duties_read(struct charter_source *source);
/* charter_bulletins.c: bulletins and problems in common. */
void charter_bulletins_read(struct charter_source *source);
/* charter_notices.c */
void charter_notices_read(struct charter_source *source);
/* charter_supervision.c: who supervises what, and evaluations. */
void charter_supervision_read(struct charter_source *source);
/* charter_routines.c: meetings and what recurs. */
void charter_routines_read(struct charter_source *source);
/* The place that a rule keeps as text for people. */
struct place charter_rule_place(const struct rule *rule);
/* charter_versions.c: from when on it holds, and what becomes of open issues. */
void charter_versions_read(struct charter_source *source);
/* charter_lint.c: what can only be judged of the whole. */
void charter_lint(struct charter_source *source);

#endif
