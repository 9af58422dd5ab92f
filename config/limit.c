/* limit.c - the syntax of limits and reminders: text to rule and back. config/limit_due.c derives the due
 * time.
 *
 * A limit is one to four words: what (one or two words), then options `name=value`, each at most once. Tables
 * say which unit takes which option, so that nothing is written that has no effect.
 */
#include "config/calendar.h"

#include "base/log.h"

enum limit_option { LIMIT_OPTION_UNTIL = 1, LIMIT_OPTION_ROLL = 2, LIMIT_OPTION_COUNT = 4 };

static const struct limit_unit_spec {
    const char *suffix; /* NULL: not written as an amount */
    bool halves;
    unsigned options;
} limit_units[] = {
    [LIMIT_UNDATED] = {NULL, false, 0},
    [LIMIT_WORKING_DAYS] = {"wd", true, LIMIT_OPTION_UNTIL | LIMIT_OPTION_COUNT},
    [LIMIT_DAYS] = {"d", false, LIMIT_OPTION_UNTIL | LIMIT_OPTION_ROLL | LIMIT_OPTION_COUNT},
    [LIMIT_MONTHS] = {"m", false, LIMIT_OPTION_UNTIL | LIMIT_OPTION_ROLL | LIMIT_OPTION_COUNT},
    [LIMIT_WORKING_HOURS] = {"h", true, 0},
    [LIMIT_BY] = {NULL, false, LIMIT_OPTION_ROLL},
    [LIMIT_AT] = {NULL, false, 0},
    [LIMIT_OPENING] = {"opening", false, 0},
};
enum { LIMIT_UNITS_COUNT = sizeof limit_units / sizeof limit_units[0] };

static void limit_set_until(struct limit_rule *rule, int value)
{
    rule->same_time = value == 1;
}
static void limit_set_roll(struct limit_rule *rule, int value)
{
    rule->roll = value == 1 ? ROLL_BACK : value == 2 ? ROLL_ON : ROLL_NONE;
}
static void limit_set_count(struct limit_rule *rule, int value)
{
    rule->count_same_day = value == 1;
}

static const struct limit_option_spec {
    enum limit_option bit;
    const char *name;
    const char *values[3];
    void (*set)(struct limit_rule *rule, int value);
} limit_options[] = {
    {LIMIT_OPTION_UNTIL, "until", {"day-end", "same-time", NULL}, limit_set_until},
    {LIMIT_OPTION_ROLL, "roll", {"none", "back", "on"}, limit_set_roll},
    {LIMIT_OPTION_COUNT, "count", {"next-day", "same-day", NULL}, limit_set_count},
};
enum { LIMIT_OPTIONS_COUNT = sizeof limit_options / sizeof limit_options[0] };

/* ---- parsing ---- */

/* Takes the next word, as far as the next single blank. */
static struct text limit_word_take(struct text *rest)
{
    const char *blank = rest->bytes > 0 ? memchr(rest->at, ' ', rest->bytes) : NULL;
    size_t bytes = blank != NULL ? (size_t)(blank - rest->at) : rest->bytes;
    struct text word = {rest->at, bytes};
    size_t skip = blank != NULL ? bytes + 1 : bytes;
    rest->at += skip;
    rest->bytes -= skip;
    return word;
}

/* "15", "0.5" -> halves; -1 if malformed or out of bounds. */
static int limit_halves_parse(struct text t)
{
    bool half = t.bytes > 2 && memcmp(t.at + t.bytes - 2, ".5", 2) == 0;
    int64_t whole;
    struct text digits = {t.at, half ? t.bytes - 2 : t.bytes};
    if (digits.bytes == 0 || digits.at[0] < '0' || digits.at[0] > '9' || !text_parse_i64(digits, &whole) ||
        whole < 0 || whole > LIMIT_AMOUNT_MAX)
        return -1;
    int halves = (int)whole * 2 + half;
    return halves > 0 ? halves : -1;
}

static int limit_amount_parse(struct text word, struct limit_rule *rule, struct complaint *complaint)
{
    size_t digits = 0;
    while (digits < word.bytes &&
           (word.at[digits] == '.' || (word.at[digits] >= '0' && word.at[digits] <= '9')))
        digits++;
    struct text suffix = {word.at + digits, word.bytes - digits};
    for (int unit = 0; unit < LIMIT_UNITS_COUNT; unit++) {
        if (limit_units[unit].suffix == NULL || !text_is(suffix, limit_units[unit].suffix))
            continue;
        rule->unit = (enum limit_unit)unit;
        rule->half_units = limit_halves_parse((struct text){word.at, digits});
        if (rule->half_units > 0 && (limit_units[unit].halves || rule->half_units % 2 == 0))
            return 0;
        complain(complaint, "", "", "\"%.*s\": the amount must be a whole number from 1 to %d%s",
                 TEXT_PRINT(word), (int)LIMIT_AMOUNT_MAX, limit_units[unit].halves ? ", halves allowed" : "");
        return LIMIT_E_SYNTAX;
    }
    complain(complaint, "", "",
             "\"%.*s\" is no limit: wanted an amount with wd, d, m or h (15wd), \"by DATE\", \"at TIME\", "
             "\"opening\" or "
             "\"undated\"",
             TEXT_PRINT(word));
    return LIMIT_E_SYNTAX;
}

/* "2018-12-31", "2019-06" (its last day), "2018" (its last day). */
static bool limit_by_parse(struct text t, int32_t *day_out)
{
    const size_t date_bytes = 10, month_bytes = 7, year_bytes = 4;
    char whole[16];
    if (t.bytes == date_bytes)
        return civil_parse_date(t, day_out);
    if (t.bytes != month_bytes && t.bytes != year_bytes)
        return false;
    const char *first = t.bytes == year_bytes ? "-12-01" : "-01";
    memcpy(whole, t.at, t.bytes);
    memcpy(whole + t.bytes, first, strlen(first));
    int32_t day;
    if (!civil_parse_date((struct text){whole, date_bytes}, &day))
        return false;
    struct civil_date date = civil_date_from_day(day);
    *day_out = day + civil_days_in_month(date.year, date.month) - 1;
    return true;
}

static int limit_option_parse(struct text word, struct limit_rule *rule, unsigned *seen,
                              struct complaint *complaint)
{
    for (int i = 0; i < LIMIT_OPTIONS_COUNT; i++) {
        const struct limit_option_spec *option = &limit_options[i];
        size_t bytes = strlen(option->name);
        if (word.bytes <= bytes || word.at[bytes] != '=' || memcmp(word.at, option->name, bytes) != 0)
            continue;
        if ((*seen & option->bit) != 0 || (limit_units[rule->unit].options & option->bit) == 0) {
            complain(complaint, "", "", "\"%.*s\" %s", TEXT_PRINT(word),
                     (*seen & option->bit) != 0 ? "stands twice" : "has no meaning for this kind of limit");
            return LIMIT_E_SYNTAX;
        }
        *seen |= option->bit;
        struct text value = {word.at + bytes + 1, word.bytes - bytes - 1};
        for (int v = 0; v < 3 && option->values[v] != NULL; v++)
            if (text_is(value, option->values[v])) {
                option->set(rule, v);
                return 0;
            }
        complain(complaint, "", "", "\"%.*s\": wanted %s=%s, %s%s%s", TEXT_PRINT(word), option->name,
                 option->values[0], option->values[1], option->values[2] != NULL ? " or " : "",
                 option->values[2] != NULL ? option->values[2] : "");
        return LIMIT_E_SYNTAX;
    }
    complain(complaint, "", "", "unknown option \"%.*s\"; known: until=, roll=, count=", TEXT_PRINT(word));
    return LIMIT_E_SYNTAX;
}

static int limit_date_parse(struct text *rest, struct limit_rule *rule, struct complaint *complaint)
{
    rule->unit = LIMIT_BY;
    struct text date = limit_word_take(rest);
    if (limit_by_parse(date, &rule->by_day))
        return 0;
    complain(complaint, "", "", "\"by %.*s\": wanted a real date, month or year (2018-12-31, 2018-12, 2018)",
             TEXT_PRINT(date));
    return LIMIT_E_SYNTAX;
}

static int limit_instant_parse(struct text *rest, struct limit_rule *rule, struct complaint *complaint)
{
    rule->unit = LIMIT_AT;
    struct text time = limit_word_take(rest);
    if (civil_parse_time(time, &rule->at_us, &rule->at_zone))
        return 0;
    complain(complaint, "", "", "\"at %.*s\": wanted an instant with its offset (2020-01-20T09:00:00+08:00)",
             TEXT_PRINT(time));
    return LIMIT_E_SYNTAX;
}

static int limit_what_parse(struct text *rest, struct limit_rule *rule, struct complaint *complaint)
{
    struct text word = limit_word_take(rest);
    if (text_is(word, "undated"))
        return 0;
    if (text_is(word, "opening")) {
        rule->unit = LIMIT_OPENING;
        return 0;
    }
    if (text_is(word, "by"))
        return limit_date_parse(rest, rule, complaint);
    return text_is(word, "at") ? limit_instant_parse(rest, rule, complaint)
                               : limit_amount_parse(word, rule, complaint);
}

int limit_parse(struct text t, struct limit_rule *rule_out, struct complaint *complaint)
{
    struct limit_rule rule = {.unit = LIMIT_UNDATED};
    unsigned seen = 0;
    if (t.bytes > 0 && t.at[t.bytes - 1] == ' ') {
        complain(complaint, "", "", "a limit must not end with a blank");
        return LIMIT_E_SYNTAX;
    }
    int error = limit_what_parse(&t, &rule, complaint);
    while (error == 0 && t.bytes > 0)
        error = limit_option_parse(limit_word_take(&t), &rule, &seen, complaint);
    if (error == 0 && rule.same_time && rule.count_same_day) {
        complain(complaint, "", "", "count=same-day and until=same-time exclude each other");
        error = LIMIT_E_SYNTAX;
    }
    if (error == 0)
        *rule_out = rule;
    return error;
}

int limit_parse_reminder(struct text t, struct limit_rule *rule_out, struct complaint *complaint)
{
    struct limit_rule rule = {.unit = LIMIT_UNDATED};
    int error = limit_amount_parse(t, &rule, complaint);
    if (error == 0 && rule.unit == LIMIT_OPENING) {
        complain(complaint, "", "", "\"%.*s\" is no reminder: wanted an amount with wd, d, m or h (5wd)",
                 TEXT_PRINT(t));
        return LIMIT_E_SYNTAX;
    }
    if (error == 0)
        *rule_out = rule;
    return error;
}

/* ---- writing ---- */

static struct text limit_what_format(struct arena *arena, const struct limit_rule *rule)
{
    char date[CIVIL_TEXT_BYTES];
    if (rule->unit == LIMIT_UNDATED)
        return TEXT("undated");
    if (rule->unit == LIMIT_BY)
        return arena_printf(arena, "by %s", civil_format_date(rule->by_day, date));
    if (rule->unit == LIMIT_AT)
        return arena_printf(arena, "at %s", civil_format_time(rule->at_us, rule->at_zone, date));
    if (rule->half_units == 0)
        return text_from(limit_units[rule->unit].suffix);
    return arena_printf(arena, "%d%s%s", rule->half_units / 2, rule->half_units % 2 != 0 ? ".5" : "",
                        limit_units[rule->unit].suffix);
}

struct text limit_format(struct arena *arena, const struct limit_rule *rule)
{
    static const char *const rolls[] = {[ROLL_NONE] = "", [ROLL_BACK] = " roll=back", [ROLL_ON] = " roll=on"};
    ASSERT((int)rule->unit < LIMIT_UNITS_COUNT);
    struct text what = limit_what_format(arena, rule);
    return arena_printf(arena, "%.*s%s%s%s", TEXT_PRINT(what), rule->same_time ? " until=same-time" : "",
                        rolls[rule->roll], rule->count_same_day ? " count=same-day" : "");
}
