/* html.c - see html.h. */
#include "workers/bulletins/html.h"

#include "base/limits.h"
#include "base/log.h"
#include "workers/bulletins/chart.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <stdlib.h>

/* Heads of tables repeat on each page; what belongs together stays together; the running head is set per page
 * (html_page_rules). */
static const char html_style[] =
    "html{font-size:11pt}\n"
    "body{font-family:\"FangSong\",\"STFangsong\",\"Noto Serif CJK SC\",\"Source Han Serif "
    "SC\",\"SimSun\",serif;"
    "line-height:1.75;color:#000;background:#fff;max-width:170mm;margin:0 auto;padding:8mm;"
    "line-break:strict;overflow-wrap:anywhere;orphans:2;widows:2}\n"
    "h1,h2,th,figcaption{font-family:\"SimHei\",\"Noto Sans CJK SC\",\"Source Han Sans SC\",sans-serif}\n"
    "h1{font-size:18pt;line-height:1.4;text-align:center;margin:0 0 4mm;text-wrap:balance}\n"
    "h1~p:nth-of-type(-n+2){text-indent:0;text-align:center;margin:0 0 1mm}\n"
    "h2{font-size:13pt;line-height:1.4;margin:8mm 0 2mm;break-after:avoid}\n"
    "p{margin:2mm 0;text-indent:2em;text-align:justify}\n"
    "ul,ol{margin:1mm 0 3mm;padding-left:2em}\n"
    "li{break-inside:avoid;text-align:justify}\n"
    "li p{text-indent:0;margin:0}\n"
    "blockquote{margin:4mm 0;padding:1mm 4mm;border-top:.5pt solid #000;border-bottom:.5pt solid #000;"
    "font-size:9.5pt}\n"
    "blockquote p{text-indent:0;margin:1mm 0}\n"
    "table{border-collapse:collapse;width:calc(100% - 1pt);font-size:9.5pt;line-height:1.4;margin:3mm 0;"
    "font-variant-numeric:tabular-nums}\n"
    "thead{display:table-header-group}\n"
    "tr{break-inside:avoid}\n"
    "th,td{border:.5pt solid #000;padding:.8mm 1.6mm;vertical-align:top}\n"
    "th{font-weight:bold;text-align:center!important;vertical-align:middle}\n"
    "td:first-child{min-width:5em}\n"
    "hr{border:0;border-top:1pt solid #000;margin:8mm 0 2mm;break-before:avoid;break-after:avoid}\n"
    "hr~p{text-indent:0;text-align:right;margin:0 1em;break-before:avoid}\n"
    "p:has(+ul){break-after:avoid}\n"
    "figure{margin:5mm 0;break-inside:avoid}\n"
    "figcaption{font-size:10pt;font-weight:bold;text-align:center;margin-bottom:1mm}\n"
    "figure svg{display:block;width:100%;height:auto}\n"
    "figure svg tspan{font-family:\"SimHei\",\"Noto Sans CJK SC\",\"Source Han Sans SC\",sans-serif}\n"
    "figure table{font-size:8pt;margin:1mm 0}\n"
    "figure th,figure td{padding:.5mm .6mm;min-width:0;text-align:center;line-height:1.35}\n"
    "@media print{body{max-width:none;padding:0}}\n";

/* ---- charts ---- */

static void html_append(struct buffer *out, struct text t)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    for (size_t at = 0; at < t.bytes; at++) {
        const char *entity = NULL;
        for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
            if (entities[i].c == t.at[at])
                entity = entities[i].entity;
        if (entity != NULL)
            buffer_append(out, entity, strlen(entity));
        else
            buffer_append(out, &t.at[at], 1);
    }
}

static void html_cell(struct buffer *out, const char *tag, struct text t)
{
    buffer_printf(out, "<%s>", tag);
    html_append(out, t);
    buffer_printf(out, "</%s>", tag);
}

/* The numbers below the picture, months side by side. A picture of bars is a table itself: each bar stands
 * between its name and its value. */
static void html_numbers(struct arena *arena, struct buffer *out, const struct chart *chart)
{
    if (chart->form == CHART_BARS)
        return;
    buffer_printf(out, "<table>\n<thead><tr>");
    html_cell(out, "th", chart->head);
    for (size_t i = 0; i < chart->rows_count; i++)
        html_cell(out, "th", chart->rows[i].label);
    buffer_printf(out, "</tr></thead>\n<tbody>\n");
    for (size_t k = 0; k < chart->series_count; k++) {
        buffer_printf(out, "<tr>");
        html_cell(out, "td", chart->series[k]);
        for (size_t i = 0; i < chart->rows_count; i++)
            html_cell(out, "td", chart_value(arena, chart->rows[i].tenths[k]));
        buffer_printf(out, "</tr>\n");
    }
    buffer_printf(out, "</tbody>\n</table>\n");
}

static struct text html_figure(struct arena *arena, const struct chart *chart)
{
    struct buffer out;
    struct text svg = chart_svg(arena, chart);
    buffer_open(&out, ARENA_BYTES_MAX);
    buffer_printf(&out, "<figure>\n<figcaption>");
    html_append(&out, chart->title);
    buffer_printf(&out, "（单位：");
    html_append(&out, chart->unit);
    buffer_printf(&out, "）</figcaption>\n");
    buffer_append(&out, svg.at, svg.bytes);
    html_numbers(arena, &out, chart);
    buffer_printf(&out, "</figure>\n");
    struct text figure = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return figure;
}

/* A block that is no chart stays what it is. */
static void html_draw(struct arena *arena, cmark_node *block)
{
    struct chart *chart = arena_alloc(arena, sizeof(*chart));
    if (!text_is(text_from(cmark_node_get_fence_info(block)), "chart") ||
        !chart_parse(text_from(cmark_node_get_literal(block)), chart))
        return;
    cmark_node *figure = cmark_node_new(CMARK_NODE_CUSTOM_BLOCK);
    ASSERT(figure != NULL);
    int set = cmark_node_set_on_enter(figure, html_figure(arena, chart).at);
    int replaced = cmark_node_replace(block, figure);
    ASSERT(set != 0 && replaced != 0);
    cmark_node_free(block);
}

/* Charts stand at the top of the document, nowhere else. */
static void html_draw_all(struct arena *arena, cmark_node *document)
{
    cmark_node *next;
    for (cmark_node *node = cmark_node_first_child(document); node != NULL; node = next) {
        next = cmark_node_next(node);
        if (cmark_node_get_type(node) == CMARK_NODE_CODE_BLOCK)
            html_draw(arena, node);
    }
}

/* ---- the page ---- */

/* Body as cmark renders it: unsafe HTML off (the default), text checked for UTF-8. */
static struct text html_body(struct arena *arena, struct text markdown)
{
    cmark_gfm_core_extensions_ensure_registered();
    cmark_parser *parser = cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8);
    cmark_syntax_extension *table = cmark_find_syntax_extension("table");
    ASSERT(parser != NULL && table != NULL);
    int attached = cmark_parser_attach_syntax_extension(parser, table);
    ASSERT(attached != 0);
    cmark_parser_feed(parser, markdown.at, markdown.bytes);
    cmark_node *document = cmark_parser_finish(parser);
    html_draw_all(arena, document);
    char *rendered =
        cmark_render_html(document, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser));
    struct text body = arena_text_copy(arena, text_from(rendered));
    free(rendered);
    cmark_node_free(document);
    cmark_parser_free(parser);
    return body;
}

/* The first line without its mark and escapes. */
static struct text html_title(struct arena *arena, struct text markdown)
{
    struct buffer out;
    size_t at = 0;
    buffer_open(&out, ARENA_BYTES_MAX);
    while (at < markdown.bytes && (markdown.at[at] == '#' || markdown.at[at] == ' '))
        at++;
    for (; at < markdown.bytes && markdown.at[at] != '\n'; at++) {
        if (markdown.at[at] == '\\' && at + 1 < markdown.bytes && markdown.at[at + 1] != '\n')
            at++;
        buffer_append(&out, &markdown.at[at], 1);
    }
    struct text title = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return title;
}

/* Title above and page number below each page but the first title; whatever is no letter or digit goes into
 * the style as an escape. */
static void html_page_rules(struct buffer *out, struct text title)
{
    buffer_printf(out, "@page{size:A4;margin:24mm 20mm 22mm;"
                       "@bottom-center{content:\"— \" counter(page) \" —\";font-size:9pt}"
                       "@top-center{font-size:9pt;content:\"");
    for (size_t i = 0; i < title.bytes; i++) {
        unsigned char c = (unsigned char)title.at[i];
        bool plain = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        buffer_printf(out, plain ? "%c" : "\\%06x", c);
    }
    buffer_printf(out, "\"}}\n@page:first{@top-center{content:none}}\n");
}

struct text html_page(struct arena *arena, struct text markdown)
{
    struct text body = html_body(arena, markdown), title = html_title(arena, markdown);
    struct buffer out;
    buffer_open(&out, ARENA_BYTES_MAX);
    buffer_printf(&out, "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    html_append(&out, title);
    buffer_printf(&out, "</title>\n<style>\n");
    html_page_rules(&out, title);
    buffer_printf(&out, "%s</style>\n</head>\n<body>\n", html_style);
    buffer_append(&out, body.at, body.bytes);
    buffer_printf(&out, "</body>\n</html>\n");
    struct text page = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return page;
}
