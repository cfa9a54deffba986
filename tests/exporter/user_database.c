/* A user database that MODE makes hang, fail or return garbage for every user that the files do not know. */
#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

enum nss_status _nss_odd_getpwuid_r(uid_t uid, struct passwd *user, char *buffer, size_t size, int *error) {
#if MODE == 1
    for (;;) pause();
#elif MODE == 2
    *error = EIO;
    return NSS_STATUS_UNAVAIL;
#else
    strncpy(buffer, "\x1b[2J\n\"} 1\nevil{\xff\xfe", size);
    memset(user, 0, sizeof *user);
    user->pw_name = user->pw_passwd = user->pw_gecos = user->pw_dir = user->pw_shell = buffer;
    user->pw_uid = uid;
    return NSS_STATUS_SUCCESS;
#endif
}
