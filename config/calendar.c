/* calendar.c - working calendars: read, amended, asked about a day as it was known on another.
 *
 * Invariants: notices stand in order of publication, then name; each notice's days are ascending and no day
 * is both off and worked; at least one weekday works. So the verdict about a day is the last known notice
 * that names it, found by bisection, else the week.
 */
#include "config/calendar.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "config/yaml_read.h"

enum { CALENDAR_NOTICE_DAYS_MAX = LIST_COUNT_MAX };

static const char *const calendar_weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

/* ---- asking ---- */

static bool calendar_days_have(const int32_t *days, size_t count, int32_t day)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && days[low] == day;
}

static bool calendar_year_announced(const struct calendar *calendar, int year, int32_t known_day)
{
    for (size_t i = 0; i < calendar->notices_count && calendar->notices[i].published_day <= known_day; i++)
        if (calendar->notices[i].main_year == year)
            return true;
    return false;
}

struct day_verdict calendar_day(const struct calendar *calendar, int32_t day, int32_t known_day)
{
    for (size_t i = calendar->notices_count; i-- > 0;) {
        const struct notice *notice = &calendar->notices[i];
        if (notice->published_day > known_day)
            continue;
        if (calendar_days_have(notice->off, notice->off_count, day))
            return (struct day_verdict){.works = false, .notice = notice};
        if (calendar_days_have(notice->work, notice->work_count, day))
            return (struct day_verdict){.works = true, .notice = notice};
    }
    return (struct day_verdict){
        .works = (calendar->week >> (civil_weekday(day) - 1) & 1U) != 0,
        .provisional = calendar->announced_yearly &&
                       !calendar_year_announced(calendar, civil_date_from_day(day).year, known_day)};
}

int calendar_working_days_between(const struct calendar *calendar, int32_t from_day, int32_t to_day,
                                  int32_t known_day)
{
    int count = 0;
    for (int32_t day = from_day; day < to_day;)
        count += calendar_day(calendar, ++day, known_day).works;
    return count;
}

/* ---- building ---- */

static int calendar_day_compare(const void *a, const void *b)
{
    int32_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Sorted copy without repeats. */
static const int32_t *calendar_days_copy(struct arena *arena, const int32_t *days, size_t *count)
{
    int32_t *copy = arena_alloc(arena, (*count + 1) * sizeof *copy);
    if (*count == 0)
        return copy;
    memcpy(copy, days, *count * sizeof *copy);
    qsort(copy, *count, sizeof *copy, calendar_day_compare);
    size_t kept = 1;
    for (size_t i = 1; i < *count; i++)
        if (copy[i] != copy[kept - 1])
            copy[kept++] = copy[i];
    *count = kept;
    return copy;
}

static int calendar_year_at(const struct notice *notice, size_t index)
{
    int32_t day = index < notice->off_count ? notice->off[index] : notice->work[index - notice->off_count];
    return civil_date_from_day(day).year;
}

/* The year of most of its days; the earlier one of two with as many. */
static int calendar_main_year(const struct notice *notice)
{
    int best = 0;
    size_t best_count = 0, count = notice->off_count + notice->work_count;
    for (size_t i = 0; i < count; i++) {
        int year = calendar_year_at(notice, i);
        size_t same = 0;
        for (size_t k = 0; k < count; k++)
            same += calendar_year_at(notice, k) == year;
        if (same > best_count || (same == best_count && year < best)) {
            best = year;
            best_count = same;
        }
    }
    return best;
}

static struct notice calendar_notice_copy(struct arena *arena, const struct notice *from)
{
    struct notice to = {.name = arena_text_copy(arena, from->name),
                        .title = arena_text_copy(arena, from->title),
                        .published_day = from->published_day,
                        .off_count = from->off_count,
                        .work_count = from->work_count};
    to.off = calendar_days_copy(arena, from->off, &to.off_count);
    to.work = calendar_days_copy(arena, from->work, &to.work_count);
    to.main_year = from->main_year != 0 ? from->main_year : calendar_main_year(&to);
    return to;
}

static bool calendar_notice_contradicts(const struct notice *notice, int32_t *day_out)
{
    for (size_t i = 0; i < notice->work_count; i++)
        if (calendar_days_have(notice->off, notice->off_count, notice->work[i])) {
            *day_out = notice->work[i];
            return true;
        }
    return false;
}

static int calendar_notice_order(const struct notice *a, const struct notice *b)
{
    if (a->published_day != b->published_day)
        return a->published_day < b->published_day ? -1 : 1;
    return text_compare(a->name, b->name);
}

static void calendar_notice_insert(struct notice *notices, size_t *count, const struct notice *added)
{
    size_t at = *count;
    while (at > 0 && calendar_notice_order(added, &notices[at - 1]) < 0) {
        notices[at] = notices[at - 1];
        at--;
    }
    notices[at] = *added;
    ++*count;
}

const struct calendar *calendar_with_notice(struct arena *arena, const struct calendar *calendar,
                                            const struct notice *notice)
{
    struct notice added = calendar_notice_copy(arena, notice);
    int32_t day;
    if (calendar_notice_contradicts(&added, &day))
        return NULL;
    struct notice *notices = arena_alloc(arena, (calendar->notices_count + 1) * sizeof *notices);
    size_t count = 0;
    for (size_t i = 0; i < calendar->notices_count; i++)
        if (!text_equal(calendar->notices[i].name, added.name))
            notices[count++] = calendar_notice_copy(arena, &calendar->notices[i]);
    if (count == CALENDAR_NOTICES_MAX)
        return NULL;
    calendar_notice_insert(notices, &count, &added);
    struct calendar *copy = arena_alloc(arena, sizeof *copy);
    *copy = *calendar;
    copy->name = arena_text_copy(arena, calendar->name);
    copy->title = arena_text_copy(arena, calendar->title);
    copy->notices = notices;
    copy->notices_count = count;
    return copy;
}

/* ---- reading ---- */

/* "2020-01-24" or "2020-01-24..2020-01-30"; 0 if malformed. */
static size_t calendar_range_parse(struct text t, int32_t *from_out, int32_t *to_out)
{
    const size_t date_bytes = 10, range_bytes = 22;
    if (t.bytes == date_bytes && civil_parse_date(t, from_out)) {
        *to_out = *from_out;
        return 1;
    }
    if (t.bytes != range_bytes || memcmp(t.at + date_bytes, "..", 2) != 0 ||
        !civil_parse_date((struct text){t.at, date_bytes}, from_out) ||
        !civil_parse_date((struct text){t.at + date_bytes + 2, date_bytes}, to_out) || *to_out < *from_out)
        return 0;
    return (size_t)(*to_out - *from_out) + 1;
}

static const int32_t *calendar_days_read(const struct yaml_reader *reader, const char *key, size_t *count_out)
{
    struct findings *findings = reader->findings;
    int32_t *days = arena_alloc(findings->arena, CALENDAR_NOTICE_DAYS_MAX * sizeof *days);
    const struct yaml_node *list = yaml_read_list(reader, key, YAML_MAY);
    *count_out = 0;
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        int32_t from = 0, to = 0;
        size_t count = calendar_range_parse(list->items[i]->scalar, &from, &to);
        if (count == 0 || count > CALENDAR_NOTICE_DAYS_MAX - *count_out) {
            finding_add(findings, SEVERITY_ERROR, list->items[i]->place, yaml_path_item(reader, key, i),
                        count == 0 ? "\"%.*s\" is no real date or range of dates (2020-01-24..2020-01-30)"
                                   : "\"%.*s\" makes more days than one notice may have",
                        TEXT_PRINT(list->items[i]->scalar));
            continue;
        }
        for (int32_t day = from; day <= to; day++)
            days[(*count_out)++] = day;
    }
    return days;
}

static bool calendar_notice_read(const struct yaml_reader *reader, struct notice *out)
{
    static const char *const known[] = {"notice", "title", "published", "off", "work", NULL};
    struct findings *findings = reader->findings;
    struct notice notice = {.title = TEXT("")};
    int32_t day;
    size_t errors = findings->errors;
    yaml_check_keys(reader->map, known, reader->path, findings);
    (void)yaml_read_text(reader, "notice", YAML_NEED, &notice.name);
    (void)yaml_read_text(reader, "title", YAML_MAY, &notice.title);
    (void)yaml_read_date(reader, "published", YAML_NEED, &notice.published_day);
    notice.off = calendar_days_read(reader, "off", &notice.off_count);
    notice.work = calendar_days_read(reader, "work", &notice.work_count);
    *out = calendar_notice_copy(findings->arena, &notice);
    if (calendar_notice_contradicts(out, &day)) {
        char date[CIVIL_TEXT_BYTES];
        finding_add(findings, SEVERITY_ERROR, reader->map->place, reader->path,
                    "%s stands in both \"off\" and \"work\"", civil_format_date(day, date));
    }
    return findings->errors == errors;
}

static bool calendar_notice_is_new(const struct yaml_reader *reader, const struct notice *notices,
                                   size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(notices[i].name, name)) {
            finding_add(reader->findings, SEVERITY_ERROR, reader->map->place, reader->path,
                        "notice \"%.*s\" stands here twice", TEXT_PRINT(name));
            return false;
        }
    return true;
}

static void calendar_notices_read(const struct yaml_reader *reader, struct calendar *calendar)
{
    const struct yaml_node *list = yaml_read_list(reader, "notices", YAML_MAY);
    if (list == NULL)
        return;
    if (list->count > CALENDAR_NOTICES_MAX) {
        finding_add(reader->findings, SEVERITY_ERROR, list->place, yaml_path_key(reader, "notices"),
                    "more than %d notices", (int)CALENDAR_NOTICES_MAX);
        return;
    }
    struct notice *notices = arena_alloc(reader->findings->arena, (list->count + 1) * sizeof *notices);
    for (size_t i = 0; i < list->count; i++) {
        struct yaml_reader inner = {list->items[i], yaml_path_item(reader, "notices", i), reader->findings};
        struct notice notice;
        if (calendar_notice_read(&inner, &notice) &&
            calendar_notice_is_new(&inner, notices, calendar->notices_count, notice.name))
            calendar_notice_insert(notices, &calendar->notices_count, &notice);
    }
    calendar->notices = notices;
}

static unsigned calendar_week_read(const struct yaml_reader *reader)
{
    const struct text *names;
    size_t count;
    unsigned week = 0;
    if (!yaml_read_names(reader, "week", YAML_NEED, &names, &count))
        return 0;
    for (size_t i = 0; i < count; i++) {
        unsigned bit = 0;
        while (calendar_weekdays[bit] != NULL && !text_is(names[i], calendar_weekdays[bit]))
            bit++;
        if (calendar_weekdays[bit] == NULL)
            finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "week")->place,
                        yaml_path_item(reader, "week", i), "\"%.*s\" is no weekday (mon … sun)",
                        TEXT_PRINT(names[i]));
        else
            week |= 1U << bit;
    }
    if (week == 0)
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "week")->place,
                    yaml_path_key(reader, "week"), "at least one weekday must work");
    return week;
}

/* "09:00-17:00" */
static void calendar_hours_read(const struct yaml_reader *reader, struct calendar *calendar)
{
    const size_t clock_bytes = 5;
    struct text t;
    if (!yaml_read_text(reader, "hours", YAML_NEED, &t))
        return;
    if (t.bytes == 2 * clock_bytes + 1 && t.at[clock_bytes] == '-' &&
        civil_parse_clock((struct text){t.at, clock_bytes}, &calendar->opens) &&
        civil_parse_clock((struct text){t.at + clock_bytes + 1, clock_bytes}, &calendar->closes) &&
        calendar->opens < calendar->closes)
        return;
    finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "hours")->place,
                yaml_path_key(reader, "hours"), "\"hours\" must be such as 09:00-17:00, not \"%.*s\"",
                TEXT_PRINT(t));
}

static void calendar_zone_read(const struct yaml_reader *reader, struct calendar *calendar)
{
    struct text t;
    if (yaml_read_text(reader, "zone", YAML_NEED, &t) && !civil_parse_zone(t, &calendar->zone))
        finding_add(reader->findings, SEVERITY_ERROR, yaml_get(reader->map, "zone")->place,
                    yaml_path_key(reader, "zone"), "\"zone\" must be such as +08:00, not \"%.*s\"",
                    TEXT_PRINT(t));
}

const struct calendar *calendar_compile(struct arena *arena, struct text source, struct findings *findings)
{
    static const char *const known[] = {"calendar",         "title",   "zone", "week", "hours",
                                        "announced_yearly", "notices", NULL};
    const struct yaml_node *root;
    if (yaml_parse(arena, source, findings, &root) != 0)
        return NULL;
    if (root->kind != YAML_MAP) {
        finding_add(findings, SEVERITY_ERROR, root->place, TEXT(""), "a calendar must be a map");
        return NULL;
    }
    size_t errors = findings->errors;
    struct yaml_reader reader = {root, TEXT(""), findings};
    struct calendar *calendar = arena_alloc(arena, sizeof *calendar);
    yaml_check_keys(root, known, TEXT(""), findings);
    (void)yaml_read_text(&reader, "calendar", YAML_NEED, &calendar->name);
    calendar->title = TEXT("");
    (void)yaml_read_text(&reader, "title", YAML_MAY, &calendar->title);
    calendar_zone_read(&reader, calendar);
    calendar->week = calendar_week_read(&reader);
    calendar_hours_read(&reader, calendar);
    (void)yaml_read_bool(&reader, "announced_yearly", &calendar->announced_yearly);
    calendar_notices_read(&reader, calendar);
    return findings->errors == errors ? calendar : NULL;
}

/* ---- writing ---- */

/* As a YAML scalar in single quotes, so that every title reads back as it was. */
static struct text calendar_quoted(struct arena *arena, struct text t)
{
    char *out = arena_alloc(arena, 2 * t.bytes + 3);
    size_t bytes = 0;
    out[bytes++] = '\'';
    for (size_t i = 0; i < t.bytes; i++) {
        if (t.at[i] == '\'')
            out[bytes++] = '\'';
        out[bytes++] = t.at[i];
    }
    out[bytes++] = '\'';
    return (struct text){out, bytes};
}

struct text calendar_base_text(struct arena *arena, const struct calendar *calendar)
{
    char week[64] = "";
    size_t bytes = 0;
    for (unsigned bit = 0; calendar_weekdays[bit] != NULL; bit++)
        if ((calendar->week >> bit & 1U) != 0)
            bytes += (size_t)snprintf(week + bytes, sizeof week - bytes, "%s%s", bytes > 0 ? ", " : "",
                                      calendar_weekdays[bit]);
    int zone = calendar->zone, away = zone < 0 ? -zone : zone;
    struct text title = calendar_quoted(arena, calendar->title);
    return arena_printf(
        arena,
        "calendar: %.*s\n%s%.*s%szone: '%c%02d:%02d'\nweek: [%s]\nhours: "
        "'%02d:%02d-%02d:%02d'\nannounced_yearly: %s\n",
        TEXT_PRINT(calendar_quoted(arena, calendar->name)), calendar->title.bytes > 0 ? "title: " : "",
        calendar->title.bytes > 0 ? (int)title.bytes : 0, title.at, calendar->title.bytes > 0 ? "\n" : "",
        zone < 0 ? '-' : '+', away / 60, away % 60, week, calendar->opens / 60, calendar->opens % 60,
        calendar->closes / 60, calendar->closes % 60, calendar->announced_yearly ? "true" : "false");
}
