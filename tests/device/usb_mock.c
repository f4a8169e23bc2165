#include "usb_mock.h"

#include "harness.h"

#include <errno.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <umockdev.h>
#include <unistd.h>

#define NOBODY 65534
#define MAX_REPORTS 32
#define REPORT_SIZE 64

struct usb_mock {
    UMockdevTestbed *bed;
    UMockdevIoctlBase *handler;
    pthread_mutex_t lock; /* the handler runs on a thread of umockdev */
    UMockdevIoctlData *urb, *discarded;
    struct {
        uint8_t data[REPORT_SIZE];
        int size;
    } reports[MAX_REPORTS];
    int first, count;
    int fail_status, fail_times;
    bool busy, gone;
    int claimed, detached;
    int number; /* of the device on the bus; a new one each time it is plugged in */
    char path[64], node[64];
};

static void finish_urb(UMockdevIoctlClient *client, UMockdevIoctlData *arg, UMockdevIoctlData **urb, int status,
                       const uint8_t *data, int size)
{
    struct usbdevfs_urb *u = (struct usbdevfs_urb *)(*urb)->data;
    if (size > 0) {
        UMockdevIoctlData *buffer = umockdev_ioctl_data_resolve(
            *urb, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), (gsize)u->buffer_length, NULL);
        memcpy(buffer->data, data, (size_t)size);
        g_object_unref(buffer);
    }
    u->status = status;
    u->actual_length = size;
    UMockdevIoctlData *where = umockdev_ioctl_data_resolve(arg, 0, sizeof(gpointer), NULL);
    umockdev_ioctl_data_set_ptr(where, 0, *urb);
    g_object_unref(where);
    g_clear_object(urb);
    umockdev_ioctl_client_complete(client, 0, 0);
}

static void reap(struct usb_mock *m, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    if (m->gone && m->urb) {
        finish_urb(client, arg, &m->urb, -ESHUTDOWN, NULL, 0);
    } else if (m->discarded) {
        finish_urb(client, arg, &m->discarded, -ENOENT, NULL, 0);
    } else if (m->urb && m->fail_times > 0) {
        m->fail_times--;
        finish_urb(client, arg, &m->urb, m->fail_status, NULL, 0);
    } else if (m->urb && m->count > 0) {
        int i = m->first;
        m->first = (m->first + 1) % MAX_REPORTS;
        m->count--;
        finish_urb(client, arg, &m->urb, 0, m->reports[i].data, m->reports[i].size);
    } else {
        usleep(1000); /* libusb asks without a pause otherwise */
        umockdev_ioctl_client_complete(client, -1, m->gone ? ENODEV : EAGAIN);
    }
}

static void submit(struct usb_mock *m, UMockdevIoctlClient *client, UMockdevIoctlData *arg)
{
    if (m->gone || m->urb) {
        umockdev_ioctl_client_complete(client, -1, m->gone ? ENODEV : EINVAL);
        return;
    }
    m->urb = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL);
    umockdev_ioctl_client_complete(client, 0, 0);
}

static void discard(struct usb_mock *m, UMockdevIoctlClient *client)
{
    bool there = m->urb && !m->gone;
    if (there) {
        m->discarded = m->urb;
        m->urb = NULL;
    }
    umockdev_ioctl_client_complete(client, there ? 0 : -1, there ? 0 : EINVAL);
}

static void claim(struct usb_mock *m, UMockdevIoctlClient *client, bool detach)
{
    m->detached += detach;
    m->claimed += !m->busy;
    umockdev_ioctl_client_complete(client, m->busy ? -1 : 0, m->busy ? EBUSY : 0);
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer user)
{
    (void)base;
    struct usb_mock *m = user;
    UMockdevIoctlData *arg = umockdev_ioctl_client_get_arg(client);
    gboolean handled = TRUE;
    pthread_mutex_lock(&m->lock);
    switch (umockdev_ioctl_client_get_request(client)) {
    case USBDEVFS_GET_CAPABILITIES: {
        UMockdevIoctlData *d = umockdev_ioctl_data_resolve(arg, 0, sizeof(guint32), NULL);
        *(guint32 *)(void *)d->data = 0;
        g_object_unref(d);
        umockdev_ioctl_client_complete(client, 0, 0);
        break;
    }
    case USBDEVFS_DISCONNECT_CLAIM:
        claim(m, client, true);
        break;
    case USBDEVFS_CLAIMINTERFACE:
        claim(m, client, false);
        break;
    case USBDEVFS_RELEASEINTERFACE:
        m->claimed--;
        umockdev_ioctl_client_complete(client, 0, 0);
        break;
    case USBDEVFS_IOCTL: /* attaching the kernel's driver again */
        umockdev_ioctl_client_complete(client, 0, 0);
        break;
    case USBDEVFS_SUBMITURB:
        submit(m, client, arg);
        break;
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY:
        reap(m, client, arg);
        break;
    case USBDEVFS_DISCARDURB:
        discard(m, client);
        break;
    default:
        handled = FALSE;
    }
    pthread_mutex_unlock(&m->lock);
    return handled;
}

struct usb_mock *usb_mock_start(void)
{
    struct usb_mock *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->bed = umockdev_testbed_new();
    m->handler = umockdev_ioctl_base_new();
    m->number = 3;
    pthread_mutex_init(&m->lock, NULL);
    g_signal_connect(m->handler, "handle-ioctl", G_CALLBACK(on_ioctl), m);
    return m;
}

void usb_mock_stop(struct usb_mock **m)
{
    g_object_unref((*m)->bed);
    g_object_unref((*m)->handler);
    g_clear_object(&(*m)->urb);
    g_clear_object(&(*m)->discarded);
    free(*m);
    *m = NULL;
}

static void hex(const uint8_t *data, int size, char *out)
{
    for (int i = 0; i < size; i++)
        sprintf(out + (ptrdiff_t)2 * i, "%02X", data[i]);
}

#define LOW(v) (uint8_t)((v) & 0xff)
#define HIGH(v) (uint8_t)((v) >> 8)

/* Device, configuration, interface, HID and endpoint descriptor, as a pedal has them. */
static void descriptors(struct usb_mock_device d, char *out)
{
    const uint8_t bytes[] = {
        18, 1, 0x10, 1, 0, 0, 0, 8, LOW(d.vendor), HIGH(d.vendor), LOW(d.product), HIGH(d.product), 0, 1, 0, 0, 0, 1,
        9, 2, 34, 0, 1, 1, 0, 0xa0, 50,
        9, 4, 0, 0, 1, 3, 1, d.protocol, 0,
        9, 0x21, 0x10, 1, 0, 1, 0x22, 65, 0,
        7, 5, 0x81, 3, 8, 0, 10,
    };
    hex(bytes, sizeof bytes, out);
}

void usb_mock_plug(struct usb_mock *m, struct usb_mock_device d)
{
    m->gone = false;
    m->number++;
    snprintf(m->path, sizeof m->path, "/sys/devices/pci0000:00/usb1/1-%d", m->number);
    snprintf(m->node, sizeof m->node, "/dev/bus/usb/001/%03d", m->number);
    assert_true(umockdev_testbed_attach_ioctl(m->bed, m->node, m->handler, NULL));
    char bytes[256], text[1024];
    descriptors(d, bytes);
    snprintf(text, sizeof text,
             "P: %s\nN: bus/usb/001/%03d\n"
             "E: DEVNAME=%s\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\nE: BUSNUM=001\nE: DEVNUM=%03d\n"
             "A: bConfigurationValue=1\\n\nA: bNumConfigurations=1\\n\nA: busnum=1\\n\nA: devnum=%d\\n\n"
             "A: speed=12\\n\nA: idVendor=%04x\\n\nA: idProduct=%04x\\n\nH: descriptors=%s\n\n",
             m->path + 4, m->number, m->node, m->number, m->number, d.vendor, d.product, bytes);
    GError *error = NULL;
    if (!umockdev_testbed_add_from_string(m->bed, text, &error))
        fail_msg("%s", error->message);
    umockdev_testbed_uevent(m->bed, m->path, "add");
}

void usb_mock_unplug(struct usb_mock *m)
{
    pthread_mutex_lock(&m->lock);
    m->gone = true;
    m->count = 0;
    m->claimed = 0;
    pthread_mutex_unlock(&m->lock);
    umockdev_testbed_uevent(m->bed, m->path, "remove");
    umockdev_testbed_remove_device(m->bed, m->path);
}

void usb_mock_report(struct usb_mock *m, const uint8_t *data, int size)
{
    pthread_mutex_lock(&m->lock);
    int at = (m->first + m->count++) % MAX_REPORTS;
    memcpy(m->reports[at].data, data, (size_t)size);
    m->reports[at].size = size;
    pthread_mutex_unlock(&m->lock);
}

void usb_mock_fail_transfers(struct usb_mock *m, int status, int times)
{
    pthread_mutex_lock(&m->lock);
    m->fail_status = status;
    m->fail_times = times;
    pthread_mutex_unlock(&m->lock);
}

void usb_mock_busy(struct usb_mock *m, bool busy)
{
    m->busy = busy;
}

/* root may open everything: be nobody for a while */
void usb_mock_no_rights(struct usb_mock *m, bool set)
{
    char file[512];
    char *root = umockdev_testbed_get_root_dir(m->bed);
    snprintf(file, sizeof file, "%s%s", root, m->node);
    if (!set && getuid() == 0)
        assert_int_equal(seteuid(0), 0);
    chmod(root, 0755);
    /* umockdev ends the program when its own socket is out of reach too */
    char command[600];
    snprintf(command, sizeof command, "chmod -R a+rwX '%s/ioctl'", root);
    if (set)
        assert_int_equal(system(command), 0);
    chmod(file, set ? 0 : 0666);
    if (set && getuid() == 0)
        assert_int_equal(seteuid(NOBODY), 0);
    g_free(root);
}

int usb_mock_claimed(struct usb_mock *m)
{
    return m->claimed;
}

int usb_mock_detached(struct usb_mock *m)
{
    return m->detached;
}
