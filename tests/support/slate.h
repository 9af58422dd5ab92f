/* slate.h - memory of a test: one arena, open from its beginning to its end. */
#ifndef DUBAN_TESTS_SUPPORT_SLATE_H
#define DUBAN_TESTS_SUPPORT_SLATE_H

#include "base/arena.h"

extern struct arena arena;

/* For cmocka: `cmocka_unit_test_setup_teardown(test, slate_open, slate_close)`; libsodium is ready too. */
int slate_open(void **state);
int slate_close(void **state);

void assert_same_bytes(struct bytes a, struct bytes b);

#endif
