#define _GNU_SOURCE
#include "millrace_process.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The child runs in our memory until it executes, so it may only make system calls and write to `failure`.
typedef struct {
    volatile int step;
    volatile int error;
} failure;

static void fail(failure *failure, int step) {
    failure->step = step;
    failure->error = errno;
    _exit(127);
}

static int close_all_from(int lowest) {
    if (syscall(SYS_close_range, lowest, ~0U, 0) == 0) return 0;
    // Kernels before 5.9. Descriptors are close-on-exec anyway; this is the second line.
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -1;
    for (rlim_t descriptor = lowest; descriptor < limit.rlim_cur; descriptor++) close((int)descriptor);
    return 0;
}

// What children get back; our own limit is raised. Zero while it is not.
static struct rlimit descriptors_before;

int millrace_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    if (limit.rlim_cur == limit.rlim_max) return 0;
    struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) return -errno;
    descriptors_before = limit;
    return 0;
}

static void run_child(const millrace_child *child, failure *failure, pid_t parent) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    // What we ignore would stay ignored in the child; what we handle must not run in it.
    for (int signal = 1; signal < 65; signal++) sigaction(signal, &standard, NULL);
    if (setpgid(0, 0) != 0) fail(failure, MILLRACE_CHILD_SETUP);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) fail(failure, MILLRACE_CHILD_SETUP);
    // We may have died between the fork and the line above.
    if (getppid() != parent) _exit(127);
    for (int target = 0; target < 3; target++) {
        int source = child->descriptors[target];
        // The caller's descriptors are all above 2, so no dup2 overwrites a later one's source.
        if (dup2(source, target) < 0) fail(failure, MILLRACE_CHILD_SETUP);
    }
    if (close_all_from(3) != 0) fail(failure, MILLRACE_CHILD_SETUP);
    if (descriptors_before.rlim_cur != 0 && setrlimit(RLIMIT_NOFILE, &descriptors_before) != 0) {
        fail(failure, MILLRACE_CHILD_SETUP);
    }
    if (chdir(child->directory) != 0) fail(failure, MILLRACE_CHILD_DIRECTORY);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(child->executable, child->arguments, child->environment);
    fail(failure, MILLRACE_CHILD_EXECUTE);
}

int millrace_child_start(const millrace_child *child, int *step) {
    failure failure = {MILLRACE_CHILD_STARTED, 0};
    sigset_t all, before;
    sigfillset(&all);
    for (int i = 0; i < 3; i++) {
        if (child->descriptors[i] < 3) {
            *step = MILLRACE_CHILD_SETUP;
            return -EBADF;
        }
    }
    // No handler of ours may run in the child while it borrows our memory.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = vfork();
    if (pid == 0) run_child(child, &failure, parent);
    int error = pid < 0 ? errno : failure.error;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid > 0 && failure.step == MILLRACE_CHILD_STARTED) return (int)pid;
    *step = pid < 0 ? MILLRACE_CHILD_SETUP : failure.step;
    if (pid > 0) waitpid(pid, NULL, 0);
    return -error;
}

int millrace_child_reap(int pid, int *status, int64_t *memory_kilobytes) {
    struct rusage usage;
    pid_t ended = wait4(pid, status, WNOHANG, &usage);
    if (ended < 0) return -errno;
    if (ended > 0) *memory_kilobytes = usage.ru_maxrss;
    return (int)ended;
}
