// The image that the stand-in's NVRTC makes and its driver loads: an ELF shared object, marked in the bytes of e_ident
// that ELF leaves unused (9..15), with a checksum behind it. A damaged image is refused, as a real driver refuses one.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>

namespace image {

constexpr size_t MARK = 9;      // e_ident[9..12] size of the ELF, [13] compute capability, [14] 'S', [15] sum of 0..14
constexpr size_t TRAILER = 8;   // checksum of the ELF as marked

inline uint64_t checksum(const unsigned char* bytes, size_t count) {   // FNV-1a, 64 bits
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < count; ++i) h = (h ^ bytes[i]) * 0x100000001b3u;
    return h;
}

inline std::string seal(std::string elf, unsigned capability) {
    uint32_t size = static_cast<uint32_t>(elf.size());
    std::memcpy(&elf[MARK], &size, 4);
    elf[13] = static_cast<char>(capability);
    elf[14] = 'S';
    unsigned char sum = 0;
    for (int i = 0; i < 15; ++i) sum = static_cast<unsigned char>(sum + static_cast<unsigned char>(elf[i]));
    elf[15] = static_cast<char>(sum);
    uint64_t h = checksum(reinterpret_cast<const unsigned char*>(elf.data()), elf.size());
    elf.append(reinterpret_cast<const char*>(&h), TRAILER);
    return elf;
}

// The ELF as the loader wants it and the compute capability; false if the bytes are not a whole image.
inline bool open(const void* data, std::string& elf, unsigned& capability) {
    auto bytes = static_cast<const unsigned char*>(data);
    if (std::memcmp(bytes, "\x7f" "ELF", 4) != 0 || bytes[14] != 'S') return false;
    unsigned char sum = 0;
    for (int i = 0; i < 15; ++i) sum = static_cast<unsigned char>(sum + bytes[i]);
    if (sum != bytes[15]) return false;
    uint32_t size;
    std::memcpy(&size, bytes + MARK, 4);
    uint64_t stored;
    std::memcpy(&stored, bytes + size, TRAILER);
    if (checksum(bytes, size) != stored) return false;
    capability = bytes[13];
    elf.assign(reinterpret_cast<const char*>(bytes), size);
    std::memset(&elf[MARK], 0, 7);
    return true;
}

constexpr const char* PTX_LABEL = "// stand-in image: ";

// PTX carries the same image as text, so that it can be loaded as PTX can.
inline std::string to_ptx(const std::string& sealed, unsigned capability) {
    static const char* digits = "0123456789abcdef";
    std::string text = "//\n.version 9.0\n.target sm_" + std::to_string(capability) + "\n.address_size 64\n" + PTX_LABEL;
    for (unsigned char c : sealed) { text += digits[c >> 4]; text += digits[c & 15]; }
    return text + "\n";
}

inline bool from_ptx(const char* text, std::string& sealed) {
    const char* at = std::strstr(text, PTX_LABEL);
    if (!at) return false;
    auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
    for (at += std::strlen(PTX_LABEL); digit(at[0]) >= 0 && digit(at[1]) >= 0; at += 2)
        sealed += static_cast<char>(digit(at[0]) * 16 + digit(at[1]));
    return sealed.size() > 64;
}

}  // namespace image
