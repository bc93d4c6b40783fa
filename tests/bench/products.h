/* Products with a large matrix, y = A x or A^T x, of the library and of OpenBLAS where it was found. */
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include "measure.h"

/* A is n x n; x and y have n rows and this rank's part of `columns` columns. */
typedef struct product {
    dlops_operator *op;
    dlops_array *matrix, *x, *y;
    int64_t n, columns, local_columns;
    int is_double, adjoint;
} product;

product make_product(dlops_context *context, int is_double, int64_t n, int64_t columns);
void destroy_product(product *p);

/* An array of this rank alone, of rows x columns elements. */
dlops_array *matrix_of(dlops_context *context, int is_double, int64_t rows, int64_t columns, int wrapped);

/* A matrix of which each rank of the context has `rows` rows, in `matrix`, as an operator on vectors of n rows and some
 * columns: the whole matrix on one rank, VStack of each rank's rows on several. */
dlops_operator *rows_product(dlops_context *context, int is_double, int64_t rows, int64_t n, int64_t columns, void *matrix);

/* Operations of all ranks. */
double operations(const product *p);

void library_product(void *p);

/* Whether there is OpenBLAS, and on one thread: idle threads of one library spin, or are woken late, on cores that those of
 * the other need, so that their times side by side would say nothing. */
int beside_openblas(void);
void openblas_product(void *p);

/* y = A x or A^T x with a matrix of rows x n, on this rank alone. */
typedef struct multiplication {
    int is_double, adjoint;
    int64_t rows, n, columns;
    const void *matrix, *x;
    void *y;
} multiplication;

/* By gemv for one column, by gemm for more. */
void openblas_multiply(void *multiplication);

#endif
