/* path.h - where in a document something is wrong: "data.items[2].unit". Made only when there is something to
 * say. */
#ifndef PROTO_PATH_H
#define PROTO_PATH_H

#include "base/error.h"
#include "base/text.h"

enum { PATH_NO_INDEX = -1 };

/* One step; `up` leads to the enclosing one. The outermost step's name is the prefix ("data.") and is printed
 * as it is. */
struct path {
    const struct path *up;
    struct text name;
    long index; /* PATH_NO_INDEX, or the item's */
};
/* Fills a complaint about that place. */
void path_complain(const struct path *path, struct complaint *complaint, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
