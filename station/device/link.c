#include "link.h"

#include <stdlib.h>
#include <string.h>

#define REPORT_SIZE 64   /* bytes; the most an interrupt endpoint of a full-speed device sends */
#define QUEUE_SIZE 64    /* changes kept until they are fetched: more than a foot can do between two polls */
#define MAX_ERRORS 3     /* in a row: then the device counts as lost (an unplugged one may report errors first) */

struct device_link {
    const struct device_driver *driver;
    const char *name;
    libusb_device *usb;
    libusb_device_handle *handle;
    int interface; /* -1: not claimed */
    struct libusb_transfer *transfer;
    uint8_t report[REPORT_SIZE];
    bool submitted, stopping, lost;
    int errors;
    device_buttons down;
    struct {
        int button;
        bool down;
    } queue[QUEUE_SIZE];
    int first, count;
};

static const struct device_driver *const drivers[] = {&pedal_driver};

const struct device_driver *link_driver_of(libusb_device *usb, const char **name)
{
    struct libusb_device_descriptor about;
    if (libusb_get_device_descriptor(usb, &about))
        return NULL;
    for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
        for (int k = 0; k < drivers[i]->id_count; k++)
            if (drivers[i]->ids[k].vendor == about.idVendor && drivers[i]->ids[k].product == about.idProduct) {
                *name = drivers[i]->ids[k].name;
                return drivers[i];
            }
    return NULL;
}

enum lw_msg link_fail(int code, const char *name, struct lw_error *err)
{
    if (code == LIBUSB_ERROR_ACCESS)
        return lw_fail(err, LW_MSG_USB_RIGHTS, name);
    if (code == LIBUSB_ERROR_BUSY)
        return lw_fail(err, LW_MSG_USB_BUSY, name);
    return lw_fail(err, LW_MSG_USB_DEVICE_FAILED, name, libusb_strerror(code));
}

static bool fits(int wanted, uint8_t is)
{
    return wanted < 0 || wanted == is;
}

/* The endpoint that the driver reads; false when the device has no such interface. */
static bool find_endpoint(const struct libusb_config_descriptor *config, const struct device_driver *d,
                          int *interface, uint8_t *endpoint)
{
    for (int i = 0; i < config->bNumInterfaces; i++) {
        if (config->interface[i].num_altsetting < 1)
            continue;
        const struct libusb_interface_descriptor *f = &config->interface[i].altsetting[0];
        if (!fits(d->interface_class, f->bInterfaceClass) || !fits(d->interface_subclass, f->bInterfaceSubClass) ||
            !fits(d->interface_protocol, f->bInterfaceProtocol))
            continue;
        for (int k = 0; k < f->bNumEndpoints; k++) {
            const struct libusb_endpoint_descriptor *e = &f->endpoint[k];
            if ((e->bEndpointAddress & LIBUSB_ENDPOINT_IN) &&
                (e->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) == LIBUSB_TRANSFER_TYPE_INTERRUPT) {
                *interface = f->bInterfaceNumber;
                *endpoint = e->bEndpointAddress;
                return true;
            }
        }
    }
    return false;
}

static void add_change(struct device_link *l, int button, bool down)
{
    if (l->count == QUEUE_SIZE)
        return;
    int at = (l->first + l->count++) % QUEUE_SIZE;
    l->queue[at].button = button;
    l->queue[at].down = down;
}

static void change_to(struct device_link *l, device_buttons down)
{
    for (int i = 0; i < DRIVER_BUTTONS; i++) {
        device_buttons bit = 1u << i;
        if ((l->down ^ down) & bit)
            add_change(l, i, down & bit);
    }
    l->down = down;
}

static void lose(struct device_link *l)
{
    l->lost = true;
    change_to(l, 0);
}

static void submit(struct device_link *l)
{
    l->submitted = libusb_submit_transfer(l->transfer) == 0;
    if (!l->submitted)
        lose(l);
}

/* Called by libusb while events are handled. */
static void LIBUSB_CALL arrived(struct libusb_transfer *transfer)
{
    struct device_link *l = transfer->user_data;
    l->submitted = false;
    device_buttons down;
    switch (transfer->status) {
    case LIBUSB_TRANSFER_COMPLETED:
        l->errors = 0;
        if (l->driver->report(l->report, transfer->actual_length, &down))
            change_to(l, down);
        break;
    case LIBUSB_TRANSFER_NO_DEVICE:
    case LIBUSB_TRANSFER_CANCELLED:
        lose(l);
        break;
    default:
        if (++l->errors >= MAX_ERRORS)
            lose(l);
        break;
    }
    if (!l->stopping && !l->lost)
        submit(l);
}

static int start(struct device_link *l)
{
    struct libusb_config_descriptor *config;
    uint8_t endpoint = 0;
    int interface = 0;
    int rc = libusb_get_active_config_descriptor(l->usb, &config);
    if (rc)
        return rc;
    bool found = find_endpoint(config, l->driver, &interface, &endpoint);
    libusb_free_config_descriptor(config);
    if (!found)
        return LIBUSB_ERROR_NOT_SUPPORTED;
    rc = libusb_open(l->usb, &l->handle);
    if (rc)
        return rc;
    libusb_set_auto_detach_kernel_driver(l->handle, 1);
    rc = libusb_claim_interface(l->handle, interface);
    if (rc)
        return rc;
    l->interface = interface;
    l->transfer = libusb_alloc_transfer(0);
    if (!l->transfer)
        return LIBUSB_ERROR_NO_MEM;
    libusb_fill_interrupt_transfer(l->transfer, l->handle, endpoint, l->report, REPORT_SIZE, arrived, l, 0);
    rc = libusb_submit_transfer(l->transfer);
    l->submitted = rc == 0;
    return rc;
}

enum lw_msg link_open(struct device_link **out, libusb_device *usb, struct lw_error *err)
{
    struct device_link *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l)
        return lw_fail(err, LW_MSG_NO_MEMORY);
    l->interface = -1;
    l->driver = link_driver_of(usb, &l->name);
    l->usb = libusb_ref_device(usb);
    int rc = start(l);
    if (rc) {
        link_fail(rc, l->name, err);
        link_free(&l);
        return err ? err->id : LW_MSG_USB_DEVICE_FAILED;
    }
    *out = l;
    return LW_OK;
}

libusb_device *link_usb(const struct device_link *l)
{
    return l->usb;
}

const char *link_name(const struct device_link *l)
{
    return l->name;
}

enum device_kind link_kind(const struct device_link *l)
{
    return l->driver->kind;
}

bool link_next(struct device_link *l, int *button, bool *down)
{
    if (l->count == 0)
        return false;
    *button = l->queue[l->first].button;
    *down = l->queue[l->first].down;
    l->first = (l->first + 1) % QUEUE_SIZE;
    l->count--;
    return true;
}

bool link_lost(const struct device_link *l)
{
    return l->lost;
}

void link_stop(struct device_link *l)
{
    if (!l->stopping && l->submitted)
        libusb_cancel_transfer(l->transfer);
    l->stopping = true;
}

bool link_free(struct device_link **p)
{
    struct device_link *l = *p;
    if (l->submitted)
        return false;
    *p = NULL;
    libusb_free_transfer(l->transfer);
    if (l->interface >= 0)
        libusb_release_interface(l->handle, l->interface); /* the kernel gets it back */
    if (l->handle)
        libusb_close(l->handle);
    libusb_unref_device(l->usb);
    free(l);
    return true;
}
