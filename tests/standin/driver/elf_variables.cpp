#include "elf_variables.h"

#include <algorithm>
#include <cstring>
#include <elf.h>

bool read_elf(const std::string& bytes, ElfLayout& layout) {
    auto at = [&](size_t offset, size_t size) { return offset + size <= bytes.size() ? bytes.data() + offset : nullptr; };
    Elf64_Ehdr header;
    if (bytes.size() < sizeof header) return false;
    std::memcpy(&header, bytes.data(), sizeof header);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN) return false;
    layout.writable_begin = ~size_t{0};
    for (int i = 0; i < header.e_phnum; ++i) {
        Elf64_Phdr segment;
        const char* p = at(header.e_phoff + size_t(i) * header.e_phentsize, sizeof segment);
        if (!p) return false;
        std::memcpy(&segment, p, sizeof segment);
        if (segment.p_type != PT_LOAD) continue;
        layout.image = std::max<size_t>(layout.image, segment.p_vaddr + segment.p_memsz);
        if (!(segment.p_flags & PF_W)) continue;
        layout.writable_begin = std::min<size_t>(layout.writable_begin, segment.p_vaddr);
        layout.writable_end = std::max<size_t>(layout.writable_end, segment.p_vaddr + segment.p_memsz);
    }
    for (int i = 0; i < header.e_shnum; ++i) {
        Elf64_Shdr section, strings;
        const char* p = at(header.e_shoff + size_t(i) * header.e_shentsize, sizeof section);
        if (!p) return false;
        std::memcpy(&section, p, sizeof section);
        if (section.sh_type != SHT_SYMTAB) continue;
        p = at(header.e_shoff + size_t(section.sh_link) * header.e_shentsize, sizeof strings);
        if (!p) return false;
        std::memcpy(&strings, p, sizeof strings);
        for (size_t s = 0; s + sizeof(Elf64_Sym) <= section.sh_size; s += sizeof(Elf64_Sym)) {
            Elf64_Sym symbol;
            p = at(section.sh_offset + s, sizeof symbol);
            if (!p) return false;
            std::memcpy(&symbol, p, sizeof symbol);
            if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx == SHN_UNDEF) continue;
            const char* name = at(strings.sh_offset + symbol.st_name, 1);
            if (name) layout.variables.push_back({name, symbol.st_value, symbol.st_size});
        }
    }
    return layout.image > 0 && layout.writable_begin < layout.writable_end;
}
