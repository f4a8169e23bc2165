#include "press.h"

#include "log.h"

#include <SDL_keycode.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *word;
    enum press_kind kind;
    int key;
} words[] = {
    {"next", PRESS_NEXT, SDLK_SPACE},   {"next", PRESS_NEXT, SDLK_RETURN}, {"next", PRESS_NEXT, SDLK_RIGHT},
    {"back", PRESS_BACK, SDLK_LEFT},    {"back", PRESS_BACK, SDLK_BACKSPACE}, {"again", PRESS_AGAIN, SDLK_a},
    {"help", PRESS_HELP, SDLK_h},       {"pause", PRESS_PAUSE, SDLK_p},    {"undo", PRESS_UNDO, SDLK_u},
    {"done", PRESS_DONE, SDLK_d},       {"skip", PRESS_SKIP, SDLK_s},      {"override", PRESS_OVERRIDE, SDLK_o},
    {"yes", PRESS_YES, SDLK_y},         {"no", PRESS_NO, SDLK_n},          {"name", PRESS_NAME, 0},
    {"count", PRESS_COUNT, 0},          {"height", PRESS_HEIGHT, 0},       {"aside", PRESS_ASIDE, SDLK_x},
    {"empty", PRESS_EMPTY, SDLK_e},     {"quit", PRESS_QUIT, SDLK_ESCAPE},  {"move", PRESS_MOVE, SDLK_UP},
    {"move", PRESS_MOVE, SDLK_DOWN},    {"bar", PRESS_BAR, 0},
};
#define WORDS (sizeof words / sizeof words[0])

/* A comma is a decimal sign too. */
static double number_of(const char *text)
{
    char copy[96], *end;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *p = copy; *p; p++)
        *p = *p == ',' ? '.' : *p;
    double n = strtod(copy, &end);
    return end != copy && isfinite(n) ? n : NAN;
}

bool press_parse(const char *line, struct press *out)
{
    char word[16];
    int used = 0;
    *out = (struct press){0};
    if (sscanf(line, " %15[a-z] %n", word, &used) != 1)
        return false;
    for (size_t i = 0; i < WORDS; i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        out->kind = words[i].kind;
        snprintf(out->text, sizeof out->text, "%.*s", (int)strcspn(line + used, "\r\n"), line + used);
        if (out->kind == PRESS_COUNT || out->kind == PRESS_HEIGHT || out->kind == PRESS_BAR)
            out->number = number_of(out->text);
        if (out->kind == PRESS_MOVE && sscanf(out->text, "%d %d", &out->dx, &out->dy) != 2)
            return false;
        return true;
    }
    return false;
}

#define FASTER 10 /* an arrow with shift */

bool press_from_key(const struct screen_key *key, struct press *out)
{
    int step = key->shift ? FASTER : 1;
    *out = (struct press){0};
    out->dx = key->code == SDLK_RIGHT ? step : key->code == SDLK_LEFT ? -step : 0;
    out->dy = key->code == SDLK_DOWN ? step : key->code == SDLK_UP ? -step : 0;
    if ((key->code >= '0' && key->code <= '9') || key->code == '.' || key->code == ',') {
        out->kind = PRESS_DIGIT;
        out->text[0] = (char)(key->code == ',' ? '.' : key->code);
    }
    for (size_t i = 0; i < WORDS && !out->kind; i++)
        if (words[i].key && words[i].key == key->code)
            out->kind = words[i].kind;
    if (out->kind == PRESS_OVERRIDE || out->kind == PRESS_SKIP)
        snprintf(out->text, sizeof out->text, "keyboard");
    return out->kind != PRESS_NONE;
}

bool press_type(struct press_typing *t, const struct screen_key *key, struct press *out)
{
    size_t n = strlen(t->text);
    bool letters = t->kind == PRESS_NAME, number = (key->code >= '0' && key->code <= '9') || key->code == '.' || key->code == ',';
    *out = (struct press){0};
    if (t->kind == PRESS_NONE)
        return false;
    if (n > 0 && (key->code == SDLK_RETURN || key->code == SDLK_BACKSPACE)) {
        if (key->code == SDLK_BACKSPACE) {
            t->text[n - 1] = 0;
        } else {
            *out = (struct press){.kind = t->kind, .number = number_of(t->text)};
            snprintf(out->text, sizeof out->text, "%s", t->text);
            t->text[0] = 0;
        }
        return true;
    }
    bool taken = number || (letters && ((key->code >= 'a' && key->code <= 'z') || key->code == '-' || (key->code == ' ' && n > 0)));
    if (taken && n + 1 < sizeof t->text) {
        bool capital = key->shift && key->code >= 'a' && key->code <= 'z';
        t->text[n] = (char)(capital ? key->code - 'a' + 'A' : key->code);
        t->text[n + 1] = 0;
    }
    return taken;
}

bool press_from_pedal(int button, struct press *out)
{
    static const enum press_kind kinds[] = {PRESS_BACK, PRESS_NEXT, PRESS_HELP};
    *out = (struct press){.kind = button >= 0 && button < 3 ? kinds[button] : PRESS_NONE};
    return out->kind != PRESS_NONE;
}

#define BYTES_AT_ONCE 4096 /* read for one answer: an endless stream of rubbish does not hold up the station */
#define WARNINGS_MAX  20

struct press_file {
    int fd, flags; /* the descriptor's own flags, given back at the end: standard input is shared */
    bool standard_input;
    int warnings;
    bool ended;
    long prepared, read; /* bytes that stood in it when it was opened, and that were read */
    char line[256];
    int length;
    char buffer[512];
    int begin, end;
};

enum lw_msg press_file_open(struct press_file **out, const char *path, struct lw_error *err)
{
    *out = NULL;
    struct press_file *f = calloc(1, sizeof *f);
    if (!f)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    f->standard_input = strcmp(path, "-") == 0;
    f->fd = f->standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    int why = f->fd < 0 ? errno : fstat(f->fd, &st) == 0 && S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (why) {
        press_file_close(&f);
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(why));
    }
    f->prepared = S_ISREG(st.st_mode) ? (long)st.st_size : 0;
    f->flags = fcntl(f->fd, F_GETFL);
    fcntl(f->fd, F_SETFL, f->flags | O_NONBLOCK);
    *out = f;
    return LW_OK;
}

static bool next_byte(struct press_file *f, char *c)
{
    if (f->begin == f->end) {
        ssize_t n = read(f->fd, f->buffer, sizeof f->buffer);
        f->ended = n == 0 && f->read > 0 && !f->prepared;
        if (n <= 0)
            return false;
        f->begin = 0;
        f->end = (int)n;
    }
    *c = f->buffer[f->begin++];
    f->read++;
    return true;
}

/* What is no press may be anything: control characters stay out of the log. */
static void warn(struct press_file *f)
{
    if (!f->line[0] || f->line[0] == '#' || f->warnings >= WARNINGS_MAX)
        return;
    for (char *p = f->line; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127)
            *p = '?';
    f->warnings++;
    lw_log(LW_LOG_WARNING, "input", "not a press: \"%s\"%s", f->line,
           f->warnings == WARNINGS_MAX ? "; no more is said of such lines" : "");
}

bool press_file_next(struct press_file *f, struct press *out)
{
    char c;
    for (int bytes = 0; bytes < BYTES_AT_ONCE && next_byte(f, &c); bytes++) {
        if (c != '\n') {
            if (f->length < (int)sizeof f->line - 1)
                f->line[f->length++] = c;
            continue;
        }
        f->line[f->length] = 0;
        f->length = 0;
        if (press_parse(f->line, out)) {
            out->prepared = f->read <= f->prepared;
            return true;
        }
        warn(f);
    }
    return false;
}

bool press_file_ended(const struct press_file *f)
{
    return f && f->ended;
}

void press_file_close(struct press_file **f)
{
    if (!f || !*f)
        return;
    if ((*f)->standard_input)
        fcntl((*f)->fd, F_SETFL, (*f)->flags);
    else if ((*f)->fd >= 0)
        close((*f)->fd);
    free(*f);
    *f = NULL;
}
