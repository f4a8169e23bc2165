/* What is new in the folders: a workflow to begin with, a file that came from a browser. */
#include "library.h"

#include "workflow_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 1000 /* files of one name, tried one after the other */
#define LETTERS_MAX 40  /* letters taken of what a person wrote */

/* ---- a file ---- */

/* Letters and digits of what a person wrote; never empty. */
static void plain_name(const char *words, char *out, size_t size)
{
    size_t n = 0;
    for (; words && *words && n + 1 < size && n < LETTERS_MAX; words++)
        if ((*words >= 'a' && *words <= 'z') || (*words >= '0' && *words <= '9') || *words == '-' || *words == '_')
            out[n++] = *words;
        else if (*words >= 'A' && *words <= 'Z')
            out[n++] = (char)(*words + 'a' - 'A');
    out[n] = 0;
    if (n == 0)
        snprintf(out, size, "file");
}

static bool taken(const char *folder, const char *name)
{
    struct stat st;
    char path[PATH_MAX];
    return snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path || lstat(path, &st) == 0;
}

/* It must be a folder of its own, no link to another one. */
static bool make_folder(const char *folder, const char *inner)
{
    char path[PATH_MAX];
    struct stat st;
    return snprintf(path, sizeof path, "%s/%s", folder, inner) < (int)sizeof path &&
           (mkdir(path, 0755) == 0 || errno == EEXIST) && lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

enum lw_msg library_add(const char *folder, const char *inner, const char *words, const char *ending, const void *data,
                        size_t size, char name[LIBRARY_FILE_MAX], struct lw_error *err)
{
    char plain[LETTERS_MAX + 8];
    if (!make_folder(folder, inner))
        return lw_fail(err, LW_MSG_FOLDER_MAKE, inner, strerror(errno));
    plain_name(words, plain, sizeof plain);
    snprintf(name, LIBRARY_FILE_MAX, "%.20s/%s%s", inner, plain, ending);
    for (int n = 2; taken(folder, name) && n < NAMES_MAX; n++)
        snprintf(name, LIBRARY_FILE_MAX, "%.20s/%s-%d%s", inner, plain, n, ending);
    return library_write(folder, name, data, size, err);
}

/* ---- a workflow ---- */

static void put_words(FILE *f, const char *words)
{
    char text[4 * LIBRARY_WORDS_MAX + 8];
    fputs(workflow_value_text(words, text, sizeof text), f);
}

static void put_name(FILE *f, const char *nl, const char *en)
{
    fputs("name = { nl = ", f);
    put_words(f, nl);
    fputs("; en = ", f);
    put_words(f, en);
    fputs("; };\n", f);
}

/* As a person would begin it; the caller frees it. */
static char *first_text(const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fputs("# What each key means, and all that there is: README.md of the workflows. Sizes in mm, angles in degrees.\n\n"
          "format = 1;\n", f);
    put_name(f, name, name);
    fputs("state = \"draft\";\n\n"
          "# Where things are taken from.\nbins = (\n);\n\n"
          "# What everything is laid into.\ncarriers = (\n);\n\n"
          "# The kinds of things.\nitems = (\n);\n\n"
          "# Where each thing belongs.\nplaces = (\n);\n\n"
          "# What an order may ask for; see README.md.\nvariants = (\n);\n\n"
          "# The steps, in the order of the work.\nsections = (\n"
          "    { id = \"whole\";\n      name = { nl = \"Alles\"; en = \"All of it\"; };\n      steps = (\n      ); }\n);\n", f);
    fclose(f);
    return text;
}

static enum lw_msg make(const struct web *w, const char *id, const char *name, struct lw_error *err)
{
    char folder[PATH_MAX];
    if (w->single || snprintf(folder, sizeof folder, "%s/%s", w->workflows, id) >= (int)sizeof folder)
        return lw_fail(err, LW_MSG_WEB_NOT_FOUND);
    if (mkdir(folder, 0755) != 0)
        return errno == EEXIST ? lw_fail(err, LW_MSG_WORKFLOW_THERE, id) : lw_fail(err, LW_MSG_FOLDER_MAKE, id, strerror(errno));
    char *text = first_text(name);
    enum lw_msg rc = text ? library_write(folder, "workflow.cfg", text, strlen(text), err) : lw_fail(err, LW_MSG_NO_MEMORY);
    if (rc)
        rmdir(folder);
    free(text);
    return rc;
}

enum MHD_Result web_new(struct web_request *r)
{
    enum MHD_Result rc;
    struct lw_error err;
    json_t *body = web_body_json(r, &rc);
    if (!body)
        return rc;
    const char *id = json_string_value(json_object_get(body, "id")), *name = json_string_value(json_object_get(body, "name"));
    if (!id || !library_id_good(id)) {
        lw_fail(&err, LW_MSG_WORKFLOW_ID, id ? id : "");
        rc = web_reply_error(r, &err);
    } else if (!name || !*name || strlen(name) > LIBRARY_WORDS_MAX) {
        rc = web_refuse(r, LW_MSG_WEB_REQUEST);
    } else if (make(r->web, id, name, &err)) {
        rc = web_reply_error(r, &err);
    } else {
        rc = web_reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "id", id));
    }
    json_decref(body);
    return rc;
}

/* ---- a sound ---- */

const char *library_sound_type(const char *data, size_t size)
{
    if (size > 44 && memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WAVE", 4) == 0)
        return "wav";
    return size > 27 && memcmp(data, "OggS", 4) == 0 ? "ogg" : NULL;
}

enum MHD_Result web_sound_upload(struct web_request *r)
{
    char id[LIBRARY_ID_MAX + 1], folder[PATH_MAX], name[LIBRARY_FILE_MAX];
    const char *words = web_query(r, "name"), *type = r->body ? library_sound_type(r->body, r->size) : NULL;
    struct lw_error err;
    snprintf(id, sizeof id, "%.*s", LIBRARY_ID_MAX, r->rest);
    if (!library_folder(r->web, id, folder, sizeof folder))
        return web_refuse(r, LW_MSG_WEB_NOT_FOUND);
    if (!type) {
        lw_fail(&err, LW_MSG_WORKFLOW_SOUND, words ? words : "?");
        return web_reply_error(r, &err);
    }
    if (library_add(folder, "sounds", words, strcmp(type, "wav") == 0 ? ".wav" : ".ogg", r->body, r->size, name, &err))
        return web_reply_error(r, &err);
    return web_reply_json(r, MHD_HTTP_OK, json_pack("{s:s}", "file", name));
}
