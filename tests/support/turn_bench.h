/* turn_bench.h - a house without walls: real worker cores and role tables, an array for a journal, a clock
 * that stands still.
 *
 * For the unit tests of roles. A report goes in with a receive time; everything that follows from it (each
 * role's outcomes, fed back in journal order, and the clock's strikes before that time) is done when the call
 * returns. No broker, no socket, no thread.
 *
 *     const char *const roles[] = {"coordination", "deadlines", NULL};
 *     struct house *house = house_open(roles);
 *     house_adopt_calendar(house, "config/calendars/cn.yaml", "2020-01-20");
 *     house_adopt_charter(house, "config/charters/shenzhen-2020.yaml");
 *     house_publish(house, "2020-02-03T10:00:00+08:00", "issue.raised", "WT-1", "shenzhen-2020", "专班",
 * "{\"title\":\"…\"}"); assert_non_null(house_find(house, "issue.opened", "WT-1", 0));
 *     house_check_rebuild(house);
 *     house_close(house);
 *
 * A wrong call (an event that the door would refuse, a clock that turns back) stops the test program with the
 * reason. Roles come from roles_all; a test program may link an own `roles_all` that lists only what it
 * needs.
 */
#ifndef TESTS_SUPPORT_TURN_BENCH_H
#define TESTS_SUPPORT_TURN_BENCH_H

#include "workers/runtime/worker.h"

struct house;

/* Roles by name, ended by NULL. Time begins at 2000-01-01T00:00:00+08:00. */
struct house *house_open(const char *const roles[]);
/* The same from role values, for tests that bring their own. */
struct house *house_open_roles(const struct role *const roles[]);
void house_close(struct house *house);

/* Publishes a report (or any event: outcomes of roles that are not in the house may be put in by hand)
 * received at that RFC 3339 time, which must not lie before the last one; NULL: now. Before that all strikes
 * that are due by then are made. subject, charter, actor may be NULL; json_data NULL: no fields. Returns its
 * sequence number after everything has come to rest. */
uint64_t house_publish(struct house *house, const char *received, const char *type, const char *subject,
                       const char *charter, const char *actor, const char *json_data);
/* As house_publish, by another publisher than "test": "worker/tasks" for an outcome put in by hand, "duband".
 */
uint64_t house_publish_as(struct house *house, const char *publisher, const char *received, const char *type,
                          const char *subject, const char *charter, const char *actor, const char *json_data);
/* The same report, journalled without anybody reading it yet: workers are slow. house_settle lets them catch
 * up. */
uint64_t house_post(struct house *house, const char *received, const char *type, const char *subject,
                    const char *charter, const char *actor, const char *json_data);
void house_settle(struct house *house);
/* Journals bytes as they are, as a broker of another version might. */
uint64_t house_post_bytes(struct house *house, const char *publisher, struct bytes body);
/* Lets time pass: every wake time before `time` strikes, in order, each to rest. */
void house_advance(struct house *house, const char *time);
/* Strikes nothing and moves nothing: how far each role's clock may be behind is the test's business. */
int64_t house_now_us(const struct house *house);

/* charter.adopted / calendar.published and calendar.amended (the notices published by known_date,
 * "YYYY-MM-DD" or NULL: all), now. */
void house_adopt_charter(struct house *house, const char *file);
void house_adopt_charter_text(struct house *house, const char *name, const char *text);
/* Coordination's word, by hand, that the charter of that adoption holds: the next version of it. The calls
 * above give it themselves where the house has no coordination. */
void house_enact_charter(struct house *house, const char *name, uint64_t adopted);
void house_adopt_calendar(struct house *house, const char *file, const char *known_date);
/* The notices of that calendar file published after one date and by another (NULL: no bound), received at
 * `received`. */
void house_amend_calendar(struct house *house, const char *file, const char *after_date, const char *by_date,
                          const char *received);

/* The journal, decoded; entry i has seq i + 1. Events live as long as the house. An entry that is no event
 * has type NULL. */
const struct event *house_entries(const struct house *house, size_t *count_out);
/* The nth (from 0) event of that type (exact, "issue.escalated.group"), and subject unless NULL; NULL if
 * there is none. */
const struct event *house_find(const struct house *house, const char *type, const char *subject, size_t nth);
size_t house_count(const struct house *house, const char *type, const char *subject);
/* The nth outcome with that cause and type (type NULL: any). */
const struct event *house_outcome(const struct house *house, uint64_t cause, const char *type, size_t nth);
/* The refusal of that report, or NULL. */
const struct event *house_refusal(const struct house *house, uint64_t cause);
/* A line of JSON an entry, to standard error: for a failing test's author. */
void house_dump(const struct house *house);

/* Asks a role; rows and texts live as long as the house. */
struct query_answer house_query(struct house *house, const char *role, const char *what,
                                const char *json_args);
struct worker *house_worker(struct house *house, const char *role);
const char *house_out_directory(const struct house *house);
/* kill -9 and a new start: the worker is closed uncleanly, opened again and finds its place. */
void house_crash(struct house *house, const char *role);
/* From here on that role's deliveries are the test's to carry outside (worker_deliveries), by that policy;
 * else the role writes them down. */
void house_carry(struct house *house, const char *role, const struct delivery_policy *policy);
/* Deletes a role's state; it is rebuilt from the journal. */
void house_forget(struct house *house, const char *role);
/* Rebuilds every role from the journal beside the live one and compares the digests; stops the test where
 * they differ. */
void house_check_rebuild(struct house *house);

#endif
