#include "captures.h"

#include "cv_picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_CHARS 4096

static const char *const roles[] = {[PATTERN_BLACK] = "black", [PATTERN_WHITE] = "white", [PATTERN_COLUMN] = "column",
                                    [PATTERN_ROW] = "row"};

static struct capture_pose *pose_named(struct captures *c, const char *name)
{
    for (int i = 0; i < c->count; i++)
        if (strcmp(c->poses[i].name, name) == 0)
            return &c->poses[i];
    if (c->count == CAPTURES_POSES_MAX || strlen(name) >= sizeof c->poses[0].name)
        return NULL;
    struct capture_pose *p = &c->poses[c->count++];
    *p = (struct capture_pose){0};
    snprintf(p->name, sizeof p->name, "%s", name);
    return p;
}

static bool whole_number(const char *text, int most, int *out)
{
    char *end;
    long v = strtol(text, &end, 10);
    if (end == text || *end || v < 0 || v > most)
        return false;
    *out = (int)v;
    return true;
}

static char *trimmed(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t n = strlen(text);
    while (n && strchr(" \t\r\n", text[n - 1]))
        text[--n] = 0;
    return text;
}

/* What is wrong with the fields, or NULL. */
static const char *read_fields(char *line, char *fields[5], struct pattern *p)
{
    for (int i = 0; i < 5; i++) {
        fields[i] = i < 4 ? strsep(&line, ",") : line;
        if (!fields[i])
            return _("it needs five columns");
        fields[i] = trimmed(fields[i]);
    }
    int inverse = 0;
    bool named = false;
    for (int i = 0; i < 4; i++)
        if (strcmp(fields[1], roles[i]) == 0)
            p->role = (enum pattern_role)i, named = true;
    if (!named)
        return _("the role is none of column, row, white, black");
    bool plain = p->role == PATTERN_WHITE || p->role == PATTERN_BLACK;
    if (!whole_number(plain && !*fields[2] ? "0" : fields[2], 15, &p->bit))
        return _("the bit is not a number from 0 to 15");
    if (!whole_number(plain && !*fields[3] ? "0" : fields[3], 1, &inverse))
        return _("inverse is not 0 or 1");
    p->inverse = inverse != 0;
    return *fields[0] && *fields[4] ? NULL : _("the pose or the picture is missing");
}

static void read_line(struct captures *out, const char *csv, int number, char *line, struct lw_problems *problems)
{
    char *fields[5], path[PATH_CHARS];
    struct pattern p = {0};
    const char *wrong = read_fields(line, fields, &p);
    if (wrong) {
        problems_error(problems, csv, number, LW_MSG_CAPTURES_LINE, wrong);
        return;
    }
    struct capture_pose *pose = pose_named(out, fields[0]);
    if (!pose || pose->count == CAPTURES_PICTURES_MAX) {
        problems_error(problems, csv, number, LW_MSG_CAPTURES_LINE, _("too many poses, or pictures of one pose"));
        return;
    }
    const char *slash = strrchr(csv, '/');
    int folder = slash && fields[4][0] != '/' ? (int)(slash + 1 - csv) : 0;
    snprintf(path, sizeof path, "%.*s%s", folder, csv, fields[4]);
    struct capture_entry *e = &pose->entries[pose->count];
    *e = (struct capture_entry){p, strdup(path), number};
    pose->count += e->path != NULL;
}

enum lw_msg captures_read(struct captures *out, const char *csv, struct lw_problems *problems)
{
    struct lw_error err;
    char line[PATH_CHARS];
    int number = 0, before = problems->errors;
    *out = (struct captures){calloc(CAPTURES_POSES_MAX, sizeof(struct capture_pose)), 0};
    FILE *f = out->poses ? fopen(csv, "r") : NULL;
    if (!f) {
        lw_fail_at(&err, csv, 0, LW_MSG_FILE_OPEN, csv, strerror(errno));
        problems_add(problems, false, &err);
        return err.id;
    }
    while (fgets(line, sizeof line, f)) {
        number++;
        char *text = trimmed(line);
        if (!*text || *text == '#' || (number == 1 && strncmp(text, "pose,", 5) == 0))
            continue;
        read_line(out, csv, number, text, problems);
    }
    fclose(f);
    if (problems->errors == before && out->count == 0)
        problems_error(problems, csv, 0, LW_MSG_CAPTURES_LINE, _("the list is empty"));
    if (problems->errors == before)
        return LW_OK;
    captures_finish(out);
    return LW_MSG_CAPTURES_LINE;
}

void captures_finish(struct captures *c)
{
    for (int i = 0; i < c->count; i++)
        for (int k = 0; k < c->poses[i].count; k++)
            free(c->poses[i].entries[k].path);
    free(c->poses);
    *c = (struct captures){0};
}

enum lw_msg captures_plan(const struct capture_pose *pose, int width, int height, struct pattern_plan *plan,
                          struct lw_error *err)
{
    int columns = 0, rows = 0;
    bool inverses = false;
    for (int i = 0; i < pose->count; i++) {
        struct pattern p = pose->entries[i].pattern;
        int *most = p.role == PATTERN_COLUMN ? &columns : p.role == PATTERN_ROW ? &rows : NULL;
        if (!most)
            continue;
        *most = p.bit + 1 > *most ? p.bit + 1 : *most;
        inverses = inverses || p.inverse;
    }
    *plan = pattern_plan_make(width, height, 1, inverses);
    if (!columns || !rows)
        return lw_fail(err, LW_MSG_CAPTURES_POSE, pose->name, _("columns or rows are missing"));
    if (columns > plan->column_bits || rows > plan->row_bits)
        return lw_fail(err, LW_MSG_CAPTURES_POSE, pose->name, _("more bits than the projector's size needs"));
    plan->column_skipped = plan->column_bits - columns;
    plan->row_skipped = plan->row_bits - rows;
    plan->column_bits = columns;
    plan->row_bits = rows;
    return LW_OK;
}

static bool same(struct pattern a, struct pattern b)
{
    bool plain = a.role == PATTERN_WHITE || a.role == PATTERN_BLACK;
    return a.role == b.role && (plain || (a.bit == b.bit && a.inverse == b.inverse));
}

enum lw_msg captures_load(const struct capture_pose *pose, const struct pattern_plan *plan, struct image *pictures,
                          struct lw_error *err)
{
    int count = pattern_count(plan);
    for (int i = 0; i < count; i++)
        pictures[i] = (struct image){0};
    for (int k = 0; k < pose->count; k++) {
        const struct capture_entry *e = &pose->entries[k];
        for (int i = 0; i < count; i++) {
            if (!same(pattern_at(plan, i), e->pattern) || pictures[i].data)
                continue;
            enum lw_msg rc = cv_picture_read(e->path, IMAGE_GRAY8, &pictures[i], err);
            if (rc)
                return rc;
        }
    }
    return LW_OK;
}

enum lw_msg captures_keep(const char *folder, const char *pose, const struct pattern_plan *plan,
                          const struct image *pictures, bool first, struct lw_error *err)
{
    char path[PATH_CHARS];
    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/list.csv", folder);
    FILE *f = fopen(path, first ? "w" : "a");
    if (!f)
        return lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(errno));
    if (first)
        fprintf(f, "pose,role,bit,inverse,picture\n");
    enum lw_msg rc = LW_OK;
    for (int i = 0; !rc && i < pattern_count(plan); i++) {
        struct pattern p = pattern_at(plan, i);
        if (!pictures[i].data)
            continue;
        char file[PATH_CHARS];
        snprintf(file, sizeof file, "%s/%s-%02d.png", folder, pose, i);
        rc = cv_picture_write(file, &pictures[i], err);
        fprintf(f, "%s,%s,%d,%d,%s-%02d.png\n", pose, roles[p.role], p.bit, p.inverse, pose, i);
    }
    bool ok = fflush(f) == 0 && !ferror(f);
    int why = errno;
    ok = fclose(f) == 0 && ok;
    return rc ? rc : ok ? LW_OK : lw_fail(err, LW_MSG_FILE_WRITE, path, strerror(why));
}
