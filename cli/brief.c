/* brief.c - see brief.h. */
#include "cli/brief.h"

#include <stdio.h>

#include "cli/table.h"

enum { BRIEF_VALUE_COLUMNS = 48 };

/* Long texts and what the line says already are left out. */
static bool brief_shows(enum field field)
{
    static const enum field hidden[] = {FIELD_TEXT,  FIELD_DIGEST, FIELD_ARITHMETIC, FIELD_RULE,
                                        FIELD_PLACE, FIELD_INPUTS, FIELD_OWED,       FIELD_DEADLINE};
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (field == hidden[i])
            return false;
    return true;
}

static const char *brief_colour(const struct event *event)
{
    if (!table_colour())
        return "";
    if (event->type->kind == EVENT_REQUEST_REFUSED || event->type->kind == EVENT_EVENT_SET_ASIDE)
        return "\033[31m";
    if (event->type->kind == EVENT_DEADLINE_MISSED)
        return "\033[33m";
    return event->type->report ? "\033[36m" : "\033[32m";
}

void brief_owed(const struct doc *doc)
{
    for (size_t i = 0; i < doc_count(doc, FIELD_OWED); i++) {
        const struct doc *owed = doc_doc_at(doc, FIELD_OWED, i);
        struct text who = doc_text(owed, FIELD_WHO), clause = doc_text(owed, FIELD_CLAUSE),
                    place = doc_text(owed, FIELD_PLACE);
        printf("      owed: %.*s", TEXT_PRINT(doc_text(owed, FIELD_NEED)));
        if (who.bytes > 0)
            printf("  by %.*s", TEXT_PRINT(who));
        if (clause.bytes > 0)
            printf("  (%.*s)", TEXT_PRINT(clause));
        if (place.bytes > 0)
            printf("  %.*s", TEXT_PRINT(place));
        putchar('\n');
    }
}

/* A line stands alone: its instants say in which zone they are. */
static struct text brief_value(struct arena *arena, const struct doc *data, enum field field)
{
    return field_specs[field].kind == KIND_TIME && doc_has(data, field)
               ? table_instants(arena, doc_text(data, field), true)
               : table_value(arena, data, field);
}

static void brief_received(const struct event *event)
{
    char received[CIVIL_TEXT_BYTES];
    int zone = event->time_us != CIVIL_NEVER_US ? event->time_zone : 0;
    size_t bytes = strlen(civil_format_time(event->received_us, zone, received));
    printf("#%llu %.10s %.8s", (unsigned long long)event->seq, received, received + 11);
    if (zone == 0)
        putchar('Z');
    else
        printf("%.*s", zone % 60 == 0 ? 3 : 6, received + bytes - 6);
}

void brief_print(struct arena *arena, const struct event *event, bool detail)
{
    brief_received(event);
    printf(" %s%.*s%s", brief_colour(event), TEXT_PRINT(event->type_name), table_colour() ? "\033[0m" : "");
    if (event->subject.bytes > 0)
        printf(" %.*s", TEXT_PRINT(event->subject));
    if (event->actor.bytes > 0)
        printf(" by %.*s", TEXT_PRINT(event->actor));
    for (enum field f = doc_first(event->data); f != FIELD_COUNT_OF_ALL; f = doc_after(event->data, f)) {
        if (!brief_shows(f))
            continue;
        struct text value = brief_value(arena, event->data, f);
        if (value.bytes == 0)
            continue;
        /* the reason is the answer, and never cut: nothing is silent */
        struct text cut = f == FIELD_REASON ? value : text_cut_columns(value, BRIEF_VALUE_COLUMNS);
        printf(" %s=%.*s%s", field_specs[f].name, TEXT_PRINT(cut), cut.bytes < value.bytes ? "…" : "");
    }
    putchar('\n');
    if (detail)
        brief_owed(event->data);
}
