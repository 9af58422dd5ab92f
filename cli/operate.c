/* operate.c - see operate.h. */
#include "cli/operate.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/bus.h"
#include "cli/table.h"
#include "proto/wire.h"

enum { OPERATE_POLL_MS = 100, OPERATE_BAR_COLUMNS = 40 };

static void rebuild_bar(uint64_t cursor, uint64_t head, bool last)
{
    if (!isatty(STDERR_FILENO))
        return;
    cursor = cursor < head ? cursor : head;
    int filled = head > 0 ? (int)(cursor * OPERATE_BAR_COLUMNS / head) : OPERATE_BAR_COLUMNS;
    fprintf(stderr, "\r[%.*s%*s] #%llu of #%llu%s", filled, "########################################",
            OPERATE_BAR_COLUMNS - filled, "", (unsigned long long)cursor, (unsigned long long)head,
            last ? "\n" : "");
}

/* The worker's row of `status`, or NULL while it is away. */
static int rebuild_row(struct invocation *invocation, struct duban *client, const char *role,
                       const struct doc **row_out, uint64_t *head_out)
{
    struct doc **rows;
    size_t count;
    int code = bus_query(invocation, client, "status", doc_new(&invocation->arena), &rows, &count);
    *row_out = NULL;
    for (size_t i = 0; code == 0 && i < count; i++) {
        if (doc_has(rows[i], FIELD_HEAD))
            *head_out = (uint64_t)doc_int(rows[i], FIELD_HEAD, 0);
        if (text_is(doc_text(rows[i], FIELD_ROLE), role) &&
            text_is(doc_text(rows[i], FIELD_STATE), "connected"))
            *row_out = rows[i];
    }
    return code;
}

/* Whether the worker's state is whole: until then it answers any question with busy, or is not there. */
static int rebuild_is_whole(struct invocation *invocation, struct duban *client, const char *role,
                            bool *whole_out)
{
    char *rows = NULL;
    struct text what = arena_printf(&invocation->arena, "%s:whole", role);
    int code = duban_query(client, what.at, NULL, bus_timeout_ms(invocation), &rows, NULL);
    free(rows);
    *whole_out = code >= 0 && !wire_code_retry((enum wire_code)code);
    return code >= 0 ? 0 : command_fail(EXIT_UNREACHABLE, NULL, "%s: %s", role, duban_error(client));
}

static int rebuild_done(struct invocation *invocation, const char *role, uint64_t cursor)
{
    struct doc *row = doc_new(&invocation->arena);
    if (!invocation->options.json)
        return printf("%s is rebuilt: #%llu\n", role, (unsigned long long)cursor), EXIT_DONE;
    doc_set_text(row, FIELD_ROLE, text_from(role));
    doc_set_int(row, FIELD_CURSOR, (int64_t)cursor);
    return table_print_json(&invocation->arena, &row, 1);
}

static int rebuild_watch(struct invocation *invocation, struct duban *client, const char *role)
{
    for (;;) {
        const struct doc *row;
        uint64_t head = 0, cursor = 0;
        bool whole;
        arena_reset(&invocation->arena);
        int code = rebuild_is_whole(invocation, client, role, &whole);
        if (code == 0)
            code = rebuild_row(invocation, client, role, &row, &head);
        if (code != 0)
            return code;
        cursor = row != NULL ? (uint64_t)doc_int(row, FIELD_CURSOR, 0) : 0;
        rebuild_bar(cursor, head, whole);
        if (whole)
            return rebuild_done(invocation, role, cursor);
        if (duban_wait(client, OPERATE_POLL_MS) < DUBAN_OK)
            return command_fail(EXIT_UNREACHABLE, NULL, "%s", duban_error(client));
    }
}

int operate_rebuild(struct invocation *invocation)
{
    const char *role = invocation->positionals[0];
    struct doc **rows;
    size_t count;
    enum role_name known = role_find(text_from(role));
    if (known == ROLE_COUNT || known == ROLE_BROKER || known == ROLE_ANY)
        return command_fail(
            EXIT_USAGE,
            "roles: coordination, tasks, deadlines, routines, supervision, bulletins, notifications, "
            "ledger",
            "there is no role `%s`", role);
    struct duban *client;
    int code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    struct text what = arena_printf(&invocation->arena, "%s:rebuild", role);
    code = bus_query(invocation, client, what.at, doc_new(&invocation->arena), &rows, &count);
    if (code == 0)
        code = rebuild_watch(invocation, client, role);
    duban_close(client);
    return code;
}

int operate_advance(struct invocation *invocation)
{
    struct doc *args = doc_new(&invocation->arena), **rows;
    int64_t at_us;
    int zone;
    size_t count;
    if (!civil_parse_time(text_from(invocation->positionals[0]), &at_us, &zone))
        return command_fail(EXIT_USAGE, NULL,
                            "%s is no instant with an offset, such as 2020-03-01T00:00:00+08:00",
                            invocation->positionals[0]);
    doc_set_time(args, FIELD_AT, at_us, zone);
    struct duban *client;
    int code = bus_open(invocation, &client);
    if (code != 0)
        return code;
    code = bus_query(invocation, client, "clock.advance", args, &rows, &count);
    duban_close(client);
    return code == 0 && invocation->options.json ? table_print_json(&invocation->arena, rows, count) : code;
}
