/* path.c - prints the steps from the outermost in. */
#include "proto/path.h"

#include <stdarg.h>
#include <stdio.h>

#include "proto/names.h"

enum { PATH_STEPS_MAX = 8, PATH_BYTES_MAX = 400 };

static size_t path_step(const struct path *step, bool dot, char *out, size_t room)
{
    char name[NAMES_QUOTE_BYTES];
    int n =
        step->index == PATH_NO_INDEX
            ? snprintf(out, room, "%s%s", dot ? "." : "", names_quote(step->name, name))
            : snprintf(out, room, "%s%s[%ld]", dot ? "." : "", names_quote(step->name, name), step->index);
    return n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

void path_complain(const struct path *path, struct complaint *complaint, const char *format, ...)
{
    const struct path *steps[PATH_STEPS_MAX];
    size_t count = 0, used = 0;
    for (const struct path *step = path; step != NULL && count < PATH_STEPS_MAX; step = step->up)
        steps[count++] = step;
    char field[PATH_BYTES_MAX] = "", message[2 * COMPLAINT_BYTES_MAX];
    for (size_t i = count; i-- > 0;)
        used += path_step(steps[i], used > 0 && field[used - 1] != '.', field + used, sizeof(field) - used);
    if (count == 1 && used > 0 && field[used - 1] == '.')
        field[used - 1] = '\0'; /* the whole: "data" */
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    complain(complaint, field, "", "%s", message);
}
