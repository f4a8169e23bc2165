#include "harness.h"

#include "device.h"
#include "units.h"

/* Whatever this computer has on its USB, or none at all: nothing fails, nothing blocks. */
static void test_any_computer(void **state)
{
    (void)state;
    struct device_hub *h;
    struct lw_error err;
    assert_ok(device_hub_create(&h, &err), &err);
    struct device_event event;
    for (int i = 0; i < 30; i++)
        while (device_hub_poll(h, i * 100 * NS_PER_MS, &event))
            assert_int_not_equal(event.kind, DEVICE_EVENT_NONE);
    device_hub_destroy(&h);
    device_hub_destroy(&h);
    struct device_info info[4];
    assert_in_range(device_list(info, 4), 0, 4);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_computer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
