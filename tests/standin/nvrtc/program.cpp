// The C interface of NVRTC.
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "../abi/image.h"
#include "../abi/versions.h"
#include "compile.h"

#define NVRTC_API extern "C" __attribute__((visibility("default")))

enum nvrtcResult {
    NVRTC_SUCCESS = 0, NVRTC_ERROR_OUT_OF_MEMORY, NVRTC_ERROR_PROGRAM_CREATION_FAILURE, NVRTC_ERROR_INVALID_INPUT,
    NVRTC_ERROR_INVALID_PROGRAM, NVRTC_ERROR_INVALID_OPTION, NVRTC_ERROR_COMPILATION,
    NVRTC_ERROR_BUILTIN_OPERATION_FAILURE, NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION,
    NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION, NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID, NVRTC_ERROR_INTERNAL_ERROR,
};

struct Program {
    Source source;
    bool compiled = false, ok = false;
    std::string log, cubin, ptx;
    std::map<std::string, std::string> lowered;
};
using nvrtcProgram = Program*;

namespace {

std::mutex mutex;
std::map<Program*, std::shared_ptr<Program>>& programs() {
    static auto all = new std::map<Program*, std::shared_ptr<Program>>;
    return *all;
}

std::shared_ptr<Program> find(nvrtcProgram handle) {
    std::lock_guard<std::mutex> hold(mutex);
    auto at = programs().find(handle);
    return at == programs().end() ? nullptr : at->second;
}

nvrtcResult size_of(nvrtcProgram handle, size_t* out, std::string Program::* text, size_t end) {
    auto p = find(handle);
    if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
    if (!out || (!p->ok && text != &Program::log)) return NVRTC_ERROR_INVALID_PROGRAM;
    *out = (*p.*text).empty() && end == 0 ? 0 : (*p.*text).size() + end;
    return NVRTC_SUCCESS;
}

nvrtcResult copy_of(nvrtcProgram handle, char* out, std::string Program::* text, size_t end) {
    auto p = find(handle);
    if (!p || (!p->ok && text != &Program::log)) return NVRTC_ERROR_INVALID_PROGRAM;
    if (!out) return NVRTC_ERROR_INVALID_INPUT;
    std::memcpy(out, (*p.*text).c_str(), (*p.*text).size() + end);
    return NVRTC_SUCCESS;
}

}  // namespace

NVRTC_API nvrtcResult nvrtcVersion(int* major, int* minor) {
    if (!major || !minor) return NVRTC_ERROR_INVALID_INPUT;
    *major = versions::compiler() / 1000;
    *minor = versions::compiler() % 1000 / 10;
    return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetNumSupportedArchs(int* count) {
    if (!count) return NVRTC_ERROR_INVALID_INPUT;
    *count = 7;
    return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetSupportedArchs(int* list) {
    if (!list) return NVRTC_ERROR_INVALID_INPUT;
    const int known[] = {75, 80, 86, 89, 90, 100, 120};
    std::memcpy(list, known, sizeof known);
    return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcCreateProgram(nvrtcProgram* out, const char* text, const char* name, int count,
                                         const char* const* headers, const char* const* names) {
    if (!out || !text || count < 0 || (count > 0 && (!headers || !names))) return NVRTC_ERROR_INVALID_INPUT;
    auto p = std::make_shared<Program>();
    p->source.text = text;
    p->source.name = name && *name ? name : "default_program";
    for (int i = 0; i < count; ++i) p->source.headers.emplace_back(names[i], headers[i]);
    std::lock_guard<std::mutex> hold(mutex);
    programs()[p.get()] = p;
    *out = p.get();
    return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcDestroyProgram(nvrtcProgram* handle) {
    if (!handle || !find(*handle)) return NVRTC_ERROR_INVALID_PROGRAM;
    std::lock_guard<std::mutex> hold(mutex);
    programs().erase(*handle);
    *handle = nullptr;
    return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcAddNameExpression(nvrtcProgram handle, const char* expression) {
    auto p = find(handle);
    if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
    if (!expression || !*expression) return NVRTC_ERROR_INVALID_INPUT;
    if (p->compiled) return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
    p->source.expressions.push_back(expression);
    return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcCompileProgram(nvrtcProgram handle, int count, const char* const* options) {
    auto p = find(handle);
    if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
    if (count < 0 || (count > 0 && !options)) return NVRTC_ERROR_INVALID_INPUT;
    Options o = translate(std::vector<std::string>(options, options + count));
    p->compiled = true;
    p->ok = false;
    if (!o.refused.empty()) {
        p->log = "nvrtc: error: invalid value or option: " + o.refused + "\n";
        return NVRTC_ERROR_INVALID_OPTION;
    }
    Compiled c;
    try {
        c = compile(p->source, o);
    } catch (const std::exception& e) {
        p->log = std::string("the compilation failed: ") + e.what() + "\n";
        return NVRTC_ERROR_INTERNAL_ERROR;
    }
    p->log = c.log;
    if (!c.ok) return NVRTC_ERROR_COMPILATION;
    std::string sealed = image::seal(c.elf, o.capability);
    p->ptx = image::to_ptx(sealed, o.capability);
    p->cubin = o.real ? sealed : std::string();
    for (size_t i = 0; i < c.lowered.size(); ++i) p->lowered[p->source.expressions[i]] = c.lowered[i];
    p->ok = true;
    return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetLoweredName(nvrtcProgram handle, const char* expression, const char** out) {
    auto p = find(handle);
    if (!p) return NVRTC_ERROR_INVALID_PROGRAM;
    if (!expression || !out) return NVRTC_ERROR_INVALID_INPUT;
    if (!p->ok) return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
    auto at = p->lowered.find(expression);
    if (at == p->lowered.end()) return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
    *out = at->second.c_str();
    return NVRTC_SUCCESS;
}

// PTX and log end with a zero that counts; a cubin has none.
NVRTC_API nvrtcResult nvrtcGetPTXSize(nvrtcProgram p, size_t* n) { return size_of(p, n, &Program::ptx, 1); }
NVRTC_API nvrtcResult nvrtcGetPTX(nvrtcProgram p, char* out) { return copy_of(p, out, &Program::ptx, 1); }
NVRTC_API nvrtcResult nvrtcGetCUBINSize(nvrtcProgram p, size_t* n) { return size_of(p, n, &Program::cubin, 0); }
NVRTC_API nvrtcResult nvrtcGetCUBIN(nvrtcProgram p, char* out) { return copy_of(p, out, &Program::cubin, 0); }
NVRTC_API nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram p, size_t* n) { return size_of(p, n, &Program::log, 1); }
NVRTC_API nvrtcResult nvrtcGetProgramLog(nvrtcProgram p, char* out) { return copy_of(p, out, &Program::log, 1); }

NVRTC_API const char* nvrtcGetErrorString(nvrtcResult code) {
    static const char* names[] = {"NVRTC_SUCCESS", "NVRTC_ERROR_OUT_OF_MEMORY", "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
        "NVRTC_ERROR_INVALID_INPUT", "NVRTC_ERROR_INVALID_PROGRAM", "NVRTC_ERROR_INVALID_OPTION",
        "NVRTC_ERROR_COMPILATION", "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE",
        "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION", "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION",
        "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID", "NVRTC_ERROR_INTERNAL_ERROR"};
    return code >= 0 && code <= NVRTC_ERROR_INTERNAL_ERROR ? names[code] : "NVRTC_ERROR unknown";
}
