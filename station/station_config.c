#include "station_config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct lw_option root_options[] = {
    {"data", OPTION_STRING, offsetof(struct station_config, data), 0, 0, "", NULL,
     N_("Folder of calibration and records; empty: the user's data folder.")},
    {"explain", OPTION_CHOICE, offsetof(struct station_config, explain), 0, 0, "off", "off item case",
     N_("Keep a picture of each look that explains its verdict, the newest 200: off; item: the item's own region; case: all that "
        "the look lights.")},
    {"language", OPTION_STRING, offsetof(struct station_config, language), 0, 0, "", NULL,
     N_("nl or en; empty: the computer's language.")},
    {"bench", OPTION_OTHER, 0, 0, 0, NULL, NULL, N_("The bench top.")},
    {"camera", OPTION_OTHER, 0, 0, 0, NULL, NULL, N_("The camera.")},
    {"projector", OPTION_OTHER, 0, 0, 0, NULL, NULL, N_("The projector.")},
    {"pretend", OPTION_OTHER, 0, 0, 0, NULL, NULL, N_("The pretend bench (camera source \"pretend\").")},
};

static const struct lw_option bench_options[] = {
    {"width_mm", OPTION_REAL, offsetof(struct bench_config, width_mm), 200, 5000, "1200", NULL,
     N_("Width of the bench top, along the person.")},
    {"depth_mm", OPTION_REAL, offsetof(struct bench_config, depth_mm), 200, 3000, "700", NULL,
     N_("Depth of the bench top, away from the person.")},
    {"person_side", OPTION_CHOICE, offsetof(struct bench_config, person_side), 0, 0, "bottom",
     "bottom top left right", N_("At which side of the camera picture the person sits.")},
    {"corners", OPTION_OTHER, 0, 0, 0, NULL, NULL,
     N_("Camera pixels of the corners, front left, front right, back right, back left: [x, y, x, y, …].")},
};

static const struct lw_option pretend_options[] = {
    {"scene", OPTION_STRING, offsetof(struct pretend_config, scene), 0, 0, "workflows/dental-kit/pretend.cfg", NULL,
     N_("What the pretend bench looks like.")},
    {"light", OPTION_STRING, offsetof(struct pretend_config, light), 0, 0, "office", NULL,
     N_("Light preset: easy, office, dim, bright, window.")},
    {"scenario", OPTION_STRING, offsetof(struct pretend_config, scenario), 0, 0, "", NULL,
     N_("What the pretend person does wrong; empty: nothing.")},
    {"commands", OPTION_STRING, offsetof(struct pretend_config, commands), 0, 0, "", NULL,
     N_("Pipe or file in which a script says what it lays on the bench; empty: none.")},
    {"seed", OPTION_INT, offsetof(struct pretend_config, seed), 0, 1000000000, "1", NULL,
     N_("Other noise, delays and hands.")},
    {"geometry_jitter", OPTION_REAL, offsetof(struct pretend_config, geometry_jitter), 0, 3, "0", NULL,
     N_("How far camera and projector hang elsewhere, by the seed.")},
};

static void read_corners(const config_setting_t *group, struct bench_config *b, struct lw_problems *problems)
{
    const config_setting_t *s = group ? config_setting_get_member(group, "corners") : NULL;
    double v[8];
    if (!s)
        return;
    bool good = config_setting_length(s) == 8;
    for (int i = 0; good && i < 8; i++)
        good = config_number(config_setting_get_elem(s, (unsigned)i), &v[i]);
    if (!good) {
        problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_TYPE, "corners", _("8 numbers"));
        return;
    }
    b->has_corners = true;
    for (int i = 0; i < 4; i++)
        b->corners[i] = (struct cam_px){v[2 * i], v[2 * i + 1]};
}

/* The group, or NULL (defaults) when it is not there; anything else of that name is an error. */
static const config_setting_t *find_group(const config_setting_t *root, const char *name, struct lw_problems *problems)
{
    const config_setting_t *s = root ? config_setting_get_member(root, name) : NULL;
    if (!s || config_setting_is_group(s))
        return s;
    problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_TYPE, name, _("a group: { … }"));
    return NULL;
}

static void check_language(const config_setting_t *root, const char *language, struct lw_problems *problems)
{
    const config_setting_t *s = root ? config_setting_get_member(root, "language") : NULL;
    if (s && *language && strcmp(language, "nl") != 0 && strcmp(language, "en") != 0)
        problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_CHOICE, "language", language, "nl en");
}

/* An empty file is what a power cut leaves of one; silent defaults would then stand for another bench. */
static enum lw_msg load(config_t *cfg, const char *path, struct lw_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0)
        return lw_fail_at(err, path, 0, LW_MSG_STATION_BLANK, path);
    return config_load(cfg, path, err);
}

static void default_data(struct station_config *c)
{
    char path[512];
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (c->data[0])
        return;
    if (xdg && *xdg)
        snprintf(path, sizeof path, "%s/lichtwijzer", xdg);
    else
        snprintf(path, sizeof path, "%s/.local/share/lichtwijzer", home ? home : ".");
    free(c->data);
    c->data = strdup(path);
}

void station_config_read(struct station_config *out, const char *path, struct lw_problems *problems)
{
    config_t cfg;
    struct lw_error err = {0};
    *out = (struct station_config){0};
    config_init(&cfg);
    enum lw_msg rc = path ? load(&cfg, path, &err) : LW_OK;
    if (rc)
        problems_add(problems, false, &err);
    const config_setting_t *root = rc || !path ? NULL : config_root_setting(&cfg);
    const config_setting_t *bench = find_group(root, "bench", problems);
    config_read_options(root, root_options, ROWS(root_options), out, problems);
    check_language(root, out->language, problems);
    config_read_options(bench, bench_options, ROWS(bench_options), &out->bench, problems);
    read_corners(bench, &out->bench, problems);
    config_read_options(find_group(root, "camera", problems), camera_options, camera_option_count,
                        &out->camera, problems);
    config_read_options(find_group(root, "projector", problems), screen_options,
                        screen_option_count, &out->projector, problems);
    config_read_options(find_group(root, "pretend", problems), pretend_options,
                        ROWS(pretend_options), &out->pretend, problems);
    default_data(out);
    config_destroy(&cfg);
}

void station_config_finish(struct station_config *c)
{
    config_free_options(root_options, ROWS(root_options), c);
    config_free_options(camera_options, camera_option_count, &c->camera);
    config_free_options(screen_options, screen_option_count, &c->projector);
    config_free_options(pretend_options, ROWS(pretend_options), &c->pretend);
}

const char *station_config_default_path(char *buf, int size)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (xdg && *xdg)
        snprintf(buf, (size_t)size, "%s/lichtwijzer/station.cfg", xdg);
    else
        snprintf(buf, (size_t)size, "%s/.config/lichtwijzer/station.cfg", home ? home : ".");
    return buf;
}

static void write_group(FILE *f, const char *name, const struct lw_option *table, int count)
{
    fprintf(f, "\n%s = {\n", name);
    config_write_defaults(f, table, count, 4);
    fprintf(f, "};\n");
}

void station_config_write_example(FILE *f)
{
    config_write_defaults(f, root_options, ROWS(root_options), 0);
    write_group(f, "bench", bench_options, ROWS(bench_options));
    write_group(f, "camera", camera_options, camera_option_count);
    write_group(f, "projector", screen_options, screen_option_count);
    write_group(f, "pretend", pretend_options, ROWS(pretend_options));
}
