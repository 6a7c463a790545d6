// What Swift cannot import from glibc: functions with macros, variadic calls, GNU extensions.
// Functions return what the system call returns, or the negated errno.
#ifndef MILLRACE_CSHIM_H
#define MILLRACE_CSHIM_H

#include <spawn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/// One ready descriptor: what it was registered with and the EPOLL… bits.
typedef struct {
    uint64_t token;
    uint32_t events;
} millrace_event;

int millrace_epoll_create(void);
/// `operation` is EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL.
int millrace_epoll_control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token);
/// Waits at most `nanoseconds`; below zero waits without end. `capacity` is at most 256.
int millrace_epoll_wait(int epoll, millrace_event *events, int capacity, int64_t nanoseconds);

/// A non-blocking eventfd, closed on exec.
int millrace_eventfd(void);
/// Accepts a connection: non-blocking, closed on exec.
int millrace_accept(int listener, struct sockaddr_storage *peer);

/// Monotonic nanoseconds.
int64_t millrace_monotonic_nanoseconds(void);

/// Blocks the signals for the calling thread and later ones, and returns a non-blocking signalfd that reads them.
int millrace_signalfd(const int *signals, int count);
/// Reads one signal's number from a signalfd; 0 when there is none.
int millrace_signalfd_read(int descriptor);

/// A descriptor that becomes readable when the child ends.
int millrace_pidfd_open(int pid);
int millrace_pidfd_send_signal(int pidfd, int signal);

/// Brings everything of a descriptor's file system to the disk; 0 or the negated errno.
int millrace_sync_filesystem(int descriptor);

/// In the child: closes every descriptor from `lowest` on.
int millrace_spawn_close_from(posix_spawn_file_actions_t *actions, int lowest);
/// In the child: changes the working directory.
int millrace_spawn_change_directory(posix_spawn_file_actions_t *actions, const char *path);
/// A child in a process group of its own, with default signal handling and no blocked signals.
int millrace_spawn_own_group(posix_spawnattr_t *attributes);

/// Gives orphans of our children to us instead of to init.
int millrace_become_subreaper(void);
/// Names the calling thread; at most 15 bytes.
int millrace_name_thread(const char *name);
/// Keeps memory for large bodies instead of giving it back after each (architecture §7).
void millrace_tune_malloc(void);

/// A non-blocking pipe, closed on exec: `ends[0]` reads, `ends[1]` writes.
int millrace_pipe(int ends[2]);

#endif
