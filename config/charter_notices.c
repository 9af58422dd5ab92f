/* charter_notices.c - who is told of what, by which channel, and when: the section `notices`. */
#include "config/charter_source.h"

#include "proto/event.h"

/* A type, or the first segments of one. */
static bool charter_event_is_known(struct text event)
{
    if (event_type_find(event, NULL) != NULL)
        return true;
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++) {
        struct text name = text_from(event_types[i].name);
        if (name.bytes > event.bytes && name.at[event.bytes] == '.' && text_starts_with(name, event))
            return true;
    }
    return false;
}

static void charter_notice_event_check(struct charter_source *source, const struct yaml_reader *reader,
                                       struct text event)
{
    if (charter_event_is_known(event))
        return;
    struct text names[EVENT_KIND_COUNT];
    for (size_t i = 0; i < EVENT_KIND_COUNT; i++)
        names[i] = text_from(event_types[i].name);
    charter_unknown(source, yaml_get(reader->map, "event")->place, yaml_path_key(reader, "event"),
                    "event type", event, names, EVENT_KIND_COUNT);
}

static void charter_notice_to_check(struct charter_source *source, const struct yaml_reader *reader,
                                    struct names to)
{
    static const char *const words[] = {"heads",  "lead-units", "responsible-units", "office", "unit", "who",
                                        "raiser", "posts",      "supervisors"};
    enum { WORDS = sizeof words / sizeof words[0] };
    const struct charter *charter = source->charter;
    struct text *known = arena_alloc(source->arena, (WORDS + charter->posts_count) * sizeof *known);
    for (size_t i = 0; i < WORDS + charter->posts_count; i++)
        known[i] = i < WORDS ? text_from(words[i]) : charter->posts[i - WORDS].id;
    for (size_t i = 0; i < to.count; i++) {
        bool found = false;
        for (size_t k = 0; k < WORDS + charter->posts_count && !found; k++)
            found = text_equal(known[k], to.at[i]);
        if (text_is(to.at[i], "office") && charter_office_level(charter, NULL) == NULL)
            finding_add(source->findings, SEVERITY_ERROR, charter_item_place(reader, "to", i),
                        yaml_path_item(reader, "to", i),
                        "there is no office: no level decides, and \"tasklist\" names none");
        if (!found)
            charter_unknown(source, charter_item_place(reader, "to", i), yaml_path_item(reader, "to", i),
                            "addressee", to.at[i], known, WORDS + charter->posts_count);
    }
}

/* People at work are told at once; a letter or another office's system may wait until they are. */
static enum notice_when charter_notice_when(const struct yaml_reader *item, struct text channel)
{
    static const char *const words[] = {[NOTICE_AT_ONCE] = "at-once",
                                        [NOTICE_WORKING_HOURS] = "working-hours",
                                        [NOTICE_DIGEST] = "digest",
                                        [NOTICE_DIGEST + 1] = NULL};
    int word = yaml_read_word(item, "when", YAML_MAY, words);
    if (word >= 0)
        return (enum notice_when)word;
    return text_is(channel, "log") || text_is(channel, "file") ? NOTICE_AT_ONCE : NOTICE_WORKING_HOURS;
}

static void charter_notice_read(struct charter_source *source, const struct yaml_reader *item,
                                struct notice_rule *notice)
{
    static const char *const known[] = {"event", "to", "channel", "when", "clause", "default", NULL};
    static const char *const channels[] = {"log", "file", "mail", "webhook", NULL};
    yaml_check_keys(item->map, known, item->path, item->findings);
    if (yaml_read_text(item, "event", YAML_NEED, &notice->event))
        charter_notice_event_check(source, item, notice->event);
    notice->to = charter_names(item, "to", YAML_NEED);
    charter_notice_to_check(source, item, notice->to);
    int channel = yaml_read_word(item, "channel", YAML_MAY, channels);
    notice->channel = text_from(channels[channel > 0 ? channel : 0]);
    notice->when = charter_notice_when(item, notice->channel);
    notice->rule =
        charter_rule(source, item, arena_printf(source->arena, "notices.%.*s", TEXT_PRINT(notice->event)));
}

void charter_notices_read(struct charter_source *source)
{
    const struct yaml_node *list = charter_list(&source->root, "notices", YAML_MAY);
    size_t count = list != NULL ? list->count : 0;
    struct notice_rule *notices = arena_alloc(source->arena, (count + 1) * sizeof *notices);
    for (size_t i = 0; i < count; i++) {
        struct yaml_reader item = charter_item(&source->root, "notices", list, i);
        charter_notice_read(source, &item, &notices[i]);
    }
    source->charter->notices = notices;
    source->charter->notices_count = count;
}
