/* scratch.c - see scratch.h. */
#include "cli/simulate/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/file.h"

int scratch_open(struct arena *arena, const char **folder_out)
{
    const char *temporary = getenv("TMPDIR");
    struct text wanted = arena_printf(arena, "%s/duban-XXXXXX", temporary != NULL ? temporary : "/tmp");
    char *folder = arena_alloc(arena, wanted.bytes + 1);
    memcpy(folder, wanted.at, wanted.bytes);
    *folder_out = folder;
    if (mkdtemp(folder) != NULL)
        return 0;
    return command_fail(EXIT_FAILED, "TMPDIR names another place", "%s: %s", folder,
                        error_text(error_from_errno()));
}

int scratch_close(const char *folder)
{
    return file_remove_folder(folder) == 0
               ? 0
               : command_fail(EXIT_FAILED, NULL, "%s could not be removed", folder);
}

int scratch_until(const char *given, int zone, int64_t *until_us_out)
{
    int32_t day;
    if (given == NULL || civil_parse_time(text_from(given), until_us_out, NULL))
        return 0;
    if (!civil_parse_date(text_from(given), &day))
        return command_fail(EXIT_USAGE, NULL, "--until takes a date or an instant with an offset, not `%s`",
                            given);
    *until_us_out = civil_end_of_day_us(day, zone);
    return 0;
}

void scratch_progress(uint64_t done, uint64_t all)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (done < all)
        fprintf(stderr, "\r%3llu%%", (unsigned long long)(done * 100 / all));
    else
        fputs("\r    \r", stderr);
}
