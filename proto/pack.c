/* pack.c - the door to msgpack-c: scan, unpack one whole object, write shortest forms. */
#include "proto/pack.h"

#include "base/log.h"
#include "proto/scan.h"

int pack_open(struct bytes b, const char *what, struct pack *pack_out, struct complaint *complaint)
{
    static const struct scan_limits limits = {NESTING_MAX, ELEMENTS_MAX};
    int code = scan_message(b, &limits);
    if (code != 0) {
        complain(complaint, "", "", "this %s is not one msgpack object: %s", what, scan_error_text(code));
        return PACK_E_MALFORMED;
    }
    msgpack_unpacked_init(&pack_out->unpacked);
    size_t offset = 0;
    msgpack_unpack_return result =
        msgpack_unpack_next(&pack_out->unpacked, (const char *)b.at, b.bytes, &offset);
    /* NOMEM here means hostile nesting or counts, not a lack of memory: whatever isn't success is refused. */
    if (result != MSGPACK_UNPACK_SUCCESS || offset != b.bytes) {
        msgpack_unpacked_destroy(&pack_out->unpacked);
        complain(complaint, "", "", "this %s is not one msgpack object", what);
        return PACK_E_MALFORMED;
    }
    return 0;
}

void pack_close(struct pack *pack)
{
    msgpack_unpacked_destroy(&pack->unpacked);
}

struct text pack_text(const msgpack_object *object)
{
    if (object->type != MSGPACK_OBJECT_STR)
        return TEXT_NONE;
    if (object->via.str.size == 0)
        return TEXT("");
    return (struct text){object->via.str.ptr, object->via.str.size};
}

bool pack_u64(const msgpack_object *object, uint64_t high, uint64_t *out)
{
    if (object->type != MSGPACK_OBJECT_POSITIVE_INTEGER || object->via.u64 > high)
        return false;
    *out = object->via.u64;
    return true;
}

const char *pack_kind(const msgpack_object *object)
{
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        return "nil";
    case MSGPACK_OBJECT_BOOLEAN:
        return "a boolean";
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return "an integer";
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return "a float";
    case MSGPACK_OBJECT_STR:
        return "a string";
    case MSGPACK_OBJECT_ARRAY:
        return "a list";
    case MSGPACK_OBJECT_MAP:
        return "a map";
    case MSGPACK_OBJECT_BIN:
        return "bytes (bin)";
    case MSGPACK_OBJECT_EXT:
        return "an extension type";
    }
    return "something else";
}

static int pack_write(void *data, const char *at, size_t bytes)
{
    buffer_append(data, at, bytes);
    return 0;
}

msgpack_packer pack_writer(struct buffer *buffer)
{
    msgpack_packer writer;
    msgpack_packer_init(&writer, buffer, pack_write);
    return writer;
}

void pack_add_text(msgpack_packer *writer, struct text t)
{
    int code = msgpack_pack_str(writer, t.bytes);
    if (code == 0 && t.bytes > 0)
        code = msgpack_pack_str_body(writer, t.at, t.bytes);
    ASSERT(code == 0);
}

void pack_add_bytes(msgpack_packer *writer, struct bytes b)
{
    int code = msgpack_pack_bin(writer, b.bytes);
    if (code == 0 && b.bytes > 0)
        code = msgpack_pack_bin_body(writer, b.at, b.bytes);
    ASSERT(code == 0);
}

void pack_add_bool(msgpack_packer *writer, bool value)
{
    int code = value ? msgpack_pack_true(writer) : msgpack_pack_false(writer);
    ASSERT(code == 0);
}

void pack_add_u64(msgpack_packer *writer, uint64_t value)
{
    int code = msgpack_pack_uint64(writer, value);
    ASSERT(code == 0);
}

void pack_add_i64(msgpack_packer *writer, int64_t value)
{
    int code = msgpack_pack_int64(writer, value);
    ASSERT(code == 0);
}

void pack_add_array(msgpack_packer *writer, size_t count)
{
    int code = msgpack_pack_array(writer, count);
    ASSERT(code == 0);
}

void pack_add_map(msgpack_packer *writer, size_t count)
{
    int code = msgpack_pack_map(writer, count);
    ASSERT(code == 0);
}
