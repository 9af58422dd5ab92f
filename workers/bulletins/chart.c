/* chart.c - see chart.h. PLplot draws in points on one window of the whole picture; what it writes is then
 * made fit for the middle of a page: no prologue, no clip paths (their ids would repeat), no runs of blanks.
 *
 * PLplot keeps one global state, and prepares it anew for each chart; a worker has one thread.
 */
#include "workers/bulletins/chart.h"

#include "base/limits.h"
#include "base/log.h"

#include <inttypes.h>
#include <plplot/plplot.h>
#include <stdlib.h>

enum {
    CHART_WIDTH = 640,
    CHART_HEIGHT = 200,
    CHART_LEFT = 46,
    CHART_RIGHT = 14,
    CHART_BOTTOM = 28,
    CHART_TOP = 48,
    CHART_BAR_HEIGHT = 22,    /* a row of bars, with the space between two */
    CHART_COLUMN_WIDTH = 6,   /* of a terminal column of text in the labels' size */
    CHART_LABEL_COLUMNS = 32, /* of a label beside its bar */
    CHART_TICKS_MAX = 6,
    CHART_CIRCLE_POINTS = 16
};
static const double chart_text_mm = 2.8, chart_text_half = 4.5; /* half the height of a digit */

enum chart_ink { CHART_WHITE, CHART_BLACK, CHART_GREY, CHART_LIGHT };

/* Where values stand: from the axis at `low` over `length` points for `most`. */
struct chart_scale {
    double low, length;
    int64_t most, step; /* in tenths */
};

/* ---- PLplot ---- */

static int chart_die(const char *message)
{
    die("PLplot: %s (is libplplot-data installed whole?)", message);
}

static void chart_ink_set(enum chart_ink ink)
{
    plcol0(ink);
}

static void chart_open(FILE *file, double height)
{
    static const PLINT shades[] = {255, 0, 110, 200};
    PLINT r[] = {shades[0], shades[1], shades[2], shades[3]};
    plsexit(chart_die);
    plsdev("svg");
    plsfile(file);
    plspage(0, 0, CHART_WIDTH, (PLINT)height, 0, 0);
    plscmap0(r, r, r, sizeof(r) / sizeof(*r));
    plinit();
    pladv(0);
    plvpor(0, 1, 0, 1);
    plwind(0, CHART_WIDTH, 0, height);
    plschr(chart_text_mm, 1);
    chart_ink_set(CHART_BLACK);
}

/* just: 0 begins there, 0.5 is centred, 1 ends there. '#' is PLplot's escape. */
static void chart_text_at(double x, double y, double just, struct text text)
{
    struct buffer out;
    buffer_open(&out, ARENA_BYTES_MAX);
    for (size_t i = 0; i < text.bytes; i++)
        buffer_append(&out, text.at[i] == '#' ? "##" : &text.at[i], text.at[i] == '#' ? 2 : 1);
    buffer_append(&out, "", 1);
    plptex(x, y, 1, 0, just, (const char *)out.at);
    buffer_close(&out);
}

static void chart_line(double x1, double y1, double x2, double y2, enum chart_ink ink)
{
    chart_ink_set(ink);
    pljoin(x1, y1, x2, y2);
    chart_ink_set(CHART_BLACK);
}

/* ---- what tells series apart ---- */

/* Black, white, then hatches in four directions. */
static void chart_box(double x1, double y1, double x2, double y2, size_t series)
{
    static const struct {
        enum chart_ink ink;
        PLINT pattern;
    } fills[CHART_SERIES_MAX] = {{CHART_GREY, 0},  {CHART_WHITE, 0}, {CHART_BLACK, 3},
                                 {CHART_LIGHT, 0}, {CHART_BLACK, 4}, {CHART_BLACK, 1}};
    double x[] = {x1, x2, x2, x1, x1}, y[] = {y1, y1, y2, y2, y1};
    chart_ink_set(fills[series].ink);
    plpsty(fills[series].pattern);
    plfill(4, x, y);
    chart_ink_set(CHART_BLACK);
    plline(5, x, y);
}

/* A disc, a square, a triangle, and the same again, hollow. */
static void chart_mark(double x, double y, size_t series)
{
    static const size_t corners[] = {CHART_CIRCLE_POINTS, 4, 3};
    static const double radius = 3.6;
    size_t count = corners[series % 3];
    double px[CHART_CIRCLE_POINTS + 1], py[CHART_CIRCLE_POINTS + 1];
    /* the corners of a regular polygon, from a table of the circle's sixteenths: no rounding differs */
    static const double sines[] = {0, 0.38268,  0.70711,  0.92388,  1,  0.92388,  0.70711,  0.38268,
                                   0, -0.38268, -0.70711, -0.92388, -1, -0.92388, -0.70711, -0.38268};
    static const size_t first[] = {0, 2, 4}, triangle[] = {4, 9, 15};
    for (size_t i = 0; i <= count; i++) {
        size_t at = count == 3 ? triangle[i % 3] : (first[series % 3] + i * CHART_CIRCLE_POINTS / count) % 16;
        px[i] = x + radius * sines[(at + 4) % 16];
        py[i] = y + radius * sines[at];
    }
    chart_ink_set(series % 2 == 0 ? CHART_BLACK : CHART_WHITE);
    plpsty(0);
    plfill((PLINT)count, px, py);
    chart_ink_set(CHART_BLACK);
    plline((PLINT)count + 1, px, py);
}

static void chart_legend(const struct chart *chart, double height)
{
    double x = CHART_LEFT, y = height - 12;
    for (size_t i = 0; i < chart->series_count; i++) {
        if (chart->form == CHART_COLUMNS)
            chart_box(x, y - 5, x + 16, y + 5, i);
        else {
            pllsty((PLINT)i + 1);
            pljoin(x, y, x + 22, y);
            pllsty(1);
            chart_mark(x + 11, y, i);
        }
        chart_text_at(x + 27, y, 0, chart->series[i]);
        x += 27 + CHART_COLUMN_WIDTH * (double)text_columns(chart->series[i]) + 20;
    }
}

/* ---- the axis of values ---- */

static int64_t chart_most(const struct chart *chart)
{
    int64_t most = 0;
    for (size_t i = 0; i < chart->rows_count; i++)
        for (size_t k = 0; k < chart->series_count; k++)
            if (chart->rows[i].tenths[k] > most)
                most = chart->rows[i].tenths[k];
    return most;
}

/* Steps of 1, 2 or 5 times a power of ten, whole numbers, a handful of them; per cent go to 100. */
static struct chart_scale chart_scale_of(const struct chart *chart, double low, double length)
{
    static const int64_t steps[] = {1, 2, 5};
    struct chart_scale scale = {low, length, chart_most(chart), 10};
    if (text_is(chart->unit, "%") && scale.most <= 1000)
        scale.most = 1000;
    for (int64_t power = 10; scale.most > scale.step * CHART_TICKS_MAX; power *= 10)
        for (size_t i = 0; i < 3 && scale.most > scale.step * CHART_TICKS_MAX; i++)
            scale.step = steps[i] * power;
    scale.most = (scale.most + scale.step - 1) / scale.step * scale.step;
    if (scale.most == 0)
        scale.most = scale.step;
    return scale;
}

static double chart_at(const struct chart_scale *scale, int64_t tenths)
{
    return scale->low + scale->length * (double)tenths / (double)scale->most;
}

static void chart_value_axis(struct arena *arena, const struct chart_scale *scale)
{
    for (int64_t tick = 0; tick <= scale->most; tick += scale->step) {
        double y = chart_at(scale, tick);
        chart_line(CHART_LEFT, y, CHART_WIDTH - CHART_RIGHT, y, tick == 0 ? CHART_BLACK : CHART_LIGHT);
        chart_text_at(CHART_LEFT - 6, y, 1, chart_value(arena, tick));
    }
}

/* ---- the forms ---- */

static double chart_slot(const struct chart *chart)
{
    return (double)(CHART_WIDTH - CHART_LEFT - CHART_RIGHT) / (double)chart->rows_count;
}

static void chart_labels(const struct chart *chart)
{
    for (size_t i = 0; i < chart->rows_count; i++)
        chart_text_at(CHART_LEFT + ((double)i + 0.5) * chart_slot(chart), CHART_BOTTOM - 12, 0.5,
                      chart->rows[i].label);
}

static void chart_draw_columns(struct arena *arena, const struct chart *chart,
                               const struct chart_scale *scale)
{
    double slot = chart_slot(chart), width = slot * 0.8 / (double)chart->series_count;
    if (width > 30)
        width = 30;
    for (size_t i = 0; i < chart->rows_count; i++)
        for (size_t k = 0; k < chart->series_count; k++) {
            int64_t tenths = chart->rows[i].tenths[k];
            double middle = CHART_LEFT + ((double)i + 0.5) * slot;
            double x = middle + ((double)k - (double)chart->series_count / 2) * width,
                   y = chart_at(scale, tenths);
            if (tenths == 0)
                continue;
            chart_box(x, scale->low, x + width, y, k);
            chart_text_at(x + width / 2, y + 2 * chart_text_half, 0.5, chart_value(arena, tenths));
        }
}

static void chart_draw_line(struct arena *arena, const struct chart *chart, const struct chart_scale *scale,
                            size_t series)
{
    double x[CHART_ROWS_MAX], y[CHART_ROWS_MAX];
    for (size_t i = 0; i < chart->rows_count; i++) {
        x[i] = CHART_LEFT + ((double)i + 0.5) * chart_slot(chart);
        y[i] = chart_at(scale, chart->rows[i].tenths[series]);
    }
    pllsty((PLINT)series + 1);
    plline((PLINT)chart->rows_count, x, y);
    pllsty(1);
    for (size_t i = 0; i < chart->rows_count; i++) {
        chart_mark(x[i], y[i], series);
        chart_text_at(x[i], y[i] + 3 * chart_text_half, 0.5,
                      chart_value(arena, chart->rows[i].tenths[series]));
    }
}

static void chart_draw_bars(struct arena *arena, const struct chart *chart, double height)
{
    size_t columns = 0;
    for (size_t i = 0; i < chart->rows_count; i++) {
        size_t label = text_columns(text_cut_columns(chart->rows[i].label, CHART_LABEL_COLUMNS));
        columns = label > columns ? label : columns;
    }
    double left = 16 + CHART_COLUMN_WIDTH * (double)columns;
    struct chart_scale scale = chart_scale_of(chart, left, CHART_WIDTH - CHART_RIGHT - 46 - left);
    for (size_t i = 0; i < chart->rows_count; i++) {
        double y = height - CHART_BAR_HEIGHT * ((double)i + 0.5);
        int64_t tenths = chart->rows[i].tenths[0];
        chart_text_at(left - 8, y, 1, text_cut_columns(chart->rows[i].label, CHART_LABEL_COLUMNS));
        if (tenths > 0)
            chart_box(left, y - 7, chart_at(&scale, tenths), y + 7, 0);
        chart_text_at(
            chart_at(&scale, tenths) + 6, y, 0,
            arena_printf(arena, "%.*s%.*s", TEXT_PRINT(chart_value(arena, tenths)), TEXT_PRINT(chart->unit)));
    }
    chart_line(left, 0, left, height, CHART_BLACK);
}

static void chart_draw_upright(struct arena *arena, const struct chart *chart, double height)
{
    struct chart_scale scale = chart_scale_of(chart, CHART_BOTTOM, height - CHART_BOTTOM - CHART_TOP);
    chart_value_axis(arena, &scale);
    chart_labels(chart);
    if (chart->form == CHART_COLUMNS)
        chart_draw_columns(arena, chart, &scale);
    for (size_t k = 0; chart->form == CHART_LINES && k < chart->series_count; k++)
        chart_draw_line(arena, chart, &scale, k);
    chart_legend(chart, height);
}

/* ---- from a document to an element ---- */

static struct text chart_inside(struct text whole)
{
    const char *begin = memmem(whole.at, whole.bytes, "<svg", 4);
    ASSERT(begin != NULL);
    begin = memchr(begin, '>', whole.bytes - (size_t)(begin - whole.at));
    const char *end = memmem(whole.at, whole.bytes, "</svg>", 6);
    ASSERT(begin != NULL && end != NULL);
    return (struct text){begin + 1, (size_t)(end - begin) - 1};
}

/* Leaves out everything from `from` through `to`, wherever it stands. */
static struct text chart_without(struct arena *arena, struct text t, const char *from, const char *to)
{
    struct buffer out;
    buffer_open(&out, ARENA_BYTES_MAX);
    for (;;) {
        const char *begin = memmem(t.at, t.bytes, from, strlen(from));
        size_t before = begin != NULL ? (size_t)(begin - t.at) : t.bytes;
        size_t opened = before + strlen(from);
        const char *end = begin != NULL ? memmem(t.at + opened, t.bytes - opened, to, strlen(to)) : NULL;
        buffer_append(&out, t.at, end != NULL ? before : t.bytes);
        if (end == NULL)
            break;
        size_t used = (size_t)(end - t.at) + strlen(to);
        t = (struct text){t.at + used, t.bytes - used};
    }
    struct text made = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return made;
}

/* One blank for a run of them, a line feed between elements, nothing before the end of a tag. */
static void chart_append_close(struct buffer *out, struct text t)
{
    bool blank = false;
    for (size_t i = 0; i < t.bytes; i++) {
        if (t.at[i] == ' ' || t.at[i] == '\n') {
            blank = true;
            continue;
        }
        bool between = out->bytes > 0 && out->at[out->bytes - 1] == '>';
        if (blank && t.at[i] != '>' && t.at[i] != '/')
            buffer_append(out, between ? "\n" : " ", 1);
        buffer_append(out, &t.at[i], 1);
        blank = false;
    }
}

static void chart_append_name(struct buffer *out, struct text name)
{
    for (size_t i = 0; i < name.bytes; i++)
        if (name.at[i] == '<')
            buffer_printf(out, "&lt;");
        else if (name.at[i] == '&')
            buffer_printf(out, "&amp;");
        else
            buffer_append(out, &name.at[i], 1);
}

/* "title；月份 2020-01：专项小组 3件，…" */
static void chart_describe(struct buffer *out, struct arena *arena, const struct chart *chart)
{
    buffer_printf(out, "<title>");
    chart_append_name(out, chart->title);
    buffer_printf(out, "</title>\n<desc>");
    for (size_t i = 0; i < chart->rows_count; i++) {
        chart_append_name(out, chart->rows[i].label);
        for (size_t k = 0; k < chart->series_count; k++) {
            buffer_printf(out, "%s", k == 0 ? "：" : "，");
            chart_append_name(out, chart->series[k]);
            buffer_printf(out, "%.*s", TEXT_PRINT(chart_value(arena, chart->rows[i].tenths[k])));
            chart_append_name(out, chart->unit);
        }
        buffer_printf(out, "%s", i + 1 < chart->rows_count ? "；" : "。");
    }
    buffer_printf(out, "</desc>\n");
}

static struct text chart_plot(struct arena *arena, const struct chart *chart, double height)
{
    char *at = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&at, &bytes);
    ASSERT(file != NULL);
    chart_open(file, height);
    if (chart->form == CHART_BARS)
        chart_draw_bars(arena, chart, height);
    else
        chart_draw_upright(arena, chart, height);
    plend(); /* closes the file */
    struct text whole = arena_text_copy(arena, (struct text){at, bytes});
    free(at);
    return whole;
}

struct text chart_svg(struct arena *arena, const struct chart *chart)
{
    ASSERT(chart->rows_count > 0 && chart->series_count > 0);
    double height = chart->form == CHART_BARS ? CHART_BAR_HEIGHT * (double)chart->rows_count : CHART_HEIGHT;
    struct text inside = chart_inside(chart_plot(arena, chart, height));
    inside = chart_without(arena, inside, "<clipPath", "</clipPath>");
    inside = chart_without(arena, inside, "clip-path=\"", "\"");
    struct buffer out;
    buffer_open(&out, ARENA_BYTES_MAX);
    buffer_printf(&out, "<svg viewBox=\"0 0 %d %d\" role=\"img\">\n", CHART_WIDTH, (int)height);
    chart_describe(&out, arena, chart);
    chart_append_close(&out, inside);
    buffer_printf(&out, "</svg>\n");
    struct text svg = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return svg;
}
