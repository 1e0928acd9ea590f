/* Delays or fails fsync and fdatasync while a file exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static int is_set(const char *variable) {
    const char *path = getenv(variable);
    return path && access(path, F_OK) == 0;
}

static int shimmed(const char *name, int fd) {
    if (is_set("SYNC_FAIL")) {
        errno = EIO;
        return -1;
    }
    if (is_set("SYNC_DELAY"))
        usleep(150000);
    return ((int (*)(int))dlsym(RTLD_NEXT, name))(fd);
}

int fsync(int fd) { return shimmed("fsync", fd); }
int fdatasync(int fd) { return shimmed("fdatasync", fd); }
