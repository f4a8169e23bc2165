/* The pages themselves: files of assets/web, with {{English words}} put into the station's language. */
#include "web_parts.h"

#include "texts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_MAX 1000000

static const struct {
    const char *ending, *type;
} types[] = {{".css", "text/css; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".svg", "image/svg+xml"},
             {".png", "image/png"}, {".jpg", "image/jpeg"}};

static char *read_file(const char *path, size_t *size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char *data = NULL;
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= PAGE_MAX)
        data = calloc(1, (size_t)st.st_size + 1);
    ssize_t n = data ? read(fd, data, (size_t)st.st_size) : -1;
    if (fd >= 0)
        close(fd);
    if (n < 0) {
        free(data);
        return NULL;
    }
    *size = (size_t)n;
    return data;
}

/* ---- words ---- */

static void put_escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
}

static void put_words(FILE *out, const char *words, size_t n)
{
    char key[WEB_TEXT_MAX];
    snprintf(key, sizeof key, "%.*s", (int)n, words);
    put_escaped(out, strcmp(key, "language") == 0 ? lw_language() : lw_words(key));
}

static char *translate(const char *page, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    while (out && *page) {
        const char *begin = strstr(page, "{{"), *end = begin ? strstr(begin, "}}") : NULL;
        if (!end) {
            fputs(page, out);
            break;
        }
        fwrite(page, 1, (size_t)(begin - page), out);
        put_words(out, begin + 2, (size_t)(end - begin - 2));
        page = end + 2;
    }
    if (out)
        fclose(out);
    return text;
}

/* ---- answers ---- */

enum MHD_Result web_page(struct web_request *r)
{
    char path[PATH_MAX];
    size_t size;
    const char *name = strcmp(r->path, "/login") == 0 ? "login" : strcmp(r->path, "/report") == 0 ? "report"
                       : strncmp(r->path, "/edit/", 6) == 0 ? "edit" : "index";
    snprintf(path, sizeof path, "%s/web/%s.html", lw_assets_folder(), name);
    char *page = read_file(path, &size), *text = page ? translate(page, &size) : NULL;
    free(page);
    if (!text)
        return web_refuse(r, LW_MSG_WEB_NOT_FOUND);
    enum MHD_Result rc = web_reply(r, MHD_HTTP_OK, "text/html; charset=utf-8", text, size);
    free(text);
    return rc;
}

/* Only plain names: nothing outside of the folder, nothing hidden. */
enum MHD_Result web_asset(struct web_request *r)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.";
    char path[PATH_MAX];
    size_t size;
    const char *ending = strrchr(r->rest, '.'), *type = NULL;
    for (size_t i = 0; ending && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(ending, types[i].ending) == 0)
            type = types[i].type;
    snprintf(path, sizeof path, "%s/web/%s", lw_assets_folder(), r->rest);
    if (!type || r->rest[0] == '.' || strspn(r->rest, plain) != strlen(r->rest))
        return web_refuse(r, LW_MSG_WEB_NOT_FOUND);
    char *data = read_file(path, &size);
    if (!data)
        return web_refuse(r, LW_MSG_WEB_NOT_FOUND);
    enum MHD_Result rc = web_reply(r, MHD_HTTP_OK, type, data, size);
    free(data);
    return rc;
}

enum MHD_Result web_texts(struct web_request *r)
{
    json_t *j = json_object();
    for (int i = 0; i < web_text_count; i++)
        json_object_set_new(j, web_text_rows[i], json_string(lw_words(web_text_rows[i])));
    return web_reply_json(r, MHD_HTTP_OK, j);
}
