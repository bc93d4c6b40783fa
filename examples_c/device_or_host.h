/* A context on a device, where there is one. */
#ifndef DEVICE_OR_HOST_H
#define DEVICE_OR_HOST_H

#include <dlops_mpi.h>
#include <stddef.h>

/* A context of all ranks on their devices, or on the host where none is found, which rank 0 tells. `name` gets the name of
   this rank's device, or "the host". Whether it is on devices. Collective. */
int device_or_host(dlops_context **ctx, char *name, size_t length);

#endif
