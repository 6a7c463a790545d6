// What Swift cannot import from glibc: functions with macros, variadic calls, GNU extensions.
#ifndef MILLRACE_CSHIM_H
#define MILLRACE_CSHIM_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#endif
