/* almanac.h - the working calendars as the journal has told them so far: a base text and notices, compiled on
 * demand.
 *
 * calendar.published and calendar.amended are first held (apply of the report), then judged (decide), then
 * taken over (apply of calendar.noted) - so a rebuild takes over exactly what was accepted then. Compiled
 * calendars are cached by a digest of everything that made them; the cache saves time and changes no answer.
 * A role that keeps an almanac leaves the first tables to it.
 */
#ifndef WORKERS_COMMON_ALMANAC_H
#define WORKERS_COMMON_ALMANAC_H

#include "config/calendar.h"
#include "workers/runtime/role.h"

enum almanac_table {
    ALMANAC_CALENDAR, /* calendar → digest of all that made it, seq of the last change */
    ALMANAC_TEXT,     /* calendar → its base text; apart, for it may be long and is rarely read */
    ALMANAC_NOTICE,   /* calendar, notice → the notice */
    ALMANAC_PENDING,  /* → the calendar event that is being judged */
    ALMANAC_TABLES_END
};
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
