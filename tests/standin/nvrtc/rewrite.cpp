#include "rewrite.h"

#include <algorithm>
#include <cctype>

namespace {

// The source with comments, strings and characters blanked, each byte in its place.
std::string masked(const std::string& s) {
    std::string m = s;
    for (size_t i = 0; i < s.size();) {
        if (s.compare(i, 2, "//") == 0) {
            while (i < s.size() && !(s[i] == '\n' && (i == 0 || s[i - 1] != '\\'))) m[i++] = ' ';
        } else if (s.compare(i, 2, "/*") == 0) {
            size_t end = s.find("*/", i + 2);
            end = end == std::string::npos ? s.size() : end + 2;
            for (; i < end; ++i) if (s[i] != '\n') m[i] = ' ';
        } else if (s[i] == '"' || (s[i] == '\'' && (i == 0 || !std::isalnum(static_cast<unsigned char>(s[i - 1]))))) {
            char quote = s[i++];
            while (i < s.size() && s[i] != quote && s[i] != '\n') {
                size_t step = s[i] == '\\' ? 2 : 1;
                for (size_t k = 0; k < step && i < s.size(); ++k, ++i) if (s[i] != '\n') m[i] = ' ';
            }
            ++i;
        } else {
            ++i;
        }
    }
    return m;
}

bool word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

bool is_word(const std::string& m, size_t at, const std::string& name) {
    return m.compare(at, name.size(), name) == 0 && (at == 0 || !word(m[at - 1])) &&
           (at + name.size() >= m.size() || !word(m[at + name.size()]));
}

size_t skip_space(const std::string& m, size_t at) {
    while (at < m.size() && std::isspace(static_cast<unsigned char>(m[at]))) ++at;
    return at;
}

// The place behind the bracket that closes the one at `at`.
size_t skip_bracket(const std::string& m, size_t at) {
    int depth = 0;
    for (; at < m.size(); ++at) {
        if (m[at] == '(' || m[at] == '[' || m[at] == '{') ++depth;
        if (m[at] == ')' || m[at] == ']' || m[at] == '}') if (--depth == 0) return at + 1;
    }
    return at;
}

// Attributes at the front of a declaration: __align__(16), alignas(16), __attribute__((..)), [[..]].
size_t skip_attributes(const std::string& m, size_t at) {
    for (;;) {
        at = skip_space(m, at);
        bool named = false;
        for (const char* name : {"__align__", "__builtin_align__", "alignas", "__attribute__"})
            if (is_word(m, at, name)) {
                at = skip_bracket(m, m.find('(', at));
                named = true;
            }
        if (m.compare(at, 2, "[[") == 0) {
            at = skip_bracket(m, at);
            named = true;
        }
        if (!named) return at;
    }
}

// Newlines of a piece that is replaced, so that the lines below keep their numbers.
std::string newlines(const std::string& s, size_t from, size_t to) {
    std::string lines;
    for (size_t i = from; i < to; ++i)
        if (s[i] == '\n') lines += '\n';
    return lines;
}

struct Declaration { std::string type, name, dimensions; size_t end; bool whole; };

// One variable without initialiser from `at` to its semicolon.
Declaration declaration(const std::string& m, size_t at) {
    Declaration d{"", "", "", at, false};
    size_t end = m.find(';', at);
    if (end == std::string::npos || m.substr(at, end - at).find_first_of("={}") != std::string::npos) return d;
    d.end = end + 1;
    size_t stop = end;
    while (stop > at && std::isspace(static_cast<unsigned char>(m[stop - 1]))) --stop;
    size_t dimensions = stop;
    while (dimensions > at && m[dimensions - 1] == ']') {
        int depth = 0;
        do {
            --dimensions;
            if (m[dimensions] == ']') ++depth;
            if (m[dimensions] == '[') --depth;
        } while (depth > 0 && dimensions > at);
        while (dimensions > at && std::isspace(static_cast<unsigned char>(m[dimensions - 1]))) --dimensions;
    }
    size_t name = dimensions;
    while (name > at && word(m[name - 1])) --name;
    int angle = 0, round = 0;
    for (size_t i = at; i < name; ++i) {
        if (m[i] == '<') ++angle;
        if (m[i] == '>') --angle;
        if (m[i] == '(') ++round;
        if (m[i] == ')') --round;
        if (m[i] == ',' && angle <= 0 && round <= 0) return d;      // several variables
    }
    auto plain = [&](size_t from, size_t to) {
        std::string text = m.substr(from, to - from);
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text;
    };
    d.type = plain(at, name);
    d.name = m.substr(name, dimensions - name);
    d.dimensions = plain(dimensions, stop);
    while (!d.type.empty() && std::isspace(static_cast<unsigned char>(d.type.back()))) d.type.pop_back();
    // A comma in the type would split the macro's arguments.
    d.whole = !d.type.empty() && !d.name.empty() && d.type.find(',') == std::string::npos &&
              d.dimensions.find(',') == std::string::npos && m[at] != '&' && d.type.back() != '&';
    return d;
}

// Whether the place is inside a function: the innermost open brace that is no namespace, extern "C" or class.
bool inside_function(const std::string& m, size_t at) {
    std::vector<bool> open;
    size_t begin = 0;
    for (size_t i = 0; i < at; ++i) {
        if (m[i] == '{') {
            std::string before = m.substr(begin, i - begin);
            open.push_back(before.find(')') != std::string::npos);
            begin = i + 1;
        } else if (m[i] == '}') {
            if (!open.empty()) open.pop_back();
            begin = i + 1;
        } else if (m[i] == ';') {
            begin = i + 1;
        }
    }
    return std::find(open.begin(), open.end(), true) != open.end();
}

// Whether `extern "C"` governs the place: in front of it, or around it as a block.
bool extern_c(const std::string& s, const std::string& m, size_t at) {
    size_t begin = m.find_last_of(";{}", at);
    begin = begin == std::string::npos ? 0 : begin + 1;
    auto says = [&](size_t from, size_t to) {
        size_t e = from;
        while ((e = m.find("extern", e)) != std::string::npos && e < to) {
            size_t quote = skip_space(m, e + 6);
            if (s.compare(quote, 3, "\"C\"") == 0) return true;
            e += 6;
        }
        return false;
    };
    if (says(begin, at)) return true;
    std::vector<bool> open;
    size_t from = 0;
    for (size_t i = 0; i < at; ++i) {
        if (m[i] == '{') {
            open.push_back(says(from, i));
            from = i + 1;
        } else if (m[i] == '}') {
            if (!open.empty()) open.pop_back();
            from = i + 1;
        } else if (m[i] == ';') {
            from = i + 1;
        }
    }
    return std::find(open.begin(), open.end(), true) != open.end();
}

void find_kernels(const std::string& s, const std::string& m, std::vector<std::string>& kernels) {
    for (size_t at = m.find("__global__"); at != std::string::npos; at = m.find("__global__", at + 10)) {
        if (!is_word(m, at, "__global__") || !extern_c(s, m, at)) continue;
        size_t i = at + 10;
        std::string last;
        for (;;) {
            i = skip_space(m, i);
            if (i >= m.size() || m[i] == ';' || m[i] == '{') break;
            if (m[i] == '(') {
                if (last == "__launch_bounds__" || last == "__attribute__" || last == "__maxnreg__" || last == "__cluster_dims__") {
                    i = skip_bracket(m, i);
                    continue;
                }
                if (!last.empty() && std::find(kernels.begin(), kernels.end(), last) == kernels.end()) kernels.push_back(last);
                break;
            }
            size_t begin = i;
            while (i < m.size() && word(m[i])) ++i;
            if (i == begin) ++i;
            else last = m.substr(begin, i - begin);
        }
    }
}

}  // namespace

Rewritten rewrite(const std::string& s) {
    Rewritten r;
    std::string m = masked(s);
    find_kernels(s, m, r.kernels);
    size_t done = 0;
    for (size_t at = m.find("__shared__"); at != std::string::npos; at = m.find("__shared__", at + 10)) {
        if (at < done || !is_word(m, at, "__shared__")) continue;
        // "extern" or "static" just before, in either order with __shared__.
        size_t begin = at;
        bool dynamic = false;
        size_t back = at;
        while (back > done && std::isspace(static_cast<unsigned char>(m[back - 1]))) --back;
        for (const char* name : {"extern", "static"}) {
            size_t n = 6;
            if (back >= n && is_word(m, back - n, name)) {
                begin = back - n;
                dynamic = std::string(name) == "extern";
            }
        }
        size_t from = skip_attributes(m, at + 10);
        if (is_word(m, from, "extern")) {
            dynamic = true;
            from = skip_attributes(m, from + 6);
        }
        Declaration d = declaration(m, from);
        bool local = inside_function(m, at);
        std::string text;
        if (d.whole && dynamic) {
            text = std::string(local ? "STANDIN_DYNAMIC(" : "STANDIN_DYNAMIC_GLOBAL(") + d.type + ", " + d.name + ")";
        } else if (d.whole && local) {
            text = "STANDIN_SHARED(" + d.type + ", " + d.name + ", " + d.dimensions + ")";
        } else {
            r.shared_once = true;
            continue;
        }
        r.source += s.substr(done, begin - done) + text + newlines(s, begin, d.end);
        done = d.end;
    }
    r.source += s.substr(done);
    return r;
}
