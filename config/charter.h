/* charter.h - a charter (章程): one official document as data. The code that reads it knows no city.
 *
 * Compiled from YAML; every rule keeps its clause and place, so that refusals and `why` can point at both.
 * All views live in the arena given to charter_compile. docs/charters.md describes the YAML.
 */
#ifndef CONFIG_CHARTER_H
#define CONFIG_CHARTER_H

#include "config/charter_bulletins.h"
#include "config/charter_routines.h"
#include "config/charter_supervision.h"

struct unit {
    struct text name;
    struct names aliases;
    bool external;       /* outside the city's hierarchy (S0-24) */
    struct text liaison; /* post id, or none */
    struct place place;
};
/* A wildcard such as 各相关单位: what it stands for. */
struct unit_set {
    struct text name;
    struct names units; /* resolved */
    bool all;           /* all units of the charter */
    struct rule rule;
};
struct post {
    struct text id, title;
    struct text unit;     /* or none */
    struct text body;     /* or none */
    struct names holders; /* as adopted; post.filled changes it */
    struct place place;
};
struct body {
    struct text id, name, level, area;
    int number;                                 /* as in the document's table; 0: none */
    struct names heads;                         /* as written in the document: persons */
    struct names head_posts;                    /* posts they hold: "<id>.head" or "<id>.head.1" … */
    struct names lead_units, responsible_units; /* as written */
    struct rule rule;
};

/* What is owed before an issue goes up from a level. */
enum need_kind {
    NEED_ATTEMPT,     /* an attempt at this level on record, unsettled (S0-2) */
    NEED_OPINIONS,    /* opinion of every unit concerned, or recorded no reply (S0-5) */
    NEED_PROPOSAL,    /* this level's proposal (S0-5, S0-7) */
    NEED_CONSENT,     /* of the head post(s) of this level's body (S0-7) */
    NEED_CHECKLIST,   /* opinion, undertaker and plan (S0-8) */
    NEED_ISSUELIST,   /* the issue stands in an issued issue list (S0-8) */
    NEED_DELIBERATION /* minutes of a meeting of this level's body have an item on the issue (S0-14) */
};
struct need {
    enum need_kind kind;
    bool any_head;      /* CONSENT: any of joint heads suffices, else all */
    bool heads_default; /* the document does not say whether any or all */
    struct rule rule;
};
struct level {
    struct text id, name;
    bool per_area;           /* its body is chosen by the issue's area; else it has one body */
    struct limit_rule limit; /* of coordinating at this level */
    struct text limit_text;
    struct names reminders;
    struct names
        reminders_indicator; /* tighter profile for issues that touch an indicator (S0-4); empty: reminders */
    struct rule limit_rule_place, rule;
    struct rule up_rule; /* going up from here: an escalation cites it, and what refuses one */
    const struct need *needs;
    size_t needs_count;
    bool decides; /* decision.adopted is lawful here; its task list is compiled by tasklist_level's body */
    bool settles; /* solution.drafted and issue.resolved are lawful while the issue is here */
    struct names may_skip_to; /* levels reachable directly, where the document says so */
    bool entry; /* issues may be raised here directly (S1-1); the lowest level always takes them */
};
struct issue_class {
    struct text name;
    struct limit_rule limit;
    struct text limit_text;      /* of the level that takes it in; empty: the level's own */
    struct text resolution_text; /* of the issue as a whole; empty: `resolution`'s own */
    struct rule rule;
};
/* `resolution`: the clock of an issue as a whole, from raising until it is settled, whatever its level
 * (S3-1). Opened again, it goes on from where it began. */
struct resolution_rule {
    bool given;
    bool due_given;         /* a report may bring the date itself (`given: true`): a legal term, a promise */
    bool extensible;        /* extension.granted is lawful */
    struct text limit_text; /* "undated": only classes and given dates */
    struct names reminders;
    struct rule rule;
};
/* What becomes of open issues when this version replaces an older one (S3-20). */
enum transition_kind { TRANSITION_KEEP, TRANSITION_MOVE };
struct transition_rule {
    enum transition_kind kind; /* KEEP: they stay under the version that they were raised under */
    bool restart;              /* MOVE: limits run from the transition; else from where they began */
    struct text grace; /* MOVE: nothing falls due before this limit from the transition; empty: none */
    struct rule rule;
};
/* Who is told of what. */
enum notice_when {
    NOTICE_AT_ONCE,
    NOTICE_WORKING_HOURS, /* at once within working hours, else at the next opening */
    NOTICE_DIGEST         /* with all others of the day, at the next working day's opening */
};
struct notice_rule {
    struct text event;   /* type or prefix */
    struct names to;     /* "heads", "lead-units", "responsible-units", "office", "unit", "who", "raiser",
                            "posts", "supervisors", post ids */
    struct text channel; /* "log", "file", "mail" or "webhook" */
    enum notice_when when;
    struct rule rule;
};

/* What issues are about: a row of `areas`, or the area of a body that is written out. */
struct area {
    struct text name;
    int number; /* 0: none */
    struct place place;
    struct text path;
};

/* Whose opinions an issue needs (S0-5). */
enum concerned {
    CONCERNED_AREA_AND_REPORTED, /* the units of the area, and those that the report names besides */
    CONCERNED_REPORTED_OR_AREA,  /* those that the report names; if it names none, the area's */
    CONCERNED_AREA               /* the units of the area; a report names no others */
};
/* Whether reports must say who acts. An actor that is named must be competent in any case. */
enum actors {
    ACTORS_NAMED,   /* a report may leave its actor out: the key that published it answers for it */
    ACTORS_REQUIRED /* every report names its actor */
};

/* What becomes of reminders whose time had passed when their deadline was set (S3-7). */
enum passed_reminders {
    PASSED_ONCE, /* they are told as one, at once */
    PASSED_NONE  /* they are not told */
};

/* A meeting that adopted the document (审议通过). One sitting may be the session of two bodies: then each is
 * a row (S0-1). */
struct adoption {
    struct text meeting; /* as the document calls it */
    struct text body;    /* of the charter, or none */
    int32_t on_day;      /* INT32_MIN: the document does not say */
    struct place place;
};

/* What bounds a charter: units, areas, bodies, posts, levels, classes and rules, each. */
enum { CHARTER_LIST_MAX = 1024 };
/* Names that events carry have the bounds that events have; a bulletin's id joins charter, rule and period.
 */
enum { CHARTER_NAME_BYTES_MAX = 64, CHARTER_BULLETIN_BYTES_MAX = 32 };

struct charter {
    struct text name, title, file, calendar;
    int zone;
    struct text document_number;
    int32_t issued_day;
    const struct adoption *adoptions;
    size_t adoptions_count;
    const struct unit *units;
    size_t units_count;
    const struct unit_set *sets;
    size_t sets_count;
    const struct post *posts;
    size_t posts_count;
    const struct area *areas;
    size_t areas_count;
    const struct body *bodies;
    size_t bodies_count;
    const struct level *levels; /* lowest first */
    size_t levels_count;
    const struct issue_class *classes;
    size_t classes_count;
    enum concerned concerned;
    struct rule concerned_rule;
    enum actors actors;
    struct rule actors_rule;
    struct text opinion_limit_text; /* reply limit of an asked unit */
    struct rule opinion_rule;
    bool confirmation;                   /* the raiser confirms before closing */
    bool confirmation_again;             /* issue.resolved is lawful again meanwhile; the later one counts */
    struct text confirmation_limit_text; /* silence after it closes the issue; "undated": never */
    struct rule confirmation_rule;
    struct rule solution_rule;  /* S0-6: unit, date, opinion */
    struct rule tasklist_rule;  /* S0-9 */
    struct text tasklist_level; /* whose body compiles it; empty: the level below the one that decides */
    struct rule verify_rule;    /* a task is verified by someone other than its unit */
    struct names task_reminders;
    struct rule task_rule;
    enum passed_reminders passed_reminders;
    struct rule passed_rule;
    const struct notice_rule *notices;
    size_t notices_count;
    const struct bulletin_rule *bulletins;
    size_t bulletins_count;
    struct common_rule common;
    struct resolution_rule resolution;
    struct routines_rules routines;
    struct supervision_rules supervision;
    int32_t effective_day; /* INT32_MIN: at once */
    struct transition_rule transition;
};

/* Errors and warnings go to findings; NULL if there are errors. A date that lies before the document's issue
 * is an error, one that lies so shortly after it that it is born late (S3-7) a warning. Levels, limits and
 * cadences that the document leaves open must be given in the charter and marked `default: true`. */
const struct charter *charter_compile(struct arena *arena, struct text source, struct text file,
                                      struct findings *findings);

/* A version with its text. */
struct charter_version {
    const struct charter *charter;
    struct text text;
};
/* What a newer version would mean: warnings for open issues that lose their level or area and for units that
 * lose what they owe (S3-20); errors if it is another charter, or the same word for word. */
void charter_compare(const struct charter_version *older, const struct charter_version *newer,
                     struct findings *findings);

/* The unit of that name or alias; NULL if unknown. */
const struct unit *charter_unit(const struct charter *charter, struct text name);
/* Nearest known unit names for a refusal: writes up to max, returns how many. */
size_t charter_unit_nearest(const struct charter *charter, struct text name, struct text *out, size_t max);
const struct unit_set *charter_set(const struct charter *charter, struct text name);
/* Expands names, aliases and wildcards to unit names, without repeats, in order; false with a complaint at an
 * unknown name. */
bool charter_expand_units(const struct charter *charter, struct arena *arena, struct names written,
                          struct names *out, struct complaint *complaint);
const struct level *charter_level(const struct charter *charter, struct text id);
const struct level *charter_level_above(const struct charter *charter, struct text id); /* NULL at the top */
const struct level *charter_level_below(const struct charter *charter, struct text id);
/* The level whose body compiles task lists: the one that the charter names, else the one below `decides`, or
 * below the lowest one that decides if that is NULL or does not; the lowest level compiles its own. NULL if
 * none is named and none decides. */
const struct level *charter_office_level(const struct charter *charter, const struct level *decides);
const struct body *charter_body(const struct charter *charter, struct text id);
/* The body of a level for an area (by name, number or body id); for a level that is not per_area, its body.
 * NULL if none. */
const struct body *charter_body_for(const struct charter *charter, const struct level *level,
                                    struct text area);
/* The area's canonical name for a name, number ("7") or body id; TEXT_NONE if unknown. */
struct text charter_area(const struct charter *charter, struct text written);
const struct post *charter_post(const struct charter *charter, struct text id);
const struct issue_class *charter_class(const struct charter *charter, struct text name);
/* The first day on which anything that recurs (routines, bulletins, evaluations) may be owed under a version
 * that was enacted then: that day, but none before the document's issue or the version's `effective`. */
int32_t charter_first_day(const struct charter *charter, int64_t enacted_us);
const char *need_text(enum need_kind kind); /* "opinions" */
/* JSON of the whole charter, for `charter show --json`:
 * {name,title,…,bodies:[{id,name,level,area,heads,lead_units,responsible_units,…}],…}. */
struct text charter_to_json(struct arena *arena, const struct charter *charter);

#endif
