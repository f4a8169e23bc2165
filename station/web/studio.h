/* The studio's answers: a workflow as data, its edits checked, saved, compared, kept as a draft. */
#pragma once

#include "web_parts.h"

enum MHD_Result web_workflow(struct web_request *r); /* GET: everything that the page shows */
enum MHD_Result web_version(struct web_request *r);  /* GET: only the hash, to notice that somebody else saved */
enum MHD_Result web_check(struct web_request *r);    /* POST {base, edits, lenient}: what it would become */
enum MHD_Result web_save(struct web_request *r);     /* POST {base, edits} */
enum MHD_Result web_diff(struct web_request *r);     /* POST {with: "saved"|"released"|"text", text, base, edits} */
enum MHD_Result web_draft(struct web_request *r);    /* POST {text, edits}: a workflow of its own, from an older text */
enum MHD_Result web_outlines(struct web_request *r); /* GET: taught outlines of the items */
enum MHD_Result web_report(struct web_request *r);   /* GET: counts from the records */

/* pictures.c */
enum MHD_Result web_alike(struct web_request *r);
enum MHD_Result web_pictures(struct web_request *r);
enum MHD_Result web_sounds(struct web_request *r);       /* GET: those that lie in the folder */
enum MHD_Result web_picture_upload(struct web_request *r); /* POST a PNG or JPEG file; ?name= */
enum MHD_Result web_picture_camera(struct web_request *r); /* POST {name, rectangle: [x0, y0, x1, y1], z_mm} */

/* The folder of the workflow that the request's path ends with; false: the answer has been given. */
bool studio_folder(struct web_request *r, char *folder, size_t size, enum MHD_Result *out);
