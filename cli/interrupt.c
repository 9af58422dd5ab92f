/* interrupt.c - see interrupt.h. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t interrupt_number;

static void interrupt_note(int number)
{
    interrupt_number = number;
}

static void interrupt_handle(void (*handler)(int number))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = (int)SA_RESETHAND};
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

void interrupt_begin(void)
{
    interrupt_handle(interrupt_note);
}

void interrupt_end(void)
{
    interrupt_handle(SIG_DFL);
}

bool interrupt_seen(void)
{
    return interrupt_number != 0;
}
