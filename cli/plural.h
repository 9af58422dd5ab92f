/* plural.h - "1 report", "2 reports". */
#ifndef CLI_PLURAL_H
#define CLI_PLURAL_H

/* Behind a number in a sentence: nothing for one, else s. */
#define PLURAL(count) ((count) == 1 ? "" : "s")
/* The verb then: is, was, has for one. */
#define PLURAL_BE(count)   ((count) == 1 ? "is" : "are")
#define PLURAL_WERE(count) ((count) == 1 ? "was" : "were")
#define PLURAL_HAVE(count) ((count) == 1 ? "has" : "have")

#endif
