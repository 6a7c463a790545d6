#define _GNU_SOURCE
#include "cshim.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

int millrace_epoll_create(void) { return result(epoll_create1(EPOLL_CLOEXEC)); }

int millrace_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return result(epoll_ctl(epoll, operation, descriptor, &event));
}

static int wait_in_milliseconds(int epoll, struct epoll_event *events, int capacity, int64_t nanoseconds) {
    int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
    if (milliseconds > 86400000) milliseconds = 86400000;
    return epoll_wait(epoll, events, capacity, (int)milliseconds);
}

int millrace_epoll_wait(int epoll, millrace_event *out, int capacity, int64_t nanoseconds) {
    // Kernels before 5.11 have milliseconds only; found out once.
    static int finest = 1;
    struct epoll_event events[256];
    if (capacity > 256) capacity = 256;
    int count;
    if (nanoseconds <= 0 || !__atomic_load_n(&finest, __ATOMIC_RELAXED)) {
        count = wait_in_milliseconds(epoll, events, capacity, nanoseconds);
    } else {
        struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
        count = epoll_pwait2(epoll, events, capacity, &timeout, NULL);
        if (count < 0 && errno == ENOSYS) {
            __atomic_store_n(&finest, 0, __ATOMIC_RELAXED);
            count = wait_in_milliseconds(epoll, events, capacity, nanoseconds);
        }
    }
    for (int i = 0; i < count; i++) {
        out[i].token = events[i].data.u64;
        out[i].events = events[i].events;
    }
    return result(count);
}

int millrace_eventfd(void) { return result(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

int millrace_accept(int listener, struct sockaddr_storage *peer) {
    socklen_t length = sizeof *peer;
    return result(accept4(listener, (struct sockaddr *)peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int64_t millrace_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int millrace_signalfd(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (error != 0) return -error;
    return result(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

int millrace_signalfd_read(int descriptor) {
    struct signalfd_siginfo info;
    ssize_t count = read(descriptor, &info, sizeof info);
    if (count == (ssize_t)sizeof info) return (int)info.ssi_signo;
    return count < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
}

int millrace_pidfd_open(int pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }

int millrace_pidfd_send_signal(int pidfd, int signal) {
    return result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int millrace_sync_filesystem(int descriptor) { return result(syncfs(descriptor)); }

int millrace_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest) {
    return -posix_spawn_file_actions_addclosefrom_np(actions, lowest);
}

int millrace_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path) {
    return -posix_spawn_file_actions_addchdir_np(actions, path);
}

int millrace_spawn_own_group(posix_spawnattr_t *attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setpgroup(attributes, 0);
    if (error == 0) error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
    short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (error == 0) error = posix_spawnattr_setflags(attributes, flags);
    return -error;
}

int millrace_become_subreaper(void) { return result(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }

int millrace_name_thread(const char *name) { return -pthread_setname_np(pthread_self(), name); }

void millrace_tune_malloc(void) {
    mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
}

int millrace_pipe(int ends[2]) { return result(pipe2(ends, O_NONBLOCK | O_CLOEXEC)); }
