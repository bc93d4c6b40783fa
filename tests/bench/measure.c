#include "measure.h"

settings bench;
static struct {
    const char *program, *match;
    FILE *table;
    char group[80], variant[80];
    int printed; /* whether the heading of the present group is */
    size_t resident;
    double spent; /* seconds since the first pair */
} now;

static void stop(const char *what)
{
    if (bench.rank == 0) fprintf(stderr, "%s: %s; options: --threads N --large --short --match TEXT --table FILE --bytes N\n", now.program, what);
    ranks_end();
    exit(2);
}

dlops_context *begin(int argc, char **argv, const char *program)
{
    return begin_on(argc, argv, program, (dlops_context_options)DLOPS_CONTEXT_OPTIONS_INIT);
}

dlops_context *begin_on(int argc, char **argv, const char *program, dlops_context_options choices)
{
    const char *table = NULL;
    ranks_begin(&argc, &argv, &bench.rank, &bench.ranks);
    now.program = program;
    bench.threads = 1;
    bench.pairs = 15;
    bench.repeats = 1;
    bench.bytes = (double)(1 << 30);
    for (int k = 1; k < argc; ++k) {
        if (strcmp(argv[k], "--large") == 0) bench.large = 1;
        else if (strcmp(argv[k], "--short") == 0) bench.pairs = 5;
        else if (k + 1 == argc) stop(argv[k]);
        else if (strcmp(argv[k], "--threads") == 0) bench.threads = atoi(argv[++k]);
        else if (strcmp(argv[k], "--match") == 0) now.match = argv[++k];
        else if (strcmp(argv[k], "--table") == 0) table = argv[++k];
        else if (strcmp(argv[k], "--bytes") == 0) bench.bytes = atof(argv[++k]);
        else stop(argv[k]);
    }
    if (bench.threads < 1) stop("--threads");
    if (!(bench.bytes >= 4096)) stop("--bytes is below 4096");
    if (table && bench.rank == 0 && !(now.table = fopen(table, "a"))) stop(table);

    dlops_context *context = NULL;
    choices.threads = bench.threads;
    CHECK(ranks_context(&choices, &context));
    return context;
}

size_t large_bytes(void)
{
    const size_t least = (size_t)2 << 30;
    /* Four vectors and as much again beside them. */
    unsigned long long most = available_bytes() / 8, wanted = 2 * cache_bytes() > least ? 2 * cache_bytes() : least;
    unsigned long long bytes = most < wanted ? most : wanted;
    bytes = ranks_first(bytes);
    return (size_t)bytes & ~(((size_t)1 << 26) - 1);
}

int finish(dlops_context **context)
{
    dlops_context_destroy(context);
    if (now.table) fclose(now.table);
    ranks_end();
    return 0;
}

void heading(const char *group, const char *variant)
{
    snprintf(now.group, sizeof now.group, "%s", group);
    snprintf(now.variant, sizeof now.variant, "%s", variant);
    now.printed = 0;
}

int wanted(const char *name)
{
    return !now.match || strstr(name, now.match) || strstr(now.group, now.match);
}

void quartiles(double *numbers, int n, double *lower, double *median, double *upper)
{
    for (int i = 1; i < n; ++i) {
        for (int k = i; k > 0 && numbers[k] < numbers[k - 1]; --k) {
            double above = numbers[k - 1];
            numbers[k - 1] = numbers[k];
            numbers[k] = above;
        }
    }
    *lower = numbers[n / 4];
    *median = numbers[n / 2];
    *upper = numbers[3 * n / 4];
}

double timed(work run, void *state)
{
    ranks_wait();
    double start = ranks_seconds();
    for (int k = 0; k < bench.repeats; ++k) run(state);
    if (bench.context) CHECK(dlops_context_synchronize(bench.context));
    double seconds = ranks_largest(ranks_seconds() - start);
    now.spent += seconds;
    return seconds / bench.repeats;
}

double timed_alone(work run, void *state)
{
    double seconds = 0;
    ranks_rest();
    if (bench.rank == 0) {
        double start = ranks_seconds();
        for (int k = 0; k < bench.repeats; ++k) run(state);
        seconds = ranks_seconds() - start;
    }
    ranks_rest();
    seconds = ranks_largest(seconds);
    now.spent += seconds;
    return seconds / bench.repeats;
}

int another_pair(int done)
{
    if (done == 0) now.spent = 0;
    return done < bench.pairs && (done < 5 || now.spent < 20);
}

void watch_memory(void)
{
    now.resident = restart_peak();
}

double memory_ratio(double vector_bytes)
{
    return ranks_largest(now.resident ? 1 + ((double)peak_bytes() - (double)now.resident) / vector_bytes : 0);
}

/* "12.345 ms", or "us" where it is short. */
static const char *duration(double seconds, char text[16])
{
    if (seconds < 1e-4) snprintf(text, 16, "%.3f us", 1e6 * seconds);
    else snprintf(text, 16, "%.3f ms", 1e3 * seconds);
    return text;
}

void print_row(const row *r)
{
    if (bench.rank != 0) return;
    const char *unit = r->unit ? r->unit : "GB/s";
    int missed = r->target > 0 && (r->at_most ? r->ratio > r->target : r->ratio < r->target);
    if (!now.printed) {
        char title[sizeof now.group + sizeof now.variant + 2];
        snprintf(title, sizeof title, "%s%s%s", now.group, *now.variant ? ", " : "", now.variant);
        printf("\n%-52s %12s %12s %12s   ratio (quartiles)   memory\n", title, "dlops", "yardstick", "rate");
        now.printed = 1;
    }
    char first[16], second[16];
    if (r->seconds > 0) {
        printf("%-52s %12s %12s %7.1f %s  %5.2f (%.2f to %.2f)", r->name, duration(r->seconds, first), duration(r->yardstick, second),
               r->rate, unit, r->ratio, r->lower, r->upper);
    } else {
        printf("%-52s %12s %12s %12s  %5.2f (%.2f to %.2f)", r->name, "", "", "", r->ratio, r->lower, r->upper);
    }
    if (r->memory > 0) printf("  %6.3f", r->memory);
    else printf("  %6s", "");
    if (missed) printf("  %s %.2f", r->at_most ? "above" : "below", r->target);
    printf("\n");
    fflush(stdout);
    if (now.table) {
        fprintf(now.table, "%s\t%d\t%d\t%s\t%s\t%s\t%.9f\t%.9f\t%.3f\t%s\t%.4f\t%.4f\t%.4f\t%.2f\t%d\t%.4f\n", now.program, bench.ranks,
                bench.threads, now.group, now.variant, r->name, r->seconds, r->yardstick, r->rate, unit, r->ratio, r->lower,
                r->upper, r->target, r->at_most, r->memory);
        fflush(now.table);
    }
}

row compare(const measurement *m)
{
    enum { most = 15 };
    double a[most], b[most], ratio[most], scale = m->scale > 0 ? m->scale : 1, low, high;
    timed(m->subject, m->subject_state);
    row r = {.name = m->name, .unit = m->unit, .target = m->target};
    r.memory = m->vector_bytes > 0 ? memory_ratio(m->vector_bytes) : 0;
    timed(m->yardstick, m->yardstick_state);
    int pairs = 0;
    for (; another_pair(pairs); ++pairs) {
        a[pairs] = timed(m->subject, m->subject_state);
        b[pairs] = scale * timed(m->yardstick, m->yardstick_state);
        ratio[pairs] = b[pairs] / a[pairs];
    }
    quartiles(a, pairs, &low, &r.seconds, &high);
    quartiles(b, pairs, &low, &r.yardstick, &high);
    quartiles(ratio, pairs, &r.lower, &r.ratio, &r.upper);
    r.rate = 1e-9 * m->amount / r.seconds;
    print_row(&r);
    return r;
}

void settle(streams *s)
{
    double best[2] = {1e30, 1e30};
    s->threads = bench.threads;
    s->bypass = 0;
    if (s->writes == 0 || reads_outputs(s)) return;
    for (int round = 0; round < 4; ++round) {
        for (s->bypass = 0; s->bypass < 2; ++s->bypass) {
            double seconds = timed(stream_loop, s);
            if (round > 0 && seconds < best[s->bypass]) best[s->bypass] = seconds;
        }
    }
    s->bypass = best[1] < best[0];
}

void *address(dlops_array *array)
{
    void *data = NULL;
    CHECK(dlops_array_acquire(array, DLOPS_ACCESS_READ, &data));
    CHECK(dlops_array_release(array));
    return data;
}

dlops_array *vector(dlops_space *space, int wrapped, uint64_t seed)
{
    dlops_array *array = NULL;
    int64_t count = 0;
    int32_t dtype = 0;
    CHECK(dlops_space_get_local_count(space, &count));
    CHECK(dlops_space_get_dtype(space, &dtype));
    size_t size = dtype == DLOPS_FLOAT32 ? 4 : 8;
    if (wrapped) {
        char *block = malloc((size_t)count * size + 64);
        if (!block) ranks_abort();
        /* malloc gives multiples of 16 bytes. */
        CHECK(dlops_array_wrap_strided(space, block + size, NULL, block, free, &array));
    } else {
        CHECK(dlops_array_create(space, &array));
    }
    CHECK(dlops_array_fill_random(array, DLOPS_UNIFORM, seed));
    return array;
}
