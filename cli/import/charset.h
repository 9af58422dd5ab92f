/* charset.h - which encoding a text that is not UTF-8 is likely in. */
#ifndef CLI_IMPORT_CHARSET_H
#define CLI_IMPORT_CHARSET_H

#include "base/text.h"

/* As iconv(1) names it: UTF-16 if it begins with that mark, GB18030 if all of it decodes so; else NULL. */
const char *charset_likely(struct text content);

#endif
