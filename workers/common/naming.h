/* naming.h - how Chinese texts for people (notices, bulletins) call what the charter and the events name by
 * id: bodies, posts, days, what a deadline is for, what a report asks, and the words of results and states.
 */
#ifndef WORKERS_COMMON_NAMING_H
#define WORKERS_COMMON_NAMING_H

#include "base/arena.h"
#include "config/charter.h"
#include "proto/event.h"

/* A post by its body and title (办理破产工作专班召集人), a body by its name, a unit or stranger as it stands.
 */
struct text naming_party(struct arena *arena, const struct charter *charter, struct text id);
/* 2020年1月17日 */
struct text naming_day(struct arena *arena, int32_t day);
/* The day, with the time of day unless that is the day's end: 2020年1月17日12:00. */
struct text naming_time(struct arena *arena, int64_t at_us, int zone);
/* What a deadline with that label is for: 工作专班协调, 市财政局反馈意见. */
struct text naming_label(struct arena *arena, const struct charter *charter, struct text label);
/* What a report of that type asks for (提请上一级协调); the type itself if it has no name. */
struct text naming_report(struct text type);
/* The value of RESULT, HOW or STATE in words; itself if it has none. */
struct text naming_value(enum field field, struct text value);

#endif
