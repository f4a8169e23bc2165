#include "v4l2_controls.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>

/* One thing that a camera may do by itself. */
struct automatic {
    uint32_t id;
    int32_t on, off;
    uint32_t value_id; /* what it sets, kept when it is switched off; 0: nothing */
    const char *name;  /* for people */
};

static const struct automatic automatics[] = {
    {V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_APERTURE_PRIORITY, V4L2_EXPOSURE_MANUAL, V4L2_CID_EXPOSURE_ABSOLUTE,
     N_("exposure")},
    {V4L2_CID_AUTOGAIN, 1, 0, V4L2_CID_GAIN, N_("gain")},
    {V4L2_CID_AUTO_WHITE_BALANCE, 1, 0, V4L2_CID_WHITE_BALANCE_TEMPERATURE, N_("white balance")},
    {V4L2_CID_FOCUS_AUTO, 1, 0, V4L2_CID_FOCUS_ABSOLUTE, N_("focus")},
    {V4L2_CID_AUTOBRIGHTNESS, 1, 0, 0, N_("brightness")},
    {V4L2_CID_HUE_AUTO, 1, 0, 0, N_("hue")},
};
#define AUTOMATIC_COUNT (int)(sizeof automatics / sizeof automatics[0])

static int request(int fd, unsigned long what, void *arg)
{
    int rc;
    do
        rc = ioctl(fd, what, arg);
    while (rc < 0 && errno == EINTR);
    return rc;
}

static bool has(int fd, uint32_t id)
{
    struct v4l2_queryctrl query = {.id = id};
    return request(fd, VIDIOC_QUERYCTRL, &query) == 0 && !(query.flags & V4L2_CTRL_FLAG_DISABLED);
}

static bool get(int fd, uint32_t id, int32_t *value)
{
    struct v4l2_control control = {.id = id};
    if (!has(fd, id) || request(fd, VIDIOC_G_CTRL, &control) < 0)
        return false;
    *value = control.value;
    return true;
}

/* True when the control now has the value (some drivers accept and ignore). */
static bool set(int fd, uint32_t id, int32_t value)
{
    struct v4l2_control control = {.id = id, .value = value};
    int32_t now;
    return request(fd, VIDIOC_S_CTRL, &control) == 0 && get(fd, id, &now) && now == value;
}

void v4l2_controls_settle(int fd, int mains_hz)
{
    if (mains_hz == 50 || mains_hz == 60)
        set(fd, V4L2_CID_POWER_LINE_FREQUENCY,
            mains_hz == 50 ? V4L2_CID_POWER_LINE_FREQUENCY_50HZ : V4L2_CID_POWER_LINE_FREQUENCY_60HZ);
    set(fd, V4L2_CID_EXPOSURE_AUTO_PRIORITY, 0); /* the rate of pictures does not fall in the dark */
    for (int i = 0; i < AUTOMATIC_COUNT; i++) {
        const struct automatic *a = &automatics[i];
        /* some cameras know full automatic only, not aperture priority */
        if (has(fd, a->id) && !set(fd, a->id, a->on) && a->id == V4L2_CID_EXPOSURE_AUTO)
            set(fd, a->id, V4L2_EXPOSURE_AUTO);
    }
}

static void remember(struct v4l2_settled *settled, uint32_t id, int32_t value)
{
    if (settled->count == (int)(sizeof settled->values / sizeof settled->values[0]))
        return;
    settled->values[settled->count].id = id;
    settled->values[settled->count++].value = value;
}

static bool recall(const struct v4l2_settled *settled, uint32_t id, int32_t *value)
{
    for (int i = 0; settled->known && i < settled->count; i++)
        if (settled->values[i].id == id) {
            *value = settled->values[i].value;
            return true;
        }
    return false;
}

/* Reads the value before switching off: some drivers fall back to a default then. */
static bool lock_one(int fd, const struct automatic *a, struct v4l2_settled *settled)
{
    int32_t value;
    bool keep = a->value_id && (recall(settled, a->value_id, &value) || get(fd, a->value_id, &value));
    int32_t now;
    if (!set(fd, a->id, a->off) && !(get(fd, a->id, &now) && now == a->off))
        return false;
    if (!keep)
        return true;
    if (!settled->known)
        remember(settled, a->value_id, value);
    return set(fd, a->value_id, value);
}

void v4l2_controls_lock(int fd, struct v4l2_settled *settled, struct camera_info *info)
{
    char open[200] = "";
    for (int i = 0; i < AUTOMATIC_COUNT; i++) {
        if (!has(fd, automatics[i].id) || lock_one(fd, &automatics[i], settled))
            continue;
        size_t used = strlen(open);
        snprintf(open + used, sizeof open - used, "%s%s", used ? ", " : "", _(automatics[i].name));
    }
    settled->known = true;
    info->controls_locked = open[0] == '\0';
    info->controls[0] = '\0';
    if (open[0])
        snprintf(info->controls, sizeof info->controls, _("can't be locked: %s"), open);
}
