/* Texts of a workflow written beside the old ones, loaded, and renamed over them. Private to this folder. */
#pragma once

#include "workflow.h"

struct workflow_save_text {
    const char *name, *text;
    const char *was; /* as it was read; NULL: it must not be there yet */
    bool any;        /* with `was` NULL: whatever is there is replaced */
};

/* Refused when a file is not as it was read, or when the texts load with more than `errors_allowed` errors. */
enum lw_msg workflow_save_texts(const char *folder, const struct workflow_save_text *texts, int count,
                                const struct workflow_bench *bench, int errors_allowed, struct lw_problems *problems,
                                struct lw_error *err);

/* Loads the folder with these texts in place of its own; as workflow_load. */
enum lw_msg workflow_save_load(const char *folder, const struct workflow_save_text *texts, int count,
                               struct workflow **out, const struct workflow_bench *bench, struct lw_problems *problems);
