/* Goal: no bytes can harm the decoder of events, and whatever it takes is a good event. Method: what was
 * taken must pass the check again, survive its own canonical encoding and JSON, and be canonical from then
 * on. Built with -DFUZZING it is a libFuzzer target; without, it replays the files of its corpus. */
#include "proto/event.h"

#include "base/limits.h"
#include "base/log.h"
#include "tests/support/replay.h"

static struct bytes fuzz_encode(struct arena *arena, const struct event *event)
{
    struct buffer buffer;
    buffer_open(&buffer, MESSAGE_BYTES_MAX); /* a foreign encoding may be the shorter one */
    event_encode(event, &buffer);
    struct bytes copy = arena_bytes_copy(arena, buffer_view(&buffer));
    buffer_close(&buffer);
    return copy;
}

static void fuzz_same(struct bytes a, struct bytes b)
{
    ASSERT(a.bytes == b.bytes && memcmp(a.at, b.at, a.bytes) == 0);
}

static void fuzz_taken(struct arena *arena, const struct event *event)
{
    struct event again, from_json;
    struct complaint complaint;
    ASSERT(event_check(event, &complaint) == 0);
    struct bytes canonical = fuzz_encode(arena, event);
    if (canonical.bytes > EVENT_BYTES_MAX)
        return;
    ASSERT(event_decode(arena, canonical, &again, &complaint) == 0);
    fuzz_same(fuzz_encode(arena, &again), canonical);
    struct text json = event_to_json(arena, event, false);
    ASSERT(event_from_json(arena, json, &from_json, &complaint) == 0);
    fuzz_same(fuzz_encode(arena, &from_json), canonical);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t bytes)
{
    struct arena arena;
    struct event event;
    struct complaint complaint = {.message = ""};
    arena_open(&arena, ARENA_BYTES_MAX);
    if (event_decode(&arena, (struct bytes){at, bytes}, &event, &complaint) == 0)
        fuzz_taken(&arena, &event);
    else
        ASSERT(complaint.message[0] != '\0' && text_is_utf8(text_from(complaint.message)) &&
               text_is_utf8(text_from(complaint.field)));
    arena_close(&arena);
    return 0;
}

#ifndef FUZZING
int main(int count, char **folders)
{
    return replay_main(count, folders, "tests/fuzz/corpus/event");
}
#endif
