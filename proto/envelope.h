/* envelope.h - the keys around an event's data: CloudEvents 1.0 attributes and our own. Shared by event.c and
 * json.c.
 *
 * One table drives decoding, encoding and checking in both forms, so that they cannot disagree; its order is
 * the canonical order.
 */
#ifndef PROTO_ENVELOPE_H
#define PROTO_ENVELOPE_H

#include "proto/event.h"

#define ENVELOPE_CAUSE_MAX UINT64_C(9007199254740991)

enum envelope_form { ENVELOPE_TEXT, ENVELOPE_INTEGER, ENVELOPE_MAP };
enum envelope_need { ENVELOPE_OPTIONAL, ENVELOPE_NEEDED, ENVELOPE_NEEDED_ON_WIRE };
enum { ENVELOPE_ROWS = 12 };
struct envelope_row {
    const char *name;
    enum envelope_form form;
    enum envelope_need need;
    size_t offset, bytes_max; /* of the struct text in struct event that holds it; bytes_max 0: none does */
};
extern const struct envelope_row envelope_rows[ENVELOPE_ROWS];

/* NULL with a complaint that names the nearest key. */
const struct envelope_row *envelope_find(struct text key, struct complaint *complaint);
int envelope_set_text(struct event *event, const struct envelope_row *row, struct text value,
                      struct complaint *complaint) MUST_CHECK;
int envelope_set_cause(struct event *event, uint64_t cause, struct complaint *complaint) MUST_CHECK;
/* What event_encode writes: keys that have a value, data that has a field. */
bool envelope_has(const struct event *event, const struct envelope_row *row);
/* The value of a row of form ENVELOPE_TEXT; `time` holds it if it must be written first. */
struct text envelope_text(const struct event *event, const struct envelope_row *row,
                          char time[CIVIL_TEXT_BYTES]);
/* seen: a bit a row. ENVELOPE_FOR_PEOPLE: what a publisher's tools add may be missing (specversion, id,
 * source). */
enum envelope_scope { ENVELOPE_ALL, ENVELOPE_FOR_PEOPLE };
int envelope_check_needed(unsigned seen, enum envelope_scope scope, struct complaint *complaint) MUST_CHECK;
/* Finds the type and checks whatever is present, then data. */
int envelope_resolve(struct event *event, struct complaint *complaint) MUST_CHECK;

#endif
