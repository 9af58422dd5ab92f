/* owed.c - see owed.h. */
#include "workers/common/owed.h"

#include <stdarg.h>
#include <stdio.h>

enum { OWED_TEXT_BYTES_MAX = 256 }; /* NEED, WHO, CLAUSE and PLACE in events.def */

struct owed *owed_open(struct arena *arena)
{
    struct owed *owed = arena_alloc(arena, sizeof *owed);
    owed->arena = arena;
    return owed;
}

static void owed_set(struct doc *doc, enum field field, struct text t)
{
    if (t.bytes > 0)
        doc_set_text(doc, field, text_cut(t, OWED_TEXT_BYTES_MAX));
}

void owed_add(struct owed *owed, const struct rule *rule, struct text who, const char *format, ...)
{
    owed->total++;
    if (owed->count == LIST_COUNT_MAX)
        return;
    char need[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(need, sizeof need, format, arguments);
    va_end(arguments);
    struct doc *doc = doc_new(owed->arena);
    owed_set(doc, FIELD_NEED, arena_text_copy(owed->arena, text_from(need)));
    owed_set(doc, FIELD_WHO, who);
    if (rule != NULL) {
        owed_set(doc, FIELD_CLAUSE, rule->clause);
        owed_set(doc, FIELD_PLACE, rule->place);
    }
    owed->at[owed->count++] = doc;
}

struct text owed_join(struct arena *arena, struct names names)
{
    struct text joined = TEXT("");
    for (size_t i = 0; i < names.count; i++)
        joined =
            arena_printf(arena, "%.*s%s%.*s", TEXT_PRINT(joined), i > 0 ? ", " : "", TEXT_PRINT(names.at[i]));
    return joined;
}
