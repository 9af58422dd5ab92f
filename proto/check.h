/* check.h - what texts must look like wherever they stand: in data, in the envelope, in a message. */
#ifndef PROTO_CHECK_H
#define PROTO_CHECK_H

#include "proto/path.h"

enum { CHECK_E_INVALID = 2 };
/* One line of UTF-8 without control characters or blanks at the ends, low..high bytes. */
int check_line(const struct path *path, struct text t, int64_t low, int64_t high,
               struct complaint *complaint) MUST_CHECK;

#endif
