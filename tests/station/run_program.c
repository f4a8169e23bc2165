#include "run_program.h"

#include "clock.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_NS (100 * NS_PER_S)
#define WAIT_NS  (60 * NS_PER_S)
#define TEXT_MAX 1000000

const char *run_station(const char *data, const char *more)
{
    static char path[400];
    char scene[400];
    snprintf(path, sizeof path, "%s/station.cfg", harness_scratch());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "data = \"%s\";\npretend = { scene = \"%s\"; };\n%s\n", data,
            harness_source("workflows/dental-kit/pretend.cfg", scene, sizeof scene), more);
    fclose(f);
    return path;
}

static void become_the_program(int input, const char *out, const char *const *arguments)
{
    char program[400];
    const char *build = getenv("LICHTWIJZER_BUILD");
    const char *argv[24] = {"lichtwijzer"};
    snprintf(program, sizeof program, "%s/station/lichtwijzer", build ? build : "build");
    int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
    int in = input >= 0 ? input : open("/dev/null", O_RDONLY);
    if (fd < 0 || in < 0 || dup2(in, 0) < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
        _exit(126);
    for (int i = 3; i < 64; i++)
        close(i);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* it does not outlive a test that failed */
    setenv("XDG_CONFIG_HOME", harness_scratch(), 1);
    setenv("XDG_DATA_HOME", harness_scratch(), 1);
    for (int i = 0; arguments[i] && i < 22; i++)
        argv[i + 1] = arguments[i];
    execv(program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

void run_begin(struct run *r, int input, const char *const *arguments)
{
    static int number;
    *r = (struct run){.code = -1};
    snprintf(r->out, sizeof r->out, "%s/out-%d", harness_scratch(), ++number);
    fflush(NULL);
    r->pid = fork();
    assert_true(r->pid >= 0);
    if (r->pid == 0)
        become_the_program(input, r->out, arguments);
}

void run_end(struct run *r)
{
    struct lw_clock clock;
    int status = 0;
    clock_init_real(&clock);
    int64_t until = clock_now_ns(&clock) + LIMIT_NS;
    while (waitpid(r->pid, &status, WNOHANG) == 0) {
        if (clock_now_ns(&clock) > until) {
            kill(r->pid, SIGKILL);
            waitpid(r->pid, &status, 0);
            fail_msg("it did not end within %d s; see %s", (int)(LIMIT_NS / NS_PER_S), r->out);
        }
        clock_wait(&clock, 10 * NS_PER_MS, -1);
    }
    r->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static char *read_text(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, TEXT_MAX);
    assert_non_null(text);
    if (f) {
        text[fread(text, 1, TEXT_MAX - 1, f)] = '\0';
        fclose(f);
    }
    return text;
}

int run_count(const char *file, const char *words)
{
    char *text = read_text(file);
    int n = 0;
    for (const char *p = text; (p = strstr(p, words)); p++)
        n++;
    free(text);
    return n;
}

bool run_has(const struct run *r, const char *words)
{
    return run_count(r->out, words) > 0;
}

void run_says(const struct run *r, enum lw_msg id)
{
    char start[400];
    snprintf(start, sizeof start, "%s", lw_msg_text_en(id));
    char *blank = strchr(start, '%');
    if (blank == start) { /* begins with a name: what follows it is looked for */
        const char *rest = lw_msg_text_en(id) + 2;
        snprintf(start, sizeof start, "%.*s", (int)strcspn(rest, "%"), rest);
    } else if (blank) {
        *blank = '\0';
    }
    if (!run_has(r, start) || !run_has(r, lw_msg_remedy_en(id))) {
        char *text = read_text(r->out);
        size_t n = strlen(text);
        fail_msg("not said: %s (%s); instead, with exit code %d: %s", lw_msg_name(id), start, r->code,
                 text + (n > 600 ? n - 600 : 0));
    }
}

void run_wait_for(const char *file, const char *words, int times)
{
    struct lw_clock clock;
    clock_init_real(&clock);
    int64_t until = clock_now_ns(&clock) + WAIT_NS;
    while (run_count(file, words) < times) {
        if (clock_now_ns(&clock) > until)
            fail_msg("\"%s\" did not come in %s", words, file);
        clock_wait(&clock, 20 * NS_PER_MS, -1);
    }
}
