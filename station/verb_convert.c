/* convert: points between camera px, bench mm and projector px, for people and for scoring. */
#include "rig.h"
#include "store.h"
#include "verbs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

enum space { SPACE_CAMERA = 0, SPACE_PROJECTOR, SPACE_BENCH, SPACE_NONE };

static enum space space_named(const char *name)
{
    static const char *const names[] = {"camera", "projector", "bench"};
    for (int i = 0; name && i < SPACE_NONE; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum space)i;
    return SPACE_NONE;
}

static bool to_bench(const struct model *m, enum space from, const double in[2], double z_mm, struct bench_mm *b)
{
    *b = (struct bench_mm){in[0], in[1], z_mm};
    if (from == SPACE_CAMERA)
        return model_bench_from_cam(m, (struct cam_px){in[0], in[1]}, z_mm, b);
    if (from == SPACE_PROJECTOR)
        return model_bench_from_proj(m, (struct proj_px){in[0], in[1]}, z_mm, b);
    return isfinite(in[0]) && isfinite(in[1]);
}

static bool from_bench(const struct model *m, enum space to, struct bench_mm b, double out[2])
{
    struct cam_px c;
    struct proj_px p;
    out[0] = b.x, out[1] = b.y;
    if (to == SPACE_CAMERA && (!model_cam_from_bench(m, b, &c)))
        return false;
    if (to == SPACE_PROJECTOR && !model_proj_from_bench(m, b, &p))
        return false;
    if (to == SPACE_CAMERA)
        out[0] = c.x, out[1] = c.y;
    else if (to == SPACE_PROJECTOR)
        out[0] = p.x, out[1] = p.y;
    return true;
}

/* Two numbers, apart by a comma, semicolon or blanks; more on the line is passed over. */
static bool two_numbers(const char *line, double out[2])
{
    char *end;
    for (int i = 0; i < 2; i++) {
        out[i] = strtod(line, &end);
        if (end == line)
            return false;
        line = end + strspn(end, " \t,;");
    }
    return true;
}

static int convert(const struct model *m, enum space from, enum space to, double z_mm, FILE *in)
{
    char line[512];
    int number = 0;
    struct lw_error err;
    while (fgets(line, sizeof line, in)) {
        double p[2], q[2];
        struct bench_mm b;
        number++;
        const char *text = line + strspn(line, " \t\r\n");
        if (!*text || *text == '#')
            continue;
        if (!two_numbers(text, p)) {
            lw_fail_at(&err, _("standard input"), number, LW_MSG_USAGE, _("a line holds two numbers"));
            return verb_fail(&err, EXIT_FAILED);
        }
        if (to_bench(m, from, p, z_mm, &b) && from_bench(m, to, b, q))
            printf("%.10g,%.10g,%.6f,%.6f\n", p[0], p[1], q[0], q[1]);
        else
            printf("%.10g,%.10g,nan,nan\n", p[0], p[1]);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_OK : EXIT_FAILED;
}

int verb_convert(int argc, char **argv)
{
    const char *station = NULL, *calibration = NULL, *from = NULL, *to = NULL, *rest[ARGUMENTS_REST];
    double z_mm = 0;
    int rest_count, code;
    const struct argument table[] = {
        {"from", ARGUMENT_TEXT, &from, N_("SPACE"), N_("Space of the points that are read: camera, projector or bench.")},
        {"to", ARGUMENT_TEXT, &to, N_("SPACE"), N_("Space of the points that are written.")},
        {"z", ARGUMENT_REAL, &z_mm, "MM", N_("Height of the plane on which the points lie (default 0, the bench).")},
        {"station", ARGUMENT_TEXT, &station, N_("FILE"), N_("The station's settings (default: the user's station.cfg).")},
        {"calibration", ARGUMENT_TEXT, &calibration, N_("FILE"), N_("A calibration.cfg, instead of the station's.")},
    };
    if (!verb_arguments(argc, argv, table, COUNT(table), N_("convert --from SPACE --to SPACE [OPTION…]"),
                        N_("Reads two numbers a line and writes in1,in2,out1,out2; nan outside the model."), rest, &rest_count,
                        &code))
        return code;
    struct lw_error err = {0};
    struct station_config c;
    struct calibration cal;
    char path[PATH_MAX];
    if (rest_count || space_named(from) == SPACE_NONE || space_named(to) == SPACE_NONE || !isfinite(z_mm)) {
        lw_fail(&err, LW_MSG_USAGE, _("--from and --to are each one of camera, projector, bench; --z is a height in mm"));
        return verb_fail(&err, EXIT_USAGE);
    }
    if (!calibration) {
        if (!verb_read_station(&c, station))
            return EXIT_FAILED;
        rig_path(&c, "calibration.cfg", path, sizeof path);
        station_config_finish(&c);
        calibration = path;
    }
    if (calibration_load(&cal, calibration, &err))
        return verb_fail(&err, EXIT_FAILED);
    return convert(&cal.model, space_named(from), space_named(to), z_mm, stdin);
}
