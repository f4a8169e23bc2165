/* The text of a workflow's files as tokens and a tree of values, each with its place in its file: what libconfig reads,
 * but with nothing forgotten. Private to this folder. */
#pragma once

#include "workflow_files.h"

enum source_token_kind {
    TOKEN_NAME = 0,
    TOKEN_STRING,
    TOKEN_SCALAR,  /* a number, true, false */
    TOKEN_MARK,    /* one of = ; , ( ) { } [ ] */
    TOKEN_INCLUDE, /* an @include line; the tokens of its file follow */
};

struct source_token {
    enum source_token_kind kind;
    char mark; /* TOKEN_MARK; ':' reads as '=' */
    int file, line;
    long start, end;
};

enum source_node_kind { NODE_SCALAR = 0, NODE_GROUP, NODE_LIST, NODE_ARRAY };

struct source_node {
    enum source_node_kind kind;
    int name;        /* token, -1: an element of a list */
    int first, last; /* tokens of the value */
    int stop;        /* token of the ; or , behind it, -1: none */
    int parent, child, last_child, next; /* nodes, -1: none */
    int count;       /* of children */
};

struct source_file {
    char *name, *text;
};

/* Node 0 is the whole file, a group without brackets (first and last are -1). */
struct source {
    struct source_file *files;
    int file_count;
    struct source_token *tokens;
    int token_count, token_capacity;
    struct source_node *nodes;
    int node_count, node_capacity;
    bool open_note; /* while scanning: in a note that began in an earlier file */
};

/* Reads workflow.cfg and its includes. */
enum lw_msg source_read(struct source *s, struct workflow_files *files, struct lw_error *err);

/* Makes tokens and tree of the texts; `files` (may be NULL: none may be included) reads what is newly included. On error
 * the tree is not to be used. */
enum lw_msg source_parse(struct source *s, struct workflow_files *files, struct lw_error *err);
void source_finish(struct source *s);

/* Whether `text` is exactly one value of the format. */
bool source_is_value(const char *text);

/* The child of a group called `key` (of n characters), -1: none. */
int source_member(const struct source *s, int group, const char *key, size_t n);

/* Whether the text value of child `key` of a group is exactly these n characters. */
bool source_says(const struct source *s, int group, const char *key, const char *value, size_t n);
int source_child(const struct source *s, int node, int index); /* -1: none */

static inline const char *source_at(const struct source *s, int file, long at)
{
    return s->files[file].text + at;
}
