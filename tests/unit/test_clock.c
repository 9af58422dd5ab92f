/* Goal: the broker's clock strikes late enough, once, and in due order, live and in replay. Method: scripts
 * in plain words, one step a row, with simulated time; each row says what happens and what the clock must
 * answer.
 */
#include "base/log.h"
#include "daemon/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NEVER CIVIL_NEVER_US
enum action { END, PROGRESS, AWAY, ASK, STRUCK, STAMP };
struct step {
    enum action action;
    const char *role;        /* PROGRESS, AWAY */
    uint64_t cursor;         /* PROGRESS; STRUCK: the strike's sequence number; ASK: head */
    uint64_t outbox;         /* PROGRESS */
    int64_t time_us;         /* PROGRESS: wake; ASK: wall (live) or event (replay); STAMP: wall */
    enum clock_step want;    /* ASK */
    int64_t at_us, stamp_us; /* ASK: WAIT at (live), STRIKE at and stamp, RELEASE stamp; STAMP: stamp */
};

static void ask(struct clock *clock, const struct step *step, int row)
{
    int64_t at_us = -1, stamp_us = -1;
    int64_t wall_us = clock->replay ? 0 : step->time_us;
    int64_t event_us = clock->replay ? step->time_us : NEVER;
    enum clock_step got = clock_next(clock, wall_us, step->cursor, event_us, &at_us, &stamp_us);
    if (got != step->want)
        fail_msg("row %d: step %d, wanted %d", row, (int)got, (int)step->want);
    if (got == CLOCK_STRIKE || (got == CLOCK_WAIT && !clock->replay))
        if (at_us != step->at_us)
            fail_msg("row %d: at %lld, wanted %lld", row, (long long)at_us, (long long)step->at_us);
    if (got != CLOCK_WAIT && stamp_us != step->stamp_us)
        fail_msg("row %d: stamp %lld, wanted %lld", row, (long long)stamp_us, (long long)step->stamp_us);
}

static void play(bool replay, int64_t last_us, const char *const *expected, const struct step *steps)
{
    struct clock clock;
    clock_open(&clock, replay, last_us);
    for (; expected != NULL && *expected != NULL; expected++)
        clock.expected[clock.expected_count++] = text_from(*expected);
    for (int row = 0; steps[row].action != END; row++) {
        const struct step *step = &steps[row];
        int64_t before_us = clock.now_us;
        if (step->action == PROGRESS)
            clock_progress(&clock, text_from(step->role), step->cursor, step->outbox, step->time_us);
        else if (step->action == AWAY)
            clock_disconnect(&clock, text_from(step->role));
        else if (step->action == STRUCK)
            clock_struck(&clock, step->cursor);
        else if (step->action == STAMP)
            assert_int_equal(clock_stamp_us(&clock, step->time_us), step->stamp_us);
        else
            ask(&clock, step, row);
        assert_true(clock.now_us >= before_us);
    }
}

static void test_live_strikes_strictly_after_the_wake(void **state)
{
    (void)state;
    const struct step steps[] = {
        {ASK, NULL, 5, 0, 100, CLOCK_WAIT, NEVER, 0},
        {PROGRESS, "deadlines", 5, 0, 200, 0, 0, 0},
        {ASK, NULL, 5, 0, 150, CLOCK_WAIT, 201, 0},
        {ASK, NULL, 5, 0, 200, CLOCK_WAIT, 201, 0}, /* what is received in this instant is in time */
        {ASK, NULL, 5, 0, 201, CLOCK_STRIKE, 200, 201},
        {STRUCK, NULL, 6, 0, 0, 0, 0, 0},
        {ASK, NULL, 6, 0, 300, CLOCK_WAIT, NEVER, 0}, /* once */
        {PROGRESS, "deadlines", 5, 0, 200, 0, 0, 0},  /* it has not read the strike yet */
        {ASK, NULL, 6, 0, 301, CLOCK_WAIT, NEVER, 0},
        {PROGRESS, "deadlines", 6, 0, 400, 0, 0, 0},
        {ASK, NULL, 6, 0, 302, CLOCK_WAIT, 401, 0},
        {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(false, 0, NULL, steps);
}

static void test_live_never_stamps_backwards(void **state)
{
    (void)state;
    const struct step steps[] = {
        {STAMP, NULL, 0, 0, 900, 0, 0, 1000}, /* the wall clock is behind the journal */
        {STAMP, NULL, 0, 0, 1100, 0, 0, 1100},
        {STAMP, NULL, 0, 0, 1050, 0, 0, 1100},
        {PROGRESS, "deadlines", 1, 0, 1090, 0, 0, 0},
        {ASK, NULL, 1, 0, 1060, CLOCK_STRIKE, 1099,
         1100}, /* stamped past 1090 already: nothing in time can follow */
        {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(false, 1000, NULL, steps);
}

static void test_live_catches_up_in_one_strike(void **state)
{
    (void)state;
    const struct step steps[] = {
        {PROGRESS, "deadlines", 3, 0, 100, 0, 0, 0},
        {PROGRESS, "bulletins", 3, 0, 150, 0, 0, 0},
        {ASK, NULL, 3, 0, 9000, CLOCK_STRIKE, 8999, 9000}, /* after an outage: all that is past, at once */
        {STRUCK, NULL, 4, 0, 0, 0, 0, 0},
        {ASK, NULL, 4, 0, 9001, CLOCK_WAIT, NEVER, 0}, /* it served both */
        {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(false, 0, NULL, steps);
}

static void test_live_ignores_who_is_away(void **state)
{
    (void)state;
    const struct step steps[] = {
        {PROGRESS, "deadlines", 3, 0, 100, 0, 0, 0},    {AWAY, "deadlines", 0, 0, 0, 0, 0, 0},
        {ASK, NULL, 3, 0, 200, CLOCK_WAIT, NEVER, 0},   {PROGRESS, "deadlines", 3, 0, 100, 0, 0, 0},
        {ASK, NULL, 3, 0, 201, CLOCK_STRIKE, 200, 201}, {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(false, 0, NULL, steps);
}

static const char *const two[] = {"tasks", "deadlines", NULL};

static void test_replay_waits_until_all_are_quiet(void **state)
{
    (void)state;
    const struct step steps[] = {{ASK, NULL, 7, 0, 500, CLOCK_WAIT, 0, 0}, /* nobody is here */
                                 {PROGRESS, "tasks", 7, 0, NEVER, 0, 0, 0},
                                 {ASK, NULL, 7, 0, 500, CLOCK_WAIT, 0, 0}, /* deadlines is not */
                                 {PROGRESS, "deadlines", 6, 0, NEVER, 0, 0, 0},
                                 {ASK, NULL, 7, 0, 500, CLOCK_WAIT, 0, 0}, /* behind the head */
                                 {PROGRESS, "deadlines", 7, 2, NEVER, 0, 0, 0},
                                 {ASK, NULL, 7, 0, 500, CLOCK_WAIT, 0, 0}, /* outcomes on their way */
                                 {PROGRESS, "deadlines", 7, 0, NEVER, 0, 0, 0},
                                 {ASK, NULL, 7, 0, NEVER, CLOCK_WAIT, 0, 0}, /* nothing waits */
                                 {ASK, NULL, 7, 0, 500, CLOCK_RELEASE, 0, 500},
                                 {ASK, NULL, 8, 0, 600, CLOCK_WAIT, 0, 0}, /* the head moved */
                                 {PROGRESS, "tasks", 8, 0, NEVER, 0, 0, 0},
                                 {PROGRESS, "deadlines", 8, 0, NEVER, 0, 0, 0},
                                 {ASK, NULL, 8, 0, 400, CLOCK_RELEASE, 0, 500}, /* time does not go back */
                                 {AWAY, "tasks", 0, 0, 0, 0, 0, 0},
                                 {ASK, NULL, 8, 0, 600, CLOCK_WAIT, 0, 0},
                                 {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(true, 0, two, steps);
}

static void test_replay_strikes_between_reports(void **state)
{
    (void)state;
    const struct step steps[] = {
        {PROGRESS, "tasks", 3, 0, NEVER, 0, 0, 0},      {PROGRESS, "deadlines", 3, 0, 300, 0, 0, 0},
        {ASK, NULL, 3, 0, 300, CLOCK_RELEASE, 0, 300}, /* received at the wake itself: in time, so before the
                                                          strike */
        {PROGRESS, "tasks", 4, 0, NEVER, 0, 0, 0},      {PROGRESS, "deadlines", 4, 0, 300, 0, 0, 0},
        {ASK, NULL, 4, 0, NEVER, CLOCK_WAIT, 0, 0}, /* another one of that time may come */
        {ASK, NULL, 4, 0, 350, CLOCK_STRIKE, 300, 300}, {STRUCK, NULL, 5, 0, 0, 0, 0, 0},
        {ASK, NULL, 5, 0, 350, CLOCK_WAIT, 0, 0}, /* until it is taken in */
        {PROGRESS, "tasks", 5, 0, NEVER, 0, 0, 0},      {PROGRESS, "deadlines", 5, 0, 320, 0, 0, 0},
        {ASK, NULL, 5, 0, 350, CLOCK_STRIKE, 320, 320}, {STRUCK, NULL, 6, 0, 0, 0, 0, 0},
        {PROGRESS, "tasks", 6, 0, NEVER, 0, 0, 0},      {PROGRESS, "deadlines", 6, 0, 351, 0, 0, 0},
        {ASK, NULL, 6, 0, 350, CLOCK_RELEASE, 0, 350},  {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(true, 100, two, steps);
}

static void test_replay_strikes_the_earliest_first(void **state)
{
    (void)state;
    const struct step steps[] = {
        {PROGRESS, "tasks", 1, 0, 250, 0, 0, 0},        {PROGRESS, "deadlines", 1, 0, 200, 0, 0, 0},
        {ASK, NULL, 1, 0, 900, CLOCK_STRIKE, 200, 200}, {STRUCK, NULL, 2, 0, 0, 0, 0, 0},
        {PROGRESS, "tasks", 2, 0, 250, 0, 0, 0},        {PROGRESS, "deadlines", 2, 0, NEVER, 0, 0, 0},
        {ASK, NULL, 2, 0, 900, CLOCK_STRIKE, 250, 250}, {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(true, 100, two, steps);
}

static void test_replay_strikes_past_wakes_at_once(void **state)
{
    (void)state;
    const struct step steps[] = {{PROGRESS, "tasks", 1, 0, NEVER, 0, 0, 0},
                                 {PROGRESS, "deadlines", 1, 0, 0, 0, 0, 0}, /* "at once" */
                                 {ASK, NULL, 1, 0, NEVER, CLOCK_STRIKE, 99, 100},
                                 {STRUCK, NULL, 2, 0, 0, 0, 0, 0},
                                 {PROGRESS, "tasks", 2, 0, NEVER, 0, 0, 0},
                                 {PROGRESS, "deadlines", 2, 0, 100, 0, 0, 0}, /* now is not past */
                                 {ASK, NULL, 2, 0, NEVER, CLOCK_WAIT, 0, 0},
                                 {END, NULL, 0, 0, 0, 0, 0, 0}};
    play(true, 100, two, steps);
}

static void test_strike_event_is_valid_and_new_for_each_head(void **state)
{
    (void)state;
    struct arena arena;
    struct buffer first, second;
    struct event event;
    struct complaint complaint = {.message = ""};
    arena_open(&arena, 1 << 20);
    buffer_open(&first, 4096);
    buffer_open(&second, 4096);
    clock_strike_event(&arena, 1600000000000000, 1600000000000001, 41, &first);
    clock_strike_event(&arena, 1600000000000000, 1600000000000001, 42, &second);
    assert_int_equal(event_decode(&arena, buffer_view(&first), &event, &complaint), 0);
    assert_true(text_is(event.type_name, "clock.struck"));
    assert_true(text_is(event.source, "/duband"));
    assert_int_equal(doc_time_us(event.data, FIELD_AT, 0), 1600000000000000);
    assert_int_equal(event.time_us, 1600000000000001);
    assert_true(first.bytes != second.bytes || memcmp(first.at, second.at, first.bytes) != 0);
    buffer_close(&first);
    buffer_close(&second);
    arena_close(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_live_strikes_strictly_after_the_wake),
        cmocka_unit_test(test_live_never_stamps_backwards),
        cmocka_unit_test(test_live_catches_up_in_one_strike),
        cmocka_unit_test(test_live_ignores_who_is_away),
        cmocka_unit_test(test_replay_waits_until_all_are_quiet),
        cmocka_unit_test(test_replay_strikes_between_reports),
        cmocka_unit_test(test_replay_strikes_the_earliest_first),
        cmocka_unit_test(test_replay_strikes_past_wakes_at_once),
        cmocka_unit_test(test_strike_event_is_valid_and_new_for_each_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
