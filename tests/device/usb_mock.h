/* Devices on a pretended USB (umockdev): the program under test uses libusb as always. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct usb_mock;

struct usb_mock_device {
    uint16_t vendor, product;
    uint8_t protocol; /* of the HID interface: 1 keyboard, 2 mouse */
};

struct usb_mock *usb_mock_start(void);
void usb_mock_stop(struct usb_mock **m);

/* Plugs a device in (one at a time) and out. */
void usb_mock_plug(struct usb_mock *m, struct usb_mock_device d);
void usb_mock_unplug(struct usb_mock *m);

/* A report that the device sends, now or when it is next asked. */
void usb_mock_report(struct usb_mock *m, const uint8_t *data, int size);

/* The next transfers end with this -errno; then it is as before. */
void usb_mock_fail_transfers(struct usb_mock *m, int status, int times);

void usb_mock_busy(struct usb_mock *m, bool busy);     /* another program holds the interface */
void usb_mock_no_rights(struct usb_mock *m, bool set); /* the device file may not be opened */

int usb_mock_claimed(struct usb_mock *m);  /* interfaces held by a program */
int usb_mock_detached(struct usb_mock *m); /* times that the kernel's driver was sent away */
