/* Watches the USB. Everything happens inside device_hub_poll, which never waits; there is no thread of ours.
 *
 * A device on the bus:  unknown ─ ignored
 *                       known ─ link_open ─ ok ──── LINKED ─ lost ─ CLOSING ─ gone
 *                                        └ fails ─ REFUSED (one DEVICE_FAULT), tried again once a second */
#include "device.h"

#include "link.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINKS 8
#define MAX_REFUSED 8
#define RESCAN_NS NS_PER_S
#define CLOSE_ROUNDS 50 /* of CLOSE_WAIT_US: half a second for transfers to end */
#define CLOSE_WAIT_US 10000
#define UDEV_RUNS "/run/udev/control" /* there while the service that announces devices runs */

/* A device that could not be opened; people are told once, until the reason changes. */
struct refusal {
    int bus, address; /* a device that is plugged in anew has another address */
    enum lw_msg why;  /* LW_OK: unused */
    bool seen;
};

struct device_hub {
    libusb_context *usb; /* NULL: no USB at all */
    libusb_hotplug_callback_handle hotplug;
    bool announced; /* hot-plug events come; otherwise the bus is listed anew once a second */
    bool rescan;
    int64_t next_scan_ns;
    struct device_link *links[MAX_LINKS];
    bool greeted[MAX_LINKS]; /* DEVICE_CONNECTED was given */
    struct device_link *closing[MAX_LINKS];
    struct refusal refused[MAX_REFUSED];
    struct device_event fault; /* waits to be given when kind is DEVICE_FAULT */
};

static int LIBUSB_CALL plugged(libusb_context *usb, libusb_device *device, libusb_hotplug_event event, void *user)
{
    (void)usb, (void)device, (void)event;
    ((struct device_hub *)user)->rescan = true;
    return 0;
}

/* No USB at all, as in a container, is not an error: it is looked for again with the next scan. */
static void start_usb(struct device_hub *h)
{
    if (libusb_init(&h->usb)) {
        h->usb = NULL;
        return;
    }
    int both = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT;
    h->announced = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) && access(UDEV_RUNS, F_OK) == 0 &&
                   libusb_hotplug_register_callback(h->usb, both, LIBUSB_HOTPLUG_NO_FLAGS,
                                                    LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
                                                    LIBUSB_HOTPLUG_MATCH_ANY, plugged, h, &h->hotplug) == 0;
}

static void stop_usb(struct device_hub *h)
{
    if (h->usb)
        libusb_exit(h->usb);
    h->usb = NULL;
}

enum lw_msg device_hub_create(struct device_hub **out, struct lw_error *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    start_usb(*out);
    (*out)->rescan = true;
    return LW_OK;
}

static void handle_events(struct device_hub *h, int wait_us)
{
    struct timeval wait = {.tv_usec = wait_us};
    if (h->usb)
        libusb_handle_events_timeout_completed(h->usb, &wait, NULL);
}

static int free_slot(struct device_link *const *list)
{
    for (int i = 0; i < MAX_LINKS; i++)
        if (!list[i])
            return i;
    return -1;
}

static bool is_open(const struct device_hub *h, const libusb_device *usb)
{
    for (int i = 0; i < MAX_LINKS; i++)
        if ((h->links[i] && link_usb(h->links[i]) == usb) || (h->closing[i] && link_usb(h->closing[i]) == usb))
            return true;
    return false;
}

/* The note about this device, or a free one, or NULL. */
static struct refusal *refusal_of(struct device_hub *h, libusb_device *usb)
{
    struct refusal *unused = NULL;
    int bus = libusb_get_bus_number(usb), address = libusb_get_device_address(usb);
    for (int i = 0; i < MAX_REFUSED; i++) {
        struct refusal *r = &h->refused[i];
        if (r->why && r->bus == bus && r->address == address)
            return r;
        if (!r->why)
            unused = r;
    }
    if (unused)
        *unused = (struct refusal){.bus = bus, .address = address};
    return unused;
}

static void try_device(struct device_hub *h, libusb_device *usb)
{
    const char *name;
    const struct device_driver *driver = link_driver_of(usb, &name);
    int slot = free_slot(h->links);
    if (!driver || slot < 0 || is_open(h, usb))
        return;
    struct device_event fault = {.kind = DEVICE_FAULT, .device = driver->kind};
    snprintf(fault.name, sizeof fault.name, "%s", name);
    enum lw_msg rc = link_open(&h->links[slot], usb, &fault.fault);
    h->greeted[slot] = false;
    struct refusal *r = refusal_of(h, usb);
    if (!r)
        return;
    r->seen = true;
    if (rc && r->why != rc) {
        if (h->fault.kind == DEVICE_FAULT)
            return; /* another one is waiting to be told: this one with the next scan */
        h->fault = fault;
    }
    r->why = rc;
}

static bool any_open(const struct device_hub *h)
{
    for (int i = 0; i < MAX_LINKS; i++)
        if (h->links[i] || h->closing[i])
            return true;
    return false;
}

static void scan(struct device_hub *h)
{
    libusb_device **list;
    ssize_t count = h->usb ? libusb_get_device_list(h->usb, &list) : -1;
    if (count < 0)
        return;
    for (int i = 0; i < MAX_REFUSED; i++)
        h->refused[i].seen = false;
    for (ssize_t i = 0; i < count; i++)
        try_device(h, list[i]);
    for (int i = 0; i < MAX_REFUSED; i++)
        if (!h->refused[i].seen)
            h->refused[i].why = LW_OK;
    libusb_free_device_list(list, 1);
}

/* libusb sees new devices only through udev's announcements. Without them a fresh context looks at the bus anew,
 * while none of ours is open (one that is open and pulled out is noticed by its transfer). */
static void scan_when_due(struct device_hub *h, int64_t now_ns)
{
    bool due = now_ns >= h->next_scan_ns;
    if (!h->rescan && !due)
        return;
    if (due && !h->rescan && !h->announced && !any_open(h)) {
        stop_usb(h);
        start_usb(h);
    }
    h->rescan = false;
    h->next_scan_ns = now_ns + RESCAN_NS;
    scan(h);
}

static bool fill(struct device_event *event, const struct device_link *l, enum device_event_kind kind, int button,
                 int64_t now_ns)
{
    *event = (struct device_event){.kind = kind, .device = link_kind(l), .button = button, .t_ns = now_ns};
    snprintf(event->name, sizeof event->name, "%s", link_name(l));
    return true;
}

/* The next event of link i; ends it when it is lost and has nothing more to say. */
static bool next_of(struct device_hub *h, int i, int64_t now_ns, struct device_event *event)
{
    struct device_link *l = h->links[i];
    int button;
    bool down;
    if (!h->greeted[i]) {
        h->greeted[i] = true;
        return fill(event, l, DEVICE_CONNECTED, 0, now_ns);
    }
    if (link_next(l, &button, &down))
        return fill(event, l, down ? DEVICE_BUTTON_DOWN : DEVICE_BUTTON_UP, button, now_ns);
    int slot = free_slot(h->closing);
    if (!link_lost(l) || slot < 0)
        return false;
    fill(event, l, DEVICE_DISCONNECTED, 0, now_ns);
    link_stop(l);
    h->closing[slot] = l;
    h->links[i] = NULL;
    return true;
}

static bool free_closing(struct device_hub *h)
{
    bool all = true;
    for (int i = 0; i < MAX_LINKS; i++)
        if (h->closing[i])
            all = link_free(&h->closing[i]) && all;
    return all;
}

bool device_hub_poll(struct device_hub *h, int64_t now_ns, struct device_event *event)
{
    handle_events(h, 0);
    free_closing(h);
    scan_when_due(h, now_ns);
    if (h->fault.kind == DEVICE_FAULT) {
        *event = h->fault;
        event->t_ns = now_ns;
        memset(&h->fault, 0, sizeof h->fault);
        return true;
    }
    for (int i = 0; i < MAX_LINKS; i++)
        if (h->links[i] && next_of(h, i, now_ns, event))
            return true;
    return false;
}

void device_hub_destroy(struct device_hub **p)
{
    struct device_hub *h = *p;
    if (!h)
        return;
    *p = NULL;
    for (int i = 0; i < MAX_LINKS; i++) {
        if (!h->links[i])
            continue;
        link_stop(h->links[i]);
        int slot = free_slot(h->closing);
        if (slot >= 0) {
            h->closing[slot] = h->links[i];
            h->links[i] = NULL;
        }
    }
    bool all = free_closing(h);
    for (int i = 0; !all && i < CLOSE_ROUNDS; i++) {
        handle_events(h, CLOSE_WAIT_US);
        all = free_closing(h);
    }
    if (all)
        stop_usb(h); /* with a transfer that never ended, libusb must not be closed either */
    free(h);
}
