/* Inside the guide folder: what the acts of a calibration share. */
#pragma once

#include "calibrate.h"
#include "board.h"
#include "capture.h"

#define CALIBRATE_VIEWS_MAX 12
#define CALIBRATE_VIEWS_PROPOSED 7
#define CALIBRATE_KNOWN_MAX 24
#define CALIBRATE_BAR_MM    200.0 /* of the bar on our own boards */

/* One board that was captured. */
struct calibrate_view {
    char name[16];
    struct board_seen seen;
    struct decode_result light;
    bool flat;
};

struct calibrate_session {
    struct guide *g;
    const struct calibrate_options *o;
    struct pattern_plan plan;
    struct capture capture;
    struct decode_result flat, raised;
    struct image white; /* the empty bench in white light, GRAY8 */
    struct cam_px corners[4];
    struct solve_quality quality;
    struct model model;
    struct prove_result proof;
    int act, acts; /* progress */
    int poses_kept;
    struct calibrate_spot *spots; /* calibrate.c: what was measured of the empty bench, by the last model */
    int spot_count;

    struct calibrate_view views[CALIBRATE_VIEWS_MAX];
    int view_count, boards_tried;
    struct board_seen known[CALIBRATE_KNOWN_MAX]; /* places in which a board was tried already */
    int known_count;
    enum lw_msg last_trouble; /* what was said last of a board that can't be taken */
    struct lw_error refusal;  /* of the capture that was refused last */
    double bar_mm;            /* the bar's measured length, 0: not measured */
    struct solve_report report;
};

/* ---- calibrate_talk.c: asking, announcing, telling ---- */

/* Until a person presses next, or with --auto until wait_s have passed. ENDED when the session ends. */
enum lw_msg calibrate_wait_for_go(struct calibrate_session *s, struct lw_error *err);
/* Full pictures change quickly now: said beforehand. */
enum lw_msg calibrate_countdown(struct calibrate_session *s, struct lw_error *err);
/* A `calibration` event; `detail` is taken over. */
void calibrate_tell(struct calibrate_session *s, const char *phase, const char *reason, json_t *detail);
/* One line of what is being done, with the progress of the acts. */
void calibrate_show(struct calibrate_session *s, const char *pictogram, const char *line, const char *more);
/* The same with an outline on the bench, softly lit so that a board is seen in a dark room. */
void calibrate_show_at(struct calibrate_session *s, const struct bench_mm outline[4], const char *pictogram,
                       const char *line);
/* One short word for events: why a capture was refused (glare dark moved bent scale …). */
const char *calibrate_reason(enum lw_msg cause);

/* ---- calibrate_capture.c: patterns of one pose, kept and decoded ---- */

/* Captures all patterns; `white` (may be NULL) becomes a copy of the white picture. Where light or things changed
 * meanwhile it is captured once more, with inverses. */
enum lw_msg calibrate_capture(struct calibrate_session *s, const char *pose, struct decode_result *out, struct image *white,
                              struct lw_error *err);
/* A pose that was refused is not kept. */
void calibrate_forget(struct calibrate_session *s, const char *pose);
/* The kept captures and the proof take the place of the old ones. */
void calibrate_keep(struct calibrate_session *s, const struct calibrate_result *r);

/* ---- calibrate_manual.c ---- */

/* The bench's corners by hand: a cross of light is moved onto each. */
enum lw_msg calibrate_corners_by_hand(struct calibrate_session *s, struct lw_error *err);

/* ---- calibrate_left.c ---- */

/* What stands on the bench after it was mapped is told (`left`) and outlined for some seconds. True when a person took it
 * away and wants the bench mapped again; else the map is as good as it is without these places. */
bool calibrate_left(struct calibrate_session *s);

/* ---- calibrate_boards.c, calibrate_bar.c ---- */

/* Asks for the board in place after place and captures it, until enough are there, nothing new comes, or a person says
 * done; then solves. */
enum lw_msg calibrate_boards(struct calibrate_session *s, struct lw_error *err);
void calibrate_boards_finish(struct calibrate_session *s);
/* The bar's length, typed twice, into s->bar_mm; left at 0 when a person says done. */
enum lw_msg calibrate_ask_bar(struct calibrate_session *s, struct lw_error *err);

/* ---- calibrate.c ---- */

/* To draw outlines where things go: the model as far as it is known comes into force. */
enum lw_msg calibrate_preview(struct calibrate_session *s, struct lw_error *err);
/* The model of all that was captured so far. */
enum lw_msg calibrate_solve(struct calibrate_session *s, struct lw_error *err);
/* Projector pixels by which a pair misses the bench's map, and where on the bench it would be; negative where the model
 * has no answer. */
double calibrate_off_bench_px(const struct calibrate_session *s, const struct decode_pair *pair, struct bench_mm *at);
