/* Goal: no frame can harm the decoder of messages, and whatever it takes is a good message. Method: what was
 * taken is encoded, decoded and encoded again: equal bytes; its filter is asked about an event. Built with
 * -DFUZZING it is a libFuzzer target; without, it replays the files of its corpus. */
#include "proto/wire.h"

#include "base/limits.h"
#include "base/log.h"
#include "tests/support/replay.h"

static struct bytes fuzz_encode(struct arena *arena, const struct message *message)
{
    struct buffer buffer;
    buffer_open(&buffer, 2 * MESSAGE_BYTES_MAX);
    wire_encode(message, &buffer);
    struct bytes copy = arena_bytes_copy(arena, buffer_view(&buffer));
    buffer_close(&buffer);
    return copy;
}

static void fuzz_taken(struct arena *arena, const struct message *message)
{
    struct message again;
    struct complaint complaint;
    struct event event = {.type_name = TEXT("issue.escalated.group"), .charter = TEXT("c")};
    struct bytes frame = fuzz_encode(arena, message);
    ASSERT(frame.bytes <= MESSAGE_BYTES_MAX && wire_decode(arena, frame, &again, &complaint) == 0);
    struct bytes twice = fuzz_encode(arena, &again);
    ASSERT(twice.bytes == frame.bytes && memcmp(twice.at, frame.at, frame.bytes) == 0);
    ASSERT(wire_filter_passes(&message->filter, &event) == wire_filter_passes(&again.filter, &event));
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t bytes)
{
    struct arena arena;
    struct message message;
    struct complaint complaint = {.message = ""};
    arena_open(&arena, ARENA_BYTES_MAX);
    if (wire_decode(&arena, (struct bytes){at, bytes}, &message, &complaint) == 0)
        fuzz_taken(&arena, &message);
    else
        ASSERT(complaint.message[0] != '\0' && text_is_utf8(text_from(complaint.message)) &&
               text_is_utf8(text_from(complaint.field)));
    arena_close(&arena);
    return 0;
}

#ifndef FUZZING
int main(int count, char **folders)
{
    return replay_main(count, folders, "tests/fuzz/corpus/wire");
}
#endif
