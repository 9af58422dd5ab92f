/* derive.c - see derive.h. Twice over the log: first every report is made, checked and forgotten but for its
 * place in the order; then, in that order, it is made again for whoever takes it. */
#include "cli/import/derive.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"

/* ---- values ---- */

static size_t wall_offset(struct text written)
{
    for (size_t i = 11; i < written.bytes; i++)
        if (written.at[i] == '+' || written.at[i] == '-' || written.at[i] == 'Z')
            return i;
    return written.bytes;
}

bool derive_parse_wall(struct text written, int zone, bool drop_offset, int64_t *at_us_out)
{
    char whole[CIVIL_TEXT_BYTES];
    int32_t day;
    if (civil_parse_date(written, &day)) {
        *at_us_out = civil_start_of_day_us(day, zone);
        return true;
    }
    size_t bytes = wall_offset(written);
    bool own = bytes < written.bytes && !drop_offset;
    const char *seconds = bytes == 16 ? ":00" : "";
    int minutes = zone < 0 ? -zone : zone;
    if (bytes < 16 || bytes > 26)
        return false;
    int length =
        own ? snprintf(whole, sizeof whole, "%.10sT%.*s%s%.*s", written.at, (int)bytes - 11, written.at + 11,
                       seconds, (int)(written.bytes - bytes < 8 ? written.bytes - bytes : 8),
                       written.at + bytes)
            : snprintf(whole, sizeof whole, "%.10sT%.*s%s%c%02d:%02d", written.at, (int)bytes - 11,
                       written.at + 11, seconds, zone < 0 ? '-' : '+', minutes / 60, minutes % 60);
    bool parted = written.at[10] == 'T' || written.at[10] == ' ';
    return parted && civil_parse_time((struct text){whole, (size_t)length}, at_us_out, NULL);
}

/* Where something is made of a row, and what is wrong with it. */
struct making {
    const struct derivation *derivation;
    struct caselog_at at;
    const struct map_rule *rule;
    struct arena *arena;
    bool wrong; /* a fault was found; told unless silent */
    bool silent;
};

PRINTF_LIKE(3, 4)
static void making_fault(struct making *making, struct text column, const char *format, ...)
{
    char message[COMPLAINT_BYTES_MAX];
    va_list arguments;
    making->wrong = true;
    if (making->silent)
        return;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    fault_add(making->derivation->faults, caselog_file_name(&making->at), making->at.row->row->line, column,
              "%s (rule %.*s)", message, TEXT_PRINT(making->rule->id));
}

/* False if the cell is absent, or no instant (a fault). */
static bool making_instant(struct making *making, const struct map_ref *ref, int64_t *at_us_out)
{
    const struct map *map = making->at.log->map;
    struct text cell = caselog_cell(&making->at, ref);
    if (cell.bytes == 0)
        return false;
    if (derive_parse_wall(cell, map->zone, map->drop_offsets, at_us_out))
        return true;
    making_fault(making, ref->written, "\"%.*s\" is no date and time such as 2010-10-02T09:20:39.266",
                 cell.bytes < 60 ? (int)cell.bytes : 60, cell.at);
    return false;
}

static bool making_time(struct making *making, const struct map_time *time, int64_t *at_us_out);

static bool making_time_of_several(struct making *making, const struct map_time *time, int64_t *at_us_out)
{
    bool any = false;
    for (size_t i = 0; i < time->of_count; i++) {
        int64_t at_us;
        if (!making_time(making, &time->of[i], &at_us))
            continue;
        bool better = time->kind == MAP_TIME_EARLIEST ? at_us < *at_us_out : at_us > *at_us_out;
        if (!any || better)
            *at_us_out = at_us;
        any = true;
    }
    return any;
}

/* False if nothing that it rests on is there. The depth is the map's, which is bounded. */
static bool making_time(struct making *making, const struct map_time *time, int64_t *at_us_out)
{
    int zone = making->at.log->map->zone;
    switch (time->kind) {
    case MAP_TIME_CELL:
        return making_instant(making, &time->cell, at_us_out);
    case MAP_TIME_EARLIEST:
    case MAP_TIME_LATEST:
        return making_time_of_several(making, time, at_us_out);
    case MAP_TIME_MOVED:
        break;
    }
    if (!making_time(making, time->of, at_us_out))
        return false;
    *at_us_out += time->by_us;
    if (time->edge == MAP_EDGE_START)
        *at_us_out = civil_start_of_day_us(civil_day_of(*at_us_out, zone), zone);
    if (time->edge == MAP_EDGE_END)
        *at_us_out = civil_end_of_day_us(civil_day_of(*at_us_out, zone), zone);
    return true;
}

/* False if the map says nothing of this value. */
static bool values_get(const struct map_values *values, struct text *value)
{
    const struct text *any = NULL;
    for (size_t i = 0; i < values->count; i++) {
        if (text_equal(values->from[i], *value)) {
            *value = values->to[i];
            return true;
        }
        if (text_is(values->from[i], "*") && value->bytes > 0)
            any = &values->to[i];
    }
    if (any != NULL)
        *value = *any;
    return any != NULL || value->bytes == 0;
}

static struct text making_piece(struct making *making, const struct map_piece *piece)
{
    struct text value = piece->has_cell ? caselog_cell(&making->at, &piece->cell) : TEXT_NONE;
    if (piece->values != NULL && !values_get(piece->values, &value))
        making_fault(making, piece->cell.written, "\"%.*s\" is not in the value map %.*s",
                     value.bytes < 60 ? (int)value.bytes : 60, value.at, TEXT_PRINT(piece->values->name));
    return value;
}

/* No bytes if a cell that it names is absent. */
static struct text making_text(struct making *making, const struct map_template *template)
{
    struct text whole = TEXT_NONE;
    for (size_t i = 0; i < template->count; i++) {
        const struct map_piece *piece = &template->pieces[i];
        struct text value = making_piece(making, piece);
        if (piece->has_cell && value.bytes == 0)
            return TEXT_NONE;
        if (template->count == 1 && piece->literal.bytes == 0)
            return value;
        whole = arena_printf(making->arena, "%.*s%.*s%.*s", TEXT_PRINT(whole), TEXT_PRINT(piece->literal),
                             TEXT_PRINT(value));
    }
    return whole;
}

/* ---- tests ---- */

static bool test_among(const struct map_test *test, struct text cell)
{
    for (size_t i = 0; i < test->words_count; i++)
        if (text_equal(test->words[i], cell))
            return true;
    return false;
}

static bool test_starts(const struct map_test *test, struct text cell)
{
    for (size_t i = 0; i < test->words_count; i++)
        if (text_starts_with(cell, test->words[i]))
            return true;
    return false;
}

/* The place of a value in the order, or the number that it is. */
static bool test_place(const struct map_test *test, struct text cell, int64_t *place_out)
{
    for (size_t i = 0; i < test->words_count; i++)
        if (text_equal(test->words[i], cell)) {
            *place_out = (int64_t)i;
            return true;
        }
    return test->words_count == 0 && text_parse_i64(cell, place_out);
}

/* In the last row before that has a place: an empty cell between two levels is no move, and hides none. */
static bool test_place_before(const struct making *making, const struct map_test *test, int64_t *place_out)
{
    struct caselog_at at = making->at;
    struct map_ref before = test->cell;
    before.where = MAP_PREVIOUS;
    for (; at.row->index > 0; at.row--)
        if (test_place(test, caselog_cell(&at, &before), place_out))
            return true;
    return false;
}

/* How it compares with what was there before: 0 if either is absent, or no member of the order. */
static int test_step(const struct making *making, const struct map_test *test)
{
    int64_t was, is;
    if (!test_place(test, caselog_cell(&making->at, &test->cell), &is) ||
        !test_place_before(making, test, &was))
        return 0;
    return (is > was) - (is < was);
}

static bool test_changes(const struct making *making, const struct map_test *test)
{
    struct map_ref before = test->cell;
    before.where = MAP_PREVIOUS;
    return making->at.row->index > 0 &&
           !text_equal(caselog_cell(&making->at, &before), caselog_cell(&making->at, &test->cell));
}

static bool test_instant(struct making *making, const struct map_test *test)
{
    int64_t is, other;
    if (!making_instant(making, &test->cell, &is))
        return false;
    if (!making_time(making, &test->time, &other))
        other = CIVIL_NEVER_US; /* what is absent never comes */
    switch (test->kind) {
    case MAP_TEST_BEFORE:
        return is < other;
    case MAP_TEST_UNTIL:
        return is <= other;
    case MAP_TEST_AFTER:
        return is > other;
    default:
        return is >= other;
    }
}

static bool test_holds(struct making *making, const struct map_test *test)
{
    const struct caselog_row *row = making->at.row;
    switch (test->kind) {
    case MAP_TEST_IS:
        return test_among(test, caselog_cell(&making->at, &test->cell));
    case MAP_TEST_NOT:
        return !test_among(test, caselog_cell(&making->at, &test->cell));
    case MAP_TEST_STARTS:
        return test_starts(test, caselog_cell(&making->at, &test->cell));
    case MAP_TEST_PRESENT:
        return caselog_cell(&making->at, &test->cell).bytes > 0;
    case MAP_TEST_ABSENT:
        return caselog_cell(&making->at, &test->cell).bytes == 0;
    case MAP_TEST_CHANGES:
        return test_changes(making, test);
    case MAP_TEST_RISES:
        return test_step(making, test) > 0;
    case MAP_TEST_FALLS:
        return test_step(making, test) < 0;
    case MAP_TEST_ROW_FIRST:
        return row->index == 0;
    case MAP_TEST_ROW_LAST:
        return row->index + 1 == row->count;
    case MAP_TEST_BEFORE:
    case MAP_TEST_UNTIL:
    case MAP_TEST_AFTER:
    case MAP_TEST_FROM:
        break;
    }
    return test_instant(making, test);
}

static bool making_applies(struct making *making)
{
    for (size_t i = 0; i < making->rule->tests_count; i++)
        if (!test_holds(making, &making->rule->tests[i]))
            return false;
    return true;
}

/* ---- a report ---- */

static void making_time_field(struct making *making, const struct map_field *field, struct doc *data)
{
    int zone = making->at.log->map->zone;
    int64_t at_us;
    if (!making_time(making, &field->time, &at_us))
        return;
    if (field_specs[field->field].kind == KIND_DATE)
        doc_set_date(data, field->field, civil_day_of(at_us, zone));
    else
        doc_set_time(data, field->field, at_us, zone);
}

/* What is absent stays away; whether it may is the event table's to say. */
static void making_field(struct making *making, const struct map_field *field, struct doc *data)
{
    enum kind kind = field_specs[field->field].kind;
    struct complaint complaint;
    if (kind == KIND_TIME || kind == KIND_DATE) {
        making_time_field(making, field, data);
        return;
    }
    for (size_t i = 0; i < field->templates_count; i++) {
        struct text value = making_text(making, &field->templates[i]);
        if (value.bytes == 0)
            continue;
        if (kind == KIND_NAMES)
            doc_add_text(data, field->field, value);
        else if (kind == KIND_NAME || kind == KIND_PROSE)
            doc_set_text(data, field->field, value);
        else if (doc_set_from_text(data, field->field, value, &complaint) != 0)
            making_fault(making, TEXT_NONE, "%s: %s", field_specs[field->field].name, complaint.message);
    }
}

static struct text making_id(struct making *making)
{
    const struct map *map = making->at.log->map;
    char hex[DIGEST_HEX_BYTES];
    struct text id =
        arena_printf(making->arena, "%.*s/%.*s/%u/%.*s", TEXT_PRINT(map->tables[making->at.table].name),
                     TEXT_PRINT(making->at.row->key), making->at.row->index, TEXT_PRINT(making->rule->id));
    if (id.bytes <= NAME_BYTES_MAX)
        return id;
    struct digest digest = digest_of((struct bytes){(const unsigned char *)id.at, id.bytes});
    return arena_text_copy(making->arena, text_from(digest_hex(&digest, hex)));
}

static void making_event(struct making *making, int64_t time_us, struct event *event)
{
    const struct map *map = making->at.log->map;
    const struct map_rule *rule = making->rule;
    struct doc *data = doc_new(making->arena);
    *event = (struct event){.id = making_id(making),
                            .source = map->source,
                            .type = rule->type,
                            .type_name = text_from(rule->type->name),
                            .subject = making_text(making, &rule->subject),
                            .charter =
                                rule->charter.count > 0 ? making_text(making, &rule->charter) : map->charter,
                            .actor = making_text(making, &rule->actor),
                            .time_us = time_us,
                            .time_zone = map->zone,
                            .data = data};
    for (size_t i = 0; i < rule->fields_count; i++)
        making_field(making, &rule->fields[i], data);
}

static void making_check(struct making *making, int64_t time_us)
{
    struct event event;
    struct complaint complaint = {0};
    making_event(making, time_us, &event);
    if (!making->wrong && event_check(&event, &complaint) != 0)
        making_fault(making, TEXT_NONE, "%s%s%s", complaint.field, complaint.field[0] != '\0' ? ": " : "",
                     complaint.message);
}

/* ---- all of them ---- */

static void derivation_keep(struct derivation *derivation, const struct making *making, int64_t time_us)
{
    if (derivation->reports_count == derivation->reports_room) {
        derivation->reports_room = derivation->reports_room == 0 ? 4096 : 2 * derivation->reports_room;
        derivation->reports =
            memory_grow(derivation->reports, derivation->reports_room * sizeof *derivation->reports);
    }
    derivation->reports[derivation->reports_count++] =
        (struct derived){.time_us = time_us,
                         .row = making->at.row,
                         .table = (uint32_t)making->at.table,
                         .rule = (uint32_t)(making->rule - making->at.log->map->rules)};
    derivation->counts[making->rule->type->kind]++;
}

/* What a case's rows have come to so far, in one table. */
struct walk {
    int64_t latest_us; /* of a report of an earlier row */
    int64_t row_us;    /* of this one's */
    bool met[MAP_RULES_MAX];
};

static void derive_one(struct derivation *derivation, struct making *making, struct walk *walk)
{
    int64_t time_us;
    size_t index = (size_t)(making->rule - making->at.log->map->rules);
    if ((making->rule->once && walk->met[index]) || !making_applies(making))
        return;
    walk->met[index] = true;
    if (!making_time(making, &making->rule->time, &time_us)) {
        if (!making->wrong)
            making_fault(making, TEXT_NONE, "the report has no time");
        return;
    }
    if (time_us < walk->latest_us)
        time_us = walk->latest_us;
    making_check(making, time_us);
    if (making->wrong)
        return;
    walk->row_us = time_us > walk->row_us ? time_us : walk->row_us;
    derivation_keep(derivation, making, time_us);
}

static void derive_row(struct derivation *derivation, const struct caselog_at *at, struct arena *arena,
                       struct walk *walk)
{
    const struct map *map = at->log->map;
    bool ordered = map->tables[at->table].order >= 0;
    if (at->row->index == 0)
        *walk = (struct walk){.latest_us = INT64_MIN, .row_us = INT64_MIN};
    else if (ordered && walk->row_us > walk->latest_us)
        walk->latest_us = walk->row_us;
    for (size_t i = 0; i < map->rules_count; i++) {
        struct making making = {.derivation = derivation, .at = *at, .rule = &map->rules[i], .arena = arena};
        if (map->rules[i].table != at->table || at->row->row->unreadable)
            continue;
        derive_one(derivation, &making, walk);
        if (making.wrong && making.rule->type->kind == EVENT_ISSUE_RAISED)
            caselog_hold(derivation->log, at->row->key);
    }
    if (at->row->row->unreadable)
        caselog_hold(derivation->log, at->row->key);
    arena_reset(arena);
}

static int derived_compare(const void *a, const void *b)
{
    const struct derived *left = a, *right = b;
    int order = (left->time_us > right->time_us) - (left->time_us < right->time_us);
    if (order == 0)
        order = text_compare(left->row->key, right->row->key);
    if (order == 0)
        order = (left->table > right->table) - (left->table < right->table);
    if (order == 0)
        order = (left->row > right->row) - (left->row < right->row);
    return order != 0 ? order : (left->rule > right->rule) - (left->rule < right->rule);
}

void derive_count_held(struct derivation *derivation, const struct derived *report)
{
    if (derivation->held++ == 0)
        derivation->held_case = report->row->key;
}

void derive_drop_held(struct derivation *derivation)
{
    size_t kept = 0;
    for (size_t i = 0; i < derivation->reports_count; i++) {
        const struct derived *report = &derivation->reports[i];
        if (report->row->held) {
            derive_count_held(derivation, report);
            derivation->counts[derivation->log->map->rules[report->rule].type->kind]--;
        } else {
            derivation->reports[kept++] = *report;
        }
    }
    derivation->reports_count = kept;
}

int derive_all(struct caselog *log, struct faults *faults, struct derivation *derivation)
{
    struct arena arena;
    struct walk walk = {.latest_us = INT64_MIN, .row_us = INT64_MIN};
    *derivation = (struct derivation){.log = log, .faults = faults};
    arena_open(&arena, ARENA_BYTES_MAX);
    for (size_t t = 0; t < log->map->tables_count; t++)
        for (size_t i = 0; i < log->tables[t].rows_count; i++) {
            struct caselog_at at = {.log = log, .table = t, .row = &log->tables[t].rows[i]};
            if (derivation->reports_count <= DERIVE_REPORTS_MAX)
                derive_row(derivation, &at, &arena, &walk);
        }
    arena_close(&arena);
    if (derivation->reports_count > 0)
        qsort(derivation->reports, derivation->reports_count, sizeof *derivation->reports, derived_compare);
    int code = derivation->reports_count > DERIVE_REPORTS_MAX ? DERIVE_E_MANY : 0;
    derive_drop_held(derivation);
    return code;
}

void derive_event(const struct derivation *derivation, size_t index, struct arena *arena,
                  struct event *event_out)
{
    ASSERT(index < derivation->reports_count);
    const struct derived *derived = &derivation->reports[index];
    struct making making = {.derivation = derivation,
                            .at = {.log = derivation->log, .table = derived->table, .row = derived->row},
                            .rule = &derivation->log->map->rules[derived->rule],
                            .arena = arena,
                            .silent = true};
    making_event(&making, derived->time_us, event_out);
}

void derive_close(struct derivation *derivation)
{
    free(derivation->reports);
    derivation->reports = NULL;
    derivation->reports_count = derivation->reports_room = 0;
}
