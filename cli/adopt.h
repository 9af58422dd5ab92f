/* adopt.h - charter and calendar files as the events that adopt them. */
#ifndef CLI_ADOPT_H
#define CLI_ADOPT_H

#include "config/charter.h"
#include "proto/event.h"

enum { ADOPT_E_INPUT = 1 };

/* Reads and lints; NULL charter if there are errors. The findings' file is the path's last part. */
int adopt_read_charter(struct arena *arena, const char *path, struct findings *findings,
                       struct text *source_out, const struct charter **charter_out,
                       struct complaint *complaint) MUST_CHECK;
int adopt_read_calendar(struct arena *arena, const char *path, struct findings *findings,
                        const struct calendar **calendar_out, struct complaint *complaint) MUST_CHECK;
/* A path, or a name that stands for <configuration folder>/charters/NAME.yaml (or calendars/). */
struct text adopt_path(struct arena *arena, const char *folder, const char *given);

/* charter.adopted. */
void adopt_charter_event(struct arena *arena, const struct charter *charter, struct text source,
                         struct event *event_out);
/* calendar.published, then a calendar.amended for each notice that was known on known_day; with an after_day
 * (else INT32_MIN) only the notices published after it. Returns how many events. */
size_t adopt_calendar_events(struct arena *arena, const struct calendar *calendar, int32_t after_day,
                             int32_t known_day, struct event **events_out);
/* The calendar.amended of one notice. */
void adopt_notice_event(struct arena *arena, const struct calendar *calendar, const struct notice *notice,
                        struct event *event_out);

#endif
