/* Reads values out of JSON text (RFC 8259) without copying it. A value is a pointer to its first character, or NULL. */
#ifndef JSON_H
#define JSON_H

const char *json_member(const char *object, const char *key);
const char *json_element(const char *array, int index);
/* 0, or -1 where the value is missing or no number. */
int json_number(const char *value, double *number);

#endif
