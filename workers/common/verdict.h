/* verdict.h - tables of verdicts: for each report in each state a step or a refusal, exactly one.
 *
 *     struct flow_row { enum event_kind report; struct flow_verdict verdicts[ISSUE_STATE_COUNT]; };
 *     static const struct flow_row rows[] = {{EVENT_ISSUE_RAISED, {DO(raise), NO("the id is in use"), …}},
 * …}; const struct flow_row *row = VERDICT_ROW(rows, report);
 *
 * The steps differ by role, so each has a type of its own {step, refusal}; what is alike is here.
 */
#ifndef WORKERS_COMMON_VERDICT_H
#define WORKERS_COMMON_VERDICT_H

#include "base/log.h"
#include "proto/event.h"

#define DO(step)                                                                                             \
    {                                                                                                        \
        step, NULL                                                                                           \
    }
#define NO(refusal)                                                                                          \
    {                                                                                                        \
        NULL, refusal                                                                                        \
    }

/* The index of the row of a report among `count` rows of `stride` bytes that begin with their report; the
 * process dies if there is none: a report without verdicts is a broken promise. */
static inline size_t verdict_index(const void *rows, size_t count, size_t stride, enum event_kind report)
{
    for (size_t i = 0; i < count; i++) {
        enum event_kind kind;
        memcpy(&kind, (const char *)rows + i * stride, sizeof kind);
        if (kind == report)
            return i;
    }
    die("no verdicts for %s", event_types[report].name);
}
#define VERDICT_ROW(rows, report)                                                                            \
    (&(rows)[verdict_index(rows, sizeof(rows) / sizeof(rows)[0], sizeof(rows)[0], report)])
/* The state of that name among count of them; the first one, which is "absent", if none has it. */
static inline size_t verdict_state(struct text name, const char *const *texts, size_t count)
{
    size_t state = count - 1;
    while (state > 0 && !text_is(name, texts[state]))
        state--;
    return state;
}
/* One of the two, never both: see the table. */
#define VERDICT_CHECK(verdict) ASSERT(((verdict).step != NULL) != ((verdict).refusal != NULL))

#endif
