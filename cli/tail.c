/* tail.c - `dubanctl tail`: a line an event, from any sequence number on, until interrupted (or the head,
 * with --stop). */
#include "cli/tail.h"

#include <stdio.h>

#include "cli/brief.h"
#include "cli/bus.h"
#include "daemon/journal.h"
#include "proto/wire.h"

struct tail {
    struct invocation *invocation;
    uint64_t head; /* when it began */
    uint64_t through;
    int64_t left;  /* rows still wanted; negative: all */
    uint64_t from; /* of a folder */
    struct wire_filter filter;
};

/* 1: that was the last one wanted. */
static int tail_print(struct tail *tail, const struct event *event)
{
    struct arena *arena = &tail->invocation->arena;
    if (tail->invocation->options.json)
        printf("%.*s\n", TEXT_PRINT(event_to_json(arena, event, true)));
    else
        brief_print(arena, event, true);
    return tail->left > 0 && --tail->left == 0;
}

static int tail_entry(void *context, const struct duban_entry *raw)
{
    struct tail *tail = context;
    struct arena *arena = &tail->invocation->arena;
    struct entry entry = bus_entry(raw);
    struct event event;
    struct complaint complaint;
    int last = 0;
    if (entry_decode(arena, &entry, &event, &complaint) != 0)
        command_fail(0, NULL, "#%llu cannot be read: %s", (unsigned long long)raw->seq, complaint.message);
    else
        last = tail_print(tail, &event);
    arena_reset(arena);
    fflush(stdout);
    return last;
}

/* ---- a journal's folder ---- */

enum { TAIL_LAST = 1000 };

static int tail_scanned(void *context, const struct entry *entry)
{
    struct tail *tail = context;
    struct arena *arena = &tail->invocation->arena;
    struct event event;
    struct complaint complaint;
    int last = 0;
    if (entry->seq < tail->from)
        return 0;
    if (entry_decode(arena, entry, &event, &complaint) != 0)
        command_fail(0, NULL, "#%llu cannot be read: %s", (unsigned long long)entry->seq, complaint.message);
    else if (wire_filter_passes(&tail->filter, &event))
        last = tail_print(tail, &event);
    arena_reset(arena);
    return last != 0 ? TAIL_LAST : 0;
}

/* All that there is; a folder does not grow while it is read. */
static int tail_folder(struct tail *tail, struct arena *kept, const char *const *types)
{
    const struct options *options = &tail->invocation->options;
    struct text names[POSITIONALS_MAX], charter = text_from(options->charter);
    struct journal_verdict verdict;
    struct complaint complaint = {0};
    size_t count = 0;
    for (; types != NULL && types[count] != NULL; count++)
        names[count] = text_from(types[count]);
    tail->filter = (struct wire_filter){.types = names,
                                        .types_count = count,
                                        .charters = &charter,
                                        .charters_count = options->charter != NULL,
                                        .subject = text_from(options->subject)};
    const char *directory = arena_text_copy(kept, text_from(options->directory)).at;
    int code = journal_scan(directory, tail_scanned, NULL, tail, &verdict, &complaint);
    if (code == 0 || code == TAIL_LAST)
        return EXIT_DONE;
    return command_fail(
        EXIT_FAILED, "--journal names a journal's folder; `dubanctl verify` says where it breaks",
        "%s: %s%s%s", directory, complaint.place, complaint.place[0] != '\0' ? ": " : "", complaint.message);
}

/* ---- the broker's stream ---- */

static int tail_through(void *context, uint64_t through, uint64_t head)
{
    struct tail *tail = context;
    (void)head;
    tail->through = through;
    return 0;
}

/* "issue,task" → {"issue", "task", NULL} */
static const char *const *tail_types(struct arena *arena, const char *given)
{
    const char **types = arena_alloc(arena, sizeof *types * (POSITIONALS_MAX + 1));
    size_t count = 0;
    if (given == NULL)
        return NULL;
    for (const char *at = given; *at != '\0' && count < POSITIONALS_MAX;) {
        size_t bytes = strcspn(at, ",");
        types[count++] = arena_text_copy(arena, (struct text){at, bytes}).at;
        at += bytes + (at[bytes] == ',' ? 1 : 0);
    }
    return types;
}

/* The nearest type or first word of one ("issue"), or NULL. */
static const char *tail_type_nearest(struct arena *arena, struct text given)
{
    struct text names[2 * EVENT_KIND_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++) {
        struct text name = text_from(event_types[i].name);
        const char *dot = memchr(name.at, '.', name.bytes);
        names[count++] = name;
        if (dot != NULL)
            names[count++] = (struct text){name.at, (size_t)(dot - name.at)};
    }
    int nearest = text_nearest(given, names, count);
    return nearest >= 0 ? arena_text_copy(arena, names[nearest]).at : NULL;
}

int tail_types_check(struct arena *arena, const char *given)
{
    const char *const *types = tail_types(arena, given);
    for (size_t t = 0; types != NULL && types[t] != NULL; t++) {
        struct text type = text_from(types[t]);
        bool known = event_type_find(type, NULL) != NULL;
        for (size_t i = 0; !known && i < EVENT_KIND_COUNT; i++)
            known = text_starts_with(text_from(event_types[i].name), type);
        if (known)
            continue;
        const char *nearest = tail_type_nearest(arena, type);
        return command_fail(EXIT_USAGE, "`dubanctl events` lists the types",
                            "no event type begins with `%s`%s%s", types[t],
                            nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
    }
    return 0;
}

static int tail_follow(struct tail *tail, struct duban *client, uint64_t from,
                       const struct duban_filter *filter)
{
    bool stop = tail->invocation->options.stop;
    if (from > tail->head + 1)
        return command_fail(EXIT_NEGATIVE, "without --from it begins at the end", "the journal ends at #%llu",
                            (unsigned long long)tail->head);
    int code = duban_subscribe(client, from, filter, tail_entry, tail_through, tail);
    while (code >= DUBAN_OK && tail->left != 0 && !(stop && tail->through >= tail->head))
        code = duban_wait(client, 1000);
    if (code >= DUBAN_OK)
        return EXIT_DONE;
    return command_fail(code == DUBAN_INVALID ? EXIT_USAGE : EXIT_UNREACHABLE, NULL, "%s",
                        duban_error(client));
}

int tail_run(struct invocation *invocation)
{
    const struct options *options = &invocation->options;
    struct tail tail = {.invocation = invocation, .left = options->rows > 0 ? options->rows : -1};
    struct arena kept; /* outlives the per-event resets */
    uint64_t from = 0;
    if (options->from != NULL && !text_parse_u64(text_from(options->from), &from))
        return command_fail(EXIT_USAGE, NULL, "--from takes a sequence number (1: the oldest), not `%s`",
                            options->from);
    int code = tail_types_check(&invocation->arena, options->type);
    if (code != 0)
        return code;
    arena_open(&kept, 1 << 20);
    if (options->directory != NULL) {
        tail.from = from;
        code = tail_folder(&tail, &kept, tail_types(&kept, options->type));
        arena_close(&kept);
        return code;
    }
    struct duban *client;
    code = bus_open(invocation, &client);
    if (code != 0) {
        arena_close(&kept);
        return code;
    }
    struct duban_filter filter = {
        .size = sizeof filter,
        .types = tail_types(&kept, options->type),
        .subject = options->subject,
        .charters = options->charter != NULL ? (const char *const[]){options->charter, NULL} : NULL};
    tail.head = duban_head(client);
    code = tail_follow(&tail, client, from, &filter);
    duban_close(client);
    arena_close(&kept);
    return code;
}
