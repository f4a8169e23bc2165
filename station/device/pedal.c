/* Foot pedals by PCsensor (sold under many names). To the computer each is a keyboard that types one letter a pedal:
 * a, b, c from left to right as they leave the factory; a pedal with one plate types b. */
#include "driver.h"

#define USB_CLASS_HID 3
#define HID_KEYBOARD 1 /* protocol of the boot interface; a mouse has 2 */

#define BOOT_REPORT 8 /* bytes: modifiers, reserved, six keys that are down */
#define KEYS_AT 2
#define KEY_A 0x04 /* usage of the letter a on the keyboard page of the HID tables; b and c follow */
#define PEDALS 3
#define ROLL_OVER 0x01 /* in place of a key: more keys are down than fit */

static bool pedal_report(const uint8_t *data, int size, device_buttons *down)
{
    /* some firmware puts the number of the report first */
    if (size == BOOT_REPORT + 1 && data[0] == 1) {
        data++;
        size--;
    }
    if (size != BOOT_REPORT || data[KEYS_AT] == ROLL_OVER)
        return false;
    *down = 0;
    for (int i = KEYS_AT; i < BOOT_REPORT; i++)
        if (data[i] >= KEY_A && data[i] < KEY_A + PEDALS)
            *down |= 1u << (data[i] - KEY_A);
    return true;
}

static const struct device_id pedals[] = {
    {0x0c45, 0x7403, "PCsensor foot pedal"},
    {0x0c45, 0x7404, "PCsensor foot pedal"},
    {0x3553, 0xb001, "PCsensor foot pedal"},
};

const struct device_driver pedal_driver = {
    .kind = DEVICE_PEDAL,
    .ids = pedals,
    .id_count = sizeof pedals / sizeof pedals[0],
    .interface_class = USB_CLASS_HID,
    .interface_subclass = -1,
    .interface_protocol = HID_KEYBOARD,
    .report = pedal_report,
};
