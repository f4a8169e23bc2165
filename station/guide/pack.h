/* Packing kits, guided and verified. */
#pragma once

#include "guide.h"
#include "workflow.h"

struct pack_options {
    int kits;            /* so many, then end; 0: until quit */
    const char *kit;     /* id of the first kit, NULL: made from date and time */
    const char *section; /* only this one, NULL: all */
    const char *resume;  /* id of a kit to take on, NULL: offer the open ones */
};

enum pack_end { PACK_FAILED = 0, PACK_COMPLETE, PACK_ASIDE, PACK_QUIT };

/* Runs until the kits are packed or the session ends. PACK_FAILED: err says why. */
enum pack_end pack_run(struct guide *g, const struct workflow *w, const struct pack_options *o, struct lw_error *err);
