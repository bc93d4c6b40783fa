#include "compile.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <regex>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

#include "rewrite.h"

extern char** environ;

namespace {

namespace fs = std::filesystem;

struct Folder {
    fs::path path;
    Folder() {
        std::string name = (fs::temp_directory_path() / "standin-XXXXXX").string();
        if (mkdtemp(name.data())) path = name;
    }
    ~Folder() {
        std::error_code ignored;
        if (!path.empty()) fs::remove_all(path, ignored);
    }
};

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream all;
    all << file.rdbuf();
    return all.str();
}

// Runs a program without a shell; what it prints goes to `output`. The exit status, or -1.
int run(const std::vector<std::string>& words, const fs::path& output) {
    std::vector<char*> arguments;
    for (const auto& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
    arguments.push_back(nullptr);
    // The compiler needs none of the libraries that are put before others for the program under test.
    std::vector<char*> environment;
    for (char** e = environ; *e; ++e)
        if (std::strncmp(*e, "LD_PRELOAD=", 11) && std::strncmp(*e, "LC_", 3) && std::strncmp(*e, "LANG", 4)) environment.push_back(*e);
    static char language[] = "LC_ALL=C";
    environment.push_back(language);
    environment.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t child;
    int failed = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed) return -1;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string headers_folder() {
    Dl_info info;
    if (const char* given = std::getenv("STANDIN_HEADERS")) return given;
    if (!dladdr(reinterpret_cast<void*>(&compile), &info)) return "cuda_cpu";
    return (fs::path(info.dli_fname).parent_path() / "cuda_cpu").string();
}

// "file:12:5: error: text" becomes "file(12): error: text"; the lines that show the source stay.
std::string nvrtc_words(const std::string& log, const fs::path& folder) {
    std::string text = std::regex_replace(log, std::regex("(^|\n)([^\n:]+):([0-9]+):([0-9]+: )?(fatal error|error|warning|note): "),
                                          "$1$2($3): $5: ");
    std::string own = folder.string() + "/";
    for (size_t at; (at = text.find(own)) != std::string::npos;) text.erase(at, own.size());
    return text;
}

// The name under which an instance is found in the module: no C++ identifier, so that the expression itself is not it.
std::string lowered(const std::string& expression, const std::vector<std::string>& kernels) {
    std::string plain;
    for (char c : expression)
        if (!std::isspace(static_cast<unsigned char>(c))) plain += c;
    if (!plain.empty() && plain[0] == '&') return plain.substr(1);
    if (std::find(kernels.begin(), kernels.end(), plain) != kernels.end()) return plain;
    std::string name = "_Z" + std::to_string(plain.size());
    for (unsigned char c : expression) {
        if (std::isalnum(c) || c == '_') {
            name += static_cast<char>(c);
        } else {
            char code[8];
            std::snprintf(code, sizeof code, "$%02x", c);
            name += code;
        }
    }
    return name;
}

std::string table(const Rewritten& r, const Source& source, const std::vector<std::string>& lowered) {
    std::string t = "\n#line 1 \"name expressions\"\nextern \"C\" const standin_kernel standin_kernels[] = {\n";
    std::vector<std::string> names = r.kernels;
    for (const auto& k : r.kernels) t += "STANDIN_ENTRY(\"" + k + "\", " + k + ")\n";
    for (size_t i = 0; i < lowered.size(); ++i) {
        if (source.expressions[i][0] == '&' || std::find(names.begin(), names.end(), lowered[i]) != names.end()) continue;
        names.push_back(lowered[i]);
        t += "STANDIN_ENTRY(\"" + lowered[i] + "\", " + source.expressions[i] + ")\n";
    }
    t += "{nullptr, nullptr, 0, nullptr, nullptr}};\nextern \"C\" __attribute__((visibility(\"default\"))) "
         "const standin_module standin_module_table = {STANDIN_MODULE_VERSION, ";
    return t + (r.shared_once ? "1" : "0") + ", standin_kernels};\n";
}

}  // namespace

Compiled compile(const Source& source, const Options& options) {
    Compiled result;
    Folder folder;
    if (folder.path.empty()) {
        result.log = "no folder for temporary files\n";
        return result;
    }
    const char* named = std::getenv("STANDIN_CXX");
    std::string compiler = named ? named : "g++";
    fs::path source_file = folder.path / "source.cpp", preprocessed = folder.path / "preprocessed.ii",
             rewritten_file = folder.path / "rewritten.cpp", log = folder.path / "log", object = folder.path / "module.so";
    write(source_file, "#line 1 \"" + source.name + "\"\n" + source.text);
    for (const auto& h : source.headers) write(folder.path / "headers" / h.first, h.second);

    // NVRTC has no system headers: a source that asks for one is refused here too.
    std::vector<std::string> first{compiler, "-E", "-nostdinc", "-x", "c++", "-I", (folder.path / "headers").string()};
    for (const auto& f : options.folders) first.insert(first.end(), {"-I", f});
    first.insert(first.end(), options.compiler.begin(), options.compiler.end());
    first.insert(first.end(), {source_file.string(), "-o", preprocessed.string()});
    int status = run(first, log);
    result.log = nvrtc_words(read(log), folder.path);
    if (status < 0) result.log += "the C++ compiler " + compiler + " cannot be run\n";
    if (status != 0) return result;

    Rewritten r = rewrite(read(preprocessed));
    for (const auto& e : source.expressions) result.lowered.push_back(lowered(e, r.kernels));
    write(rewritten_file, r.source + table(r, source, result.lowered));
    std::vector<std::string> second{
        compiler, "-x", "c++", options.compiler[0], "-O2", "-fPIC", "-shared", "-include", headers_folder() + "/cuda_cpu.h",
        // Every access to memory is checked; a check that fails names the right kernel only where calls are real.
        "-fsanitize=kernel-address", "--param", "asan-instrumentation-with-call-threshold=0", "--param", "asan-stack=0",
        "--param", "asan-globals=1", "-fsanitize=alignment",
        // Vector instructions would hide the alignment that the source asks for.
        "-fno-tree-vectorize", "-fno-tree-slp-vectorize", "-fno-strict-aliasing", "-fwrapv", "-ffp-contract=off",
        "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden", "-fno-gnu-unique", "-fno-exceptions", "-fno-rtti",
        "-fno-asynchronous-unwind-tables", "-fno-stack-protector", "-fno-threadsafe-statics", "-Wno-attributes",
        "-Wl,-Bsymbolic", "-Wl,--build-id=none"};
    for (const char* flag : {"-DNDEBUG"})
        if (std::find(options.compiler.begin(), options.compiler.end(), flag) != options.compiler.end()) second.push_back(flag);
#if defined(__x86_64__)
    second.push_back("-fcf-protection=none");
#endif
    if (const char* more = std::getenv("STANDIN_CXXFLAGS")) {
        std::stringstream words(more);
        for (std::string w; words >> w;) second.push_back(w);
    }
    // The module asks for the driver by its name, so that it finds the one that the program has loaded.
    Dl_info info;
    fs::path libraries = dladdr(reinterpret_cast<void*>(&compile), &info) ? fs::path(info.dli_fname).parent_path() : ".";
    second.insert(second.end(), {rewritten_file.string(), "-o", object.string(), "-L" + libraries.string(), "-l:libcuda.so.1"});
    status = run(second, log);
    result.log += nvrtc_words(read(log), folder.path);
    if (status != 0) return result;
    result.elf = read(object);
    result.ok = result.elf.size() > 64;
    return result;
}
