/* What every guided session (pack, calibrate, teach) stands on: the devices, one tick, looks, events, presses.
 * Sessions are plain procedures that call guide_tick until something has happened; nothing else waits. */
#pragma once

#include "camera.h"
#include "clock.h"
#include "device.h"
#include "guide_trace.h"
#include "journal.h"
#include "light_watch.h"
#include "press.h"
#include "screen.h"
#include "store.h"
#include "unwritten.h"
#include "view.h"
#include "watch.h"

/* What a pretend person or a demo window needs: every event as it happens, every tick. */
struct guide_observer {
    void *context;
    void (*hear)(void *context, const struct journal_event *event); /* may be NULL */
    void (*tick)(void *context, int64_t now_ns);                    /* may be NULL */
    void (*seen)(void *context, const struct frame *frame, const struct image *canvas); /* may be NULL */
};

struct mend_memory; /* mend.h */

#define GUIDE_PRESSES 32


struct guide {
    /* made by the caller, who destroys them after guide_finish */
    struct lw_clock clock;
    struct camera *camera;
    struct screen *screen;
    struct journal *journal;         /* may be NULL: nothing is kept */
    struct journal_stream *events;   /* may be NULL */
    struct press_file *press_file;   /* may be NULL */
    struct device_hub *hub;          /* may be NULL */
    struct guide_observer observer;
    double bench_width_mm, bench_depth_mm;
    bool trace;
    struct mend_memory *memory; /* what the bench looked like when it was calibrated; NULL: bumps can't be mended */
    const char *folder;         /* of the calibration; with memory */
    int explain;                /* enum explain_level (explain.h): what of each look is kept, and where */
    char explain_folder[512];

    /* what a kit's events carry */
    char kit[64], workflow[64], workflow_hash[17], section[64];

    /* made by guide_init */
    struct calibration calibration;
    bool calibrated;
    struct render *render;
    struct scene *scene;
    struct watch *watch;
    struct light_watch *light; /* does the projected light fall where it is drawn? */

    /* the state after a tick */
    struct frame *frame; /* the newest frame, NULL before the first */
    bool new_frame;      /* it came in this tick */
    struct watch_state seen;
    bool camera_lost, screen_lost;
    bool camera_moved;       /* it was knocked: the calibration no longer holds, nothing may be accepted */
    bool light_aside;        /* the projected light seems to fall elsewhere than it is drawn: to be looked into */
    bool light_lost;         /* it was looked into, and can't be mended: nothing may be accepted */
    int64_t light_compared_ns;
    int light_votes;         /* comparisons in a row that say so */
    int64_t camera_lost_ns;
    int64_t compared_ns;     /* when the bench was last compared with the memory */
    bool shifted;            /* and what came of it */
    int64_t shifted_since_ns; /* since when its picture has seemed shifted; 0: it does not */
    int64_t presented_ns; /* when the projected picture last changed */
    bool screen_taken;   /* something else than the scene is shown (calibrating), until the next guide_show */
    const struct image *taken_picture; /* what it is, as long as it lives */
    bool rest_wanted;     /* the rest picture is taken as soon as the projection has arrived and nothing moves */
    int64_t moved_ns;     /* when something last moved (with the projection at rest) */
    bool quit;
    uint64_t asks;        /* counts the asks' ids */
    struct unwritten unwritten; /* told, and not yet in the journal */

    struct press_typing typing; /* an answer that is typed at the keyboard, letter by letter */
    struct press presses[GUIDE_PRESSES];
    int press_begin, press_count;
    struct guide_trace *timings;
};

/* After the caller filled the first group. Loads nothing; without guide_set_calibration the guide is uncalibrated. */
enum lw_msg guide_init(struct guide *g, struct lw_error *err);
void guide_finish(struct guide *g);

/* Takes the calibration into use (or none, when NULL). */
enum lw_msg guide_set_calibration(struct guide *g, const struct calibration *c, struct lw_error *err);

/* One pass: frame, hands, presses, devices, picture; then waits for the next frame (at most 1/20 s). */
void guide_tick(struct guide *g);

/* Ticks for so many seconds, or until the session shall end. */
void guide_wait(struct guide *g, double seconds);

/* The scene was rebuilt: it is drawn at the next tick, and hands are measured against it once it has arrived. */
void guide_show(struct guide *g);

/* The next press that waits; false when there is none. */
bool guide_press(struct guide *g, struct press *out);
void guide_push_press(struct guide *g, const struct press *p);

/* Writes an event, completed with times, kit and workflow, into the journal, then tells the stream and the observer.
 * LW_OK, or the journal's error: then it was told to nobody, nothing may be shown that depends on it, and a second try
 * with the same struct is the same event. */
enum lw_msg guide_emit(struct guide *g, struct journal_event *e, struct lw_error *err);

/* The same for what does not wait for the journal (asks, devices, looks): told in any case; what the journal did not
 * take is written before the next event that it takes. */
void guide_tell(struct guide *g, struct journal_event *e);

/* An `ask` event. `detail` (may be NULL) is taken over. The outline (bench mm) may be NULL. */
void guide_ask(struct guide *g, const char *what, const char *choices, const struct bench_mm *outline, int corners,
               json_t *detail);

/* From presenting to the first frame that surely shows it, ns. */
int64_t guide_delay_ns(const struct guide *g);

/* The bump was looked into: what is seen now is where things are. */
void guide_forget_bump(struct guide *g);

/* The light was looked into. `mended`: it falls where it is drawn; else what seemed aside was none, or can't be helped. */
void guide_forget_light(struct guide *g, bool mended);

/* Ticks until nothing has moved for 0.4 s and no hand is seen (or what seems to be one has not moved for 8 s), at most
 * for `seconds`; false when it did not come. */
bool guide_wait_calm(struct guide *g, double seconds);

/* Something moved since `since_ns`, and now nothing has moved for 0.4 s and no hand is there (or a hand has lain
 * still for so long that the camera may as well look at it). */
bool guide_settled(const struct guide *g, int64_t since_ns);
