/* One open device: its claimed interface and the interrupt transfer that waits for its reports. */
#pragma once

#include <libusb.h>

#include "driver.h"

struct device_link;

/* The driver that knows this device and its name, or NULL. */
const struct device_driver *link_driver_of(libusb_device *usb, const char **name);

/* Opens, takes the interface away from the kernel (so that a pedal does not type into the desktop) and starts reading.
 * Owned by the caller until link_finished. */
enum lw_msg link_open(struct device_link **out, libusb_device *usb, struct lw_error *err);

libusb_device *link_usb(const struct device_link *l);
const char *link_name(const struct device_link *l);
enum device_kind link_kind(const struct device_link *l);

/* Takes the next change of a button; a button that is down when the device is lost is let go first. */
bool link_next(struct device_link *l, int *button, bool *down);

/* The device is gone; nothing more will come but what link_next still has. */
bool link_lost(const struct device_link *l);

/* Asks the transfer to end; it has ended after events were handled for a while. */
void link_stop(struct device_link *l);

/* Frees it when its transfer has ended; false when events must be handled first. */
bool link_free(struct device_link **l);

/* Fills err for a libusb code. */
enum lw_msg link_fail(int code, const char *name, struct lw_error *err);
