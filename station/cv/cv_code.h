/* Printed codes in a picture: QR, DataMatrix and bars. Through ZXing. */
#pragma once

#include "image.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CV_CODE_TEXT 256

struct cv_code {
    char text[CV_CODE_TEXT]; /* UTF-8, cut off where it is longer */
    char format[24];         /* "QRCode", "DataMatrix", "Code128", "EAN-13" … */
};

/* Reads at most one code of each family (QR, DataMatrix, bars; max 3) in a GRAY8 picture, at any turn; *count says how many. */
enum lw_msg cv_code_read(const struct image *picture, struct cv_code *out, int max, int *count, struct lw_error *err);

/* Draws a code for printing: one byte a module, row by row from the top, 1 is black, without its white margin (4 modules for
 * QR, 2 for DataMatrix, 10 at each side of bars; bars have one row). The caller frees *modules. Refused: CV_FAILED. */
enum lw_msg cv_code_draw(const char *format, const char *text, unsigned char **modules, int *width, int *height,
                         struct lw_error *err);

#ifdef __cplusplus
}
#endif
