/* corrections.c - see corrections.h. */
#include "workers/bulletins/corrections.h"

#include "base/digest.h"
#include "base/log.h"
#include "config/charter_audience.h"
#include "workers/bulletins/files.h"

#include <inttypes.h>

enum {
    CORRECTIONS_BULLETINS_MAX = 2 * FACTS_HORIZON_MONTHS, /* looked at in one turn */
    CORRECTIONS_TEXT_BYTES_MAX = 262144
};
#define CORRECTIONS_NOTHING TEXT("无")

/* A figure that differs, and the events that made the difference. */
struct difference {
    struct text name, was, is;
    uint64_t kinds;
    struct figure events;
};
struct correction {
    struct turn *turn;
    /* {version, number, count: corrections so far, seq, period, figures, left: figures beyond those kept} */
    const struct doc *kept;
    struct bulletin bulletin;
    uint64_t number, checked_seq;
    int64_t from_us, through_us;
    struct difference *differences;
    size_t count;
};

static struct key kept_key(struct text charter, struct text rule, struct text period)
{
    struct key key = record_key((store_table)BULLETINS_KEPT);
    key_add_text(&key, charter);
    key_add_text(&key, rule);
    if (period.at != NULL)
        key_add_text(&key, period);
    return key;
}

/* ---- keeping ---- */

struct text corrections_rule_of(const struct event *published)
{
    struct text id = doc_text(published->data, FIELD_BULLETIN);
    size_t around = published->charter.bytes + 1 + doc_text(published->data, FIELD_PERIOD).bytes + 1;
    ASSERT(id.bytes > around);
    return (struct text){id.at + published->charter.bytes + 1, id.bytes - around};
}

/* What can no longer be counted again, since its facts go. */
static void corrections_forget(struct turn *turn, struct text charter, struct text rule, int64_t floor_us)
{
    const struct charter *now = turn_charter(turn, charter, NULL);
    struct key prefix = kept_key(charter, rule, TEXT_NONE), old[CORRECTIONS_BULLETINS_MAX];
    size_t count = 0;
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor);
         more && count < CORRECTIONS_BULLETINS_MAX; more = store_next(&cursor)) {
        struct text name = doc_text(record_from(turn, cursor.value), FIELD_PERIOD);
        struct period period;
        if (now != NULL && period_parse(name, &period) &&
            civil_start_of_day_us(period_first_day(period), now->zone) < floor_us)
            old[count++] = kept_key(charter, rule, name);
    }
    store_cursor_end(&cursor);
    for (size_t i = 0; i < count; i++)
        record_delete(turn, &old[i]);
}

void corrections_keep(struct turn *turn, const struct event *published, int64_t floor_us)
{
    struct text rule = corrections_rule_of(published), period = doc_text(published->data, FIELD_PERIOD);
    uint64_t version = 0;
    if (turn_charter(turn, published->charter, &version) == NULL)
        return;
    struct doc *record = doc_new(turn_arena(turn));
    doc_set_int(record, FIELD_VERSION, (int64_t)version);
    doc_set_int(record, FIELD_COUNT, 0);
    doc_set_doc_field(record, FIELD_NUMBER, published->data);
    doc_set_int(record, FIELD_SEQ, doc_int(published->data, FIELD_THROUGH_SEQ, 0));
    doc_set_text(record, FIELD_PERIOD, period);
    doc_set_doc_field(record, FIELD_FIGURES, published->data);
    doc_set_doc_field(record, FIELD_LEFT, published->data);
    struct key key = kept_key(published->charter, rule, period);
    record_put(turn, &key, record);
    corrections_forget(turn, published->charter, rule, floor_us);
}

static const struct doc *corrections_difference(const struct doc *data, struct text name)
{
    for (size_t i = 0; i < doc_count(data, FIELD_DIFFERENCES); i++) {
        const struct doc *row = doc_doc_at(data, FIELD_DIFFERENCES, i);
        if (text_equal(doc_text(row, FIELD_NAME), name))
            return row;
    }
    return NULL;
}

static void corrections_add_figure(struct doc *record, struct text name, struct text is)
{
    if (text_equal(is, CORRECTIONS_NOTHING))
        return;
    if (doc_count(record, FIELD_FIGURES) == NAMED_MAX) {
        doc_set_int(record, FIELD_LEFT, doc_int(record, FIELD_LEFT, 0) + 1);
        return;
    }
    struct doc *row = doc_add_doc(record, FIELD_FIGURES);
    doc_set_text(row, FIELD_NAME, name);
    doc_set_text(row, FIELD_IS, is);
}

/* The record of the bulletin that the event is about. */
static struct doc *corrections_kept(struct turn *turn, const struct event *event, struct key *key_out)
{
    *key_out = kept_key(event->charter, corrections_rule_of(event), doc_text(event->data, FIELD_PERIOD));
    return record_get(turn, key_out);
}

int corrections_keep_more(struct turn *turn, const struct event *figures)
{
    struct key key;
    struct doc *record = corrections_kept(turn, figures, &key);
    if (record == NULL)
        return 0;
    for (size_t i = 0; i < doc_count(figures->data, FIELD_FIGURES); i++) {
        const struct doc *row = doc_doc_at(figures->data, FIELD_FIGURES, i);
        corrections_add_figure(record, doc_text(row, FIELD_NAME), doc_text(row, FIELD_IS));
    }
    record_put(turn, &key, record);
    return 0;
}

int corrections_apply(struct turn *turn, const struct event *corrected)
{
    struct key key;
    struct doc *record = corrections_kept(turn, corrected, &key);
    if (record == NULL)
        return 0;
    const struct doc *before = doc_copy(turn_arena(turn), record);
    doc_unset(record, FIELD_FIGURES);
    for (size_t i = 0; i < doc_count(before, FIELD_FIGURES); i++) {
        const struct doc *row = doc_doc_at(before, FIELD_FIGURES, i);
        const struct doc *changed = corrections_difference(corrected->data, doc_text(row, FIELD_NAME));
        corrections_add_figure(record, doc_text(row, FIELD_NAME),
                               doc_text(changed != NULL ? changed : row, FIELD_IS));
    }
    for (size_t i = 0; i < doc_count(corrected->data, FIELD_DIFFERENCES); i++) {
        const struct doc *row = doc_doc_at(corrected->data, FIELD_DIFFERENCES, i);
        if (text_equal(doc_text(row, FIELD_WAS), CORRECTIONS_NOTHING))
            corrections_add_figure(record, doc_text(row, FIELD_NAME), doc_text(row, FIELD_IS));
    }
    doc_set_int(record, FIELD_COUNT, doc_int(corrected->data, FIELD_NUMBER, 0));
    if (!doc_has(corrected->data, FIELD_LEFT)) /* else the marks up to there explain what is left */
        doc_set_int(record, FIELD_SEQ, doc_int(corrected->data, FIELD_THROUGH_SEQ, 0));
    record_put(turn, &key, record);
    return 0;
}

/* ---- comparing ---- */

/* NOTHING if it has none; unknown, TEXT_NONE, where the list was cut. */
static struct text corrections_kept_value(const struct doc *kept, struct text name)
{
    for (size_t i = 0; i < doc_count(kept, FIELD_FIGURES); i++) {
        const struct doc *row = doc_doc_at(kept, FIELD_FIGURES, i);
        if (text_equal(doc_text(row, FIELD_NAME), name))
            return doc_text(row, FIELD_IS);
    }
    return doc_has(kept, FIELD_LEFT) ? TEXT_NONE : CORRECTIONS_NOTHING;
}

static void corrections_compare_one(struct correction *correction, struct text name, struct text is,
                                    uint64_t kinds)
{
    struct text was = corrections_kept_value(correction->kept, name);
    if (was.at != NULL && !text_equal(was, is))
        correction->differences[correction->count++] =
            (struct difference){.name = name, .was = was, .is = is, .kinds = kinds};
}

static void corrections_compare(struct correction *correction)
{
    const struct named_figures *now = &correction->bulletin.figures;
    for (size_t i = 0; i < now->count; i++)
        corrections_compare_one(correction, now->at[i].name, now->at[i].is, now->at[i].kinds);
    for (size_t i = 0; i < doc_count(correction->kept, FIELD_FIGURES) && now->left_out == 0; i++) {
        struct text name = doc_text(doc_doc_at(correction->kept, FIELD_FIGURES, i), FIELD_NAME);
        if (named_find(now, name) == NULL)
            corrections_compare_one(correction, name, CORRECTIONS_NOTHING, UINT64_MAX);
    }
}

static const uint64_t corrections_open_kinds =
    UINT64_C(1) << FACT_ISSUE_OPEN | UINT64_C(1) << FACT_TASK_OPEN | UINT64_C(1) << FACT_SUPERVISION_OPEN;

/* What is open at the end of a period depends on all before it, and whether something was in time on all
 * misses before; a count depends on the period alone. */
static bool corrections_counts(const struct correction *correction, const struct difference *difference,
                               const struct fact *touched)
{
    bool reaches_back = (difference->kinds & corrections_open_kinds) != 0 ||
                        (touched->origin == FACT_MISSED && difference->kinds != UINT64_C(1) << FACT_MISSED);
    return (difference->kinds >> touched->origin & 1) != 0 &&
           (reaches_back || touched->at_us >= correction->from_us);
}

static void corrections_explain(const struct correction *correction, const struct fact *touched)
{
    for (size_t i = 0; i < correction->count; i++) {
        struct difference *difference = &correction->differences[i];
        bool again = difference->events.count > 0 && difference->events.last == touched->seq;
        if (!again && corrections_counts(correction, difference, touched))
            figure_add(&difference->events, touched->seq);
    }
}

/* Each mark made since it was last looked at; returns how many. NULL: only counts. */
static size_t corrections_marks(struct turn *turn, struct text charter, int64_t through_us,
                                uint64_t checked_seq, const struct correction *correction)
{
    size_t count = 0;
    struct facts facts;
    for (bool more = facts_first(turn, charter, FACT_TOUCHED, INT64_MIN, through_us, &facts); more;
         more = facts_next(&facts)) {
        if (facts.fact.seq <= checked_seq)
            continue;
        count++;
        if (correction != NULL)
            corrections_explain(correction, &facts.fact);
    }
    facts_end(&facts);
    return count;
}

static void corrections_drop_unexplained(struct correction *correction)
{
    size_t explained = 0;
    for (size_t i = 0; i < correction->count; i++)
        if (correction->differences[i].events.count > 0)
            correction->differences[explained++] = correction->differences[i];
    correction->count = explained;
}

/* ---- the paper ---- */

static void corrections_print_head(struct buffer *out, const struct correction *correction)
{
    const struct bulletin *bulletin = &correction->bulletin;
    buffer_printf(out, "# 更正：");
    markdown_print(out, bulletin->title);
    buffer_printf(out, "\n\n第%" PRIu64 "期 · 第%" PRIu64 "次更正 · ", bulletin->number, correction->number);
    markdown_print(out, bulletin->charter->title);
    if (bulletin->rule->audience.bytes > 0) {
        buffer_printf(out, "\n\n发送：");
        markdown_print(out, bulletin->rule->audience);
    }
    buffer_printf(out,
                  "\n\n> 原通报印发后登记的事件改变了以下数字。依据事件日志第%" PRIu64
                  "号以前的事件重算；〔〕内是引起变化的事件的日志顺序号。\n",
                  bulletin->through_seq);
}

static struct text corrections_text(const struct correction *correction, size_t shown)
{
    struct arena *arena = turn_arena(correction->turn);
    struct buffer out;
    buffer_open(&out, CORRECTIONS_TEXT_BYTES_MAX);
    corrections_print_head(&out, correction);
    buffer_printf(&out, "\n| 项目 | 原为 | 更正为 | 依据事件 |\n|---|---:|---:|---|\n");
    for (size_t i = 0; i < shown; i++) {
        const struct difference *difference = &correction->differences[i];
        buffer_printf(&out, "| ");
        markdown_print(&out, difference->name);
        buffer_printf(&out, " | %.*s | %.*s | ", TEXT_PRINT(difference->was), TEXT_PRINT(difference->is));
        figure_print(&out, &difference->events, "件");
        buffer_printf(&out, " |\n");
    }
    if (shown < correction->count)
        buffer_printf(&out, "\n另有%zu项，随下一次更正列出。\n", correction->count - shown);
    bulletin_print_foot(arena, &out, &correction->bulletin);
    struct text text = arena_text_copy(arena, buffer_text(&out));
    buffer_close(&out);
    return text;
}

static void corrections_set_difference(struct doc *out, const struct difference *difference)
{
    struct doc *row = doc_add_doc(out, FIELD_DIFFERENCES);
    doc_set_text(row, FIELD_NAME, difference->name);
    doc_set_text(row, FIELD_WAS, difference->was);
    doc_set_text(row, FIELD_IS, difference->is);
    size_t shown =
        difference->events.count < FIGURE_SHOWN_MAX ? (size_t)difference->events.count : FIGURE_SHOWN_MAX;
    for (size_t i = 0; i < shown; i++)
        doc_add_int(row, FIELD_INPUTS, (int64_t)difference->events.first[i]);
    if (difference->events.count > FIGURE_SHOWN_MAX)
        doc_add_int(row, FIELD_INPUTS, (int64_t)difference->events.last);
}

static void corrections_emit_one(struct correction *correction)
{
    struct turn *turn = correction->turn;
    const struct bulletin *bulletin = &correction->bulletin;
    struct arena *arena = turn_arena(turn);
    size_t shown = correction->count < LIST_COUNT_MAX ? correction->count : LIST_COUNT_MAX;
    struct text text = corrections_text(correction, shown), period = period_name(arena, bulletin->period);
    struct text id = arena_printf(arena, "%.*s/%.*s/%.*s", TEXT_PRINT(bulletin->charter->name),
                                  TEXT_PRINT(bulletin->rule->id), TEXT_PRINT(period));
    struct names posts = charter_audience(arena, bulletin->charter, bulletin->rule->to);
    struct digest digest = digest_of((struct bytes){(const unsigned char *)text.at, text.bytes});
    char hex[DIGEST_HEX_BYTES];
    struct doc *out = emit_begin(turn, EVENT_BULLETIN_CORRECTED);
    emit_subject(turn, id);
    emit_rule(turn, &bulletin->rule->rule);
    doc_set_text(out, FIELD_BULLETIN, id);
    doc_set_text(out, FIELD_PERIOD, period);
    doc_set_int(out, FIELD_NUMBER, (int64_t)correction->number);
    doc_printf(out, FIELD_TITLE, "更正：%.*s", TEXT_PRINT(bulletin->title));
    doc_set_text(out, FIELD_TEXT, text);
    doc_set_text(out, FIELD_DIGEST, text_from(digest_hex(&digest, hex)));
    doc_set_int(out, FIELD_THROUGH_SEQ, (int64_t)bulletin->through_seq);
    for (size_t i = 0; i < shown; i++)
        corrections_set_difference(out, &correction->differences[i]);
    if (shown < correction->count)
        doc_set_int(out, FIELD_LEFT, (int64_t)(correction->count - shown));
    if (bulletin->rule->audience.bytes > 0)
        doc_set_text(out, FIELD_AUDIENCE, bulletin->rule->audience);
    for (size_t i = 0; i < posts.count; i++)
        doc_add_text(out, FIELD_POSTS, posts.at[i]);
    emit_end(turn);
    struct text target = arena_printf(arena, "%.*s-corrected-%" PRIu64, TEXT_PRINT(id), correction->number);
    turn_effect(turn, TEXT("file"), files_target(arena, target), text);
}

/* ---- one bulletin after the other ---- */

/* Under the charter that the bulletin was made under; false if that can't be had any more. */
static bool corrections_open(struct turn *turn, const struct bulletin *next, const struct doc *kept,
                             struct correction *correction_out)
{
    const struct charter *charter =
        turn_charter_version(turn, next->charter->name, (uint64_t)doc_int(kept, FIELD_VERSION, 0));
    const struct bulletin_rule *rule = NULL;
    for (size_t i = 0; charter != NULL && i < charter->bulletins_count; i++)
        if (text_equal(charter->bulletins[i].id, next->rule->id))
            rule = &charter->bulletins[i];
    *correction_out = (struct correction){.turn = turn,
                                          .kept = kept,
                                          .number = (uint64_t)doc_int(kept, FIELD_COUNT, 0) + 1,
                                          .checked_seq = (uint64_t)doc_int(kept, FIELD_SEQ, 0),
                                          .bulletin = {.charter = charter,
                                                       .rule = rule,
                                                       .number = (uint64_t)doc_int(kept, FIELD_NUMBER, 0),
                                                       .through_seq = next->through_seq,
                                                       .issued_day = next->issued_day}};
    struct bulletin *bulletin = &correction_out->bulletin;
    if (rule == NULL || !period_parse(doc_text(kept, FIELD_PERIOD), &bulletin->period))
        return false;
    correction_out->from_us = civil_start_of_day_us(period_first_day(bulletin->period), charter->zone);
    correction_out->through_us = civil_end_of_day_us(period_last_day(bulletin->period), charter->zone);
    return true;
}

/* True if it emitted one. */
static bool corrections_examine(struct correction *correction)
{
    struct turn *turn = correction->turn;
    struct text charter = correction->bulletin.charter->name;
    if (corrections_marks(turn, charter, correction->through_us, correction->checked_seq, NULL) == 0)
        return false;
    bulletin_write(turn, &correction->bulletin);
    size_t room = correction->bulletin.figures.count + doc_count(correction->kept, FIELD_FIGURES) + 1;
    correction->differences = arena_alloc(turn_arena(turn), room * sizeof(*correction->differences));
    corrections_compare(correction);
    (void)corrections_marks(turn, charter, correction->through_us, correction->checked_seq, correction);
    corrections_drop_unexplained(correction);
    if (correction->count == 0)
        return false;
    corrections_emit_one(correction);
    return true;
}

struct text corrections_emit(struct turn *turn, const struct bulletin *next)
{
    struct arena *arena = turn_arena(turn);
    struct key prefix = kept_key(next->charter->name, next->rule->id, TEXT_NONE);
    const struct doc *kept[CORRECTIONS_BULLETINS_MAX];
    struct text said = TEXT_NONE;
    size_t count = 0;
    struct store_cursor cursor;
    for (bool more = store_first(turn_txn(turn), &prefix, NULL, &cursor);
         more && count < CORRECTIONS_BULLETINS_MAX; more = store_next(&cursor))
        kept[count++] = record_from(turn, cursor.value);
    store_cursor_end(&cursor);
    for (size_t i = 0; i < count; i++) {
        struct correction *correction = arena_alloc(arena, sizeof(*correction));
        if (!corrections_open(turn, next, kept[i], correction) || !corrections_examine(correction))
            continue;
        struct text title = period_title(arena, correction->bulletin.period);
        said = arena_printf(arena, "%.*s%s%.*s（第%" PRIu64 "次更正）", TEXT_PRINT(said),
                            said.bytes > 0 ? "、" : "", TEXT_PRINT(title), correction->number);
    }
    return said;
}
