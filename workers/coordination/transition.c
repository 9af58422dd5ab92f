/* transition.c - see transition.h. */
#include "workers/coordination/transition.h"

#include "base/limits.h"
#include "base/log.h"
#include "workers/common/alarm.h"
#include "workers/coordination/clock.h"

_Static_assert(5 * TRANSITION_PER_TURN < TURN_OUTCOMES_MAX, "a window fits into a turn");

#define TRANSITION_MORE  TEXT("more")
#define TRANSITION_DONE  TEXT("done")
#define TRANSITION_MOVED TEXT("moved")
#define TRANSITION_KEPT  TEXT("kept")

/* ---- how far it has come ---- */

static struct key transition_key(struct text charter)
{
    struct key key = record_key((store_table)TABLE_TRANSITION);
    key_add_text(&key, charter);
    return key;
}

struct transition_window {
    struct text ids[TRANSITION_PER_TURN];
    size_t count; /* rows looked at */
    bool more;
};

/* The open issues of a charter after one, whatever their version. */
static void transition_look(struct turn *turn, struct text charter, struct text after,
                            struct transition_window *window)
{
    struct key prefix = issue_open_key(charter, TEXT_NONE);
    struct key from = after.at != NULL ? issue_open_key(charter, after) : prefix;
    struct store_cursor cursor;
    window->count = 0;
    window->more = false;
    for (bool more = store_first(turn_txn(turn), &prefix, &from, &cursor); more; more = store_next(&cursor)) {
        struct key_reader reader = key_read(cursor.key);
        struct text name, id;
        bool whole =
            key_read_text(&reader, turn_arena(turn), &name) && key_read_text(&reader, turn_arena(turn), &id);
        ASSERT(whole);
        if (after.at != NULL && text_equal(id, after))
            continue;
        window->more = window->count == TRANSITION_PER_TURN;
        if (window->more)
            break;
        window->ids[window->count++] = id;
    }
    store_cursor_end(&cursor);
}

static void transition_open_window(struct turn *turn, struct doc *record, uint64_t seq)
{
    struct transition_window *window = arena_alloc(turn_arena(turn), sizeof *window);
    struct text charter = doc_text(record, FIELD_CHARTER), after = doc_text(record, FIELD_KEY);
    transition_look(turn, charter, after, window);
    doc_unset(record, FIELD_PAGE);
    if (after.at != NULL)
        doc_set_text(record, FIELD_PAGE, after);
    if (window->count > 0)
        doc_set_text(record, FIELD_KEY, window->ids[window->count - 1]);
    doc_set_int(record, FIELD_SEQ, (int64_t)seq);
    doc_set_text(record, FIELD_STATE, window->more ? TRANSITION_MORE : TRANSITION_DONE);
    struct key key = transition_key(charter);
    record_put(turn, &key, record);
}

int transition_apply_enacted(struct turn *turn, const struct event *event)
{
    struct text name = doc_text(event->data, FIELD_NAME);
    int64_t version = doc_int(event->data, FIELD_VERSION, 0);
    const struct charter *charter = turn_charter_version(turn, name, (uint64_t)version);
    if (charter == NULL || charter->transition.kind != TRANSITION_MOVE)
        return 0;
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_text(record, FIELD_CHARTER, name);
    doc_set_int(record, FIELD_VERSION, version);
    transition_open_window(turn, record, event->seq);
    return 0;
}

/* The first move that is not finished (seq 0), or whose window was opened for that event; NULL if none. */
static struct doc *transition_find(struct turn *turn, uint64_t seq)
{
    struct key prefix = record_key((store_table)TABLE_TRANSITION);
    struct store_cursor cursor;
    struct doc *found = NULL;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor); more && found == NULL;
         more = store_next(&cursor)) {
        struct doc *record = record_from(turn, cursor.value);
        bool open = text_equal(doc_text(record, FIELD_STATE), TRANSITION_MORE);
        if (seq == 0 ? open : (uint64_t)doc_int(record, FIELD_SEQ, 0) == seq)
            found = record;
    }
    store_cursor_end(&cursor);
    return found;
}

int transition_apply_strike(struct turn *turn, const struct event *event)
{
    struct doc *record = transition_find(turn, 0);
    if (record != NULL)
        transition_open_window(turn, record, event->seq);
    return 0;
}

int64_t transition_wake_us(struct turn *turn)
{
    return transition_find(turn, 0) != NULL ? 0 : CIVIL_NEVER_US;
}

/* ---- one issue ---- */

/* The level of that name, or the nearest lower one that there still is; else the lowest. */
static const struct level *transition_level(const struct matter *matter, const struct charter *charter)
{
    for (const struct level *from = matter->level; from != NULL;
         from = charter_level_below(matter->charter, from->id)) {
        const struct level *to = charter_level(charter, from->id);
        if (to != NULL)
            return to;
    }
    return &charter->levels[0];
}

/* The units concerned, as the new version names them; one that it does not know owes nothing under it. */
static void transition_set_units(struct doc *out, const struct matter *matter, const struct charter *charter)
{
    struct names units = issue_units(matter);
    for (size_t i = 0; i < units.count; i++) {
        const struct unit *unit = charter_unit(charter, units.at[i]);
        if (unit != NULL && !doc_lists_text(out, FIELD_UNITS, unit->name))
            doc_add_text(out, FIELD_UNITS, unit->name);
    }
}

static void transition_set_before(struct doc *out, const struct matter *matter)
{
    struct text deadline = alarm_open_id(matter->turn, matter->id, matter->level->id);
    if (deadline.bytes == 0)
        return;
    struct alarm_past past = alarm_past(matter->turn, deadline);
    doc_set_text(out, FIELD_LABEL, matter->level->id);
    if (past.due_us != CIVIL_NEVER_US)
        doc_set_time(out, FIELD_BEFORE, past.due_us, matter->charter->zone);
}

static struct doc *transition_emit(const struct matter *matter, const struct charter *charter,
                                   struct text how)
{
    struct doc *out = issue_emit(matter, EVENT_TRANSITION_APPLIED);
    emit_rule(matter->turn, &charter->transition.rule);
    emit_input(matter->turn, matter->event->seq);
    doc_set_text(out, FIELD_HOW, how);
    return out;
}

static void transition_keep(const struct matter *matter, const struct charter *charter)
{
    struct doc *out = transition_emit(matter, charter, TRANSITION_KEPT);
    doc_set_doc_field(out, FIELD_VERSION, matter->issue);
    doc_set_text(out, FIELD_LEVEL, matter->level->id);
    doc_set_text(out, FIELD_BODY, matter->body->id);
    doc_printf(out, FIELD_REASON, "the new version has no body for area %.*s",
               TEXT_PRINT(doc_text(matter->issue, FIELD_AREA)));
    emit_end(matter->turn);
}

static void transition_move(const struct matter *matter, const struct charter *charter, int64_t version,
                            const struct level *to, const struct body *body)
{
    bool same = text_equal(to->id, matter->level->id);
    struct doc *out = transition_emit(matter, charter, TRANSITION_MOVED);
    doc_set_int(out, FIELD_VERSION, version);
    doc_set_text(out, FIELD_LEVEL, to->id);
    doc_set_text(out, FIELD_BODY, body->id);
    doc_set_int(out, FIELD_ROUND, same ? matter->round : issue_next_round(matter, to->id));
    transition_set_units(out, matter, charter);
    issue_set_posts(out, body);
    transition_set_before(out, matter);
    if (!same)
        doc_printf(out, FIELD_REASON, "level %.*s is gone", TEXT_PRINT(matter->level->id));
    emit_end(matter->turn);
    clock_transit(matter, &charter->transition);
}

static void transition_issue(const struct matter *matter, const struct charter *charter, int64_t version)
{
    struct text area = charter_area(charter, doc_text(matter->issue, FIELD_AREA));
    const struct level *to = transition_level(matter, charter);
    const struct body *body = area.bytes > 0 ? charter_body_for(charter, to, area) : NULL;
    if (body == NULL)
        transition_keep(matter, charter);
    else
        transition_move(matter, charter, version, to, body);
}

int transition_decide(struct turn *turn, const struct event *event)
{
    const struct doc *record = transition_find(turn, event->seq);
    if (record == NULL)
        return 0;
    int64_t version = doc_int(record, FIELD_VERSION, 0);
    struct text name = doc_text(record, FIELD_CHARTER);
    const struct charter *charter = turn_charter_version(turn, name, (uint64_t)version);
    struct transition_window *window = arena_alloc(turn_arena(turn), sizeof *window);
    transition_look(turn, name, doc_text(record, FIELD_PAGE), window);
    for (size_t i = 0; i < window->count; i++) {
        struct matter matter;
        if (!issue_load(turn, event, window->ids[i], &matter) || matter.issue == NULL)
            return turn_poison(turn, "the charter of issue %.*s does not fit its record",
                               TEXT_PRINT(window->ids[i]));
        if (doc_int(matter.issue, FIELD_VERSION, 0) < version)
            transition_issue(&matter, charter, version);
    }
    return 0;
}

int transition_apply_applied(struct turn *turn, const struct event *event)
{
    return text_equal(doc_text(event->data, FIELD_HOW), TRANSITION_MOVED)
               ? issue_apply_transition(turn, event)
               : 0;
}
