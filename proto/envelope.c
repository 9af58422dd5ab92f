/* envelope.c - see envelope.h. */
#include "proto/envelope.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "proto/check.h"
#include "proto/names.h"

#define LINE(member, bytes_max) offsetof(struct event, member), bytes_max
const struct envelope_row envelope_rows[ENVELOPE_ROWS] = {
    {"specversion", ENVELOPE_TEXT, ENVELOPE_NEEDED_ON_WIRE, 0, 0},
    {"id", ENVELOPE_TEXT, ENVELOPE_NEEDED_ON_WIRE, LINE(id, NAME_BYTES_MAX)},
    {"source", ENVELOPE_TEXT, ENVELOPE_NEEDED_ON_WIRE, LINE(source, SOURCE_BYTES_MAX)},
    {"type", ENVELOPE_TEXT, ENVELOPE_NEEDED, LINE(type_name, NAME_BYTES_MAX)},
    {"subject", ENVELOPE_TEXT, ENVELOPE_OPTIONAL, LINE(subject, NAME_BYTES_MAX)},
    {"time", ENVELOPE_TEXT, ENVELOPE_OPTIONAL, 0, 0},
    {"charter", ENVELOPE_TEXT, ENVELOPE_OPTIONAL, LINE(charter, NAME_BYTES_MAX)},
    {"actor", ENVELOPE_TEXT, ENVELOPE_OPTIONAL, LINE(actor, NAME_BYTES_MAX)},
    {"cause", ENVELOPE_INTEGER, ENVELOPE_OPTIONAL, 0, 0},
    {"traceparent", ENVELOPE_TEXT, ENVELOPE_OPTIONAL, LINE(traceparent, NAME_BYTES_MAX)},
    {"data", ENVELOPE_MAP, ENVELOPE_OPTIONAL, 0, 0},
    {"datacontenttype", ENVELOPE_TEXT, ENVELOPE_OPTIONAL, 0,
     0}, /* understood, never written: it follows the form */
};

static struct names envelope_names;

__attribute__((constructor)) static void envelope_names_build(void)
{
    for (size_t i = 0; i < ENVELOPE_ROWS; i++)
        names_add(&envelope_names, envelope_rows[i].name);
}

const struct envelope_row *envelope_find(struct text key, struct complaint *complaint)
{
    const char *nearest = NULL;
    char quoted[NAMES_QUOTE_BYTES];
    int index = names_find(&envelope_names, key, &nearest);
    if (index >= 0)
        return &envelope_rows[index];
    complain(complaint, names_quote(key, quoted), "", "no such key in an event%s%s",
             nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
    return NULL;
}

static int envelope_invalid(const char *field, struct complaint *complaint, const char *what)
{
    complain(complaint, field, "", "%s", what);
    return EVENT_E_INVALID;
}

static struct text envelope_line(const struct event *event, const struct envelope_row *row)
{
    struct text t;
    memcpy(&t, (const char *)event + row->offset, sizeof(t));
    return t;
}

/* ---- setting ---- */
int envelope_set_text(struct event *event, const struct envelope_row *row, struct text value,
                      struct complaint *complaint)
{
    if (row->bytes_max > 0) {
        if (value.bytes == 0)
            return envelope_invalid(row->name, complaint, "it must not be empty; leave the key out instead");
        memcpy((char *)event + row->offset, &value, sizeof(value));
        return 0;
    }
    if (strcmp(row->name, "specversion") == 0)
        return text_is(value, "1.0") ? 0 : envelope_invalid(row->name, complaint, "it must be \"1.0\"");
    if (strcmp(row->name, "datacontenttype") == 0) {
        if (text_is(value, "application/msgpack") || text_is(value, "application/json"))
            return 0;
        return envelope_invalid(row->name, complaint, "it must be application/msgpack or application/json");
    }
    if (civil_parse_time(value, &event->time_us, &event->time_zone))
        return 0;
    return envelope_invalid(row->name, complaint,
                            "it must be a time with offset (RFC 3339) such as 2020-01-20T09:00:00+08:00");
}

int envelope_set_cause(struct event *event, uint64_t cause, struct complaint *complaint)
{
    if (cause == 0 || cause > ENVELOPE_CAUSE_MAX)
        return envelope_invalid("cause", complaint, "it must be a sequence number, 1 to 2^53 - 1");
    event->cause = cause;
    return 0;
}

/* ---- getting ---- */
bool envelope_has(const struct event *event, const struct envelope_row *row)
{
    if (row->bytes_max > 0)
        return envelope_line(event, row).bytes > 0;
    if (row->form == ENVELOPE_INTEGER)
        return event->cause != 0;
    if (row->form == ENVELOPE_MAP)
        return event->data != NULL && doc_first(event->data) != FIELD_COUNT_OF_ALL;
    if (strcmp(row->name, "time") == 0)
        return event->time_us != CIVIL_NEVER_US;
    return strcmp(row->name, "specversion") == 0;
}

struct text envelope_text(const struct event *event, const struct envelope_row *row,
                          char time[CIVIL_TEXT_BYTES])
{
    ASSERT(row->form == ENVELOPE_TEXT);
    if (row->bytes_max > 0)
        return envelope_line(event, row);
    if (strcmp(row->name, "specversion") == 0)
        return TEXT("1.0");
    return text_from(civil_format_time(event->time_us, event->time_zone, time));
}

/* ---- checking ---- */
int envelope_check_needed(unsigned seen, enum envelope_scope scope, struct complaint *complaint)
{
    for (size_t i = 0; i < ENVELOPE_ROWS; i++) {
        enum envelope_need need = envelope_rows[i].need;
        bool needed = need == ENVELOPE_NEEDED || (need == ENVELOPE_NEEDED_ON_WIRE && scope == ENVELOPE_ALL);
        if (needed && (seen & 1u << i) == 0)
            return envelope_invalid(envelope_rows[i].name, complaint, "missing: every event has it");
    }
    return 0;
}

/* W3C Trace Context: version-trace-parent-flags in lower-case hex, neither id all zeros, version not ff. */
static bool envelope_trace_fits(struct text t)
{
    static const char form[] = "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
    static const char zeros[] = "00000000000000000000000000000000";
    if (t.bytes != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < t.bytes; i++) {
        bool hex = (t.at[i] >= '0' && t.at[i] <= '9') || (t.at[i] >= 'a' && t.at[i] <= 'f');
        if (form[i] == 'x' ? !hex : t.at[i] != '-')
            return false;
    }
    return memcmp(t.at, "ff", 2) != 0 && memcmp(t.at + 3, zeros, 32) != 0 &&
           memcmp(t.at + 36, zeros, 16) != 0;
}

static int envelope_check_lines(const struct event *event, struct complaint *complaint)
{
    for (size_t i = 0; i < ENVELOPE_ROWS; i++) {
        const struct envelope_row *row = &envelope_rows[i];
        if (row->bytes_max == 0 || !envelope_has(event, row))
            continue;
        struct path path = {NULL, text_from(row->name), PATH_NO_INDEX};
        if (check_line(&path, envelope_line(event, row), 1, (int64_t)row->bytes_max, complaint) != 0)
            return EVENT_E_INVALID;
    }
    if (event->source.bytes > 0 && memchr(event->source.at, ' ', event->source.bytes) != NULL)
        return envelope_invalid("source", complaint, "it is a URI reference such as /portal/hr: no blanks");
    if (event->traceparent.bytes > 0 && !envelope_trace_fits(event->traceparent))
        return envelope_invalid(
            "traceparent", complaint,
            "it must be 00-<32 hex digits>-<16 hex digits>-<2 hex digits> (W3C Trace Context)");
    return 0;
}

static int envelope_check_type(const struct event *event, const struct event_type **type_out,
                               struct complaint *complaint)
{
    const char *nearest = NULL;
    char quoted[NAMES_QUOTE_BYTES];
    *type_out = event_type_find(event->type_name, &nearest);
    if (*type_out != NULL)
        return 0;
    complain(complaint, "type", "", "unknown type %s%s%s", names_quote(event->type_name, quoted),
             nearest != NULL ? "; nearest known: " : "", nearest != NULL ? nearest : "");
    return EVENT_E_INVALID;
}

static const char *const envelope_subjects[] = {
    [ABOUT_ISSUE] = "missing: it is the issue's id",
    [ABOUT_TASK] = "missing: it is the task's id",
    [ABOUT_LIST] = "missing: it is the list's id",
    [ABOUT_BULLETIN] = "missing: it is the bulletin's id",
    [ABOUT_MEETING] = "missing: it is the meeting's id",
    [ABOUT_DUTY] = "missing: it is charter/routine/body/day",
    [ABOUT_FILING] = "missing: it is the filing's id",
    [ABOUT_ITEM] = "missing: it is the supervised item's id",
    [ABOUT_INSPECTION] = "missing: it is the inspection's id",
};

/* Everything that is present; what may be missing is the caller's to know. */
static int envelope_check_present(const struct event *event, const struct event_type **type_out,
                                  struct complaint *complaint)
{
    int code = envelope_check_lines(event, complaint);
    if (code == 0)
        code = envelope_check_type(event, type_out, complaint);
    if (code != 0)
        return code;
    if (event->cause > ENVELOPE_CAUSE_MAX)
        return envelope_invalid("cause", complaint, "it must be a sequence number, 1 to 2^53 - 1");
    if ((*type_out)->about >= ABOUT_ISSUE && event->subject.bytes == 0)
        return envelope_invalid("subject", complaint, envelope_subjects[(*type_out)->about]);
    const struct doc *data = event->data != NULL ? event->data : doc_empty();
    return doc_check(data, (*type_out)->uses, "data.", complaint) == 0 ? 0 : EVENT_E_INVALID;
}

int envelope_resolve(struct event *event, struct complaint *complaint)
{
    return envelope_check_present(event, &event->type, complaint);
}

int event_check(const struct event *event, struct complaint *complaint)
{
    const struct event_type *type = NULL;
    unsigned seen = 0;
    for (size_t i = 0; i < ENVELOPE_ROWS; i++)
        seen |= (unsigned)envelope_has(event, &envelope_rows[i]) << i;
    int code = envelope_check_needed(seen, ENVELOPE_ALL, complaint);
    return code != 0 ? code : envelope_check_present(event, &type, complaint);
}
