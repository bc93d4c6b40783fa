// Modules: images of the stand-in's NVRTC, loaded as shared objects, and the functions and variables in them.
#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>

#include "../abi/image.h"
#include "../abi/versions.h"
#include "elf_variables.h"
#include "host_memory.h"
#include "lock.h"
#include "order.h"
#include "report.h"
#include "statistics.h"

Module::~Module() {
    host_memory::release_all(this);
    if (handle) dlclose(handle);
    if (file >= 0) close(file);
}

namespace {

constexpr size_t SHARED_WALL = 64;      // bytes behind a __shared__ variable, as cuda_cpu/shared.h has them

// Walls behind the other variables of a module, told by their constructors while it is loaded on this thread.
thread_local std::vector<ModuleMemory::Range>* loading;

uintptr_t load_address(void* handle) {
    void* symbol = dlsym(handle, "standin_module_table");
    Dl_info info;
    return symbol && dladdr(symbol, &info) ? reinterpret_cast<uintptr_t>(info.dli_fbase) : 0;
}

void lay_out(Module& m, const ElfLayout& elf, uintptr_t base) {
    ModuleMemory& memory = m.memory;
    memory.image = {base, base + elf.image};
    memory.writable = {base + elf.writable_begin, base + elf.writable_end};
    for (const ElfVariable& v : elf.variables) {
        if (v.name.find("standin_walled_") == std::string::npos || v.size <= SHARED_WALL) continue;
        uintptr_t begin = base + v.offset, end = begin + v.size - SHARED_WALL;
        memory.shared.push_back({begin, end});
        memory.shared_bytes += end - begin;
    }
    std::sort(memory.walls.begin(), memory.walls.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
}

std::shared_ptr<Module> load(Context& c, const void* image) {
    std::string sealed, elf;
    unsigned capability = 0;
    driver::require(versions::compiler() / 1000 <= versions::driver() / 1000, CUDA_ERROR_INVALID_IMAGE);
    auto text = static_cast<const char*>(image);
    if (std::memcmp(text, "\x7f" "ELF", 4) == 0) {
        driver::require(image::open(image, elf, capability), CUDA_ERROR_INVALID_IMAGE);
        driver::require(capability / 10 == 9 && capability <= 90, CUDA_ERROR_NO_BINARY_FOR_GPU);
    } else {
        driver::require(std::strstr(text, ".version") && image::from_ptx(text, sealed), CUDA_ERROR_INVALID_IMAGE);
        driver::require(image::open(sealed.data(), elf, capability), CUDA_ERROR_INVALID_PTX);
        driver::require(capability <= 90, CUDA_ERROR_INVALID_PTX);
    }
    ElfLayout layout;
    driver::require(read_elf(elf, layout), CUDA_ERROR_INVALID_IMAGE);
    auto m = std::make_shared<Module>();
    m->context = &c;
    m->file = memfd_create("stand-in module", MFD_CLOEXEC);
    driver::require(m->file >= 0, CUDA_ERROR_OPERATING_SYSTEM);
    bool written = write(m->file, elf.data(), elf.size()) == static_cast<ssize_t>(elf.size());
    // The path names this module alone: dlopen gives an own copy of it, also when it has been loaded before.
    std::string path = "/proc/self/fd/" + std::to_string(m->file);
    loading = &m->memory.walls;
    if (written) m->handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    loading = nullptr;
    if (!m->handle) report("a module could not be loaded: %s", dlerror());
    driver::require(m->handle, CUDA_ERROR_INVALID_IMAGE);
    auto table = static_cast<const standin_module*>(dlsym(m->handle, "standin_module_table"));
    driver::require(table && table->version == STANDIN_MODULE_VERSION, CUDA_ERROR_INVALID_IMAGE);
    m->kernels = table->kernels;
    m->memory.blocks_share = table->static_shared != 0;
    lay_out(*m, layout, load_address(m->handle));
    c.modules[m.get()] = m;
    ++statistics::counters.live_modules;
    return m;
}

Module& find(CUmodule handle) {
    for (Context* c : driver::contexts())
        if (c->modules.count(handle)) return *handle;
    driver::refuse(CUDA_ERROR_INVALID_HANDLE);
}

Function* function(Module& m, const char* name) {
    auto& known = m.functions[name];
    if (known) return known.get();
    for (const standin_kernel* k = m.kernels; k->name; ++k)
        if (!std::strcmp(k->name, name)) {
            known = std::make_unique<Function>();
            known->module = &m;
            known->kernel = k;
            known->name = name;
            return known.get();
        }
    m.functions.erase(name);
    driver::refuse(CUDA_ERROR_NOT_FOUND);
}

void unload(Lock& lock, CUmodule handle) {
    Module& m = find(handle);
    Context* c = m.context;
    if (m.uses) {
        report("a module is unloaded while %d launches of its kernels are pending", m.uses);
        order::force(lock, *c);
    }
    c->modules.erase(handle);
    --statistics::counters.live_modules;
}

void global(CUdeviceptr* out, size_t* bytes, Module& m, const char* name) {
    void* at = dlsym(m.handle, name);
    driver::require(at, CUDA_ERROR_NOT_FOUND);
    Dl_info info;
    void* symbol = nullptr;
    driver::require(dladdr1(at, &info, &symbol, RTLD_DL_SYMENT) && symbol, CUDA_ERROR_NOT_FOUND);
    size_t size;
    std::memcpy(&size, static_cast<char*>(symbol) + 16, sizeof size);      // st_size of an Elf64_Sym
    // Copies to and from the variable take it for memory that the device maps.
    host_memory::add(m.memory.writable.begin, m.memory.writable.end - m.memory.writable.begin, 0, &m);
    if (out) *out = reinterpret_cast<uintptr_t>(at);
    if (bytes) *bytes = size;
}

}  // namespace

// Layout of what the compiler tells of each variable: address, size, size with the wall behind it, five words more.
struct AsanGlobal { uintptr_t begin; size_t size, walled; uintptr_t rest[5]; };
extern "C" __attribute__((visibility("default"))) void standin_register_variables(const AsanGlobal* list, size_t count) {
    if (!loading) return;
    for (size_t i = 0; i < count; ++i)
        loading->push_back({list[i].begin + list[i].size, list[i].begin + list[i].walled});
}

CUDA_API CUresult cuModuleLoadData(CUmodule* out, const void* image) {
    return driver::enter_context([&](Lock&, Context& c) {
        driver::require(out && image);
        *out = load(c, image).get();
    });
}
CUDA_API CUresult cuModuleLoadDataEx(CUmodule* out, const void* image, unsigned, void*, void**) {
    return cuModuleLoadData(out, image);
}
CUDA_API CUresult cuModuleLoadFatBinary(CUmodule* out, const void* image) { return cuModuleLoadData(out, image); }

CUDA_API CUresult cuModuleLoad(CUmodule* out, const char* path) {
    std::ifstream file(path ? path : "", std::ios::binary);
    if (!file) return CUDA_ERROR_FILE_NOT_FOUND;
    std::stringstream bytes;
    bytes << file.rdbuf();
    return cuModuleLoadData(out, bytes.str().c_str());
}

CUDA_API CUresult cuModuleUnload(CUmodule m) {
    return driver::enter_context([&](Lock& lock, Context&) { unload(lock, m); });
}

CUDA_API CUresult cuModuleGetFunction(CUfunction* out, CUmodule m, const char* name) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(out && name);
        *out = function(find(m), name);
    });
}

CUDA_API CUresult cuModuleGetFunctionCount(unsigned* out, CUmodule m) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(out);
        *out = 0;
        for (const standin_kernel* k = find(m).kernels; k->name; ++k) ++*out;
    });
}

CUDA_API CUresult cuModuleGetGlobal_v2(CUdeviceptr* out, size_t* bytes, CUmodule m, const char* name) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(name);
        global(out, bytes, find(m), name);
    });
}

CUDA_API CUresult cuModuleGetLoadingMode(unsigned* mode) {
    if (!mode) return CUDA_ERROR_INVALID_VALUE;
    *mode = 1;      // eager
    return CUDA_SUCCESS;
}

CUDA_API CUresult cuLibraryLoadData(CUlibrary* out, const void* image, void*, void**, unsigned, void*, void**, unsigned) {
    return cuModuleLoadData(out, image);
}
CUDA_API CUresult cuLibraryUnload(CUlibrary l) { return cuModuleUnload(l); }
CUDA_API CUresult cuLibraryGetModule(CUmodule* out, CUlibrary l) {
    return driver::enter_context([&](Lock&, Context&) {
        driver::require(out);
        *out = &find(l);
    });
}
CUDA_API CUresult cuLibraryGetKernel(CUkernel* out, CUlibrary l, const char* name) { return cuModuleGetFunction(out, l, name); }
CUDA_API CUresult cuLibraryGetGlobal(CUdeviceptr* out, size_t* bytes, CUlibrary l, const char* name) {
    return cuModuleGetGlobal_v2(out, bytes, l, name);
}
CUDA_API CUresult cuKernelGetFunction(CUfunction* out, CUkernel k) {
    if (!out || !k) return CUDA_ERROR_INVALID_VALUE;
    *out = k;
    return CUDA_SUCCESS;
}
