/* filing.h - reports and lists that bodies file, part by part (S0-16, S0-19).
 *
 * A filing is for one occurrence: the day that it names, else that of an earlier filing of the same id, else
 * the one whose period runs, unless one before it is still open. Where the one before that was missed and not
 * filed since, the filing must name its day: it is refused with both (S0-16). A filing for an occurrence that
 * has one already is its next version and meets nothing anew; one that comes late is late, and not lost.
 */
#ifndef WORKERS_ROUTINES_FILING_H
#define WORKERS_ROUTINES_FILING_H

#include "workers/routines/duty.h"

role_handler filing_decide, filing_apply_recorded;

#endif
