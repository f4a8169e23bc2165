/* e2e_calibration_rows CALIBRATION proj|cam Z_MM: what a calibration says, as rows px, py, x_mm, y_mm over the plane at
 * z_mm, for programs that know the truth. */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEP_PX 24
#define EDGE_MM 10.0 /* of the bench, left out */

static bool place_of(const struct model *m, bool proj, int x, int y, double z_mm, struct bench_mm *out)
{
    if (proj)
        return model_bench_from_proj(m, (struct proj_px){x, y}, z_mm, out);
    return model_bench_from_cam(m, (struct cam_px){x, y}, z_mm, out);
}

int main(int argc, char **argv)
{
    struct calibration c;
    struct lw_error err;
    if (argc != 4 || (strcmp(argv[2], "proj") != 0 && strcmp(argv[2], "cam") != 0)) {
        fprintf(stderr, "usage: e2e_calibration_rows CALIBRATION proj|cam Z_MM\n");
        return 2;
    }
    lw_messages_init("en");
    if (calibration_load(&c, argv[1], &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const struct model *m = &c.model;
    bool proj = strcmp(argv[2], "proj") == 0;
    const struct lens *lens = proj ? &m->projector.lens : &m->camera.lens;
    double z_mm = strtod(argv[3], NULL);
    struct bench_mm b;
    for (int y = 0; y < lens->height; y += STEP_PX)
        for (int x = 0; x < lens->width; x += STEP_PX)
            if (place_of(m, proj, x, y, z_mm, &b) && b.x > EDGE_MM && b.x < m->bench_width_mm - EDGE_MM &&
                b.y > EDGE_MM && b.y < m->bench_depth_mm - EDGE_MM)
                printf("%d,%d,%.4f,%.4f\n", x, y, b.x, b.y);
    return 0;
}
