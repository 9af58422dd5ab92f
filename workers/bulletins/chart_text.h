/* chart_text.h - a chart as it stands in a bulletin's Markdown: a fenced block that reads as a small table.
 *
 *     ```chart
 *     title: 近12个月提请上一级协调的问题
 *     form: columns
 *     unit: 件
 *
 *     | 月份 | 专项小组 | 领导小组 |
 *     |---|---:|---:|
 *     | 2020-02 | 2 | 0 |
 *     ```
 *
 * Values have at most one digit after the point.
 */
#ifndef WORKERS_BULLETINS_CHART_TEXT_H
#define WORKERS_BULLETINS_CHART_TEXT_H

#include "base/arena.h"

enum { CHART_SERIES_MAX = 6, CHART_ROWS_MAX = 40 };
/* Side by side over each row's label; points joined over it; one bar beside it. */
enum chart_form { CHART_COLUMNS, CHART_LINES, CHART_BARS };

struct chart_row {
    struct text label;
    int64_t tenths[CHART_SERIES_MAX];
};
struct chart {
    struct text title, unit, head; /* head: of the labels */
    enum chart_form form;
    struct text series[CHART_SERIES_MAX];
    size_t series_count;
    struct chart_row rows[CHART_ROWS_MAX];
    size_t rows_count;
};

/* The block with its fences; what would break it in a name becomes a blank. */
void chart_print(struct buffer *out, const struct chart *chart);
/* The block's inside; false if it is none. Texts point into it. */
bool chart_parse(struct text block, struct chart *chart_out);
/* "12" or "85.7". */
struct text chart_value(struct arena *arena, int64_t tenths);

#endif
