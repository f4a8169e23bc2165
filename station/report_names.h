/* The words of a workflow for its steps and items, in a report for people. */
#pragma once

#include "journal.h"
#include "workflow.h"

/* From now on the report calls this workflow's steps and items what it calls them, in the language in force. */
void report_with_names(struct journal_report_options *o, const struct workflow *w);
