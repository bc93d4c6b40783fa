#include "json.h"

#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 };

static const char *skip_space(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

/* Past the string that begins at s; NULL if it does not end. */
static const char *skip_string(const char *s)
{
    for (s++; *s && *s != '"'; s++)
        if (*s == '\\' && s[1]) s++;
    return *s ? s + 1 : NULL;
}

/* Past the value that begins at s; NULL if the text is no JSON. */
static const char *skip_value(const char *s, int depth)
{
    s = skip_space(s);
    if (*s == '"') return skip_string(s);
    if (*s != '{' && *s != '[') {
        size_t length = strcspn(s, " \t\r\n,]}");
        return length ? s + length : NULL;
    }
    char end = *s == '{' ? '}' : ']';
    s = skip_space(s + 1);
    if (*s == end) return s + 1;
    for (; depth < DEEPEST; s++) {
        if (end == '}') {
            s = skip_space(s);
            s = *s == '"' ? skip_string(s) : NULL;
            if (!s || *(s = skip_space(s)) != ':') return NULL;
            s++;
        }
        s = skip_value(s, depth + 1);
        if (!s) return NULL;
        s = skip_space(s);
        if (*s == end) return s + 1;
        if (*s != ',') return NULL;
    }
    return NULL;
}

const char *json_member(const char *object, const char *key)
{
    if (!object || *(object = skip_space(object)) != '{') return NULL;
    for (const char *s = skip_space(object + 1); s && *s == '"';) {
        const char *end = skip_string(s);
        if (!end) return NULL;
        int found = (size_t)(end - s) == strlen(key) + 2 && !strncmp(s + 1, key, strlen(key));
        s = skip_space(end);
        if (*s != ':') return NULL;
        if (found) return skip_space(s + 1);
        s = skip_value(s + 1, 0);
        if (!s || *(s = skip_space(s)) != ',') return NULL;
        s = skip_space(s + 1);
    }
    return NULL;
}

const char *json_element(const char *array, int index)
{
    if (!array || *(array = skip_space(array)) != '[') return NULL;
    const char *s = skip_space(array + 1);
    for (int i = 0; *s != ']'; i++) {
        if (i == index) return s;
        s = skip_value(s, 0);
        if (!s || *(s = skip_space(s)) != ',') return NULL;
        s = skip_space(s + 1);
    }
    return NULL;
}

int json_number(const char *value, double *number)
{
    char *end;
    if (!value || !strchr("-0123456789", *value)) return -1;
    *number = strtod(value, &end);
    return end == value || !strchr(" \t\r\n,]}", *end) ? -1 : 0;
}
