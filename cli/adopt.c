/* adopt.c - see adopt.h. Ids derive from the content, so that adopting the same thing twice is one event. */
#include "cli/adopt.h"

#include <stdio.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "config/settings.h"

static struct text adopt_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return text_from(slash != NULL ? slash + 1 : path);
}

struct text adopt_path(struct arena *arena, const char *folder, const char *given)
{
    static const char end[] = ".yaml";
    size_t bytes = strlen(given);
    bool file = bytes >= sizeof end && strcmp(given + bytes - (sizeof end - 1), end) == 0;
    if (file || strchr(given, '/') != NULL || access(given, R_OK) == 0 || strcmp(given, "-") == 0)
        return text_from(given);
    return arena_printf(arena, "%.*s/%s/%s.yaml", TEXT_PRINT(settings_config_directory(arena)), folder,
                        given);
}

int adopt_read_charter(struct arena *arena, const char *path, struct findings *findings,
                       struct text *source_out, const struct charter **charter_out,
                       struct complaint *complaint)
{
    int code = file_read(arena, path, YAML_BYTES_MAX, source_out, complaint);
    if (code != 0)
        return code < 0 ? code : ADOPT_E_INPUT;
    findings_open(findings, arena, adopt_last_part(path));
    *charter_out = charter_compile(arena, *source_out, adopt_last_part(path), findings);
    return 0;
}

int adopt_read_calendar(struct arena *arena, const char *path, struct findings *findings,
                        const struct calendar **calendar_out, struct complaint *complaint)
{
    struct text source;
    int code = file_read(arena, path, YAML_BYTES_MAX, &source, complaint);
    if (code != 0)
        return code < 0 ? code : ADOPT_E_INPUT;
    findings_open(findings, arena, adopt_last_part(path));
    *calendar_out = calendar_compile(arena, source, findings);
    return 0;
}

static struct text adopt_id(struct arena *arena, const char *kind, struct text name, const struct doc *data)
{
    struct buffer encoded;
    char hex[DIGEST_HEX_BYTES];
    buffer_open(&encoded, 1 << 20);
    doc_encode(data, &encoded);
    struct digest digest = digest_of(buffer_view(&encoded));
    buffer_close(&encoded);
    digest_hex(&digest, hex);
    return arena_printf(arena, "%s-%.*s-%.16s", kind, (int)(name.bytes < 60 ? name.bytes : 60), name.at, hex);
}

static struct event adopt_event(struct arena *arena, enum event_kind kind, const char *prefix,
                                struct text name, struct doc *data)
{
    return (struct event){.id = adopt_id(arena, prefix, name, data),
                          .source = TEXT("/dubanctl"),
                          .type = &event_types[kind],
                          .type_name = text_from(event_types[kind].name),
                          .time_us = CIVIL_NEVER_US,
                          .data = data};
}

void adopt_charter_event(struct arena *arena, const struct charter *charter, struct text source,
                         struct event *event_out)
{
    struct doc *data = doc_new(arena);
    doc_set_text(data, FIELD_NAME, charter->name);
    doc_set_text(data, FIELD_FILE, charter->file);
    doc_set_text(data, FIELD_TEXT, source);
    *event_out = adopt_event(arena, EVENT_CHARTER_ADOPTED, "charter", charter->name, data);
    event_out->charter = charter->name;
}

void adopt_notice_event(struct arena *arena, const struct calendar *calendar, const struct notice *notice,
                        struct event *event_out)
{
    struct doc *data = doc_new(arena);
    doc_set_text(data, FIELD_CALENDAR, calendar->name);
    doc_set_text(data, FIELD_NOTICE, notice->name);
    doc_set_date(data, FIELD_PUBLISHED, notice->published_day);
    if (notice->title.bytes > 0)
        doc_set_text(data, FIELD_TITLE, notice->title);
    for (size_t i = 0; i < notice->off_count; i++)
        doc_add_date(data, FIELD_OFF, notice->off[i]);
    for (size_t i = 0; i < notice->work_count; i++)
        doc_add_date(data, FIELD_WORK, notice->work[i]);
    *event_out = adopt_event(arena, EVENT_CALENDAR_AMENDED, "calendar", calendar->name, data);
}

size_t adopt_calendar_events(struct arena *arena, const struct calendar *calendar, int32_t after_day,
                             int32_t known_day, struct event **events_out)
{
    struct event *events = arena_alloc(arena, sizeof *events * (calendar->notices_count + 1));
    struct doc *data = doc_new(arena);
    size_t count = 0;
    doc_set_text(data, FIELD_CALENDAR, calendar->name);
    doc_set_text(data, FIELD_TEXT, calendar_base_text(arena, calendar));
    if (after_day == INT32_MIN)
        events[count++] = adopt_event(arena, EVENT_CALENDAR_PUBLISHED, "calendar", calendar->name, data);
    for (size_t i = 0; i < calendar->notices_count; i++)
        if (calendar->notices[i].published_day > after_day && calendar->notices[i].published_day <= known_day)
            adopt_notice_event(arena, calendar, &calendar->notices[i], &events[count++]);
    *events_out = events;
    return count;
}
