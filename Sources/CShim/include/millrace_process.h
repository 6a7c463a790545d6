// Starting a handler process: what posix_spawn cannot do, which is to tie the child's life to ours.
#ifndef MILLRACE_PROCESS_H
#define MILLRACE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

typedef struct {
    /// A path, not a name to look up.
    const char *executable;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /// What the child gets as 0, 1 and 2.
    int descriptors[3];
} millrace_child;

/// Which step a failed start failed in.
enum { MILLRACE_CHILD_STARTED = 0, MILLRACE_CHILD_SETUP = 1, MILLRACE_CHILD_DIRECTORY = 2, MILLRACE_CHILD_EXECUTE = 3 };

/// Starts a child in a process group of its own, with default signals, only descriptors 0 to 2, and SIGKILL for
/// itself when the calling *thread* ends, so that a killed daemon leaves no handler behind.
/// Returns its process id, or the negated errno with `step` saying where.
int millrace_child_start(const millrace_child *child, int *step);

/// Raises our soft limit of open descriptors to the hard one: thousands of parked requests are thousands of sockets.
/// Children get the old limit, because programs that use select() break above 1,024. Call it before the first child.
/// 0, or a negated errno.
int millrace_raise_descriptor_limit(void);

/// Waits without blocking for `pid` (or, negated, for a group): the id of what ended, 0 for not yet, negated errno.
/// `status` is what `waitpid` gives; `memory_kilobytes` the greatest resident size.
int millrace_child_reap(int pid, int *status, int64_t *memory_kilobytes);

#endif
