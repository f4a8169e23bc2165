#include "kamino.h"

#include "cv_picture.h"

#include <stdio.h>

struct pattern_plan kamino_plan(void)
{
    return pattern_plan_make(1024, 768, 1, true);
}

void kamino_load(int pose, struct image pictures[KAMINO_PICTURES])
{
    for (int i = 0; i < KAMINO_PICTURES; i++) {
        char name[64], path[512];
        int file = i == 0 ? 40 : i == 1 ? 41 : i - 2; /* theirs end with white, black */
        struct lw_error err;
        snprintf(name, sizeof name, "data/kamino410/capture_%d/graycode_%02d.webp", pose, file);
        harness_need(harness_shared(name, path, sizeof path), "real Gray-code captures");
        assert_ok(cv_picture_read(path, IMAGE_GRAY8, &pictures[i], &err), &err);
    }
}

void kamino_finish(struct image pictures[KAMINO_PICTURES])
{
    for (int i = 0; i < KAMINO_PICTURES; i++)
        image_finish(&pictures[i]);
}
