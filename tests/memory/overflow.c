/* Asks for an error text in a buffer that is shorter than it says. AddressSanitizer must stop this program. */
#include <dlops.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char *buffer = malloc(4);
    if (buffer == NULL || dlops_context_create_self(NULL, NULL) == DLOPS_OK) return 1;
    if (dlops_last_error_copy(buffer, 4096) != DLOPS_OK) return 2;
    printf("%c\n", buffer[0]);
    free(buffer);
    return 0;
}
