/* verdicts.c - see verdicts.h. */
#include "cli/import/verdicts.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/command.h"

/* A report of the map; its verdict is the first outcome that it caused. */
struct verdicts_report {
    uint64_t seq;
    struct digest id;
    bool decided, refused;
};
struct verdicts_reason {
    struct text reason, subject, type;
    uint64_t count, seq; /* of the first report */
};
struct verdicts {
    struct text source;
    struct arena arena, entry; /* what is kept; one entry */
    struct verdicts_report *reports;
    size_t count, room;
    uint32_t *places; /* reports by id: one more than the index, 0 for none; twice as many as there is room */
    uint64_t seen;
    int64_t now_us;
    uint64_t decided, refused, refused_otherwise; /* otherwise: for a reason that found no room */
    struct verdicts_reason reasons[VERDICTS_REASONS_MAX];
    size_t reasons_count;
};

struct verdicts *verdicts_open(struct text source)
{
    struct verdicts *verdicts = memory_alloc(sizeof *verdicts);
    *verdicts = (struct verdicts){.now_us = INT64_MIN};
    arena_open(&verdicts->arena, ARENA_BYTES_MAX);
    arena_open(&verdicts->entry, ARENA_BYTES_MAX);
    verdicts->source = arena_text_copy(&verdicts->arena, source);
    return verdicts;
}

void verdicts_close(struct verdicts *verdicts)
{
    arena_close(&verdicts->arena);
    arena_close(&verdicts->entry);
    free(verdicts->reports);
    free(verdicts->places);
    free(verdicts);
}

/* Where the report of that id stands among the places, or would. */
static uint32_t *verdicts_place(const struct verdicts *verdicts, const struct digest *id)
{
    uint64_t at;
    memcpy(&at, id->at, sizeof at);
    for (;; at++) {
        uint32_t *place = &verdicts->places[at % (2 * verdicts->room)];
        if (*place == 0 || memcmp(&verdicts->reports[*place - 1].id, id, sizeof *id) == 0)
            return place;
    }
}

static void verdicts_grow(struct verdicts *verdicts)
{
    verdicts->room = verdicts->room > 0 ? 2 * verdicts->room : 1024;
    verdicts->reports = memory_grow(verdicts->reports, verdicts->room * sizeof(struct verdicts_report));
    verdicts->places = memory_grow(verdicts->places, 2 * verdicts->room * sizeof *verdicts->places);
    memset(verdicts->places, 0, 2 * verdicts->room * sizeof *verdicts->places);
    for (size_t i = 0; i < verdicts->count; i++)
        *verdicts_place(verdicts, &verdicts->reports[i].id) = (uint32_t)i + 1;
}

static struct digest verdicts_id(struct text id)
{
    return digest_of((struct bytes){(const unsigned char *)id.at, id.bytes});
}

static void verdicts_add(struct verdicts *verdicts, uint64_t seq, struct text id)
{
    if (verdicts->count == verdicts->room)
        verdicts_grow(verdicts);
    struct verdicts_report *report = &verdicts->reports[verdicts->count++];
    *report = (struct verdicts_report){.seq = seq, .id = verdicts_id(id)};
    *verdicts_place(verdicts, &report->id) = (uint32_t)verdicts->count;
}

static int verdicts_order(const void *a, const void *b)
{
    uint64_t x = ((const struct verdicts_report *)a)->seq, y = ((const struct verdicts_report *)b)->seq;
    return x < y ? -1 : x > y;
}

/* The map's report of that number, or NULL. */
static struct verdicts_report *verdicts_find(struct verdicts *verdicts, uint64_t seq)
{
    struct verdicts_report key = {.seq = seq};
    return verdicts->count == 0 || seq == 0
               ? NULL
               : bsearch(&key, verdicts->reports, verdicts->count, sizeof key, verdicts_order);
}

static void verdicts_refusal(struct verdicts *verdicts, const struct event *event)
{
    struct text reason = doc_text(event->data, FIELD_REASON), type = doc_text(event->data, FIELD_EVENT);
    for (size_t i = 0; i < verdicts->reasons_count; i++)
        if (text_equal(verdicts->reasons[i].reason, reason)) {
            verdicts->reasons[i].count++;
            return;
        }
    if (verdicts->reasons_count == VERDICTS_REASONS_MAX) {
        verdicts->refused_otherwise++;
        return;
    }
    verdicts->reasons[verdicts->reasons_count++] =
        (struct verdicts_reason){.reason = arena_text_copy(&verdicts->arena, reason),
                                 .subject = arena_text_copy(&verdicts->arena, event->subject),
                                 .type = arena_text_copy(&verdicts->arena, type),
                                 .count = 1,
                                 .seq = event->cause};
}

static void verdicts_outcome(struct verdicts *verdicts, const struct event *event)
{
    struct verdicts_report *report = verdicts_find(verdicts, event->cause);
    bool refused = event->type->kind == EVENT_REQUEST_REFUSED || event->type->kind == EVENT_EVENT_SET_ASIDE;
    if (report == NULL)
        return;
    verdicts->decided += report->decided ? 0 : 1;
    report->decided = true;
    if (!refused || report->refused)
        return;
    report->refused = true;
    verdicts->refused++;
    verdicts_refusal(verdicts, event);
}

void verdicts_see(struct verdicts *verdicts, const struct entry *entry)
{
    struct event event;
    struct complaint complaint;
    verdicts->seen = entry->seq;
    verdicts->now_us = entry->received_us;
    arena_reset(&verdicts->entry);
    if (entry_decode(&verdicts->entry, entry, &event, &complaint) != 0)
        return; /* of a newer version: none of ours */
    if (!event.type->report)
        verdicts_outcome(verdicts, &event);
    else if (text_equal(event.source, verdicts->source))
        verdicts_add(verdicts, entry->seq, event.id);
}

enum verdict verdicts_of(const struct verdicts *verdicts, struct text id)
{
    struct digest digest = verdicts_id(id);
    uint32_t place = verdicts->room > 0 ? *verdicts_place(verdicts, &digest) : 0;
    const struct verdicts_report *report = place > 0 ? &verdicts->reports[place - 1] : NULL;
    return report == NULL     ? VERDICT_NONE
           : !report->decided ? VERDICT_AWAITED
           : !report->refused ? VERDICT_ACCEPTED
                              : VERDICT_REFUSED;
}

int64_t verdicts_now_us(const struct verdicts *verdicts)
{
    return verdicts->now_us;
}

uint64_t verdicts_seen(const struct verdicts *verdicts)
{
    return verdicts->seen;
}

uint64_t verdicts_reports(const struct verdicts *verdicts)
{
    return verdicts->count;
}

uint64_t verdicts_awaited(const struct verdicts *verdicts)
{
    return verdicts->count - verdicts->decided;
}

uint64_t verdicts_refused(const struct verdicts *verdicts)
{
    return verdicts->refused;
}

void verdicts_print(const struct verdicts *verdicts)
{
    for (size_t i = 0; i < verdicts->reasons_count; i++) {
        const struct verdicts_reason *reason = &verdicts->reasons[i];
        command_fail(0, NULL, "%llu refused: %.*s (first %.*s %.*s, #%llu)",
                     (unsigned long long)reason->count, TEXT_PRINT(reason->reason), TEXT_PRINT(reason->type),
                     TEXT_PRINT(reason->subject), (unsigned long long)reason->seq);
    }
    if (verdicts->refused_otherwise > 0)
        command_fail(0, "`dubanctl tail --from 1 --stop --type request.refused` lists all",
                     "%llu refused for other reasons", (unsigned long long)verdicts->refused_otherwise);
}
