/* ledger.c - the role: every type is taken in, nothing is decided. */
#include "workers/ledger/ledger.h"

#include "workers/roles.h"

static int ledger_apply(struct turn *turn, const struct event *event)
{
    ledger_put_entry(turn, event);
    ledger_take_in(turn, event);
    ledger_take_in_term(turn, event);
    ledger_take_in_calendar(turn, event);
    return 0;
}

static const struct role_row ledger_rows[] = {
#define FIELD(symbol, name, kind, low, high, help)
#define SHAPE(symbol, fields)
#define EVENT(symbol, name, what, role, about, fields, help) {EVENT_##symbol, ledger_apply, NULL},
#include "proto/events.def"
#undef FIELD
#undef SHAPE
#undef EVENT
};

const struct role role_ledger = {
    .name = ROLE_LEDGER,
    .schema = LEDGER_SCHEMA,
    .rows = ledger_rows,
    .rows_count = sizeof ledger_rows / sizeof *ledger_rows,
    .query = ledger_query,
};
