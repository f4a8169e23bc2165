/* What every form of the report says in the same way: reasons, shares, numbers, the worst row. */
#include "report.h"

#include "clock.h"

#include <math.h>
#include <string.h>

const char *const report_reason_words[REPORT_REASONS] = {
    "missing", "other_item", "turned", "mirrored", "too_many", "elsewhere", "moved",
    "unknown", "hand",       "dark",   "glare",    "blurred",  "stale",     "other"};

const char *const report_reason_labels[REPORT_REASONS] = {
    N_("nothing there"),   N_("another item"),     N_("turned"),          N_("mirrored"),
    N_("too many"),        N_("in another place"), N_("something moved"), N_("unknown thing"),
    N_("hand in view"),    N_("too dark"),         N_("glare"),           N_("blurred"),
    N_("picture too old"), N_("other reason")};

long report_sum(const long *counts)
{
    long sum = 0;
    for (int i = 0; i < REPORT_REASONS; i++)
        sum += counts[i];
    return sum;
}

double report_median_s(const struct report_row *row)
{
    long n = row->time_count;
    if (n == 0)
        return -1;
    double low = (double)row->times_ns[(n - 1) / 2], high = (double)row->times_ns[n / 2];
    return (low + high) / 2 / NS_PER_S;
}

const char *report_fixed(double value, int decimals, char point, char buf[32])
{
    long long scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    long long n = llround(value * (double)scale);
    if (decimals)
        snprintf(buf, 32, "%lld%c%0*lld", n / scale, point, decimals, n % scale);
    else
        snprintf(buf, 32, "%lld", n);
    return buf;
}

char report_point(void)
{
    return strcmp(lw_language(), "nl") == 0 ? ',' : '.';
}

const char *report_percent(long part, long whole, char buf[32])
{
    if (whole <= 0)
        return strcpy(buf, "–");
    char number[32];
    double percent = 100.0 * (double)part / (double)whole;
    if (part < whole && percent > 99.9) /* rounding must not hide an error */
        percent = 99.9;
    report_fixed(percent, 1, report_point(), number);
    snprintf(buf, 32, "%s %%", number);
    return buf;
}

const char *report_kinds(const long *counts, char *buf, int size)
{
    bool told[REPORT_REASONS] = {0};
    int used = 0;
    buf[0] = 0;
    for (;;) {
        int best = -1;
        for (int i = 0; i < REPORT_REASONS; i++)
            if (!told[i] && counts[i] > 0 && (best < 0 || counts[i] > counts[best]))
                best = i;
        if (best < 0 || used >= size - 1)
            return buf;
        told[best] = true;
        used += snprintf(buf + used, (size_t)(size - used), "%s%s %ld", used ? ", " : "",
                         _(report_reason_labels[best]), counts[best]);
    }
}

int report_worst_row(const struct report *r, int group)
{
    int worst = -1;
    for (int i = 0; i < r->row_count; i++) {
        long errors = report_sum(r->rows[i].counts.errors);
        if ((group < 0 || r->rows[i].group == group) && errors > 0 &&
            (worst < 0 || errors > report_sum(r->rows[worst].counts.errors)))
            worst = i;
    }
    return worst;
}
