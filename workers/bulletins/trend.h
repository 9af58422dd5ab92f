/* trend.h - the charts of a bulletin: what happened month by month, through the last month of its period, and
 * how units keep their times. Each is a fenced block in the Markdown (chart_text.h), and a sentence where
 * there is nothing to draw.
 */
#ifndef WORKERS_BULLETINS_TREND_H
#define WORKERS_BULLETINS_TREND_H

#include "workers/bulletins/page.h"

enum { TREND_MONTHS_MAX = 12 };

/* Issues taken up, by level entered. */
void trend_escalations(struct page *page);
/* Issues open at the end of each month, and those of them that were overdue. */
void trend_open(struct page *page);
/* Share of tasks closed on time (column 1) of all closed (column 0), by unit. */
void trend_shares(struct page *page, const struct grid *units);

#endif
