/* origin.h - where supervised items come from (S0-12, S0-13, S0-18).
 *
 * | origin | event |
 * |---|---|
 * | decision | decision.recorded of a level that decides; minutes.recorded of a body at such a level |
 * | coordination | solution.adopted above the lowest level, where none decides; minutes.recorded of other
 * bodies | | document | the charter's standing items; items of filing.recorded that the last list did not
 * have | | handed-down | matter.handed-down | | finding | finding.recorded (inspection.h) |
 *
 * The same matter on several papers: a decision is one item from decision.recorded on; its task list gives it
 * units and date. An item about an issue that has an open item already is linked to it (S3-29), and ends with
 * it. What tasks carry out ends by itself when they are done, or when the issue ends.
 */
#ifndef WORKERS_SUPERVISION_ORIGIN_H
#define WORKERS_SUPERVISION_ORIGIN_H

#include "config/charter.h"
#include "workers/runtime/role.h"

role_handler origin_apply_issue, origin_apply_task, origin_apply_filing;
role_handler origin_decide_decision, origin_decide_tasklist, origin_decide_solution, origin_decide_completed,
    origin_decide_issue_closed, origin_decide_task, origin_decide_minutes, origin_decide_filing,
    origin_decide_handed_down;
/* The units that had not reported all their tasks of the issue done by then; CIVIL_NEVER_US: by now. */
struct names linked_owing(struct turn *turn, struct text issue, int64_t by_us);
/* Standing items that the charter in force has come to have, or has no more. */
void origin_enact(struct turn *turn, const struct event *enacted);

#endif
