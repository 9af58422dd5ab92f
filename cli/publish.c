/* publish.c - `dubanctl publish`: one event from the command line, or a stream of CloudEvents JSON lines; and
 * what its verdict was. */
#include "cli/publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/loop.h"
#include "cli/brief.h"
#include "cli/bus.h"

enum {
    PUBLISH_IN_FLIGHT_MAX = 1024,
    PUBLISH_ENCODED_BYTES_MAX = 64 << 20 /* above what fields within their bounds can come to */
};

/* ---- one event from words ---- */

/* Envelope members may be given as key=value too; no event type has data fields of these names. */
static bool publish_envelope(struct event *event, struct text key, struct text value,
                             struct complaint *complaint, bool *wrong)
{
    const struct {
        const char *name;
        struct text *member;
    } members[] = {{"id", &event->id},           {"source", &event->source},
                   {"subject", &event->subject}, {"charter", &event->charter},
                   {"actor", &event->actor},     {"traceparent", &event->traceparent}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (text_is(key, members[i].name)) {
            *members[i].member = value;
            return true;
        }
    if (!text_is(key, "time"))
        return false;
    *wrong = !civil_parse_time(value, &event->time_us, &event->time_zone);
    if (*wrong)
        complain(complaint, "time", "",
                 "%.*s is no instant with an offset, such as 2020-01-20T09:00:00+08:00", TEXT_PRINT(value));
    return true;
}

static int publish_word(struct event *event, struct doc *data, struct text word, struct complaint *complaint)
{
    const char *equals = memchr(word.at, '=', word.bytes), *nearest;
    bool wrong = false;
    if (equals == NULL) {
        complain(complaint, "", "", "`%.*s` is not key=value", TEXT_PRINT(word));
        return DOC_E_INVALID;
    }
    struct text key = {word.at, (size_t)(equals - word.at)};
    struct text value = {equals + 1, word.bytes - key.bytes - 1};
    if (publish_envelope(event, key, value, complaint, &wrong))
        return wrong ? DOC_E_INVALID : 0;
    enum field field = field_find(key, &nearest);
    if (field == FIELD_COUNT_OF_ALL) {
        complain(complaint, "", "", "unknown field `%.*s`%s%s", TEXT_PRINT(key),
                 nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
        return DOC_E_INVALID;
    }
    return doc_set_from_text(data, field, value, complaint);
}

static void publish_defaults(struct invocation *invocation, struct event *event)
{
    const struct options *options = &invocation->options;
    event->time_us = CIVIL_NEVER_US; /* not made up: see PROTOCOL.md section 8 */
    event->source = text_from(options->source != NULL ? options->source : "/dubanctl");
    event->subject = text_from(options->subject);
    event->charter = text_from(options->charter);
    event->actor = text_from(options->actor);
    event->id =
        options->id != NULL ? text_from(options->id) : event_new_id(&invocation->arena, loop_wall_us());
}

static int publish_event_from_words(struct invocation *invocation, struct event *event,
                                    struct complaint *complaint)
{
    const char *nearest;
    struct doc *data = doc_new(&invocation->arena);
    *event = (struct event){.type_name = text_from(invocation->positionals[0])};
    publish_defaults(invocation, event);
    event->type = event_type_find(event->type_name, &nearest);
    if (event->type == NULL) {
        complain(complaint, "type", "", "unknown type `%s`%s%s", invocation->positionals[0],
                 nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
        return EVENT_E_INVALID;
    }
    if (invocation->options.time != NULL &&
        !civil_parse_time(text_from(invocation->options.time), &event->time_us, &event->time_zone)) {
        complain(complaint, "time", "", "%s is no instant with an offset, such as 2020-01-20T09:00:00+08:00",
                 invocation->options.time);
        return EVENT_E_INVALID;
    }
    for (size_t i = 1; i < invocation->positionals_count; i++) {
        int code = publish_word(event, data, text_from(invocation->positionals[i]), complaint);
        if (code != 0)
            return code;
    }
    event->data = data;
    return event_check(event, complaint);
}

/* ---- acknowledgements ---- */

struct publish {
    struct invocation *invocation;
    uint64_t accepted, duplicates, refused, unreadable;
    uint64_t seq; /* of the last accepted */
    bool stream;  /* many: one line at the end */
};

/* {"id":…,"seq":…,"duplicate":…}; an id may hold what JSON must escape. */
static void publish_print_json(const struct duban_ack *ack)
{
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    struct doc *row = doc_new(&arena);
    doc_set_text(row, FIELD_ID, text_from(ack->id));
    doc_set_int(row, FIELD_SEQ, (int64_t)ack->seq);
    struct text json = doc_to_json(&arena, row);
    printf("%.*s,\"duplicate\":%s}\n", (int)json.bytes - 1, json.at, ack->duplicate ? "true" : "false");
    arena_close(&arena);
}

static void publish_acknowledged(void *context, const struct duban_ack *ack)
{
    struct publish *publish = context;
    if (ack->code != DUBAN_OK) {
        publish->refused++;
        command_fail(EXIT_NEGATIVE, NULL, "%s was refused: %s", ack->id, ack->text);
        return;
    }
    publish->accepted++;
    publish->duplicates += ack->duplicate ? 1 : 0;
    publish->seq = ack->seq;
    if (publish->stream || publish->invocation->options.quiet || publish->invocation->options.wait)
        return;
    if (publish->invocation->options.json)
        publish_print_json(ack);
    else
        printf("accepted as #%llu%s\n", (unsigned long long)ack->seq,
               ack->duplicate ? " (it had been accepted before)" : "");
}

/* ---- the verdict ---- */

struct verdict {
    struct invocation *invocation;
    uint64_t seen, expected;
    bool refused;
};

/* An outcome's id ends in -<index>-<count>: so the first one says how many to wait for. */
static uint64_t verdict_expected(struct text id)
{
    uint64_t count = 0;
    for (size_t at = id.bytes; at > 0; at--)
        if (id.at[at - 1] == '-')
            return text_parse_u64((struct text){id.at + at, id.bytes - at}, &count) ? count : 1;
    return 1;
}

static int verdict_entry(void *context, const struct duban_entry *raw)
{
    struct verdict *verdict = context;
    struct arena *arena = &verdict->invocation->arena;
    struct entry entry = bus_entry(raw);
    struct event event;
    struct complaint complaint;
    if (entry_decode(arena, &entry, &event, &complaint) != 0)
        return 0;
    verdict->seen++;
    verdict->expected = verdict_expected(event.id);
    verdict->refused |=
        event.type->kind == EVENT_REQUEST_REFUSED || event.type->kind == EVENT_EVENT_SET_ASIDE;
    if (verdict->invocation->options.json)
        printf("%.*s\n", TEXT_PRINT(event_to_json(arena, &event, true)));
    else
        brief_print(arena, &event, true);
    return verdict->seen >= verdict->expected;
}

static int publish_wait_verdict(struct publish *publish, struct duban *client)
{
    struct verdict verdict = {.invocation = publish->invocation};
    struct duban_filter filter = {.size = sizeof filter, .cause = publish->seq};
    int64_t until_us = loop_monotonic_us() + publish->invocation->options.timeout_ms * 1000;
    if (duban_subscribe(client, publish->seq + 1, &filter, verdict_entry, NULL, &verdict) < 0)
        return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    while (verdict.expected == 0 || verdict.seen < verdict.expected) {
        int64_t left_ms = (until_us - loop_monotonic_us()) / 1000;
        if (left_ms <= 0)
            return command_fail(EXIT_UNREACHABLE, "`dubanctl status` shows whether its worker is connected",
                                "#%llu is accepted, but there is no verdict yet",
                                (unsigned long long)publish->seq);
        if (duban_wait(client, (unsigned)(left_ms < 1000 ? left_ms : 1000)) < DUBAN_OK)
            return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    }
    return verdict.refused ? EXIT_NEGATIVE : EXIT_DONE;
}

/* ---- many lines ---- */

/* Id and source may be left out of a line: the library fills them in. */
static int publish_line(struct publish *publish, struct duban *client, struct text line, uint64_t number)
{
    while (duban_unacknowledged(client) >= PUBLISH_IN_FLIGHT_MAX)
        if (duban_wait(client, 1000) < DUBAN_OK)
            return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    int code = duban_publish_json(client, line.at, line.bytes, publish_acknowledged, publish);
    if (code == DUBAN_OK)
        return 0;
    publish->unreadable += code == DUBAN_INVALID ? 1 : 0;
    return command_fail(code == DUBAN_INVALID ? 0 : EXIT_UNREACHABLE, NULL, "line %llu: %s",
                        (unsigned long long)number, duban_error(client));
}

static void publish_progress(const struct publish *publish, uint64_t lines, bool last)
{
    if (isatty(STDERR_FILENO) && (last || lines % 256 == 0))
        fprintf(stderr, "\r%llu lines, %llu accepted%s", (unsigned long long)lines,
                (unsigned long long)publish->accepted, last ? "\n" : "");
}

static int publish_lines(struct publish *publish, struct duban *client, const char *path)
{
    FILE *input = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    uint64_t lines = 0;
    int code = 0;
    if (input == NULL)
        return command_fail(EXIT_USAGE, NULL, "%s: %s", path, error_text(error_from_errno()));
    for (ssize_t got; code == 0 && (got = getline(&line, &room, input)) >= 0;) {
        struct text text = {line, (size_t)got};
        while (text.bytes > 0 && (text.at[text.bytes - 1] == '\n' || text.at[text.bytes - 1] == '\r'))
            text.bytes--;
        if (text.bytes == 0)
            continue;
        code = publish_line(publish, client, text, ++lines);
        publish_progress(publish, lines, false);
    }
    free(line);
    if (input != stdin)
        fclose(input);
    return code;
}

static int publish_flush(struct publish *publish, struct duban *client)
{
    unsigned idle_ms = bus_timeout_ms(publish->invocation);
    while (duban_unacknowledged(client) > 0) {
        uint64_t before = publish->accepted + publish->refused;
        if (duban_flush(client, idle_ms) == DUBAN_OK)
            break;
        if (publish->accepted + publish->refused == before)
            return command_fail(EXIT_UNREACHABLE,
                                "publish the same lines again: what was accepted is not accepted twice",
                                "%zu events are not acknowledged", duban_unacknowledged(client));
    }
    return 0;
}

static int publish_stream(struct invocation *invocation, struct duban *client)
{
    struct publish publish = {.invocation = invocation, .stream = true};
    const char *path = invocation->positionals_count > 0 ? invocation->positionals[0] : "-";
    int code = publish_lines(&publish, client, path);
    if (code == 0)
        code = publish_flush(&publish, client);
    publish_progress(&publish, publish.accepted + publish.refused + publish.unreadable, true);
    if (!invocation->options.quiet)
        printf("accepted %llu (%llu of them before), refused %llu, unreadable %llu\n",
               (unsigned long long)publish.accepted, (unsigned long long)publish.duplicates,
               (unsigned long long)publish.refused, (unsigned long long)publish.unreadable);
    if (code == 0 && publish.unreadable > 0)
        code = EXIT_USAGE;
    return code == 0 && publish.refused > 0 ? EXIT_NEGATIVE : code;
}

static int publish_one(struct invocation *invocation, struct duban *client, const struct event *event)
{
    struct publish publish = {.invocation = invocation};
    struct buffer body;
    buffer_open(&body, PUBLISH_ENCODED_BYTES_MAX);
    event_encode(event, &body);
    int code = duban_publish_bytes(client, body.at, body.bytes, publish_acknowledged, &publish);
    buffer_close(&body);
    if (code != DUBAN_OK)
        return command_fail(code == DUBAN_INVALID ? EXIT_USAGE : EXIT_UNREACHABLE, NULL, "%s",
                            duban_error(client));
    code = publish_flush(&publish, client);
    if (code != 0 || publish.refused > 0)
        return code != 0 ? code : EXIT_NEGATIVE;
    return invocation->options.wait ? publish_wait_verdict(&publish, client) : EXIT_DONE;
}

int publish_run(struct invocation *invocation)
{
    struct event event;
    struct complaint complaint;
    bool stream = invocation->options.json &&
                  (invocation->positionals_count == 0 ||
                   event_type_find(text_from(invocation->positionals[0]), &(const char *){NULL}) == NULL);
    if (!stream && invocation->positionals_count == 0)
        return command_fail(EXIT_USAGE,
                            "dubanctl publish issue.raised subject=A-1 charter=shenzhen-2020 title=… area=…",
                            "which type?");
    if (!stream && publish_event_from_words(invocation, &event, &complaint) != 0)
        return command_fail(EXIT_USAGE, "`dubanctl events` lists the types and their fields", "%s%s%s",
                            complaint.field, complaint.field[0] != '\0' ? ": " : "", complaint.message);
    struct duban *client = bus_open(invocation);
    if (client == NULL)
        return EXIT_UNREACHABLE;
    int code = stream ? publish_stream(invocation, client) : publish_one(invocation, client, &event);
    duban_close(client);
    return code;
}

/* ---- for other commands ---- */

int publish_events(struct invocation *invocation, const struct event *events, size_t count, bool wait)
{
    struct duban *client = bus_open(invocation);
    int code = 0;
    if (client == NULL)
        return EXIT_UNREACHABLE;
    for (size_t i = 0; i < count && code == 0; i++) {
        invocation->options.wait = wait;
        code = publish_one(invocation, client, &events[i]);
    }
    duban_close(client);
    return code;
}
