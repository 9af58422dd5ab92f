/* scan.h - the bounded msgpack scanner that every byte from outside passes before msgpack-c sees it.
 * Iterative; allocates nothing. */
#ifndef PROTO_SCAN_H
#define PROTO_SCAN_H

#include "base/error.h"
#include "base/text.h"

enum { SCAN_E_TRUNCATED = 1, SCAN_E_TRAILING, SCAN_E_NESTING, SCAN_E_ELEMENTS, SCAN_E_RESERVED };

struct scan_limits {
    unsigned nesting_max;
    unsigned elements_max;
};
/* Checks that b is exactly one msgpack object within the limits. */
int scan_message(struct bytes b, const struct scan_limits *limits) MUST_CHECK;
const char *scan_error_text(int code);

#endif
