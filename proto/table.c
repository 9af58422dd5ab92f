/* table.c - the tables of events.def and of wire codes as Markdown, for PROTOCOL.md and `dubanctl events`. */
#include <inttypes.h>

#include "proto/event.h"
#include "proto/wire.h"

static const char *const table_abouts[] = {
    [ABOUT_NOTHING] = "-",
    [ABOUT_ANYTHING] = "any",
    [ABOUT_ISSUE] = "issue",
    [ABOUT_TASK] = "task",
    [ABOUT_LIST] = "list",
    [ABOUT_BULLETIN] = "bulletin",
    [ABOUT_MEETING] = "meeting",
    [ABOUT_DUTY] = "duty",
    [ABOUT_FILING] = "filing",
    [ABOUT_ITEM] = "item",
    [ABOUT_INSPECTION] = "inspection",
};

/* "text" as a cell: a bar would end it. */
static void table_cell(struct buffer *buffer, const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        buffer_printf(buffer, *c == '|' ? "\\%c" : "%c", *c);
}

static bool table_is_why(enum field field)
{
    return field == FIELD_RULE || field == FIELD_CLAUSE || field == FIELD_PLACE || field == FIELD_INPUTS ||
           field == FIELD_DRAWN;
}

/* Required fields plain, optional ones in brackets. */
static void table_uses(struct buffer *buffer, const struct field_use *uses, bool outcome)
{
    const char *between = "";
    for (const struct field_use *use = uses; use->field != FIELD_COUNT_OF_ALL; use++) {
        if (outcome && table_is_why(use->field))
            continue;
        buffer_printf(buffer, use->needed ? "%s%s" : "%s[%s]", between, field_specs[use->field].name);
        between = ", ";
    }
}

static bool table_begins(const struct event_type *type, struct text prefix)
{
    return text_starts_with(text_from(type->name), prefix);
}

static bool table_has(bool report, struct text prefix)
{
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        if (event_types[i].report == report && table_begins(&event_types[i], prefix))
            return true;
    return false;
}

static void table_events(struct buffer *buffer, bool report, struct text prefix)
{
    buffer_printf(buffer, "| type | %s | subject | data | what happened |\n|---|---|---|---|---|\n",
                  report ? "decided by" : "published by");
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++) {
        const struct event_type *type = &event_types[i];
        if (type->report != report || !table_begins(type, prefix))
            continue;
        buffer_printf(buffer, "| `%s` | %s | %s | ", type->name, role_text(type->role),
                      table_abouts[type->about]);
        table_uses(buffer, type->uses, !report);
        buffer_printf(buffer, " | ");
        table_cell(buffer, type->help);
        buffer_printf(buffer, " |\n");
    }
}

void event_table_markdown(struct buffer *buffer, struct text prefix)
{
    bool reports = table_has(true, prefix);
    if (reports) {
        buffer_printf(buffer, "Reports (services and people publish them):\n\n");
        table_events(buffer, true, prefix);
    }
    if (!table_has(false, prefix))
        return;
    buffer_printf(buffer,
                  "%sOutcomes (workers publish them; each may besides carry rule, clause, place, "
                  "inputs and drawn):\n\n",
                  reports ? "\n" : "");
    table_events(buffer, false, prefix);
}

/* The field, and those of its maps. */
static void table_mark(bool *used, enum field field)
{
    const struct field_use *shape = field_specs[field].shape;
    used[field] = true;
    for (; shape != NULL && shape->field != FIELD_COUNT_OF_ALL; shape++)
        used[shape->field] = true;
}

static void table_mark_types(bool *used, struct text prefix)
{
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        for (const struct field_use *use = event_types[i].uses;
             table_begins(&event_types[i], prefix) && use->field != FIELD_COUNT_OF_ALL; use++)
            table_mark(used, use->field);
}

static void table_bounds(struct buffer *buffer, const struct field_spec *spec)
{
    switch (spec->kind) {
    case KIND_DATE:
    case KIND_TIME:
    case KIND_BOOL:
        return;
    default:
        buffer_printf(buffer, "%" PRId64 "..%" PRId64, spec->low, spec->high);
    }
}

void field_table_markdown(struct buffer *buffer, struct text prefix)
{
    bool used[FIELD_COUNT_OF_ALL] = {false};
    table_mark_types(used, prefix);
    buffer_printf(buffer, "| field | kind | bounds | what it says |\n|---|---|---|---|\n");
    for (size_t i = 0; i < FIELD_COUNT_OF_ALL; i++) {
        const struct field_spec *spec = &field_specs[i];
        if (prefix.bytes > 0 && !used[i])
            continue;
        buffer_printf(buffer, "| `%s` | %s | ", spec->name, kind_name(spec->kind));
        table_bounds(buffer, spec);
        buffer_printf(buffer, " | ");
        table_cell(buffer, spec->help);
        if (spec->shape != NULL) {
            buffer_printf(buffer, "; each map has: ");
            table_uses(buffer, spec->shape, false);
        }
        buffer_printf(buffer, " |\n");
    }
}

void wire_code_markdown(struct buffer *buffer)
{
    buffer_printf(buffer, "| code | name | again? | meaning |\n|---|---|---|---|\n");
#define X(symbol, number, name, retry, meaning)                                                              \
    buffer_printf(buffer, "| %d | `%s` | %s | %s |\n", number, name, retry ? "yes, later" : "no", meaning);
    WIRE_CODES(X)
#undef X
}
