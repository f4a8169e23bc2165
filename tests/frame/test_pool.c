#include "harness.h"

#include "frame.h"

#include <pthread.h>
#include <string.h>

static void test_limits(void **state)
{
    (void)state;
    struct lw_error err;
    assert_null(frame_pool_create(0, 10, 2, &err));
    assert_int_equal(err.id, LW_MSG_IMAGE_SIZE);
    struct frame_pool *pool = frame_pool_create(16, 8, 2, &err);
    assert_non_null(pool);
    struct frame *a = frame_pool_take(pool), *b = frame_pool_take(pool);
    assert_true(a && b && a != b);
    assert_null(frame_pool_take(pool));
    assert_int_equal(a->image.width, 16);
    assert_int_equal(a->image.format, IMAGE_BGR8);
    struct frame *again = frame_ref(a);
    frame_unref(&a);
    assert_null(a);
    assert_null(frame_pool_take(pool)); /* still referenced once */
    frame_unref(&again);
    a = frame_pool_take(pool);
    assert_non_null(a);
    frame_unref(&a);
    frame_unref(&b);
    frame_unref(&b); /* NULL is fine */
    frame_pool_destroy(&pool);
    assert_null(pool);
    frame_pool_destroy(&pool);
}

/* The frame outlives the pool's owner; sanitizers see whether the pool goes with it. */
static void test_last_frame_frees(void **state)
{
    (void)state;
    struct frame_pool *pool = frame_pool_create(64, 64, 3, NULL);
    struct frame *a = frame_pool_take(pool), *b = frame_pool_take(pool), *c = frame_pool_take(pool);
    frame_unref(&c);
    frame_pool_destroy(&pool);
    memset(a->image.data, 7, 64 * 64 * 3);
    frame_unref(&a);
    assert_int_equal(b->image.width, 64);
    frame_unref(&b);
}

static void *churn(void *arg)
{
    struct frame_pool *pool = arg;
    for (int i = 0; i < 20000; i++) {
        struct frame *f = frame_pool_take(pool);
        if (!f)
            continue;
        struct frame *g = frame_ref(f);
        frame_unref(&f);
        frame_unref(&g);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct frame_pool *pool = frame_pool_create(8, 8, 3, NULL);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, churn, pool);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    struct frame *f[3];
    for (int i = 0; i < 3; i++)
        assert_non_null(f[i] = frame_pool_take(pool));
    assert_null(frame_pool_take(pool));
    for (int i = 0; i < 3; i++)
        frame_unref(&f[i]);
    frame_pool_destroy(&pool);
}

int main(void)
{
    harness_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_last_frame_frees),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
