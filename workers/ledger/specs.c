/* specs.c - each kind of row: what lists it, by what it is filtered and therefore indexed, what a list shows.
 */
#include "workers/ledger/rows.h"

#define END FIELD_COUNT_OF_ALL
#define BY(field)                                                                                            \
    {                                                                                                        \
        FIELD_##field, FIELD_##field                                                                         \
    }
#define BY_OF(arg, of)                                                                                       \
    {                                                                                                        \
        FIELD_##arg, FIELD_##of                                                                              \
    }
#define FILTERS(...)                                                                                         \
    {                                                                                                        \
        __VA_ARGS__,                                                                                         \
        {                                                                                                    \
            END, END                                                                                         \
        }                                                                                                    \
    }
#define NO_FILTERS                                                                                           \
    {                                                                                                        \
        {                                                                                                    \
            END, END                                                                                         \
        }                                                                                                    \
    }

const struct row_spec row_specs[ROW_KINDS] = {
    [ROW_ISSUE] = {"issues",
                   FIELD_ID,
                   END,
                   FILTERS(BY(CHARTER), BY(STATE), BY(LEVEL), BY(AREA), BY_OF(UNIT, UNITS), BY(CLASS),
                           BY(TAGS), BY(GROUP), BY(OVERDUE), BY(BODY)),
                   {FIELD_ID,       FIELD_TITLE,   FIELD_CHARTER,       FIELD_AREA,    FIELD_CLASS,
                    FIELD_STATE,    FIELD_LEVEL,   FIELD_BODY,          FIELD_RAISED,  FIELD_DUE,
                    FIELD_MISSED,   FIELD_SETTLED, FIELD_CLOSED,        FIELD_HOW,     FIELD_ROUND,
                    FIELD_TARGET,   FIELD_OVERDUE, FIELD_OVERDUE_SINCE, FIELD_GROUP,   FIELD_RETURNS,
                    FIELD_REOPENED, FIELD_TAGS,    FIELD_UNITS,         FIELD_VERSION, END}},
    [ROW_TASK] = {"tasks",
                  FIELD_ID,
                  END,
                  FILTERS(BY(CHARTER), BY(UNIT), BY(STATE), BY(ISSUE)),
                  {FIELD_ID, FIELD_TITLE, FIELD_CHARTER, FIELD_UNIT, FIELD_ISSUE, FIELD_BY, FIELD_STATE,
                   FIELD_PERCENT, FIELD_DUE, FIELD_MISSED, FIELD_CLOSED, END}},
    [ROW_DEADLINE] = {"deadlines",
                      FIELD_DEADLINE,
                      FIELD_DUE,
                      FILTERS(BY(CHARTER), BY(STATE), BY(OWNER), BY(SUBJECT), BY(LABEL), BY(WHO)),
                      {FIELD_DEADLINE, FIELD_SUBJECT, FIELD_CHARTER, FIELD_LABEL, FIELD_OWNER, FIELD_WHO,
                       FIELD_DUE, FIELD_STATE, FIELD_RUNG, FIELD_REMINDED, FIELD_PROVISIONAL, FIELD_BORN_LATE,
                       FIELD_AT, FIELD_LIMIT, END}},
    [ROW_DUTY] = {"duties",
                  FIELD_ID,
                  FIELD_BY,
                  FILTERS(BY(CHARTER), BY(KIND), BY(BODY), BY(STATE), BY(ROUTINE)),
                  {FIELD_ID, FIELD_CHARTER, FIELD_ROUTINE, FIELD_KIND, FIELD_BODY, FIELD_BY, FIELD_STATE,
                   FIELD_TITLE, FIELD_AT, FIELD_ON_TIME, FIELD_SUBJECT, FIELD_RESULT, FIELD_UNITS,
                   FIELD_POSTS, FIELD_REASON, END}},
    [ROW_MEETING] = {"meetings",
                     FIELD_ID,
                     END,
                     FILTERS(BY(CHARTER), BY_OF(BODY, BODIES), BY(STATE)),
                     {FIELD_ID, FIELD_CHARTER, FIELD_BODIES, FIELD_TITLE, FIELD_STATE, FIELD_AT, FIELD_POST,
                      FIELD_ATTENDEES, FIELD_NOTE, FIELD_REASON, FIELD_MINUTES, FIELD_VERSION, FIELD_ITEMS,
                      END}},
    [ROW_TOPIC] = {"topics",
                   FIELD_ID,
                   END,
                   FILTERS(BY(CHARTER), BY(MEETING), BY(STATE), BY(ISSUE), BY(UNIT)),
                   {FIELD_ID, FIELD_CHARTER, FIELD_MEETING, FIELD_TOPIC, FIELD_TITLE, FIELD_STATE, FIELD_KIND,
                    FIELD_ISSUE, FIELD_UNIT, FIELD_NOTE, FIELD_REASON, END}},
    [ROW_FILING] = {"filings",
                    FIELD_ID,
                    FIELD_BY,
                    FILTERS(BY(CHARTER), BY(BODY), BY(ROUTINE)),
                    {FIELD_ID, FIELD_CHARTER, FIELD_ROUTINE, FIELD_BODY, FIELD_BY, FIELD_VERSION, FIELD_TITLE,
                     FIELD_TO, FIELD_ITEMS, FIELD_ADDED, FIELD_CARRIED, FIELD_DROPPED, END}},
    [ROW_ITEM] = {"items",
                  FIELD_ID,
                  END,
                  FILTERS(BY(CHARTER), BY(ORIGIN), BY_OF(UNIT, UNITS), BY(STATE), BY_OF(POST, SUPERVISORS),
                          BY(ISSUE), BY(MEETING), BY(INSPECTION)),
                  {FIELD_ID,          FIELD_CHARTER, FIELD_ORIGIN, FIELD_TITLE,   FIELD_UNITS,
                   FIELD_SUPERVISORS, FIELD_BY,      FIELD_STATE,  FIELD_PERCENT, FIELD_COUNT,
                   FIELD_DUE,         FIELD_MISSED,  FIELD_CITES,  FIELD_ISSUE,   FIELD_MEETING,
                   FIELD_INSPECTION,  FIELD_BODY,    FIELD_CLOSED, FIELD_HOW,     END}},
    [ROW_INSPECTION] = {"inspections",
                        FIELD_ID,
                        END,
                        FILTERS(BY(CHARTER), BY(STATE), BY_OF(UNIT, UNITS), BY(PERIOD), BY(POST)),
                        {FIELD_ID, FIELD_CHARTER, FIELD_TITLE, FIELD_UNITS, FIELD_STATE, FIELD_BY,
                         FIELD_PERIOD, FIELD_POST, FIELD_AT, FIELD_FINDINGS, END}},
    [ROW_FINDING] = {"findings",
                     FIELD_ID,
                     END,
                     FILTERS(BY(CHARTER), BY(UNIT), BY(INSPECTION)),
                     {FIELD_ID, FIELD_CHARTER, FIELD_INSPECTION, FIELD_NUMBER, FIELD_UNIT, FIELD_TITLE,
                      FIELD_REASON, FIELD_BY, END}},
    [ROW_CHECK] = {"checks",
                   FIELD_ID,
                   END,
                   FILTERS(BY(CHARTER), BY(UNIT), BY(PERIOD), BY(KIND)),
                   {FIELD_ID, FIELD_CHARTER, FIELD_KIND, FIELD_UNIT, FIELD_PERIOD, FIELD_VERSION,
                    FIELD_SCORES, FIELD_POST, FIELD_INSPECTION, FIELD_NOTE, END}},
    [ROW_SCORE] = {"scores",
                   FIELD_ID,
                   END,
                   FILTERS(BY(CHARTER), BY(PERIOD), BY(UNIT), BY(POST), BY(STATE)),
                   {FIELD_ID, FIELD_CHARTER, FIELD_PERIOD, FIELD_NUMBER, FIELD_VERSION, FIELD_STATE,
                    FIELD_RANK, FIELD_UNIT, FIELD_POST, FIELD_NAME, FIELD_POINTS, FIELD_NOTE, FIELD_INPUTS,
                    END}},
    [ROW_NOTIFICATION] = {"notifications",
                          FIELD_ID,
                          FIELD_SEQ,
                          FILTERS(BY(CHARTER), BY(STATE), BY(POST), BY(CHANNEL), BY(SUBJECT)),
                          {FIELD_ID, FIELD_CHARTER, FIELD_SEQ, FIELD_POST, FIELD_PERSON, FIELD_CHANNEL,
                           FIELD_EVENT, FIELD_SUBJECT, FIELD_STATE, FIELD_HOW, FIELD_ATTEMPTS, FIELD_COUNT,
                           FIELD_REASON, FIELD_AT, END}},
    [ROW_CHARTER] = {"charters",
                     FIELD_ID,
                     END,
                     FILTERS(BY(NAME), BY(STATE)),
                     {FIELD_NAME, FIELD_VERSION, FIELD_STATE, FIELD_TITLE, FIELD_FILE, FIELD_DIGEST,
                      FIELD_EFFECTIVE, FIELD_TRANSITION, FIELD_RECEIVED, FIELD_AT, FIELD_SEQ, END}},
    [ROW_BULLETIN] = {"bulletins",
                      FIELD_BULLETIN,
                      END,
                      FILTERS(BY(CHARTER), BY(STATE), BY(PERIOD)),
                      {FIELD_BULLETIN, FIELD_NUMBER, FIELD_PERIOD, FIELD_CHARTER, FIELD_TITLE, FIELD_STATE,
                       FIELD_AUDIENCE, FIELD_SEQ, FIELD_DIGEST, FIELD_FROM_SEQ, FIELD_THROUGH_SEQ, END}},
    [ROW_RULES] = {NULL, FIELD_NAME, END, NO_FILTERS, {END}},
    [ROW_HOLDER] = {NULL, FIELD_ID, END, NO_FILTERS, {END}},
};
