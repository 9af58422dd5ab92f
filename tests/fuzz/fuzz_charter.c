/* Goal: no text can harm the readers of YAML, charters, calendars and limits, and what they take they can say
 * again. Method: the input is read as each of the four; a charter's JSON must be stable UTF-8 and its own
 * references must resolve, a calendar's base text and a limit's canonical form must read back as themselves.
 * Built with -DFUZZING it is a libFuzzer target; without, it replays the files of its corpus. */
#include "config/charter.h"

#include "base/limits.h"
#include "base/log.h"
#include "tests/support/replay.h"

static void fuzz_findings(const struct findings *findings, bool taken)
{
    ASSERT(taken == (findings->errors == 0));
    for (size_t i = 0; i < findings->count; i++) {
        ASSERT(text_is_utf8(findings->at[i].message) && text_is_utf8(findings->at[i].path));
        ASSERT(findings->at[i].place.line >= 1 && findings->at[i].place.column >= 1);
    }
}

static void fuzz_charter(struct arena *arena, struct text source)
{
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    findings_open(findings, arena, TEXT("f"));
    const struct charter *charter = charter_compile(arena, source, TEXT("f"), findings);
    fuzz_findings(findings, charter != NULL);
    if (charter == NULL)
        return;
    struct text json = charter_to_json(arena, charter);
    ASSERT(text_is_utf8(json) && text_equal(json, charter_to_json(arena, charter)));
    for (size_t i = 0; i < charter->bodies_count; i++) {
        const struct body *body = &charter->bodies[i];
        struct names units;
        ASSERT(charter_level(charter, body->level) != NULL);
        ASSERT(charter_expand_units(charter, arena, body->lead_units, &units, NULL));
        ASSERT(charter_expand_units(charter, arena, body->responsible_units, &units, NULL));
        for (size_t k = 0; k < body->head_posts.count; k++)
            ASSERT(charter_post(charter, body->head_posts.at[k]) != NULL);
    }
}

static void fuzz_calendar(struct arena *arena, struct text source)
{
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    findings_open(findings, arena, TEXT("f"));
    const struct calendar *calendar = calendar_compile(arena, source, findings);
    fuzz_findings(findings, calendar != NULL);
    if (calendar == NULL)
        return;
    struct text base = calendar_base_text(arena, calendar);
    const struct calendar *again = calendar_compile(arena, base, findings);
    ASSERT(again != NULL && text_equal(calendar_base_text(arena, again), base));
    struct limit_rule rule;
    struct due due;
    ASSERT(limit_parse(TEXT("30wd"), &rule, NULL) == 0);
    if (limit_due(arena, &rule, calendar, civil_start_of_day_us(18281, 480), INT32_MAX, &due, NULL) == 0)
        ASSERT(due.dated && text_is_utf8(due.arithmetic) &&
               due.arithmetic.bytes < LIMIT_ARITHMETIC_BYTES_MAX);
}

static void fuzz_limit(struct arena *arena, struct text source)
{
    struct limit_rule rule, again;
    struct complaint complaint = {.message = ""};
    if (limit_parse(source, &rule, &complaint) != 0) {
        ASSERT(complaint.message[0] != '\0');
        return;
    }
    struct text canonical = limit_format(arena, &rule);
    ASSERT(limit_parse(canonical, &again, NULL) == 0 && text_equal(limit_format(arena, &again), canonical));
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t bytes)
{
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    struct text source = arena_text_copy(&arena, (struct text){(const char *)at, bytes});
    fuzz_charter(&arena, source);
    fuzz_calendar(&arena, source);
    fuzz_limit(&arena, source);
    arena_close(&arena);
    return 0;
}

#ifndef FUZZING
int main(int count, char **folders)
{
    return replay_main(count, folders, "tests/fuzz/corpus/charter");
}
#endif
