#include "network_bench_room.h"

#include "harness.h"

#include "clock.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_BYTES 65536

struct room {
    pthread_mutex_t lock;
    const struct display *display;
    struct sim *sim;
    struct camera *camera;
    struct screen *screen;
    struct scenario *scenario;
    struct person *person;
    struct lw_clock clock;
    struct image shown; /* the display's picture that the projector throws */
    struct frame *last;
    int64_t last_ns;
    int events, input;
    char line[LINE_BYTES];
    size_t length;
    bool rest;
    struct room_score score;
};

/* ---- light ---- */

/* First and last pixel of a row that differ; false: none. */
static bool row_change(const uint32_t *a, const uint32_t *b, int width, int *first, int *last)
{
    if (memcmp(a, b, (size_t)width * 4) == 0)
        return false;
    int x0 = 0, x1 = width - 1;
    while (a[x0] == b[x0])
        x0++;
    while (a[x1] == b[x1])
        x1--;
    *first = x0 < *first ? x0 : *first;
    *last = x1 > *last ? x1 : *last;
    return true;
}

/* Throws what changed on the display since the last picture. */
static void project(struct room *r, int64_t now_ns)
{
    struct image now = display_picture(r->display);
    struct lw_error err;
    int x0 = now.width, x1 = -1, y0 = now.height, y1 = -1;
    for (int y = 0; y < now.height; y++) {
        const uint8_t *from = image_row(&now, y);
        uint8_t *to = image_row(&r->shown, y);
        if (!row_change((const uint32_t *)(const void *)from, (const uint32_t *)(void *)to, now.width, &x0, &x1))
            continue;
        y0 = y < y0 ? y : y0;
        y1 = y;
        memcpy(to, from, (size_t)now.width * 4);
    }
    if (y1 < 0 || x1 < x0)
        return;
    struct picture_rect changed = {x0, y0, x1 - x0 + 1, y1 - y0 + 1};
    assert_ok(screen_present(r->screen, &r->shown, &changed, 1, now_ns, &err), &err);
}

/* ---- the person ---- */

static void press(void *context, const char *line)
{
    struct room *r = context;
    char text[200];
    int n = snprintf(text, sizeof text, "%s\n", line);
    if (write(r->input, text, (size_t)n) != n)
        fprintf(stderr, "the press \"%s\" was lost\n", line);
}

static const char *text_of(const json_t *o, const char *key)
{
    return json_string_value(json_object_get(o, key));
}

static enum journal_kind kind_of(const char *name)
{
    for (int k = EVENT_START; name && k <= EVENT_END; k++)
        if (strcmp(journal_kind_name((enum journal_kind)k), name) == 0)
            return (enum journal_kind)k;
    return EVENT_NONE;
}

static void count_event(struct room_score *s, const struct journal_event *e)
{
    const char *result = e->result ? e->result : "", *phase = e->phase ? e->phase : "";
    s->accepts += e->kind == EVENT_VERDICT && strcmp(result, "accept") == 0;
    s->refusals += e->kind == EVENT_VERDICT && strcmp(result, "refuse") == 0;
    s->steps += e->kind == EVENT_STEP && strcmp(phase, "done") == 0;
}

/* One line of the program's events: what a person sees of it, since all else stands on the bench. */
static void hear(struct room *r, const char *line)
{
    json_error_t error;
    json_t *o = json_loads(line, 0, &error);
    if (!o) {
        fail_msg("not a line of JSON: %s", line);
        return;
    }
    const struct journal_event e = {.kind = kind_of(text_of(o, "event")),
                                    .t_ns = json_integer_value(json_object_get(o, "t_ns")),
                                    .kit = text_of(o, "kit"),
                                    .workflow = text_of(o, "workflow"),
                                    .section = text_of(o, "section"),
                                    .step = text_of(o, "step"),
                                    .place = text_of(o, "place"),
                                    .item = text_of(o, "item"),
                                    .phase = text_of(o, "phase"),
                                    .result = text_of(o, "result"),
                                    .reason = text_of(o, "reason"),
                                    .seen = text_of(o, "seen"),
                                    .seen_place = text_of(o, "seen_place"),
                                    .frame = (uint64_t)json_integer_value(json_object_get(o, "frame")),
                                    .detail = o};
    if (e.kind != EVENT_NONE) {
        count_event(&r->score, &e);
        person_hear(r->person, &e);
    }
    json_decref(o);
}

static void read_events(struct room *r)
{
    for (;;) {
        ssize_t n = read(r->events, r->line + r->length, sizeof r->line - 1 - r->length);
        if (n <= 0)
            return;
        r->length += (size_t)n;
        r->line[r->length] = 0;
        char *begin = r->line;
        for (char *end; (end = strchr(begin, '\n')); begin = end + 1) {
            *end = 0;
            if (getenv("NETWORK_BENCH_VERBOSE"))
                printf("%s\n", begin);
            if (*begin)
                hear(r, begin);
        }
        r->length -= (size_t)(begin - r->line);
        memmove(r->line, begin, r->length);
        assert_true(r->length < sizeof r->line - 1);
    }
}

/* ---- a picture ---- */

void room_picture(void *context, int n, struct image *out)
{
    struct room *r = context;
    struct lw_error err;
    struct frame *f = NULL;
    (void)n;
    pthread_mutex_lock(&r->lock);
    int64_t now_ns = clock_now_ns(&r->clock);
    read_events(r);
    if (!r->rest)
        person_tick(r->person, now_ns);
    project(r, now_ns);
    if (camera_poll(r->camera, now_ns, &f, &err) == CAMERA_FRAME) {
        frame_unref(&r->last);
        r->last = f;
    }
    if (r->last_ns && (now_ns - r->last_ns) / NS_PER_MS > r->score.max_gap_ms)
        r->score.max_gap_ms = (int)((now_ns - r->last_ns) / NS_PER_MS);
    r->last_ns = now_ns;
    assert_ok(r->last ? image_copy(out, &r->last->image, &err) : LW_MSG_BUG, &err);
    pthread_mutex_unlock(&r->lock);
}

/* ---- from outside ---- */

void room_blind(struct room *r, bool blind)
{
    pthread_mutex_lock(&r->lock);
    sim_blind(r->sim, blind);
    pthread_mutex_unlock(&r->lock);
}

void room_rest(struct room *r, bool rest)
{
    pthread_mutex_lock(&r->lock);
    r->rest = rest;
    pthread_mutex_unlock(&r->lock);
}

void room_score(struct room *r, struct room_score *out)
{
    pthread_mutex_lock(&r->lock);
    read_events(r); /* what an ended program said last */
    person_stats(r->person, &r->score.person);
    *out = r->score;
    pthread_mutex_unlock(&r->lock);
}

int room_unmet(struct room *r, FILE *out)
{
    pthread_mutex_lock(&r->lock);
    int unmet = person_unmet(r->person, out);
    pthread_mutex_unlock(&r->lock);
    return unmet;
}

/* ---- coming and going ---- */

/* Kept open for both: a program that comes or goes at the other end is no end of file here. */
static int make_fifo(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

struct room *room_create(const struct room_options *o)
{
    struct lw_error err;
    struct lw_problems problems = {0};
    struct room *r = calloc(1, sizeof *r);
    assert_non_null(r);
    pthread_mutex_init(&r->lock, NULL);
    r->display = o->display;
    clock_init_real(&r->clock);
    if (scenario_load(&r->scenario, o->scenario, &problems))
        fail_msg("%s", problems.items[0].error.text);
    problems_finish(&problems);
    const struct sim_options so = {.seed = scenario_seed(r->scenario), .scene = o->scene, .fps = o->camera_fps,
                                   .light = scenario_light(r->scenario)};
    const struct person_hooks hooks = {r, press};
    assert_ok(sim_create(&r->sim, &so, &err), &err);
    assert_ok(sim_camera_create(r->sim, &r->camera, &err), &err);
    assert_ok(sim_screen_create(r->sim, &r->screen, &err), &err);
    assert_ok(person_create(&r->person, r->sim, r->scenario, 0, &hooks, &err), &err);
    struct image now = display_picture(o->display);
    assert_int_equal(now.width, r->screen->info.width);
    assert_int_equal(now.height, r->screen->info.height);
    assert_ok(image_init(&r->shown, now.width, now.height, IMAGE_BGRA8, &err), &err);
    r->events = make_fifo(o->events);
    r->input = make_fifo(o->input);
    return r;
}

void room_destroy(struct room **p)
{
    struct room *r = *p;
    if (!r)
        return;
    *p = NULL;
    frame_unref(&r->last);
    camera_destroy(&r->camera);
    screen_destroy(&r->screen);
    person_destroy(&r->person);
    scenario_destroy(&r->scenario);
    sim_destroy(&r->sim);
    image_finish(&r->shown);
    close(r->events);
    close(r->input);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
