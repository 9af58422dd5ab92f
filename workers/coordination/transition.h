/* transition.h - what a new version of a charter does with open issues (S3-20).
 *
 * KEEP: nothing; each stays under the version that it was raised under. MOVE: each goes under the new
 * version, to the level of the same name or the nearest lower one that there still is, with its clocks set
 * anew and its papers on file; one whose area the new version does not know stays, and says so.
 *
 * There may be more open issues than a turn can hold. So a record {charter, version, page: after, key:
 * through, count, seq, state} remembers how far the move has come, and each clock.struck, asked for at once,
 * moves its window of TRANSITION_PER_TURN rows on; as in deadlines/recheck.h the window moves when an event
 * is applied, never when it is decided. Until its turn comes an issue is under its old version. A newer
 * version begins again from the first, for all that are older.
 */
#ifndef WORKERS_COORDINATION_TRANSITION_H
#define WORKERS_COORDINATION_TRANSITION_H

#include "workers/coordination/issue.h"

/* Five outcomes an issue at most: far below TURN_OUTCOMES_MAX. */
enum { TRANSITION_PER_TURN = 256 };

/* charter.enacted: opens a window, if its version moves issues. */
role_handler transition_apply_enacted;
/* transition.applied */
role_handler transition_apply_applied;
/* clock.struck: the next window. */
role_handler transition_apply_strike;
/* Decides for the issues of the window that was opened for this event; none: nothing. */
role_handler transition_decide;
/* 0 while a move is not finished. */
int64_t transition_wake_us(struct turn *turn);

#endif
