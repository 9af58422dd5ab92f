/* dispatch.c - see dispatch.h. */
#include "workers/runtime/dispatch.h"

#include "base/log.h"

#include <inttypes.h>

static const int64_t DISPATCH_BUSY_US =
    CIVIL_SECOND_US; /* a receiver that asked for a rest is looked at so often */

/* ---- results ---- */

static void dispatch_log(const struct courier_result *result, bool over)
{
    static const char *const outcomes[] = {[DELIVERY_DONE] = "delivered",
                                           [DELIVERY_FAILED] = "failed",
                                           [DELIVERY_LATER] = "will be tried again"};
    bool done = result->end.how == DELIVERY_DONE, whole = done && result->reason[0] == '\0';
    const char *outcome =
        over && !done ? "failed, and is written to a file instead" : outcomes[result->end.how];
    log_line(whole ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, done ? LOG_NOTIFIED : LOG_UNDELIVERED, NULL, 0,
             "delivery %" PRIu64 " by %.*s %s%s%s%s%s", result->number, TEXT_PRINT(result->receiver), outcome,
             whole ? "" : ": ", result->reason, result->detail[0] == '\0' ? "" : ": ", result->detail);
}

static int dispatch_take_results(struct dispatch *dispatch, int64_t now_us)
{
    struct courier_result result;
    int code = 0;
    while (code == 0 && courier_next(dispatch->courier, &result)) {
        bool over = false;
        code = worker_delivery_end(dispatch->worker, result.number, &result.end, now_us, &over);
        dispatch_log(&result, over);
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
        bool over = false;
        code = worker_delivery_end(dispatch->worker, dispatch->stranded[i], &end, now_us, &over);
        log_warning(LOG_UNDELIVERED, "delivery %" PRIu64 " is written to a file instead: %s",
                    dispatch->stranded[i], end.reason);
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
    for (size_t i = 0; code == 0 && i < count; i++)
        courier_begin(dispatch->courier, &taken[i], now_us);
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
