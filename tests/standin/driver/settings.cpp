#include "settings.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace {

long number(const char* name, long absent) {
    const char* text = std::getenv(name);
    return text && *text ? std::strtol(text, nullptr, 10) : absent;
}

size_t bytes(const char* name, size_t absent) {
    const char* text = std::getenv(name);
    if (!text || !*text) return absent;
    char* end;
    size_t value = std::strtoull(text, &end, 10);
    switch (*end) {
        case 'k': case 'K': return value << 10;
        case 'm': case 'M': return value << 20;
        case 'g': case 'G': return value << 30;
        default: return value;
    }
}

int order() {
    const char* text = std::getenv("STANDIN_ORDER");
    if (!text) return 0;
    return !std::strcmp(text, "reverse") ? 1 : !std::strcmp(text, "random") ? 2 : 0;
}

}  // namespace

const Settings& settings() {
    static const Settings read{
        static_cast<int>(std::clamp(number("STANDIN_DEVICES", 2), 0l, 16l)),
        std::min(std::max(bytes("STANDIN_MEMORY", size_t{4} << 30), size_t{1} << 20), size_t{64} << 30),
        number("STANDIN_LAZY", 0) != 0,
        static_cast<int>(std::clamp(number("STANDIN_THREADS", 1), 1l, 256l)),
        order(),
        number("STANDIN_STATISTICS", 0) != 0,
        number("STANDIN_LEAKS", 0) != 0,
        number("STANDIN_GUARD", 1) != 0,
    };
    return read;
}
