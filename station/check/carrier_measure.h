/* Where a case of known size lies that was never seen before: for teaching it. */
#pragma once

#include "carrier.h"

/* Two looks over the bench under the same light, before and after the case was laid (BGR8 camera pictures). The rim
 * (width x depth, at height_mm) is fitted to the edges of what changed; of the two ways round the one nearer to
 * `near` is taken. Refuses: nothing of that size appeared. */
enum lw_msg carrier_measure(const struct model *m, const struct image *before, const struct image *after,
                            double width_mm, double depth_mm, double height_mm, struct rigid near,
                            struct carrier_found *out, struct lw_error *err);
