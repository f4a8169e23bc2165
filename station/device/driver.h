/* A driver says which devices it knows, which of their interfaces it reads, and what their reports mean. To add a
 * device: copy pedal.c, change its table and its report function, and list the driver in link.c. */
#pragma once

#include "device.h"

struct device_id {
    uint16_t vendor, product;
    const char *name; /* for people */
};

#define DRIVER_BUTTONS 8

/* What a driver makes of a report: bit i is set while button i is down. */
typedef uint32_t device_buttons;

struct device_driver {
    enum device_kind kind;
    const struct device_id *ids;
    int id_count;
    /* The interface that is read: USB class, subclass and protocol; -1: any. It must have an interrupt IN endpoint. */
    int interface_class, interface_subclass, interface_protocol;
    /* Decodes one report. False: not a report about buttons, nothing changes. */
    bool (*report)(const uint8_t *data, int size, device_buttons *down);
};

extern const struct device_driver pedal_driver;
