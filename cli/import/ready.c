/* ready.c - see ready.h. */
#include "cli/import/ready.h"

#include "base/limits.h"
#include "cli/bus.h"
#include "config/charter.h"

void ready_open(struct ready *ready, struct arena *arena)
{
    *ready = (struct ready){.arena = arena};
}

static struct ready_charter *ready_find(struct ready *ready, struct text name)
{
    for (size_t i = 0; i < ready->charters_count; i++)
        if (text_equal(ready->charters[i].name, name))
            return &ready->charters[i];
    return NULL;
}

void ready_need(struct ready *ready, const struct event *report)
{
    if (report->charter.bytes == 0 || ready->charters_count == READY_CHARTERS_MAX ||
        ready_find(ready, report->charter) != NULL)
        return;
    ready->charters[ready->charters_count++] =
        (struct ready_charter){.name = arena_text_copy(ready->arena, report->charter),
                               .first_us = report->time_us,
                               .zone = report->time_zone};
}

/* ---- what is there ---- */

static void ready_adopted(struct ready *ready, const struct event *event)
{
    struct ready_charter *charter = ready_find(ready, doc_text(event->data, FIELD_NAME));
    struct findings *findings = arena_alloc(ready->arena, sizeof *findings);
    if (charter == NULL)
        return;
    findings_open(findings, ready->arena, charter->name);
    const struct charter *compiled =
        charter_compile(ready->arena, doc_text(event->data, FIELD_TEXT), charter->name, findings);
    if (compiled != NULL)
        charter->calendar = arena_text_copy(ready->arena, compiled->calendar);
}

static void ready_accepted(struct ready *ready, const struct event *event)
{
    struct ready_charter *charter = ready_find(ready, doc_text(event->data, FIELD_NAME));
    int32_t day;
    if (charter != NULL)
        charter->holds |= event->type->kind == EVENT_CHARTER_ENACTED ||
                          (doc_date(event->data, FIELD_EFFECTIVE, &day) &&
                           civil_start_of_day_us(day, event->time_zone) <= charter->first_us);
}

static void ready_calendar(struct ready *ready, const struct event *event)
{
    if (ready->calendars_count < READY_CHARTERS_MAX)
        ready->calendars[ready->calendars_count++] =
            arena_text_copy(ready->arena, doc_text(event->data, FIELD_CALENDAR));
}

void ready_see(struct ready *ready, const struct event *event)
{
    static const struct {
        enum event_kind kind;
        void (*see)(struct ready *ready, const struct event *event);
    } rows[] = {{EVENT_CHARTER_ADOPTED, ready_adopted},
                {EVENT_CHARTER_ACCEPTED, ready_accepted},
                {EVENT_CHARTER_ENACTED, ready_accepted},
                {EVENT_CALENDAR_PUBLISHED, ready_calendar}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].kind == event->type->kind)
            rows[i].see(ready, event);
}

static bool ready_has_calendar(const struct ready *ready, struct text name)
{
    bool has = name.bytes == 0;
    for (size_t i = 0; i < ready->calendars_count; i++)
        has |= text_equal(ready->calendars[i], name);
    return has;
}

int ready_judge(const struct ready *ready)
{
    int code = 0;
    for (size_t i = 0; i < ready->charters_count; i++) {
        const struct ready_charter *charter = &ready->charters[i];
        char day[CIVIL_TEXT_BYTES];
        civil_format_date(civil_day_of(charter->first_us, charter->zone), day);
        if (!charter->holds)
            code = command_fail(EXIT_NEGATIVE, "adopt it first: `dubanctl charter adopt FILE --time …`",
                                "charter %.*s, under which there are reports from %s on, is not in force by "
                                "then: nothing was sent",
                                TEXT_PRINT(charter->name), day);
        else if (!ready_has_calendar(ready, charter->calendar))
            code = command_fail(EXIT_NEGATIVE, "publish it first: `dubanctl calendar adopt NAME --time …`",
                                "calendar %.*s of charter %.*s is not published there: nothing was sent",
                                TEXT_PRINT(charter->calendar), TEXT_PRINT(charter->name));
    }
    return code;
}

/* ---- a broker ---- */

struct ready_stream {
    struct ready *ready;
    struct verdicts *past;
    struct arena entry;
    uint64_t through;
};

static int ready_entry(void *context, const struct duban_entry *raw)
{
    struct ready_stream *stream = context;
    struct entry entry = bus_entry(raw);
    struct event event;
    struct complaint complaint;
    verdicts_see(stream->past, &entry);
    arena_reset(&stream->entry);
    if (entry_decode(&stream->entry, &entry, &event, &complaint) == 0)
        ready_see(stream->ready, &event);
    return 0;
}

static int ready_through(void *context, uint64_t through, uint64_t head)
{
    struct ready_stream *stream = context;
    (void)head;
    stream->through = through;
    return 0;
}

static int ready_read(struct ready *ready, struct verdicts *past, struct duban *client)
{
    const struct duban_filter filter = {.size = sizeof filter};
    struct ready_stream stream = {.ready = ready, .past = past};
    uint64_t head = duban_head(client);
    arena_open(&stream.entry, ARENA_BYTES_MAX);
    int got = head > 0 ? duban_subscribe(client, 1, &filter, ready_entry, ready_through, &stream) : 0;
    int subscription = got;
    while (got >= DUBAN_OK && stream.through < head)
        got = duban_wait(client, 1000);
    arena_close(&stream.entry);
    if (got < DUBAN_OK)
        return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    if (subscription > 0)
        duban_unsubscribe(client, subscription);
    return 0;
}

/* On a live clock reports of old cases would count as of today. */
static int ready_clock(struct invocation *invocation, struct duban *client)
{
    struct doc **rows;
    size_t count;
    bool replay = false;
    int code = bus_query(invocation, client, "status", doc_new(&invocation->arena), &rows, &count);
    for (size_t i = 0; code == 0 && i < count; i++)
        replay |= !doc_has(rows[i], FIELD_ROLE) && text_is(doc_text(rows[i], FIELD_STATE), "replay");
    if (code == 0 && !replay)
        code =
            command_fail(EXIT_USAGE,
                         "start duband with --replay, or import into a journal: --journal DIR; if they are "
                         "to count as of today: --live",
                         "the broker's clock is live: reports would count as of today; nothing was sent");
    return code;
}

int ready_ask(struct ready *ready, struct verdicts *past, struct invocation *invocation, struct duban *client)
{
    int code = invocation->options.live ? 0 : ready_clock(invocation, client);
    if (code == 0)
        code = ready_read(ready, past, client);
    return code != 0 ? code : ready_judge(ready);
}
