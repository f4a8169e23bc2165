#include "workflow_source.h"

#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX    32      /* brackets in brackets; the format needs 7 */
#define INCLUDES_MAX 8       /* files in files */
#define TOKENS_MAX   2000000 /* 4 MB of text hold no more that means anything */

static void *grown(void *list, int count, int *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    int more = *capacity ? 2 * *capacity : 256;
    void *bigger = realloc(list, (size_t)more * size);
    if (bigger)
        *capacity = more;
    return bigger;
}

/* ---- tokens ---- */

struct scan {
    struct source *s;
    struct workflow_files *files;
    int file, line, depth;
    const char *text;
    long at;
    struct lw_error *err;
};

static enum lw_msg scan_file(struct source *s, struct workflow_files *files, int file, int depth,
                             struct lw_error *err);

static enum lw_msg fail(const struct scan *c, const char *what)
{
    return lw_fail_at(c->err, c->s->files[c->file].name, c->line, LW_MSG_FILE_SYNTAX, what);
}

static enum lw_msg add_token(struct scan *c, enum source_token_kind kind, char mark, long end)
{
    struct source *s = c->s;
    struct source_token *tokens = grown(s->tokens, s->token_count, &s->token_capacity, sizeof *tokens);
    if (!tokens || s->token_count >= TOKENS_MAX)
        return lw_fail(c->err, LW_MSG_NO_MEMORY);
    s->tokens = tokens;
    tokens[s->token_count++] = (struct source_token){kind, mark, c->file, c->line, c->at, end};
    for (; c->at < end; c->at++)
        c->line += c->text[c->at] == '\n';
    return LW_OK;
}

/* The file called `name`, read when it is not there yet; -1: it can't be (err filled). */
static int file_called(struct source *s, struct workflow_files *files, const char *name, struct lw_error *err)
{
    for (int i = 0; i < s->file_count; i++)
        if (strcmp(s->files[i].name, name) == 0)
            return i;
    char *text = NULL;
    if (!files) {
        lw_fail(err, LW_MSG_WORKFLOW_FILE_MISSING, name);
        return -1;
    }
    if (workflow_files_read_text(files, name, &text, err))
        return -1;
    struct source_file *more = realloc(s->files, (size_t)(s->file_count + 1) * sizeof *more);
    if (more)
        s->files = more;
    char *copy = more ? strdup(name) : NULL;
    if (!copy) {
        free(text);
        lw_fail(err, LW_MSG_NO_MEMORY);
        return -1;
    }
    more[s->file_count] = (struct source_file){copy, text};
    return s->file_count++;
}

/* `@include "name"`; the text may move when a file is added, so that it is fetched again. */
static enum lw_msg scan_include(struct scan *c)
{
    char name[512];
    size_t n = 0;
    const char *open = c->text + c->at + strlen("@include");
    open += strspn(open, " \t");
    if (*open == '"')
        n = strcspn(open + 1, "\"\\\n");
    if (!n || n >= sizeof name || open[n + 1] != '"')
        return fail(c, _("an @include needs the name of a file in quotes"));
    memcpy(name, open + 1, n);
    name[n] = 0;
    if (c->depth >= INCLUDES_MAX)
        return fail(c, _("files include each other in a circle"));
    enum lw_msg rc = add_token(c, TOKEN_INCLUDE, 0, open + n + 2 - c->text);
    if (rc)
        return rc;
    int file = file_called(c->s, c->files, name, c->err);
    return file < 0 ? c->err->id : scan_file(c->s, c->files, file, c->depth + 1, c->err);
}

/* To the end of a note, or of the file: libconfig takes a note that nobody ends as one, and reads on in it in the file
 * that included this one. */
static void skip_long_note(struct scan *c)
{
    const char *p = c->text + c->at, *end = strstr(p, "*/");
    c->s->open_note = !end;
    end = end ? end + 2 : p + strlen(p);
    for (; p < end; p++)
        c->line += *p == '\n';
    c->at = end - c->text;
}

static void skip_blanks(struct scan *c)
{
    for (;;) {
        const char *p = c->text + c->at;
        if (*p && (c->s->open_note || (p[0] == '/' && p[1] == '*'))) {
            c->at += c->s->open_note ? 0 : 2;
            skip_long_note(c);
        } else if (*p && strchr(" \t\r\n\f", *p)) {
            c->line += *p == '\n';
            c->at++;
        } else if (*p == '#' || (p[0] == '/' && p[1] == '/')) {
            c->at += (long)strcspn(p, "\n");
        } else {
            return;
        }
    }
}

/* libconfig knows an @include only as the first thing on a line. */
static bool first_on_line(const struct scan *c)
{
    long i = c->at;
    while (i > 0 && (c->text[i - 1] == ' ' || c->text[i - 1] == '\t'))
        i--;
    return i == 0 || c->text[i - 1] == '\n';
}

static enum lw_msg scan_string(struct scan *c)
{
    long end = c->at + 1;
    while (c->text[end] && c->text[end] != '"')
        end += c->text[end] == '\\' && c->text[end + 1] ? 2 : 1;
    if (!c->text[end])
        return fail(c, _("a text that begins with a quote does not end with one"));
    return add_token(c, TOKEN_STRING, 0, end + 1);
}

static size_t digits(const char *p)
{
    return strspn(p, "0123456789");
}

/* Length of an exponent at p, 0: none. */
static size_t exponent(const char *p)
{
    size_t sign = *p == 'e' || *p == 'E' ? 1 + (p[1] == '-' || p[1] == '+') : 0;
    return sign && digits(p + sign) ? sign + digits(p + sign) : 0;
}

/* Length of the number at p as libconfig 1.5 cuts it, 0: none. What follows at once is the next word: `1name` are two; an
 * exponent without a point needs a sign in front (`+1e5`). */
static size_t number_length(const char *p)
{
    size_t sign = *p == '-' || *p == '+', whole = digits(p + sign), n = sign + whole;
    if (p[n] == '.') {
        n += 1 + digits(p + n + 1);
        return n + exponent(p + n);
    }
    if (*p == '0' && (p[1] == 'x' || p[1] == 'X') && isxdigit((unsigned char)p[2]))
        n = 2 + strspn(p + 2, "0123456789abcdefABCDEF");
    else if (!whole)
        return 0;
    else if (sign && exponent(p + n))
        return n + exponent(p + n);
    return n + (p[n] == 'L' ? 1 + (p[n + 1] == 'L') : 0);
}

static enum lw_msg scan_word(struct scan *c)
{
    const char *p = c->text + c->at;
    size_t n = number_length(p);
    if (n)
        return add_token(c, TOKEN_SCALAR, 0, c->at + (long)n);
    if (isalpha((unsigned char)*p) || *p == '*')
        n = 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789*_-");
    if (!n)
        return fail(c, _("there is a character that has no meaning here"));
    bool truth = (n == 4 && strncasecmp(p, "true", 4) == 0) || (n == 5 && strncasecmp(p, "false", 5) == 0);
    return add_token(c, truth ? TOKEN_SCALAR : TOKEN_NAME, 0, c->at + (long)n);
}

static enum lw_msg scan_file(struct source *s, struct workflow_files *files, int file, int depth,
                             struct lw_error *err)
{
    struct scan c = {.s = s, .files = files, .file = file, .line = 1, .depth = depth, .err = err};
    enum lw_msg rc = LW_OK;
    while (!rc) {
        c.text = s->files[file].text;
        skip_blanks(&c);
        char p = c.text[c.at];
        if (!p)
            return LW_OK;
        if (strchr("=:;,(){}[]", p))
            rc = add_token(&c, TOKEN_MARK, p == ':' ? '=' : p, c.at + 1);
        else if (p == '"')
            rc = scan_string(&c);
        else if (strncmp(c.text + c.at, "@include", 8) == 0 && first_on_line(&c))
            rc = scan_include(&c);
        else
            rc = scan_word(&c);
    }
    return rc;
}

/* ---- the tree ---- */

struct parse {
    struct source *s;
    int at; /* token, never an include */
    struct lw_error *err;
};

static void settle(struct parse *p)
{
    while (p->at < p->s->token_count && p->s->tokens[p->at].kind == TOKEN_INCLUDE)
        p->at++;
}

static void advance(struct parse *p)
{
    p->at++;
    settle(p);
}

static bool is_mark(const struct parse *p, char mark)
{
    return p->at < p->s->token_count && p->s->tokens[p->at].kind == TOKEN_MARK &&
           p->s->tokens[p->at].mark == mark;
}

static bool is_kind(const struct parse *p, enum source_token_kind kind)
{
    return p->at < p->s->token_count && p->s->tokens[p->at].kind == kind;
}

static enum lw_msg unexpected(const struct parse *p)
{
    const struct source *s = p->s;
    if (!s->token_count)
        return lw_fail(p->err, LW_MSG_FILE_SYNTAX, _("a bracket, or a value after =, is missing"));
    const struct source_token *t = &s->tokens[p->at < s->token_count ? p->at : s->token_count - 1];
    return lw_fail_at(p->err, s->files[t->file].name, t->line, LW_MSG_FILE_SYNTAX,
                      p->at < s->token_count ? _("this does not belong here; is a bracket, a quote or a ; missing before?")
                                             : _("a bracket, or a value after =, is missing"));
}

static int add_node(struct parse *p, enum source_node_kind kind, int parent, int name)
{
    struct source *s = p->s;
    struct source_node *nodes = grown(s->nodes, s->node_count, &s->node_capacity, sizeof *nodes);
    if (!nodes) {
        lw_fail(p->err, LW_MSG_NO_MEMORY);
        return -1;
    }
    s->nodes = nodes;
    int i = s->node_count++;
    nodes[i] = (struct source_node){kind, name, p->at, p->at, -1, parent, -1, -1, -1, 0};
    if (parent >= 0) {
        struct source_node *above = &nodes[parent];
        if (above->last_child >= 0)
            nodes[above->last_child].next = i;
        else
            above->child = i;
        above->last_child = i;
        above->count++;
    }
    return i;
}

static enum lw_msg parse_value(struct parse *p, int parent, int name, int depth);

static enum lw_msg parse_settings(struct parse *p, int group, int depth)
{
    while (is_kind(p, TOKEN_NAME)) {
        int name = p->at;
        advance(p);
        if (!is_mark(p, '='))
            return unexpected(p);
        advance(p);
        enum lw_msg rc = parse_value(p, group, name, depth);
        if (rc)
            return rc;
        if (is_mark(p, ';') || is_mark(p, ',')) {
            p->s->nodes[p->s->nodes[group].last_child].stop = p->at;
            advance(p);
        }
    }
    return LW_OK;
}

static enum lw_msg parse_elements(struct parse *p, int list, char close, int depth)
{
    while (!is_mark(p, close)) {
        enum lw_msg rc = parse_value(p, list, -1, depth);
        if (rc)
            return rc;
        if (is_mark(p, close))
            return LW_OK;
        if (!is_mark(p, ','))
            return unexpected(p);
        p->s->nodes[p->s->nodes[list].last_child].stop = p->at;
        advance(p);
        if (is_mark(p, close))
            return unexpected(p); /* no comma after the last */
    }
    return LW_OK;
}

static enum lw_msg parse_scalar(struct parse *p, int node)
{
    if (is_kind(p, TOKEN_SCALAR)) {
        advance(p);
        return LW_OK;
    }
    if (!is_kind(p, TOKEN_STRING))
        return unexpected(p);
    while (is_kind(p, TOKEN_STRING)) { /* texts in a row are one */
        p->s->nodes[node].last = p->at;
        advance(p);
    }
    return LW_OK;
}

static enum lw_msg parse_value(struct parse *p, int parent, int name, int depth)
{
    enum source_node_kind kind = is_mark(p, '{')   ? NODE_GROUP
                                 : is_mark(p, '(') ? NODE_LIST
                                 : is_mark(p, '[') ? NODE_ARRAY
                                                   : NODE_SCALAR;
    char close = kind == NODE_GROUP ? '}' : kind == NODE_LIST ? ')' : ']';
    int node = depth < DEPTH_MAX ? add_node(p, kind, parent, name) : -1;
    if (node < 0)
        return unexpected(p);
    if (kind == NODE_SCALAR)
        return parse_scalar(p, node);
    advance(p);
    enum lw_msg rc = kind == NODE_GROUP ? parse_settings(p, node, depth + 1)
                                        : parse_elements(p, node, close, depth + 1);
    if (rc)
        return rc;
    if (!is_mark(p, close))
        return unexpected(p);
    p->s->nodes[node].last = p->at;
    advance(p);
    return LW_OK;
}

enum lw_msg source_parse(struct source *s, struct workflow_files *files, struct lw_error *err)
{
    struct parse p = {s, 0, err};
    s->token_count = s->node_count = 0;
    s->open_note = false;
    enum lw_msg rc = scan_file(s, files, 0, 0, err);
    if (rc)
        return rc;
    if (add_node(&p, NODE_GROUP, -1, -1) < 0)
        return err->id;
    s->nodes[0].first = s->nodes[0].last = -1;
    settle(&p);
    rc = parse_settings(&p, 0, 0);
    return rc || p.at >= s->token_count ? rc : unexpected(&p);
}

enum lw_msg source_read(struct source *s, struct workflow_files *files, struct lw_error *err)
{
    memset(s, 0, sizeof *s);
    if (file_called(s, files, WORKFLOW_FILE, err) < 0)
        return err->id;
    enum lw_msg rc = source_parse(s, files, err);
    if (rc)
        source_finish(s);
    return rc;
}

void source_finish(struct source *s)
{
    for (int i = 0; i < s->file_count; i++) {
        free(s->files[i].name);
        free(s->files[i].text);
    }
    free(s->files);
    free(s->tokens);
    free(s->nodes);
    memset(s, 0, sizeof *s);
}

/* ---- asking ---- */

bool source_is_value(const char *text)
{
    struct source s = {0};
    struct lw_error err;
    bool good = false;
    s.files = calloc(1, sizeof *s.files);
    char *whole = NULL;
    if (s.files && asprintf(&whole, "v=%s\n;", text) >= 0) {
        s.files[0] = (struct source_file){strdup(""), whole};
        s.file_count = 1;
        good = !source_parse(&s, NULL, &err) && s.nodes[0].count == 1 &&
               s.nodes[1].stop == s.token_count - 1;
    }
    source_finish(&s);
    return good;
}

int source_member(const struct source *s, int group, const char *key, size_t n)
{
    for (int i = s->nodes[group].child; i >= 0; i = s->nodes[i].next) {
        const struct source_token *t = s->nodes[i].name >= 0 ? &s->tokens[s->nodes[i].name] : NULL;
        if (t && t->end - t->start == (long)n && memcmp(source_at(s, t->file, t->start), key, n) == 0)
            return i;
    }
    return -1;
}

bool source_says(const struct source *s, int group, const char *key, const char *value, size_t n)
{
    int i = source_member(s, group, key, strlen(key));
    if (i < 0 || s->nodes[i].kind != NODE_SCALAR)
        return false;
    const struct source_token *t = &s->tokens[s->nodes[i].first];
    return t->kind == TOKEN_STRING && t->end - t->start == (long)n + 2 &&
           memcmp(source_at(s, t->file, t->start + 1), value, n) == 0;
}

int source_child(const struct source *s, int node, int index)
{
    int i = s->nodes[node].child;
    while (i >= 0 && index-- > 0)
        i = s->nodes[i].next;
    return i;
}
