#include "config.h"

#include "units.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- files ---- */

static enum lw_msg refuse_big(const char *path, struct lw_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(S_ISDIR(st.st_mode) ? EISDIR : EINVAL));
    if (st.st_size > CONFIG_MAX_BYTES)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_TOO_BIG, path, (long)st.st_size);
    return LW_OK;
}

static bool path_stays_inside(const char *path)
{
    if (path[0] == '/')
        return false;
    for (const char *p = path; p; p = strchr(p, '/'), p = p ? p + 1 : NULL)
        if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || !p[2]))
            return false;
    return true;
}

#define INCLUDE_DEPTH 8

static enum lw_msg check_includes(const char *folder, const char *path, int depth, struct lw_error *err);

/* One line `@include "name"`, as libconfig's scanner sees it. */
static enum lw_msg check_include_line(const char *folder, const char *path, int number, const char *line, int depth,
                                      struct lw_error *err)
{
    char name[512], full[PATH_MAX];
    if (sscanf(line, " @include \"%511[^\"]\"", name) != 1)
        return LW_OK;
    if (depth >= INCLUDE_DEPTH)
        return lw_fail_at(err, path, number, LW_MSG_FILE_SYNTAX, _("files include each other in a circle"));
    if (!path_stays_inside(name))
        return lw_fail_at(err, path, number, LW_MSG_FILE_SYNTAX, _("an @include may not leave the folder"));
    snprintf(full, sizeof full, "%s/%s", folder, name);
    return check_includes(folder, full, depth + 1, err);
}

/* libconfig opens includes by itself; so they are looked at beforehand. */
static enum lw_msg check_includes(const char *folder, const char *path, int depth, struct lw_error *err)
{
    enum lw_msg rc = refuse_big(path, err);
    if (rc)
        return rc;
    FILE *f = fopen(path, "r");
    if (!f)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(errno));
    char *line = NULL;
    size_t size = 0;
    for (int number = 1; !rc && getline(&line, &size, f) >= 0; number++)
        rc = check_include_line(folder, path, number, line, depth, err);
    free(line);
    fclose(f);
    return rc;
}

enum lw_msg config_load(config_t *cfg, const char *path, struct lw_error *err)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    else
        snprintf(folder, sizeof folder, ".");
    enum lw_msg rc = check_includes(folder, path, 0, err);
    if (rc)
        return rc;
    config_set_include_dir(cfg, folder);
    if (config_read_file(cfg, path) == CONFIG_TRUE)
        return LW_OK;
    if (config_error_type(cfg) == CONFIG_ERR_FILE_IO)
        return lw_fail_at(err, path, 0, LW_MSG_FILE_OPEN, path, strerror(errno));
    const char *file = config_error_file(cfg);
    return lw_fail_at(err, file ? file : path, config_error_line(cfg), LW_MSG_FILE_SYNTAX, config_error_text(cfg));
}

const char *config_file_of(const config_setting_t *setting)
{
    return setting ? config_setting_source_file(setting) : NULL;
}

int config_line_of(const config_setting_t *setting)
{
    return setting ? (int)config_setting_source_line(setting) : 0;
}

/* ---- words ---- */

#define WORD_MAX 64

static int edit_distance(const char *a, const char *b)
{
    int row[WORD_MAX + 1];
    int m = (int)strlen(a), n = (int)strlen(b);
    if (m > WORD_MAX || n > WORD_MAX)
        return WORD_MAX;
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; i <= m; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int up = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            best = up + 1 < best ? up + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = up;
        }
    }
    return row[n];
}

const char *config_nearest(const char *word, const char *const *words, int count)
{
    const char *best = NULL;
    int best_distance = 1 + (int)strlen(word) / 3;
    for (int i = 0; i < count; i++) {
        int d = edit_distance(word, words[i]);
        if (d <= best_distance) {
            best_distance = d - 1;
            best = words[i];
        }
    }
    return best;
}

/* ---- values ---- */

bool config_number(const config_setting_t *setting, double *out)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_INT:
        *out = config_setting_get_int(setting);
        return true;
    case CONFIG_TYPE_INT64:
        *out = (double)config_setting_get_int64(setting);
        return true;
    case CONFIG_TYPE_FLOAT:
        *out = config_setting_get_float(setting);
        return isfinite(*out);
    default:
        return false;
    }
}

static void *field(void *out, const struct lw_option *o)
{
    return (char *)out + o->offset;
}

static int choice_index(const char *choices, const char *word)
{
    size_t length = strlen(word);
    int index = 0;
    for (const char *p = choices; *p; index++) {
        size_t n = strcspn(p, " ");
        if (n == length && memcmp(p, word, n) == 0)
            return index;
        p += n + (p[n] == ' ');
    }
    return -1;
}

static void store_number(const struct lw_option *o, double value, void *out)
{
    if (o->type == OPTION_INT)
        *(int *)field(out, o) = (int)value;
    else
        *(double *)field(out, o) = o->type == OPTION_DEGREES ? rad_from_deg(value) : value;
}

static void store_string(const struct lw_option *o, const char *value, void *out)
{
    char **p = field(out, o);
    free(*p);
    *p = strdup(value);
}

static void store_default(const struct lw_option *o, void *out)
{
    const char *def = o->def ? o->def : "";
    switch (o->type) {
    case OPTION_STRING:
        *(char **)field(out, o) = strdup(def);
        break;
    case OPTION_INT:
    case OPTION_REAL:
    case OPTION_DEGREES:
        store_number(o, *def ? atof(def) : 0.0, out);
        break;
    case OPTION_BOOL:
        *(bool *)field(out, o) = strcmp(def, "true") == 0;
        break;
    case OPTION_CHOICE:
        *(int *)field(out, o) = *def ? choice_index(o->choices, def) : 0;
        break;
    case OPTION_OTHER:
        break;
    }
}

static const char *type_words(enum lw_option_type type)
{
    switch (type) {
    case OPTION_STRING:
    case OPTION_CHOICE:
        return _("a text in quotes");
    case OPTION_INT:
        return _("a whole number");
    case OPTION_BOOL:
        return _("true or false");
    default:
        return _("a number");
    }
}

static void read_number(const config_setting_t *s, const struct lw_option *o, void *out, struct lw_problems *problems)
{
    double value = 0;
    bool fits = config_number(s, &value) && (o->type != OPTION_INT || config_setting_type(s) == CONFIG_TYPE_INT);
    if (!fits)
        problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_TYPE, o->key, type_words(o->type));
    else if ((o->min != 0 || o->max != 0) && (value < o->min || value > o->max))
        problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_RANGE, o->key, value, o->min, o->max);
    else
        store_number(o, value, out);
}

static void read_word(const config_setting_t *s, const struct lw_option *o, void *out, struct lw_problems *problems)
{
    const char *value = config_setting_get_string(s);
    if (!value) {
        problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_TYPE, o->key, type_words(o->type));
    } else if (o->type == OPTION_STRING) {
        store_string(o, value, out);
    } else {
        int index = choice_index(o->choices, value);
        if (index < 0)
            problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_CHOICE, o->key, value,
                           o->choices);
        else
            *(int *)field(out, o) = index;
    }
}

static void read_value(const config_setting_t *s, const struct lw_option *o, void *out, struct lw_problems *problems)
{
    switch (o->type) {
    case OPTION_INT:
    case OPTION_REAL:
    case OPTION_DEGREES:
        read_number(s, o, out, problems);
        break;
    case OPTION_STRING:
    case OPTION_CHOICE:
        read_word(s, o, out, problems);
        break;
    case OPTION_BOOL:
        if (config_setting_type(s) == CONFIG_TYPE_BOOL)
            *(bool *)field(out, o) = config_setting_get_bool(s) != 0;
        else
            problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_TYPE, o->key,
                           type_words(o->type));
        break;
    case OPTION_OTHER:
        break;
    }
}

#define TABLE_MAX 64

static void report_unknown(const config_setting_t *s, const struct lw_option *table, int count,
                           struct lw_problems *problems)
{
    const char *names[TABLE_MAX];
    const char *key = config_setting_name(s) ? config_setting_name(s) : "";
    int n = count < TABLE_MAX ? count : TABLE_MAX;
    for (int i = 0; i < n; i++) {
        if (strcmp(table[i].key, key) == 0)
            return;
        names[i] = table[i].key;
    }
    const char *near = config_nearest(key, names, n);
    if (near)
        problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_NEAREST, key, near);
    else
        problems_error(problems, config_file_of(s), config_line_of(s), LW_MSG_KEY_UNKNOWN, key);
}

void config_read_options(const config_setting_t *group, const struct lw_option *table, int count, void *out,
                         struct lw_problems *problems)
{
    for (int i = 0; i < count; i++) {
        store_default(&table[i], out);
        const config_setting_t *s = group ? config_setting_get_member(group, table[i].key) : NULL;
        if (s)
            read_value(s, &table[i], out, problems);
        else if (!table[i].def && table[i].type != OPTION_OTHER)
            problems_error(problems, config_file_of(group), config_line_of(group), LW_MSG_KEY_MISSING, table[i].key);
    }
    for (int i = 0; group && i < config_setting_length(group); i++)
        report_unknown(config_setting_get_elem(group, (unsigned)i), table, count, problems);
}

void config_free_options(const struct lw_option *table, int count, void *out)
{
    for (int i = 0; i < count; i++) {
        if (table[i].type != OPTION_STRING)
            continue;
        char **p = field(out, &table[i]);
        free(*p);
        *p = NULL;
    }
}

void config_write_defaults(FILE *f, const struct lw_option *table, int count, int indent)
{
    for (int i = 0; i < count; i++) {
        const struct lw_option *o = &table[i];
        if (o->type == OPTION_OTHER)
            continue;
        bool quoted = o->type == OPTION_STRING || o->type == OPTION_CHOICE;
        const char *quote = quoted ? "\"" : "";
        fprintf(f, "%*s# %s", indent, "", o->help ? _(o->help) : "");
        if (o->choices)
            fprintf(f, " (%s)", o->choices);
        else if (o->min != 0 || o->max != 0)
            fprintf(f, " (%g .. %g)", o->min, o->max);
        fprintf(f, "\n%*s%s%s = %s%s%s;\n", indent, "", o->def ? "" : "# ", o->key, quote, o->def ? o->def : "",
                quote);
    }
}
