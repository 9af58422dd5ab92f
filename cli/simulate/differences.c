/* differences.c - see differences.h. A difference is shown by the fields that differ; a bulletin by its
 * lines. */
#include "cli/simulate/differences.h"

#include <stdio.h>

#include "cli/csv.h"
#include "cli/plural.h"
#include "cli/table.h"

enum { DIFFERENCES_CELL_BYTES = 1 << 16 };

struct differences_sum {
    size_t before, after, vanished, appeared, changed;
};

static enum facts_kind difference_kind(const struct difference *difference)
{
    return difference->before != NULL ? difference->before->kind : difference->after->kind;
}

static const char *difference_change(const struct difference *difference)
{
    return difference->after == NULL ? "vanished" : difference->before == NULL ? "appeared" : "changed";
}

static struct differences_sum differences_sum(const struct differences *differences, enum facts_kind kind)
{
    struct differences_sum sum = {.before = facts_count(differences->before, kind),
                                  .after = facts_count(differences->after, kind)};
    for (size_t i = 0; i < differences->count; i++) {
        const struct difference *difference = &differences->at[i];
        if (difference_kind(difference) != kind)
            continue;
        sum.vanished += difference->after == NULL ? 1 : 0;
        sum.appeared += difference->before == NULL ? 1 : 0;
        sum.changed += difference->before != NULL && difference->after != NULL ? 1 : 0;
    }
    return sum;
}

/* ---- cells ---- */

static struct text value_of(const struct fact *fact, enum field field)
{
    return fact != NULL ? doc_text(fact->value, field) : TEXT("");
}

/* Numbers are named; what speaks for itself is not. */
static struct text cell_field(struct arena *arena, const struct doc *value, enum field field)
{
    if (field == FIELD_POINTS)
        return arena_printf(arena, "%lld.%02lld points", (long long)doc_int(value, field, 0) / 100,
                            (long long)doc_int(value, field, 0) % 100);
    struct text shown = table_value(arena, value, field);
    return field_specs[field].kind == KIND_INT
               ? arena_printf(arena, "%s %.*s", field_specs[field].name, TEXT_PRINT(shown))
               : shown;
}

static bool field_differs(struct arena *arena, const struct fact *a, const struct fact *b, enum field field)
{
    return a == NULL || b == NULL || doc_has(a->value, field) != doc_has(b->value, field) ||
           !text_equal(table_value(arena, a->value, field), table_value(arena, b->value, field));
}

/* Of one side: the fields in which the two differ. */
static struct text cell(struct arena *arena, const struct fact *fact, const struct fact *other)
{
    struct buffer out;
    buffer_open(&out, DIFFERENCES_CELL_BYTES);
    for (enum field f = fact != NULL ? doc_first(fact->value) : FIELD_COUNT_OF_ALL; f != FIELD_COUNT_OF_ALL;
         f = doc_after(fact->value, f)) {
        struct text shown = f == FIELD_TEXT ? TEXT("published") : cell_field(arena, fact->value, f);
        if ((f == FIELD_WHO && other == NULL) || !field_differs(arena, fact, other, f) ||
            out.bytes + shown.bytes + 2 > DIFFERENCES_CELL_BYTES)
            continue;
        buffer_printf(&out, "%s%.*s", out.bytes > 0 ? ", " : "", TEXT_PRINT(shown));
    }
    struct text copy = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return copy;
}

static struct text difference_what(struct arena *arena, const struct fact *fact)
{
    return fact->nth > 1 ? arena_printf(arena, "%.*s (%u)", TEXT_PRINT(fact->name), fact->nth) : fact->name;
}

static struct doc *difference_row(struct arena *arena, const struct differences *differences,
                                  const struct difference *difference, bool all)
{
    const struct fact *fact = difference->before != NULL ? difference->before : difference->after;
    struct text who = value_of(difference->after, FIELD_WHO);
    struct doc *row = doc_new(arena);
    doc_set_text(row, FIELD_KIND, text_from(facts_kind_name(fact->kind)));
    doc_set_text(row, FIELD_HOW, text_from(difference_change(difference)));
    doc_set_text(row, FIELD_SUBJECT, fact->subject);
    doc_set_text(row, FIELD_NAME, difference_what(arena, fact));
    doc_set_text(row, FIELD_WAS, cell(arena, difference->before, difference->after));
    doc_set_text(row, FIELD_IS, cell(arena, difference->after, difference->before));
    doc_set_text(row, FIELD_WHO, who.bytes > 0 ? who : value_of(difference->before, FIELD_WHO));
    if (all || !text_equal(fact->charter, differences->charter))
        doc_set_text(row, FIELD_CHARTER, fact->charter);
    return row;
}

/* ---- bulletins, line by line ---- */

static struct text line_next(struct text *rest)
{
    const char *end = memchr(rest->at, '\n', rest->bytes);
    struct text line = {rest->at, end != NULL ? (size_t)(end - rest->at) : rest->bytes};
    size_t taken = line.bytes + (end != NULL ? 1 : 0);
    *rest = (struct text){rest->at + taken, rest->bytes - taken};
    return line;
}

/* The next line of rest that the other text does not have; empty at the end. */
static struct text line_only(struct text *rest, struct text other)
{
    while (rest->bytes > 0) {
        struct text line = line_next(rest), left = other;
        bool found = line.bytes == 0;
        while (!found && left.bytes > 0)
            found = text_equal(line_next(&left), line);
        if (!found)
            return line;
    }
    return TEXT("");
}

/* ---- rows ---- */

struct rows {
    struct doc **at;
    size_t count, room;
};

static void rows_add(struct arena *arena, struct rows *rows, struct doc *row)
{
    if (rows->count == rows->room) {
        rows->room = rows->room > 0 ? 2 * rows->room : 64;
        struct doc **grown = arena_alloc(arena, sizeof(struct doc *) * rows->room);
        if (rows->count > 0)
            memcpy(grown, rows->at, sizeof(struct doc *) * rows->count);
        rows->at = grown;
    }
    rows->at[rows->count++] = row;
}

/* All lines are there, in another order: the first that stands elsewhere. */
static void rows_add_order(struct arena *arena, const struct differences *differences, struct rows *rows,
                           const struct difference *difference, bool all)
{
    struct text before = value_of(difference->before, FIELD_TEXT),
                after = value_of(difference->after, FIELD_TEXT), was = TEXT_NONE, is = TEXT_NONE;
    while (text_equal(was, is) && before.bytes + after.bytes > 0) {
        was = line_next(&before);
        is = line_next(&after);
    }
    struct doc *row = difference_row(arena, differences, difference, all);
    doc_set_text(row, FIELD_WAS, arena_printf(arena, "the same in another order: %.*s", TEXT_PRINT(was)));
    doc_set_text(row, FIELD_IS, is);
    rows_add(arena, rows, row);
}

static void rows_add_bulletin(struct arena *arena, const struct differences *differences, struct rows *rows,
                              const struct difference *difference, bool all)
{
    struct text before = value_of(difference->before, FIELD_TEXT),
                after = value_of(difference->after, FIELD_TEXT);
    struct text before_rest = before, after_rest = after;
    for (size_t count = 0;; count++) {
        struct text was = line_only(&before_rest, after), is = line_only(&after_rest, before);
        if (was.bytes == 0 && is.bytes == 0) {
            if (count == 0)
                rows_add_order(arena, differences, rows, difference, all);
            return;
        }
        struct doc *row = difference_row(arena, differences, difference, all);
        doc_set_text(row, FIELD_WAS, was);
        doc_set_text(row, FIELD_IS, is);
        rows_add(arena, rows, row);
    }
}

static struct rows rows_of(struct arena *arena, const struct differences *differences, enum facts_kind kind,
                           bool all)
{
    struct rows rows = {NULL, 0, 0};
    for (size_t i = 0; i < differences->count; i++) {
        const struct difference *difference = &differences->at[i];
        if (difference_kind(difference) != kind)
            continue;
        if (kind == FACTS_BULLETIN && difference->before != NULL && difference->after != NULL)
            rows_add_bulletin(arena, differences, &rows, difference, all);
        else
            rows_add(arena, &rows, difference_row(arena, differences, difference, all));
    }
    return rows;
}

/* ---- for people ---- */

/* Deadlines that went from one state to another. */
static size_t differences_moved(const struct differences *differences, const char *from, const char *to)
{
    size_t count = 0;
    for (size_t i = 0; i < differences->count; i++)
        count += difference_kind(&differences->at[i]) == FACTS_DEADLINE &&
                 text_is(value_of(differences->at[i].before, FIELD_STATE), from) &&
                 text_is(value_of(differences->at[i].after, FIELD_STATE), to);
    return count;
}

static void differences_print_sums(const struct differences *differences)
{
    printf("%-18s %8s %8s %9s %9s %9s\n", "", "before", "after", "vanished", "appeared", "changed");
    for (enum facts_kind kind = 0; kind < FACTS_KINDS; kind++) {
        struct differences_sum sum = differences_sum(differences, kind);
        if (sum.before > 0 || sum.after > 0)
            printf("%-18s %8zu %8zu %9zu %9zu %9zu\n", facts_kind_name(kind), sum.before, sum.after,
                   sum.vanished, sum.appeared, sum.changed);
    }
    size_t saved = differences_moved(differences, "missed", "kept"),
           lost = differences_moved(differences, "kept", "missed");
    if (saved > 0 || lost > 0)
        printf("%zu deadline%s that %s missed %s kept, %zu that %s kept %s missed\n", saved, PLURAL(saved),
               PLURAL_WERE(saved), PLURAL_BE(saved), lost, PLURAL_WERE(lost), PLURAL_BE(lost));
}

void differences_print_tables(struct arena *arena, const struct differences *differences)
{
    static const struct column columns[] = {{FIELD_SUBJECT, "subject"}, {FIELD_NAME, "what"},
                                            {FIELD_WAS, "before"},      {FIELD_IS, "after"},
                                            {FIELD_WHO, "who"},         {FIELD_CHARTER, "charter"},
                                            {FIELD_COUNT_OF_ALL, NULL}};
    for (enum facts_kind kind = 0; kind < FACTS_KINDS; kind++) {
        struct rows rows = rows_of(arena, differences, kind, false);
        if (rows.count == 0)
            continue;
        printf("\n%s\n", facts_kind_name(kind));
        (void)table_print(arena, columns, rows.at, rows.count, "");
    }
}

void differences_print(struct arena *arena, const struct differences *differences)
{
    differences_print_sums(differences);
    differences_print_tables(arena, differences);
}

/* ---- for programs ---- */

static const struct column csv_columns[] = {
    {FIELD_KIND, "kind"},       {FIELD_HOW, "change"}, {FIELD_CHARTER, "charter"},
    {FIELD_SUBJECT, "subject"}, {FIELD_NAME, "what"},  {FIELD_WAS, "before"},
    {FIELD_IS, "after"},        {FIELD_WHO, "who"},    {FIELD_REASON, "reason"}};

static void csv_rows(struct doc *const *rows, size_t count, size_t columns)
{
    for (size_t r = 0; r < count; r++)
        for (size_t c = 0; c < columns; c++)
            csv_cell(doc_text(rows[r], csv_columns[c].field), c + 1 == columns);
}

void differences_print_csv(struct arena *arena, const struct differences *differences,
                           const struct differences_rows *others)
{
    size_t columns = sizeof csv_columns / sizeof csv_columns[0] - (others == NULL);
    for (size_t c = 0; c < columns; c++)
        csv_plain(text_from(csv_columns[c].header), c + 1 == columns);
    if (others != NULL)
        csv_rows(others->at, others->count, columns);
    for (enum facts_kind kind = 0; kind < FACTS_KINDS; kind++) {
        struct rows rows = rows_of(arena, differences, kind, true);
        csv_rows(rows.at, rows.count, columns);
    }
}

static void json_value(struct arena *arena, const char *name, const struct fact *fact)
{
    if (fact != NULL)
        printf(",\"%s\":%.*s", name, TEXT_PRINT(doc_to_json(arena, fact->value)));
}

static void json_difference(struct arena *arena, const struct difference *difference, bool first)
{
    const struct fact *fact = difference->before != NULL ? difference->before : difference->after;
    struct doc *key = doc_new(arena);
    doc_set_text(key, FIELD_SUBJECT, fact->subject);
    doc_set_text(key, FIELD_CHARTER, fact->charter);
    doc_set_text(key, FIELD_NAME, fact->name);
    doc_set_int(key, FIELD_NUMBER, fact->nth);
    if (fact->id.bytes > 0)
        doc_set_text(key, FIELD_ID, fact->id);
    printf("%s\n{\"kind\":\"%s\",\"change\":\"%s\",\"key\":%.*s", first ? "" : ",",
           facts_kind_name(fact->kind), difference_change(difference), TEXT_PRINT(doc_to_json(arena, key)));
    json_value(arena, "before", difference->before);
    json_value(arena, "after", difference->after);
    putchar('}');
}

void differences_print_json_list(struct arena *arena, const char *name, const struct differences *differences)
{
    printf("\"%s\":[", name);
    for (size_t i = 0; i < differences->count; i++)
        json_difference(arena, &differences->at[i], i == 0);
    fputs("]", stdout);
}

void differences_print_json(struct arena *arena, const struct differences *differences)
{
    fputs("\"summary\":[", stdout);
    for (enum facts_kind kind = 0; kind < FACTS_KINDS; kind++) {
        struct differences_sum sum = differences_sum(differences, kind);
        printf("%s\n{\"kind\":\"%s\",\"before\":%zu,\"after\":%zu,\"vanished\":%zu,\"appeared\":%zu,"
               "\"changed\":%zu}",
               kind > 0 ? "," : "", facts_kind_name(kind), sum.before, sum.after, sum.vanished, sum.appeared,
               sum.changed);
    }
    fputs("],\n", stdout);
    differences_print_json_list(arena, "differences", differences);
}
