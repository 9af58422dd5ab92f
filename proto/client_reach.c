/* client_reach.c - says at once why an ipc endpoint cannot be reached: ZeroMQ would try for ever and not say.
 *
 * A look beforehand proves nothing about a moment later, so nothing but texts and patience depends on it.
 */
#include "proto/client_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { REACH_NAME_BYTES = 64 };

static void reach_user(uid_t uid, char out[REACH_NAME_BYTES])
{
    const struct passwd *user = getpwuid(uid);
    if (user != NULL)
        (void)snprintf(out, REACH_NAME_BYTES, "%.63s", user->pw_name);
    else
        (void)snprintf(out, REACH_NAME_BYTES, "%u", (unsigned)uid);
}

static void reach_group(gid_t gid, char out[REACH_NAME_BYTES])
{
    const struct group *group = getgrgid(gid);
    if (group != NULL)
        (void)snprintf(out, REACH_NAME_BYTES, "%.63s", group->gr_name);
    else
        (void)snprintf(out, REACH_NAME_BYTES, "%u", (unsigned)gid);
}

/* The first directory of the path that is closed to this user, or the socket itself. */
static void reach_closed(const char *path, char out[CLIENT_ENDPOINT_BYTES])
{
    (void)snprintf(out, CLIENT_ENDPOINT_BYTES, "%s", path);
    for (char *slash = strchr(out + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (faccessat(AT_FDCWD, out, X_OK, AT_EACCESS) != 0)
            return;
        *slash = '/';
    }
}

static void reach_denied(const char *path, char *text_out, size_t room)
{
    char closed[CLIENT_ENDPOINT_BYTES], user[REACH_NAME_BYTES], owner[REACH_NAME_BYTES],
        group[REACH_NAME_BYTES];
    struct stat status;
    reach_user(geteuid(), user);
    reach_closed(path, closed);
    if (stat(closed, &status) != 0) {
        (void)snprintf(text_out, room, "permission denied: user %s may not use %s", user, path);
        return;
    }
    reach_user(status.st_uid, owner);
    reach_group(status.st_gid, group);
    (void)snprintf(text_out, room,
                   "permission denied: %s is for user %s and group %s (mode %04o), and this is user %s",
                   closed, owner, group, (unsigned)status.st_mode & 07777, user);
}

static int reach_connect(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int code = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 ? errno : 0;
    if (fd >= 0)
        (void)close(fd);
    return code;
}

bool client_reach(const struct duban *client, char *text_out, size_t room)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = client->endpoint + (sizeof("ipc://") - 1);
    size_t bytes = strlen(client->endpoint);
    if (!client_is_local(client) || path[0] == '@' || bytes >= sizeof(address.sun_path))
        return true;
    memcpy(address.sun_path, path, strlen(path));
    switch (reach_connect(&address)) {
    case ENOENT:
        (void)snprintf(text_out, room, "no such socket: no broker has been started there");
        return false;
    case ECONNREFUSED:
        (void)snprintf(text_out, room, "connection refused: a broker was there, but none is running now");
        return false;
    case EACCES:
        reach_denied(path, text_out, room);
        return false;
    default:
        return true; /* it is there, or ZeroMQ shall tell */
    }
}
