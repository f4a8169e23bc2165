#include "calibrate_session.h"

#include "show.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGREE_MM 0.5  /* two measurements of one bar */
#define LEAST_MM 150.0
#define MOST_MM  250.0

/* One measurement: `bar MM`, or digits and then next. False when the session ended or the person went on without (done). */
static bool read_bar(struct calibrate_session *s, double *mm)
{
    struct guide *g = s->g;
    struct press press;
    char typed[16] = "";
    while (!g->quit) {
        guide_tick(g);
        while (guide_press(g, &press)) {
            size_t n = strlen(typed);
            if (press.kind == PRESS_DONE)
                return false;
            if (press.kind == PRESS_DIGIT && n + 1 < sizeof typed)
                typed[n] = press.text[0], typed[n + 1] = 0;
            else if (press.kind == PRESS_BACK && n)
                typed[n - 1] = 0;
            if (press.kind == PRESS_DIGIT || press.kind == PRESS_BACK)
                calibrate_show(s, "board", _("Measure the printed bar of 200 mm and type its length"), typed);
            double value = press.kind == PRESS_BAR ? press.number : press.kind == PRESS_NEXT ? strtod(typed, NULL) : 0;
            if (value >= LEAST_MM && value <= MOST_MM) {
                *mm = value;
                return true;
            }
        }
    }
    return false;
}

enum lw_msg calibrate_ask_bar(struct calibrate_session *s, struct lw_error *err)
{
    double first, second;
    while (!s->g->quit) {
        calibrate_show(s, "board", _("Measure the printed bar of 200 mm and type its length"), _("In mm, for example 199.5; then next"));
        guide_ask(s->g, "bar", "bar done", NULL, 0, json_pack("{s:i}", "time", 1));
        if (!read_bar(s, &first))
            break;
        calibrate_show(s, "board", _("And once more: measure it again and type its length"), NULL);
        guide_ask(s->g, "bar", "bar done", NULL, 0, json_pack("{s:i,s:f}", "time", 2, "first_mm", first));
        if (!read_bar(s, &second))
            break;
        if (fabs(first - second) <= AGREE_MM) {
            s->bar_mm = (first + second) / 2;
            return LW_OK;
        }
    }
    return s->g->quit ? lw_fail(err, LW_MSG_ENDED) : LW_OK;
}
