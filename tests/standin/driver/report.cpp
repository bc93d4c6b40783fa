#include "report.h"

#include <cstdarg>
#include <cstdio>
#include <unistd.h>

void report(const char* format, ...) {
    char line[1024];
    int at = std::snprintf(line, sizeof line, "stand-in GPU: ");
    va_list arguments;
    va_start(arguments, format);
    int more = std::vsnprintf(line + at, sizeof line - at - 1, format, arguments);
    va_end(arguments);
    at += more < static_cast<int>(sizeof line) - at - 1 ? more : static_cast<int>(sizeof line) - at - 2;
    line[at++] = '\n';
    // One write, so that lines of several processes stay whole; it is safe in a signal handler.
    if (write(2, line, at) < 0) return;
}
