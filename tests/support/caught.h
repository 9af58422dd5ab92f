/* caught.h - a whole command line in this process, with what it prints. */
#ifndef TESTS_SUPPORT_CAUGHT_H
#define TESTS_SUPPORT_CAUGHT_H

enum { CAUGHT_BYTES = 1 << 19, CAUGHT_WORDS_MAX = 40 };

struct caught {
    int descriptors[2], kept[2];                 /* of standard output and error */
    char out[CAUGHT_BYTES], error[CAUGHT_BYTES]; /* until the next one */
};
extern struct caught caught;

void catch_begin(void);
void catch_end(void);
/* "dubanctl" and the words of the line; a word has no blanks in it. Returns the exit code. */
int caught_run(const char *line);

#endif
