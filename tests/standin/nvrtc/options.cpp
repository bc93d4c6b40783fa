#include "options.h"

#include <algorithm>
#include <cstdlib>

namespace {

const unsigned ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

bool starts(const std::string& s, const std::string& with) { return s.compare(0, with.size(), with) == 0; }

void architecture(const std::string& value, Options& o) {
    o.real = starts(value, "sm_");
    size_t digits = value.find('_');
    if (digits == std::string::npos || (!o.real && !starts(value, "compute_"))) {
        o.refused = "--gpu-architecture=" + value;
        return;
    }
    o.capability = static_cast<unsigned>(std::atoi(value.c_str() + digits + 1));
    if (std::find(std::begin(ARCHITECTURES), std::end(ARCHITECTURES), o.capability) == std::end(ARCHITECTURES))
        o.refused = "--gpu-architecture=" + value;
}

// Options with a value, which may be the next argument. An empty translation: accepted, without effect here.
const char* VALUED[] = {"--maxrregcount", "-maxrregcount", "--ftz", "-ftz", "--prec-sqrt", "-prec-sqrt", "--prec-div",
                        "-prec-div", "--extra-device-vectorization", "--split-compile", "-split-compile", "--diag-suppress",
                        "-diag-suppress", "--diag-error", "--diag-warn", "--optimization-info", "--ptxas-options",
                        "-Xptxas", "--fdevice-time-trace", "--jump-table-density", "--minimal", "--device-int128",
                        "--builtin-move-forward", "--builtin-initializer-list", "--modify-stack-limit", "--dopt", "-dopt",
                        "--disable-warnings", "--restrict", "-restrict", "--use_fast_math", "-use_fast_math",
                        "--extra-device-vectorization", "-extra-device-vectorization", "--generate-line-info", "-lineinfo",
                        "--device-debug", "-G", "--device-as-default-execution-space", "-default-device",
                        "--relocatable-device-code", "-rdc", "--display-error-number", "--no-source-include",
                        "--brief-diagnostics", "--time", "--fast-compile", "--arch-native", "--pch", "-w"};

}  // namespace

Options translate(const std::vector<std::string>& given) {
    Options o;
    std::string standard = "-std=gnu++17";
    for (size_t i = 0; i < given.size(); ++i) {
        std::string g = given[i];
        std::string name = g.substr(0, g.find('=')), value = g.find('=') == std::string::npos ? "" : g.substr(g.find('=') + 1);
        auto take = [&] {
            if (value.empty() && i + 1 < given.size()) value = given[++i];
            return value;
        };
        if (name == "--gpu-architecture" || name == "-arch") {
            architecture(take(), o);
        } else if (name == "--std" || name == "-std") {
            std::string v = take();
            if (v == "c++20") standard = "-std=gnu++20";
            else if (v != "c++03" && v != "c++11" && v != "c++14" && v != "c++17") o.refused = g;
        } else if (name == "--define-macro") {
            o.compiler.push_back("-D" + take());
        } else if (starts(g, "-D")) {
            o.compiler.push_back(g.size() > 2 || i + 1 >= given.size() ? g : "-D" + given[++i]);
        } else if (name == "--undefine-macro") {
            o.compiler.push_back("-U" + take());
        } else if (starts(g, "-U")) {
            o.compiler.push_back(g.size() > 2 || i + 1 >= given.size() ? g : "-U" + given[++i]);
        } else if (name == "--include-path") {
            o.folders.push_back(take());
        } else if (starts(g, "-I")) {
            o.folders.push_back(g.size() > 2 || i + 1 >= given.size() ? g.substr(2) : given[++i]);
        } else if (name == "--pre-include" || name == "-include") {
            o.compiler.push_back("-include");
            o.compiler.push_back(take());
        } else if (name == "--fmad" || name == "-fmad") {
            std::string v = take();
            if (v != "true" && v != "false") o.refused = g;
        } else if (g == "-Xptxas" || g == "--ptxas-options" || g == "-maxrregcount" || g == "--maxrregcount") {
            take();
        } else if (std::find(std::begin(VALUED), std::end(VALUED), name) == std::end(VALUED)) {
            o.refused = g;
        }
    }
    o.compiler.insert(o.compiler.begin(), standard);
    o.compiler.push_back("-D__CUDA_ARCH__=" + std::to_string(o.capability * 10));
    for (const char* macro : {"__CUDACC__", "__CUDACC_RTC__", "__NVCC__", "STANDIN_GPU"})
        o.compiler.push_back(std::string("-D") + macro + "=1");
    o.compiler.push_back("-D__CUDACC_VER_MAJOR__=13");
    o.compiler.push_back("-D__CUDACC_VER_MINOR__=0");
    return o;
}
