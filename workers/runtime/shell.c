/* shell.c - see shell.h. The order of a turn: events are taken in as they come (one transaction a message);
 * at its end effects are carried out and deliveries handed over, then outcomes, credit and progress go to the
 * broker, in this order, so that progress never claims more than was sent.
 *
 * One PUBLISH is in flight at a time. So the journal holds outcomes in the order of the outbox, on which
 * collecting rests.
 */
#include "workers/runtime/shell.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/notify.h"
#include "proto/wire.h"
#include "workers/runtime/dispatch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SECOND_US = 1000000,
    GREETING_US = 5 * SECOND_US,
    ACCEPTED_US = 5 * SECOND_US,
    PING_US = 2 * SECOND_US, /* so soon a broker that was started anew is noticed */
    SILENCE_US = 20 * SECOND_US,
    EFFECTS_AGAIN_US = 5 * SECOND_US,
    BACKOFF_FIRST_US = 200000,
    BACKOFF_MAX_US = 1300000, /* with the dice: 2 s. The socket is on this machine, trying costs nothing */
    COMPLAIN_AGAIN_US = 60 * SECOND_US,
    FULL_AGAIN_US = 2 * SECOND_US,
    BUSY_AGAIN_US = 100000,
    FLUSH_AGAIN_US = 20000,
    START_US = 60 * SECOND_US,
    WINDOW = 4096,              /* credit granted; topped up at half */
    PUBLISH_BYTES_MAX = 917504, /* of bodies in one PUBLISH: it must fit MESSAGE_BYTES_MAX */
    QUEUE_BYTES = 16777216,     /* frames that the socket did not take */
    EFFECTS_PER_TURN = 256,
    REBUILD_EVENTS = 1000 /* so far behind at the start counts as a rebuild */
};
enum { SUB_COLLECT = 1, SUB_LIVE = 2 };
enum stage { STAGE_AWAY, STAGE_GREETING, STAGE_COLLECTING, STAGE_LIVE };

/* A frame that waits for the socket. */
struct queued {
    struct queued *next;
    size_t bytes;
    unsigned char at[];
};

struct shell {
    const struct shell_options *options;
    struct worker *worker;
    struct loop *loop;
    struct loop_socket *socket;
    struct loop_timer *again;  /* reconnect, resend, flush: whatever comes first */
    struct loop_wake *carried; /* the courier has a result */
    struct dispatch dispatch;
    struct loop_timer *second; /* greeting, liveness, status, watchdog */
    struct arena arena;        /* of the message at hand */
    struct buffer frame;
    struct queued *queue_first, *queue_last;
    size_t queue_bytes;
    enum stage stage;
    int exit_code;
    bool stopping;
    uint64_t head, target,
        seen;                  /* head; where collecting or rebuilding ends; how far collecting has looked */
    uint64_t owed;             /* credit not given back yet */
    uint64_t tag, publish_tag; /* publish_tag: of the PUBLISH in flight, 0: none */
    uint64_t *numbers;         /* of the outcomes in flight */
    size_t numbers_count;
    int64_t publish_at_us; /* when it was sent; or not before which to send again */
    int64_t heard_us, greeting_us, ping_us, effects_us, backoff_us;
    int64_t away_us;       /* since when there is no connection; 0: there is one */
    int64_t complained_us; /* when that was said last, */
    char complained[256];  /* and with which cause */
    int64_t again_us;      /* when `again` rings, 0: not armed */
    uint64_t told_cursor, told_outbox;
    int64_t told_wake_us;
    bool told, ready, rebuilding, full; /* full: away because the disk is */
    unsigned rebuilt_tenths;
};

static const char *shell_role(const struct shell *shell)
{
    return role_text(shell->options->worker.role->name);
}

static void shell_exit(struct shell *shell, enum shell_exit code)
{
    if (!shell->stopping)
        shell->exit_code = (int)code;
    shell->stopping = true;
    loop_stop(shell->loop);
}

static void shell_again_in(struct shell *shell, int64_t in_us)
{
    int64_t at_us = loop_monotonic_us() + in_us;
    if (shell->again_us != 0 && shell->again_us <= at_us)
        return;
    shell->again_us = at_us;
    loop_timer_arm_us(shell->again, in_us);
}

/* ---- sending ---- */

static void shell_drop_queue(struct shell *shell)
{
    while (shell->queue_first != NULL) {
        struct queued *queued = shell->queue_first;
        shell->queue_first = queued->next;
        free(queued);
    }
    shell->queue_last = NULL;
    shell->queue_bytes = 0;
}

/* What was under way with the broker is forgotten; all of it can be begun anew. */
static void shell_end_session(struct shell *shell, enum stage stage)
{
    shell->stage = stage;
    shell->publish_tag = 0;
    shell->publish_at_us = 0;
    shell->told = false;
}

/* Once at the beginning, then when the cause changes, else once a minute: it may last all night. */
static void shell_complain(struct shell *shell, const char *why)
{
    int64_t now_us = loop_monotonic_us();
    bool first = shell->away_us == 0;
    if (first)
        shell->away_us = now_us;
    if (!first && now_us - shell->complained_us < COMPLAIN_AGAIN_US &&
        strncmp(shell->complained, why, sizeof shell->complained - 1) == 0)
        return;
    shell->complained_us = now_us;
    (void)snprintf(shell->complained, sizeof shell->complained, "%s", why);
    log_warning(LOG_SESSION,
                "%s: no connection to the broker (%s), for %" PRId64 " s; it tries again and again",
                shell_role(shell), why, (now_us - shell->away_us) / SECOND_US);
}

static void shell_leave(struct shell *shell)
{
    if (shell->socket != NULL)
        loop_socket_close(shell->socket);
    shell->socket = NULL;
    shell_drop_queue(shell);
    shell_end_session(shell, STAGE_AWAY);
    shell->again_us = 0; /* whatever it was to ring for is gone */
}

static void shell_disconnect(struct shell *shell, const char *why)
{
    shell_leave(shell);
    uint32_t dice;
    digest_random(&dice, sizeof dice);
    int64_t in_us = shell->backoff_us / 2 + (int64_t)(dice % (uint32_t)shell->backoff_us);
    shell->backoff_us = shell->backoff_us * 2 < BACKOFF_MAX_US ? shell->backoff_us * 2 : BACKOFF_MAX_US;
    shell_complain(shell, why);
    shell_again_in(shell, in_us);
}

static void shell_enqueue(struct shell *shell, struct bytes frame)
{
    if (shell->queue_bytes + frame.bytes > QUEUE_BYTES) {
        shell_disconnect(shell, "the broker does not read");
        return;
    }
    struct queued *queued = memory_alloc(sizeof *queued + frame.bytes);
    queued->next = NULL;
    queued->bytes = frame.bytes;
    memcpy(queued->at, frame.at, frame.bytes);
    if (shell->queue_last != NULL)
        shell->queue_last->next = queued;
    else
        shell->queue_first = queued;
    shell->queue_last = queued;
    shell->queue_bytes += frame.bytes;
    shell_again_in(shell, FLUSH_AGAIN_US);
}

static void shell_send(struct shell *shell, const struct message *message)
{
    if (shell->socket == NULL)
        return;
    buffer_reset(&shell->frame);
    wire_encode(message, &shell->frame);
    struct bytes frame = buffer_view(&shell->frame);
    int code = shell->queue_first != NULL ? LOOP_E_FULL : loop_send(shell->socket, NULL, 0, frame);
    if (code == LOOP_E_FULL)
        shell_enqueue(shell, frame);
    else if (code != 0)
        shell_disconnect(shell, "the socket failed");
}

static void shell_flush(struct shell *shell)
{
    while (shell->queue_first != NULL && shell->socket != NULL) {
        struct queued *queued = shell->queue_first;
        int code = loop_send(shell->socket, NULL, 0, (struct bytes){queued->at, queued->bytes});
        if (code == LOOP_E_FULL) {
            shell_again_in(shell, FLUSH_AGAIN_US);
            return;
        }
        if (code != 0) {
            shell_disconnect(shell, "the socket failed");
            return;
        }
        shell->queue_first = queued->next;
        shell->queue_bytes -= queued->bytes;
        if (shell->queue_first == NULL)
            shell->queue_last = NULL;
        free(queued);
    }
}

/* ---- connecting ---- */

static loop_receive shell_receive;

static void shell_greet(struct shell *shell)
{
    shell_end_session(shell, STAGE_GREETING);
    shell->greeting_us = shell->heard_us = shell->ping_us = loop_monotonic_us();
    const struct message hello = {.verb = VERB_HELLO,
                                  .version = WIRE_REVISION,
                                  .name = TEXT("duban-worker"),
                                  .role = text_from(shell_role(shell)),
                                  .epoch = worker_epoch(shell->worker)};
    shell_send(shell, &hello);
}

static void shell_connect(struct shell *shell)
{
    struct complaint complaint = {0};
    const struct loop_connect_options how = {.endpoint = shell->options->endpoint};
    if (loop_connect(shell->loop, &how, shell_receive, shell, &shell->socket, &complaint) != 0) {
        shell->socket = NULL;
        shell_disconnect(shell, complaint.message);
        return;
    }
    shell_greet(shell);
}

static void shell_subscribe(struct shell *shell, uint64_t sub, const struct wire_filter *filter)
{
    shell->owed = 0;
    const struct message subscribe = {.verb = VERB_SUBSCRIBE,
                                      .sub = sub,
                                      .from = worker_cursor(shell->worker) + 1,
                                      .credit = WINDOW,
                                      .filter = *filter};
    shell_send(shell, &subscribe);
}

static void shell_status(struct shell *shell)
{
    uint64_t cursor = worker_cursor(shell->worker);
    uint64_t lag = shell->head > cursor ? shell->head - cursor : 0;
    if (shell->rebuilding)
        notify_status("rebuilding: event %" PRIu64 " of %" PRIu64, cursor, shell->target);
    else
        notify_status("event %" PRIu64 ", %" PRIu64 " behind, %" PRIu64 " outcomes waiting", cursor, lag,
                      worker_outbox_count(shell->worker));
}

static void shell_live(struct shell *shell)
{
    struct text types[EVENT_KIND_COUNT];
    const struct wire_filter filter = {.types = types,
                                       .types_count = worker_types(shell->worker, types, EVENT_KIND_COUNT)};
    shell->stage = STAGE_LIVE;
    shell->target = shell->head;
    shell->backoff_us = BACKOFF_FIRST_US;
    uint64_t cursor = worker_cursor(shell->worker);
    shell->rebuilding = shell->head > cursor + REBUILD_EVENTS || (cursor == 0 && shell->head > 0);
    shell->rebuilt_tenths = 0;
    if (shell->rebuilding)
        log_notice(LOG_REBUILD, "%s takes in the journal from event %" PRIu64 " to %" PRIu64,
                   shell_role(shell), worker_cursor(shell->worker) + 1, shell->head);
    shell_subscribe(shell, SUB_LIVE, &filter);
    shell_status(shell);
    if (shell->ready && shell->away_us != 0)
        log_notice(LOG_SESSION, "%s: connected again, at event %" PRIu64 ", after %" PRId64 " s",
                   shell_role(shell), cursor, (loop_monotonic_us() - shell->away_us) / SECOND_US);
    shell->away_us = 0;
    if (!shell->ready) {
        log_notice(LOG_STARTED, "%s is at work from event %" PRIu64 " on", shell_role(shell),
                   worker_cursor(shell->worker) + 1);
        notify_ready("at work");
    }
    shell->ready = true;
}

/* Nothing was written and nothing is lost: it waits, away from the broker, and says so once a minute. */
static void shell_wait_for_room(struct shell *shell, const char *doing)
{
    int64_t now_us = loop_monotonic_us();
    if (!shell->full || now_us - shell->complained_us >= COMPLAIN_AGAIN_US) {
        log_error(LOG_GENERAL, "%s: %s: the disk is full; it waits until there is room, and goes on then",
                  shell_role(shell), doing);
        shell->complained_us = now_us;
    }
    shell->full = true;
    shell->away_us = shell->away_us != 0 ? shell->away_us : now_us;
    notify_status("waits: the disk is full");
    shell_leave(shell);
    shell_again_in(shell, FULL_AGAIN_US);
}

static void shell_failed(struct shell *shell, int code, const char *doing)
{
    if (code == WORKER_E_DISK_FULL) {
        shell_wait_for_room(shell, doing);
        return;
    }
    log_error(LOG_GENERAL, "%s: %s failed: %s", shell_role(shell), doing,
              code == WORKER_E_FULL ? "the state has reached map-bytes-max"
              : code < 0            ? error_text(code)
                                    : "the state cannot be used");
    shell_exit(shell, code == WORKER_E_FULL ? SHELL_EXIT_FULL : SHELL_EXIT_FAILED);
}

/* Decisions from before that this state does not hold yet: looked for between cursor and head. */
static void shell_collect(struct shell *shell)
{
    char publisher[64];
    (void)snprintf(publisher, sizeof publisher, "worker/%s", shell_role(shell));
    const struct wire_filter filter = {.publisher = text_from(publisher)};
    shell->target = shell->head;
    if (!worker_is_live(shell->worker) && shell->head > worker_cursor(shell->worker)) {
        shell->stage = STAGE_COLLECTING;
        shell->seen = 0;
        shell_subscribe(shell, SUB_COLLECT, &filter);
        return;
    }
    int code = worker_is_live(shell->worker) ? 0 : worker_collected(shell->worker);
    if (code != 0)
        shell_failed(shell, code, "collecting");
    else
        shell_live(shell);
}

/* ---- what the broker says ---- */

/* A replay clock tells of a past: nobody is written to today about 2020, whatever the settings say. */
static void shell_carry(struct shell *shell, bool replay)
{
    static const struct delivery_policy nobody = {.carried = false};
    struct courier *courier = replay ? NULL : shell->options->courier;
    if (courier == NULL && shell->dispatch.courier != NULL)
        log_notice(LOG_GENERAL,
                   "%s: the broker's clock is a replay clock: nothing goes outside, it is written to files",
                   shell_role(shell));
    shell->dispatch.courier = courier;
    worker_carry(shell->worker, replay ? &nobody : &shell->options->worker.deliveries);
}

static void shell_on_welcome(struct shell *shell, const struct message *message)
{
    struct complaint complaint = {0};
    if (shell->stage != STAGE_GREETING)
        return;
    shell->head = message->head;
    shell_carry(shell, message->replay);
    int code = worker_bind_journal(shell->worker, message->name, message->head, &complaint);
    if (code == WORKER_E_JOURNAL) {
        log_error(LOG_GENERAL, "%s: %s", complaint.place, complaint.message);
        shell_exit(shell, SHELL_EXIT_JOURNAL);
    } else if (code != 0) {
        shell_failed(shell, code, "taking note of the journal");
    } else {
        shell_collect(shell);
    }
}

static void shell_rebuild_progress(struct shell *shell)
{
    uint64_t cursor = worker_cursor(shell->worker);
    unsigned tenths =
        shell->target > 0 && cursor < shell->target ? (unsigned)(cursor * 10 / shell->target) : 10;
    if (!shell->rebuilding || tenths == shell->rebuilt_tenths)
        return;
    shell->rebuilt_tenths = tenths;
    shell->rebuilding = tenths < 10;
    log_info(LOG_REBUILD, "%s has taken in %u %% of the journal", shell_role(shell), tenths * 10);
    shell_status(shell);
    notify_extend_us(START_US);
}

static void shell_collected(struct shell *shell, const struct message *message)
{
    int code = message->count > 0 ? worker_collect(shell->worker, message->entries, message->count) : 0;
    shell->seen = message->through;
    if (code == 0 && message->through >= shell->target) {
        const struct message unsubscribe = {.verb = VERB_UNSUBSCRIBE, .sub = SUB_COLLECT};
        shell_send(shell, &unsubscribe);
        code = worker_collected(shell->worker);
        if (code == 0)
            shell_live(shell);
    }
    if (code != 0)
        shell_failed(shell, code, "collecting earlier decisions");
}

static void shell_consume(struct shell *shell, const struct message *message)
{
    uint64_t cursor = 0;
    int code = worker_consume(shell->worker, message->entries, message->count, message->through, &cursor);
    if (code != 0)
        shell_failed(shell, code, "taking in events");
    else
        shell_rebuild_progress(shell);
}

static void shell_on_events(struct shell *shell, const struct message *message)
{
    shell->head = message->head > shell->head ? message->head : shell->head;
    if (shell->stage == STAGE_COLLECTING && message->sub == SUB_COLLECT) {
        shell->owed += message->count;
        shell_collected(shell, message);
    } else if (shell->stage == STAGE_LIVE && message->sub == SUB_LIVE) {
        shell->owed += message->count;
        shell_consume(shell, message);
    }
}

/* A refusal that no waiting cures is a promise broken by this program: an outcome that the door does not
 * know. */
static void shell_on_refusal(struct shell *shell, const struct wire_result *result)
{
    if (wire_code_retry(result->code)) {
        shell->publish_at_us = loop_monotonic_us() + BUSY_AGAIN_US;
        shell_again_in(shell, BUSY_AGAIN_US);
        return;
    }
    log_error(LOG_REFUSED, "%s: the broker refuses an outcome of its own (%s): %.*s", shell_role(shell),
              wire_code_name(result->code), TEXT_PRINT(result->text));
    shell_exit(shell, SHELL_EXIT_FAILED);
}

static void shell_on_accepted(struct shell *shell, const struct message *message)
{
    if (message->tag != shell->publish_tag || shell->publish_tag == 0)
        return;
    shell->publish_tag = 0;
    shell->publish_at_us = 0;
    size_t done = 0;
    while (done < message->count && done < shell->numbers_count && message->results[done].code == WIRE_OK)
        done++;
    int code = done > 0 ? worker_settle(shell->worker, shell->numbers[done - 1]) : 0;
    if (code != 0)
        shell_failed(shell, code, "settling outcomes");
    else if (done < message->count)
        shell_on_refusal(shell, &message->results[done]);
}

static struct bytes shell_encode_row(struct shell *shell, const struct doc *row)
{
    buffer_reset(&shell->frame);
    doc_encode(row, &shell->frame);
    return arena_bytes_copy(&shell->arena, buffer_view(&shell->frame));
}

static void shell_reply_error(struct shell *shell, uint64_t tag, enum wire_code code, struct text text)
{
    const struct message reply = {.verb = VERB_REPLY, .tag = tag, .ok = false, .code = code, .text = text};
    shell_send(shell, &reply);
}

static void shell_reply(struct shell *shell, uint64_t tag, const struct query_answer *answer)
{
    struct bytes *rows = arena_alloc(&shell->arena, (answer->rows_count + 1) * sizeof *rows);
    size_t bytes = 0;
    for (size_t i = 0; answer->ok && i < answer->rows_count; i++) {
        rows[i] = shell_encode_row(shell, answer->rows[i]);
        bytes += rows[i].bytes;
    }
    const struct message reply = {.verb = VERB_REPLY,
                                  .tag = tag,
                                  .ok = true,
                                  .rows = rows,
                                  .count = answer->rows_count,
                                  .more = answer->more};
    if (!answer->ok)
        shell_reply_error(shell, tag, answer->unknown ? WIRE_UNKNOWN : WIRE_INVALID, answer->error);
    else if (bytes > PUBLISH_BYTES_MAX)
        shell_reply_error(shell, tag, WIRE_INVALID,
                          TEXT("the answer is too large for one message; ask for fewer rows"));
    else
        shell_send(shell, &reply);
}

static void shell_ping(struct shell *shell, int64_t now_us)
{
    if (now_us - shell->ping_us < PING_US)
        return;
    shell->ping_us = now_us;
    const struct message ping = {.verb = VERB_PING, .tag = ++shell->tag};
    shell_send(shell, &ping);
}

/* While a long answer is worked out nothing is read: that the broker is silent says nothing then, and that it
 * hears nothing would end the session and the question (PROTOCOL.md, ASK). */
static void shell_breathe(void *context)
{
    struct shell *shell = context;
    int64_t now_us = loop_monotonic_us();
    if (now_us - shell->ping_us < PING_US)
        return;
    notify_watchdog_ping();
    shell->heard_us = now_us;
    shell_ping(shell, now_us);
}

static int shell_open_again(struct shell *shell, uint64_t epoch_min, struct complaint *complaint)
{
    struct worker_options options = shell->options->worker;
    options.epoch_min = epoch_min;
    int code = worker_open(&options, &shell->worker, complaint);
    if (code == 0)
        worker_on_breath(shell->worker, shell_breathe, shell);
    return code;
}

/* An operator's wish: the state is deleted and made again from the journal. */
static void shell_rebuild(struct shell *shell)
{
    struct complaint complaint = {0};
    uint64_t epoch = worker_epoch(shell->worker);
    log_notice(LOG_REBUILD, "%s: its state is deleted and made again from the journal", shell_role(shell));
    worker_close(shell->worker, true);
    shell->worker = NULL;
    int code = worker_delete_state(shell->options->worker.directory);
    if (code == 0)
        code = shell_open_again(shell, epoch + 1, &complaint);
    if (code != 0) {
        log_error(LOG_REBUILD, "%s: %s %s", shell_role(shell), complaint.message, complaint.place);
        shell_exit(shell, SHELL_EXIT_FAILED);
        return;
    }
    shell_greet(shell); /* ends the session of the old state */
}

/* What memory knew beyond the last commit is not true: the state is opened as a new process would. */
static void shell_try_room(struct shell *shell)
{
    struct complaint complaint = {0};
    int code = worker_try_room(shell->worker);
    if (code == 0) {
        worker_close(shell->worker, true);
        shell->worker = NULL;
        code = shell_open_again(shell, 0, &complaint);
    }
    if (code == WORKER_E_DISK_FULL && shell->worker != NULL) {
        shell_wait_for_room(shell, "waiting");
    } else if (code != 0) {
        log_error(LOG_GENERAL, "%s: opening its state failed: %s %s", shell_role(shell), complaint.message,
                  complaint.place);
        shell_exit(shell, code == WORKER_E_DISK_FULL ? SHELL_EXIT_FULL : SHELL_EXIT_FAILED);
    } else {
        log_notice(LOG_GENERAL, "%s: there is room on the disk again", shell_role(shell));
        shell->full = false;
        shell_connect(shell);
    }
}

static void shell_answer(struct shell *shell, const struct message *message)
{
    struct complaint complaint = {0};
    struct query_answer answer = {.ok = true};
    struct doc *args = doc_new(&shell->arena);
    if (message->args.bytes > 0 &&
        doc_decode(&shell->arena, message->args, "args.", &args, &complaint) != 0) {
        shell_reply_error(shell, message->tag, WIRE_INVALID,
                          arena_printf(&shell->arena, "%s: %s", complaint.field, complaint.message));
        return;
    }
    int code = worker_query(shell->worker, &shell->arena, message->name, args, &answer);
    if (code != 0)
        shell_failed(shell, code, "reading the state");
    else
        shell_reply(shell, message->tag, &answer);
}

/* A state made anew decides again what the journal does not hold, and so says it again outside. */
static bool shell_would_repeat(const struct shell *shell)
{
    return shell->options->worker.role->carry_out != NULL && worker_outbox_count(shell->worker) > 0;
}

/* What the journal holds is not decided again and so queues no effect again: what waits must be out before.
 */
static void shell_rebuild_asked(struct shell *shell, const struct message *message)
{
    const struct query_answer done = {.ok = true};
    bool left_out = false;
    int code = worker_effects(shell->worker, SIZE_MAX, &left_out);
    if (code != 0) {
        shell_failed(shell, code, "carrying out what waits");
    } else if (left_out || worker_deliveries_wait(shell->worker)) {
        shell_reply_error(shell, message->tag, WIRE_BUSY,
                          TEXT("notices or files wait to be delivered and would be lost; this worker's log "
                               "says what hinders"));
    } else if (shell_would_repeat(shell)) {
        shell_reply_error(shell, message->tag, WIRE_BUSY,
                          TEXT("what was done outside is not in the journal yet and would be done again; "
                               "ask again in a moment"));
    } else {
        shell_reply(shell, message->tag, &done);
        shell_rebuild(shell);
    }
}

/* Half a state would give wrong answers, so none is given until it is whole. */
static void shell_on_ask(struct shell *shell, const struct message *message)
{
    if (text_is(message->name, "rebuild")) {
        shell_rebuild_asked(shell, message);
    } else if (shell->stage != STAGE_LIVE || shell->rebuilding) {
        shell_reply_error(shell, message->tag, WIRE_BUSY,
                          arena_printf(&shell->arena,
                                       "%s makes its state again: event %" PRIu64 " of %" PRIu64,
                                       shell_role(shell), worker_cursor(shell->worker), shell->target));
    } else {
        shell_answer(shell, message);
    }
}

static void shell_on_pong(struct shell *shell, const struct message *message)
{
    shell->head = message->head > shell->head ? message->head : shell->head;
}

static void shell_on_error(struct shell *shell, const struct message *message)
{
    char why[256];
    (void)snprintf(why, sizeof why, "%s: %.*s", wire_code_name(message->code), TEXT_PRINT(message->text));
    if (message->code == WIRE_FENCED) {
        log_error(LOG_SESSION, "%s: a newer instance is at work: %s", shell_role(shell), why);
        shell_exit(shell, SHELL_EXIT_FENCED);
    } else if (message->code == WIRE_DAMAGED) { /* and will be so the next time */
        log_error(LOG_JOURNAL_CORRUPT, "%s: the broker's journal cannot be read: %.*s", shell_role(shell),
                  TEXT_PRINT(message->text));
        shell_exit(shell, SHELL_EXIT_DAMAGED);
    } else if (message->code != WIRE_NO_SESSION) {
        shell_disconnect(shell, why);
    } else if (shell->stage != STAGE_GREETING) { /* else it answers what was sent before HELLO */
        log_notice(LOG_SESSION, "%s: the broker was started anew", shell_role(shell));
        shell->away_us = shell->away_us != 0 ? shell->away_us : loop_monotonic_us();
        shell_greet(shell);
    }
}

static const struct {
    enum verb verb;
    void (*call)(struct shell *shell, const struct message *message);
} shell_verbs[] = {
    {VERB_WELCOME, shell_on_welcome}, {VERB_EVENTS, shell_on_events}, {VERB_ACCEPTED, shell_on_accepted},
    {VERB_ASK, shell_on_ask},         {VERB_PONG, shell_on_pong},     {VERB_ERROR, shell_on_error},
};

static void shell_receive(void *context, const struct loop_peer *peer, struct bytes payload)
{
    struct shell *shell = context;
    struct message message;
    struct complaint complaint = {0};
    (void)peer;
    if (shell->stopping)
        return;
    arena_reset(&shell->arena);
    if (wire_decode(&shell->arena, payload, &message, &complaint) != 0) {
        shell_disconnect(shell, complaint.message);
        return;
    }
    shell->heard_us = loop_monotonic_us();
    for (size_t i = 0; i < sizeof shell_verbs / sizeof *shell_verbs; i++)
        if (shell_verbs[i].verb == message.verb) {
            shell_verbs[i].call(shell, &message);
            return;
        }
    shell_disconnect(shell, "the broker said what workers are not told");
}

/* ---- the end of a turn ---- */

static void shell_publish(struct shell *shell)
{
    struct outgoing outgoing[OUTBOX_SEND_MAX];
    struct bytes bodies[OUTBOX_SEND_MAX];
    size_t count = 0, taken = 0, bytes = 0;
    int64_t now_us = loop_monotonic_us();
    if (shell->publish_tag != 0 || now_us < shell->publish_at_us || worker_outbox_count(shell->worker) == 0)
        return;
    int code = worker_outbox(shell->worker, 0, outgoing, OUTBOX_SEND_MAX, &count);
    if (code != 0) {
        shell_failed(shell, code, "reading the outbox");
        return;
    }
    while (taken < count && (taken == 0 || bytes + outgoing[taken].body.bytes <= PUBLISH_BYTES_MAX)) {
        bytes += outgoing[taken].body.bytes;
        shell->numbers[taken] = outgoing[taken].number;
        bodies[taken] = outgoing[taken].body;
        taken++;
    }
    shell->numbers_count = taken;
    shell->publish_tag = ++shell->tag;
    shell->publish_at_us = now_us;
    const struct message publish = {
        .verb = VERB_PUBLISH, .tag = shell->publish_tag, .bodies = bodies, .count = taken};
    shell_send(shell, &publish);
}

static void shell_credit(struct shell *shell)
{
    if (shell->owed < WINDOW / 2)
        return;
    const struct message credit = {.verb = VERB_CREDIT,
                                   .sub = shell->stage == STAGE_LIVE ? SUB_LIVE : SUB_COLLECT,
                                   .credit = shell->owed};
    shell->owed = 0;
    shell_send(shell, &credit);
}

static void shell_progress(struct shell *shell)
{
    uint64_t cursor = worker_cursor(shell->worker), outbox = worker_outbox_count(shell->worker);
    int64_t wake_us = worker_wake_us(shell->worker);
    if (shell->told && cursor == shell->told_cursor && outbox == shell->told_outbox &&
        wake_us == shell->told_wake_us)
        return;
    const struct message progress = {
        .verb = VERB_PROGRESS, .cursor = cursor, .outbox = outbox, .wake_us = wake_us};
    shell->told = true;
    shell->told_cursor = cursor;
    shell->told_outbox = outbox;
    shell->told_wake_us = wake_us;
    shell_send(shell, &progress);
}

static void shell_effects(struct shell *shell)
{
    bool left = false;
    if (shell->options->worker.role->carry_out == NULL || loop_monotonic_us() < shell->effects_us)
        return;
    int code = worker_effects(shell->worker, EFFECTS_PER_TURN, &left);
    if (code != 0)
        shell_failed(shell, code, "carrying out effects");
    if (left) {
        shell->effects_us = loop_monotonic_us() + EFFECTS_AGAIN_US;
        shell_again_in(shell, EFFECTS_AGAIN_US);
    }
}

static void shell_deliver(struct shell *shell)
{
    int64_t again_us = CIVIL_NEVER_US;
    shell->dispatch.worker = shell->worker;
    int code = dispatch_run(&shell->dispatch, loop_wall_us(), &again_us);
    if (code != 0)
        shell_failed(shell, code, "delivering");
    else if (again_us != CIVIL_NEVER_US)
        shell_again_in(shell, again_us);
}

static void shell_turn(void *context)
{
    struct shell *shell = context;
    if (shell->stopping)
        return;
    shell_flush(shell);
    if (shell->stage == STAGE_LIVE)
        shell_effects(shell);
    if (shell->stage == STAGE_LIVE && !shell->stopping)
        shell_deliver(shell);
    if (shell->stage == STAGE_LIVE && !shell->stopping)
        shell_publish(shell);
    if (shell->stage == STAGE_LIVE || shell->stage == STAGE_COLLECTING) {
        shell_credit(shell);
        shell_progress(shell);
    }
}

/* ---- timers ---- */

static void shell_again(void *context)
{
    struct shell *shell = context;
    shell->again_us = 0;
    if (shell->stage != STAGE_AWAY || shell->stopping)
        return;
    if (shell->full)
        shell_try_room(shell);
    else
        shell_connect(shell);
}

/* From the courier's thread; the end of the turn that follows takes the result. */
static void shell_ring(void *context)
{
    struct shell *shell = context;
    loop_wake_signal(shell->carried);
}

static void shell_carried(void *context)
{
    (void)context;
}

static void shell_second(void *context)
{
    struct shell *shell = context;
    int64_t now_us = loop_monotonic_us();
    loop_timer_arm_us(shell->second, SECOND_US);
    notify_watchdog_ping();
    if (!shell->ready)
        notify_extend_us(START_US);
    if (shell->stage == STAGE_AWAY)
        return;
    if (shell->stage == STAGE_GREETING) {
        if (now_us - shell->greeting_us > GREETING_US)
            shell_disconnect(shell, "no WELCOME");
        return;
    }
    if (now_us - shell->heard_us > SILENCE_US) {
        shell_disconnect(shell, "no sign of life");
        return;
    }
    if (shell->publish_tag != 0 && now_us - shell->publish_at_us > ACCEPTED_US) {
        shell->publish_tag = 0; /* sent again under the same ids at the end of this turn */
        shell->publish_at_us = 0;
    }
    shell_ping(shell, now_us);
    shell_status(shell);
}

static void shell_stop(void *context)
{
    struct shell *shell = context;
    const struct message bye = {.verb = VERB_BYE};
    notify_stopping();
    log_notice(LOG_STOPPING, "%s stops", shell_role(shell));
    shell_send(shell, &bye);
    shell_exit(shell, SHELL_EXIT_DONE);
}

static void shell_reload(void *context)
{
    (void)context; /* a worker has no configuration of its own to read again */
}

/* ---- the process ---- */

static int shell_open(struct shell *shell)
{
    if (loop_open(&shell->loop) != 0 ||
        loop_timer_open(shell->loop, shell_again, shell, &shell->again) != 0 ||
        loop_timer_open(shell->loop, shell_second, shell, &shell->second) != 0 ||
        loop_wake_open(shell->loop, shell_carried, shell, &shell->carried) != 0) {
        log_error(LOG_GENERAL, "no event loop");
        return SHELL_EXIT_FAILED;
    }
    loop_on_stop(shell->loop, shell_stop, shell);
    loop_on_reload(shell->loop, shell_reload, shell);
    loop_on_turn_end(shell->loop, shell_turn, shell);
    arena_open(&shell->arena, ARENA_BYTES_MAX);
    buffer_open(&shell->frame, 2 * MESSAGE_BYTES_MAX);
    shell->numbers = memory_alloc(OUTBOX_SEND_MAX * sizeof *shell->numbers);
    shell->backoff_us = BACKOFF_FIRST_US;
    loop_timer_arm_us(shell->second, SECOND_US);
    shell->dispatch.courier = shell->options->courier;
    if (shell->dispatch.courier != NULL)
        courier_on_result(shell->dispatch.courier, shell_ring, shell);
    return 0;
}

static void shell_close(struct shell *shell)
{
    if (shell->socket != NULL)
        loop_socket_close(shell->socket);
    shell_drop_queue(shell);
    if (shell->options->courier != NULL)
        courier_on_result(shell->options->courier, NULL, NULL);
    loop_wake_close(shell->carried);
    loop_timer_close(shell->again);
    loop_timer_close(shell->second);
    loop_close(shell->loop);
    arena_close(&shell->arena);
    buffer_close(&shell->frame);
    free(shell->numbers);
}

static int shell_open_worker(const struct shell_options *options, struct worker **worker_out)
{
    struct complaint complaint = {0};
    int code = worker_open(&options->worker, worker_out, &complaint);
    if (code == 0)
        return 0;
    log_error(LOG_GENERAL, "%s: %s %s", role_text(options->worker.role->name), complaint.message,
              complaint.place);
    return code == WORKER_E_LOCKED                               ? SHELL_EXIT_JOURNAL
           : code == WORKER_E_FULL || code == WORKER_E_DISK_FULL ? SHELL_EXIT_FULL
                                                                 : SHELL_EXIT_FAILED;
}

int shell_run(const struct shell_options *options)
{
    struct shell shell = {.options = options};
    int code = shell_open_worker(options, &shell.worker);
    if (code != 0)
        return code;
    code = shell_open(&shell);
    if (code != 0)
        return code;
    worker_on_breath(shell.worker, shell_breathe, &shell);
    shell_connect(&shell);
    loop_run(shell.loop);
    if (shell.worker != NULL)
        worker_close(shell.worker,
                     shell.exit_code == SHELL_EXIT_DONE || shell.exit_code == SHELL_EXIT_FENCED);
    shell_close(&shell);
    return shell.exit_code;
}
