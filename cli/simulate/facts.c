/* facts.c - see facts.h. A table says which events make a fact and which carry one on. Only deadlines need
 * code of their own: events name them by an id with the sequence number of their cause in it, which differs
 * between journals. */
#include "cli/simulate/facts.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"

enum { FACTS_SLOTS_FIRST = 1024 };
static const size_t FACTS_BYTES_MAX = (size_t)1 << 31;

struct facts {
    struct arena arena;
    struct fact *at;
    size_t count, room;
    uint32_t *slots; /* open addressing: index + 1; of (kind, charter, subject, name, id): the last one */
    size_t slots_count;
    struct text *reports; /* by seq - 1: source and id of a report; empty: an outcome */
    size_t seen, reports_room;
    struct facts_deadline {
        struct text id;
        size_t fact;
    } * deadlines;
    size_t deadlines_count, deadlines_room;
    uint32_t *deadline_slots;
    size_t deadline_slots_count;
};

static const char *const facts_kind_names[FACTS_KINDS] = {
    [FACTS_DEADLINE] = "deadlines",    [FACTS_LEVEL] = "levels",       [FACTS_REFUSAL] = "refusals",
    [FACTS_CLOSING] = "closings",      [FACTS_TASK] = "tasks",         [FACTS_DUTY] = "duties",
    [FACTS_ITEM] = "supervised items", [FACTS_BULLETIN] = "bulletins", [FACTS_SCORE] = "scores",
    [FACTS_NOTICE] = "notices",        [FACTS_RANK] = "ranking"};

const char *facts_kind_name(enum facts_kind kind)
{
    return facts_kind_names[kind];
}

struct facts *facts_open(void)
{
    struct facts *facts = memory_alloc(sizeof *facts);
    *facts = (struct facts){0};
    arena_open(&facts->arena, FACTS_BYTES_MAX);
    return facts;
}

void facts_close(struct facts *facts)
{
    arena_close(&facts->arena);
    free(facts->at);
    free(facts->slots);
    free(facts->reports);
    free(facts->deadlines);
    free(facts->deadline_slots);
    free(facts);
}

/* ---- tables that grow ---- */

static void *facts_grown(void *at, size_t count, size_t *room, size_t each)
{
    if (count < *room)
        return at;
    *room = *room > 0 ? 2 * *room : FACTS_SLOTS_FIRST / 2;
    return memory_grow(at, *room * each);
}

static uint64_t facts_hash(const struct fact *fact)
{
    const struct text parts[] = {fact->charter, fact->subject, fact->name, fact->id};
    uint64_t hash = (uint64_t)fact->kind;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        hash = hash * 31 + digest_short((struct bytes){(const unsigned char *)parts[i].at, parts[i].bytes});
    return hash;
}

static bool fact_same_name(const struct fact *a, const struct fact *b)
{
    return a->kind == b->kind && text_equal(a->charter, b->charter) && text_equal(a->subject, b->subject) &&
           text_equal(a->name, b->name) && text_equal(a->id, b->id);
}

static uint32_t *facts_slot(struct facts *facts, const struct fact *fact)
{
    size_t slot = facts_hash(fact) % facts->slots_count;
    while (facts->slots[slot] != 0 && !fact_same_name(&facts->at[facts->slots[slot] - 1], fact))
        slot = (slot + 1) % facts->slots_count;
    return &facts->slots[slot];
}

static uint32_t *slots_new(uint32_t *old, size_t count)
{
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL)
        die("facts: %s", error_text(error_from_errno()));
    free(old);
    return slots;
}

static void facts_slots_grow(struct facts *facts)
{
    if (2 * facts->count < facts->slots_count)
        return;
    facts->slots_count = facts->slots_count > 0 ? 4 * facts->slots_count : FACTS_SLOTS_FIRST;
    facts->slots = slots_new(facts->slots, facts->slots_count);
    for (size_t i = 0; i < facts->count; i++)
        *facts_slot(facts, &facts->at[i]) = (uint32_t)i + 1;
}

/* The last fact of that name if `again` allows going on with it, else a new one. */
static struct fact *facts_fact(struct facts *facts, const struct fact *name, bool again)
{
    facts_slots_grow(facts);
    uint32_t *slot = facts_slot(facts, name);
    struct fact *last = *slot != 0 ? &facts->at[*slot - 1] : NULL;
    if (last != NULL && again)
        return last;
    unsigned nth = last != NULL ? last->nth + 1 : 1;
    facts->at = facts_grown(facts->at, facts->count, &facts->room, sizeof *facts->at);
    struct fact *fact = &facts->at[facts->count++];
    *fact = (struct fact){.kind = name->kind,
                          .charter = arena_text_copy(&facts->arena, name->charter),
                          .subject = arena_text_copy(&facts->arena, name->subject),
                          .name = arena_text_copy(&facts->arena, name->name),
                          .id = arena_text_copy(&facts->arena, name->id),
                          .nth = nth,
                          .value = doc_new(&facts->arena)};
    *slot = (uint32_t)facts->count;
    return fact;
}

void facts_add(struct facts *facts, enum facts_kind kind, struct text charter, struct text subject,
               struct text name, const struct doc *value)
{
    const struct fact wanted = {.kind = kind, .charter = charter, .subject = subject, .name = name};
    facts_fact(facts, &wanted, false)->value = doc_copy(&facts->arena, value);
}

const struct fact *facts_last(struct facts *facts, enum facts_kind kind, struct text charter,
                              struct text subject, struct text name)
{
    const struct fact wanted = {.kind = kind, .charter = charter, .subject = subject, .name = name};
    if (facts->slots_count == 0)
        return NULL;
    uint32_t slot = *facts_slot(facts, &wanted);
    return slot != 0 ? &facts->at[slot - 1] : NULL;
}

size_t facts_count(const struct facts *facts, enum facts_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < facts->count; i++)
        count += facts->at[i].kind == kind ? 1 : 0;
    return count;
}

/* ---- deadlines ---- */

static uint32_t *facts_deadline_slot(struct facts *facts, struct text id)
{
    size_t slot =
        digest_short((struct bytes){(const unsigned char *)id.at, id.bytes}) % facts->deadline_slots_count;
    while (facts->deadline_slots[slot] != 0 &&
           !text_equal(facts->deadlines[facts->deadline_slots[slot] - 1].id, id))
        slot = (slot + 1) % facts->deadline_slots_count;
    return &facts->deadline_slots[slot];
}

static void facts_deadline_slots_grow(struct facts *facts)
{
    if (2 * facts->deadlines_count < facts->deadline_slots_count)
        return;
    facts->deadline_slots_count =
        facts->deadline_slots_count > 0 ? 4 * facts->deadline_slots_count : FACTS_SLOTS_FIRST;
    facts->deadline_slots = slots_new(facts->deadline_slots, facts->deadline_slots_count);
    for (size_t i = 0; i < facts->deadlines_count; i++)
        *facts_deadline_slot(facts, facts->deadlines[i].id) = (uint32_t)i + 1;
}

static struct fact *facts_deadline_new(struct facts *facts, const struct event *event)
{
    struct text id = doc_text(event->data, FIELD_DEADLINE);
    const struct fact name = {.kind = FACTS_DEADLINE,
                              .charter = event->charter,
                              .subject = event->subject,
                              .name = doc_text(event->data, FIELD_LABEL)};
    struct fact *fact = facts_fact(facts, &name, true);
    if (doc_has(fact->value, FIELD_STATE) && (fact->cleared == 0 || fact->cleared != event->cause))
        fact = facts_fact(facts, &name, false);
    facts->deadlines = facts_grown(facts->deadlines, facts->deadlines_count, &facts->deadlines_room,
                                   sizeof *facts->deadlines);
    facts->deadlines[facts->deadlines_count++] =
        (struct facts_deadline){arena_text_copy(&facts->arena, id), (size_t)(fact - facts->at)};
    *facts_deadline_slot(facts, id) = (uint32_t)facts->deadlines_count;
    return fact;
}

static struct fact *facts_deadline(struct facts *facts, const struct event *event)
{
    facts_deadline_slots_grow(facts);
    uint32_t slot = *facts_deadline_slot(facts, doc_text(event->data, FIELD_DEADLINE));
    if (slot != 0)
        return &facts->at[facts->deadlines[slot - 1].fact];
    return event->type->kind == EVENT_DEADLINE_SET ? facts_deadline_new(facts, event) : NULL;
}

static void facts_deadline_cleared(struct fact *fact, const struct event *event)
{
    int64_t due_us = doc_time_us(fact->value, FIELD_DUE, CIVIL_NEVER_US);
    if (!text_is(doc_text(fact->value, FIELD_STATE), "open"))
        return;
    fact->cleared = event->cause;
    doc_set_text(fact->value, FIELD_STATE,
                 doc_time_us(event->data, FIELD_AT, 0) <= due_us ? TEXT("kept") : TEXT("late"));
}

/* false: the event is of no deadline. */
static bool facts_see_deadline(struct facts *facts, const struct event *event)
{
    if (!doc_has(event->data, FIELD_DEADLINE) || event->type->report)
        return false;
    struct fact *fact = facts_deadline(facts, event);
    if (fact == NULL)
        return true; /* none that anybody set */
    switch (event->type->kind) {
    case EVENT_DEADLINE_SET:
        doc_set_text(fact->value, FIELD_STATE, TEXT("open"));
        doc_set_doc_field(fact->value, FIELD_WHO, event->data);
        break;
    case EVENT_DEADLINE_FIXED:
        doc_set_doc_field(fact->value, FIELD_DUE, event->data);
        break;
    case EVENT_DEADLINE_MOVED:
        doc_set_written(fact->value, FIELD_DUE, doc_text(event->data, FIELD_AFTER));
        break;
    case EVENT_DEADLINE_CLEARED:
        facts_deadline_cleared(fact, event);
        break;
    case EVENT_DEADLINE_REACHED:
        if (text_is(doc_text(fact->value, FIELD_STATE), "open"))
            doc_set_text(fact->value, FIELD_STATE, TEXT("reached"));
        break;
    case EVENT_DEADLINE_MISSED:
        doc_set_text(fact->value, FIELD_STATE, TEXT("missed"));
        doc_set_doc_field(fact->value, FIELD_WHO, event->data);
        break;
    default:
        break;
    }
    return true;
}

/* ---- everything else: a table ---- */

enum facts_name { NAME_NONE, NAME_TYPE, NAME_POST };
static const struct facts_row {
    enum event_kind event;
    enum facts_kind kind;
    enum facts_name name;
    bool again;        /* goes on with the fact of that name, if there is one */
    bool day;          /* DAY: on which it happened */
    const char *state; /* what the event means; NULL: the STATE that it carries, if it does */
    enum field copies[4];
} facts_rows[] = {
#define NO FIELD_COUNT_OF_ALL
    {EVENT_ISSUE_OPENED, FACTS_LEVEL, NAME_TYPE, false, true, NULL, {FIELD_LEVEL, FIELD_BODY, NO}},
    {EVENT_ISSUE_ESCALATED, FACTS_LEVEL, NAME_TYPE, false, true, NULL, {FIELD_TO, FIELD_BODY, NO}},
    {EVENT_ISSUE_SENT_BACK, FACTS_LEVEL, NAME_TYPE, false, true, NULL, {FIELD_TO, FIELD_BODY, NO}},
    {EVENT_ISSUE_REOPENED, FACTS_LEVEL, NAME_TYPE, false, true, NULL, {FIELD_LEVEL, FIELD_BODY, NO}},
    {EVENT_ISSUE_SETTLED, FACTS_CLOSING, NAME_TYPE, false, false, NULL, {FIELD_HOW, FIELD_AT, NO}},
    {EVENT_ISSUE_CLOSED, FACTS_CLOSING, NAME_TYPE, false, false, NULL, {FIELD_HOW, FIELD_AT, NO}},
    {EVENT_TASK_ASSIGNED, FACTS_TASK, NAME_NONE, true, false, "assigned", {FIELD_UNIT, FIELD_BY, NO}},
    {EVENT_TASK_UPDATED, FACTS_TASK, NAME_NONE, true, false, NULL, {FIELD_UNIT, NO}},
    {EVENT_TASK_CLOSED, FACTS_TASK, NAME_NONE, true, false, "closed", {NO}},
    {EVENT_DUTY_OPENED, FACTS_DUTY, NAME_NONE, true, false, "open", {FIELD_BY, NO}},
    {EVENT_DUTY_MET, FACTS_DUTY, NAME_NONE, true, false, "met", {NO}},
    {EVENT_DUTY_MISSED, FACTS_DUTY, NAME_NONE, true, false, "missed", {NO}},
    {EVENT_SUPERVISION_OPENED, FACTS_ITEM, NAME_NONE, true, false, "open", {FIELD_UNITS, FIELD_BY, NO}},
    {EVENT_SUPERVISION_UPDATED, FACTS_ITEM, NAME_NONE, true, false, NULL, {NO}},
    {EVENT_SUPERVISION_CLOSED, FACTS_ITEM, NAME_NONE, true, false, "closed", {NO}},
    {EVENT_BULLETIN_PUBLISHED, FACTS_BULLETIN, NAME_NONE, false, false, NULL, {NO}},
    {EVENT_NOTIFICATION_SENT, FACTS_NOTICE, NAME_POST, true, false, NULL, {NO}},
#undef NO
};

/* Sequence numbers differ between journals: 〔#12 #31〕 goes, 第12号 keeps no number. */
static struct text facts_without_numbers(struct arena *arena, struct text t)
{
    static const char open[] = "〔#", close[] = "〕", before[] = "第", after[] = "号";
    struct text copy = arena_text_copy(arena, t);
    struct buffer out;
    buffer_open(&out, t.bytes + 1);
    for (const char *at = copy.at; *at != '\0';) {
        const char *end = strncmp(at, open, sizeof open - 1) == 0 ? strstr(at, close) : NULL;
        size_t digits =
            strncmp(at, before, sizeof before - 1) == 0 ? strspn(at + sizeof before - 1, "0123456789") : 0;
        if (end != NULL) {
            at = end + sizeof close - 1;
            continue;
        }
        size_t bytes = 1;
        if (digits > 0 && strncmp(at + sizeof before - 1 + digits, after, sizeof after - 1) == 0)
            bytes = sizeof before - 1;
        buffer_append(&out, at, bytes);
        at += bytes > 1 ? bytes + digits : 1;
    }
    copy = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return copy;
}

static void facts_see_row(struct facts *facts, const struct facts_row *row, const struct event *event)
{
    const struct fact name = {.kind = row->kind,
                              .charter = event->charter,
                              .subject =
                                  row->name == NAME_POST ? doc_text(event->data, FIELD_POST) : event->subject,
                              .name = row->name == NAME_TYPE ? event->type_name : TEXT("")};
    struct fact *fact = facts_fact(facts, &name, row->again);
    for (const enum field *field = row->copies; *field != FIELD_COUNT_OF_ALL; field++)
        doc_set_doc_field(fact->value, *field, event->data);
    if (row->state != NULL)
        doc_set_text(fact->value, FIELD_STATE, text_from(row->state));
    else if (row->kind != FACTS_LEVEL)
        doc_set_doc_field(fact->value, FIELD_STATE, event->data);
    if (row->event == EVENT_DUTY_MET && !doc_bool(event->data, FIELD_ON_TIME))
        doc_set_text(fact->value, FIELD_STATE, TEXT("late"));
    if (row->kind == FACTS_BULLETIN)
        doc_set_text(fact->value, FIELD_TEXT,
                     facts_without_numbers(&facts->arena, doc_text(event->data, FIELD_TEXT)));
    if (row->kind == FACTS_NOTICE)
        doc_set_int(fact->value, FIELD_COUNT, doc_int(fact->value, FIELD_COUNT, 0) + 1);
    if (row->day)
        doc_set_date(fact->value, FIELD_DAY, civil_day_of(event->received_us, event->time_zone));
}

static void facts_see_refusal(struct facts *facts, const struct event *event)
{
    bool known = event->cause > 0 && event->cause <= facts->seen;
    const struct fact name = {.kind = FACTS_REFUSAL,
                              .charter = event->charter,
                              .subject = event->subject,
                              .name = doc_text(event->data, FIELD_EVENT),
                              .id = known ? facts->reports[event->cause - 1] : TEXT("")};
    struct fact *fact = facts_fact(facts, &name, false);
    for (size_t i = 0; i < doc_count(event->data, FIELD_OWED); i++) {
        const struct doc *owed = doc_doc_at(event->data, FIELD_OWED, i);
        struct text need = arena_text_copy(&facts->arena, doc_text(owed, FIELD_NEED)),
                    who = arena_text_copy(&facts->arena, doc_text(owed, FIELD_WHO));
        bool told = who.bytes == 0 || strstr(need.at, who.at) != NULL;
        doc_add_text(fact->value, FIELD_SET,
                     told ? need : arena_printf(&facts->arena, "%s: %s", need.at, who.at));
    }
    if (doc_count(event->data, FIELD_OWED) == 0)
        doc_set_doc_field(fact->value, FIELD_REASON, event->data);
}

/* "2020-Q1 市财政局": whichever the score is of. */
static void facts_see_scores(struct facts *facts, const struct event *event)
{
    static const enum field whose[] = {FIELD_UNIT, FIELD_POST, FIELD_NAME};
    for (size_t i = 0; i < doc_count(event->data, FIELD_SCORES); i++) {
        const struct doc *score = doc_doc_at(event->data, FIELD_SCORES, i);
        struct fact name = {
            .kind = FACTS_SCORE, .charter = event->charter, .name = doc_text(event->data, FIELD_PERIOD)};
        for (size_t f = 0; f < sizeof whose / sizeof whose[0] && name.subject.bytes == 0; f++)
            name.subject = doc_text(score, whose[f]);
        struct fact *fact = facts_fact(facts, &name, false);
        doc_set_doc_field(fact->value, FIELD_POINTS, score);
        doc_set_doc_field(fact->value, FIELD_RANK, score);
    }
}

static void facts_see_report(struct facts *facts, const struct event *event)
{
    facts->reports = facts_grown(facts->reports, facts->seen, &facts->reports_room, sizeof *facts->reports);
    facts->reports[facts->seen++] =
        event->type->report
            ? arena_printf(&facts->arena, "%.*s %.*s", TEXT_PRINT(event->source), TEXT_PRINT(event->id))
            : TEXT("");
}

void facts_see(struct facts *facts, const struct event *event)
{
    facts_see_report(facts, event);
    if (facts_see_deadline(facts, event))
        return;
    if (event->type->kind == EVENT_REQUEST_REFUSED)
        facts_see_refusal(facts, event);
    if (event->type->kind == EVENT_SCORES_PUBLISHED)
        facts_see_scores(facts, event);
    for (size_t i = 0; i < sizeof facts_rows / sizeof facts_rows[0]; i++)
        if (facts_rows[i].event == event->type->kind)
            facts_see_row(facts, &facts_rows[i], event);
}

int facts_see_entry(void *context, const struct entry *entry)
{
    struct arena arena;
    struct event event;
    struct complaint complaint;
    arena_open(&arena, ARENA_BYTES_MAX);
    if (entry_decode(&arena, entry, &event, &complaint) != 0)
        die("#%llu: %s", (unsigned long long)entry->seq, complaint.message);
    facts_see(context, &event);
    arena_close(&arena);
    return 0;
}

/* ---- comparing ---- */

static int fact_order(const struct fact *a, const struct fact *b)
{
    int order = (int)a->kind - (int)b->kind;
    order = order != 0 ? order : text_compare(a->charter, b->charter);
    order = order != 0 ? order : text_compare(a->subject, b->subject);
    order = order != 0 ? order : text_compare(a->name, b->name);
    order = order != 0 ? order : text_compare(a->id, b->id);
    return order != 0 ? order : a->nth < b->nth ? -1 : a->nth > b->nth ? 1 : 0;
}

static int fact_order_pointers(const void *a, const void *b)
{
    return fact_order(*(const struct fact *const *)a, *(const struct fact *const *)b);
}

static const struct fact **facts_sorted(struct arena *arena, const struct facts *facts)
{
    const struct fact **sorted = arena_alloc(arena, sizeof(struct fact *) * (facts->count + 1));
    for (size_t i = 0; i < facts->count; i++)
        sorted[i] = &facts->at[i];
    qsort(sorted, facts->count, sizeof(struct fact *), fact_order_pointers);
    return sorted;
}

/* Documents are encoded canonically: equal ones have equal bytes. */
static bool fact_equal(const struct fact *a, const struct fact *b)
{
    struct buffer first, second;
    buffer_open(&first, FACTS_BYTES_MAX);
    buffer_open(&second, FACTS_BYTES_MAX);
    doc_encode(a->value, &first);
    doc_encode(b->value, &second);
    bool equal = first.bytes == second.bytes && memcmp(first.at, second.at, first.bytes) == 0;
    buffer_close(&first);
    buffer_close(&second);
    return equal;
}

size_t facts_compare(struct arena *arena, struct facts *before, struct facts *after, struct difference **out)
{
    const struct fact **a = facts_sorted(arena, before), **b = facts_sorted(arena, after);
    size_t i = 0, j = 0, count = 0;
    struct difference *found = arena_alloc(arena, sizeof *found * (before->count + after->count + 1));
    while (i < before->count || j < after->count) {
        int order = i == before->count ? 1 : j == after->count ? -1 : fact_order(a[i], b[j]);
        if (order != 0 || !fact_equal(a[i], b[j]))
            found[count++] = (struct difference){order <= 0 ? a[i] : NULL, order >= 0 ? b[j] : NULL};
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
    *out = found;
    return count;
}
