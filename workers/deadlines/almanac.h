/* almanac.h - the working calendars as the journal has told them so far: a base text and notices, compiled on
 * demand.
 *
 * calendar.published and calendar.amended are first held (apply of the report), then judged (decide), then
 * taken over (apply of calendar.noted) - so a rebuild takes over exactly what was accepted then. Compiled
 * calendars are cached by a digest of everything that made them; the cache saves time and changes no answer.
 */
#ifndef WORKERS_DEADLINES_ALMANAC_H
#define WORKERS_DEADLINES_ALMANAC_H

#include "config/calendar.h"
#include "workers/runtime/role.h"

enum { ALMANAC_E_WRONG = 1 };

/* Keeps the report until it is judged. */
void almanac_hold(struct turn *turn, const struct event *report);
/* ALMANAC_E_WRONG with a complaint: bad YAML, a calendar that is not published, a day both off and worked …
 */
int almanac_judge(struct turn *turn, const struct event *report, struct complaint *complaint) MUST_CHECK;
/* Takes over what is held. */
void almanac_accept(struct turn *turn);
/* NULL if no such calendar is published. Lives until the turn's end. */
const struct calendar *almanac_calendar(struct turn *turn, struct text name);
/* The event that last changed the calendar; 0: none. */
uint64_t almanac_changed_seq(struct turn *turn, struct text name);

#endif
