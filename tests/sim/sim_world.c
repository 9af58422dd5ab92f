/* sim_world.c - the main test: the whole house under chance. Each seed runs random reports through broker
 * core and all roles on a virtual clock, with crashes between any two steps, messages lost and repeated,
 * workers that lag, states deleted; then everybody catches up, time runs on, and the journal alone is judged
 * (history.h), and every role is rebuilt and compared with what it was.
 *
 *     sim_world [--first S] [--seeds N] [--reports N]     seeds S, S+1 … (200 from 1)
 *     sim_world --seed S [--verbose]                      one, with its journal
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cli/adopt.h"
#include "cli/simulate/world.h"
#include "daemon/disk.h"
#include "tests/sim/history.h"
#include "tests/sim/reports.h"
#include "tests/support/disk_fault.h"
#include "workers/runtime/worker.h"

enum {
    SIM_REPORTS = 140,
    SIM_REPORTS_MAX = 2000,
    SIM_STEPS_BETWEEN = 48,
    SIM_STEPS_QUIET = 240,
    SIM_QUIET_PERCENT = 12, /* nothing is reported for so long that most workers catch up */
    SIM_SETTLE_DAYS = 100,
    SIM_SETTLE_LONG_DAYS = 500,
    SIM_LONG_EVERY = 16,
    SIM_VERSION_PERCENT = 2
};

/* Each second seed is under the second: rules are data, and hold for any house. */
enum { SIM_CHARTERS = 2, SIM_SECOND_EVERY = 2 };
static const char *const sim_charter_files[SIM_CHARTERS] = {"config/charters/shenzhen-2020.yaml",
                                                            "tests/sim/county.yaml"};

struct sim {
    uint64_t seed;
    struct dice dice;
    struct arena arena, kept;
    struct disk_fault *disk;
    struct world *world;
    struct reports reports;
    const struct charter *charter; /* of this seed: one of charters */
    struct text source;            /* its text */
    const struct charter *charters[SIM_CHARTERS];
    struct text sources[SIM_CHARTERS];
    const struct calendar *calendar;
    struct acknowledged acknowledged[2 * SIM_REPORTS_MAX];
    size_t acknowledged_count;
    int64_t wall_us;
    uint64_t read; /* up to here the authors of reports have read the journal */
    size_t reports_wanted;
    int32_t notices_day;
    bool verbose;
    unsigned crashes, lost, repeated, losses, forgotten;
};

#define SIM_TRY(call) sim_try((call), #call)
static void sim_try(int code, const char *call)
{
    if (code != 0)
        die("simulator: %s: %s (%d)", call, error_text(code), code);
}

/* ---- publishing ---- */

static void sim_publish(struct sim *sim, struct event *event, int zone)
{
    struct buffer body;
    struct append append;
    struct complaint complaint;
    event->time_us = sim->wall_us;
    event->time_zone = zone;
    world_wall_set(sim->world, sim->wall_us);
    buffer_open(&body, 1 << 20);
    event_encode(event, &body);
    for (unsigned sending = 0; sending == 0 || dice_percent(&sim->dice, 10);
         sending++) { /* an acknowledgement may be lost */
        int code = world_publish(sim->world, buffer_view(&body), TEXT("sim"), world_stamp_us(sim->world),
                                 &append, &complaint);
        if (code != 0)
            die("seed %llu: %s: %s", (unsigned long long)sim->seed, complaint.field, complaint.message);
        ASSERT(append.result == (sending == 0 ? APPEND_NEW : APPEND_DUPLICATE));
    }
    ASSERT(sim->acknowledged_count < 2 * SIM_REPORTS_MAX);
    sim->acknowledged[sim->acknowledged_count++] =
        (struct acknowledged){.seq = append.seq, .body = digest_of(buffer_view(&body))};
    buffer_close(&body);
}

/* Notices of the calendar become known on their day. */
static void sim_notices(struct sim *sim)
{
    int32_t today = civil_day_of(sim->wall_us, sim->calendar->zone);
    for (size_t i = 0; i < sim->calendar->notices_count; i++) {
        const struct notice *notice = &sim->calendar->notices[i];
        struct event event;
        if (notice->published_day <= sim->notices_day || notice->published_day > today)
            continue;
        adopt_notice_event(&sim->arena, sim->calendar, notice, &event);
        sim_publish(sim, &event, sim->calendar->zone);
    }
    sim->notices_day = today > sim->notices_day ? today : sim->notices_day;
}

/* The text with one limit changed, a transition, and now and then a day from which it holds. */
static struct text sim_version(struct sim *sim, struct text source)
{
    static const char before[] = "limit: {is: "; /* of the first level */
    static const char *const transitions[] = {"{open: keep}", "{open: move}", "{open: move, limits: restart}",
                                              "{open: move, grace: 5wd}"};
    char day[CIVIL_TEXT_BYTES];
    int32_t from = civil_day_of(sim->wall_us, sim->charter->zone) + (int32_t)dice_below(&sim->dice, 30);
    from = from > sim->charter->issued_day ? from : sim->charter->issued_day;
    const char *at = strstr(source.at, before), *after = at != NULL ? strchr(at, ',') : NULL;
    ASSERT(after != NULL);
    return arena_printf(&sim->arena, "%.*s%s%zuwd%s\ntransition: %s\n%s%s\n", (int)(at - source.at),
                        source.at, before, dice_below(&sim->dice, 20) + 3, after,
                        transitions[dice_below(&sim->dice, 4)],
                        dice_percent(&sim->dice, 40) ? "effective: " : "# ", civil_format_date(from, day));
}

static void sim_adopt(struct sim *sim)
{
    struct findings *findings = arena_alloc(&sim->arena, sizeof *findings);
    struct event event;
    struct text text = sim_version(sim, sim->source);
    findings_open(findings, &sim->arena, TEXT("version.yaml"));
    const struct charter *charter = charter_compile(&sim->arena, text, TEXT("version.yaml"), findings);
    if (charter == NULL)
        die("seed %llu: %.*s", (unsigned long long)sim->seed,
            TEXT_PRINT(findings_first(findings, &sim->arena)));
    adopt_charter_event(&sim->arena, charter, text, &event);
    event.id = arena_printf(&sim->arena, "version-%zu", sim->acknowledged_count);
    sim_publish(sim, &event, sim->charter->zone);
}

/* ---- steps of chance ---- */

static void sim_lose(void *context)
{
    struct sim *sim = context;
    disk_fault_crash(sim->disk, dice_roll(&sim->dice));
}

static void sim_start(struct sim *sim, size_t index)
{
    struct complaint complaint;
    if (world_worker(sim->world, index) == NULL && world_start(sim->world, index, &complaint) != 0)
        die("seed %llu: %.*s does not start: %s", (unsigned long long)sim->seed,
            TEXT_PRINT(world_role(sim->world, index)), complaint.message);
}

static void sim_kill(struct sim *sim, size_t index, bool forget)
{
    world_crash(sim->world, index);
    sim->crashes++;
    if (!forget)
        return;
    SIM_TRY(world_forget(sim->world, index));
    sim->forgotten++;
}

static void sim_broker_crash(struct sim *sim)
{
    struct complaint complaint;
    if (world_broker_crash(sim->world, sim_lose, sim, &complaint) != 0)
        die("seed %llu: the broker does not start: %s: %s", (unsigned long long)sim->seed, complaint.place,
            complaint.message);
    sim->losses++;
}

static void sim_strike(struct sim *sim)
{
    bool moved, released;
    int64_t stamp_us;
    world_wall_set(sim->world, sim->wall_us);
    SIM_TRY(world_time(sim->world, CIVIL_NEVER_US, &moved, &released, &stamp_us));
}

static void sim_step(struct sim *sim)
{
    size_t index = dice_below(&sim->dice, world_workers(sim->world));
    unsigned choice = (unsigned)dice_below(&sim->dice, 100);
    if (world_worker(sim->world, index) == NULL) {
        if (choice < 50)
            sim_start(sim, index);
        return;
    }
    if (choice < 45) {
        size_t repeated = choice < 10 ? dice_below(&sim->dice, 4) : 0;
        sim->repeated += repeated > 0 ? 1 : 0;
        SIM_TRY(world_consume(sim->world, index, 1 + dice_below(&sim->dice, 24), repeated));
    } else if (choice < 80) {
        bool acknowledged = choice >= 52;
        sim->lost += acknowledged ? 0 : 1;
        SIM_TRY(world_send(sim->world, index, 1 + dice_below(&sim->dice, 12), acknowledged));
    } else if (choice < 90) {
        sim_strike(sim);
    } else if (choice < 93) {
        SIM_TRY(world_carry_out(sim->world, index));
    } else if (choice < 98) {
        sim_kill(sim, index, choice == 97);
    } else if (choice == 98) {
        sim_broker_crash(sim);
    }
}

/* The instant of the next alarm, if there is one ahead and not too far. */
static bool sim_next_alarm(struct sim *sim, int64_t *at_us_out)
{
    for (size_t i = 0; i < world_workers(sim->world); i++) {
        struct worker *worker = world_worker(sim->world, i);
        int64_t wake_us = worker != NULL ? worker_wake_us(worker) : CIVIL_NEVER_US;
        if (wake_us > sim->wall_us && wake_us < sim->wall_us + 30 * CIVIL_DAY_US) {
            *at_us_out = wake_us;
            return true;
        }
    }
    return false;
}

static void sim_time_passes(struct sim *sim)
{
    static const int64_t scales_us[] = {60 * CIVIL_SECOND_US, 3600 * CIVIL_SECOND_US, CIVIL_DAY_US,
                                        6 * CIVIL_DAY_US};
    int64_t alarm_us;
    if (dice_percent(&sim->dice, 12) && sim_next_alarm(sim, &alarm_us))
        sim->wall_us =
            alarm_us + (int64_t)dice_below(&sim->dice, 3) - 1; /* at the last instant in time, or beside it */
    else
        sim->wall_us += (int64_t)dice_below(&sim->dice, (size_t)scales_us[dice_below(&sim->dice, 4)]);
    if (dice_percent(&sim->dice, 3))
        world_wall_set(sim->world,
                       sim->wall_us -
                           3600 * CIVIL_SECOND_US); /* the machine's clock is set back: stamps are not */
}

/* ---- a run ---- */

static void sim_begin(struct sim *sim, const char *directory)
{
    struct world_options options = {
        .directory = directory, .live = true, .disk = disk_fault_disk(sim->disk), .segment_bytes = 1 << 20};
    struct complaint complaint;
    struct event *events, event;
    if (world_open(&options, &sim->world, &complaint) != 0)
        die("seed %llu: %s: %s", (unsigned long long)sim->seed, complaint.place, complaint.message);
    sim->wall_us = civil_start_of_day_us(civil_day_from_date(2020, 1, 6), sim->charter->zone) +
                   9 * 3600 * CIVIL_SECOND_US;
    sim->notices_day = civil_day_of(sim->wall_us, sim->calendar->zone);
    size_t count = adopt_calendar_events(&sim->kept, sim->calendar, INT32_MIN, sim->notices_day, &events);
    for (size_t i = 0; i < count; i++)
        sim_publish(sim, &events[i], sim->calendar->zone);
    adopt_charter_event(&sim->kept, sim->charter, sim->source, &event);
    sim_publish(sim, &event, sim->charter->zone);
}

static int sim_seen(void *context, const struct entry *entry)
{
    struct sim *sim = context;
    struct event event;
    struct complaint complaint;
    if (entry_decode(&sim->arena, entry, &event, &complaint) == 0)
        reports_see(&sim->reports, &event);
    sim->read = entry->seq;
    return 0;
}

static void sim_live(struct sim *sim)
{
    for (size_t i = 0; i < sim->reports_wanted; i++) {
        struct event event;
        arena_reset(&sim->arena);
        sim_time_passes(sim);
        sim_notices(sim);
        if (dice_percent(&sim->dice, SIM_VERSION_PERCENT))
            sim_adopt(sim);
        SIM_TRY(world_each(sim->world, sim->read + 1, sim_seen, sim));
        reports_next(&sim->reports, &sim->arena, civil_day_of(sim->wall_us, sim->charter->zone), &event);
        sim_publish(sim, &event, sim->charter->zone);
        size_t most = dice_percent(&sim->dice, SIM_QUIET_PERCENT) ? SIM_STEPS_QUIET : SIM_STEPS_BETWEEN;
        for (size_t steps = dice_below(&sim->dice, most); steps > 0; steps--)
            sim_step(sim);
    }
}

/* Everybody is back, catches up, and time runs on past everything that can be due. */
static void sim_end(struct sim *sim)
{
    SIM_TRY(world_settle(sim->world));
    /* some see the year's evaluation too */
    unsigned days = sim->seed % SIM_LONG_EVERY == 0 ? SIM_SETTLE_LONG_DAYS : SIM_SETTLE_DAYS;
    for (unsigned passed = 0; passed < days; passed += 50) {
        sim->wall_us += 50 * CIVIL_DAY_US;
        SIM_TRY(world_advance(sim->world, sim->wall_us));
    }
    for (size_t i = 0; i < world_workers(sim->world); i++)
        ASSERT(worker_cursor(world_worker(sim->world, i)) == world_head(sim->world) &&
               worker_outbox_count(world_worker(sim->world, i)) == 0);
}

static bool sim_rebuild(struct sim *sim)
{
    uint64_t head = world_head(sim->world);
    bool equal = true;
    for (size_t i = 0; i < world_workers(sim->world); i++) {
        struct digest before, after;
        SIM_TRY(worker_digest(world_worker(sim->world, i), &before));
        sim_kill(sim, i, true);
        sim_start(sim, i);
        SIM_TRY(world_settle(sim->world));
        SIM_TRY(worker_digest(world_worker(sim->world, i), &after));
        if (memcmp(&before, &after, sizeof before) != 0) {
            printf("seed %llu: %.*s rebuilt is not what it was\n", (unsigned long long)sim->seed,
                   TEXT_PRINT(world_role(sim->world, i)));
            equal = false;
        }
    }
    if (world_head(sim->world) != head) {
        printf("seed %llu: a rebuild published something: head #%llu, was #%llu\n",
               (unsigned long long)sim->seed, (unsigned long long)world_head(sim->world),
               (unsigned long long)head);
        equal = false;
    }
    return equal;
}

static int sim_print(void *context, const struct entry *entry)
{
    struct sim *sim = context;
    struct event event;
    struct complaint complaint;
    arena_reset(&sim->arena);
    if (entry_decode(&sim->arena, entry, &event, &complaint) == 0)
        printf("%.*s\n", TEXT_PRINT(event_to_json(&sim->arena, &event, true)));
    return 0;
}

static bool sim_seed(struct sim *sim, uint64_t seed, struct history_verdict *verdict)
{
    char directory[] = "/tmp/duban-sim-XXXXXX";
    sim->seed = seed;
    sim->dice = (struct dice){seed * 2654435761u + 1};
    sim->charter = sim->charters[seed % SIM_SECOND_EVERY == 0 ? 1 : 0];
    sim->source = sim->sources[seed % SIM_SECOND_EVERY == 0 ? 1 : 0];
    reports_open(&sim->reports, sim->charter, &sim->dice);
    sim->read = 0;
    sim->acknowledged_count = 0;
    sim->disk = disk_fault_open();
    if (mkdtemp(directory) == NULL)
        die("simulator: %s: %s", directory, error_text(error_from_errno()));
    sim_begin(sim, directory);
    sim_live(sim);
    sim_end(sim);
    history_judge(sim->world, sim->charter, sim->acknowledged, sim->acknowledged_count, sim->wall_us,
                  verdict);
    if (sim->verbose)
        (void)!world_each(sim->world, 1, sim_print, sim);
    bool good = sim_rebuild(sim) && verdict->good;
    world_close(sim->world);
    disk_fault_close(sim->disk);
    SIM_TRY(file_remove_folder(directory));
    if (!verdict->good)
        printf("seed %llu: %s\n", (unsigned long long)seed, verdict->reason);
    return good;
}

static void sim_prepare(struct sim *sim)
{
    struct findings *findings = memory_alloc(sizeof *findings);
    struct complaint complaint;
    arena_open(&sim->arena, 1 << 28);
    arena_open(&sim->kept, 1 << 28);
    for (size_t i = 0; i < SIM_CHARTERS; i++)
        if (adopt_read_charter(&sim->kept, sim_charter_files[i], findings, &sim->sources[i],
                               &sim->charters[i], &complaint) != 0 ||
            sim->charters[i] == NULL)
            die("simulator: %s: %.*s", sim_charter_files[i],
                TEXT_PRINT(findings_first(findings, &sim->kept)));
    if (adopt_read_calendar(&sim->kept, "config/calendars/cn.yaml", findings, &sim->calendar, &complaint) !=
        0)
        die("simulator: %s: %s", complaint.place, complaint.message);
    ASSERT(sim->calendar != NULL);
    free(findings);
}

/* Options come in pairs, but for the last. */
static bool sim_usage(int argc, char **argv)
{
    static const char *const options[] = {"--first", "--seeds", "--seed", "--reports"};
    uint64_t number;
    for (int i = 1; i < argc; i += 2) {
        bool known = i == argc - 1 && strcmp(argv[i], "--verbose") == 0;
        for (size_t k = 0; k < sizeof options / sizeof options[0]; k++)
            known |= strcmp(argv[i], options[k]) == 0 && i + 1 < argc &&
                     text_parse_u64(text_from(argv[i + 1]), &number);
        if (!known)
            return false;
    }
    return true;
}

static uint64_t sim_number(int argc, char **argv, const char *option, uint64_t fallback)
{
    for (int i = 1; i + 1 < argc; i++) {
        uint64_t number;
        if (strcmp(argv[i], option) == 0 && text_parse_u64(text_from(argv[i + 1]), &number))
            return number;
    }
    return fallback;
}

int main(int argc, char **argv)
{
    if (!sim_usage(argc, argv)) {
        fputs(
            "usage: sim_world [--first S] [--seeds N] [--reports N]\n       sim_world --seed S [--verbose]\n",
            stderr);
        return 2;
    }
    struct sim *sim = memory_alloc(sizeof *sim);
    *sim = (struct sim){.verbose = argc > 1 && strcmp(argv[argc - 1], "--verbose") == 0};
    uint64_t seeds = sim_number(argc, argv, "--seeds", 200), only = sim_number(argc, argv, "--seed", 0);
    uint64_t first = sim_number(argc, argv, "--first", 1);
    uint64_t passed = 0, failed = 0, events = 0, deadlines = 0, missed = 0, refused = 0, tasks = 0,
             bulletins = 0, escalations = 0, duties = 0, items = 0, scores = 0, versions = 0, transitions = 0;
    sim->reports_wanted = (size_t)sim_number(argc, argv, "--reports", SIM_REPORTS);
    ASSERT(sim->reports_wanted <= SIM_REPORTS_MAX);
    log_open("sim", LOG_LEVEL_ERROR);
    digest_init();
    sim_prepare(sim);
    for (uint64_t i = 0; i < (only > 0 ? 1 : seeds); i++) {
        struct history_verdict verdict;
        uint64_t seed = only > 0 ? only : first + i;
        bool good = sim_seed(sim, seed, &verdict);
        passed += good ? 1 : 0;
        failed += good ? 0 : 1;
        events += verdict.events;
        deadlines += verdict.deadlines;
        missed += verdict.missed;
        refused += verdict.refused;
        tasks += verdict.tasks;
        bulletins += verdict.bulletins;
        escalations += verdict.escalations;
        duties += verdict.duties;
        items += verdict.items;
        scores += verdict.scores;
        versions += verdict.versions;
        transitions += verdict.transitions;
    }
    printf("%llu events, %llu refusals, %llu escalations, %llu deadlines (%llu missed), %llu tasks, %llu "
           "bulletins, %llu duties, %llu supervised items, %llu evaluations, %llu versions (%llu issues "
           "moved); %u worker "
           "crashes, %u power cuts, "
           "%u states deleted, %u acknowledgements lost, %u messages repeated\n",
           (unsigned long long)events, (unsigned long long)refused, (unsigned long long)escalations,
           (unsigned long long)deadlines, (unsigned long long)missed, (unsigned long long)tasks,
           (unsigned long long)bulletins, (unsigned long long)duties, (unsigned long long)items,
           (unsigned long long)scores, (unsigned long long)versions, (unsigned long long)transitions,
           sim->crashes, sim->losses, sim->forgotten, sim->lost, sim->repeated);
    printf("%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
    arena_close(&sim->arena);
    arena_close(&sim->kept);
    free(sim);
    return failed == 0 ? 0 : 1;
}
