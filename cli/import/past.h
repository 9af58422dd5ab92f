/* past.h - what earlier imports of the same log came to, before more of it is sent.
 *
 * A journal's time never runs back. A report of before the journal's last entry that is not in it yet would
 * be stamped with that entry's time, and its deadlines would run from there.
 */
#ifndef CLI_IMPORT_PAST_H
#define CLI_IMPORT_PAST_H

#include "cli/import/derive.h"
#include "cli/import/verdicts.h"

/* Holds back the cases whose raising was refused. EXIT_NEGATIVE, after saying how many and which is the
 * first, if reports would be stamped later than their own time and late does not allow that; else 0. */
int past_judge(struct derivation *derivation, const struct verdicts *past, bool late) MUST_CHECK;
/* Whether that report raises its case, and was refused. */
bool past_refused(const struct event *report, const struct verdicts *past);

#endif
