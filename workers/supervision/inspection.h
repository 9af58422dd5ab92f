/* inspection.h - inspections (督查): planned or daily, replies that units owe, reports and findings (S0-21,
 * S0-22).
 *
 *     planned ──► PLANNED ──done──► DONE          not done by its day: deadline.missed
 *     (daily)  requested ──► ASKED ──done──► DONE
 *     (daily)  done ──────────────────────► DONE
 *
 *     a unit's reply: asked ──given──► given       refused, or none by the due time: a finding besides
 *
 * Invariants: (1) a finding is numbered within its inspection, from 1, and is a supervised item of origin
 * "finding" at the same time; (2) a unit's silence makes one finding, and a reply that comes later does not
 * take it back.
 */
#ifndef WORKERS_SUPERVISION_INSPECTION_H
#define WORKERS_SUPERVISION_INSPECTION_H

#include "config/charter.h"
#include "workers/runtime/role.h"

#define INSPECTION_LABEL TEXT("inspection")
#define INSPECTION_REPLY TEXT("reply:")
/* Inspection, "reply:", unit and a sequence number make a deadline's id, of 256 bytes at most. */
enum { INSPECTION_ID_BYTES_MAX = 96 };

role_handler inspection_decide_planned, inspection_decide_requested, inspection_decide_answered,
    inspection_decide_done;
role_handler inspection_apply_scheduled, inspection_apply_asked, inspection_apply_replied,
    inspection_apply_reported, inspection_apply_finding;
/* Its day is past; a reply is owed no longer: met late, or not at all (unanswered). */
void inspection_missed(struct turn *turn, const struct event *reached, const struct doc *alarm);
void inspection_reply_missed(struct turn *turn, const struct event *reached, const struct doc *alarm,
                             bool unanswered);

#endif
