/* Decoding a set of Gray-code pictures: all bits of a row at once, against a plain loop pixel by pixel as
 * OpenCV's GrayCodePattern::getProjPixel goes about it (every picture is visited for every pixel). */
#include "decode.h"
#include "decode_map.h"
#include "kamino.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 9

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static bool plain_axis(const struct image *pictures, int first, int bits, int x, int y, int *out)
{
    int code = 0, bit = 0;
    for (int b = 0; b < bits; b++) {
        int p = image_row(&pictures[first + 2 * b], y)[x], q = image_row(&pictures[first + 2 * b + 1], y)[x];
        if (abs(p - q) < 5)
            return false;
        bit ^= p > q;
        code = code << 1 | bit;
    }
    *out = code;
    return true;
}

static long plain(const struct image *pictures, int *u, int *v)
{
    long decoded = 0;
    for (int y = 0; y < pictures[0].height; y++)
        for (int x = 0; x < pictures[0].width; x++) {
            if (image_row(&pictures[0], y)[x] - image_row(&pictures[1], y)[x] < DECODE_LIT_MIN)
                continue;
            ptrdiff_t at = (ptrdiff_t)y * pictures[0].width + x;
            decoded +=
                plain_axis(pictures, 2, 10, x, y, &u[at]) && plain_axis(pictures, 22, 10, x, y, &v[at]);
        }
    return decoded;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *t)
{
    qsort(t, ROUNDS, sizeof *t, by_size);
    return t[ROUNDS / 2];
}

int main(void)
{
    harness_init();
    struct image pictures[KAMINO_PICTURES];
    kamino_load(0, pictures);
    struct pattern_plan plan = kamino_plan();
    size_t pixels = (size_t)pictures[0].width * (size_t)pictures[0].height;
    int *u = malloc(pixels * sizeof *u), *v = malloc(pixels * sizeof *v);
    double ours[ROUNDS], pairs[ROUNDS], theirs[ROUNDS];
    long decoded = 0, plain_decoded = 0, lit = 1;
    int count = 0;
    struct lw_error err;
    for (int i = 0; i < ROUNDS; i++) {
        struct decode_map m;
        double t = now_ms();
        assert_ok(decode_map_make(&plan, pictures, KAMINO_PICTURES, &m, &err), &err);
        ours[i] = now_ms() - t;
        decoded = m.decoded, lit = m.lit;
        decode_map_finish(&m);
        struct decode_result r;
        t = now_ms();
        assert_ok(decode_pairs(&plan, pictures, KAMINO_PICTURES, &r, &err), &err);
        pairs[i] = now_ms() - t;
        count = r.count;
        decode_finish(&r);
        t = now_ms();
        plain_decoded = plain(pictures, u, v);
        theirs[i] = now_ms() - t;
    }
    double a = median(ours), b = median(theirs);
    printf("42 pictures of 1280x1024, median of %d, CPU time\n", ROUNDS);
    printf("  every pixel      %7.1f ms  %.1f %% of the lit pixels\n", a,
           100.0 * (double)decoded / (double)lit);
    printf("  plain loop       %7.1f ms  %.1f %%\n", b, 100.0 * (double)plain_decoded / (double)lit);
    printf("  ratio            %7.1f\n", b / a);
    printf("  with %5d pairs %7.1f ms\n", count, median(pairs));
    free(u);
    free(v);
    kamino_finish(pictures);
    return 0;
}
