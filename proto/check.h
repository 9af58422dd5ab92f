/* check.h - what texts must look like wherever they stand: in data, in the envelope, in a message. */
#ifndef PROTO_CHECK_H
#define PROTO_CHECK_H

#include "proto/path.h"

enum { CHECK_E_INVALID = 2 };

/* What a text is made of, found in one pass: every text of every event comes by here, so it must be quick. */
enum check_class {
    CHECK_CLASS_LINE,    /* UTF-8 without control characters */
    CHECK_CLASS_PROSE,   /* UTF-8; line feed and tab are the only control characters */
    CHECK_CLASS_CONTROL, /* UTF-8 with other control characters */
    CHECK_CLASS_BROKEN   /* no UTF-8 */
};
enum check_class check_text_class(struct text t);
/* One line of UTF-8 without control characters or blanks at the ends, low..high bytes. */
int check_line(const struct path *path, struct text t, int64_t low, int64_t high,
               struct complaint *complaint) MUST_CHECK;

#endif
