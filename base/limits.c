/* limits.c - the table of limits as rows, for those who print it. */
#include "base/limits.h"

#define LIMIT(symbol, value, unit, reason) {#symbol, value, unit, reason},
const struct limit_row limits_table[] = {LIMITS(LIMIT)};
#undef LIMIT
const unsigned limits_count = sizeof(limits_table) / sizeof(limits_table[0]);
