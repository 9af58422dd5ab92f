/* json_text.h - JSON written as text, for `charter show --json`. Reading JSON is proto/json.c's business. */
#ifndef CONFIG_JSON_TEXT_H
#define CONFIG_JSON_TEXT_H

#include "base/arena.h"

struct json_text {
    struct buffer *buffer;
    bool comma; /* something stands before the next value in this object or list */
};

/* key NULL: a list's item. Texts must be UTF-8. */
void json_text_open(struct json_text *json, const char *key, char bracket); /* '{' or '[' */
void json_text_close(struct json_text *json, char bracket);                 /* '}' or ']' */
void json_text_add(struct json_text *json, const char *key, struct text value);
void json_text_add_int(struct json_text *json, const char *key, int64_t value);
void json_text_add_bool(struct json_text *json, const char *key, bool value);
void json_text_add_list(struct json_text *json, const char *key, const struct text *at, size_t count);

#endif
