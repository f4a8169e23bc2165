#include "device.h"

#include "link.h"

#include <stdio.h>

int device_list(struct device_info *list, int max)
{
    libusb_context *usb;
    libusb_device **devices;
    if (libusb_init(&usb))
        return 0;
    int found = 0;
    ssize_t count = libusb_get_device_list(usb, &devices);
    for (ssize_t i = 0; i < count && found < max; i++) {
        const char *name;
        struct libusb_device_descriptor about;
        const struct device_driver *driver = link_driver_of(devices[i], &name);
        if (!driver || libusb_get_device_descriptor(devices[i], &about))
            continue;
        struct device_info *info = &list[found++];
        *info = (struct device_info){.kind = driver->kind, .vendor = about.idVendor, .product = about.idProduct};
        snprintf(info->name, sizeof info->name, "%s", name);
        libusb_device_handle *handle;
        int rc = libusb_open(devices[i], &handle);
        info->usable = rc == 0;
        if (rc)
            link_fail(rc, name, &info->problem);
        else
            libusb_close(handle);
    }
    if (count >= 0)
        libusb_free_device_list(devices, 1);
    libusb_exit(usb);
    return found;
}
