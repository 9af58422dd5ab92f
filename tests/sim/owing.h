/* owing.h - what a refusal says is owed, understood as a person who reads it does: by its first words. */
#ifndef TESTS_SIM_OWING_H
#define TESTS_SIM_OWING_H

#include "config/charter.h"

enum { OWING_TASK = NEED_DELIBERATION + 1, OWING_UNKNOWN };

/* A need_kind, OWING_TASK (a task that is not done yet), or OWING_UNKNOWN. */
int owing_kind(struct text need);
/* "opinion of X": X must be asked first. */
bool owing_not_asked(struct text need);

#endif
