#include "report_names.h"

#include <string.h>

static const char *words_or(const char *id, const struct workflow_text *text)
{
    const char *words = workflow_text(text);
    return words[0] ? words : id;
}

static void name(const void *context, const char *workflow, const char **step, const char **item)
{
    const struct workflow *w = context;
    if (strcmp(workflow, w->id) != 0)
        return;
    int i = workflow_find_step(w, *step);
    if (i >= 0)
        *step = words_or(*step, &w->steps[i].text);
    for (int k = 0; k < w->item_count; k++)
        if (strcmp(w->items[k].id, *item) == 0) {
            *item = words_or(*item, &w->items[k].name);
            break;
        }
}

void report_with_names(struct journal_report_options *o, const struct workflow *w)
{
    o->name = name;
    o->name_context = w;
}
