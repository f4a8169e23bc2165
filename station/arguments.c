#include "arguments.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool fail(struct lw_error *err, const char *problem, const char *what)
{
    char text[160];
    snprintf(text, sizeof text, "%s: %s", what, problem);
    lw_fail(err, LW_MSG_USAGE, text);
    return false;
}

static bool store(const struct argument *a, const char *value, struct lw_error *err)
{
    char *end = NULL, option[64];
    snprintf(option, sizeof option, "--%s", a->name);
    errno = 0;
    if (a->type == ARGUMENT_TEXT || a->type == ARGUMENT_ADDRESS) {
        *(const char **)a->out = value;
        return true;
    }
    double number = strtod(value, &end);
    if (!*value || *end || errno || !isfinite(number))
        return fail(err, _("must be a number"), option);
    if (a->type == ARGUMENT_INT && (number != floor(number) || fabs(number) > 1e9))
        return fail(err, _("must be a whole number"), option);
    if (a->type == ARGUMENT_INT)
        *(int *)a->out = (int)number;
    else
        *(double *)a->out = number;
    return true;
}

static const struct argument *find(const struct argument *table, int count, const char *name, size_t length)
{
    for (int i = 0; i < count; i++)
        if (strlen(table[i].name) == length && memcmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

bool arguments_is_address(const char *word)
{
    size_t n = strlen(word);
    return n > 0 && !strchr(word, '/') &&
           (strspn(word, "0123456789.") == n || strspn(word, "0123456789abcdefABCDEF.:[]") == n
                ? strpbrk(word, ".:") || strspn(word, "0123456789") == n
                : strncmp(word, "localhost", 9) == 0 && (word[9] == ':' || !word[9]));
}

bool arguments_parse(int argc, char **argv, const struct argument *table, int count, const char **rest,
                     int *rest_count, bool *help, struct lw_error *err)
{
    *rest_count = 0;
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            *help = true;
            continue;
        }
        if (strncmp(word, "--", 2) != 0) {
            if (*rest_count == ARGUMENTS_REST)
                return fail(err, _("too many words"), word);
            rest[(*rest_count)++] = word;
            continue;
        }
        size_t length = strcspn(word + 2, "=");
        const struct argument *a = find(table, count, word + 2, length);
        if (!a)
            return fail(err, _("unknown option"), word);
        if (a->type == ARGUMENT_FLAG)
            *(bool *)a->out = true;
        else if (a->type == ARGUMENT_ADDRESS && word[2 + length] != '=')
            *(const char **)a->out = i + 1 < argc && arguments_is_address(argv[i + 1]) ? argv[++i] : "";
        else if (word[2 + length] == '=' ? !store(a, word + 3 + length, err)
                                         : i + 1 < argc ? !store(a, argv[++i], err) : !fail(err, _("needs a value"), word))
            return false;
    }
    return true;
}

void arguments_print_help(const char *usage, const char *about, const struct argument *table, int count)
{
    printf(_("usage: lichtwijzer %s\n"), _(usage));
    printf("\n%s\n\n", _(about));
    for (int i = 0; i < count; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", table[i].name, table[i].word ? " " : "",
                 table[i].word ? _(table[i].word) : "");
        printf("  %-22s %s\n", left, _(table[i].help));
    }
    printf("  %-22s %s\n", "--help", _("This help."));
}
