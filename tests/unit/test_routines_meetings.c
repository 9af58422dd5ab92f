/* test_routines_meetings.c - goal: a meeting goes its drawn way, resolves only what was examined, and its
 * minutes are complete or say what is owed. Method: every state meets every report, for meetings and for
 * topics; then each rule of the charter by itself. */
#include "tests/support/hall.h"
#include "workers/routines/meeting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DAY      "2020-02-03"
#define GROUP    "{\"title\":\"例会\",\"bodies\":[\"group-01\"]}"
#define LEADING  "{\"title\":\"全体会议\",\"bodies\":[\"leading\"]}"
#define TOPIC    "{\"topic\":\"T-1\",\"title\":\"议题一\",\"kind\":\"decide\",\"issue\":\"W-1\"}"
#define TOPIC_ID "{\"topic\":\"T-1\"}"
#define RETURN   "{\"topic\":\"T-1\",\"reason\":\"材料不全\"}"
#define MINUTES  "{\"items\":[{\"title\":\"修订申报表\",\"unit\":\"财政局\",\"by\":\"2020-03-31\"}]}"
#define RESOLVED                                                                                             \
    "{\"items\":[{\"title\":\"修订\",\"unit\":\"财政局\",\"by\":\"2020-03-31\",\"topic\":\"T-1\"}]}"

/* ---- the tables, every cell ---- */

struct sample {
    const char *type, *json;
};
static const struct sample samples[] = {
    {"meeting.called", LEADING},  {"meeting.cancelled", "{\"reason\":\"改期\"}"},
    {"topic.submitted", TOPIC},   {"topic.accepted", TOPIC_ID},
    {"topic.returned", RETURN},   {"meeting.held", GROUP},
    {"minutes.issued", RESOLVED},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static enum event_kind kind_of(const struct sample *sample)
{
    return event_type_find(text_from(sample->type), NULL)->kind;
}

/* A meeting of the leading group, topic T-1 accepted. */
static void bring_to(struct hall *hall, enum meeting_state state)
{
    if (state == MEETING_ABSENT)
        return;
    hall_must(hall, DAY, "meeting.called", "M-1", NULL, LEADING);
    hall_must(hall, DAY, "topic.submitted", "M-1", NULL, TOPIC);
    if (state == MEETING_HELD || state == MEETING_MINUTED) {
        hall_must(hall, DAY, "topic.accepted", "M-1", NULL, TOPIC_ID);
        hall_must(hall, DAY, "meeting.held", "M-1", NULL, NULL);
    }
    if (state == MEETING_MINUTED)
        hall_must(hall, DAY, "minutes.issued", "M-1", NULL, RESOLVED);
    if (state == MEETING_CANCELLED)
        hall_must(hall, DAY, "meeting.cancelled", "M-1", NULL, "{\"reason\":\"改期\"}");
    if (state ==
        MEETING_CALLED) /* so that the sample of topic.submitted is not stopped by the topic's state */
        hall_must(hall, DAY, "topic.submitted", "M-1", NULL, TOPIC);
}

static void test_every_meeting_cell(void **context)
{
    (void)context;
    for (enum meeting_state state = MEETING_ABSENT; state < MEETING_STATE_COUNT; state++)
        for (size_t i = 0; i < SAMPLES; i++) {
            struct hall *hall = hall_open();
            bring_to(hall, state);
            struct meeting_verdict verdict = meeting_verdict(state, kind_of(&samples[i]));
            assert_true((verdict.step != NULL) != (verdict.refusal != NULL));
            (void)hall_report(hall, DAY, samples[i].type, "M-1", NULL, samples[i].json);
            if (verdict.step != NULL)
                hall_granted(hall);
            else
                hall_refused(hall, verdict.refusal);
            hall_close(hall);
        }
}

static void test_table_is_complete(void **context)
{
    (void)context;
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        bool found = kind == EVENT_FILING_SUBMITTED;
        for (size_t i = 0; i < SAMPLES; i++)
            found = found || strcmp(samples[i].type, event_types[kind].name) == 0;
        assert_int_equal(found, event_types[kind].report && event_types[kind].role == ROLE_ROUTINES);
    }
}

static void bring_topic_to(struct hall *hall, enum topic_state state)
{
    hall_must(hall, DAY, "meeting.called", "M-1", NULL, LEADING);
    if (state != TOPIC_ABSENT)
        hall_must(hall, DAY, "topic.submitted", "M-1", NULL, TOPIC);
    if (state == TOPIC_ACCEPTED)
        hall_must(hall, DAY, "topic.accepted", "M-1", NULL, TOPIC_ID);
    if (state == TOPIC_RETURNED)
        hall_must(hall, DAY, "topic.returned", "M-1", NULL, RETURN);
}

static void test_every_topic_cell(void **context)
{
    (void)context;
    for (enum topic_state state = TOPIC_ABSENT; state < TOPIC_STATE_COUNT; state++)
        for (size_t i = 2; i < 5; i++) {
            struct hall *hall = hall_open();
            bring_topic_to(hall, state);
            const char *objection = topic_objection(state, kind_of(&samples[i]));
            (void)hall_report(hall, DAY, samples[i].type, "M-1", NULL, samples[i].json);
            if (objection == NULL)
                hall_granted(hall);
            else
                hall_refused(hall, objection);
            hall_close(hall);
        }
}

/* ---- calling and holding ---- */

static void test_called_moved_held(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.called", "M-1", "group-01.head",
              "{\"title\":\"例会\",\"bodies\":[\"group-01\"],\"at\":\"2020-02-05T09:00:00+08:00\","
              "\"attendees\":[\"市税务局\"]}");
    const struct event *scheduled = hall_find(hall, "meeting.scheduled", "M-1", 0);
    hall_is(scheduled, FIELD_TITLE, "例会");
    hall_is(scheduled, FIELD_CLAUSE, "五（二）");
    hall_must(hall, DAY, "meeting.called", "M-1", NULL,
              "{\"title\":\"例会\",\"bodies\":[\"group-01\"],\"at\":\"2020-02-06T09:00:00+08:00\"}");
    scheduled = hall_find(hall, "meeting.scheduled", "M-1", 1);
    hall_is(scheduled, FIELD_AT, "2020-02-06T09:00:00+08:00");
    hall_lists(scheduled, FIELD_ATTENDEES, "市税务局");
    hall_must(hall, "2020-02-06T11:00:00+08:00", "meeting.held", "M-1", NULL, NULL);
    const struct event *recorded = hall_find(hall, "meeting.recorded", "M-1", 0);
    hall_is(recorded, FIELD_AT, "2020-02-06T11:00:00+08:00");
    hall_is(recorded, FIELD_TITLE, "例会");
    hall_close(hall);
}

static void test_refused_calls(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)hall_report(hall, DAY, "meeting.called", "M-1", NULL,
                      "{\"title\":\"x\",\"bodies\":[\"group-04\"]}");
    hall_refused(hall, "unknown body group-04; nearest known: group-0");
    (void)hall_report(hall, DAY, "meeting.called", "M-1", NULL,
                      "{\"title\":\"x\",\"bodies\":[\"group-01\",\"group-01\"]}");
    hall_refused(hall, "named twice");
    (void)hall_report(hall, DAY, "meeting.called", "M-1", NULL,
                      "{\"title\":\"x\",\"bodies\":[\"group-01\"],\"post\":\"leading.heads\"}");
    hall_refused(hall, "unknown post leading.heads; nearest known: leading.head");
    (void)hall_report(hall, DAY, "meeting.held", "M-1", NULL, NULL);
    hall_refused(hall, "nobody called meeting M-1: the report must name its bodies and title");
    (void)hall_report(hall, DAY, "meeting.held", "M-1", NULL, "{\"bodies\":[\"group-01\"]}");
    hall_refused(hall, "the report must name its title");
    (void)hall_report(hall, DAY, "meeting.held", "M-1", NULL, "{\"title\":\"例会\"}");
    hall_refused(hall, "the report must name its bodies");
    (void)hall_report(hall, DAY, "meeting.held", "M-1", NULL,
                      "{\"title\":\"x\",\"bodies\":[\"group-01\"],\"at\":\"2020-02-04T00:00:00+08:00\"}");
    hall_refused(hall, "is still to come");
    (void)hall_report(hall, DAY, "meeting.held", "M-2", NULL, LEADING);
    hall_refused(hall, "办公室 examines the topics of this meeting, so it must be called first");
    char id[MEETING_ID_BYTES_MAX + 2];
    memset(id, 'x', sizeof id - 1);
    id[sizeof id - 1] = '\0';
    (void)hall_report(hall, DAY, "meeting.called", id, NULL, GROUP);
    hall_refused(hall, "at most 112 bytes");
    hall->seq = house_publish(hall->house, NULL, "meeting.called", "M-3", "hell", NULL, GROUP);
    hall_refused(hall, "charter hell is not in force");
    hall_close(hall);
}

/* S0-26: a work team meets as needed, owes nothing and writes minutes if it likes. */
static void test_ad_hoc(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.held", "M-1", "team-01.head",
              "{\"title\":\"碰头\",\"bodies\":[\"team-01\"]}");
    assert_int_equal(hall_count(hall, "deadline.set", "M-1"), 0);
    hall_must(hall, DAY, "minutes.issued", "M-1", NULL, "{\"items\":[{\"opinion\":\"  先试点\\n再推广\"}]}");
    const struct event *minutes = hall_find(hall, "minutes.recorded", "M-1", 0);
    hall_is(minutes, FIELD_MINUTES, "M-1/minutes");
    assert_true(text_is(doc_text(doc_doc_at(minutes->data, FIELD_ITEMS, 0), FIELD_TITLE), "先试点"));
    hall_close(hall);
}

/* ---- who may ---- */

static void test_who_may(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    (void)hall_report(hall, DAY, "meeting.called", "M-1", "市公安局", GROUP);
    hall_refused(hall,
                 "actor 市公安局 may not report meeting.called: only 纳税小组 (group-01.head, 市税务局)");
    (void)hall_report(hall, DAY, "meeting.called", "M-1", "某甲", GROUP);
    hall_refused(hall, "is no post or unit of charter hall");
    hall_must(hall, DAY, "meeting.called", "M-1", "office.head", LEADING); /* 筹办领导小组会议 */
    hall_must(hall, DAY, "topic.submitted", "M-1", "市公安局", TOPIC);
    (void)hall_report(hall, DAY, "topic.accepted", "M-1", "leading.head", TOPIC_ID);
    hall_refused(hall, "actor leading.head may not report topic.accepted: only 办公室");
    hall_must(hall, DAY, "topic.accepted", "M-1", "市发展改革委", TOPIC_ID);
    (void)hall_report(hall, DAY, "meeting.held", "M-1", "group-01.head", NULL);
    hall_refused(hall, "only 领导小组");
    hall_must(hall, DAY, "meeting.held", "M-1", "leading.deputy", NULL);
    hall_close(hall);
}

/* Whose meeting it is, is a question of the bodies on record, not of those that a report names. */
static void test_nobody_takes_a_meeting_over(void **context)
{
    static const char ours[] = "{\"title\":\"例会\",\"bodies\":[\"group-01\"]}";
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.called", "M-1", "leading.head", LEADING);
    (void)hall_report(hall, DAY, "meeting.held", "M-1", "group-01.head", ours);
    hall_refused(hall, "actor group-01.head may not report meeting.held: only 领导小组");
    (void)hall_report(hall, DAY, "meeting.called", "M-1", "group-01.head", ours);
    hall_refused(hall, "actor group-01.head may not report meeting.called: only 领导小组");
    (void)hall_report(hall, DAY, "meeting.cancelled", "M-1", "group-01.head", "{\"reason\":\"撤\"}");
    hall_refused(hall, "actor group-01.head may not report meeting.cancelled: only 领导小组");
    (void)hall_report(hall, DAY, "meeting.called", "M-1", "leading.head", ours);
    hall_refused(hall, "actor leading.head may not report meeting.called: only 纳税小组");
    hall_must(hall, DAY, "meeting.called", "M-1", "leading.head",
              "{\"title\":\"联席\",\"bodies\":[\"leading\",\"group-01\"]}");
    hall_must(hall, DAY, "meeting.cancelled", "M-1", "group-01.head", "{\"reason\":\"撤\"}");
    hall_close(hall);
}

static void test_actors_required(void **context)
{
    (void)context;
    struct hall *hall = hall_open_changed("actors: named", "actors: required");
    (void)hall_report(hall, DAY, "meeting.called", "M-1", NULL, GROUP);
    hall_refused(hall, "the report must name its actor");
    hall_must(hall, DAY, "meeting.called", "M-1", "group-01.head", GROUP);
    hall_close(hall);
}

/* ---- topics ---- */

static void test_topics_are_examined(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.called", "M-1", NULL, LEADING);
    hall_must(hall, DAY, "topic.submitted", "M-1", NULL, TOPIC);
    const struct event *recorded = hall_find(hall, "topic.recorded", "M-1", 0);
    hall_is(recorded, FIELD_STATE, "submitted");
    hall_is(recorded, FIELD_CLAUSE, "三（二）");
    hall_must(hall, DAY, "topic.returned", "M-1", "office.head", RETURN);
    const struct event *examined = hall_find(hall, "topic.examined", "M-1", 0);
    hall_is(examined, FIELD_STATE, "returned");
    hall_is(examined, FIELD_REASON, "材料不全");
    hall_is(examined, FIELD_TITLE, "议题一");
    hall_is(examined, FIELD_ISSUE, "W-1");
    (void)hall_report(hall, DAY, "topic.submitted", "M-1", NULL,
                      "{\"topic\":\"T-2\",\"title\":\"y\",\"kind\":\"discuss\"}");
    hall_refused(hall, "decide, hear or coordinate, not discuss");
    (void)hall_report(hall, DAY, "topic.submitted", "M-1", NULL,
                      "{\"topic\":\"T-2\",\"title\":\"y\",\"unit\":\"市财政居\"}");
    hall_refused(hall, "unknown unit 市财政居; nearest known: 市财政局");
    hall_close(hall);
}

static void test_nobody_examines(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.called", "M-1", NULL, GROUP);
    hall_must(hall, DAY, "topic.submitted", "M-1", NULL, TOPIC);
    hall_is(hall_find(hall, "topic.recorded", "M-1", 0), FIELD_STATE, "accepted");
    (void)hall_report(hall, DAY, "topic.returned", "M-1", NULL, RETURN);
    hall_refused(hall, "nobody examines the topics of this meeting");
    hall_close(hall);
}

/* ---- minutes ---- */

/* S0-10, S0-18: each thing that is owed, by itself. */
static void test_minutes_owed(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    bring_to(hall, MEETING_HELD);
    (void)hall_report(hall, DAY, "minutes.issued", "M-1", NULL,
                      "{\"items\":[{\"title\":\"一\",\"unit\":\"市税务局\",\"by\":\"2020-03-31\"},"
                      "{\"title\":\"二\",\"by\":\"2020-03-31\",\"topic\":\"T-1\"},"
                      "{\"title\":\"三\",\"unit\":\"市税务居\",\"topic\":\"T-1\"},"
                      "{\"unit\":\"市税务局\",\"by\":\"2020-02-02\",\"topic\":\"T-9\"}]}");
    hall_refused(hall, "the minutes of M-1 cannot go on file: 7 things are owed");
    assert_string_equal(hall_owed(hall),
                        "item 2: unit | item 3: unknown unit 市税务居; nearest known: 市税务局 | "
                        "item 3: by (the day) | item 4: title or opinion | "
                        "item 4: by 2020-02-02 lies before 2020-02-03 | "
                        "item 1: the topic that it resolves | item 4: topic T-9 was never accepted (absent)");
    const struct event *refusal = house_refusal(hall->house, hall->seq);
    hall_is(refusal, FIELD_CLAUSE, "五（二）");
    const struct doc *last = doc_doc_at(refusal->data, FIELD_OWED, 6);
    assert_true(text_is(doc_text(last, FIELD_CLAUSE), "三（二）"));
    assert_true(text_is(doc_text(last, FIELD_WHO), "office"));
    hall_close(hall);
}

/* A returned topic was not accepted, and the day of the meeting itself is no past day. */
static void test_minutes_on_returned_topic(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.called", "M-1", NULL, LEADING);
    hall_must(hall, DAY, "topic.submitted", "M-1", NULL, TOPIC);
    hall_must(hall, DAY, "topic.accepted", "M-1", NULL, TOPIC_ID);
    hall_must(hall, DAY, "topic.returned", "M-1", NULL, RETURN);
    hall_must(hall, DAY, "meeting.held", "M-1", NULL, NULL);
    (void)hall_report(
        hall, DAY, "minutes.issued", "M-1", NULL,
        "{\"items\":[{\"title\":\"一\",\"unit\":\"市税务局\",\"by\":\"2020-02-03\",\"topic\":\"T-1\"}]}");
    assert_string_equal((hall_refused(hall, "1 thing is owed"), hall_owed(hall)),
                        "item 1: topic T-1 was never accepted (returned)");
    hall_close(hall);
}

static void test_minutes_recorded(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    bring_to(hall, MEETING_HELD);
    hall_must(
        hall, DAY, "minutes.issued", "M-1", NULL,
        "{\"title\":\"纪要一号\",\"text\":\"全文\",\"items\":["
        "{\"title\":\"一\",\"unit\":\"财政局\",\"by\":\"2020-02-03\",\"topic\":\"T-1\",\"opinion\":\"同意\"},"
        "{\"title\":\"二\",\"units\":[\"各相关单位\",\"市公安局\"],\"by\":\"2020-04-30\",\"topic\":\"T-1\","
        "\"issue\":\"W-2\"}]}");
    const struct event *minutes = hall_find(hall, "minutes.recorded", "M-1", 0);
    hall_is(minutes, FIELD_MINUTES, "M-1/minutes");
    hall_is(minutes, FIELD_TITLE, "纪要一号");
    hall_is(minutes, FIELD_TEXT, "全文");
    hall_lists(minutes, FIELD_BODIES, "leading");
    assert_int_equal(doc_int(minutes->data, FIELD_VERSION, 0), 1);
    const struct doc *one = doc_doc_at(minutes->data, FIELD_ITEMS, 0),
                     *two = doc_doc_at(minutes->data, FIELD_ITEMS, 1);
    assert_true(text_is(doc_text(one, FIELD_UNIT), "市财政局"));
    assert_int_equal(doc_count(one, FIELD_UNITS), 0);
    assert_true(text_is(doc_text(one, FIELD_ISSUE), "W-1")); /* the topic's */
    assert_true(text_is(doc_text(two, FIELD_UNIT), "各相关单位"));
    assert_int_equal(doc_count(two, FIELD_UNITS), 3);
    assert_true(text_is(doc_text(two, FIELD_ISSUE), "W-2"));
    hall_must(hall, DAY, "minutes.issued", "M-1", NULL, RESOLVED);
    minutes = hall_find(hall, "minutes.recorded", "M-1", 1);
    assert_int_equal(doc_int(minutes->data, FIELD_VERSION, 0), 2);
    hall_is(minutes, FIELD_TITLE, "全体会议");
    hall_close(hall);
}

/* S0-18: each item becomes one that is supervised, known by its title: written, or taken from its opinion. */
static void test_minutes_titles_differ(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.held", "M-1", NULL, GROUP);
    (void)hall_report(hall, DAY, "minutes.issued", "M-1", NULL,
                      "{\"items\":[{\"title\":\"抓好 ABC\",\"unit\":\"市税务局\"},"
                      "{\"title\":\"抓好ａｂｃ\",\"unit\":\"市财政局\"},"
                      "{\"opinion\":\"抓好ABC\\n其二\",\"unit\":\"市公安局\"}]}");
    hall_refused(hall, "3 things are owed");
    assert_string_equal(hall_owed(hall), "item 2: a title of its own, not that of item 1 | "
                                         "item 3: a title of its own, not that of item 1 | "
                                         "item 3: a title of its own, not that of item 2");
    hall_must(hall, DAY, "minutes.issued", "M-1", NULL,
              "{\"items\":[{\"opinion\":\"抓好落实\",\"unit\":\"市税务局\"},"
              "{\"opinion\":\"抓好落实二\",\"unit\":\"市财政局\"}]}");
    hall_close(hall);
}

/* S0-18: minutes are owed within the charter's limit; two days later than that they go on file all the same.
 */
static void test_minutes_deadline(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.held", "M-1", NULL, GROUP);
    hall_must(hall, DAY, "meeting.held", "M-2", NULL, "{\"title\":\"例会\",\"bodies\":[\"group-02\"]}");
    const struct event *set = hall_find(hall, "deadline.set", "M-1", 0);
    hall_is(set, FIELD_LABEL, "minutes");
    hall_is(set, FIELD_LIMIT, "5wd");
    hall_is(set, FIELD_WHO, "group-01");
    hall_is(set, FIELD_TITLE, "例会");
    hall_must(hall, "2020-02-10T23:59:59+08:00", "minutes.issued", "M-2", NULL, MINUTES);
    hall_must(hall, "2020-02-12", "minutes.issued", "M-1", NULL, MINUTES);
    const struct event *missed = hall_find(hall, "deadline.missed", "M-1", 0);
    hall_is(missed, FIELD_DUE, "2020-02-10T23:59:59.999999+08:00");
    hall_is(missed, FIELD_BODY, "group-01");
    hall_lists(missed, FIELD_POSTS, "group-01.head");
    assert_int_equal(hall_count(hall, "deadline.missed", "M-2"), 0);
    assert_int_equal(hall_count(hall, "minutes.recorded", NULL), 2);
    hall_close(hall);
}

/* S0-1: one sitting of two bodies; what one of them demands holds for both. */
static void test_joint_minutes(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.called", "M-1", NULL,
              "{\"title\":\"联席\",\"bodies\":[\"group-01\",\"leading\"]}");
    hall_must(hall, DAY, "topic.submitted", "M-1", NULL, TOPIC);
    hall_is(hall_find(hall, "topic.recorded", "M-1", 0), FIELD_STATE, "submitted");
    hall_must(hall, DAY, "meeting.held", "M-1", NULL, NULL);
    (void)hall_report(hall, DAY, "minutes.issued", "M-1", NULL, RESOLVED);
    hall_refused(hall, "1 thing is owed");
    hall_close(hall);
}

/* A meeting stays under the version under which it was called, also when that body is gone. */
static void test_meeting_outlives_its_version(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.called", "M-1", NULL, LEADING);
    hall_adopt(hall, "2020-02-04T09:00:00+08:00", "agenda: {is: office, clause: 三（二）}, ", "");
    hall_must(hall, "2020-02-05", "topic.submitted", "M-1", NULL, TOPIC);
    hall_is(hall_find(hall, "topic.recorded", "M-1", 0), FIELD_STATE, "submitted");
    hall_must(hall, "2020-02-05", "meeting.called", "M-2", NULL, LEADING);
    hall_must(hall, "2020-02-05", "topic.submitted", "M-2", NULL, TOPIC);
    hall_is(hall_find(hall, "topic.recorded", "M-2", 0), FIELD_STATE, "accepted");
    hall_close(hall);
}

/* Where nobody examines topics, an item that names one names one of this meeting's. */
static void test_unknown_topic_where_nobody_examines(void **context)
{
    (void)context;
    struct hall *hall = hall_open();
    hall_must(hall, DAY, "meeting.held", "M-1", NULL, GROUP);
    (void)hall_report(hall, DAY, "minutes.issued", "M-1", NULL, RESOLVED);
    assert_string_equal((hall_refused(hall, "cannot go on file"), hall_owed(hall)),
                        "item 1: the meeting has no topic T-1");
    assert_int_equal(hall_count(hall, "minutes.recorded", "M-1"), 0);
    hall_close(hall);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_meeting_cell),
        cmocka_unit_test(test_table_is_complete),
        cmocka_unit_test(test_every_topic_cell),
        cmocka_unit_test(test_called_moved_held),
        cmocka_unit_test(test_refused_calls),
        cmocka_unit_test(test_ad_hoc),
        cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_nobody_takes_a_meeting_over),
        cmocka_unit_test(test_actors_required),
        cmocka_unit_test(test_topics_are_examined),
        cmocka_unit_test(test_nobody_examines),
        cmocka_unit_test(test_minutes_owed),
        cmocka_unit_test(test_minutes_on_returned_topic),
        cmocka_unit_test(test_minutes_recorded),
        cmocka_unit_test(test_minutes_titles_differ),
        cmocka_unit_test(test_minutes_deadline),
        cmocka_unit_test(test_joint_minutes),
        cmocka_unit_test(test_meeting_outlives_its_version),
        cmocka_unit_test(test_unknown_topic_where_nobody_examines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
