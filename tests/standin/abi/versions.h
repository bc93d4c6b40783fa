// The versions that the stand-ins report, as CUDA writes them: 1000 major + 10 minor. STANDIN_DRIVER_VERSION and
// STANDIN_NVRTC_VERSION ("12.4") make the driver and the compiler those of another release.
#pragma once
#include <cstdlib>

namespace versions {

inline int read(const char* name) {
    const char* text = std::getenv(name);
    if (!text || !*text) return 13000;
    char* end;
    long major = std::strtol(text, &end, 10);
    return static_cast<int>(1000 * major + 10 * (*end == '.' ? std::strtol(end + 1, nullptr, 10) : 0));
}

inline int driver() { static const int version = read("STANDIN_DRIVER_VERSION"); return version; }
inline int compiler() { static const int version = read("STANDIN_NVRTC_VERSION"); return version; }

}  // namespace versions
