/* items.c - see items.h. */
#include "workers/routines/items.h"

#include "base/limits.h"
#include "workers/common/plain.h"

enum { ITEMS_TITLE_BYTES = 120 };

struct item {
    const struct doc *written;
    struct text title, unit, issue;
    struct names units;
};
struct items {
    struct item at[LIST_COUNT_MAX];
    size_t count, units;
};

/* ---- titles ---- */

/* The title, else the first line of the opinion, without blanks at its ends. */
static struct text item_title(struct arena *arena, const struct doc *written)
{
    struct text opinion = doc_text(written, FIELD_OPINION);
    if (doc_has(written, FIELD_TITLE))
        return doc_text(written, FIELD_TITLE);
    size_t from = 0;
    while (from < opinion.bytes && (opinion.at[from] == '\n' || opinion.at[from] == '\t'))
        from++;
    size_t to = from;
    while (to < opinion.bytes && opinion.at[to] != '\n' && opinion.at[to] != '\t')
        to++;
    struct text line = text_cut((struct text){opinion.at + from, to - from}, ITEMS_TITLE_BYTES);
    while (line.bytes > 0 && text_has_blank_end(line)) {
        size_t blank = line.at[0] == ' ' ? 1 : text_starts_with(line, TEXT("\xe3\x80\x80")) ? 3 : 0;
        size_t end = line.at[line.bytes - 1] == ' ' ? 1 : 3;
        line = blank > 0 ? (struct text){line.at + blank, line.bytes - blank}
                         : (struct text){line.at, line.bytes - end};
    }
    return arena_text_copy(arena, line);
}

/* ---- reading ---- */

static struct names item_units_written(struct arena *arena, const struct doc *written)
{
    size_t listed = doc_count(written, FIELD_UNITS), count = 0;
    struct text *at = arena_alloc(arena, (listed + 1) * sizeof *at);
    if (doc_has(written, FIELD_UNIT))
        at[count++] = doc_text(written, FIELD_UNIT);
    for (size_t i = 0; i < listed; i++)
        at[count++] = doc_text_at(written, FIELD_UNITS, i);
    return (struct names){at, count};
}

static void item_read_units(struct arena *arena, const struct charter *charter, struct item *item,
                            size_t number, const struct items_demand *demand, struct owed *owed)
{
    struct names written = item_units_written(arena, item->written);
    struct complaint complaint = {.message = ""};
    if (written.count == 0 && !demand->unit)
        return;
    if (written.count == 0) {
        owed_add(owed, demand->rule, demand->who, "item %zu: unit", number);
        return;
    }
    if (!charter_expand_units(charter, arena, written, &item->units, &complaint)) {
        owed_add(owed, demand->rule, demand->who, "item %zu: %s", number, complaint.message);
        item->units = (struct names){NULL, 0};
        return;
    }
    if (item->units.count == 0 || item->units.count > LIST_COUNT_MAX) {
        owed_add(owed, demand->rule, demand->who, "item %zu: 1 to %d units, not %zu", number,
                 (int)LIST_COUNT_MAX, item->units.count);
        return;
    }
    const struct unit *unit = charter_unit(charter, written.at[0]);
    item->unit = item->units.count == 1 ? item->units.at[0] : unit != NULL ? unit->name : written.at[0];
}

static void item_read(struct arena *arena, const struct charter *charter, struct item *item, size_t number,
                      const struct items_demand *demand, struct owed *owed)
{
    int32_t by_day;
    item->title = item_title(arena, item->written);
    item->issue = doc_text(item->written, FIELD_ISSUE);
    if (item->title.bytes == 0)
        owed_add(owed, demand->rule, demand->who, "item %zu: title or opinion", number);
    item_read_units(arena, charter, item, number, demand, owed);
    if (!doc_date(item->written, FIELD_BY, &by_day)) {
        if (demand->by)
            owed_add(owed, demand->rule, demand->who, "item %zu: by (the day)", number);
    } else if (by_day < demand->not_before) {
        char day[CIVIL_TEXT_BYTES];
        owed_add(owed, demand->rule, demand->who, "item %zu: by %.*s lies before %s", number,
                 TEXT_PRINT(doc_text(item->written, FIELD_BY)), civil_format_date(demand->not_before, day));
    }
    if (demand->opinion && doc_text(item->written, FIELD_OPINION).bytes == 0)
        owed_add(owed, demand->rule, demand->who, "item %zu: opinion", number);
}

/* What is supervised is known by its title, so no two are alike (S0-16, S0-18). */
static void items_check_titles(struct arena *arena, const struct items *items,
                               const struct items_demand *demand, struct owed *owed)
{
    struct text *plain = arena_alloc(arena, (items->count + 1) * sizeof *plain);
    for (size_t i = 0; i < items->count; i++) {
        plain[i] = plain_title(arena, items->at[i].title);
        for (size_t k = 0; k < i; k++)
            if (plain[i].bytes > 0 && text_equal(plain[i], plain[k]))
                owed_add(owed, demand->rule, demand->who,
                         "item %zu: a title of its own, not that of item %zu", i + 1, k + 1);
    }
}

struct items *items_read(struct arena *arena, const struct charter *charter, const struct doc *data,
                         const struct items_demand *demand, struct owed *owed)
{
    struct items *items = arena_alloc(arena, sizeof *items);
    items->count = doc_count(data, FIELD_ITEMS);
    for (size_t i = 0; i < items->count; i++) {
        items->at[i].written = doc_doc_at(data, FIELD_ITEMS, i);
        item_read(arena, charter, &items->at[i], i + 1, demand, owed);
        items->units += items->at[i].units.count;
    }
    items_check_titles(arena, items, demand, owed);
    return items;
}

size_t items_units(const struct items *items)
{
    return items->units;
}

size_t items_count(const struct items *items)
{
    return items->count;
}

struct text items_title(const struct items *items, size_t index)
{
    return items->at[index].title;
}

void items_default_issue(struct items *items, size_t index, struct text issue)
{
    if (items->at[index].issue.bytes == 0)
        items->at[index].issue = issue;
}

void items_write(const struct items *items, struct doc *out)
{
    static const enum field kept[] = {FIELD_BY, FIELD_OPINION, FIELD_TOPIC};
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->at[i];
        struct doc *added = doc_add_doc(out, FIELD_ITEMS);
        doc_set_text(added, FIELD_TITLE, item->title);
        if (item->unit.bytes > 0)
            doc_set_text(added, FIELD_UNIT, item->unit);
        for (size_t k = 0; item->units.count > 1 && k < item->units.count; k++)
            doc_add_text(added, FIELD_UNITS, item->units.at[k]);
        for (size_t k = 0; k < sizeof kept / sizeof kept[0]; k++)
            doc_set_doc_field(added, kept[k], item->written);
        if (item->issue.bytes > 0)
            doc_set_text(added, FIELD_ISSUE, item->issue);
    }
}
