/* pages.c - see pages.h. */
#include "workers/ledger/pages.h"

#include "base/limits.h"

#include <stdarg.h>
#include <stdio.h>

enum { PAGE_BYTES_MAX = 524288 };
#define END FIELD_COUNT_OF_ALL

static size_t row_bytes(const struct doc *row)
{
    size_t bytes = 0;
    for (enum field f = doc_first(row); f != END; f = doc_after(row, f)) {
        bytes += strlen(field_specs[f].name) + 16;
        if (field_specs[f].kind == KIND_ITEMS)
            for (size_t i = 0; i < doc_count(row, f); i++)
                bytes += doc_text(doc_doc_at(row, f, i), FIELD_NEED).bytes + 512;
        else if (field_specs[f].kind == KIND_NAMES)
            for (size_t i = 0; i < doc_count(row, f); i++)
                bytes += doc_text_at(row, f, i).bytes + 4;
        else if (field_specs[f].kind == KIND_INTS)
            bytes += doc_count(row, f) * 9;
        else if (field_specs[f].kind != KIND_INT && field_specs[f].kind != KIND_BOOL)
            bytes += doc_text(row, f).bytes;
    }
    return bytes;
}

bool page_add(struct page *page, struct doc *row, struct text begins)
{
    struct query_answer *answer = page->answer;
    if (answer->more)
        return false; /* the last row already says where the next page begins */
    size_t bytes = row_bytes(row);
    if (answer->rows_count == page->rows_max ||
        (answer->rows_count > 0 && page->bytes + bytes > PAGE_BYTES_MAX)) {
        answer->more = true;
        doc_set_text(answer->rows[answer->rows_count - 1], FIELD_PAGE, begins);
        return false;
    }
    answer->rows[answer->rows_count++] = row;
    page->bytes += bytes;
    return true;
}

bool page_add_nth(struct page *page, struct doc *row, size_t index)
{
    uint64_t first = 1;
    if (page_from(page).bytes > 0 && !text_parse_u64(page_from(page), &first))
        return false; /* no page of these: no rows */
    return index + 1 < first || page_add(page, row, arena_printf(turn_arena(page->turn), "%zu", index + 1));
}

void page_fail(struct page *page, const char *format, ...)
{
    char message[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(message, sizeof message, format, list);
    va_end(list);
    page->answer->ok = false;
    page->answer->error = arena_text_copy(turn_arena(page->turn), text_from(message));
}

struct text page_from(const struct page *page)
{
    return doc_text(page->args, FIELD_PAGE);
}

bool page_wants(const struct page *page, enum field field, struct text value)
{
    return !doc_has(page->args, field) || text_equal(doc_text(page->args, field), value);
}

/* ---- charters and times ---- */

struct page_charters page_charters(struct page *page)
{
    struct page_charters charters = {0};
    struct row_walk walk;
    size_t room = 0;
    struct arena *arena = turn_arena(page->turn);
    for (bool more = row_first(&walk, page->turn, &page->moment, ROW_RULES, TEXT_NONE); more;
         more = row_next(&walk)) {
        struct text name = arena_text_copy(arena, doc_text(walk.row, FIELD_NAME));
        const struct charter *charter =
            page_wants(page, FIELD_CHARTER, name)
                ? turn_charter_version(page->turn, name, (uint64_t)doc_int(walk.row, FIELD_VERSION, 0))
                : NULL;
        if (charter == NULL)
            continue;
        if (charters.count == room) {
            room = room == 0 ? 16 : 2 * room;
            const struct charter **larger = arena_alloc(arena, room * sizeof *larger);
            if (charters.count > 0)
                memcpy(larger, charters.at, charters.count * sizeof *larger);
            charters.at = larger;
        }
        charters.at[charters.count++] = charter;
    }
    row_end(&walk);
    return charters;
}

/* In which a day without offset is meant; false if the charters do not agree. */
static bool page_zone(struct page *page, int *zone_out)
{
    struct moment now = {.past = false}, asked = page->moment;
    page->moment = now;
    struct page_charters charters = page_charters(page);
    page->moment = asked;
    *zone_out = charters.count > 0 ? charters.at[0]->zone : 0;
    for (size_t i = 1; i < charters.count; i++)
        if (charters.at[i]->zone != *zone_out)
            return false;
    return charters.count > 0;
}

bool page_read_time(struct page *page, struct text t, bool begins, int64_t *at_us_out)
{
    int32_t day;
    int zone;
    if (civil_parse_time(t, at_us_out, NULL))
        return true;
    if (!civil_parse_date(t, &day)) {
        page_fail(page,
                  "`%.*s` is neither a day (2020-01-20) from 1900 to 2200 nor an instant with an offset "
                  "(2020-01-20T09:00:00+08:00)",
                  TEXT_PRINT(t));
        return false;
    }
    if (!page_zone(page, &zone)) {
        page_fail(page, "in which zone is %.*s? Give an instant with an offset, or name the charter",
                  TEXT_PRINT(t));
        return false;
    }
    *at_us_out = begins ? civil_start_of_day_us(day, zone) : civil_end_of_day_us(day, zone);
    return true;
}

/* What was received by then is all that there is: it is as it stands, and need not be folded. */
static void page_read_present(struct page *page)
{
    const struct moment now = {.past = false};
    int64_t last_us = ledger_last_received_us(page->turn, &now);
    if (page->moment.occurred_us == CIVIL_NEVER_US && last_us <= page->moment.received_us)
        page->moment.past = false;
}

bool page_read_moment(struct page *page)
{
    struct text as_of = doc_text(page->args, FIELD_AS_OF), known = doc_text(page->args, FIELD_KNOWN);
    struct moment moment = {.past = as_of.bytes > 0 || (known.bytes > 0 && !text_is(known, "now")),
                            .received_us = CIVIL_NEVER_US,
                            .occurred_us = CIVIL_NEVER_US};
    if (as_of.bytes > 0 && !page_read_time(page, as_of, false, &moment.occurred_us))
        return false;
    if (known.bytes > 0 && !text_is(known, "now") && !page_read_time(page, known, false, &moment.received_us))
        return false;
    if (known.bytes == 0) { /* as it was then, as it was known then: all that was received by then */
        moment.received_us = moment.occurred_us;
        moment.occurred_us = CIVIL_NEVER_US;
    }
    page->moment = moment;
    if (moment.past)
        page_read_present(page);
    return true;
}
