/* main.c - dubanctl. */
#include "base/digest.h"
#include "base/log.h"
#include "cli/command.h"

int main(int argc, char **argv)
{
    log_open("dubanctl", LOG_LEVEL_WARNING);
    digest_init();
    return command_main(argc, argv);
}
