/* Broken workflow files. Built with clang and -fsanitize=fuzzer-no-link it is a libFuzzer target; else a
 * plain program: fuzz_workflow SECONDS FILE… runs over the files, then mutates them in a fixed sequence for
 * that long. An input is the text of workflow.cfg; after a byte 0x01 follows taught.cfg, after another one an
 * include "items.cfg". */
#include "config.h"
#include "workflow.h"
#include "workflow_taught.h"
#include "workflow_write.h"

#include "fuzz_plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef FUZZ_LIBFUZZER
/* libconfig 1.5 forgets the text of a string that the file's end cuts off (64 bytes); it is not ours to mend. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:strbuf_append\n";
}
#endif

static char folder[64];

static const char *in_folder(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *data, size_t size)
{
    FILE *f = fopen(in_folder(name), "w");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0) {
        perror(in_folder(name));
        exit(1);
    }
}

static void remove_folder(void)
{
    static const char *const names[] = {"workflow.cfg", "taught.cfg", "items.cfg", "a.png", "b.png"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(in_folder(names[i]));
    rmdir(folder);
}

static void make_folder(void)
{
    static const unsigned char png[33] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13,
                                          'I',  'H', 'D', 'R', 0,    0,    0,    9,    0, 0, 0, 9};
    bool memory = access("/dev/shm", W_OK) == 0; /* quicker than a disk */
    snprintf(folder, sizeof folder, "%s/lichtwijzer-fuzz-XXXXXX", memory ? "/dev/shm" : "/tmp");
    if (!mkdtemp(folder))
        exit(1);
    atexit(remove_folder);
    write_file("a.png", png, sizeof png);
    write_file("b.png", png, sizeof png);
}

static void need(bool truth, const char *what)
{
    if (truth)
        return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

static void check_steps(const struct workflow *w)
{
    for (int i = 0; i < w->step_count; i++) {
        const struct workflow_step *s = &w->steps[i];
        need(s->id && *s->id, "a step has an id");
        need(workflow_find_step(w, s->id) == i, "a step's id is its own");
        need(s->kind != STEP_PLACE ? s->place == -1 : s->place >= 0 && s->place < w->place_count,
             "a step's place");
        need(s->item >= -1 && s->item < w->item_count && s->carrier >= -1 && s->carrier < w->carrier_count &&
                 s->count >= 1 && s->written,
             "a step's item and carrier");
        need(s->section >= 0 && s->section < w->section_count, "a step's section");
    }
    for (int i = 0; i < w->section_count; i++) {
        const struct workflow_section *s = &w->sections[i];
        need(s->first_step >= 0 && s->step_count >= 0 && s->first_step + s->step_count <= w->step_count,
             "a section's steps");
        need(workflow_find_section(w, s->id) == i, "a section's id is its own");
    }
}

static void check_workflow(const struct workflow *w)
{
    need(w->step_count > 0 && w->step_count <= 2000, "number of steps");
    need(strlen(w->hash) == 16 && w->carrier_count >= 1, "hash and bench");
    check_steps(w);
    for (int i = 0; i < w->place_count; i++) {
        const struct workflow_place *p = &w->places[i];
        need(p->item >= 0 && p->item < w->item_count && p->carrier >= 0 && p->carrier < w->carrier_count,
             "a place's item and carrier");
        need(isfinite(p->T_carrier_from_place.x_mm) && isfinite(p->z_mm), "a place's numbers");
        for (int k = 0; k < p->outline.count; k++)
            need(isfinite(p->outline.points[k].x) && isfinite(p->outline.points[k].y), "a corner's numbers");
    }
    for (int i = 0; i < w->item_count; i++) {
        const struct workflow_item *item = &w->items[i];
        need(item->bin >= -1 && item->bin < w->bin_count, "an item's bin");
        for (int k = 0; k < item->reference_count; k++)
            need(*item->references[k].before && *item->references[k].after &&
                     item->references[k].mm_per_px > 0,
                 "an item's references");
    }
}

/* What teaching writes of a loaded workflow loads again. */
static void check_round_trip(const struct workflow *w, const struct workflow_bench *bench)
{
    struct lw_problems problems = {0};
    struct workflow *again = NULL;
    struct lw_error err = {0};
    need(workflow_write_taught(folder, w, &err) == LW_OK, "taught.cfg can be written");
    need(workflow_load(&again, folder, bench, &problems) == LW_OK, "what was written loads again");
    for (int i = 0; i < w->item_count; i++)
        need(again->items[i].reference_count == w->items[i].reference_count, "what was taught comes back");
    workflow_destroy(&again);
    problems_finish(&problems);
}

static bool flat(const struct workflow *w)
{
    for (int i = 0; i < w->section_count; i++)
        for (int k = 0; k < w->sections[i].step_count; k++)
            if (w->steps[w->sections[i].first_step + k].section != i)
                return false;
    return w->variant_count == 0;
}

/* A text written anew says the same: written once more it is the same to the byte. */
static void check_new_text(const struct workflow *w, const struct workflow_bench *bench)
{
    struct lw_problems problems = {0};
    struct workflow *again = NULL;
    if (!flat(w))
        return;
    char *text = workflow_text_of(w);
    need(text, "a text is written");
    write_file("workflow.cfg", text, strlen(text));
    enum lw_msg rc = workflow_load(&again, folder, bench, &problems);
    if (rc)
        fprintf(stderr, "%s\n%s\n", problems.items[0].error.text, text);
    need(rc == LW_OK, "a text that was written loads");
    char *text_again = workflow_text_of(again);
    need(strcmp(text, text_again) == 0, "a text that was written comes back the same");
    free(text);
    free(text_again);
    workflow_destroy(&again);
    problems_finish(&problems);
}

static bool reads(const char *text)
{
    config_t cfg;
    config_init(&cfg);
    bool good = config_read_string(&cfg, text) == CONFIG_TRUE;
    config_destroy(&cfg);
    return good;
}

/* The next number below `below` from the input's own bytes. */
static unsigned choose(const uint8_t *data, size_t size, size_t *at, unsigned below)
{
    unsigned v = size ? data[*at % size] : 0;
    *at += 7;
    return (v ^ (unsigned)*at * 31) % below;
}

static void one_edit(struct workflow_edit *e, const uint8_t *data, size_t size, size_t *at)
{
    static const char *const lists[] = {"bins", "carriers", "items", "places", "sections", "sections[#0].steps", "variants"};
    static const char *const keys[] = {"x_mm", "id", "name.nl", "outline", "home.x_mm", "taught", "when", "count"};
    static const char *const values[] = {"7", "\"a \\\" b\"", "( 1, 2 )", "{ a = 1; }", "true", NULL, "1 # note"};
    char path[100];
    struct lw_error err;
    const char *list = lists[choose(data, size, at, 7)], *other = lists[choose(data, size, at, 7)];
    unsigned index = choose(data, size, at, 4), what = choose(data, size, at, 6);
    snprintf(path, sizeof path, "%s[#%u]", list, index);
    if (what == 0)
        workflow_edit_remove(e, path, &err);
    else if (what == 1)
        workflow_edit_move(e, path, other, (int)choose(data, size, at, 5) - 1, &err);
    else if (what == 2)
        workflow_edit_insert(e, list, (int)index - 1, "{ id = \"n\"; x_mm = 1; }", &err);
    else if (what == 3)
        workflow_edit_words(e, strcat(path, ".name"), "en", "word \"s\"", &err);
    else {
        snprintf(path + strlen(path), 30, ".%s", keys[choose(data, size, at, 8)]);
        workflow_edit_set(e, path, values[choose(data, size, at, 7)], &err);
    }
}

/* Whatever edits are made of a text that reads, it reads afterwards. */
static void check_edits(const uint8_t *data, size_t size, bool loaded)
{
    struct workflow_edit *e = NULL;
    struct lw_error err;
    size_t at = 0;
    enum lw_msg rc = workflow_edit_open(&e, folder, &err);
    if (rc && loaded)
        fprintf(stderr, "%s:%d: %s\n%.*s\n", err.file, err.line, err.text, (int)size, (const char *)data);
    bool included = memmem(data, size, "@include", 8); /* a text may begin in one file and end in another */
    need(rc == LW_OK || !loaded || included, "what loads can be edited");
    bool one_file = !rc && workflow_edit_file_count(e) == 1;
    if (one_file && reads(workflow_edit_text(e, 0)))
        for (int i = 0; i < 4; i++) {
            one_edit(e, data, size, &at);
            if (!reads(workflow_edit_text(e, 0)))
                fprintf(stderr, "----\n%s\n----\n%s\n", workflow_edit_text_read(e, 0), workflow_edit_text(e, 0));
            need(reads(workflow_edit_text(e, 0)), "an edited text reads");
        }
    else if (!rc)
        for (int i = 0; i < 2; i++)
            one_edit(e, data, size, &at);
    workflow_edit_close(&e);
}

/* Writes the part up to the next 0x01 as `name`, returns what follows; an absent part leaves no file. */
static const uint8_t *split(const char *name, const uint8_t *data, const uint8_t *end)
{
    unlink(in_folder(name));
    if (!data)
        return NULL;
    const uint8_t *stop = data < end ? memchr(data, 1, (size_t)(end - data)) : NULL;
    write_file(name, data, (size_t)((stop ? stop : end) - data));
    return stop ? stop + 1 : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct workflow_bench bench = {1200, 700};
    static const uint8_t nothing[1];
    if (!folder[0])
        make_folder();
    const uint8_t *start = data ? data : nothing, *end = start + size;
    split("items.cfg", split("taught.cfg", split("workflow.cfg", start, end), end), end);
    struct lw_problems problems = {0};
    struct workflow *w = NULL;
    enum lw_msg rc = workflow_load(&w, folder, &bench, &problems);
    need((rc == LW_OK) == (w != NULL) && (rc == LW_OK) == (problems.errors == 0),
         "an error and no workflow, or none");
    for (int i = 0; i < problems.count; i++)
        need(problems.items[i].error.id > LW_OK && problems.items[i].error.id < LW_MSG_COUNT &&
                 problems.items[i].error.id != LW_MSG_BUG && problems.items[i].error.file[0],
             "a problem says what and where");
    check_edits(start, size, w != NULL);
    if (w) {
        check_workflow(w);
        check_round_trip(w, &bench);
        check_new_text(w, &bench);
    }
    workflow_destroy(&w);
    problems_finish(&problems);
    return 0;
}

#ifndef FUZZ_LIBFUZZER

int main(int argc, char **argv)
{
    static const char *const words[] = {
        "{", "}", "(", ")", "[", "]", ";", ",", "=", "\"", "\"\"", "-1", "0", "1e999", "99999999999", "nan",
        "0x7fffffff", "\\xff", "\xc3\xa9", "\xff", "#", "/*", "*/", "\n@include \"items.cfg\"\n",
        "\n@include \"workflow.cfg\"\n", "\x01", "section", "place", "kind = \"confirm\";",
        "kind = \"take\"; item = \"mirror\";", "{n}", "count = 3; step = { x_mm = 9; };", "columns = 2;",
        "when = \"a and not b or c\";", "not ", "frames = (\"a.png\");", "id", "bench", "outline = [0,0,9,0,9,9];",
        "../", "a.png", "true",
    };
    return fuzz_plain("fuzz_workflow", words, sizeof words / sizeof words[0], argc, argv);
}

#endif
