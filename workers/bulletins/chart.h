/* chart.h - a chart as SVG, for a page that is printed.
 *
 * Real text and no colour: series differ by pattern, line style and mark, and every value stands beside its
 * mark, so that it reads in black and white and by a screen reader (<title>, <desc>). No font, display or
 * file of our own is needed, nothing refers to anything outside, and the same numbers give the same bytes.
 * The only file that includes plplot.h is chart.c.
 */
#ifndef WORKERS_BULLETINS_CHART_H
#define WORKERS_BULLETINS_CHART_H

#include "workers/bulletins/chart_text.h"

/* An <svg> element for the middle of an HTML page, in the arena. The chart has rows and series. */
struct text chart_svg(struct arena *arena, const struct chart *chart);

#endif
