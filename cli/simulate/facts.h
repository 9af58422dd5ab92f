/* facts.h - what came of a journal, subject by subject; and how two journals differ in it.
 *
 * Sequence numbers, ids of outcomes and the order between subjects say nothing when the same reports run
 * twice. So a fact is named by what it is about: a deadline by subject and label, a refusal by the report
 * that was refused, a task, duty or bulletin by its own id. What happens again (a second round at the same
 * level) is counted from 1; a deadline that is set anew by the event that clears it goes on. A fact's value
 * is a document; two facts are the same when their values are.
 */
#ifndef CLI_SIMULATE_FACTS_H
#define CLI_SIMULATE_FACTS_H

#include "daemon/journal.h"
#include "proto/event.h"

enum facts_kind {
    FACTS_DEADLINE, /* label; DUE, STATE open, kept, late, missed or reached, WHO */
    FACTS_LEVEL,    /* issue.opened, issue.escalated.*, issue.sent-back, issue.reopened; DAY, TO, BODY */
    FACTS_REFUSAL,  /* the refused report's type; SET: what was owed by whom; or REASON */
    FACTS_CLOSING,  /* issue.settled, issue.closed; HOW, AT */
    FACTS_TASK,     /* UNIT, BY, STATE */
    FACTS_DUTY,     /* STATE open, met, late or missed, BY */
    FACTS_ITEM,     /* a supervised item; STATE, UNITS, BY */
    FACTS_BULLETIN, /* TEXT, without sequence numbers */
    FACTS_SCORE,    /* an evaluation: title; a unit, post or part; POINTS, RANK */
    FACTS_NOTICE,   /* a post; COUNT of notifications */
    FACTS_RANK,     /* a unit, by its deadlines: RANK, SHARE, COUNT (added by facts_add) */
    FACTS_KINDS
};
const char *facts_kind_name(enum facts_kind kind); /* "deadlines" */

struct fact {
    enum facts_kind kind;
    struct text charter, subject, name, id; /* id: of the refused report; else empty */
    unsigned nth;                           /* of those that share all of these, from 1 */
    uint64_t cleared;                       /* of a deadline: the cause for which it was cleared last */
    struct doc *value;
};
struct facts;

/* Everything lives until facts_close; bounded by FACTS_BYTES_MAX, beyond which the program stops. */
struct facts *facts_open(void);
void facts_close(struct facts *facts);
/* The next entry of the journal, in order, from its first one on. */
void facts_see(struct facts *facts, const struct event *event);
/* The same, for world_each(); context is a struct facts. An entry that cannot be decoded ends the program. */
int facts_see_entry(void *context, const struct entry *entry);
/* One that no event tells; value is copied. */
void facts_add(struct facts *facts, enum facts_kind kind, struct text charter, struct text subject,
               struct text name, const struct doc *value);
/* The last one of that name; NULL if there is none. */
const struct fact *facts_last(struct facts *facts, enum facts_kind kind, struct text charter,
                              struct text subject, struct text name);
size_t facts_count(const struct facts *facts, enum facts_kind kind);

/* One of them is NULL where the fact is on the other side only. */
struct difference {
    const struct fact *before, *after;
};
/* All differences, by kind and then by name, in arena; returns how many. Valid until a set grows. */
size_t facts_compare(struct arena *arena, struct facts *before, struct facts *after, struct difference **out);

#endif
