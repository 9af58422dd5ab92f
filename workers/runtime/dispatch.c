/* dispatch.c - see dispatch.h. */
#include "workers/runtime/dispatch.h"

#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const int64_t DISPATCH_BUSY_US =
    CIVIL_SECOND_US; /* a receiver that asked for a rest is looked at so often */

/* ---- results ---- */

/* Named as the journal, the letter and `dubanctl notifications` name it: number, post and channel. */
struct dispatched {
    int64_t seq;
    struct text addressee, channel;
    struct text receiver; /* a webhook's name, or none */
};

static void PRINTF_LIKE(4, 5) dispatch_log(enum log_level level, enum log_message kind,
                                           const struct dispatched *what, const char *format, ...)
{
    char said[640], seq[24];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    (void)snprintf(seq, sizeof seq, "%" PRId64, what->seq);
    const struct log_field fields[] = {{"post", what->addressee}, {"seq", text_from(seq)}};
    log_line(level, kind, fields, sizeof fields / sizeof *fields, "#%s to %.*s by %.*s%s%.*s: %s", seq,
             TEXT_PRINT(what->addressee), TEXT_PRINT(what->channel), what->receiver.bytes > 0 ? " " : "",
             TEXT_PRINT(what->receiver), said);
}

static void dispatch_log_begun(const struct dispatch *dispatch, const struct delivery *delivery)
{
    const struct dispatched what = {.seq = doc_int(delivery->event->data, FIELD_SEQ, 0),
                                    .addressee = delivery->addressee,
                                    .channel = delivery->channel};
    dispatch_log(LOG_LEVEL_INFO, LOG_GENERAL, &what, "attempt %u of %u", delivery->attempts,
                 worker_policy(dispatch->worker)->attempts_max);
}

static void dispatch_log_end(const struct dispatch *dispatch, const struct courier_result *result,
                             const struct delivery_state *state, int64_t now_us)
{
    bool done = result->end.how == DELIVERY_DONE, whole = done && result->reason[0] == '\0';
    struct text receiver = text_equal(result->receiver, state->channel) ? TEXT_NONE : result->receiver;
    const struct dispatched what = {state->seq, state->addressee, state->channel, receiver};
    const char *colon = result->detail[0] == '\0' ? "" : ": ";
    if (state->seq == 0)
        return; /* its state was deleted meanwhile, and with it what there is to say */
    if (done)
        dispatch_log(whole ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, LOG_NOTIFIED, &what,
                     "delivered at attempt %u%s%s%s%s", state->attempts, whole ? "" : ": ", result->reason,
                     colon, result->detail);
    else if (state->over)
        dispatch_log(LOG_LEVEL_WARNING, LOG_UNDELIVERED, &what,
                     "failed at attempt %u, and is written to a file instead: %s%s%s", state->attempts,
                     result->reason, colon, result->detail);
    else
        dispatch_log(LOG_LEVEL_WARNING, LOG_UNDELIVERED, &what,
                     "attempt %u of %u failed, the next one in %" PRId64 " s: %s%s%s", state->attempts,
                     worker_policy(dispatch->worker)->attempts_max,
                     (state->next_us - now_us + CIVIL_SECOND_US - 1) / CIVIL_SECOND_US, result->reason, colon,
                     result->detail);
}

static int dispatch_take_results(struct dispatch *dispatch, int64_t now_us)
{
    struct courier_result result;
    int code = 0;
    while (code == 0 && courier_next(dispatch->courier, &result)) {
        struct delivery_state state;
        code = worker_delivery_end(dispatch->worker, result.number, &result.end, now_us, &state);
        dispatch_log_end(dispatch, &result, &state, now_us);
        dispatch->look_us = 0;
    }
    return code;
}

/* ---- whose turn it is ---- */

static bool dispatch_offer(void *context, const struct delivery *delivery)
{
    struct dispatch *dispatch = context;
    enum courier_answer answer = courier_offer(dispatch->courier, delivery);
    bool stranded = answer == COURIER_NO_ADDRESS && dispatch->stranded_count < DISPATCH_AT_ONCE;
    if (stranded)
        dispatch->stranded[dispatch->stranded_count++] = delivery->number;
    else if (answer != COURIER_TAKES)
        dispatch->busy = true;
    return answer == COURIER_TAKES;
}

/* Nobody is told by a channel that has no address for them: that is said, and a file takes its place. */
static int dispatch_end_stranded(struct dispatch *dispatch, int64_t now_us)
{
    static const struct delivery_end end = {.how = DELIVERY_FAILED,
                                            .reason = "the settings have no address by this channel"};
    int code = 0;
    for (size_t i = 0; code == 0 && i < dispatch->stranded_count; i++) {
        struct delivery_state state;
        code = worker_delivery_end(dispatch->worker, dispatch->stranded[i], &end, now_us, &state);
        const struct dispatched what = {state.seq, state.addressee, state.channel, TEXT_NONE};
        dispatch_log(LOG_LEVEL_WARNING, LOG_UNDELIVERED, &what, "is written to a file instead: %s",
                     end.reason);
    }
    return code;
}

static int dispatch_look(struct dispatch *dispatch, int64_t now_us)
{
    struct delivery taken[DISPATCH_AT_ONCE];
    size_t count = 0;
    dispatch->busy = false;
    dispatch->stranded_count = 0;
    dispatch->seen = worker_effects_next(dispatch->worker);
    int code = worker_deliveries(dispatch->worker, now_us, dispatch_offer, dispatch, taken, DISPATCH_AT_ONCE,
                                 &count, &dispatch->look_us);
    for (size_t i = 0; code == 0 && i < count; i++) {
        dispatch_log_begun(dispatch, &taken[i]);
        courier_begin(dispatch->courier, &taken[i], now_us);
    }
    if (code == 0)
        code = dispatch_end_stranded(dispatch, now_us);
    if (dispatch->busy && dispatch->look_us > now_us + DISPATCH_BUSY_US)
        dispatch->look_us = now_us + DISPATCH_BUSY_US;
    if (dispatch->stranded_count > 0 || count == DISPATCH_AT_ONCE)
        dispatch->look_us = now_us; /* others of the same addressees may wait behind them */
    return code;
}

int dispatch_run(struct dispatch *dispatch, int64_t now_us, int64_t *again_us_out)
{
    *again_us_out = CIVIL_NEVER_US;
    if (dispatch->courier == NULL)
        return 0;
    int code = dispatch_take_results(dispatch, now_us);
    bool news = dispatch->seen != worker_effects_next(dispatch->worker);
    if (code == 0 && (news || now_us >= dispatch->look_us))
        code = dispatch_look(dispatch, now_us);
    if (dispatch->look_us != CIVIL_NEVER_US)
        *again_us_out = dispatch->look_us > now_us ? dispatch->look_us - now_us : 0;
    return code;
}
