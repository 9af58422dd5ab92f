/* html.c - see html.h. */
#include "workers/bulletins/html.h"

#include "base/limits.h"
#include "base/log.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <stdlib.h>

static const char html_style[] =
    "@page{size:A4;margin:22mm 20mm}\n"
    "body{font-family:\"Noto Serif CJK SC\",\"Source Han Serif SC\",\"SimSun\",serif;"
    "font-size:11pt;line-height:1.7;color:#000;background:#fff;max-width:170mm;margin:0 auto;"
    "padding:8mm}\n"
    "h1{font-size:18pt;text-align:center;margin:0 0 6mm}\n"
    "h2{font-size:13pt;margin:8mm 0 2mm;break-after:avoid}\n"
    "table{border-collapse:collapse;width:100%;font-size:9.5pt;margin:3mm 0}\n"
    "thead{display:table-header-group}\n"
    "tr{break-inside:avoid}\n"
    "th,td{border:0.5pt solid #000;padding:1mm 2mm;vertical-align:top}\n"
    "th{font-weight:bold}\n"
    "blockquote{margin:3mm 0;padding:0 4mm;border-left:1.5pt solid #000;font-size:9.5pt}\n"
    "li{break-inside:avoid}\n"
    "@media print{body{max-width:none;padding:0}}\n";

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
    char *rendered =
        cmark_render_html(document, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser));
    struct text body = arena_text_copy(arena, text_from(rendered));
    free(rendered);
    cmark_node_free(document);
    cmark_parser_free(parser);
    return body;
}

/* The first line without its mark and escapes, safe in HTML. */
static void html_title(struct buffer *out, struct text markdown)
{
    static const struct {
        char c;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    size_t at = 0;
    while (at < markdown.bytes && (markdown.at[at] == '#' || markdown.at[at] == ' '))
        at++;
    for (; at < markdown.bytes && markdown.at[at] != '\n'; at++) {
        if (markdown.at[at] == '\\' && at + 1 < markdown.bytes && markdown.at[at + 1] != '\n')
            at++;
        const char *entity = NULL;
        for (size_t i = 0; i < sizeof(entities) / sizeof(*entities); i++)
            if (entities[i].c == markdown.at[at])
                entity = entities[i].entity;
        if (entity != NULL)
            buffer_append(out, entity, strlen(entity));
        else
            buffer_append(out, &markdown.at[at], 1);
    }
}

struct text html_page(struct arena *arena, struct text markdown)
{
    struct text body = html_body(arena, markdown);
    struct buffer out;
    buffer_open(&out, ARENA_BYTES_MAX);
    buffer_printf(&out, "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    html_title(&out, markdown);
    buffer_printf(&out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n", html_style);
    buffer_append(&out, body.at, body.bytes);
    buffer_printf(&out, "</body>\n</html>\n");
    struct text page = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return page;
}
