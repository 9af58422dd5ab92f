/* calendars.c - the calendars that the register counts with: those that deadlines noted.
 *
 * Reports may stand in the journal one behind the other before the first is noted; each waits by its number.
 */
#include "workers/ledger/ledger.h"

static struct key calendars_key(uint64_t seq)
{
    struct key key = record_key(LEDGER_JUDGED);
    key_add_u64(&key, seq);
    return key;
}

static void calendars_accept(struct turn *turn, uint64_t report)
{
    struct key key = calendars_key(report);
    struct doc *held = record_get(turn, &key);
    if (held == NULL)
        return; /* taken over with an earlier outcome of the same report */
    almanac_hold(turn, &(struct event){.seq = report, .data = held});
    almanac_accept(turn);
    (void)record_delete(turn, &key);
}

void ledger_take_in_calendar(struct turn *turn, const struct event *event)
{
    enum event_kind kind = event->type->kind;
    struct key key = calendars_key(kind == EVENT_REQUEST_REFUSED ? event->cause : event->seq);
    if (kind == EVENT_CALENDAR_PUBLISHED || kind == EVENT_CALENDAR_AMENDED)
        record_put(turn, &key, event->data);
    else if (kind == EVENT_CALENDAR_NOTED)
        calendars_accept(turn, event->cause);
    else if (kind == EVENT_REQUEST_REFUSED)
        (void)record_delete(turn, &key);
}
