/* shell.h - a worker as a process: the core of worker.h between a socket, a clock for its timeouts, and the
 * service manager.
 *
 *      AWAY ──connect──► GREETING ──WELCOME──► COLLECTING ──through the head──► LIVE
 *        ▲                  │                      │                             │
 *        └──── back-off ◄───┴── no WELCOME, no sign of life, an ERROR ◄──────────┘
 *
 * Whatever is lost on the way is sent again: outcomes until they are accepted, subscriptions from the cursor
 * on.
 */
#ifndef WORKERS_RUNTIME_SHELL_H
#define WORKERS_RUNTIME_SHELL_H

#include "workers/courier/courier.h"

/* Exit codes of duban-worker, as documented in duban-worker(8). */
enum shell_exit {
    SHELL_EXIT_DONE = 0,
    SHELL_EXIT_FAILED = 1,  /* disk, memory, damaged state, an outcome that the broker refuses */
    SHELL_EXIT_USAGE = 2,   /* command line or configuration */
    SHELL_EXIT_FENCED = 3,  /* a newer instance of this role is at work */
    SHELL_EXIT_JOURNAL = 4, /* the state belongs to another journal, or another process has it */
    SHELL_EXIT_FULL = 5,    /* the state has reached its bound */
    SHELL_EXIT_DAMAGED = 6  /* the broker cannot read an entry that this role is to take in */
};

struct shell_options {
    struct worker_options worker;
    const char *endpoint;    /* the broker's workers' door */
    struct courier *courier; /* carries what goes outside; NULL: nothing does, and it is written to files */
};
/* Runs until SIGTERM or a reason to stop; returns the exit code. Call loop_process_prepare first. */
int shell_run(const struct shell_options *options);

#endif
