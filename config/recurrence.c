/* recurrence.c - see recurrence.h.
 *
 * libical reads more than we understand (hours, other calendars) and takes some rules lightly (UNTIL with a
 * 13th month, weekday positions in a week). So the parts are checked here first, by a table; libical sees
 * only what passed. COUNT is counted here and every rule gets an UNTIL, because without one libical looks
 * for a date that never comes until far beyond our calendar. Weeks are counted here too: libical 3.0.16 skips
 * the first one of FREQ=WEEKLY;INTERVAL=2;BYDAY=SU.
 */
#include "config/recurrence.h"

#include <libical/ical.h>

enum { RECURRENCE_YEAR_MAX = 2200, RECURRENCE_PARTS_MAX = 16 };

struct recurrence_part {
    struct text key, value;
};
struct recurrence_rule {
    struct recurrence_part parts[RECURRENCE_PARTS_MAX];
    size_t parts_count;
};

/* ---- which parts there may be ---- */

enum recurrence_form { FORM_FREQ, FORM_COUNT, FORM_DATE, FORM_LIST, FORM_DAYS, FORM_WEEKDAY };
#define RECURRENCE_ALL "DAILY WEEKLY MONTHLY YEARLY"
static const struct recurrence_key {
    const char *name;
    enum recurrence_form form;
    const char *frequencies; /* with which libical gets it right */
} recurrence_keys[] = {
    {"FREQ", FORM_FREQ, RECURRENCE_ALL},         {"INTERVAL", FORM_COUNT, RECURRENCE_ALL},
    {"COUNT", FORM_COUNT, RECURRENCE_ALL},       {"UNTIL", FORM_DATE, RECURRENCE_ALL},
    {"BYMONTH", FORM_LIST, RECURRENCE_ALL},      {"BYYEARDAY", FORM_LIST, "YEARLY"},
    {"BYMONTHDAY", FORM_LIST, "MONTHLY YEARLY"}, {"BYDAY", FORM_DAYS, RECURRENCE_ALL},
    {"BYSETPOS", FORM_LIST, "MONTHLY YEARLY"},   {"WKST", FORM_WEEKDAY, RECURRENCE_ALL},
};
enum { RECURRENCE_KEYS = sizeof recurrence_keys / sizeof recurrence_keys[0] };
static const char *const recurrence_freqs[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

static struct text recurrence_value(const struct recurrence_rule *rule, const char *key)
{
    for (size_t i = 0; i < rule->parts_count; i++)
        if (text_is(rule->parts[i].key, key))
            return rule->parts[i].value;
    return TEXT_NONE;
}

static bool recurrence_is_weekday(struct text t)
{
    static const char *const days[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++)
        if (text_is(t, days[i]))
            return true;
    return false;
}

/* "20201231" */
static bool recurrence_date(struct text t, int32_t *day_out)
{
    char dashed[] = "YYYY-MM-DD";
    if (t.bytes != 8)
        return false;
    memcpy(dashed, t.at, 4);
    memcpy(dashed + 5, t.at + 4, 2);
    memcpy(dashed + 8, t.at + 6, 2);
    return civil_parse_date(text_from(dashed), day_out);
}

static bool recurrence_value_fits(enum recurrence_form form, struct text value)
{
    int64_t number;
    int32_t day;
    switch (form) {
    case FORM_COUNT:
        return text_parse_i64(value, &number) && number >= 1 && number <= RECURRENCE_COUNT_MAX;
    case FORM_DATE:
        return recurrence_date(value, &day);
    case FORM_WEEKDAY:
        return recurrence_is_weekday(value);
    default: /* FREQ has its own message; libical knows the bounds of lists */
        return value.bytes > 0;
    }
}

/* A weekday with a number (1MO, -1FR) is one of a month or year. */
static bool recurrence_has_position(struct text days)
{
    for (size_t i = 0; i < days.bytes; i++)
        if (days.at[i] >= '0' && days.at[i] <= '9')
            return true;
    return false;
}

/* ---- reading ---- */

static bool recurrence_lists(const char *words, struct text word)
{
    const char *at = words;
    while (*at != '\0') {
        size_t bytes = strcspn(at, " ");
        if (text_equal((struct text){at, bytes}, word))
            return true;
        at += bytes + (at[bytes] == ' ');
    }
    return false;
}

static bool recurrence_split(struct text text, struct recurrence_rule *rule_out, struct complaint *complaint)
{
    *rule_out = (struct recurrence_rule){.parts_count = 0};
    for (size_t at = 0; at <= text.bytes;) {
        const char *end = at < text.bytes ? memchr(text.at + at, ';', text.bytes - at) : NULL;
        size_t bytes = end != NULL ? (size_t)(end - text.at) - at : text.bytes - at;
        const char *equals = bytes > 0 ? memchr(text.at + at, '=', bytes) : NULL;
        if (equals == NULL || rule_out->parts_count == RECURRENCE_PARTS_MAX) {
            complain(complaint, "", "", "a recurrence rule is KEY=VALUE;KEY=VALUE…, such as %s",
                     "FREQ=MONTHLY;BYMONTHDAY=-1");
            return false;
        }
        size_t key_bytes = (size_t)(equals - text.at) - at;
        rule_out->parts[rule_out->parts_count++] =
            (struct recurrence_part){{text.at + at, key_bytes}, {equals + 1, bytes - key_bytes - 1}};
        at += bytes + 1;
    }
    return true;
}

static bool recurrence_freq_check(struct text freq, struct complaint *complaint)
{
    for (size_t i = 0; i < sizeof recurrence_freqs / sizeof recurrence_freqs[0]; i++)
        if (text_is(freq, recurrence_freqs[i]))
            return true;
    if (freq.bytes == 0)
        complain(complaint, "", "", "a recurrence rule needs FREQ: %s", "DAILY, WEEKLY, MONTHLY or YEARLY");
    else
        complain(complaint, "", "", "FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY, not %.*s",
                 TEXT_PRINT(freq));
    return false;
}

static bool recurrence_part_check(const struct recurrence_rule *rule, size_t index,
                                  struct complaint *complaint)
{
    const struct recurrence_part *part = &rule->parts[index];
    struct text names[RECURRENCE_KEYS], freq = recurrence_value(rule, "FREQ");
    for (size_t i = 0; i < RECURRENCE_KEYS; i++)
        names[i] = text_from(recurrence_keys[i].name);
    int found = text_nearest(part->key, names, RECURRENCE_KEYS);
    if (found < 0 || !text_equal(part->key, names[found])) {
        complain(complaint, "", "", "a recurrence rule has no part %.*s here%s%s", TEXT_PRINT(part->key),
                 found >= 0 ? "; nearest: " : "", found >= 0 ? recurrence_keys[found].name : "");
        return false;
    }
    const struct recurrence_key *key = &recurrence_keys[found];
    for (size_t i = 0; i < index; i++)
        if (text_equal(rule->parts[i].key, part->key)) {
            complain(complaint, "", "", "%s stands there twice", key->name);
            return false;
        }
    if (!recurrence_value_fits(key->form, part->value)) {
        complain(complaint, "", "", "%s cannot be \"%.*s\"%s", key->name, TEXT_PRINT(part->value),
                 key->form == FORM_DATE ? "; it is a date such as 20201231" : "");
        return false;
    }
    bool placed = key->form == FORM_DAYS && recurrence_has_position(part->value);
    if (recurrence_lists(placed ? "MONTHLY YEARLY" : key->frequencies, freq))
        return true;
    complain(complaint, "", "", "%s=%.*s does not go with FREQ=%.*s", key->name, TEXT_PRINT(part->value),
             TEXT_PRINT(freq));
    return false;
}

/* True and the rule in parts, or false with the reason. */
static bool recurrence_read(struct text text, struct recurrence_rule *rule_out, struct complaint *complaint)
{
    if (text.bytes > RECURRENCE_BYTES_MAX) {
        complain(complaint, "", "", "a recurrence rule has at most %d bytes", (int)RECURRENCE_BYTES_MAX);
        return false;
    }
    if (!recurrence_split(text, rule_out, complaint) ||
        !recurrence_freq_check(recurrence_value(rule_out, "FREQ"), complaint))
        return false;
    for (size_t i = 0; i < rule_out->parts_count; i++)
        if (!recurrence_part_check(rule_out, i, complaint))
            return false;
    if (recurrence_value(rule_out, "COUNT").bytes > 0 && recurrence_value(rule_out, "UNTIL").bytes > 0) {
        complain(complaint, "", "", "COUNT and UNTIL do not go together");
        return false;
    }
    return true;
}

/* ---- walking ---- */

struct recurrence_walk {
    struct icalrecurrencetype rule;
    icalrecur_iterator *iterator; /* NULL: libical does not take the rule, or it has no dates */
    int64_t left;                 /* dates that COUNT leaves */
    int32_t weeks;                /* WEEKLY: of so many weeks from first_day on the first counts; else 1 */
    int32_t first_day;            /* on which the week of the first day begins */
};

static struct icaltimetype recurrence_time(int32_t day)
{
    struct civil_date date = civil_date_from_day(day);
    return (struct icaltimetype){.year = date.year, .month = date.month, .day = date.day, .is_date = 1};
}

/* The day on which the week of that day begins. libical counts weekdays from Sunday as 1, we from Monday. */
static int32_t recurrence_week(const struct icalrecurrencetype *rule, int32_t day)
{
    int start = rule->week_start == ICAL_SUNDAY_WEEKDAY ? 7 : (int)rule->week_start - 1;
    return day - (civil_weekday(day) - start + 7) % 7;
}

/* libical keeps the first day's month in FREQ=YEARLY;BYMONTHDAY=15; the RFC means each month of the year. */
static void recurrence_every_month(struct icalrecurrencetype *rule)
{
    for (short month = 1; month <= 12; month++)
        rule->by_month[month - 1] = month;
    rule->by_month[12] = ICAL_RECURRENCE_ARRAY_MAX;
}

/* False with the reason if libical does not take the rule; recurrence_walk_end in either case. */
static bool recurrence_walk_begin(const struct recurrence_rule *rule, struct text text, int32_t from_day,
                                  struct recurrence_walk *walk, struct complaint *complaint)
{
    char terminated[RECURRENCE_BYTES_MAX + 1] = "";
    memcpy(terminated, text.at, text.bytes);
    *walk = (struct recurrence_walk){
        .rule = icalrecurrencetype_from_string(terminated), .left = INT64_MAX, .weeks = 1};
    if (walk->rule.freq == ICAL_NO_RECURRENCE) {
        complain(complaint, "", "", "\"%s\" is no recurrence rule of RFC 5545", terminated);
        return false;
    }
    (void)text_parse_i64(recurrence_value(rule, "COUNT"), &walk->left);
    walk->rule.count = 0;
    if (walk->rule.freq == ICAL_WEEKLY_RECURRENCE) {
        walk->weeks = walk->rule.interval;
        walk->rule.interval = 1;
        walk->first_day = recurrence_week(&walk->rule, from_day);
    }
    if (walk->rule.freq == ICAL_YEARLY_RECURRENCE && recurrence_value(rule, "BYMONTHDAY").bytes > 0 &&
        recurrence_value(rule, "BYMONTH").bytes == 0)
        recurrence_every_month(&walk->rule);
    if (icaltime_is_null_time(walk->rule.until))
        walk->rule.until = recurrence_time(civil_day_from_date(RECURRENCE_YEAR_MAX, 12, 31));
    walk->iterator = icalrecur_iterator_new(walk->rule, recurrence_time(from_day));
    return true;
}

static bool recurrence_walk_next(struct recurrence_walk *walk, int32_t *day_out)
{
    while (walk->iterator != NULL && walk->left > 0) {
        struct icaltimetype time = icalrecur_iterator_next(walk->iterator);
        if (icaltime_is_null_time(time) || time.year > RECURRENCE_YEAR_MAX)
            return false;
        *day_out = civil_day_from_date(time.year, time.month, time.day);
        if (walk->weeks > 1 && (*day_out - walk->first_day) / 7 % walk->weeks != 0)
            continue;
        walk->left--;
        return true;
    }
    return false;
}

static void recurrence_walk_end(struct recurrence_walk *walk)
{
    if (walk->iterator != NULL)
        icalrecur_iterator_free(walk->iterator);
    icalrecurrencetype_clear(&walk->rule);
}

int recurrence_check(struct text text, int32_t from_day, struct complaint *complaint)
{
    struct recurrence_rule rule;
    struct recurrence_walk walk;
    int32_t day;
    if (!recurrence_read(text, &rule, complaint))
        return RECURRENCE_E_INVALID;
    bool taken = recurrence_walk_begin(&rule, text, from_day, &walk, complaint);
    bool found = taken && recurrence_walk_next(&walk, &day);
    recurrence_walk_end(&walk);
    if (taken && !found)
        complain(complaint, "", "", "\"%.*s\" never comes to a date", TEXT_PRINT(text));
    return found ? 0 : taken ? RECURRENCE_E_NEVER : RECURRENCE_E_INVALID;
}

/* The dates on either side of `day`: last before it, first after it. */
struct recurrence_sides {
    bool has_before, has_after;
    int32_t before, after;
};

static struct recurrence_sides recurrence_around(struct text text, int32_t from_day, int32_t day)
{
    struct recurrence_sides sides = {.has_before = false};
    struct recurrence_rule rule;
    struct recurrence_walk walk;
    int32_t date;
    if (!recurrence_read(text, &rule, NULL))
        return sides;
    if (recurrence_walk_begin(&rule, text, from_day, &walk, NULL))
        while (!sides.has_after && recurrence_walk_next(&walk, &date)) {
            if (date < day)
                sides = (struct recurrence_sides){.has_before = true, .before = date};
            else if (date > day)
                sides.has_after = true, sides.after = date;
        }
    recurrence_walk_end(&walk);
    return sides;
}

bool recurrence_next(struct text rule, int32_t from_day, int32_t after_day, int32_t *day_out)
{
    struct recurrence_sides sides = recurrence_around(rule, from_day, after_day);
    *day_out = sides.after;
    return sides.has_after;
}

bool recurrence_previous(struct text rule, int32_t from_day, int32_t before_day, int32_t *day_out)
{
    struct recurrence_sides sides = recurrence_around(rule, from_day, before_day);
    *day_out = sides.before;
    return sides.has_before;
}
