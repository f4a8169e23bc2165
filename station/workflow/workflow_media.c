/* Pictures one after the other, and sounds. */
#include "workflow_load.h"

#include <stdlib.h>
#include <string.h>

void workflow_read_frames(struct workflow_loading *l, const config_setting_t *group, struct workflow_frames *out)
{
    workflow_read_pictures(l, group, "frames", out);
}

void workflow_read_pictures(struct workflow_loading *l, const config_setting_t *group, const char *key,
                            struct workflow_frames *out)
{
    const config_setting_t *s = config_setting_get_member(group, key);
    int width, height, count = s ? config_setting_length(s) : 0;
    if (!s)
        return;
    if ((!config_setting_is_list(s) && !config_setting_is_array(s)) || count > WORKFLOW_MAX_FRAMES) {
        REFUSE(l, s, LW_MSG_KEY_TYPE, key, _("a list of at most 50 names of pictures"));
        return;
    }
    out->files = calloc((size_t)count + 1, sizeof *out->files);
    for (int i = 0; out->files && i < count; i++) {
        const config_setting_t *frame = config_setting_get_elem(s, (unsigned)i);
        const char *file = config_setting_get_string(frame);
        if (!file || !*file) {
            REFUSE(l, frame, LW_MSG_KEY_TYPE, key, _("a list of at most 50 names of pictures"));
            return;
        }
        workflow_check_picture(l, frame, file, &width, &height);
        out->files[out->count] = strdup(file);
        out->count += out->files[out->count] != NULL;
    }
}

void workflow_check_sound(struct workflow_loading *l, const config_setting_t *at, const char *file)
{
    struct lw_error err = {0};
    if (!*file || !workflow_files_sound(&l->files, file, &err))
        return;
    const char *from = config_file_of(at);
    snprintf(err.file, sizeof err.file, "%s", from ? from : "");
    err.line = config_line_of(at);
    problems_add(l->problems, false, &err);
}
