/* past.c - see past.h. */
#include "cli/import/past.h"

#include "base/limits.h"
#include "cli/command.h"
#include "cli/plural.h"

bool past_refused(const struct event *report, const struct verdicts *past)
{
    return report->type->kind == EVENT_ISSUE_RAISED && verdicts_of(past, report->id) == VERDICT_REFUSED;
}

static void past_hold(struct derivation *derivation, const struct verdicts *past, struct arena *arena)
{
    if (verdicts_refused(past) == 0)
        return;
    for (size_t i = 0; i < derivation->reports_count; i++) {
        struct event report;
        derive_event(derivation, i, arena, &report);
        if (past_refused(&report, past))
            caselog_hold(derivation->log, derivation->reports[i].row->key);
        arena_reset(arena);
    }
    derive_drop_held(derivation);
}

/* How many would be stamped later than their own time; *first_out: the first of them. */
static uint64_t past_late(const struct derivation *derivation, const struct verdicts *past,
                          struct arena *arena, size_t *first_out)
{
    uint64_t late = 0;
    for (size_t i = 0; i < derivation->reports_count; i++) {
        struct event report;
        if (derivation->reports[i].time_us >= verdicts_now_us(past))
            break; /* they stand by time */
        derive_event(derivation, i, arena, &report);
        if (verdicts_of(past, report.id) == VERDICT_NONE && late++ == 0)
            *first_out = i;
        arena_reset(arena);
    }
    return late;
}

static int past_complain(const struct derivation *derivation, const struct verdicts *past, uint64_t late,
                         size_t first, struct arena *arena)
{
    char now[CIVIL_TEXT_BYTES], own[CIVIL_TEXT_BYTES];
    int zone = derivation->log->map->zone;
    struct event report;
    derive_event(derivation, first, arena, &report);
    return command_fail(
        EXIT_NEGATIVE, "take the whole log into an empty journal; or give --live, and they count from now on",
        "%llu report%s not in the journal yet and would count from %s, to which the journal has gone on, "
        "instead of when they happened (first %.*s %.*s of %s): nothing was sent",
        (unsigned long long)late, late == 1 ? " is" : "s are",
        civil_format_time(verdicts_now_us(past), zone, now), TEXT_PRINT(report.type_name),
        TEXT_PRINT(report.subject), civil_format_time(report.time_us, zone, own));
}

int past_judge(struct derivation *derivation, const struct verdicts *past, bool late)
{
    struct arena arena;
    size_t first = 0;
    arena_open(&arena, ARENA_BYTES_MAX);
    past_hold(derivation, past, &arena);
    uint64_t count = late ? 0 : past_late(derivation, past, &arena, &first);
    int code = count > 0 ? past_complain(derivation, past, count, first, &arena) : 0;
    arena_close(&arena);
    return code;
}
