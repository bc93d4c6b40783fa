// What the symbol table of a module's ELF says of its variables.
#pragma once
#include <string>
#include <vector>

struct ElfVariable { std::string name; size_t offset, size; };   // offset from the load address

struct ElfLayout {
    std::vector<ElfVariable> variables;
    size_t image = 0;                             // bytes that the loaded object spans
    size_t writable_begin = 0, writable_end = 0;  // offsets of its writable segment
};

// False if the bytes are no ELF of this machine.
bool read_elf(const std::string& bytes, ElfLayout& layout);
