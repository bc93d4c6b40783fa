// Messages of the stand-in on stderr, each line beginning with "stand-in GPU:".
#pragma once

__attribute__((format(printf, 1, 2))) void report(const char* format, ...);
