#include "store.h"

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 2

/* One row a value: the file is written and read by the same tables. */
struct field {
    const char *name;
    size_t offset;
    int count; /* 1: a number; more: an array */
};

static const struct field lens_fields[] = {
    {"f", offsetof(struct pinhole, lens.fx), 2},
    {"centre", offsetof(struct pinhole, lens.cx), 2},
    {"radial", offsetof(struct pinhole, lens.k1), 2},
    {"tangential", offsetof(struct pinhole, lens.p1), 2},
    {"rotation_rad", offsetof(struct pinhole, T_device_from_bench.rotation), 3},
    {"translation_mm", offsetof(struct pinhole, T_device_from_bench.translation_mm), 3},
};

static const struct field top_fields[] = {
    {"bench_width_mm", offsetof(struct calibration, model.bench_width_mm), 1},
    {"bench_depth_mm", offsetof(struct calibration, model.bench_depth_mm), 1},
    {"residual_u_px", offsetof(struct calibration, model.residual_u), MODEL_RESIDUAL_TERMS},
    {"residual_v_px", offsetof(struct calibration, model.residual_v), MODEL_RESIDUAL_TERMS},
    {"sigma_flat_mm", offsetof(struct calibration, model.sigma_flat_mm), 1},
    {"sigma_raised_mm", offsetof(struct calibration, model.sigma_raised_mm), 1},
    {"sigma_left_mm", offsetof(struct calibration, model.sigma_left_mm), 1},
    {"median_mm", offsetof(struct calibration, quality.median_mm), 1},
    {"p95_mm", offsetof(struct calibration, quality.p95_mm), 1},
    {"max_mm", offsetof(struct calibration, quality.max_mm), 1},
    {"held_out_px", offsetof(struct calibration, quality.held_out_px), 1},
    {"seconds", offsetof(struct calibration, quality.seconds), 1},
    {"delay_ms", offsetof(struct calibration, delay_ms), 1},
    {"delay_max_ms", offsetof(struct calibration, delay_max_ms), 1},
    {"covariance", offsetof(struct calibration, model.covariance), MODEL_PARAMETERS * (MODEL_PARAMETERS + 1) / 2},
};

#define COUNT(table) ((int)(sizeof(table) / sizeof *(table)))

/* Debian's libconfig writes numbers with few digits: so the file is written here, and read by libconfig. */
static void write_number(FILE *f, double v)
{
    char digits[40];
    snprintf(digits, sizeof digits, "%.17g", v); /* 17 digits: doubles come back as they were */
    fprintf(f, "%s%s", digits, strpbrk(digits, ".en") ? "" : ".0");
}

static void write_fields(FILE *f, const char *indent, const struct field *fields, int count, const void *from)
{
    for (int i = 0; i < count; i++) {
        const double *v = (const double *)((const char *)from + fields[i].offset);
        fprintf(f, "%s%s = %s", indent, fields[i].name, fields[i].count > 1 ? "[" : "");
        for (int k = 0; k < fields[i].count; k++) {
            fputs(k ? ", " : "", f);
            write_number(f, v[k]);
        }
        fputs(fields[i].count > 1 ? "];\n" : ";\n", f);
    }
}

static void write_text(FILE *f, const char *text)
{
    fputc('"', f);
    for (const char *c = text; *c; c++)
        if (*c == '"' || *c == '\\')
            fprintf(f, "\\%c", *c);
        else if ((unsigned char)*c < 32)
            fprintf(f, "\\x%02x", (unsigned)*c);
        else
            fputc(*c, f);
    fputc('"', f);
}

static void write_pinhole(FILE *f, const char *name, const struct pinhole *p, const char *identity)
{
    fprintf(f, "%s : {\n  identity = ", name);
    write_text(f, identity);
    fprintf(f, ";\n  width = %d;\n  height = %d;\n", p->lens.width, p->lens.height);
    write_fields(f, "  ", lens_fields, COUNT(lens_fields), p);
    fputs("};\n", f);
}

static void write_all(FILE *f, const struct calibration *c)
{
    fputs("// Written by calibrating; calibrate again rather than change it.\n", f);
    fprintf(f, "version = %d;\nwall_ms = %lldL;\nrough = %s;\n", VERSION, (long long)c->wall_ms,
            c->model.rough ? "true" : "false");
    write_fields(f, "", top_fields, COUNT(top_fields), c);
    write_pinhole(f, "camera", &c->model.camera, c->camera);
    write_pinhole(f, "projector", &c->model.projector, c->projector);
}

enum lw_msg calibration_save(const struct calibration *c, const char *path, struct lw_error *err)
{
    char fresh[4096];
    struct stat st;
    if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
        return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(ENAMETOOLONG));
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* a device would be replaced by a file */
        return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(EINVAL));
    FILE *f = fopen(fresh, "w");
    if (!f)
        return lw_fail(err, LW_MSG_FILE_WRITE, fresh, strerror(errno));
    write_all(f, c);
    bool ok = fflush(f) == 0 && !ferror(f) && fsync(fileno(f)) == 0;
    int why = errno;
    ok = fclose(f) == 0 && ok;
    if (ok && rename(fresh, path) == 0)
        return LW_OK;
    why = ok ? errno : why;
    unlink(fresh);
    return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(why));
}

static enum lw_msg broken(const char *path, const char *what, struct lw_error *err)
{
    return lw_fail_at(err, path, 0, LW_MSG_CALIBRATION_BROKEN, what);
}

static enum lw_msg read_fields(const config_setting_t *from, const struct field *fields, int count, void *to,
                               const char *path, struct lw_error *err)
{
    for (int i = 0; i < count; i++) {
        double *v = (double *)((char *)to + fields[i].offset);
        const config_setting_t *s = config_setting_get_member(from, fields[i].name);
        bool array = fields[i].count > 1;
        if (!s || (array && config_setting_length(s) != fields[i].count))
            return broken(path, fields[i].name, err);
        for (int k = 0; k < fields[i].count; k++)
            if (!config_number(array ? config_setting_get_elem(s, (unsigned)k) : s, &v[k]))
                return broken(path, fields[i].name, err);
    }
    return LW_OK;
}

static enum lw_msg read_pinhole(const config_setting_t *root, const char *name, struct pinhole *p,
                                char identity[128], const char *path, struct lw_error *err)
{
    const config_setting_t *group = config_setting_get_member(root, name);
    const char *text;
    if (!group || !config_setting_is_group(group) ||
        !config_setting_lookup_string(group, "identity", &text) || strlen(text) >= 128 ||
        !config_setting_lookup_int(group, "width", &p->lens.width) ||
        !config_setting_lookup_int(group, "height", &p->lens.height))
        return broken(path, name, err);
    snprintf(identity, 128, "%s", text);
    enum lw_msg rc = read_fields(group, lens_fields, COUNT(lens_fields), p, path, err);
    if (rc)
        return rc;
    if (p->lens.width <= 0 || p->lens.height <= 0 || !(fabs(p->lens.fx) > 0) || !(p->lens.fy > 0))
        return broken(path, name, err);
    pinhole_update(p);
    return LW_OK;
}

static enum lw_msg read_all(const config_setting_t *root, struct calibration *c, const char *path,
                            struct lw_error *err)
{
    int version = 0, rough = 0;
    long long wall_ms = 0;
    if (!config_setting_lookup_int(root, "version", &version))
        return broken(path, "version", err);
    if (version != VERSION)
        return lw_fail_at(err, path, 0, LW_MSG_CALIBRATION_VERSION, version, VERSION);
    if (!config_setting_lookup_bool(root, "rough", &rough))
        return broken(path, "rough", err);
    if (!config_setting_lookup_int64(root, "wall_ms", &wall_ms))
        return broken(path, "wall_ms", err);
    c->wall_ms = wall_ms;
    c->model.rough = rough != 0;
    enum lw_msg rc = read_fields(root, top_fields, COUNT(top_fields), c, path, err);
    if (!rc)
        rc = read_pinhole(root, "camera", &c->model.camera, c->camera, path, err);
    if (!rc)
        rc = read_pinhole(root, "projector", &c->model.projector, c->projector, path, err);
    if (!rc && !(c->model.bench_width_mm > 0 && c->model.bench_depth_mm > 0))
        rc = broken(path, "bench_width_mm", err);
    return rc;
}

enum lw_msg calibration_load(struct calibration *c, const char *path, struct lw_error *err)
{
    struct calibration read = {0};
    struct lw_error why = {0};
    config_t cfg;
    if (access(path, F_OK) != 0)
        return lw_fail_at(err, path, 0, LW_MSG_CALIBRATION_MISSING);
    config_init(&cfg);
    enum lw_msg rc = config_load(&cfg, path, &why);
    rc = rc ? broken(path, why.text, err) : read_all(config_root_setting(&cfg), &read, path, err);
    config_destroy(&cfg);
    if (!rc)
        *c = read;
    return rc;
}

static enum lw_msg size_fits(const struct lens *l, int width, int height, struct lw_error *err)
{
    if (l->width == width && l->height == height)
        return LW_OK;
    return lw_fail(err, LW_MSG_CALIBRATION_OTHER_SIZE, l->width, l->height, width, height);
}

enum lw_msg calibration_fits(const struct calibration *c, const char *camera, int camera_width,
                             int camera_height, const char *projector, int projector_width,
                             int projector_height, struct lw_error *err)
{
    if (strcmp(c->camera, camera) != 0)
        return lw_fail(err, LW_MSG_CALIBRATION_OTHER_CAMERA, c->camera, camera);
    if (strcmp(c->projector, projector) != 0)
        return lw_fail(err, LW_MSG_CALIBRATION_OTHER_PROJECTOR, c->projector, projector);
    enum lw_msg rc = size_fits(&c->model.camera.lens, camera_width, camera_height, err);
    return rc ? rc : size_fits(&c->model.projector.lens, projector_width, projector_height, err);
}
