/* mail.c - see mail.h. */
#include "workers/courier/mail.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"

#include <inttypes.h>

enum {
    MAIL_SUBJECT_BYTES_MAX = 180, /* of UTF-8; longer ones are cut, the body says it whole */
    MAIL_WORD_BYTES = 42,         /* 56 of base64: an encoded word has at most 75 bytes */
    MAIL_LINE_BYTES = 57          /* 76 of base64 */
};

/* Bytes of the longest beginning with at most `most` bytes that ends between characters. */
static size_t mail_whole(struct text t, size_t most)
{
    size_t bytes = t.bytes < most ? t.bytes : most;
    while (bytes > 0 && bytes < t.bytes && ((unsigned char)t.at[bytes] & 0xC0) == 0x80)
        bytes--;
    return bytes;
}

static struct text mail_base64(struct arena *arena, struct text t)
{
    return digest_base64(arena, (struct bytes){(const unsigned char *)t.at, t.bytes});
}

/* ---- headers ---- */

/* The first line of what is told, without control characters. */
static struct text mail_subject(struct arena *arena, struct text text)
{
    size_t bytes = 0;
    while (bytes < text.bytes && text.at[bytes] != '\n')
        bytes++;
    struct text line = {text.at, bytes};
    bytes = mail_whole(line, MAIL_SUBJECT_BYTES_MAX);
    struct text subject =
        arena_printf(arena, "督办：%.*s%s", (int)bytes, line.at, bytes < line.bytes ? "…" : "");
    char *at = arena_alloc(arena, subject.bytes + 1);
    for (size_t i = 0; i < subject.bytes; i++)
        at[i] = (unsigned char)subject.at[i] < ' ' || subject.at[i] == 0x7F ? ' ' : subject.at[i];
    return (struct text){at, subject.bytes};
}

static void mail_add_encoded(struct arena *arena, struct buffer *out, const char *name, struct text value)
{
    buffer_printf(out, "%s:", name);
    while (value.bytes > 0) {
        size_t bytes = mail_whole(value, MAIL_WORD_BYTES);
        struct text word = mail_base64(arena, (struct text){value.at, bytes});
        buffer_printf(out, " =?UTF-8?B?%.*s?=\r\n", TEXT_PRINT(word));
        value = (struct text){value.at + bytes, value.bytes - bytes};
    }
}

static void mail_add_date(struct buffer *out, int64_t at_us, int zone)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int32_t day = civil_day_of(at_us, zone);
    struct civil_date date = civil_date_from_day(day);
    int second = (int)(civil_time_of_day_us(at_us, zone) / CIVIL_SECOND_US);
    int offset = zone < 0 ? -zone : zone;
    buffer_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d %c%02d%02d\r\n", days[civil_weekday(day) - 1],
                  date.day, months[date.month - 1], date.year, second / 3600, second / 60 % 60, second % 60,
                  zone < 0 ? '-' : '+', offset / 60, offset % 60);
}

/* The host of the sender's address: the Message-ID is unique below it. */
static struct text mail_host(struct text from)
{
    const char *at = memchr(from.at, '@', from.bytes);
    ASSERT(at != NULL);
    return (struct text){at + 1, from.bytes - (size_t)(at + 1 - from.at)};
}

static void mail_add_headers(struct arena *arena, struct buffer *out, const struct letter *letter)
{
    const struct event *sent = letter->sent;
    mail_add_date(out, sent->time_us, sent->time_zone);
    buffer_printf(out, "From: <%.*s>\r\n", TEXT_PRINT(letter->from));
    for (size_t i = 0; i < letter->to_count; i++)
        buffer_printf(out, "%s<%.*s>%s\r\n", i == 0 ? "To: " : " ", TEXT_PRINT(letter->to[i]),
                      i + 1 < letter->to_count ? "," : "");
    mail_add_encoded(arena, out, "Subject", mail_subject(arena, doc_text(sent->data, FIELD_TEXT)));
    buffer_printf(out,
                  "Message-ID: <%.*s@%.*s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
                  TEXT_PRINT(letter->id), TEXT_PRINT(mail_host(letter->from)));
}

/* ---- the body ---- */

static struct text mail_body(struct arena *arena, const struct event *sent)
{
    struct text persons = doc_text(sent->data, FIELD_PERSON), post = doc_text(sent->data, FIELD_POST);
    struct text to = persons.bytes > 0 ? persons : post;
    bool about = sent->subject.bytes > 0;
    return arena_printf(
        arena, "%.*s：\n\n%.*s\n\n岗位：%.*s\n编号：#%" PRId64 "%s%.*s\n（本邮件由督办系统自动发出。）\n",
        TEXT_PRINT(to), TEXT_PRINT(doc_text(sent->data, FIELD_TEXT)), TEXT_PRINT(post),
        doc_int(sent->data, FIELD_SEQ, 0), about ? "\n事项：" : "", TEXT_PRINT(sent->subject));
}

static struct text mail_crlf(struct arena *arena, struct text t)
{
    char *at = arena_alloc(arena, 2 * t.bytes + 1);
    size_t bytes = 0;
    for (size_t i = 0; i < t.bytes; i++) {
        if (t.at[i] == '\r')
            continue;
        if (t.at[i] == '\n')
            at[bytes++] = '\r';
        at[bytes++] = t.at[i];
    }
    return (struct text){at, bytes};
}

struct text mail_write(struct arena *arena, const struct letter *letter)
{
    struct buffer out;
    buffer_open(&out, MESSAGE_BYTES_MAX);
    mail_add_headers(arena, &out, letter);
    struct text body = mail_crlf(arena, mail_body(arena, letter->sent));
    for (size_t at = 0; at < body.bytes; at += MAIL_LINE_BYTES) {
        size_t bytes = body.bytes - at < MAIL_LINE_BYTES ? body.bytes - at : MAIL_LINE_BYTES;
        buffer_printf(&out, "%.*s\r\n", TEXT_PRINT(mail_base64(arena, (struct text){body.at + at, bytes})));
    }
    struct text letter_text = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return letter_text;
}
