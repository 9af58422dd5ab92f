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
#include "cli/interrupt.h"
#include "cli/plural.h"
#include "cli/stream.h"

enum {
    PUBLISH_IN_FLIGHT_MAX = 1024,
    PUBLISH_ENCODED_BYTES_MAX = 64 << 20 /* above what fields within their bounds can come to */
};

/* ---- one event from words ---- */

/* An event as its words make it. */
struct words {
    struct event *event;
    struct doc *data;
    unsigned given; /* members of the envelope, a bit each */
};
enum { WORDS_MEMBERS = 6, WORDS_TIME = 1 << WORDS_MEMBERS };

static int words_twice(struct text key, struct complaint *complaint)
{
    complain(complaint, "", "", "`%.*s` was given twice", TEXT_PRINT(key));
    return DOC_E_INVALID;
}

static int words_time(struct words *words, struct text value, struct complaint *complaint)
{
    if ((words->given & WORDS_TIME) != 0)
        return words_twice(TEXT("time"), complaint);
    words->given |= WORDS_TIME;
    if (civil_parse_time(value, &words->event->time_us, &words->event->time_zone))
        return 0;
    complain(complaint, "time", "", "%.*s is no instant with an offset, such as 2020-01-20T09:00:00+08:00",
             TEXT_PRINT(value));
    return DOC_E_INVALID;
}

/* Envelope members may be given as key=value too; no event type has data fields of these names. *taken_out:
 * the key is one. */
static int words_envelope(struct words *words, struct text key, struct text value, bool *taken_out,
                          struct complaint *complaint)
{
    struct event *event = words->event;
    const struct {
        const char *name;
        struct text *member;
    } members[WORDS_MEMBERS] = {{"id", &event->id},           {"source", &event->source},
                                {"subject", &event->subject}, {"charter", &event->charter},
                                {"actor", &event->actor},     {"traceparent", &event->traceparent}};
    *taken_out = true;
    for (unsigned i = 0; i < WORDS_MEMBERS; i++)
        if (text_is(key, members[i].name)) {
            if ((words->given & 1U << i) != 0)
                return words_twice(key, complaint);
            words->given |= 1U << i;
            *members[i].member = value;
            return 0;
        }
    *taken_out = text_is(key, "time");
    return *taken_out ? words_time(words, value, complaint) : 0;
}

/* As output has it, so input may: yes and no, and lists joined by 、 (a list in JSON stays as it is). */
static struct text words_value(struct arena *arena, enum field field, struct text value)
{
    static const char mark[] = "、";
    enum kind kind = field_specs[field].kind;
    if (kind == KIND_BOOL && (text_is(value, "yes") || text_is(value, "no")))
        return text_is(value, "yes") ? TEXT("true") : TEXT("false");
    if ((kind != KIND_NAMES && kind != KIND_DATES && kind != KIND_INTS) || text_starts_with(value, TEXT("[")))
        return value;
    char *copy = arena_alloc(arena, value.bytes + 1);
    size_t bytes = 0;
    for (size_t at = 0; at < value.bytes;) {
        bool is_mark = text_starts_with((struct text){value.at + at, value.bytes - at}, text_from(mark));
        copy[bytes++] = is_mark ? ',' : value.at[at];
        at += is_mark ? sizeof mark - 1 : 1;
    }
    return (struct text){copy, bytes};
}

static bool words_is_list(enum field field)
{
    enum kind kind = field_specs[field].kind;
    return kind == KIND_NAMES || kind == KIND_DATES || kind == KIND_INTS || kind == KIND_ITEMS;
}

/* The items behind those that are there. */
static void words_append(struct doc *data, enum field field, const struct doc *more)
{
    for (size_t i = 0; i < doc_count(more, field); i++) {
        if (field_specs[field].kind == KIND_INTS) {
            doc_add_int(data, field, doc_int_at(more, field, i));
        } else if (field_specs[field].kind != KIND_ITEMS) {
            doc_add_written(data, field, doc_text_at(more, field, i));
        } else {
            const struct doc *item = doc_doc_at(more, field, i);
            struct doc *added = doc_add_doc(data, field);
            for (enum field f = doc_first(item); f != FIELD_COUNT_OF_ALL; f = doc_after(item, f))
                doc_set_doc_field(added, f, item);
        }
    }
}

static int words_field(struct words *words, enum field field, struct text value, struct complaint *complaint)
{
    struct arena *arena = doc_arena(words->data);
    bool again = doc_has(words->data, field);
    struct doc *one = doc_new(arena);
    if (again && !words_is_list(field))
        return words_twice(text_from(field_specs[field].name), complaint);
    int code = doc_set_from_text(one, field, words_value(arena, field, value), complaint);
    if (code == 0 && again)
        words_append(words->data, field, one);
    else if (code == 0)
        doc_set_doc_field(words->data, field, one);
    return code;
}

static int words_word(struct words *words, struct text word, struct complaint *complaint)
{
    const char *equals = memchr(word.at, '=', word.bytes), *nearest;
    bool taken;
    if (equals == NULL) {
        complain(complaint, "", "", "`%.*s` is not key=value", TEXT_PRINT(word));
        return DOC_E_INVALID;
    }
    struct text key = {word.at, (size_t)(equals - word.at)};
    struct text value = {equals + 1, word.bytes - key.bytes - 1};
    int code = words_envelope(words, key, value, &taken, complaint);
    if (taken)
        return code;
    enum field field = field_find(key, &nearest);
    if (field != FIELD_COUNT_OF_ALL)
        return words_field(words, field, value, complaint);
    complain(complaint, "", "", "unknown field `%.*s`%s%s", TEXT_PRINT(key),
             nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
    return DOC_E_INVALID;
}

/* What the options say, each as if it were the word: a word that says it again is one too many. */
static int words_options(struct words *words, const struct options *options, struct complaint *complaint)
{
    const struct {
        const char *name, *given;
    } members[] = {{"id", options->id},           {"source", options->source}, {"subject", options->subject},
                   {"charter", options->charter}, {"actor", options->actor},   {"time", options->time}};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof members / sizeof members[0]; i++)
        if (members[i].given != NULL)
            code = words_envelope(words, text_from(members[i].name), text_from(members[i].given),
                                  &(bool){false}, complaint);
    return code;
}

static int publish_event_from_words(struct invocation *invocation, struct event *event,
                                    struct complaint *complaint)
{
    const char *nearest;
    struct words words = {.event = event, .data = doc_new(&invocation->arena)};
    *event = (struct event){.type_name = text_from(invocation->positionals[0]),
                            .time_us = CIVIL_NEVER_US, /* not made up: see PROTOCOL.md section 8 */
                            .source = TEXT("/dubanctl"),
                            .id = event_new_id(&invocation->arena, loop_wall_us()),
                            .data = words.data};
    event->type = event_type_find(event->type_name, &nearest);
    if (event->type == NULL) {
        complain(complaint, "type", "", "unknown type `%s`%s%s", invocation->positionals[0],
                 nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
        return EVENT_E_INVALID;
    }
    int code = words_options(&words, &invocation->options, complaint);
    for (size_t i = 1; code == 0 && i < invocation->positionals_count; i++)
        code = words_word(&words, text_from(invocation->positionals[i]), complaint);
    return code != 0 ? code : event_check(event, complaint);
}

/* ---- acknowledgements ---- */

/* A line of a stream that is not acknowledged yet. */
struct publish_line {
    struct publish *publish;
    uint64_t number;
    struct publish_line *next; /* while it is free */
};
struct publish {
    struct invocation *invocation;
    uint64_t accepted, duplicates, refused, unreadable;
    uint64_t turned_down; /* verdicts that are refusals, with --wait */
    uint64_t seq;         /* of the last accepted */
    uint64_t first_seq;   /* the lowest of them; 0: none */
    uint64_t line;        /* whose acknowledgement or verdict it is; 0: no stream */
    struct publish_line lines[PUBLISH_IN_FLIGHT_MAX], *free;
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
        char line[40] = "";
        publish->refused++;
        if (publish->line > 0)
            (void)snprintf(line, sizeof line, "line %llu: ", (unsigned long long)publish->line);
        command_fail(EXIT_NEGATIVE, NULL, "%s%s was refused: %s", line, ack->id, ack->text);
        return;
    }
    publish->accepted++;
    publish->duplicates += ack->duplicate ? 1 : 0;
    publish->seq = ack->seq;
    if (publish->first_seq == 0 || ack->seq < publish->first_seq)
        publish->first_seq = ack->seq;
    if (ack->duplicate && publish->line == 0 && publish->invocation->options.wait &&
        !publish->invocation->options.quiet)
        fprintf(stderr,
                "dubanctl: accepted before, as #%llu: this is its verdict of then, nothing is decided anew\n",
                (unsigned long long)ack->seq);
    if (publish->line > 0 || publish->invocation->options.quiet || publish->invocation->options.wait)
        return;
    if (publish->invocation->options.json)
        publish_print_json(ack);
    else
        printf("accepted as #%llu%s\n", (unsigned long long)ack->seq,
               ack->duplicate ? " (it had been accepted before)" : "");
}

static void publish_line_acknowledged(void *context, const struct duban_ack *ack)
{
    struct publish_line *line = context;
    struct publish *publish = line->publish;
    publish->line = line->number;
    line->next = publish->free;
    publish->free = line;
    publish_acknowledged(publish, ack);
}

/* ---- the verdict ---- */

struct verdict {
    const struct publish *publish;
    struct arena arena;
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

/* A stream's lines are told apart by their numbers; --quiet leaves its refusals only. */
static void verdict_print(struct verdict *verdict, const struct event *event, bool refused)
{
    const struct options *options = &verdict->publish->invocation->options;
    uint64_t line = verdict->publish->line;
    if (line > 0 && options->quiet && !refused)
        return;
    if (line > 0)
        printf("line %llu: ", (unsigned long long)line);
    if (line == 0 && options->json)
        printf("%.*s\n", TEXT_PRINT(event_to_json(&verdict->arena, event, true)));
    else
        brief_print(&verdict->arena, event, true);
}

static int verdict_entry(void *context, const struct duban_entry *raw)
{
    struct verdict *verdict = context;
    struct entry entry = bus_entry(raw);
    struct event event;
    struct complaint complaint;
    if (entry_decode(&verdict->arena, &entry, &event, &complaint) != 0)
        return 0;
    bool refused = event.type->kind == EVENT_REQUEST_REFUSED || event.type->kind == EVENT_EVENT_SET_ASIDE;
    verdict->seen++;
    verdict->expected = verdict_expected(event.id);
    verdict->refused |= refused;
    verdict_print(verdict, &event, refused);
    return verdict->seen >= verdict->expected;
}

static int verdict_await(struct verdict *verdict, struct duban *client)
{
    const struct publish *publish = verdict->publish;
    struct duban_filter filter = {.size = sizeof filter, .cause = publish->seq};
    int64_t until_us = loop_monotonic_us() + publish->invocation->options.timeout_ms * 1000;
    if (duban_subscribe(client, publish->seq + 1, &filter, verdict_entry, NULL, verdict) < 0)
        return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    while (verdict->expected == 0 || verdict->seen < verdict->expected) {
        int64_t left_ms = (until_us - loop_monotonic_us()) / 1000;
        if (interrupt_seen())
            return EXIT_UNREACHABLE;
        if (left_ms <= 0)
            return command_fail(EXIT_UNREACHABLE, "`dubanctl status` shows whether its worker is connected",
                                "#%llu is accepted, but there is no verdict yet",
                                (unsigned long long)publish->seq);
        if (duban_wait(client, (unsigned)(left_ms < 1000 ? left_ms : 1000)) < DUBAN_OK)
            return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    }
    return verdict->refused ? EXIT_NEGATIVE : EXIT_DONE;
}

static int publish_wait_verdict(struct publish *publish, struct duban *client)
{
    struct verdict verdict = {.publish = publish};
    arena_open(&verdict.arena, ARENA_BYTES_MAX);
    int code = verdict_await(&verdict, client);
    arena_close(&verdict.arena);
    return code;
}

/* How long nothing was settled. */
struct publish_patience {
    uint64_t settled;
    int64_t since_us;
    bool warned;
};

static struct publish_patience publish_patience(const struct publish *publish)
{
    return (struct publish_patience){publish->accepted + publish->refused, loop_monotonic_us(), false};
}

/* A short while more. What the broker cannot take now is said after a second; --timeout bounds how long
 * nothing moves; a signal ends it, and publish_stream_end says how far it came. */
static int publish_wait_more(const struct publish *publish, struct duban *client,
                             struct publish_patience *patience)
{
    enum { STEP_MS = 100, PATIENCE_MS = 1000 };
    unsigned timeout_ms = bus_timeout_ms(publish->invocation);
    int64_t left_ms = timeout_ms - (loop_monotonic_us() - patience->since_us) / 1000;
    if (interrupt_seen())
        return EXIT_UNREACHABLE;
    if (left_ms > 0 && duban_wait(client, (unsigned)(left_ms < STEP_MS ? left_ms : STEP_MS)) < DUBAN_OK)
        return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    if (publish->accepted + publish->refused != patience->settled) {
        *patience = publish_patience(publish);
        return 0;
    }
    if (duban_flush(client, 0) == DUBAN_OK) /* says what it waits for */
        return 0;
    if (left_ms <= 0)
        return command_fail(EXIT_UNREACHABLE,
                            "publish the same lines again: what was accepted is not accepted twice", "%s",
                            duban_error(client));
    if (!patience->warned && timeout_ms - left_ms >= PATIENCE_MS) {
        fprintf(stderr, "dubanctl: it waits, %u s at most: %s\n", timeout_ms / 1000, duban_error(client));
        patience->warned = true;
    }
    return 0;
}

static int publish_flush(struct publish *publish, struct duban *client)
{
    struct publish_patience patience = publish_patience(publish);
    int code = 0;
    while (code == 0 && duban_unacknowledged(client) > 0)
        code = publish_wait_more(publish, client, &patience);
    return code;
}

/* ---- many lines ---- */

/* The line's acknowledgement, and its verdict: then the next. A refusal does not end the stream. */
static int publish_line_verdict(struct publish *publish, struct duban *client)
{
    uint64_t before = publish->accepted;
    int code = publish_flush(publish, client);
    if (code != 0 || publish->accepted == before)
        return code;
    code = publish_wait_verdict(publish, client);
    publish->turned_down += code == EXIT_NEGATIVE ? 1 : 0;
    return code == EXIT_NEGATIVE ? 0 : code;
}

/* Id and source may be left out of a line: the library fills them in. */
static int publish_line(struct publish *publish, struct duban *client, struct text text, uint64_t number)
{
    struct publish_patience patience = publish_patience(publish);
    int code = 0;
    while (code == 0 && publish->free == NULL)
        code = publish_wait_more(publish, client, &patience);
    if (code != 0)
        return code;
    struct publish_line *line = publish->free;
    line->number = number;
    code = duban_publish_json(client, text.at, text.bytes, publish_line_acknowledged, line);
    if (code == DUBAN_OK) {
        publish->free = line->next;
        return publish->invocation->options.wait ? publish_line_verdict(publish, client) : 0;
    }
    publish->unreadable += code == DUBAN_INVALID ? 1 : 0;
    stream_complain(number, "", duban_error(client));
    return code == DUBAN_INVALID ? 0 : EXIT_UNREACHABLE;
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
    for (ssize_t got; code == 0 && !interrupt_seen() && (got = getline(&line, &room, input)) >= 0;) {
        struct text text = stream_line((struct text){line, (size_t)got}, ++lines);
        if (text.bytes == 0)
            continue;
        code = publish_line(publish, client, text, lines);
        publish_progress(publish, lines, false);
    }
    if (code == 0 && ferror(input))
        code = command_fail(EXIT_USAGE, NULL, "%s: %s", path, error_text(error_from_errno()));
    free(line);
    if (input != stdin)
        fclose(input);
    return code;
}

static void publish_sum(const struct publish *publish)
{
    printf("accepted %llu (%llu of them before), refused %llu, unreadable %llu",
           (unsigned long long)publish->accepted, (unsigned long long)publish->duplicates,
           (unsigned long long)publish->refused, (unsigned long long)publish->unreadable);
    if (publish->invocation->options.wait)
        printf("; verdicts that refuse %llu", (unsigned long long)publish->turned_down);
    putchar('\n');
}

static int publish_stream_end(const struct publish *publish, int code)
{
    if (interrupt_seen())
        return command_fail(
            EXIT_UNREACHABLE,
            "run it again: what is on disk under an id is not taken in twice, the rest follows",
            "interrupted: %llu report%s %s on disk", (unsigned long long)publish->accepted,
            PLURAL(publish->accepted), PLURAL_BE(publish->accepted));
    if (code == 0 && publish->unreadable > 0)
        return EXIT_USAGE;
    return code == 0 && publish->refused + publish->turned_down > 0 ? EXIT_NEGATIVE : code;
}

int publish_file(struct invocation *invocation, struct duban *client, const char *path,
                 struct publish_span *span_out)
{
    struct publish *publish = arena_alloc(&invocation->arena, sizeof *publish);
    memset(publish, 0, sizeof *publish);
    publish->invocation = invocation;
    for (size_t i = 0; i < PUBLISH_IN_FLIGHT_MAX; i++) {
        publish->lines[i] = (struct publish_line){.publish = publish, .next = publish->free};
        publish->free = &publish->lines[i];
    }
    interrupt_begin();
    int code = publish_lines(publish, client, path);
    if (code == 0)
        code = publish_flush(publish, client);
    interrupt_end();
    publish_progress(publish, publish->accepted + publish->refused + publish->unreadable, true);
    if (!invocation->options.quiet)
        publish_sum(publish);
    *span_out = (struct publish_span){publish->first_seq, publish->accepted};
    return publish_stream_end(publish, code);
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
                            "dubanctl publish issue.raised subject=A-1 charter=NAME title=… area=…",
                            "which type?");
    if (!stream && publish_event_from_words(invocation, &event, &complaint) != 0)
        return command_fail(EXIT_USAGE, "`dubanctl events` lists the types and their fields", "%s%s%s",
                            complaint.field, complaint.field[0] != '\0' ? ": " : "", complaint.message);
    struct duban *client;
    struct publish_span span;
    const char *path = invocation->positionals_count > 0 ? invocation->positionals[0] : "-";
    int code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    code = stream ? publish_file(invocation, client, path, &span) : publish_one(invocation, client, &event);
    duban_close(client);
    return code;
}

/* ---- for other commands ---- */

int publish_events(struct invocation *invocation, const struct event *events, size_t count, bool wait)
{
    struct duban *client;
    int code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    for (size_t i = 0; i < count && code == 0; i++) {
        invocation->options.wait = wait;
        code = publish_one(invocation, client, &events[i]);
    }
    duban_close(client);
    return code;
}
