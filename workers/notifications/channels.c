/* channels.c - how a message leaves: a line in the log, a line in the post's file, or carried outside by mail
 * or webhook. Where nobody carries (no mail server, no address, the simulator) or nobody could, the message
 * is written to the post's file instead, and the line says so.
 */
#include "workers/notifications/notifications.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

static int channel_log(const struct effect *effect, const char *out_directory)
{
    (void)out_directory;
    char seq[24];
    (void)snprintf(seq, sizeof seq, "%" PRIu64, effect->seq);
    const struct log_field fields[] = {{"post", effect->target}, {"seq", text_from(seq)}};
    log_line(LOG_LEVEL_NOTICE, LOG_NOTIFIED, fields, sizeof fields / sizeof *fields, "%.*s: %.*s",
             TEXT_PRINT(effect->target), TEXT_PRINT(effect->content));
    return 0;
}

enum { FILE_NAME_BYTES_MAX = 200 };

/* A file name that is no path, is not hidden, and differs where addressees differ. */
static void channel_file_name(struct text target, char out[FILE_NAME_BYTES_MAX + 32])
{
    size_t bytes = 0;
    bool same = target.bytes > 0 && target.bytes <= FILE_NAME_BYTES_MAX && target.at[0] != '.';
    for (size_t i = 0; i < target.bytes && bytes < FILE_NAME_BYTES_MAX; i++) {
        unsigned char c = (unsigned char)target.at[i];
        bool fits = c > ' ' && c != '/' && c != '\\' && c != 0x7F && !(i == 0 && c == '.');
        same = same && fits;
        out[bytes++] = fits ? (char)c : '_';
    }
    uint64_t sum = digest_checksum((struct bytes){(const unsigned char *)target.at, target.bytes}, 0);
    (void)snprintf(out + bytes, 32, same ? ".txt" : "-%08" PRIx32 ".txt", (uint32_t)sum);
}

static int channel_file(const struct effect *effect, const char *out_directory)
{
    char name[FILE_NAME_BYTES_MAX + 32];
    struct arena arena;
    channel_file_name(effect->target, name);
    arena_open(&arena, 1048576);
    struct text folder = arena_printf(&arena, "%s/notifications", out_directory);
    struct text path = arena_printf(&arena, "%.*s/%s", TEXT_PRINT(folder), name);
    struct text line = arena_printf(&arena, "%.*s\n", TEXT_PRINT(effect->content));
    int code = file_make_folders(folder.at);
    if (code == 0)
        code = file_append(path.at, 0640, (struct bytes){(const unsigned char *)line.at, line.bytes});
    if (code != 0)
        log_warning(LOG_GENERAL, "notifications: %s cannot be written: %s", path.at, error_text(code));
    arena_close(&arena);
    return code != 0;
}

/* A message that was meant for outside: all its lines, with the channel by which it did not go. */
static int channel_written(const struct effect *effect, const char *out_directory)
{
    const struct event *sent = effect->event;
    struct arena arena;
    arena_open(&arena, 1048576);
    struct text persons = doc_text(sent->data, FIELD_PERSON);
    struct text when = wording_time(&arena, sent->time_us, sent->time_zone);
    struct effect line = *effect;
    line.content = arena_printf(&arena, "%.*s #%" PRId64 " (%.*s) %.*s%s%.*s%s", TEXT_PRINT(when),
                                doc_int(sent->data, FIELD_SEQ, 0), TEXT_PRINT(effect->kind),
                                TEXT_PRINT(doc_text(sent->data, FIELD_TEXT)), persons.bytes > 0 ? " [" : "",
                                TEXT_PRINT(persons), persons.bytes > 0 ? "]" : "");
    int code = channel_file(&line, out_directory);
    arena_close(&arena);
    return code;
}

static const struct channel {
    const char *name;
    bool outside;
    int (*call)(const struct effect *effect, const char *out_directory);
} channels[] = {{"log", false, channel_log},
                {"file", false, channel_file},
                {"mail", true, channel_written},
                {"webhook", true, channel_written}};

static const struct channel *channel_find(struct text name)
{
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (text_is(name, channels[i].name))
            return &channels[i];
    return NULL;
}

bool channel_is_outside(struct text name)
{
    const struct channel *channel = channel_find(name);
    return channel != NULL && channel->outside;
}

int channels_carry_out(const struct effect *effect, const char *out_directory)
{
    const struct channel *channel = channel_find(effect->kind);
    if (channel != NULL)
        return channel->call(effect, out_directory);
    log_error(LOG_GENERAL, "notifications: no channel %.*s", TEXT_PRINT(effect->kind));
    return 0;
}
