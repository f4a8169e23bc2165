#include "sim_commands.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THINGS_MAX 256

struct laid_thing {
    int handle;
    char kind[64];
};

struct sim_commands {
    struct sim *bench;
    int fd;
    char line[256];
    int length;
    struct laid_thing things[THINGS_MAX];
    int count;
};

enum lw_msg sim_commands_open(struct sim_commands **out, struct sim *bench, const char *path, struct lw_error *err)
{
    *out = NULL;
    struct sim_commands *c = calloc(1, sizeof *c);
    if (!c)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    c->bench = bench;
    c->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (c->fd < 0) {
        int why = errno;
        free(c);
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(why));
    }
    *out = c;
    return LW_OK;
}

void sim_commands_close(struct sim_commands **c)
{
    if (!c || !*c)
        return;
    close((*c)->fd);
    free(*c);
    *c = NULL;
}

/* ---- words ---- */

static bool put(struct sim_commands *c, const char *rest)
{
    char kind[64], side[16] = "";
    double x, y, deg;
    if (sscanf(rest, "%63s %lf %lf %lf %15s", kind, &x, &y, &deg, side) < 4 || c->count == THINGS_MAX)
        return false;
    int handle = sim_put(c->bench, kind, x, y, rad_from_deg(deg), strcmp(side, "flipped") == 0);
    if (handle > 0) {
        c->things[c->count].handle = handle;
        snprintf(c->things[c->count++].kind, sizeof kind, "%s", kind);
    }
    return handle > 0;
}

/* The last one of that kind; or all. */
static bool take(struct sim_commands *c, const char *rest)
{
    char kind[64];
    bool any = false;
    if (sscanf(rest, "%63s", kind) != 1)
        return false;
    bool all = strcmp(kind, "all") == 0;
    for (int i = c->count - 1; i >= 0 && (all || !any); i--) {
        if (!all && strcmp(c->things[i].kind, kind) != 0)
            continue;
        sim_remove(c->bench, c->things[i].handle);
        memmove(&c->things[i], &c->things[i + 1], sizeof c->things[0] * (size_t)(c->count - i - 1));
        c->count--;
        any = true;
    }
    return any || all;
}

static bool lay_case(struct sim_commands *c, const char *rest)
{
    double x, y, deg;
    if (strncmp(rest, "away", 4) == 0) {
        sim_case_remove(c->bench);
        c->count = 0; /* what lay in it went too, and a script that lays more beside it takes that away before */
        return true;
    }
    if (sscanf(rest, "%lf %lf %lf", &x, &y, &deg) != 3)
        return false;
    sim_case_put(c->bench, (struct rigid){x, y, rad_from_deg(deg)});
    return true;
}

static bool hand(struct sim_commands *c, const char *rest)
{
    double x, y, z;
    if (strncmp(rest, "away", 4) == 0) {
        sim_hand_away(c->bench);
        return true;
    }
    if (sscanf(rest, "%lf %lf %lf", &x, &y, &z) != 3)
        return false;
    sim_hand(c->bench, x, y, z, 0);
    return true;
}

static bool box(struct sim_commands *c, const char *rest)
{
    double v[6];
    if (sscanf(rest, "%lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]) != 6)
        return false;
    sim_box(c->bench, v[0], v[1], v[2], v[3], rad_from_deg(v[4]), v[5]);
    return true;
}

static bool fault(struct sim_commands *c, const char *rest)
{
    static const char *const names[] = {"none", "unplugged", "frozen", "black", "overexposed", "stalled"};
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        if (strcmp(rest, names[i]) == 0) {
            sim_fault(c->bench, (enum sim_fault)i);
            return true;
        }
    return false;
}

static bool light(struct sim_commands *c, const char *rest)
{
    sim_light(c->bench, rest);
    return true;
}

static const struct {
    const char *word;
    bool (*run)(struct sim_commands *c, const char *rest);
} words[] = {{"put", put}, {"take", take}, {"case", lay_case}, {"hand", hand}, {"box", box}, {"fault", fault}, {"light", light}};

static void obey(struct sim_commands *c, const char *line)
{
    char word[16];
    int used = 0;
    bool good = false;
    if (!*line || *line == '#' || sscanf(line, " %15[a-z] %n", word, &used) != 1)
        return;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, word) == 0)
            good = words[i].run(c, line + used);
    if (!good)
        lw_log(LW_LOG_WARNING, "pretend", "can't be done on the bench: %s", line);
}

void sim_commands_poll(struct sim_commands *c)
{
    char ch;
    while (read(c->fd, &ch, 1) == 1) {
        if (ch != '\n') {
            if (c->length < (int)sizeof c->line - 1)
                c->line[c->length++] = ch;
            continue;
        }
        c->line[c->length] = 0;
        c->length = 0;
        obey(c, c->line);
    }
}
