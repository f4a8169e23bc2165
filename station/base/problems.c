#include "problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* formats come from the message table */

static bool make_room(struct lw_problems *list)
{
    if (list->count < list->capacity)
        return true;
    if (list->count >= PROBLEMS_MAX)
        return false;
    int capacity = list->capacity ? 2 * list->capacity : 16;
    struct lw_problem *items = realloc(list->items, (size_t)capacity * sizeof *items);
    if (!items)
        return false;
    list->items = items;
    list->capacity = capacity;
    return true;
}

void problems_add(struct lw_problems *list, bool warning, const struct lw_error *error)
{
    if (warning)
        list->warnings++;
    else
        list->errors++;
    if (!make_room(list)) {
        list->dropped++;
        return;
    }
    list->items[list->count++] = (struct lw_problem){warning, *error};
}

static void add(struct lw_problems *list, bool warning, const char *file, int line, enum lw_msg id, va_list args)
{
    struct lw_error e = {.id = id, .line = line};
    snprintf(e.file, sizeof e.file, "%s", file ? file : "");
    vsnprintf(e.text, sizeof e.text, lw_msg_text(id), args);
    problems_add(list, warning, &e);
}

void problems_error(struct lw_problems *list, const char *file, int line, enum lw_msg id, ...)
{
    va_list args;
    va_start(args, id);
    add(list, false, file, line, id, args);
    va_end(args);
}

void problems_warning(struct lw_problems *list, const char *file, int line, enum lw_msg id, ...)
{
    va_list args;
    va_start(args, id);
    add(list, true, file, line, id, args);
    va_end(args);
}

void problems_finish(struct lw_problems *list)
{
    free(list->items);
    *list = (struct lw_problems){0};
}
