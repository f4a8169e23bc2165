/* Decoding a set of Gray-code pictures: all bits of a row at once, against OpenCV's GrayCodePattern::getProjPixel pixel
 * by pixel, in the same run on the same pictures, both for all lit pixels. */
#include "decode.h"
#include "decode_map.h"
#include "kamino.h"
#include "plain_decode.h"

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
        plain_decoded = plain_decode(pictures, KAMINO_PICTURES, 1024, 768, DECODE_LIT_MIN, &theirs[i]);
        assert_true(plain_decoded > 0);
    }
    double a = median(ours), b = median(theirs);
    printf("42 pictures of 1280x1024, median of %d, CPU time\n", ROUNDS);
    printf("  every pixel      %7.1f ms  %.1f %% of the lit pixels\n", a,
           100.0 * (double)decoded / (double)lit);
    printf("  OpenCV           %7.1f ms  %.1f %%\n", b, 100.0 * (double)plain_decoded / (double)lit);
    printf("  ratio            %7.1f\n", b / a);
    printf("  with %5d pairs %7.1f ms\n", count, median(pairs));
    kamino_finish(pictures);
    return 0;
}
