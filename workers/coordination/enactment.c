/* enactment.c - see enactment.h. */
#include "workers/coordination/enactment.h"

#include "base/digest.h"
#include "base/log.h"
#include "config/charter.h"
#include "workers/common/alarm.h"
#include "workers/coordination/transition.h"

#include <inttypes.h>

#define ENACTMENT_AWAITED TEXT("effective:")

static void enactment_refuse(struct turn *turn, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->at[i];
        if (finding->severity != SEVERITY_ERROR)
            continue;
        struct rule rule = {.place = arena_printf(turn_arena(turn), "%.*s:%d:%d", TEXT_PRINT(findings->file),
                                                  finding->place.line, finding->place.column)};
        emit_refusal(turn, &rule, NULL, 0, "%.*s: %.*s (%zu error%s)", TEXT_PRINT(rule.place),
                     TEXT_PRINT(finding->message), findings->errors, findings->errors == 1 ? "" : "s");
        return;
    }
    emit_refusal(turn, NULL, NULL, 0, "the text is no charter");
}

/* A version in hand. */
struct enactment {
    struct turn *turn;
    const struct event *event;
    const struct charter *charter;
    struct text text; /* the YAML */
    uint64_t version;
};

/* No issue's: raising refuses ids that begin like that. */
static struct text enactment_subject(struct turn *turn, struct text name)
{
    return arena_printf(turn_arena(turn), "%.*s%.*s", TEXT_PRINT(ENACTMENT_SUBJECT), TEXT_PRINT(name));
}

static struct text enactment_label(struct turn *turn, uint64_t version)
{
    return arena_printf(turn_arena(turn), "%.*s%" PRIu64, TEXT_PRINT(ENACTMENT_AWAITED), version);
}

static void enactment_emit(const struct enactment *enactment, enum event_kind kind)
{
    const struct charter *charter = enactment->charter;
    char hex[DIGEST_HEX_BYTES], day[CIVIL_TEXT_BYTES];
    struct text text = enactment->text;
    struct digest digest = digest_of((struct bytes){(const unsigned char *)text.at, text.bytes});
    struct doc *out = emit_begin(enactment->turn, kind);
    emit_charter(enactment->turn, charter->name);
    emit_input(enactment->turn, enactment->event->seq);
    doc_set_text(out, FIELD_NAME, charter->name);
    doc_set_int(out, FIELD_VERSION, (int64_t)enactment->version);
    doc_set_text(out, FIELD_DIGEST, text_from(digest_hex(&digest, hex)));
    if (charter->title.bytes > 0)
        doc_set_text(out, FIELD_TITLE, charter->title);
    if (!text_equal(charter->file, charter->name))
        doc_set_text(out, FIELD_FILE, charter->file);
    if (charter->effective_day != INT32_MIN)
        doc_set_written(out, FIELD_EFFECTIVE, text_from(civil_format_date(charter->effective_day, day)));
    if (kind == EVENT_CHARTER_ENACTED && !charter->transition.rule.is_default)
        doc_set_text(out, FIELD_TRANSITION,
                     charter->transition.kind == TRANSITION_MOVE ? TEXT("move") : TEXT("keep"));
    emit_end(enactment->turn);
}

/* Versions that wait for that day or a later one wait no more. */
static void enactment_supersede(const struct enactment *enactment, int32_t from_day)
{
    struct turn *turn = enactment->turn;
    struct text name = enactment->charter->name, subject = enactment_subject(turn, name);
    uint64_t present = 0;
    (void)turn_charter(turn, name, &present);
    for (uint64_t version = present + 1; version < enactment->version; version++) {
        struct text label = enactment_label(turn, version);
        if (!alarm_is_open(turn, subject, label) ||
            turn_charter_version(turn, name, version)->effective_day < from_day)
            continue;
        struct alarm_end end = {
            .charter = name,
            .reason =
                arena_printf(turn_arena(turn), "version %" PRIu64 " takes its place", enactment->version),
            .at_us = enactment->event->received_us,
            .zone = enactment->charter->zone};
        alarm_clear(turn, subject, label, &end);
    }
}

static int enactment_enact(const struct enactment *enactment)
{
    enactment_emit(enactment, EVENT_CHARTER_ENACTED);
    return transition_decide(enactment->turn, enactment->event);
}

/* To the last instant of the day before, in the charter's own zone. */
static void enactment_await(const struct enactment *enactment, int64_t begins_us)
{
    char last[CIVIL_TEXT_BYTES];
    const struct charter *charter = enactment->charter;
    struct text limit = arena_printf(turn_arena(enactment->turn), "at %s",
                                     civil_format_time(begins_us - 1, charter->zone, last));
    struct alarm alarm = {.subject = enactment_subject(enactment->turn, charter->name),
                          .charter = charter->name,
                          .label = enactment_label(enactment->turn, enactment->version),
                          .limit = limit,
                          .calendar = charter->calendar,
                          .title = charter->title,
                          .start_us = enactment->event->received_us,
                          .zone = charter->zone};
    enactment_emit(enactment, EVENT_CHARTER_ACCEPTED);
    alarm_set(enactment->turn, enactment->event, ROLE_COORDINATION, &alarm);
}

static int enactment_take(struct enactment *enactment)
{
    const struct charter *charter = enactment->charter;
    uint64_t newest = turn_charter_newest(enactment->turn, charter->name);
    if (newest > 0 &&
        text_equal(turn_charter_text(enactment->turn, charter->name, newest), enactment->text)) {
        emit_refusal(enactment->turn, NULL, NULL, 0,
                     "nothing would change: it is version %" PRIu64 ", word for word", newest);
        return 0;
    }
    enactment->version = newest + 1;
    int64_t begins_us = charter->effective_day == INT32_MIN
                            ? INT64_MIN
                            : civil_start_of_day_us(charter->effective_day, charter->zone);
    bool later = begins_us > enactment->event->received_us;
    enactment_supersede(enactment, later ? charter->effective_day : INT32_MIN);
    if (!later)
        return enactment_enact(enactment);
    enactment_await(enactment, begins_us);
    return 0;
}

int enactment_decide(struct turn *turn, const struct event *event)
{
    struct arena *arena = turn_arena(turn);
    struct text name = doc_text(event->data, FIELD_NAME), file = doc_text(event->data, FIELD_FILE);
    struct findings *findings = arena_alloc(arena, sizeof *findings);
    findings_open(findings, arena, file.bytes > 0 ? file : name);
    struct text text = doc_text(event->data, FIELD_TEXT);
    const struct charter *charter = charter_compile(arena, text, findings->file, findings);
    struct enactment enactment = {.turn = turn, .event = event, .charter = charter, .text = text};
    if (charter != NULL && text_equal(charter->name, name))
        return enactment_take(&enactment);
    if (charter == NULL)
        enactment_refuse(turn, findings);
    else
        emit_refusal(turn, NULL, NULL, 0, "the event names charter %.*s, its text %.*s", TEXT_PRINT(name),
                     TEXT_PRINT(charter->name));
    return 0;
}

/* ---- its day has begun ---- */

bool enactment_is_awaited(struct text label)
{
    return text_starts_with(label, ENACTMENT_AWAITED);
}

int enactment_reached(struct turn *turn, const struct event *reached, const struct doc *record)
{
    struct text name = doc_text(record, FIELD_CHARTER), label = doc_text(record, FIELD_LABEL);
    size_t prefix = ENACTMENT_AWAITED.bytes;
    uint64_t version = 0;
    bool read = text_parse_u64((struct text){label.at + prefix, label.bytes - prefix}, &version);
    ASSERT(read);
    struct enactment enactment = {.turn = turn,
                                  .event = reached,
                                  .charter = turn_charter_version(turn, name, version),
                                  .text = turn_charter_text(turn, name, version),
                                  .version = version};
    ASSERT(enactment.charter != NULL);
    struct alarm_end end = {.charter = name,
                            .at_us = doc_time_us(reached->data, FIELD_DUE, reached->received_us),
                            .zone = enactment.charter->zone};
    alarm_clear(turn, doc_text(record, FIELD_SUBJECT), label, &end);
    return enactment_enact(&enactment);
}
