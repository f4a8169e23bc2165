/* A good workflow as text, and its folder. */
#pragma once

#include "files.h"
#include "workflow.h"

#include <stddef.h>

static const struct workflow_bench bench = {800, 500};

/* Six lines that every case below begins with, so that what is wrong stands on line 7 or later. */
#define N(x) "name = { nl = \"" x "\"; en = \"" x "\"; }; "
#define HEAD "format = 1; " N("kit")
#define BINS "\nbins = ( { id = \"bin-1\"; " N("bin") "outline = [10, 10, 90, 10, 90, 90]; } );"
#define CASE                                                                                                 \
    "\ncarriers = ( { id = \"case\"; " N(                                                                    \
        "case") "width_mm = 300; depth_mm = 200; "                                                           \
                "home = { x_mm = 400; y_mm = 250; }; taught = \"a.png\"; } );"
#define ITEM(id)                                                                                             \
    "{ id = \"" id "\"; " N("item") "picture = \"a.png\"; bin = \"bin-1\"; taught = ( { before = \"b.png\"; after = \"a.png\"; "  \
                                    "mm_per_px = 0.5; } ); }"
#define ITEMS "\nitems = ( " ITEM("mirror") ", " ITEM("probe") " );"
#define PLACE(id, item, x)                                                                                   \
    "{ id = \"" id "\"; item = \"" item "\"; carrier = \"case\"; x_mm = " x "; y_mm = 0; }"
#define PLACES             "\nplaces = ( " PLACE("p1", "mirror", "-50") ", " PLACE("p2", "probe", "50") " );"
#define SECTION(id, steps) "{ id = \"" id "\"; " N("part") "steps = ( " steps " ); }"
#define SECTIONS           "\nsections = ( " SECTION("s", "{ place = \"p1\"; }, { place = \"p2\"; }") " );"
#define GOOD               HEAD BINS CASE ITEMS PLACES SECTIONS

static inline void make_folder(const char *folder)
{
    files_picture(folder, "a.png", 40, 30);
    files_picture(folder, "b.png", 40, 30);
    files_picture(folder, "c.png", 41, 30);
    files_picture(folder, "huge.png", 20000, 20000);
    files_picture(folder, "flat.png", 0, 30);
    files_write(folder, "words.png", "this is no picture, although it is called one");
    files_write(folder, "blank.png", "");
}

static inline enum lw_msg load_text(const char *text, struct workflow **w, struct lw_problems *problems)
{
    const char *folder = files_folder();
    make_folder(folder);
    files_write(folder, "workflow.cfg", text);
    return workflow_load(w, folder, &bench, problems);
}
