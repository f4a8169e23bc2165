/* Things on USB that a person works with. A device may be plugged in and out at any moment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

enum device_kind { DEVICE_NONE = 0, DEVICE_PEDAL /* later: button, scale, light, scanner */ };

enum device_event_kind { DEVICE_EVENT_NONE = 0, DEVICE_CONNECTED, DEVICE_DISCONNECTED, DEVICE_BUTTON_DOWN,
                         DEVICE_BUTTON_UP, DEVICE_FAULT };

struct device_event {
    enum device_event_kind kind;
    enum device_kind device;
    int button;       /* 0 left, 1 middle, 2 right; a pedal with one plate has only 1 (it says what a middle one says) */
    int64_t t_ns;
    char name[64];    /* of the device, for people */
    struct lw_error fault; /* DEVICE_FAULT: what is missing (rights, busy) and the remedy */
};

struct device_hub;

/* Watches the USB for known devices; none there, or no USB at all, is not an error. */
enum lw_msg device_hub_create(struct device_hub **out, struct lw_error *err);
void device_hub_destroy(struct device_hub **h);

/* True when an event was filled in (call again until false). Never blocks. */
bool device_hub_poll(struct device_hub *h, int64_t now_ns, struct device_event *event);

/* For `doctor`, while no hub is there: known devices that are on the bus now. */
struct device_info {
    char name[64];
    enum device_kind kind;
    uint16_t vendor, product;
    bool usable;
    struct lw_error problem; /* when not usable */
};
int device_list(struct device_info *list, int max);
