/* serve, password: the studio without a kit, and who may enter it. */
#include "log.h"
#include "serving.h"
#include "show.h"
#include "verbs.h"

#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- serving ---- */

static void serving_tick(void *context, int64_t now_ns)
{
    struct serving *s = context;
    (void)now_ns;
    web_tick(s->web, s->guide);
}

static void serving_seen(void *context, const struct frame *frame, const struct image *canvas)
{
    struct serving *s = context;
    (void)frame;
    (void)canvas;
    web_seen(s->web, s->guide);
}

enum lw_msg serving_begin(struct serving *s, struct rig *r, const struct station_config *c,
                          const struct serving_options *o, const char *events, struct lw_error *err)
{
    const struct web_options wo = {.address = o->address, .certificate = o->certificate, .key = o->key,
                                   .without_password = o->without_password, .without_tls = o->without_tls,
                                   .data = c->data, .workflows = o->workflows, .single = o->single};
    if (!o->address)
        return LW_OK;
    enum lw_msg rc = web_open(&s->web, &wo, err);
    if (rc)
        return rc;
    s->guide = &r->guide;
    r->more = (struct guide_observer){.context = s, .tick = serving_tick, .seen = serving_seen};
    web_tick(s->web, s->guide); /* the first page already knows the bench */
    FILE *out = events && strcmp(events, "-") == 0 ? stderr : stdout;
    fprintf(out, "listening %s\n", web_url(s->web));
    fflush(out);
    return LW_OK;
}

void serving_end(struct serving *s, struct rig *r)
{
    r->more = (struct guide_observer){0};
    web_close(&s->web);
}

/* ---- serve ---- */

struct serve {
    const char *station, *events, *input;
    struct serving_options options;
};

static int serve(const struct station_config *c, const struct serve *o)
{
    struct rig r = {0};
    struct serving serving = {0};
    struct lw_error err = {0};
    const struct rig_options ro = {.verb = "serve", .events = o->events, .input = o->input, .no_person = true, .pace = 1};
    if (rig_open(&r, c, &ro, &err))
        return verb_fail(&err, EXIT_FAILED);
    if (rig_load_calibration(&r, c, &err))
        lw_log_error("calibration", &err); /* texts and steps can be mended without */
    enum lw_msg rc = serving_begin(&serving, &r, c, &o->options, o->events, &err);
    if (!rc)
        show_message(&r.guide, NULL, _("The studio is open"), NULL, NULL);
    while (!rc && !r.guide.quit)
        guide_tick(&r.guide);
    struct journal_event e = {.kind = EVENT_END, .result = rc ? "failed" : "quit"};
    e.detail = json_pack("{s:i}", "exit", rc ? EXIT_FAILED : EXIT_OK);
    guide_tell(&r.guide, &e);
    json_decref(e.detail);
    serving_end(&serving, &r);
    rig_close(&r);
    return rc ? verb_fail(&err, EXIT_FAILED) : EXIT_OK;
}

/* Words without dashes: an address, and a folder, in any order. */
static bool take_words(struct serve *o, const char *const *rest, int count, struct lw_error *err)
{
    struct stat st;
    o->options.address = "";
    o->options.workflows = stat("workflows", &st) == 0 ? "workflows" : ".";
    bool address = false, folder = false;
    for (int i = 0; i < count; i++) {
        bool is_address = stat(rest[i], &st) != 0 && arguments_is_address(rest[i]);
        bool *had = is_address ? &address : &folder;
        if (*had) {
            lw_fail(err, LW_MSG_USAGE, _("serve takes one address and one folder at most"));
            return false;
        }
        *had = true;
        *(is_address ? &o->options.address : &o->options.workflows) = rest[i];
    }
    return true;
}

int verb_serve(int argc, char **argv)
{
    struct serve o = {0};
    const char *rest[ARGUMENTS_REST];
    int rest_count, code;
    const struct argument table[] = {
        {"station", ARGUMENT_TEXT, &o.station, N_("FILE"), N_("The station's settings (default: the user's station.cfg).")},
        {"events", ARGUMENT_TEXT, &o.events, N_("FILE"), N_("Write what happens as JSON lines; - for standard output.")},
        {"input", ARGUMENT_TEXT, &o.input, N_("FILE"), N_("Read what a person would press, a line each; - for standard input.")},
        SERVING_ARGUMENTS(o.options),
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("serve [ADDR:PORT] [WORKFLOW or folder of workflows] [OPTION…]"),
                        N_("Serves the studio: pages for making and mending workflows, with the bench live. It listens at "
                           "127.0.0.1:8080 unless told otherwise, and prints where."),
                        rest, &rest_count, &code))
        return code;
    struct station_config c;
    struct lw_error err;
    if (!take_words(&o, rest, rest_count, &err))
        return verb_fail(&err, EXIT_USAGE);
    if (!verb_read_station(&c, o.station))
        return EXIT_FAILED;
    code = serve(&c, &o);
    station_config_finish(&c);
    return code;
}

/* ---- password ---- */

#define PASSWORD_BYTES 1024

/* One line; what is typed at a terminal is not shown. */
static bool read_secret(char *out, int size)
{
    struct termios old, silent;
    bool terminal = tcgetattr(STDIN_FILENO, &old) == 0;
    if (terminal) {
        fprintf(stderr, "%s", _("New password: "));
        silent = old;
        silent.c_lflag &= (tcflag_t)~ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    }
    bool good = fgets(out, size, stdin) != NULL;
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
        fprintf(stderr, "\n");
    }
    if (good)
        out[strcspn(out, "\r\n")] = 0;
    else
        *out = 0;
    return good;
}

int verb_password(int argc, char **argv)
{
    const char *station = NULL, *rest[ARGUMENTS_REST];
    char password[PASSWORD_BYTES];
    int rest_count, code;
    const struct argument table[] = {
        {"station", ARGUMENT_TEXT, &station, N_("FILE"), N_("The station's settings (default: the user's station.cfg).")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("password coach|supervisor [OPTION…]"),
                        N_("Reads a new password for a role of the studio from standard input, one line."), rest,
                        &rest_count, &code))
        return code;
    struct station_config c;
    struct lw_error err;
    if (rest_count != 1 || web_role_of(rest[0]) == WEB_NOBODY) {
        lw_fail(&err, rest_count == 1 ? LW_MSG_PASSWORD_ROLE : LW_MSG_USAGE,
                rest_count == 1 ? rest[0] : _("password takes one role: coach or supervisor"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!verb_read_station(&c, station))
        return EXIT_FAILED;
    read_secret(password, sizeof password);
    enum lw_msg rc = rig_make_data(&c, &err);
    rc = rc ? rc : web_password_set(c.data, rest[0], password, &err);
    memset(password, 0, sizeof password);
    if (!rc)
        printf(_("The password of the %s is set.\n"), rest[0]);
    station_config_finish(&c);
    return rc ? verb_fail(&err, EXIT_FAILED) : EXIT_OK;
}
