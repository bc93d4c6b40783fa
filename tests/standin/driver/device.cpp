// Initialisation and devices: what the program can ask about them.
#include <cstdio>
#include <cstring>
#include <map>

#include "../abi/versions.h"
#include "device_memory.h"
#include "guard.h"
#include "lock.h"
#include "settings.h"

namespace {

constexpr int MULTIPROCESSORS = 4;      // few, so that launches sized for the device stay small

void check_device(CUdevice device) { driver::require(device >= 0 && device < settings().devices, CUDA_ERROR_INVALID_DEVICE); }

int attribute(int which, CUdevice device) {
    static const std::map<int, int> values{
        {1, 1024}, {2, 1024}, {3, 1024}, {4, 64}, {5, 2147483647}, {6, 65535}, {7, 65535},   // block and grid limits
        {8, 48 << 10}, {9, 64 << 10}, {10, 32}, {11, 2147483647}, {12, 65536}, {13, 1000000},
        {14, 512}, {15, 1}, {16, MULTIPROCESSORS}, {18, 0}, {19, 1}, {20, 0}, {31, 1}, {32, 0}, {34, 0},
        {36, 1000000}, {37, 256}, {38, 4 << 20}, {39, 2048}, {40, 2}, {41, 1}, {50, 0}, {51, 32},
        {75, 9}, {76, 0}, {78, 1}, {79, 1}, {80, 1}, {81, 228 << 10}, {82, 65536}, {83, 0}, {84, 0}, {86, 0}, {87, 2},
        {88, 0}, {89, 0}, {90, 1}, {91, 1}, {95, 0}, {97, 227 << 10}, {99, 1}, {100, 0}, {101, 0}, {102, 0}, {106, 32},
        {111, 1024}, {113, 1}, {115, 1}, {116, 0}, {119, 0}, {120, 0}, {124, 0},
    };
    if (which == 33) return device + 1;      // PCI bus
    auto at = values.find(which);
    return at == values.end() ? 0 : at->second;
}

}  // namespace

CUDA_API CUresult cuInit(unsigned flags) {
    if (flags != 0) return CUDA_ERROR_INVALID_VALUE;
    Lock lock(driver::mutex);
    if (settings().devices == 0) return CUDA_ERROR_NO_DEVICE;
    if (driver::initialized) return CUDA_SUCCESS;
    device_memory::initialize();
    for (int d = 0; d < settings().devices; ++d)
        if (!device_memory::arena(d).base) return CUDA_ERROR_OUT_OF_MEMORY;
    guard::watch();
    driver::initialized = true;
    return CUDA_SUCCESS;
}

CUDA_API CUresult cuDriverGetVersion(int* version) {
    if (!version) return CUDA_ERROR_INVALID_VALUE;
    *version = versions::driver();
    return CUDA_SUCCESS;
}

CUDA_API CUresult cuDeviceGetCount(int* count) {
    return driver::enter([&](Lock&) {
        driver::require(count);
        *count = settings().devices;
    });
}

CUDA_API CUresult cuDeviceGet(CUdevice* device, int ordinal) {
    return driver::enter([&](Lock&) {
        driver::require(device);
        check_device(ordinal);
        *device = ordinal;
    });
}

CUDA_API CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(name && length > 0);
        check_device(device);
        std::snprintf(name, static_cast<size_t>(length), "Stand-in GPU %d", device);
    });
}

CUDA_API CUresult cuDeviceGetAttribute(int* value, int which, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(value && which > 0);
        check_device(device);
        *value = attribute(which, device);
    });
}

CUDA_API CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(major && minor);
        check_device(device);
        *major = 9;
        *minor = 0;
    });
}

CUDA_API CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(bytes);
        check_device(device);
        *bytes = settings().memory;
    });
}

CUDA_API CUresult cuDeviceGetUuid_v2(CUuuid* uuid, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(uuid);
        check_device(device);
        std::memcpy(uuid->bytes, "stand-in GPU   ", 15);
        uuid->bytes[15] = static_cast<unsigned char>(device);
    });
}
CUDA_API CUresult cuDeviceGetUuid(CUuuid* uuid, CUdevice device) { return cuDeviceGetUuid_v2(uuid, device); }

CUDA_API CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
    return driver::enter([&](Lock&) {
        driver::require(id && length > 0);
        check_device(device);
        std::snprintf(id, static_cast<size_t>(length), "0000:%02x:00.0", device + 1);
    });
}

CUDA_API CUresult cuDeviceGetByPCIBusId(CUdevice* device, const char* id) {
    return driver::enter([&](Lock&) {
        unsigned domain, bus, slot;
        driver::require(device && id && std::sscanf(id, "%x:%x:%x", &domain, &bus, &slot) == 3);
        check_device(static_cast<int>(bus) - 1);
        *device = static_cast<int>(bus) - 1;
    });
}
