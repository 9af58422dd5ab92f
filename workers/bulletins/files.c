/* files.c - see files.h. Writing the same bulletin again writes the same bytes, so at-least-once is enough.
 */
#include "workers/bulletins/files.h"

#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "workers/bulletins/html.h"

#include <stdio.h>

enum { FILES_E_RETRY = 1, FILES_PATH_BYTES = 4096, FILES_MODE = 0640 };

/* Letters, digits, - _ . and everything beyond ASCII; / parts folders; a leading dot is encoded, so there is
 * no way up. */
static bool files_is_plain(unsigned char c, bool leads)
{
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return word || c >= 0x80 || c == '-' || c == '_' || c == '/' || (c == '.' && !leads);
}

struct text files_target(struct arena *arena, struct text bulletin)
{
    struct buffer out;
    buffer_open(&out, FILES_PATH_BYTES);
    buffer_printf(&out, "bulletins/");
    bool leads = true;
    for (size_t i = 0; i < bulletin.bytes; i++) {
        unsigned char c = (unsigned char)bulletin.at[i];
        if (files_is_plain(c, leads))
            buffer_append(&out, &c, 1);
        else
            buffer_printf(&out, "%%%02X", c);
        leads = c == '/';
    }
    struct text target = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return target;
}

static int files_write(const struct effect *effect, const char *out_directory, const char *ending,
                       struct text content)
{
    char path[FILES_PATH_BYTES], folder[FILES_PATH_BYTES];
    int bytes = snprintf(path, sizeof(path), "%s/%.*s%s", out_directory, TEXT_PRINT(effect->target), ending);
    ASSERT(bytes > 0 && (size_t)bytes < sizeof(path));
    memcpy(folder, path, sizeof(folder));
    *strrchr(folder, '/') = '\0';
    if (file_make_folders(folder) == 0 &&
        file_replace(path, FILES_MODE, (struct bytes){(const unsigned char *)content.at, content.bytes}) == 0)
        return 0;
    log_warning(LOG_GENERAL, "%s cannot be written; it will be tried again", path);
    return FILES_E_RETRY;
}

int files_carry_out(const struct effect *effect, const char *out_directory)
{
    struct arena arena;
    arena_open(&arena, ARENA_BYTES_MAX);
    int code = files_write(effect, out_directory, ".md", effect->content);
    if (code == 0)
        code = files_write(effect, out_directory, ".html", html_page(&arena, effect->content));
    arena_close(&arena);
    return code;
}
