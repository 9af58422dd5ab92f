/* doc.h - the one container: a map from fields of the dictionary (events.def) to values.
 *
 * An event's data, a worker's record, a query's arguments and an answer's row are all documents, so one
 * codec, one validation and one JSON conversion serve them all. A document lives in an arena, keeps fields
 * sorted by their enum, and encodes canonically (msgpack: keys in enum order, shortest integers, str for
 * text), so equal documents have equal bytes.
 */
#ifndef PROTO_DOC_H
#define PROTO_DOC_H

#include "base/arena.h"
#include "base/civil.h"

enum field {
#define FIELD(symbol, name, kind, low, high, help) FIELD_##symbol,
#define SHAPE(symbol, fields)
#define EVENT(symbol, name, what, role, about, fields, help)
#include "proto/events.def"
#undef FIELD
#undef SHAPE
#undef EVENT
    FIELD_COUNT_OF_ALL
};

enum kind {
    KIND_NAME,
    KIND_PROSE,
    KIND_DATE,
    KIND_TIME,
    KIND_INT,
    KIND_BOOL,
    KIND_NAMES,
    KIND_DATES,
    KIND_INTS,
    KIND_ITEMS,
    KIND_LIMIT
};

struct field_spec {
    const char *name;
    enum kind kind;
    int64_t low, high;
    const char *help;
    const struct field_use *shape; /* ITEMS: fields of each map, ended by {.field = FIELD_COUNT_OF_ALL} */
};
struct field_use {
    enum field field;
    bool needed;
};
extern const struct field_spec field_specs[FIELD_COUNT_OF_ALL];
const char *kind_name(enum kind kind);
/* FIELD_COUNT_OF_ALL if there is none; nearest_out (may be NULL) then gets the nearest known name or NULL. */
enum field field_find(struct text name, const char **nearest_out);

struct doc; /* sorted (field, value) pairs in an arena */

struct doc *doc_new(struct arena *arena);
const struct doc *doc_empty(void);              /* one without fields */
struct arena *doc_arena(const struct doc *doc); /* in which it lives */
/* Setters copy into the arena and replace; they assert that the field has that kind (NAME, PROSE, LIMIT:
 * text; DATE: day; TIME: us with zone). Bounds are checked by doc_check, not here. */
void doc_set_text(struct doc *doc, enum field field, struct text t);
void doc_set_int(struct doc *doc, enum field field, int64_t value);
void doc_set_bool(struct doc *doc, enum field field, bool value);
void doc_set_date(struct doc *doc, enum field field, int32_t day);
void doc_set_time(struct doc *doc, enum field field, int64_t at_us, int zone);
void doc_set_doc_field(struct doc *doc, enum field field,
                       const struct doc *from);                      /* copies one field if from has it */
void doc_add_text(struct doc *doc, enum field field, struct text t); /* appends to NAMES */
void doc_add_date(struct doc *doc, enum field field, int32_t day);
void doc_add_int(struct doc *doc, enum field field, int64_t value);
struct doc *doc_add_doc(struct doc *doc, enum field field); /* appends a map to ITEMS and returns it */
/* Any text kind, DATE and TIME too, as written (doc_check finds what is no date); an item of NAMES or DATES;
 * a list without items. */
void doc_set_written(struct doc *doc, enum field field, struct text t);
void doc_add_written(struct doc *doc, enum field field, struct text t);
void doc_set_empty_list(struct doc *doc, enum field field);
void doc_unset(struct doc *doc, enum field field);
void doc_printf(struct doc *doc, enum field field, const char *format, ...) PRINTF_LIKE(3, 4);

bool doc_has(const struct doc *doc, enum field field);
struct text doc_text(const struct doc *doc,
                     enum field field); /* TEXT_NONE if absent; DATE and TIME as written */
int64_t doc_int(const struct doc *doc, enum field field, int64_t fallback); /* INT, BOOL */
bool doc_bool(const struct doc *doc, enum field field);                     /* false if absent */
bool doc_date(const struct doc *doc, enum field field, int32_t *day_out);
int64_t doc_time_us(const struct doc *doc, enum field field, int64_t fallback);
size_t doc_count(const struct doc *doc, enum field field);                      /* lists; 0 if absent */
struct text doc_text_at(const struct doc *doc, enum field field, size_t index); /* NAMES, DATES */
int64_t doc_int_at(const struct doc *doc, enum field field, size_t index);
const struct doc *doc_doc_at(const struct doc *doc, enum field field, size_t index);
bool doc_lists_text(const struct doc *doc, enum field field, struct text t);
/* Fields present, in enum order: for (enum field f = doc_first(d); f != FIELD_COUNT_OF_ALL; f = doc_after(d,
 * f)). */
enum field doc_first(const struct doc *doc);
enum field doc_after(const struct doc *doc, enum field field);
struct doc *doc_copy(struct arena *arena, const struct doc *doc);

enum { DOC_E_MALFORMED = 1, DOC_E_INVALID };
/* Appends the encoding to buffer. */
void doc_encode(const struct doc *doc, struct buffer *buffer);
/* Strict: unknown fields, wrong kinds, duplicate keys, bad UTF-8 and trailing bytes are errors with a
 * complaint that names the field (prefix such as "data."). Copies nothing: views point into `encoded`, which
 * must outlive the doc. */
int doc_decode(struct arena *arena, struct bytes encoded, const char *prefix, struct doc **doc_out,
               struct complaint *complaint) MUST_CHECK;
/* Bounds of every field present, and of uses: nothing missing, nothing that uses (ended list) does not name;
 * NULL: no such check. */
int doc_check(const struct doc *doc, const struct field_use *uses, const char *prefix,
              struct complaint *complaint) MUST_CHECK;

#endif
