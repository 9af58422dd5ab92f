/* town.h - a small town for the tests of coordination and tasks: its charter in four levels, and shorthand
 * for reports.
 *
 * team (lead units) → group (head's consent; joint heads: any) → office (checklist, issue list) → leading
 * (decides). No deadlines role: tests put deadline.reached in by hand, so that each order of events can be
 * tried.
 */
#ifndef TESTS_SUPPORT_TOWN_H
#define TESTS_SUPPORT_TOWN_H

#include "tests/support/turn_bench.h"

extern const char town_charter[]; /* YAML; its name is "town" */

struct town {
    struct house *house;
    uint64_t seq; /* of the last report */
};
/* Coordination and tasks, the charter in force, on 2020-02-03 at nine. */
struct town *town_open(void);
/* The same under a changed charter: every `from` in the text is replaced by `to`. */
struct town *town_open_changed(const char *from, const char *to);
/* Compares rebuilt with live state, then closes. */
void town_close(struct town *town);
/* The charter's text with every `from` replaced; the caller frees it. */
char *town_text(const char *from, const char *to);

/* A report a minute later; charter "town" only where the type needs it. */
uint64_t town_report(struct town *town, const char *type, const char *subject, const char *actor,
                     const char *json);
/* An event of another role, put in by hand. */
uint64_t town_tell(struct town *town, const char *role, const char *type, const char *subject,
                   const char *json);
/* The last report was refused, with this in its reason; or was not refused. Fails the test with the journal
 * printed. */
void town_refused(const struct town *town, const char *reason_part);
void town_granted(const struct town *town);
/* The needs of the last refusal, joined by " | ". */
const char *town_owed(const struct town *town);
/* The last event of that type about the subject; fails the test if there is none. */
const struct event *town_last(const struct town *town, const char *type, const char *subject);
/* A text field of it. */
void town_is(const struct event *event, enum field field, const char *expected);
/* A list of it, joined by " ". */
void town_lists(const struct event *event, enum field field, const char *expected);
/* Id of the open deadline with that label, from the last deadline.set. */
const char *town_deadline(const struct town *town, const char *subject, const char *label);
/* deadline.reached for it, due then, told now. */
void town_reach(struct town *town, const char *role, const char *subject, const char *label, const char *due);

/* Brings an issue of area 纳税 to a level, by lawful reports. */
void town_raise(struct town *town, const char *issue);
void town_to_group(struct town *town, const char *issue);
void town_to_office(struct town *town, const char *issue);
void town_to_leading(struct town *town, const char *issue);

#endif
