#include "harness.h"

#include "device.h"
#include "units.h"
#include "usb_mock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct usb_mock_device pedal = {0x0c45, 0x7403, 1};
static const struct usb_mock_device mouse = {0x046d, 0xc077, 2};
static const struct usb_mock_device pedal_as_mouse = {0x0c45, 0x7403, 2};

static int64_t now_ns;

/* Polls as the station does, a tenth of a second of its time apart, until an event comes; NONE after `tenths`. */
static struct device_event await(struct device_hub *h, int tenths)
{
    struct device_event event = {0};
    for (int i = 0; i < tenths; i++) {
        for (int k = 0; k < 4; k++) { /* what the other side does takes real time */
            if (device_hub_poll(h, now_ns, &event)) {
                assert_int_equal(event.t_ns, now_ns);
                return event;
            }
            usleep(1000);
        }
        now_ns += 100 * NS_PER_MS;
    }
    return (struct device_event){0};
}

static void expect(struct device_hub *h, enum device_event_kind kind, int button)
{
    struct device_event e = await(h, 40);
    assert_int_equal(e.kind, kind);
    assert_int_equal(e.device, DEVICE_PEDAL);
    assert_int_equal(e.button, button);
    assert_string_equal(e.name, "PCsensor foot pedal");
}

static void expect_nothing(struct device_hub *h)
{
    assert_int_equal(await(h, 25).kind, DEVICE_EVENT_NONE);
}

static void keys(struct usb_mock *m, uint8_t a, uint8_t b)
{
    const uint8_t report[8] = {0, 0, a, b};
    usb_mock_report(m, report, sizeof report);
}

static struct device_hub *hub(void)
{
    struct device_hub *h;
    struct lw_error err;
    assert_ok(device_hub_create(&h, &err), &err);
    return h;
}

static void test_press_and_release(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    usb_mock_plug(m, pedal);
    struct device_hub *h = hub();
    expect(h, DEVICE_CONNECTED, 0);
    assert_int_equal(usb_mock_claimed(m), 1);
    assert_int_equal(usb_mock_detached(m), 1); /* it types no letters into the desktop */
    expect_nothing(h);
    static const uint8_t letter[] = {0x04, 0x05, 0x06};
    for (int i = 0; i < 3; i++) {
        keys(m, letter[i], 0);
        keys(m, letter[i], 0); /* repeated: no second press */
        keys(m, 0, 0);
        expect(h, DEVICE_BUTTON_DOWN, i);
        expect(h, DEVICE_BUTTON_UP, i);
    }
    keys(m, 0x04, 0); /* two feet */
    keys(m, 0x04, 0x06);
    keys(m, 0x06, 0);
    expect(h, DEVICE_BUTTON_DOWN, 0);
    expect(h, DEVICE_BUTTON_DOWN, 2);
    expect(h, DEVICE_BUTTON_UP, 0);
    expect_nothing(h);
    device_hub_destroy(&h);
    assert_null(h);
    assert_int_equal(usb_mock_claimed(m), 0);
    usb_mock_stop(&m);
}

static void test_numbered_report(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    usb_mock_plug(m, pedal);
    struct device_hub *h = hub();
    expect(h, DEVICE_CONNECTED, 0);
    const uint8_t down[9] = {1, 0, 0, 0x05}, mouse_like[9] = {2, 0, 0, 0x04}, roll_over[8] = {0, 0, 1, 1, 1, 1, 1, 1};
    usb_mock_report(m, down, 9);
    expect(h, DEVICE_BUTTON_DOWN, 1);
    usb_mock_report(m, mouse_like, 9);
    usb_mock_report(m, down, 4);
    usb_mock_report(m, roll_over, 8);
    expect_nothing(h);
    keys(m, 0x1d, 0); /* another letter: our pedals are up */
    expect(h, DEVICE_BUTTON_UP, 1);
    device_hub_destroy(&h);
    usb_mock_stop(&m);
}

static void test_plugged_in_later(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    struct device_hub *h = hub();
    expect_nothing(h);
    usb_mock_plug(m, pedal);
    expect(h, DEVICE_CONNECTED, 0);
    keys(m, 0x04, 0);
    expect(h, DEVICE_BUTTON_DOWN, 0);
    usb_mock_unplug(m); /* with a foot on it: nothing stays pressed */
    expect(h, DEVICE_BUTTON_UP, 0);
    expect(h, DEVICE_DISCONNECTED, 0);
    expect_nothing(h);
    usb_mock_plug(m, pedal);
    expect(h, DEVICE_CONNECTED, 0);
    keys(m, 0x06, 0);
    expect(h, DEVICE_BUTTON_DOWN, 2);
    device_hub_destroy(&h);
    usb_mock_stop(&m);
}

/* One bad transfer (a spark on the cable) is not the end. */
static void test_transfer_errors(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    usb_mock_plug(m, pedal);
    struct device_hub *h = hub();
    expect(h, DEVICE_CONNECTED, 0);
    usb_mock_fail_transfers(m, -EPROTO, 1);
    keys(m, 0x04, 0);
    expect(h, DEVICE_BUTTON_DOWN, 0);
    usb_mock_fail_transfers(m, -EPROTO, 3);
    expect(h, DEVICE_BUTTON_UP, 0);
    expect(h, DEVICE_DISCONNECTED, 0);
    expect(h, DEVICE_CONNECTED, 0); /* it is still there */
    device_hub_destroy(&h);
    usb_mock_stop(&m);
}

static void test_no_rights(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    struct device_hub *h = hub();
    usb_mock_plug(m, pedal);
    usb_mock_no_rights(m, true);
    struct device_event e = await(h, 40);
    struct device_info info[2];
    int known = device_list(info, 2);
    struct device_event later = await(h, 30);
    usb_mock_no_rights(m, false);
    assert_int_equal(e.kind, DEVICE_FAULT);
    assert_int_equal(e.fault.id, LW_MSG_USB_RIGHTS);
    char line[600];
    lw_error_line(&e.fault, line, sizeof line);
    assert_non_null(strstr(line, "70-lichtwijzer.rules"));
    assert_non_null(strstr(line, "/etc/udev/rules.d"));
    assert_int_equal(later.kind, DEVICE_EVENT_NONE); /* told once */
    assert_int_equal(known, 1);
    assert_false(info[0].usable);
    assert_int_equal(info[0].problem.id, LW_MSG_USB_RIGHTS);
    expect(h, DEVICE_CONNECTED, 0); /* the rights came */
    device_hub_destroy(&h);
    usb_mock_stop(&m);
}

static void test_busy(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    usb_mock_plug(m, pedal);
    usb_mock_busy(m, true);
    struct device_hub *h = hub();
    struct device_event e = await(h, 40);
    assert_int_equal(e.kind, DEVICE_FAULT);
    assert_int_equal(e.fault.id, LW_MSG_USB_BUSY);
    expect_nothing(h);
    usb_mock_busy(m, false);
    expect(h, DEVICE_CONNECTED, 0);
    device_hub_destroy(&h);
    usb_mock_stop(&m);
}

/* The twin that must fail: the same bytes from something that is no pedal. */
static void test_other_devices_ignored(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    struct device_hub *h = hub();
    usb_mock_plug(m, mouse);
    keys(m, 0x04, 0);
    expect_nothing(h);
    assert_int_equal(usb_mock_claimed(m) + usb_mock_detached(m), 0);
    struct device_info info[2];
    assert_int_equal(device_list(info, 2), 0);
    usb_mock_unplug(m);
    usb_mock_plug(m, pedal_as_mouse);
    struct device_event e = await(h, 40);
    assert_int_equal(e.kind, DEVICE_FAULT);
    assert_int_equal(e.fault.id, LW_MSG_USB_DEVICE_FAILED);
    keys(m, 0x04, 0);
    expect_nothing(h);
    device_hub_destroy(&h);
    usb_mock_stop(&m);
}

static void test_list(void **state)
{
    (void)state;
    struct usb_mock *m = usb_mock_start();
    struct device_info info[2];
    assert_int_equal(device_list(info, 2), 0);
    usb_mock_plug(m, pedal);
    assert_int_equal(device_list(info, 2), 1);
    assert_true(info[0].usable);
    assert_int_equal(info[0].kind, DEVICE_PEDAL);
    assert_int_equal(info[0].vendor, 0x0c45);
    assert_string_equal(info[0].name, "PCsensor foot pedal");
    usb_mock_stop(&m);
}

int main(void)
{
    harness_init();
    const char *preloaded = getenv("LD_PRELOAD");
    if (!preloaded || !strstr(preloaded, "umockdev")) {
        printf("skipped: not run by umockdev-wrapper\n");
        return HARNESS_SKIP;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_press_and_release), cmocka_unit_test(test_numbered_report),
        cmocka_unit_test(test_plugged_in_later),  cmocka_unit_test(test_transfer_errors),
        cmocka_unit_test(test_no_rights),         cmocka_unit_test(test_busy),
        cmocka_unit_test(test_other_devices_ignored), cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
