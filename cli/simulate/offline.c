/* offline.c - see offline.h. */
#include "cli/simulate/offline.h"

#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "cli/simulate/scratch.h"
#include "daemon/journal.h"
#include "workers/runtime/worker.h"

static const uint64_t OFFLINE_MAP_BYTES = UINT64_C(1) << 38; /* address space alone */

struct offline {
    struct invocation *invocation;
    const char *folder; /* of its state */
    struct worker *worker;
    struct arena arena; /* of the batch */
    struct entry entries[TURN_EVENTS_MAX];
    size_t count;
};

static int offline_consume(struct offline *offline)
{
    size_t done = 0;
    int code = 0;
    while (code == 0 && done < offline->count) {
        uint64_t through = offline->entries[offline->count - 1].seq, cursor;
        code =
            worker_consume(offline->worker, offline->entries + done, offline->count - done, through, &cursor);
        while (done < offline->count && offline->entries[done].seq <= cursor)
            done++;
    }
    offline->count = 0;
    arena_reset(&offline->arena);
    return code;
}

static int offline_take(void *context, const struct entry *entry)
{
    struct offline *offline = context;
    struct entry *own = &offline->entries[offline->count++];
    *own = *entry;
    own->publisher = arena_text_copy(&offline->arena, entry->publisher);
    own->body = arena_bytes_copy(&offline->arena, entry->body);
    return offline->count < TURN_EVENTS_MAX ? 0 : offline_consume(offline);
}

static void offline_progress(void *context, uint64_t done, uint64_t all)
{
    (void)context;
    scratch_progress(done, all);
}

static int offline_read(struct offline *offline)
{
    struct journal_verdict verdict;
    struct complaint complaint = {0};
    const char *directory = offline->invocation->options.directory;
    int code = journal_scan(directory, offline_take, offline_progress, offline, &verdict, &complaint);
    scratch_progress(1, 1);
    if (code != 0)
        return command_fail(EXIT_FAILED, "`dubanctl verify` says where it breaks", "%s: %s%s%s", directory,
                            complaint.place, complaint.place[0] != '\0' ? ": " : "", complaint.message);
    return offline_consume(offline) == 0
               ? 0
               : command_fail(EXIT_FAILED, "TMPDIR names another place", "the ledger could not be made");
}

static int offline_make(struct offline *offline)
{
    struct complaint complaint = {0};
    struct worker_options options = {.role = role_by_name(TEXT("ledger")),
                                     .directory = offline->folder,
                                     .out_directory = offline->folder,
                                     .map_bytes_max = OFFLINE_MAP_BYTES,
                                     .durable = false,
                                     .attempts_max = 3};
    int code = worker_open(&options, &offline->worker, &complaint);
    if (code == 0)
        code = worker_collected(offline->worker);
    return code == 0 ? offline_read(offline)
                     : command_fail(EXIT_FAILED, "TMPDIR names another place", "%s: %s", complaint.place,
                                    complaint.message);
}

int offline_open(struct invocation *invocation, struct offline **offline_out)
{
    const char *directory = invocation->options.directory;
    struct text segments = arena_printf(&invocation->arena, "%s/segments", directory);
    *offline_out = NULL;
    if (access(segments.at, F_OK) != 0)
        return command_fail(EXIT_USAGE, "--journal names a journal's folder, which holds `segments`",
                            "there is no journal at %s", directory);
    struct offline *offline = arena_alloc(&invocation->arena, sizeof *offline);
    *offline = (struct offline){.invocation = invocation};
    int code = scratch_open(&invocation->arena, &offline->folder);
    if (code != 0)
        return code;
    arena_open(&offline->arena, (size_t)TURN_EVENTS_MAX * MESSAGE_BYTES_MAX);
    code = offline_make(offline);
    if (code != 0)
        offline_close(offline);
    else
        *offline_out = offline;
    return code;
}

void offline_close(struct offline *offline)
{
    if (offline->worker != NULL)
        worker_close(offline->worker, true);
    arena_close(&offline->arena);
    if (scratch_close(offline->folder) != 0)
        fprintf(stderr, "dubanctl: what was left over lies in %s\n", offline->folder);
}

int offline_query(struct offline *offline, struct arena *arena, const char *what, const struct doc *args,
                  struct doc ***rows_out, size_t *count_out, bool *more_out)
{
    struct query_answer answer;
    int code = worker_query(offline->worker, arena, text_from(what), args, &answer);
    if (code != 0)
        return command_fail(EXIT_FAILED, NULL, "query %s: %s", what, error_text(code));
    if (!answer.ok)
        return command_fail(EXIT_USAGE, NULL, "query %s: %.*s", what, TEXT_PRINT(answer.error));
    *rows_out = answer.rows;
    *count_out = answer.rows_count;
    *more_out = answer.more;
    return 0;
}
