#include "step.h"

#include <string.h>

void step_traits_of(const struct workflow *w, int step, struct step_traits *out)
{
    const struct workflow_step *s = &w->steps[step];
    *out = (struct step_traits){.skippable = s->skippable,
                                .no_override = s->no_override,
                                .count_asked = s->kind == STEP_PLACE && s->count > 1,
                                .own_help = s->own_help,
                                .take_only = s->kind == STEP_KIND_TAKE,
                                .seen_only = s->place < 0 && s->witness.count > 0,
                                .confirm_only = s->kind != STEP_PLACE && s->kind != STEP_KIND_TAKE && s->witness.count == 0};
    memcpy(out->help_after_s, s->help_after_s, sizeof out->help_after_s);
    if (s->item >= 0)
        out->has_bin = w->items[s->item].bin >= 0;
}
