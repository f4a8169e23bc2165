#include "harness.h"

#include "cv_picture.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *join(const char *env, const char *fallback, const char *relative, char *buf, int size)
{
    const char *root = getenv(env);
    snprintf(buf, (size_t)size, "%s/%s", root ? root : fallback, relative);
    return buf;
}

const char *harness_source(const char *relative, char *buf, int size)
{
    return join("LICHTWIJZER_SOURCE", ".", relative, buf, size);
}

const char *harness_shared(const char *relative, char *buf, int size)
{
    return join("LICHTWIJZER_SHARED", "../shared", relative, buf, size);
}

void harness_need(const char *path, const char *why)
{
    if (access(path, R_OK) == 0)
        return;
    printf("skipped: %s is not here (%s)\n", path, why);
    exit(HARNESS_SKIP);
}

static char scratch[256];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_scratch(void)
{
    nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *harness_scratch(void)
{
    if (scratch[0])
        return scratch;
    const char *tmp = getenv("TMPDIR");
    snprintf(scratch, sizeof scratch, "%s/lichtwijzer-test-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(scratch)) {
        fprintf(stderr, "can't make %s: %s\n", scratch, strerror(errno));
        exit(1);
    }
    atexit(remove_scratch);
    return scratch;
}

void harness_init(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    lw_messages_init("en");
    cv_setup(1);
}

double harness_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* Red where the golden has more light, green where the new picture has. */
static long compare(const struct image *golden, const struct image *seen, int tolerance, struct image *diff)
{
    long different = 0;
    for (int y = 0; y < seen->height; y++)
        for (int x = 0; x < seen->width; x++) {
            const uint8_t *g = image_row(golden, y) + 3 * x, *s = image_row(seen, y) + 3 * x;
            uint8_t *d = image_row(diff, y) + 3 * x;
            int worst = 0;
            for (int c = 0; c < 3; c++)
                if (abs(s[c] - g[c]) > abs(worst))
                    worst = s[c] - g[c];
            d[0] = d[1] = d[2] = (uint8_t)(s[1] / 4);
            if (abs(worst) > tolerance) {
                different++;
                d[worst < 0 ? 2 : 1] = 255;
            }
        }
    return different;
}

void harness_golden(const char *name, const struct image *seen, int tolerance, double share)
{
    char path[512], relative[256], diff_path[512];
    struct lw_error err = {0};
    struct image colour = {0}, golden = {0}, diff = {0};
    snprintf(relative, sizeof relative, "tests/golden/%s.png", name);
    harness_source(relative, path, sizeof path);
    assert_ok(cv_picture_convert(seen, IMAGE_BGR8, &colour, &err), &err);
    const char *renew = getenv("LICHTWIJZER_GOLDEN");
    if (renew && strcmp(renew, "renew") == 0) {
        assert_ok(cv_picture_write(path, &colour, &err), &err);
        image_finish(&colour);
        return;
    }
    assert_ok(cv_picture_read(path, IMAGE_BGR8, &golden, &err), &err);
    assert_int_equal(golden.width, colour.width);
    assert_int_equal(golden.height, colour.height);
    assert_ok(image_init(&diff, colour.width, colour.height, IMAGE_BGR8, &err), &err);
    long different = compare(&golden, &colour, tolerance, &diff);
    if ((double)different > share * colour.width * colour.height) {
        snprintf(relative, sizeof relative, "tests/golden/%s.diff.png", name);
        cv_picture_write(harness_source(relative, diff_path, sizeof diff_path), &diff, &err);
        fail_msg("%s: %ld pixels differ, see %s", name, different, diff_path);
    }
    image_finish(&colour);
    image_finish(&golden);
    image_finish(&diff);
}

void harness_golden_text(const char *name, const char *text)
{
    char path[512], relative[256], *golden = calloc(1, strlen(text) + 2);
    const char *renew = getenv("LICHTWIJZER_GOLDEN");
    snprintf(relative, sizeof relative, "tests/golden/%s", name);
    harness_source(relative, path, sizeof path);
    FILE *f = fopen(path, renew && strcmp(renew, "renew") == 0 ? "w+" : "r");
    if (!f || !golden)
        fail_msg("%s can't be opened", path);
    if (renew && strcmp(renew, "renew") == 0) {
        fputs(text, f);
        rewind(f);
    }
    size_t n = fread(golden, 1, strlen(text) + 1, f);
    fclose(f);
    if (n != strlen(text) || memcmp(golden, text, n) != 0)
        print_message("---- %s is now:\n%s----\n", name, text);
    assert_string_equal(golden, text);
    free(golden);
}
