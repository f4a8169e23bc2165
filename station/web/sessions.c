#include "sessions.h"

#include <sodium.h>
#include <string.h>

#define IDLE_NS     (8 * 3600 * NS_PER_S)  /* a working day */
#define LIFE_NS     (24 * 3600 * NS_PER_S)
#define TRIES       5.0 /* at once; then one in 12 s */
#define TRY_EVERY_S 12.0
#define ALL_TRIES   30.0 /* of all together: bounds the work of hashing */
#define ALL_EVERY_S 1.0

void web_sessions_init(struct web_sessions *s)
{
    memset(s, 0, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->hashing, NULL);
    s->tries_of_all.left = ALL_TRIES;
}

void web_sessions_finish(struct web_sessions *s)
{
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->hashing);
    sodium_memzero(s->all, sizeof s->all);
}

static void secret(char out[WEB_SECRET])
{
    unsigned char bytes[(WEB_SECRET - 1) / 2];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(out, WEB_SECRET, bytes, sizeof bytes);
}

struct web_session web_session_begin(struct web_sessions *s, enum web_role role, int64_t now_ns)
{
    pthread_mutex_lock(&s->lock);
    struct web_session *oldest = &s->all[0];
    for (int i = 1; i < WEB_SESSIONS; i++)
        if (s->all[i].used_ns < oldest->used_ns)
            oldest = &s->all[i];
    *oldest = (struct web_session){.role = role, .begun_ns = now_ns, .used_ns = now_ns};
    secret(oldest->id);
    secret(oldest->token);
    struct web_session out = *oldest;
    pthread_mutex_unlock(&s->lock);
    return out;
}

static struct web_session *find(struct web_sessions *s, const char *id)
{
    if (strlen(id) != WEB_SECRET - 1)
        return NULL;
    for (int i = 0; i < WEB_SESSIONS; i++)
        if (s->all[i].role != WEB_NOBODY && sodium_memcmp(s->all[i].id, id, WEB_SECRET - 1) == 0)
            return &s->all[i];
    return NULL;
}

bool web_session_find(struct web_sessions *s, const char *id, int64_t now_ns, struct web_session *out)
{
    pthread_mutex_lock(&s->lock);
    struct web_session *found = find(s, id);
    if (found && (now_ns - found->used_ns > IDLE_NS || now_ns - found->begun_ns > LIFE_NS)) {
        *found = (struct web_session){0};
        found = NULL;
    }
    if (found) {
        found->used_ns = now_ns;
        *out = *found;
    }
    pthread_mutex_unlock(&s->lock);
    return found != NULL;
}

void web_session_end(struct web_sessions *s, const char *id)
{
    pthread_mutex_lock(&s->lock);
    struct web_session *found = find(s, id);
    if (found)
        *found = (struct web_session){0};
    pthread_mutex_unlock(&s->lock);
}

/* ---- tries ---- */

/* A bucket of tries that fills up again with time. */
static bool take(struct web_try *t, double most, double every_s, int64_t now_ns)
{
    t->left += (double)(now_ns - t->t_ns) / 1e9 / every_s;
    if (t->left > most)
        t->left = most;
    t->t_ns = now_ns;
    if (t->left < 1)
        return false;
    t->left -= 1;
    return true;
}

static struct web_try *try_of(struct web_sessions *s, const char *who, int64_t now_ns)
{
    struct web_try *oldest = &s->tries[0];
    for (int i = 0; i < WEB_TRY_SLOTS; i++) {
        if (strcmp(s->tries[i].who, who) == 0)
            return &s->tries[i];
        if (s->tries[i].t_ns < oldest->t_ns)
            oldest = &s->tries[i];
    }
    *oldest = (struct web_try){.left = TRIES, .t_ns = now_ns};
    strncpy(oldest->who, who, sizeof oldest->who - 1);
    return oldest;
}

bool web_may_try(struct web_sessions *s, const char *who, int64_t now_ns)
{
    pthread_mutex_lock(&s->lock);
    bool may = take(try_of(s, who, now_ns), TRIES, TRY_EVERY_S, now_ns) &&
               take(&s->tries_of_all, ALL_TRIES, ALL_EVERY_S, now_ns);
    pthread_mutex_unlock(&s->lock);
    return may;
}

void web_tried_right(struct web_sessions *s, const char *who)
{
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < WEB_TRY_SLOTS; i++)
        if (strcmp(s->tries[i].who, who) == 0)
            s->tries[i].left = TRIES;
    pthread_mutex_unlock(&s->lock);
}
