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

static void table_events(struct buffer *buffer, bool report)
{
    buffer_printf(buffer, "| type | %s | subject | data | what happened |\n|---|---|---|---|---|\n",
                  report ? "decided by" : "published by");
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++) {
        const struct event_type *type = &event_types[i];
        if (type->report != report)
            continue;
        buffer_printf(buffer, "| `%s` | %s | %s | ", type->name, role_text(type->role),
                      table_abouts[type->about]);
        table_uses(buffer, type->uses, !report);
        buffer_printf(buffer, " | ");
        table_cell(buffer, type->help);
        buffer_printf(buffer, " |\n");
    }
}

void event_table_markdown(struct buffer *buffer)
{
    buffer_printf(buffer, "Reports (services and people publish them):\n\n");
    table_events(buffer, true);
    buffer_printf(buffer, "\nOutcomes (workers publish them; each may besides carry rule, clause, place, "
                          "inputs and drawn):\n\n");
    table_events(buffer, false);
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

void field_table_markdown(struct buffer *buffer)
{
    buffer_printf(buffer, "| field | kind | bounds | what it says |\n|---|---|---|---|\n");
    for (size_t i = 0; i < FIELD_COUNT_OF_ALL; i++) {
        const struct field_spec *spec = &field_specs[i];
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
