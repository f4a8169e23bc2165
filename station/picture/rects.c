#include "rects.h"

#include <math.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static long area(struct picture_rect r)
{
    return (long)r.width * r.height;
}

bool rects_meet(struct picture_rect a, struct picture_rect b)
{
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

struct picture_rect rects_join(struct picture_rect a, struct picture_rect b)
{
    int x = least(a.x, b.x), y = least(a.y, b.y);
    return (struct picture_rect){x, y, most(a.x + a.width, b.x + b.width) - x,
                                 most(a.y + a.height, b.y + b.height) - y};
}

struct picture_rect rects_around(double x0, double y0, double x1, double y1)
{
    int x = (int)floor(x0), y = (int)floor(y0);
    return (struct picture_rect){x, y, (int)ceil(x1) - x, (int)ceil(y1) - y};
}

static long waste(struct picture_rect a, struct picture_rect b)
{
    return area(rects_join(a, b)) - area(a) - area(b);
}

static int cheapest(const struct rects *list, struct picture_rect r)
{
    int best = 0;
    for (int i = 1; i < list->count; i++)
        if (waste(list->r[i], r) < waste(list->r[best], r))
            best = i;
    return best;
}

void rects_add(struct rects *list, struct picture_rect r, int width, int height)
{
    int x1 = least(r.x + r.width, width), y1 = least(r.y + r.height, height);
    r.x = most(r.x, 0);
    r.y = most(r.y, 0);
    r.width = x1 - r.x;
    r.height = y1 - r.y;
    if (r.width <= 0 || r.height <= 0)
        return;
    while (list->count > 0) {
        int i = cheapest(list, r);
        if (list->count < RENDER_RECTS && waste(list->r[i], r) > 0)
            break;
        r = rects_join(list->r[i], r);
        list->r[i] = list->r[--list->count];
    }
    list->r[list->count++] = r;
}
