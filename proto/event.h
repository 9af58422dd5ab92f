/* event.h - events: the table of types, the envelope (CloudEvents 1.0), encoding and validation.
 *
 * Bytes are kept, hashed and forwarded as received; what is decoded is a view of them.
 */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

#include "proto/doc.h"

enum event_kind {
#define FIELD(symbol, name, kind, low, high, help)
#define SHAPE(symbol, fields)
#define EVENT(symbol, name, what, role, about, fields, help) EVENT_##symbol,
#include "proto/events.def"
#undef FIELD
#undef SHAPE
#undef EVENT
    EVENT_KIND_COUNT
};

/* ROLE_ANY: published by any role. ROLE_BROKER is duband itself. */
enum role_name {
    ROLE_BROKER,
    ROLE_COORDINATION,
    ROLE_TASKS,
    ROLE_DEADLINES,
    ROLE_ROUTINES,
    ROLE_SUPERVISION,
    ROLE_BULLETINS,
    ROLE_NOTIFICATIONS,
    ROLE_LEDGER,
    ROLE_ANY,
    ROLE_COUNT
};
const char *role_text(enum role_name role); /* "coordination" */
enum role_name role_find(struct text name); /* ROLE_COUNT if unknown */

enum event_about {
    ABOUT_NOTHING,
    ABOUT_ANYTHING,
    ABOUT_ISSUE,
    ABOUT_TASK,
    ABOUT_LIST,
    ABOUT_BULLETIN,
    ABOUT_MEETING,
    ABOUT_DUTY,
    ABOUT_FILING,
    ABOUT_ITEM,
    ABOUT_INSPECTION
};

struct event_type {
    const char *name; /* "issue.raised"; a family ends in ".*" */
    enum event_kind kind;
    bool report;            /* else outcome */
    enum role_name role;    /* decides (report) or publishes (outcome) */
    enum event_about about; /* what the subject names; from ISSUE on it is required */
    const struct field_use *uses;
    const char *help;
};
extern const struct event_type event_types[EVENT_KIND_COUNT];
/* Finds by full name ("issue.escalated.group" finds the family); NULL if unknown, then *nearest_out names the
 * nearest or is NULL. */
const struct event_type *event_type_find(struct text name, const char **nearest_out);

/* A report that nobody but the worker of its deciding role publishes: what came of that worker's own work
 * outside (delivery.reported). To simulate or to judge again leaves it out: it says what happened once. */
bool event_type_is_by_worker(const struct event_type *type);

struct event {
    /* as published */
    struct text id, source, type_name, subject, charter, actor, traceparent;
    const struct event_type *type;
    int64_t time_us; /* CIVIL_NEVER_US if absent */
    int time_zone;
    uint64_t cause; /* sequence number of the event that brought this one about; 0: none */
    const struct doc *data;
    struct bytes raw; /* the encoded event */
    /* as journalled; 0 / none before */
    uint64_t seq;
    int64_t received_us;
    struct text publisher;
};

enum { EVENT_E_MALFORMED = 1, EVENT_E_INVALID };

/* Bounded scan, then decode: EVENT_E_MALFORMED for bytes that are no event, EVENT_E_INVALID with a complaint
 * for an unknown type, unknown, missing or out-of-bounds field. Views into raw. */
int event_decode(struct arena *arena, struct bytes raw, struct event *event_out,
                 struct complaint *complaint) MUST_CHECK;
/* Encodes the published part (specversion "1.0" first, canonical order) and appends it to buffer. */
void event_encode(const struct event *event, struct buffer *buffer);
/* Checks envelope and data against the table; for events that were built here, before encoding. */
int event_check(const struct event *event, struct complaint *complaint) MUST_CHECK;
/* The level in "issue.escalated.group": the last segment of a family's member; TEXT_NONE otherwise. */
struct text event_type_member(const struct event *event);

/* An entry of the journal, as stored and streamed. */
struct entry {
    uint64_t seq;
    int64_t received_us;
    struct text publisher; /* the authenticated key's name: "worker/tasks", "duband", "uid:1000" */
    struct bytes body;     /* the event as it came */
};
int entry_decode(struct arena *arena, const struct entry *entry, struct event *event_out,
                 struct complaint *complaint) MUST_CHECK;

/* JSON (CloudEvents JSON format: members as on the wire; TIME and DATE as strings). Text results live in the
 * arena. */
struct text event_to_json(struct arena *arena, const struct event *event, bool journalled);
struct text doc_to_json(struct arena *arena, const struct doc *doc);
/* One JSON object, checked like a decoded event. specversion, id, source and time may be left out: the caller
 * sets them and calls event_check. Numbers must be integers. The members that event_to_json adds for
 * journalled events are read back. */
int event_from_json(struct arena *arena, struct text json, struct event *event_out,
                    struct complaint *complaint) MUST_CHECK;
int doc_from_json(struct arena *arena, struct text json, struct doc **doc_out,
                  struct complaint *complaint) MUST_CHECK;
/* A JSON array of objects. */
int docs_from_json(struct arena *arena, struct text json, struct doc ***docs_out, size_t *count_out,
                   struct complaint *complaint) MUST_CHECK;
/* Sets a field from command-line text: "15", "true", "2020-01-20", "a,b,c" for lists, JSON for ITEMS. The
 * value is checked against the field's bounds. */
int doc_set_from_text(struct doc *doc, enum field field, struct text value,
                      struct complaint *complaint) MUST_CHECK;

/* The tables as Markdown, as they stand in PROTOCOL.md between events:begin/end and fields:begin/end; with a
 * prefix, those types only whose names begin so, and the fields that they have. */
void event_table_markdown(struct buffer *buffer, struct text prefix);
void field_table_markdown(struct buffer *buffer, struct text prefix);

/* A time-ordered unique id for publishers (UUIDv7). */
struct text event_new_id(struct arena *arena, int64_t now_us);

#endif
