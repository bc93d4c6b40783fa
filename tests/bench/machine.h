/* What the machine has and what this process holds of it: caches and memory, in bytes. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stddef.h>

/* Of the last-level cache, by sysconf or sysfs; 32 MiB where neither knows. */
size_t cache_bytes(void);

/* Memory that may still be asked for. */
size_t available_bytes(void);

/* Gives free heap back to the system, sets the peak to what is resident now, and returns that; 0 where the system does
 * not let a process reset its peak. */
size_t restart_peak(void);

/* The largest resident size since restart_peak. */
size_t peak_bytes(void);

#endif
