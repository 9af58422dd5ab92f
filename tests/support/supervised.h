/* supervised.h - the town's charter with the section `supervision`, and the roles supervision and deadlines
 * in a house; outcomes of other roles are told by hand.
 *
 * Rebuilt state is compared with live state after every event.
 */
#ifndef TESTS_SUPPORT_SUPERVISED_H
#define TESTS_SUPPORT_SUPERVISED_H

#include "tests/support/town.h"

/* Supervisors: office.director (of 市发展改革委) and inspector; a leader: leading.head; reply 5wd, rectify
 * 10wd, an item without date 20wd. */
extern const char supervised_section[];

/* The charter with those sections in force since 2020-02-03 at nine, all calendars known. */
struct house *supervised_open(const char *sections);
void supervised_close(struct house *house);
/* A later version of it, in force now. */
void supervised_enact(struct house *house, const char *sections);

/* A report; received NULL: now. */
uint64_t supervised_report(struct house *house, const char *received, const char *type, const char *subject,
                           const char *actor, const char *json);
/* An outcome of another role. */
uint64_t supervised_tell(struct house *house, const char *received, const char *role, const char *type,
                         const char *subject, const char *json);
/* The report was refused with this in its reason; or was not refused. */
void supervised_refused(const struct house *house, uint64_t seq, const char *reason_part);
void supervised_granted(const struct house *house, uint64_t seq);
/* The last event of that type about the subject; fails the test if there is none. */
const struct event *supervised_last(const struct house *house, const char *type, const char *subject);
/* The JSON of the last such event has this in it. */
void supervised_holds(const struct house *house, const char *type, const char *subject, const char *part);

#endif
