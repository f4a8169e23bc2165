/* network_bench PROGRAM: the whole program over its real paths. It projects through its window on a display of its own,
 * sees through a network camera, tells what happens in a file and is pressed through another. At the other end of all
 * four is the pretend bench with a person who makes two honest mistakes. Calibrates, teaches, packs; then the twin: the
 * camera shows the empty bench, and nothing may be accepted. NETWORK_BENCH_VERBOSE=1 prints the events. */
#include "harness.h"
#include "mjpeg_server.h"
#include "network_bench_room.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CAMERA_FPS 15.0
#define SENSOR_FPS 30.0 /* its exposures; the network carries every second one */
#define IDLE_S     6.0
#define TWIN_S     20.0

/* Wanted of the program on an ordinary office computer; printed, and a fault only where it is far off, since a busy
 * computer runs these tests too. */
#define FIRST_LIGHT_WANTED_S 1.0
#define MEMORY_WANTED_MB     150.0
#define IDLE_WANTED_SHARE    0.25
#define FAR_OFF              2.0

extern char **environ;

struct bench {
    const char *program, *folder;
    struct display *display;
    struct room *room;
    struct mjpeg_server *server;
    char station[512], workflow[512], events[512], input[512];
    int failures;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void nap(double s)
{
    struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
    nanosleep(&t, NULL);
}

static void expect(struct bench *b, bool met, const char *what)
{
    if (met)
        return;
    b->failures++;
    printf("NOT AS EXPECTED: %s\n", what);
}

/* ---- a running program ---- */

struct program {
    pid_t pid;
    double began_s, light_s; /* light_s: from the start to the first light, -1: none yet */
    int code;                /* -1: runs */
    double memory_mb;        /* most so far */
};

static double memory_mb(pid_t pid)
{
    char path[64], line[200];
    double kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, "VmHWM:", 6) == 0)
            kb = strtod(line + 6, NULL);
    if (f)
        fclose(f);
    return kb / 1024;
}

/* CPU seconds, own and the system's, of all its threads. */
static double cpu_s(pid_t pid)
{
    clockid_t id;
    struct timespec t = {0};
    if (clock_getcpuclockid(pid, &id) == 0)
        clock_gettime(id, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static struct program start(struct bench *b, const char *const *words)
{
    char *argv[20] = {(char *)(uintptr_t)b->program};
    int n = 1;
    for (; *words; words++)
        argv[n++] = (char *)(uintptr_t)*words;
    struct program p = {.code = -1, .light_s = -1, .began_s = now_s()};
    if (posix_spawn(&p.pid, b->program, NULL, NULL, argv, environ) != 0)
        fail_msg("can't start %s", b->program);
    return p;
}

/* Watches it for so long, or until it ends; true when it has ended. */
static bool watch_program(struct bench *b, struct program *p, double seconds)
{
    int status;
    for (double until = now_s() + seconds; p->code < 0 && now_s() < until;) {
        if (p->light_s < 0 && display_lit(b->display))
            p->light_s = now_s() - p->began_s;
        double mb = memory_mb(p->pid);
        p->memory_mb = mb > p->memory_mb ? mb : p->memory_mb;
        if (waitpid(p->pid, &status, WNOHANG) == p->pid)
            p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        nap(p->light_s < 0 ? 0.01 : 0.1);
    }
    return p->code >= 0;
}

static void end(struct bench *b, struct program *p)
{
    if (p->code < 0)
        kill(p->pid, SIGTERM);
    if (!watch_program(b, p, 5)) {
        expect(b, false, "the program ends within 5 s of a signal");
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
}

static struct program run_to_end(struct bench *b, const char *name, const char *const *words, double limit_s)
{
    struct program p = start(b, words);
    bool ended = watch_program(b, &p, limit_s);
    end(b, &p);
    printf("%s: ended with %d after %.1f s; first light after %.2f s; %.0f MB\n", name, p.code, now_s() - p.began_s,
           p.light_s, p.memory_mb);
    expect(b, ended, "it ends by itself");
    expect(b, p.code == 0, "it ends well");
    expect(b, !display_lit(b->display), "the projector is dark afterwards");
    return p;
}

/* ---- the room ---- */

static void write_station(struct bench *b)
{
    FILE *f = fopen(b->station, "w");
    assert_non_null(f);
    fprintf(f,
            "data = \"%s/data\";\nlanguage = \"en\";\nbench = { width_mm = 1200.0; depth_mm = 700.0; };\n"
            "camera = { source = \"%s\"; };\nprojector = { display = \"0\"; };\n",
            b->folder, mjpeg_server_address(b->server));
    assert_int_equal(fclose(f), 0);
}

static void copy_workflow(const struct bench *b)
{
    char from[512], to[600], buffer[4096];
    size_t n;
    assert_int_equal(mkdir(b->workflow, 0777), 0);
    snprintf(to, sizeof to, "%s/workflow.cfg", b->workflow);
    FILE *in = fopen(harness_source("tests/scenarios/e2e_kit/workflow.cfg", from, sizeof from), "r");
    FILE *out = fopen(to, "w");
    assert_true(in && out);
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0)
        assert_int_equal(fwrite(buffer, 1, n, out), n);
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static bool open_bench(struct bench *b)
{
    char scene[512], scenario[512];
    b->folder = harness_scratch();
    snprintf(b->station, sizeof b->station, "%s/station.cfg", b->folder);
    snprintf(b->workflow, sizeof b->workflow, "%s/e2e_kit", b->folder);
    snprintf(b->events, sizeof b->events, "%s/events", b->folder);
    snprintf(b->input, sizeof b->input, "%s/input", b->folder);
    if (!display_start(&b->display, 1920, 1080, b->folder))
        return false;
    const struct room_options o = {
        .display = b->display,
        .scene = harness_source("workflows/dental-kit/pretend.cfg", scene, sizeof scene),
        .scenario = harness_source("tests/scenarios/e2e_network.scenario", scenario, sizeof scenario),
        .events = b->events,
        .input = b->input,
        .camera_fps = SENSOR_FPS};
    b->room = room_create(&o);
    b->server = mjpeg_server_start(room_picture, b->room, CAMERA_FPS);
    write_station(b);
    copy_workflow(b);
    return true;
}

static void close_bench(struct bench *b)
{
    mjpeg_server_stop(&b->server);
    room_destroy(&b->room);
    display_stop(&b->display);
}

/* ---- the acts ---- */

static void prepare(struct bench *b)
{
    const char *const calibrate[] = {"calibrate", "--station", b->station, "--events", b->events,
                                     "--input",   b->input,    "--raised", "60",       NULL};
    const char *const teach[] = {"teach",    b->workflow, "--layings", "3",       "--station", b->station,
                                 "--events", b->events,   "--input",   b->input, NULL};
    run_to_end(b, "calibrate", calibrate, 150);
    if (!b->failures)
        run_to_end(b, "teach", teach, 150);
}

static void pack(struct bench *b)
{
    struct room_score s;
    const char *const words[] = {"run",      b->workflow, "--kits",  "1",      "--station", b->station,
                                 "--events", b->events,   "--input", b->input, "--trace",   NULL};
    struct program p = run_to_end(b, "run", words, 240);
    room_score(b->room, &s);
    printf("packed: %d steps, %d accepts, %d refusals; of %d mistakes %d were caught, %d with the right reason; "
           "%d right ones were refused, %d wrong ones accepted; longest wait for an answer %.1f s\n",
           s.steps, s.accepts, s.refusals, s.person.wrong_shown, s.person.caught, s.person.reason_right,
           s.person.false_rejects, s.person.false_accepts, s.person.undecided_ms_max / 1000.0);
    printf("first light of a calibrated station after %.2f s (wanted: %.0f)\n", p.light_s, FIRST_LIGHT_WANTED_S);
    printf("memory %.0f MB (wanted: %.0f)\n", p.memory_mb, MEMORY_WANTED_MB);
    expect(b, room_unmet(b->room, stdout) == 0, "what the scenario expects");
    expect(b, s.person.wrong_shown == 2 && s.person.caught == 2, "both mistakes were made and caught");
    expect(b, s.person.false_accepts == 0, "nothing wrong was accepted");
    expect(b, p.light_s >= 0 && p.light_s < FAR_OFF * FIRST_LIGHT_WANTED_S, "light soon after the start");
    expect(b, p.memory_mb < FAR_OFF * MEMORY_WANTED_MB, "little memory");
}

/* Nobody does anything, then somebody does, and the camera never sees it. */
static void twin(struct bench *b)
{
    struct room_score before, after;
    const char *const words[] = {"run",      b->workflow, "--kit",   "twin",   "--station", b->station,
                                 "--events", b->events,   "--input", b->input, NULL};
    room_score(b->room, &before);
    room_blind(b->room, true);
    room_rest(b->room, true);
    struct program p = start(b, words);
    watch_program(b, &p, 3);
    double cpu = cpu_s(p.pid), began = now_s();
    watch_program(b, &p, IDLE_S);
    double share = (cpu_s(p.pid) - cpu) / (now_s() - began);
    printf("idle: %.0f %% of a core (wanted: %.0f)\n", 100 * share, 100 * IDLE_WANTED_SHARE);
    room_rest(b->room, false);
    watch_program(b, &p, TWIN_S);
    expect(b, p.code < 0, "the blind run goes on until it is ended");
    end(b, &p);
    room_score(b->room, &after);
    printf("blind: ended with %d; %d accepts, %d steps\n", p.code, after.accepts - before.accepts,
           after.steps - before.steps);
    expect(b, after.accepts == before.accepts && after.steps == before.steps, "nothing is accepted while blind");
    expect(b, share < FAR_OFF * IDLE_WANTED_SHARE, "little work while idle");
    printf("pictures came at most %d ms apart (wanted: %.0f)\n", after.max_gap_ms, 1000 / CAMERA_FPS);
}

int main(int argc, char **argv)
{
    struct bench b = {.program = argc > 1 ? argv[1] : ""};
    harness_init();
    if (access(b.program, X_OK) != 0) {
        printf("usage: network_bench PROGRAM\n");
        return 2;
    }
    if (!open_bench(&b)) {
        printf("skipped: Xvfb is not here (the program needs a display to project on)\n");
        return HARNESS_SKIP;
    }
    prepare(&b);
    if (!b.failures)
        pack(&b);
    if (!b.failures)
        twin(&b);
    close_bench(&b);
    return b.failures ? 1 : 0;
}
