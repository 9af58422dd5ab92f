/* points.c - see points.h. */
#include "workers/supervision/points.h"

#include "base/log.h"
#include "workers/supervision/answer.h"

#include <inttypes.h>
#include <stdlib.h>

enum { POINTS_HUNDREDTHS = 100 };

struct text points_text(struct arena *arena, int64_t points)
{
    return arena_printf(arena, "%" PRId64 ".%02" PRId64, points / POINTS_HUNDREDTHS,
                        points % POINTS_HUNDREDTHS);
}

/* ---- papers: self-checks and examiners' scores ---- */

struct points_papers {
    int64_t sum;
    size_t count;
};

/* All papers of that kind about the unit, one an examiner. */
static struct points_papers points_papers(const struct evaluation *evaluation, struct text unit,
                                          struct text kind, struct points_part *part)
{
    struct points_papers papers = {0, 0};
    struct key prefix = item_key(TABLE_PAPER, evaluation->subject, unit);
    struct store_cursor cursor;
    key_add_text(&prefix, kind);
    for (bool more = store_first(turn_txn(evaluation->turn), &prefix, NULL, &cursor); more;
         more = store_next(&cursor)) {
        const struct doc *paper = record_from(evaluation->turn, cursor.value);
        papers.sum += doc_int(paper, FIELD_POINTS, 0);
        papers.count++;
        if (part->inputs_count < POINTS_INPUTS_MAX)
            part->inputs[part->inputs_count++] = (uint64_t)doc_int(paper, FIELD_SEQ, 0);
    }
    store_cursor_end(&cursor);
    return papers;
}

/* ---- a source ---- */

struct points_measure {
    const struct evaluation *evaluation;
    const struct evaluation_source *source;
    struct text unit;
    const struct fact_count *facts;
    struct arena *arena;
};
typedef void points_source(const struct points_measure *measure, struct points_part *part);

static void points_add_inputs(struct points_part *part, const struct fact_count *count)
{
    for (size_t i = 0; i < count->count && i < FACTS_SHOWN_MAX && part->inputs_count < POINTS_INPUTS_MAX; i++)
        part->inputs[part->inputs_count++] = count->seqs[i];
}

static void points_selfcheck(const struct points_measure *measure, struct points_part *part)
{
    struct points_papers papers = points_papers(measure->evaluation, measure->unit, TEXT("selfcheck"), part);
    part->counts = true;
    part->points = papers.sum;
    part->note = papers.count > 0 ? TEXT("已报自查") : TEXT("未报自查");
}

static void points_check(const struct points_measure *measure, struct points_part *part)
{
    struct points_papers papers = points_papers(measure->evaluation, measure->unit, TEXT("check"), part);
    part->counts = papers.count > 0;
    part->points = papers.count > 0 ? papers.sum / (int64_t)papers.count : 0;
    part->note =
        papers.count > 0 ? arena_printf(measure->arena, "%zu方评分", papers.count) : TEXT("未检查，不计入");
}

static void points_on_time(const struct points_measure *measure, struct points_part *part)
{
    uint64_t kept = measure->facts[FACT_KEPT].count, missed = measure->facts[FACT_MISSED].count;
    part->counts = kept + missed > 0;
    part->points = part->counts ? (int64_t)(kept * POINTS_FULL / (kept + missed)) : 0;
    part->note = part->counts
                     ? arena_printf(measure->arena, "按时%" PRIu64 "项，逾期%" PRIu64 "项", kept, missed)
                     : TEXT("无到期事项，不计入");
    points_add_inputs(part, &measure->facts[FACT_KEPT]);
    points_add_inputs(part, &measure->facts[FACT_MISSED]);
}

static void points_cost(const struct points_measure *measure, enum fact_kind kind, struct points_part *part)
{
    const struct fact_count *count = &measure->facts[kind];
    int64_t each = (int64_t)measure->source->each * POINTS_HUNDREDTHS;
    bool spent = count->count >= (uint64_t)(POINTS_FULL / each) + 1;
    int64_t left = spent ? 0 : POINTS_FULL - (int64_t)count->count * each;
    part->counts = true;
    part->points = left > 0 ? left : 0;
    part->note = arena_printf(measure->arena, "%" PRIu64 "项", count->count);
    points_add_inputs(part, count);
}

static void points_findings(const struct points_measure *measure, struct points_part *part)
{
    points_cost(measure, FACT_FINDING, part);
}

static void points_missed(const struct points_measure *measure, struct points_part *part)
{
    points_cost(measure, FACT_MISSED, part);
}

static points_source *const points_sources[] = {
    [SOURCE_SELFCHECK] = points_selfcheck, [SOURCE_CHECK] = points_check,   [SOURCE_ON_TIME] = points_on_time,
    [SOURCE_FINDINGS] = points_findings,   [SOURCE_MISSED] = points_missed,
};
_Static_assert(sizeof points_sources / sizeof points_sources[0] == SOURCE_KIND_COUNT,
               "a measure for each source");

/* ---- units ---- */

static void points_measure_unit(const struct evaluation *evaluation, struct text unit, struct points_row *row)
{
    const struct evaluation_rule *rule = evaluation->rule;
    int zone = evaluation->charter->zone;
    struct fact_count facts[FACT_KIND_COUNT];
    int64_t sum = 0, weights = 0;
    conduct_count(evaluation->turn, evaluation->charter->name, unit,
                  civil_start_of_day_us(period_first_day(evaluation->period), zone),
                  civil_end_of_day_us(period_last_day(evaluation->period), zone), facts);
    *row = (struct points_row){.unit = unit, .selfchecked = true};
    for (size_t i = 0; i < rule->sources_count; i++) {
        const struct evaluation_source *source = &rule->sources[i];
        struct points_measure measure = {evaluation, source, unit, facts, turn_arena(evaluation->turn)};
        struct points_part *part = &row->parts[i];
        points_sources[source->kind](&measure, part);
        if (source->kind == SOURCE_SELFCHECK)
            row->selfchecked = part->inputs_count > 0;
        sum += part->counts ? part->points * source->weight : 0;
        weights += part->counts ? source->weight : 0;
    }
    row->points = weights > 0 ? sum / weights : 0;
}

struct points_place {
    struct points_row row;
    size_t index;
};

static int points_compare(const void *a, const void *b)
{
    const struct points_place *x = a, *y = b;
    if (x->row.points != y->row.points)
        return x->row.points > y->row.points ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static struct points_row *points_rows(const struct evaluation *evaluation)
{
    struct arena *arena = turn_arena(evaluation->turn);
    size_t count = evaluation->rule->units.count;
    struct points_place *places = arena_alloc(arena, (count + 1) * sizeof *places);
    struct points_row *rows = arena_alloc(arena, (count + 1) * sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        places[i].index = i;
        points_measure_unit(evaluation, evaluation->rule->units.at[i], &places[i].row);
    }
    qsort(places, count, sizeof *places, points_compare);
    for (size_t i = 0; i < count; i++) {
        rows[i] = places[i].row;
        bool tie = i > 0 && rows[i].points == rows[i - 1].points;
        rows[i].rank = tie ? rows[i - 1].rank : (int64_t)i + 1;
    }
    return rows;
}

/* ---- posts that answer (S0-15) ---- */

static const struct points_row *points_find(const struct points *points, struct text unit)
{
    for (size_t i = 0; i < points->rows_count; i++)
        if (text_equal(points->rows[i].unit, unit))
            return &points->rows[i];
    return NULL;
}

/* The mean of the area's lead units, each of its heads alike; nothing if none of them is evaluated. */
static void points_answer(const struct evaluation *evaluation, struct text area, struct points *points)
{
    const struct body *body = answer_body(evaluation->charter, area);
    struct text unknown;
    struct names leads = answer_units(turn_arena(evaluation->turn), evaluation->charter,
                                      answer_lead_units(evaluation->charter, area), &unknown);
    int64_t sum = 0, units = 0;
    for (size_t i = 0; i < leads.count; i++) {
        const struct points_row *row = points_find(points, leads.at[i]);
        sum += row != NULL ? row->points : 0;
        units += row != NULL;
    }
    for (size_t i = 0; body != NULL && units > 0 && i < body->head_posts.count; i++)
        points->answers[points->answers_count++] =
            (struct points_answer){body->head_posts.at[i], area, sum / units, units};
}

struct points points_of(const struct evaluation *evaluation)
{
    const struct charter *charter = evaluation->charter;
    struct points points = {.rows = points_rows(evaluation), .rows_count = evaluation->rule->units.count};
    size_t room = 0;
    for (size_t i = 0; i < charter->bodies_count; i++)
        room += charter->bodies[i].head_posts.count;
    points.answers = arena_alloc(turn_arena(evaluation->turn), (room + 1) * sizeof *points.answers);
    for (size_t i = 0; i < charter->areas_count; i++)
        points_answer(evaluation, charter->areas[i].name, &points);
    ASSERT(points.answers_count <= room);
    return points;
}

/* ---- the formula ---- */

static struct text points_formula_of(struct arena *arena, const struct evaluation_source *source)
{
    static const char *const words[] = {
        [SOURCE_SELFCHECK] = "本单位自查各项得分之和，未报计0分",
        [SOURCE_CHECK] = "各检查方最近一次评分的平均数，未检查的不计入",
        [SOURCE_ON_TIME] = "按时项数÷（按时项数+逾期项数）×100，无到期事项的不计入",
        [SOURCE_FINDINGS] = "100－督查发现问题项数×",
        [SOURCE_MISSED] = "100－逾期项数×",
    };
    if (source->each > 0)
        return arena_printf(arena, "%.*s（权重%d）：%s%d，不低于0", TEXT_PRINT(source->title), source->weight,
                            words[source->kind], source->each);
    return arena_printf(arena, "%.*s（权重%d）：%s", TEXT_PRINT(source->title), source->weight,
                        words[source->kind]);
}

struct text points_formula(struct arena *arena, const struct evaluation_rule *rule)
{
    struct text all =
        TEXT("单位得分＝各分项得分×权重之和÷计入分项权重之和，满分100，每步取至百分位，余数舍去。");
    for (size_t i = 0; i < rule->sources_count; i++) {
        struct text one = points_formula_of(arena, &rule->sources[i]);
        all = arena_printf(arena, "%.*s\n%.*s。", TEXT_PRINT(all), TEXT_PRINT(one));
    }
    return arena_printf(arena,
                        "%.*s\n名次按得分由高到低，同分同名次。\n"
                        "负责人得分＝所负责领域参评牵头单位得分的平均数；没有参评牵头单位的领域不计。",
                        TEXT_PRINT(all));
}
