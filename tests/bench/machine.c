#include "machine.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

size_t cache_bytes(void)
{
    long found = sysconf(_SC_LEVEL3_CACHE_SIZE);
    if (found > 0) return (size_t)found;
    size_t largest = 0;
    for (int level = 0; level < 8; ++level) {
        char path[80];
        size_t kibibytes = 0;
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", level);
        FILE *file = fopen(path, "r");
        if (!file) break;
        if (fscanf(file, "%zuK", &kibibytes) == 1 && kibibytes << 10 > largest) largest = kibibytes << 10;
        fclose(file);
    }
    return largest ? largest : (size_t)32 << 20;
}

/* A line "NAME: NUMBER kB" of a file of /proc, in bytes; 0 where there is none. */
static size_t entry(const char *path, const char *name)
{
    char line[256];
    size_t kibibytes = 0, length = strlen(name);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, name, length) == 0 && line[length] == ':' && sscanf(line + length + 1, "%zu", &kibibytes) == 1) break;
    }
    fclose(file);
    return kibibytes << 10;
}

size_t available_bytes(void)
{
    size_t found = entry("/proc/meminfo", "MemAvailable");
    return found ? found : (size_t)2 << 30;
}

size_t restart_peak(void)
{
    malloc_trim(0);
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (!file) return 0;
    int written = fputs("5", file) >= 0;
    int closed = fclose(file) == 0;
    return written && closed ? entry("/proc/self/status", "VmRSS") : 0;
}

size_t peak_bytes(void)
{
    return entry("/proc/self/status", "VmHWM");
}
