/* csv.c - see csv.h. */
#include "cli/csv.h"

#include <stdio.h>

static bool csv_is_formula(struct text t)
{
    static const char *const begins[] = {"=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (text_starts_with(t, text_from(begins[i])))
            return true;
    return false;
}

static void csv_put(struct text t, bool guarded, bool last)
{
    bool quoted = false;
    for (size_t i = 0; i < t.bytes; i++)
        quoted = quoted || memchr(",\"\r\n", t.at[i], 4) != NULL;
    if (quoted)
        putchar('"');
    if (guarded)
        putchar('\'');
    for (size_t i = 0; i < t.bytes; i++) {
        if (t.at[i] == '"')
            putchar('"');
        putchar(t.at[i]);
    }
    if (quoted)
        putchar('"');
    fputs(last ? "\r\n" : ",", stdout);
}

void csv_cell(struct text t, bool last)
{
    csv_put(t, csv_is_formula(t), last);
}

void csv_plain(struct text t, bool last)
{
    csv_put(t, false, last);
}
