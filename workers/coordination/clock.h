/* clock.h - the clocks of an issue: that of the level where it is, and that of the issue as a whole
 * (`resolution`, S3-1).
 *
 *     raised ──► resolution ─────────────────────────────────► settled or closed: cleared
 *                    │  ▲                                            │
 *                    │  └─ opened again: as it was, unless missed ───┘
 *                    └─ extended: a later instant, from then on
 *
 * The record of an issue keeps what the last deadline.set of the resolution said (deadline, limit, start), so
 * that it can go on. A resolution that was missed is not missed again, unless it was extended since.
 */
#ifndef WORKERS_COORDINATION_CLOCK_H
#define WORKERS_COORDINATION_CLOCK_H

#include "workers/coordination/issue.h"

#define CLOCK_RESOLUTION TEXT("resolution")

/* Sets the deadline of the level at which the issue now is (read anew). */
void clock_start_level(const struct matter *matter);
/* Sets the deadline of the issue just opened (read anew), from when it was raised; nothing if the charter has
 * none. */
void clock_start_resolution(const struct matter *matter);
/* Lets it go on where it was cleared: the same start and limit. Reminders told before are not told again;
 * those whose time passed meanwhile are told if the issue is open again, not if it is settled once more at
 * once. */
void clock_resume_resolution(const struct matter *matter);
/* The issue was moved under another version of its charter (`before`: as it was): its clocks run by that
 * one's limits, from where they began or from now, and leave its grace. What was missed stays missed, unless
 * limits begin anew. */
void clock_transit(const struct matter *before, const struct transition_rule *rule);
/* The rule of that clock: its class's, where that sets it. */
const struct rule *clock_resolution_rule(const struct matter *matter);
/* deadline.set of the resolution goes to the record. */
int clock_apply_set(struct turn *turn, const struct event *event);

#endif
