/* json_text.c - see json_text.h. Escapes what RFC 8259 demands: quotes, backslashes and control characters.
 */
#include "config/json_text.h"

#include "base/log.h"

static void json_text_string(struct json_text *json, struct text value)
{
    ASSERT(text_is_utf8(value));
    buffer_append(json->buffer, "\"", 1);
    for (size_t i = 0; i < value.bytes; i++) {
        unsigned char byte = (unsigned char)value.at[i];
        if (byte < 0x20)
            buffer_printf(json->buffer, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            buffer_printf(json->buffer, "\\%c", byte);
        else
            buffer_append(json->buffer, &byte, 1);
    }
    buffer_append(json->buffer, "\"", 1);
}

static void json_text_begin(struct json_text *json, const char *key)
{
    if (json->comma)
        buffer_append(json->buffer, ",", 1);
    json->comma = true;
    if (key != NULL) {
        json_text_string(json, text_from(key));
        buffer_append(json->buffer, ":", 1);
    }
}

void json_text_open(struct json_text *json, const char *key, char bracket)
{
    json_text_begin(json, key);
    buffer_append(json->buffer, &bracket, 1);
    json->comma = false;
}

void json_text_close(struct json_text *json, char bracket)
{
    buffer_append(json->buffer, &bracket, 1);
    json->comma = true;
}

void json_text_add(struct json_text *json, const char *key, struct text value)
{
    json_text_begin(json, key);
    json_text_string(json, value);
}

void json_text_add_int(struct json_text *json, const char *key, int64_t value)
{
    json_text_begin(json, key);
    buffer_printf(json->buffer, "%lld", (long long)value);
}

void json_text_add_bool(struct json_text *json, const char *key, bool value)
{
    json_text_begin(json, key);
    buffer_printf(json->buffer, "%s", value ? "true" : "false");
}

void json_text_add_list(struct json_text *json, const char *key, const struct text *at, size_t count)
{
    json_text_open(json, key, '[');
    for (size_t i = 0; i < count; i++)
        json_text_add(json, NULL, at[i]);
    json_text_close(json, ']');
}
