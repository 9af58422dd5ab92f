/* owing.c - see owing.h. */
#include "tests/sim/owing.h"

int owing_kind(struct text need)
{
    static const struct {
        const char *words;
        int kind;
    } rows[] = {{"attempt at ", NEED_ATTEMPT},           {"opinion of ", NEED_OPINIONS},
                {"proposal of ", NEED_PROPOSAL},         {"consent of ", NEED_CONSENT},
                {"checklist part: ", NEED_CHECKLIST},    {"issue list of ", NEED_ISSUELIST},
                {"deliberation of ", NEED_DELIBERATION}, {"task ", OWING_TASK}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (text_starts_with(need, text_from(rows[i].words)))
            return rows[i].kind;
    return OWING_UNKNOWN;
}

bool owing_not_asked(struct text need)
{
    const struct text mark = TEXT("(not asked yet)");
    return need.bytes > mark.bytes &&
           text_equal((struct text){need.at + need.bytes - mark.bytes, mark.bytes}, mark);
}
