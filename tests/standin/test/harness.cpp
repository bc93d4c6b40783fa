#include "harness.h"

#include <cstring>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <sys/wait.h>
#include <unistd.h>

std::vector<Case>& Case::all() {
    static std::vector<Case> cases;
    return cases;
}

int Case::add(Case c) {
    all().push_back(std::move(c));
    return 0;
}

void* library(const char* name) {
    static std::mutex mutex;
    std::lock_guard<std::mutex> hold(mutex);  // cases have threads
    static std::map<std::string, void*> opened;
    void*& handle = opened[name];
    if (!handle) handle = dlopen((std::string(STANDIN_LIBRARIES "/") + name).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        std::fprintf(stderr, "%s\n", dlerror());
        std::exit(1);
    }
    return handle;
}

void* symbol(const char* library_name, const char* name) {
    void* at = dlsym(library(library_name), name);
    if (!at) {
        std::fprintf(stderr, "%s has no %s\n", library_name, name);
        std::exit(1);
    }
    return at;
}

namespace {

// The reason why the case failed, or nothing.
std::string run(const Case& c) {
    int channel[2];
    if (pipe(channel) != 0) return "no pipe";
    std::fflush(nullptr);
    pid_t child = fork();
    if (child == 0) {
        dup2(channel[1], 2);
        close(channel[0]);
        close(channel[1]);
        for (const auto& e : c.environment) putenv(strdup(e.c_str()));
        alarm(60);
        c.body();
        std::exit(0);
    }
    close(channel[1]);
    std::string text;
    char part[4096];
    for (ssize_t n; (n = read(channel[0], part, sizeof part)) > 0;) text.append(part, static_cast<size_t>(n));
    close(channel[0]);
    int status = 0;
    waitpid(child, &status, 0);
    bool ended = c.signal ? WIFSIGNALED(status) && WTERMSIG(status) == c.signal : WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ended)
        return (WIFSIGNALED(status) ? "died of signal " + std::to_string(WTERMSIG(status))
                                    : "exit status " + std::to_string(WEXITSTATUS(status))) + "; stderr:\n" + text;
    if (text.find(c.message) == std::string::npos) return "stderr lacks \"" + c.message + "\":\n" + text;
    if (c.message.empty() && !text.empty()) return "unexpected stderr:\n" + text;
    return "";
}

}  // namespace

int main(int count, char** arguments) {
    int failed = 0, ran = 0;
    for (const Case& c : Case::all()) {
        bool chosen = count < 2;
        for (int i = 1; i < count; ++i) chosen = chosen || !std::strcmp(arguments[i], c.group) || !std::strcmp(arguments[i], c.name);
        if (!chosen) continue;
        ++ran;
        std::string reason = run(c);
        std::printf("%s %s/%s\n%s", reason.empty() ? "ok  " : "FAIL", c.group, c.name, reason.c_str());
        failed += !reason.empty();
    }
    std::printf("%d of %d cases failed\n", failed, ran);
    return failed || !ran;
}
