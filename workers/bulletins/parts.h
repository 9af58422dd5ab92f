/* parts.h - the parts that a bulletin may have (S0-19, S0-11, S0-20, S0-12, S0-23): each writes its text onto
 * the page. Their ids stand in config/charter_bulletins.c, the table in sections.c.
 */
#ifndef WORKERS_BULLETINS_PARTS_H
#define WORKERS_BULLETINS_PARTS_H

#include "workers/bulletins/page.h"

void section_tasks(struct page *page);
void section_issues(struct page *page);
void section_plans(struct page *page);
void section_speed(struct page *page);
void section_reporting(struct page *page);
void section_progress(struct page *page);
void section_major(struct page *page);
void section_common(struct page *page);
void section_proposals(struct page *page);
void section_supervision(struct page *page);
void section_scores(struct page *page);

/* Lines of lists that several parts have. */
page_line line_missed, line_decision;

/* What the parts on reports and on supervision list of what was missed. */
page_choose choose_filing, choose_supervised;

#endif
