// The system's SQLite, and what Swift cannot import of it: variadic calls and destructors that are casts.
#ifndef MILLRACE_SQLITE_SHIM_H
#define MILLRACE_SQLITE_SHIM_H

#include <sqlite3.h>

// Switches off the statistics that put a process-wide lock around every allocation. Before the first connection.
static inline int millrace_sqlite_configure(void) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

// Binds bytes that SQLite copies.
static inline int millrace_sqlite_bind_copy(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, index, count == 0 ? "" : bytes, count, SQLITE_TRANSIENT);
}

// Binds bytes that stay where they are until the statement is reset.
static inline int millrace_sqlite_bind_borrowed(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, index, count == 0 ? "" : bytes, count, SQLITE_STATIC);
}

// Binds text that SQLite copies.
static inline int millrace_sqlite_bind_text(sqlite3_stmt *statement, int index, const char *bytes, int count) {
    return sqlite3_bind_text(statement, index, bytes, count, SQLITE_TRANSIENT);
}

#endif
