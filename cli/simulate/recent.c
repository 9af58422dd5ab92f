/* recent.c - see recent.h. A ring; each place keeps its memory. */
#include "cli/simulate/recent.h"

#include "base/limits.h"
#include "base/log.h"

enum { RECENT_PUBLISHER_BYTES_MAX = 4096 };

void recent_open(struct recent *recent)
{
    for (size_t i = 0; i < RECENT_ENTRIES_MAX; i++)
        buffer_open(&recent->at[i].kept, EVENT_BYTES_MAX + RECENT_PUBLISHER_BYTES_MAX);
    recent_forget(recent);
}

void recent_close(struct recent *recent)
{
    for (size_t i = 0; i < RECENT_ENTRIES_MAX; i++)
        buffer_close(&recent->at[i].kept);
}

void recent_forget(struct recent *recent)
{
    recent->first = 1;
    recent->last = 0;
}

void recent_add(struct recent *recent, const struct append *append, struct text type)
{
    const unsigned char *name = (const unsigned char *)type.at;
    ASSERT(name >= append->body.at && name + type.bytes <= append->body.at + append->body.bytes);
    struct recent_entry *recent_entry = &recent->at[append->seq % RECENT_ENTRIES_MAX];
    struct buffer *kept = &recent_entry->kept;
    buffer_reset(kept);
    buffer_append(kept, append->body.at, append->body.bytes);
    buffer_append(kept, append->publisher.at, append->publisher.bytes);
    recent_entry->type = (struct text){(const char *)kept->at + (name - append->body.at), type.bytes};
    recent_entry->entry = (struct entry){
        .seq = append->seq,
        .received_us = append->received_us,
        .publisher = {(const char *)kept->at + append->body.bytes, append->publisher.bytes},
        .body = {kept->at, append->body.bytes},
    };
    if (append->seq != recent->last + 1)
        recent->first = append->seq;
    recent->last = append->seq;
    if (recent->last - recent->first >= RECENT_ENTRIES_MAX)
        recent->first = recent->last - RECENT_ENTRIES_MAX + 1;
}

const struct recent_entry *recent_get(const struct recent *recent, uint64_t seq)
{
    bool here = seq >= recent->first && seq <= recent->last;
    return here ? &recent->at[seq % RECENT_ENTRIES_MAX] : NULL;
}
