/* pack.h - what doc.c, event.c and wire.c share of msgpack-c; no other file includes this.
 *
 * Nothing reaches msgpack-c before the scanner has passed it. An opened pack owns the object tree; strings in
 * it point into the bytes that it was opened on.
 */
#ifndef PROTO_PACK_H
#define PROTO_PACK_H

#include "base/limits.h"
#include "proto/doc.h"
#include <msgpack.h>

struct pack {
    msgpack_unpacked unpacked;
};
enum { PACK_E_MALFORMED = 1 };
/* `what` names the thing in the complaint ("event"). On failure there is nothing to close. */
int pack_open(struct bytes b, const char *what, struct pack *pack_out,
              struct complaint *complaint) MUST_CHECK;
void pack_close(struct pack *pack);

static inline const msgpack_object *pack_root(const struct pack *pack)
{
    return &pack->unpacked.data;
}
/* TEXT_NONE unless it is a str. UTF-8 is not checked. */
struct text pack_text(const msgpack_object *object);
/* False unless it is an integer of 0 .. high. */
bool pack_u64(const msgpack_object *object, uint64_t high, uint64_t *out);
/* "a string", "a float": for complaints. */
const char *pack_kind(const msgpack_object *object);

/* A writer that appends to buffer; cannot fail (a buffer stops the process). */
msgpack_packer pack_writer(struct buffer *buffer);
void pack_add_text(msgpack_packer *writer, struct text t);
void pack_add_bytes(msgpack_packer *writer, struct bytes b);
void pack_add_bool(msgpack_packer *writer, bool value);
void pack_add_u64(msgpack_packer *writer, uint64_t value);
void pack_add_i64(msgpack_packer *writer, int64_t value);
void pack_add_array(msgpack_packer *writer, size_t count);
void pack_add_map(msgpack_packer *writer, size_t count);

/* doc.c: doc_decode and doc_encode on an open tree. */
int pack_doc(struct arena *arena, const msgpack_object *object, const char *prefix, struct doc **doc_out,
             struct complaint *complaint) MUST_CHECK;
void pack_add_doc(msgpack_packer *writer, const struct doc *doc);

#endif
