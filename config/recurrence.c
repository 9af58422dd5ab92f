/* recurrence.c - see recurrence.h.
 *
 * A rule is read into the numbers that each day must have; a walk goes from period to period (day, week,
 * month, year) and asks each day of it. That no day ever fits is found out in some milliseconds.
 */
#include "config/recurrence.h"

enum {
    RECURRENCE_YEAR_MAX = 2200,
    RECURRENCE_PARTS_MAX = 16,
    RECURRENCE_LIST_MAX = RECURRENCE_BYTES_MAX / 2,
    RECURRENCE_PERIOD_MAX = 366
};

enum recurrence_freq { FREQ_DAILY, FREQ_WEEKLY, FREQ_MONTHLY, FREQ_YEARLY };
static const char *const recurrence_freqs[] = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
static const char *const recurrence_weekdays[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

struct recurrence_part {
    struct text key, value;
};
/* Numbers of a list. Those of BYDAY: the weekday (1 = Monday), and in place the n of "nth of its month". */
struct recurrence_list {
    size_t count;
    int at[RECURRENCE_LIST_MAX], place[RECURRENCE_LIST_MAX];
};
struct recurrence_rule {
    struct recurrence_part parts[RECURRENCE_PARTS_MAX];
    size_t parts_count;
    enum recurrence_freq freq;
    int64_t interval, count;
    int32_t from_day, until_day;
    int week_start;
    struct recurrence_list months, year_days, month_days, weekdays, positions;
};

/* ---- which parts there may be ---- */

enum recurrence_form { FORM_FREQ, FORM_COUNT, FORM_DATE, FORM_LIST, FORM_DAYS, FORM_WEEKDAY };
#define RECURRENCE_ALL "DAILY WEEKLY MONTHLY YEARLY"
static const struct recurrence_key {
    const char *name;
    enum recurrence_form form;
    const char *frequencies; /* with which it goes */
    int low, high;           /* FORM_LIST: what its numbers are; never 0 */
} recurrence_keys[] = {
    {"FREQ", FORM_FREQ, RECURRENCE_ALL, 0, 0},
    {"INTERVAL", FORM_COUNT, RECURRENCE_ALL, 0, 0},
    {"COUNT", FORM_COUNT, RECURRENCE_ALL, 0, 0},
    {"UNTIL", FORM_DATE, RECURRENCE_ALL, 0, 0},
    {"BYMONTH", FORM_LIST, RECURRENCE_ALL, 1, 12},
    {"BYYEARDAY", FORM_LIST, "YEARLY", -366, 366},
    {"BYMONTHDAY", FORM_LIST, "MONTHLY YEARLY", -31, 31},
    {"BYDAY", FORM_DAYS, RECURRENCE_ALL, -53, 53},
    {"BYSETPOS", FORM_LIST, "MONTHLY YEARLY", -366, 366},
    {"WKST", FORM_WEEKDAY, RECURRENCE_ALL, 0, 0},
};
enum { RECURRENCE_KEYS = sizeof recurrence_keys / sizeof recurrence_keys[0] };

static struct text recurrence_value(const struct recurrence_rule *rule, const char *key)
{
    for (size_t i = 0; i < rule->parts_count; i++)
        if (text_is(rule->parts[i].key, key))
            return rule->parts[i].value;
    return TEXT_NONE;
}

/* 1 = Monday; 0 if it is none. */
static int recurrence_weekday(struct text t)
{
    for (int i = 0; i < 7; i++)
        if (text_is(t, recurrence_weekdays[i]))
            return i + 1;
    return 0;
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

/* "-1" within the key's bounds; "2SU", "SU" where it is a list of weekdays. */
static bool recurrence_item(const struct recurrence_key *key, struct text item, int *at_out, int *place_out)
{
    int64_t number = 0;
    size_t letters = key->form != FORM_DAYS || item.bytes < 2 ? 0 : 2;
    struct text digits = {item.at, item.bytes - letters};
    *at_out = letters > 0 ? recurrence_weekday((struct text){item.at + digits.bytes, letters}) : 0;
    if (digits.bytes > 0 && digits.at[0] == '+')
        digits = (struct text){digits.at + 1, digits.bytes - 1};
    if (digits.bytes > 0 || letters == 0)
        if (!text_parse_i64(digits, &number) || number == 0 || number < key->low || number > key->high)
            return false;
    if (letters == 0)
        *at_out = (int)number;
    *place_out = (int)number;
    return *at_out != 0;
}

/* "1,-1", "MO,2SU"; false if an item is none. */
static bool recurrence_items(const struct recurrence_key *key, struct text value, struct recurrence_list *out)
{
    out->count = 0;
    for (size_t at = 0; at <= value.bytes;) {
        const char *comma = at < value.bytes ? memchr(value.at + at, ',', value.bytes - at) : NULL;
        size_t end = comma != NULL ? (size_t)(comma - value.at) : value.bytes;
        struct text item = {value.at + at, end - at};
        if (out->count == RECURRENCE_LIST_MAX ||
            !recurrence_item(key, item, &out->at[out->count], &out->place[out->count]))
            return false;
        out->count++;
        at = end + 1;
    }
    return true;
}

static bool recurrence_value_fits(const struct recurrence_key *key, struct text value)
{
    int64_t number;
    int32_t day;
    struct recurrence_list list;
    switch (key->form) {
    case FORM_COUNT:
        return text_parse_i64(value, &number) && number >= 1 && number <= RECURRENCE_COUNT_MAX;
    case FORM_DATE:
        return recurrence_date(value, &day);
    case FORM_WEEKDAY:
        return recurrence_weekday(value) != 0;
    case FORM_LIST:
    case FORM_DAYS:
        return recurrence_items(key, value, &list);
    default: /* FREQ has its own message */
        return true;
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
    rule_out->parts_count = 0;
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
    if (recurrence_lists(RECURRENCE_ALL, freq))
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
    if (!recurrence_value_fits(key, part->value)) {
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

static const struct recurrence_key *recurrence_key(const char *name)
{
    for (size_t i = 0; i < RECURRENCE_KEYS; i++)
        if (strcmp(recurrence_keys[i].name, name) == 0)
            return &recurrence_keys[i];
    return NULL;
}

static void recurrence_list_read(const struct recurrence_rule *rule, const char *key,
                                 struct recurrence_list *out)
{
    struct text value = recurrence_value(rule, key);
    out->count = 0;
    if (value.bytes > 0)
        (void)recurrence_items(recurrence_key(key), value, out);
}

static void recurrence_list_one(struct recurrence_list *out, int value)
{
    out->count = 1;
    out->at[0] = value;
    out->place[0] = 0;
}

/* RFC 5545: what the rule does not say of its days, the first day says. */
static void recurrence_fill_in(struct recurrence_rule *rule)
{
    struct civil_date from = civil_date_from_day(rule->from_day);
    bool says_day = rule->weekdays.count > 0 || rule->month_days.count > 0 || rule->year_days.count > 0;
    if (says_day || rule->freq == FREQ_DAILY)
        return;
    if (rule->freq == FREQ_WEEKLY) {
        recurrence_list_one(&rule->weekdays, civil_weekday(rule->from_day));
        return;
    }
    recurrence_list_one(&rule->month_days, from.day);
    if (rule->freq == FREQ_YEARLY && rule->months.count == 0)
        recurrence_list_one(&rule->months, from.month);
}

static void recurrence_take(struct recurrence_rule *rule, int32_t from_day)
{
    int week_start = recurrence_weekday(recurrence_value(rule, "WKST"));
    rule->from_day = from_day;
    rule->interval = 1;
    rule->count = INT64_MAX;
    rule->until_day = civil_day_from_date(RECURRENCE_YEAR_MAX, 12, 31);
    rule->week_start = week_start > 0 ? week_start : 1;
    for (int i = 0; i <= FREQ_YEARLY; i++)
        if (text_is(recurrence_value(rule, "FREQ"), recurrence_freqs[i]))
            rule->freq = (enum recurrence_freq)i;
    (void)text_parse_i64(recurrence_value(rule, "INTERVAL"), &rule->interval);
    (void)text_parse_i64(recurrence_value(rule, "COUNT"), &rule->count);
    (void)recurrence_date(recurrence_value(rule, "UNTIL"), &rule->until_day);
    recurrence_list_read(rule, "BYMONTH", &rule->months);
    recurrence_list_read(rule, "BYYEARDAY", &rule->year_days);
    recurrence_list_read(rule, "BYMONTHDAY", &rule->month_days);
    recurrence_list_read(rule, "BYDAY", &rule->weekdays);
    recurrence_list_read(rule, "BYSETPOS", &rule->positions);
    recurrence_fill_in(rule);
}

/* True and the rule, or false with the reason. */
static bool recurrence_read(struct text text, int32_t from_day, struct recurrence_rule *rule_out,
                            struct complaint *complaint)
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
    recurrence_take(rule_out, from_day);
    return true;
}

/* ---- days ---- */

struct recurrence_span {
    int32_t first, last;
};

static struct recurrence_span recurrence_month(struct civil_date date)
{
    int32_t first = civil_day_from_date(date.year, date.month, 1);
    return (struct recurrence_span){first, first + civil_days_in_month(date.year, date.month) - 1};
}

static struct recurrence_span recurrence_year(struct civil_date date)
{
    return (struct recurrence_span){civil_day_from_date(date.year, 1, 1),
                                    civil_day_from_date(date.year, 12, 31)};
}

/* The period of the rule in which that day lies. */
static struct recurrence_span recurrence_period(const struct recurrence_rule *rule, int32_t day)
{
    int32_t monday = day - (civil_weekday(day) - rule->week_start + 7) % 7;
    switch (rule->freq) {
    case FREQ_DAILY:
        return (struct recurrence_span){day, day};
    case FREQ_WEEKLY:
        return (struct recurrence_span){monday, monday + 6};
    case FREQ_MONTHLY:
        return recurrence_month(civil_date_from_day(day));
    default:
        return recurrence_year(civil_date_from_day(day));
    }
}

/* How many periods lie between two first days of periods. */
static int32_t recurrence_steps(const struct recurrence_rule *rule, int32_t from, int32_t to)
{
    struct civil_date a = civil_date_from_day(from), b = civil_date_from_day(to);
    int32_t years = b.year - a.year;
    switch (rule->freq) {
    case FREQ_DAILY:
        return to - from;
    case FREQ_WEEKLY:
        return (to - from) / 7;
    case FREQ_MONTHLY:
        return years * 12 + b.month - a.month;
    default:
        return years;
    }
}

/* An empty list says nothing; numbers below 0 count from the end of the span. */
static bool recurrence_has(const struct recurrence_list *list, struct recurrence_span span, int32_t day)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i] == day - span.first + 1 || list->at[i] == day - span.last - 1)
            return true;
    return list->count == 0;
}

/* A weekday with a number counts in its month, or in its year if a rule of years names no month. */
static bool recurrence_has_weekday(const struct recurrence_rule *rule, struct civil_date date, int32_t day)
{
    struct recurrence_span span =
        rule->freq == FREQ_YEARLY && rule->months.count == 0 ? recurrence_year(date) : recurrence_month(date);
    for (size_t i = 0; i < rule->weekdays.count; i++) {
        int place = rule->weekdays.place[i];
        if (rule->weekdays.at[i] == civil_weekday(day) &&
            (place == 0 || place == (day - span.first) / 7 + 1 || place == -((span.last - day) / 7 + 1)))
            return true;
    }
    return rule->weekdays.count == 0;
}

static bool recurrence_names(const struct recurrence_rule *rule, int32_t day)
{
    struct civil_date date = civil_date_from_day(day);
    bool in_month = rule->months.count == 0;
    for (size_t i = 0; i < rule->months.count; i++)
        in_month = in_month || rule->months.at[i] == date.month;
    return in_month && recurrence_has(&rule->month_days, recurrence_month(date), day) &&
           recurrence_has(&rule->year_days, recurrence_year(date), day) &&
           recurrence_has_weekday(rule, date, day);
}

/* ---- walking ---- */

struct recurrence_walk {
    const struct recurrence_rule *rule;
    int32_t next;                         /* the first day of the next period */
    int64_t left;                         /* dates that COUNT leaves */
    int32_t dates[RECURRENCE_PERIOD_MAX]; /* of the period, up to count */
    size_t count, at;
};

static void recurrence_walk_begin(const struct recurrence_rule *rule, struct recurrence_walk *walk)
{
    walk->rule = rule;
    walk->next = recurrence_period(rule, rule->from_day).first;
    walk->left = rule->count;
    walk->count = walk->at = 0;
}

/* BYSETPOS: of the period's dates those at these places. */
static void recurrence_walk_choose(struct recurrence_walk *walk)
{
    struct recurrence_span places = {1, (int32_t)walk->count};
    size_t kept = 0;
    for (size_t i = 0; i < walk->count; i++)
        if (recurrence_has(&walk->rule->positions, places, (int32_t)i + 1))
            walk->dates[kept++] = walk->dates[i];
    walk->count = kept;
}

static void recurrence_walk_period(struct recurrence_walk *walk)
{
    const struct recurrence_rule *rule = walk->rule;
    struct recurrence_span first = recurrence_period(rule, rule->from_day),
                           span = recurrence_period(rule, walk->next);
    walk->next = span.last + 1;
    walk->count = walk->at = 0;
    if (recurrence_steps(rule, first.first, span.first) % rule->interval != 0)
        return;
    for (int32_t day = span.first; day <= span.last; day++)
        if (recurrence_names(rule, day))
            walk->dates[walk->count++] = day;
    recurrence_walk_choose(walk);
}

static bool recurrence_walk_next(struct recurrence_walk *walk, int32_t *day_out)
{
    while (walk->left > 0) {
        while (walk->at < walk->count) {
            *day_out = walk->dates[walk->at++];
            if (*day_out < walk->rule->from_day)
                continue;
            walk->left--;
            return *day_out <= walk->rule->until_day;
        }
        if (walk->next > walk->rule->until_day)
            return false;
        recurrence_walk_period(walk);
    }
    return false;
}

int recurrence_check(struct text text, int32_t from_day, struct complaint *complaint)
{
    struct recurrence_rule rule;
    struct recurrence_walk walk;
    int32_t day;
    if (!recurrence_read(text, from_day, &rule, complaint))
        return RECURRENCE_E_INVALID;
    recurrence_walk_begin(&rule, &walk);
    if (recurrence_walk_next(&walk, &day))
        return 0;
    complain(complaint, "", "", "\"%.*s\" never comes to a date", TEXT_PRINT(text));
    return RECURRENCE_E_INVALID;
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
    if (!recurrence_read(text, from_day, &rule, NULL))
        return sides;
    recurrence_walk_begin(&rule, &walk);
    while (!sides.has_after && recurrence_walk_next(&walk, &date)) {
        if (date < day)
            sides = (struct recurrence_sides){.has_before = true, .before = date};
        else if (date > day)
            sides.has_after = true, sides.after = date;
    }
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
