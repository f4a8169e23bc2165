/* A whole new text, written by the same option tables that read it. */
#include "workflow_write.h"

#include "workflow_edit.h"
#include "workflow_save.h"
#include "workflow_tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- values ---- */

#define DECIMALS_MAX 25 /* of a double near 0 that must read back the same; libconfig 1.5 knows no exponent without a sign */

static bool reads_back(const char *text, double value, bool degrees)
{
    double v = strtod(text, NULL);
    return (degrees ? rad_from_deg(v) : v) == value;
}

static const char *shortest(double value, bool degrees, char *buf, int size)
{
    double shown = degrees ? deg_from_rad(value) : value;
    for (int decimals = 0; decimals <= DECIMALS_MAX; decimals++) {
        snprintf(buf, (size_t)size, "%.*f", decimals, isfinite(shown) ? shown : 0.0);
        if (reads_back(buf, value, degrees))
            break;
    }
    if (strcmp(buf, "-0") == 0)
        snprintf(buf, (size_t)size, "0");
    return buf;
}

const char *workflow_value_number(double value, char *buf, int size)
{
    return shortest(value, false, buf, size);
}

/* An array holds numbers of one kind: all with a decimal point, or none. */
const char *workflow_value_numbers(const double *values, int count, char *buf, int size)
{
    bool whole = true;
    char number[64];
    for (int i = 0; i < count; i++)
        whole &= !strchr(shortest(values[i], false, number, sizeof number), '.');
    int used = snprintf(buf, (size_t)size, "[");
    for (int i = 0; i < count && used < size; i++) {
        shortest(values[i], false, number, sizeof number);
        used += snprintf(buf + used, (size_t)(size - used), "%s%s%s", !i ? " " : i % 2 || count % 2 ? ", " : ",  ", number,
                         whole || strchr(number, '.') ? "" : ".0");
    }
    if (used < size)
        snprintf(buf + used, (size_t)(size - used), " ]");
    return buf;
}

const char *workflow_value_text(const char *words, char *buf, int size)
{
    int used = 0;
    if (size < 3)
        return buf;
    buf[used++] = '"';
    for (const char *p = words; *p && used < size - 4; p++) {
        const char *named = strchr("\n\r\t\f", *p);
        if (*p == '"' || *p == '\\' || (named && *named))
            buf[used++] = '\\';
        buf[used++] = named && *named ? "nrtf"[named - "\n\r\t\f"] : *p;
    }
    buf[used++] = '"';
    buf[used] = 0;
    return buf;
}

/* ---- groups by their tables ---- */

#define VALUE_MAX 4096

static void put_text(FILE *f, const char *key, const char *words)
{
    char value[VALUE_MAX];
    fprintf(f, " %s = %s;", key, workflow_value_text(words, value, sizeof value));
}

static bool is_default(const struct lw_option *o, double value)
{
    double def = o->def ? strtod(o->def, NULL) : NAN;
    return value == (o->type == OPTION_DEGREES ? rad_from_deg(def) : def);
}

static void put_choice(FILE *f, const struct lw_option *o, int index)
{
    const char *word = o->choices;
    for (int i = 0; i < index && *word; i++)
        word += strcspn(word, " ") + (word[strcspn(word, " ")] == ' ');
    size_t n = strcspn(word, " ");
    if (!o->def || strlen(o->def) != n || strncmp(word, o->def, n) != 0)
        fprintf(f, " %s = \"%.*s\";", o->key, (int)n, word);
}

/* One key, when it is not what it would be anyway. */
static void put_row(FILE *f, const struct lw_option *o, const void *base)
{
    const void *at = (const char *)base + o->offset;
    char number[64];
    switch (o->type) {
    case OPTION_STRING: {
        const char *s = *(char *const *)at;
        if (s && *s && (!o->def || strcmp(s, o->def) != 0))
            put_text(f, o->key, s);
        break;
    }
    case OPTION_INT:
        if (!is_default(o, *(const int *)at))
            fprintf(f, " %s = %d;", o->key, *(const int *)at);
        break;
    case OPTION_REAL:
    case OPTION_DEGREES:
        if (!is_default(o, *(const double *)at))
            fprintf(f, " %s = %s;", o->key, shortest(*(const double *)at, o->type == OPTION_DEGREES, number,
                                                     sizeof number));
        break;
    case OPTION_BOOL:
        if (*(const bool *)at != (o->def && strcmp(o->def, "true") == 0))
            fprintf(f, " %s = %s;", o->key, *(const bool *)at ? "true" : "false");
        break;
    case OPTION_CHOICE:
        put_choice(f, o, *(const int *)at);
        break;
    case OPTION_OTHER:
        break;
    }
}

static void put_words(FILE *f, const char *key, const struct workflow_text *t)
{
    const struct workflow_table *table = workflow_table(TABLE_TEXT);
    bool any = false;
    for (int i = 0; i < LANGUAGE_COUNT; i++)
        any |= t->in[i] && *t->in[i];
    if (!any)
        return;
    fprintf(f, " %s = {", key);
    for (int i = 0; i < table->count; i++)
        put_row(f, &table->rows[i], t);
    fputs(" };", f);
}

static void put_outline(FILE *f, const struct workflow_polygon *p)
{
    char value[VALUE_MAX];
    double numbers[2 * 64];
    int count = p->count < 64 ? p->count : 64;
    for (int i = 0; i < count; i++) {
        numbers[2 * i] = p->points[i].x;
        numbers[2 * i + 1] = p->points[i].y;
    }
    if (count)
        fprintf(f, " outline = %s;", workflow_value_numbers(numbers, 2 * count, value, sizeof value));
}

/* What a table leaves to its module; taught pictures stand in taught.cfg. */
struct group_parts {
    const struct workflow_text *words; /* name or text */
    const struct workflow_polygon *outline;
    const struct rigid *home;
    const struct workflow_frames *frames;
    const double *help_after_s;
};

static void put_frames(FILE *f, const struct workflow_frames *frames)
{
    char value[VALUE_MAX];
    for (int i = 0; i < frames->count; i++)
        fprintf(f, "%s%s", i ? ", " : " frames = ( ", workflow_value_text(frames->files[i], value, sizeof value));
    if (frames->count)
        fputs(" );", f);
}

static void put_group(FILE *f, enum workflow_table_id id, const void *base, const struct group_parts *parts)
{
    const struct workflow_table *table = workflow_table(id);
    char value[VALUE_MAX];
    for (int i = 0; i < table->count; i++) {
        const char *key = table->rows[i].key;
        if (strncmp(key, "taught", 6) == 0)
            continue;
        if (parts->words && (strcmp(key, "name") == 0 || strcmp(key, "text") == 0))
            put_words(f, key, parts->words);
        else if (parts->outline && strcmp(key, "outline") == 0)
            put_outline(f, parts->outline);
        else if (parts->frames && strcmp(key, "frames") == 0)
            put_frames(f, parts->frames);
        else if (parts->help_after_s && strcmp(key, "help_after_s") == 0)
            fprintf(f, " help_after_s = %s;", workflow_value_numbers(parts->help_after_s, 3, value, sizeof value));
        else if (parts->home && strcmp(key, "home") == 0) {
            fputs(" home = {", f);
            put_group(f, TABLE_HOME, parts->home, &(struct group_parts){0});
            fputs(" };", f);
        } else {
            put_row(f, &table->rows[i], base);
        }
    }
}

/* An element of a list, on lines of its own from column `indent`. */
static void put_element(FILE *f, int indent, bool first, enum workflow_table_id id, const void *base,
                        const struct group_parts *parts)
{
    char *group = NULL;
    size_t size = 0;
    FILE *g = open_memstream(&group, &size);
    if (!g)
        return;
    fputc('{', g);
    put_group(g, id, base, parts);
    fputs(" }", g);
    fclose(g);
    char *laid = layout_group(group, indent);
    fprintf(f, "%s%*s%s", first ? "\n" : ",\n", indent, "", laid ? laid : group);
    free(laid);
    free(group);
}

/* ---- the parts of the file ---- */

#define INDENT 4

static void put_head(FILE *f, const struct workflow *w)
{
    char value[VALUE_MAX];
    fprintf(f, "# %s\n# %s\n", _("All keys stand in workflows/README.md. Look for mistakes with: lichtwijzer validate"),
            _("Sizes are in mm, angles in degrees; x goes to the right, y away from the person."));
    fputs("format = 1;\n", f);
    char *words = NULL;
    size_t size = 0;
    FILE *g = open_memstream(&words, &size);
    if (g) {
        put_words(g, "name", &w->name);
        fclose(g);
        fprintf(f, "%s%s", *words ? words + 1 : "", *words ? "\n" : "");
        free(words);
    }
    fprintf(f, "state = \"%s\";\n", w->released ? "released" : "draft");
    fprintf(f, "help_after_s = %s;\n", workflow_value_numbers(w->help_after_s, 3, value, sizeof value));
}

static void put_list(FILE *f, const char *note, const char *key)
{
    fprintf(f, "\n# %s\n%s = (", note, key);
}

static void put_bins(FILE *f, const struct workflow *w)
{
    if (!w->bin_count)
        return;
    put_list(f, _("Where things are taken from; the corners of each bin on the bench."), "bins");
    for (int i = 0; i < w->bin_count; i++) {
        const struct workflow_bin *b = &w->bins[i];
        put_element(f, INDENT, !i, TABLE_BIN, b, &(struct group_parts){.words = &b->name, .outline = &b->outline});
    }
    fputs("\n);\n", f);
}

static void put_carriers(FILE *f, const struct workflow *w)
{
    if (w->carrier_count < 2)
        return;
    put_list(f, _("What everything is laid into; home is where its middle lies when it is put down."), "carriers");
    for (int i = 1; i < w->carrier_count; i++) {
        const struct workflow_carrier *c = &w->carriers[i];
        put_element(f, INDENT, i == 1, TABLE_CARRIER, c,
                    &(struct group_parts){.words = &c->name, .home = &c->T_bench_from_home});
    }
    fputs("\n);\n", f);
}

static void put_items(FILE *f, const struct workflow *w)
{
    put_list(f, _("The kinds of things. How each one looks stands in taught.cfg."), "items");
    for (int i = 0; i < w->item_count; i++) {
        struct workflow_item_row row = {.item = w->items[i],
                                        .bin = w->items[i].bin >= 0 ? w->bins[w->items[i].bin].id : NULL};
        put_element(f, INDENT, !i, TABLE_ITEM, &row, &(struct group_parts){.words = &row.item.name, .frames = &row.item.frames});
    }
    fputs("\n);\n", f);
}

static void put_places(FILE *f, const struct workflow *w)
{
    put_list(f, _("Where each thing belongs, from the middle of its carrier (on the bench: from the front left corner)."),
             "places");
    for (int i = 0; i < w->place_count; i++) {
        struct workflow_place_row row = {.place = w->places[i],
                                         .carrier = w->carriers[w->places[i].carrier].id,
                                         .orientation = !w->places[i].any_way_round,
                                         .count = 1,
                                         .item = w->items[w->places[i].item].id};
        put_element(f, INDENT, !i, TABLE_PLACE, &row, &(struct group_parts){.outline = &row.place.outline});
    }
    fputs("\n);\n", f);
}

static void put_step(FILE *f, const struct workflow *w, const struct workflow_step *step, bool first)
{
    enum workflow_step_kind kind = step->kind;
    bool of_item = kind == STEP_KIND_TAKE || kind == STEP_KIND_WEIGH || kind == STEP_KIND_SCAN;
    bool of_carrier = kind == STEP_KIND_OPEN || kind == STEP_KIND_CLOSE || kind == STEP_KIND_TURN;
    struct workflow_step_row row = {.step = *step,
                                    .place = kind == STEP_PLACE ? w->places[step->place].id : NULL,
                                    .item = of_item && step->item >= 0 ? w->items[step->item].id : NULL,
                                    .carrier = of_carrier && step->carrier >= 0 ? w->carriers[step->carrier].id : NULL,
                                    .coach_may_skip = !step->no_override};
    row.step.count = step->count > 0 ? step->count : 1;
    if (row.place && row.step.id && strcmp(row.step.id, row.place) == 0)
        row.step.id = NULL; /* that is its id anyway */
    put_element(f, INDENT + 6, first, TABLE_STEP, &row,
                &(struct group_parts){.words = &step->text,
                                      .frames = &step->frames,
                                      .help_after_s = step->own_help ? step->help_after_s : NULL});
}

static void put_sections(FILE *f, const struct workflow *w)
{
    put_list(f, _("The steps, in the order of the work."), "sections");
    for (int i = 0; i < w->section_count; i++) {
        const struct workflow_section *s = &w->sections[i];
        char value[VALUE_MAX];
        fprintf(f, "%s%*s{ id = %s;", i ? ",\n" : "\n", INDENT, "", workflow_value_text(s->id, value, sizeof value));
        put_words(f, "name", &s->name);
        fprintf(f, "\n%*ssteps = (", INDENT + 2, "");
        for (int k = 0; k < s->step_count; k++)
            put_step(f, w, &w->steps[s->first_step + k], k == 0);
        fprintf(f, "\n%*s); }", INDENT + 2, "");
    }
    fputs("\n);\n", f);
}

char *workflow_text_of(const struct workflow *w)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    put_head(f, w);
    put_bins(f, w);
    put_carriers(f, w);
    put_items(f, w);
    put_places(f, w);
    put_sections(f, w);
    bool good = !ferror(f);
    if (fclose(f) == 0 && good)
        return text;
    free(text);
    return NULL;
}

enum lw_msg workflow_write(const char *folder, const struct workflow *w, bool replace, struct lw_problems *problems,
                           struct lw_error *err)
{
    char *text = workflow_text_of(w);
    if (!text)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    enum lw_msg rc = LW_OK;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        rc = lw_fail_at(err, folder, 0, LW_MSG_FILE_WRITE, folder, strerror(errno));
    struct workflow_save_text t = {WORKFLOW_FILE, text, NULL, replace};
    if (!rc)
        rc = workflow_save_texts(folder, &t, 1, NULL, 0, problems, err);
    free(text);
    return rc;
}
