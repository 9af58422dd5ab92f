/* html.h - a bulletin's Markdown as one printable page: A4, inline style, no script, nothing fetched from
 * anywhere.
 *
 * Markdown with tables (GFM) and charts: a fenced block "chart" (chart_text.h) becomes a figure with its
 * numbers. Raw HTML in it is left out and dangerous link targets are emptied, by cmark itself. The same
 * Markdown gives the same bytes. The only file that includes cmark-gfm.h is html.c.
 */
#ifndef WORKERS_BULLETINS_HTML_H
#define WORKERS_BULLETINS_HTML_H

#include "base/arena.h"

/* The whole document, in the arena; its title is the Markdown's first line. */
struct text html_page(struct arena *arena, struct text markdown);

#endif
