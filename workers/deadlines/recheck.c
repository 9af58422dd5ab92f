/* recheck.c - see recheck.h. A record {calendar, set: notices, page: after, key: through, seq: event of the
 * window, state}. */
#include "workers/deadlines/recheck.h"

#include "workers/common/almanac.h"

#define RECHECK_MORE TEXT("more")
#define RECHECK_DONE TEXT("done")

static struct key recheck_key(struct text calendar)
{
    struct key key = record_key((store_table)DEADLINES_RECHECK);
    key_add_text(&key, calendar);
    return key;
}

static bool recheck_has_more(const struct doc *record)
{
    return text_equal(doc_text(record, FIELD_STATE), RECHECK_MORE);
}

/* Reminders follow the new calendar even where the due time stands; so they are set anew while the window is
 * made. */
static void recheck_set_reminders(struct turn *turn, const struct text *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct doc *deadline = alarm_get(turn, ids[i]);
        if (deadline != NULL && doc_has(deadline, FIELD_DUE))
            alarm_put(turn, deadline);
    }
}

/* Next window: from the last one's end, DEADLINES_EXAMINED_PER_TURN ids; one more is looked at to know
 * whether more follow. */
static void recheck_move(struct turn *turn, struct doc *record, uint64_t seq)
{
    struct text *ids = arena_alloc(turn_arena(turn), (DEADLINES_EXAMINED_PER_TURN + 1) * sizeof(*ids));
    struct text calendar = doc_text(record, FIELD_CALENDAR), after = doc_text(record, FIELD_KEY);
    size_t found = alarms_of_calendar(turn, calendar, after, ids, DEADLINES_EXAMINED_PER_TURN + 1);
    bool more = found > DEADLINES_EXAMINED_PER_TURN;
    size_t count = more ? DEADLINES_EXAMINED_PER_TURN : found;
    doc_unset(record, FIELD_PAGE);
    if (after.at != NULL)
        doc_set_text(record, FIELD_PAGE, after);
    if (count > 0)
        doc_set_text(record, FIELD_KEY, ids[count - 1]);
    doc_set_int(record, FIELD_COUNT, (int64_t)count);
    doc_set_int(record, FIELD_SEQ, (int64_t)seq);
    doc_set_text(record, FIELD_STATE, more ? RECHECK_MORE : RECHECK_DONE);
    struct key key = recheck_key(calendar);
    record_put(turn, &key, record);
    recheck_set_reminders(turn, ids, count);
}

void recheck_begin(struct turn *turn, struct text calendar, struct text notice, uint64_t seq)
{
    struct key key = recheck_key(calendar);
    struct doc *record = record_get(turn, &key);
    if (record == NULL || !recheck_has_more(record))
        record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_CALENDAR, calendar);
    if (notice.at != NULL && !doc_lists_text(record, FIELD_SET, notice) &&
        doc_count(record, FIELD_SET) < CALENDAR_NOTICES_MAX)
        doc_add_text(record, FIELD_SET, notice);
    doc_unset(record, FIELD_KEY);
    recheck_move(turn, record, seq);
}

/* The first recheck by calendar that is open (seq 0) or whose window was made for the event seq. */
static struct doc *recheck_find(struct turn *turn, uint64_t seq)
{
    struct key prefix = record_key((store_table)DEADLINES_RECHECK);
    struct store_cursor cursor;
    struct doc *found = NULL;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more && found == NULL;
         more = store_next(&cursor)) {
        struct doc *record = record_from(turn, cursor.value);
        bool fits = seq == 0 ? recheck_has_more(record) : (uint64_t)doc_int(record, FIELD_SEQ, 0) == seq;
        if (fits)
            found = record;
    }
    store_cursor_end(&cursor);
    return found;
}

void recheck_advance(struct turn *turn, uint64_t seq)
{
    struct doc *record = recheck_find(turn, 0);
    if (record != NULL)
        recheck_move(turn, record, seq);
}

static struct text recheck_notices(struct turn *turn, const struct doc *record)
{
    struct text notices = TEXT_NONE;
    for (size_t i = 0; i < doc_count(record, FIELD_SET); i++) {
        struct text notice = doc_text_at(record, FIELD_SET, i);
        notices = i == 0
                      ? notice
                      : arena_printf(turn_arena(turn), "%.*s, %.*s", TEXT_PRINT(notices), TEXT_PRINT(notice));
    }
    return notices;
}

const struct recheck *recheck_window(struct turn *turn, uint64_t seq)
{
    const struct doc *record = recheck_find(turn, seq);
    if (record == NULL)
        return NULL;
    struct recheck *recheck = arena_alloc(turn_arena(turn), sizeof(*recheck));
    recheck->calendar = doc_text(record, FIELD_CALENDAR);
    recheck->notices = recheck_notices(turn, record);
    size_t notices = doc_count(record, FIELD_SET);
    recheck->notice = notices > 0 ? doc_text_at(record, FIELD_SET, notices - 1) : TEXT_NONE;
    recheck->count = alarms_of_calendar(turn, recheck->calendar, doc_text(record, FIELD_PAGE), recheck->ids,
                                        (size_t)doc_int(record, FIELD_COUNT, 0));
    return recheck;
}

bool recheck_is_open(struct turn *turn)
{
    return recheck_find(turn, 0) != NULL;
}

bool recheck_is_open_for(struct turn *turn, struct text calendar)
{
    struct key key = recheck_key(calendar);
    const struct doc *record = record_get(turn, &key);
    return record != NULL && recheck_has_more(record);
}
