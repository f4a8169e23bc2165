#include "workflow_tables.h"

#include <string.h>

#define ROWS(table) table, (int)(sizeof(table) / sizeof(table)[0])

/* Bounds that no bench or kit in a workshop passes; they catch metres or inches written for mm. */
#define FAR_MM  10000
#define SIZE_MM 5000
#define HIGH_MM 1000

static const struct lw_option root[] = {
    {"format", OPTION_INT, offsetof(struct workflow_root_row, format), 0, 0, NULL, NULL,
     N_("Version of this file format: 1.")},
    {"name", OPTION_OTHER, 0, 0, 0, "", "a text group", N_("What the workflow is called.")},
    {"state", OPTION_CHOICE, offsetof(struct workflow_root_row, state), 0, 0, "draft", "draft released",
     N_("A draft warns when it is run; release it when it is tried out.")},
    {"help_after_s", OPTION_OTHER, 0, 0, 0, "[8.0, 20.0, 45.0]", "three numbers, 0 to 3600",
     N_("Seconds without progress until the picture, the animation and the quiet call for the coach; 0: "
        "never.")},
    {"bins", OPTION_OTHER, 0, 0, 0, "()", "a list of groups", N_("Where items are taken from.")},
    {"carriers", OPTION_OTHER, 0, 0, 0, "()", "a list of groups",
     N_("Cases and trays that places belong to. The carrier \"bench\" is always there.")},
    {"items", OPTION_OTHER, 0, 0, 0, "()", "a list of groups", N_("The kinds of things that are packed.")},
    {"places", OPTION_OTHER, 0, 0, 0, "()", "a list of groups", N_("Where each thing belongs.")},
    {"variants", OPTION_OTHER, 0, 0, 0, "()", "a list of groups",
     N_("What an order may ask for; see when.")},
    {"sections", OPTION_OTHER, 0, 0, 0, NULL, "a list of groups",
     N_("The steps, in parts that can be packed alone.")},
};

static const struct lw_option text[] = {
    {"nl", OPTION_STRING, offsetof(struct workflow_text, in[LANGUAGE_NL]), 0, 0, "", NULL, N_("Dutch.")},
    {"en", OPTION_STRING, offsetof(struct workflow_text, in[LANGUAGE_EN]), 0, 0, "", NULL, N_("English.")},
};

static const struct lw_option bin[] = {
    {"id", OPTION_STRING, offsetof(struct workflow_bin, id), 0, 0, NULL, NULL,
     N_("Short name that items use.")},
    {"name", OPTION_OTHER, 0, 0, 0, "", "a text group", N_("What people call it.")},
    {"outline", OPTION_OTHER, 0, 0, 0, NULL, "x, y, x, y … in mm, 3 to 64 corners",
     N_("Its edge on the bench; x to the right and y away from the person, from the bench's front left "
        "corner.")},
    {"z_mm", OPTION_REAL, offsetof(struct workflow_bin, z_mm), 0, HIGH_MM, "0", NULL,
     N_("Height of the edge over the bench.")},
};

static const struct lw_option carrier[] = {
    {"id", OPTION_STRING, offsetof(struct workflow_carrier, id), 0, 0, NULL, NULL,
     N_("Short name that places use.")},
    {"name", OPTION_OTHER, 0, 0, 0, "", "a text group", N_("What people call it.")},
    {"width_mm", OPTION_REAL, offsetof(struct workflow_carrier, width_mm), 10, SIZE_MM, NULL, NULL,
     N_("Outer size from left to right.")},
    {"depth_mm", OPTION_REAL, offsetof(struct workflow_carrier, depth_mm), 10, SIZE_MM, NULL, NULL,
     N_("Outer size from front to back.")},
    {"height_mm", OPTION_REAL, offsetof(struct workflow_carrier, height_mm), 0, HIGH_MM, "0", NULL,
     N_("Height of the rim over the bench.")},
    {"home", OPTION_OTHER, 0, 0, 0, NULL, "a group", N_("Where the person is asked to put it down.")},
    {"picture", OPTION_STRING, offsetof(struct workflow_carrier, picture), 0, 0, "", NULL,
     N_("Picture for people, a PNG or JPEG file in the folder.")},
    {"taught", OPTION_STRING, offsetof(struct workflow_carrier, taught), 0, 0, "", NULL,
     N_("Straight picture of it, empty, from above; normally written by teaching.")},
    {"taught_mm_per_px", OPTION_REAL, offsetof(struct workflow_carrier, taught_mm_per_px), 0.02, 20, "1.0",
     NULL, N_("Size of one pixel of that picture in mm.")},
};

static const struct lw_option home[] = {
    {"x_mm", OPTION_REAL, offsetof(struct rigid, x_mm), -FAR_MM, FAR_MM, NULL, NULL,
     N_("Of its middle, from the bench's left side.")},
    {"y_mm", OPTION_REAL, offsetof(struct rigid, y_mm), -FAR_MM, FAR_MM, NULL, NULL,
     N_("Of its middle, from the bench's front edge.")},
    {"angle_deg", OPTION_DEGREES, offsetof(struct rigid, angle_rad), -360, 360, "0", NULL,
     N_("How far it is turned, counter-clockwise.")},
};

static const struct lw_option item[] = {
    {"id", OPTION_STRING, offsetof(struct workflow_item_row, item.id), 0, 0, NULL, NULL,
     N_("Short name that places use.")},
    {"name", OPTION_OTHER, 0, 0, 0, "", "a text group", N_("What people call it.")},
    {"picture", OPTION_STRING, offsetof(struct workflow_item_row, item.picture), 0, 0, "", NULL,
     N_("Picture for people, a PNG or JPEG file in the folder.")},
    {"frames", OPTION_OTHER, 0, 0, 0, "()", "a list of texts, at most 50",
     N_("Pictures that show how it is laid, one after the other.")},
    {"count", OPTION_INT, offsetof(struct workflow_item_row, item.count), 0, 2000, "0", NULL,
     N_("How many of them the whole kit holds, all alike; validate counts the places. 0: not said.")},
    {"bin", OPTION_STRING, offsetof(struct workflow_item_row, bin), 0, 0, "", NULL,
     N_("Id of the bin it is taken from; may be left out.")},
    {"height_mm", OPTION_REAL, offsetof(struct workflow_item_row, item.height_mm), 0, HIGH_MM, "0", NULL,
     N_("How far it stands out over the surface it lies on.")},
    {"tolerance_mm", OPTION_REAL, offsetof(struct workflow_item_row, item.tolerance_mm), 0.5, 200, "4", NULL,
     N_("How far from its place it may lie.")},
    {"tolerance_deg", OPTION_DEGREES, offsetof(struct workflow_item_row, item.tolerance_rad), 1, 180, "8",
     NULL, N_("How far it may be turned.")},
    {"orientation", OPTION_BOOL, offsetof(struct workflow_item_row, item.orientation_matters), 0, 0, "true",
     NULL, N_("Whether it matters which way round it lies.")},
    {"witness", OPTION_OTHER, 0, 0, 0, "()", "a list of groups",
     N_("What else must agree before it is accepted: a tag, a code, its bin … At most 8.")},
    {"taught", OPTION_OTHER, 0, 0, 0, "()", "a list of groups",
     N_("Pictures to compare with; normally written by teaching.")},
};

static const struct lw_option reference[] = {
    {"before", OPTION_STRING, offsetof(struct workflow_reference, before), 0, 0, NULL, NULL,
     N_("Picture of the empty place.")},
    {"after", OPTION_STRING, offsetof(struct workflow_reference, after), 0, 0, NULL, NULL,
     N_("Picture of the same place with the item, of the same size.")},
    {"mm_per_px", OPTION_REAL, offsetof(struct workflow_reference, mm_per_px), 0.02, 20, NULL, NULL,
     N_("Size of one pixel in mm.")},
};

static const struct lw_option place[] = {
    {"id", OPTION_STRING, offsetof(struct workflow_place_row, place.id), 0, 0, NULL, NULL,
     N_("Short name that steps use.")},
    {"carrier", OPTION_STRING, offsetof(struct workflow_place_row, carrier), 0, 0, "bench", NULL,
     N_("Id of the carrier it belongs to.")},
    {"item", OPTION_STRING, offsetof(struct workflow_place_row, item), 0, 0, NULL, NULL,
     N_("Id of the item that belongs there.")},
    {"x_mm", OPTION_REAL, offsetof(struct workflow_place_row, place.T_carrier_from_place.x_mm), -FAR_MM,
     FAR_MM, NULL, NULL, N_("To the right: from the carrier's middle, or from the bench's left side.")},
    {"y_mm", OPTION_REAL, offsetof(struct workflow_place_row, place.T_carrier_from_place.y_mm), -FAR_MM,
     FAR_MM, NULL, NULL,
     N_("Away from the person: from the carrier's middle, or from the bench's front edge.")},
    {"angle_deg", OPTION_DEGREES, offsetof(struct workflow_place_row, place.T_carrier_from_place.angle_rad),
     -360, 360, "0", NULL, N_("How far it is turned, counter-clockwise.")},
    {"z_mm", OPTION_REAL, offsetof(struct workflow_place_row, place.z_mm), 0, HIGH_MM, "0", NULL,
     N_("Height over the bench of the surface that the item lies on.")},
    {"tolerance_mm", OPTION_REAL, offsetof(struct workflow_place_row, place.tolerance_mm), 0, 200, "0", NULL,
     N_("How far from here the item may lie; 0: as the item says.")},
    {"tolerance_deg", OPTION_DEGREES, offsetof(struct workflow_place_row, place.tolerance_rad), 0, 180, "0",
     NULL, N_("How far the item may be turned; 0: as the item says.")},
    {"light", OPTION_INT, offsetof(struct workflow_place_row, place.light), 0, 255, "0", NULL,
     N_("How bright the light is when the camera looks, of 255; found by teaching. 0: found at each look.")},
    {"outline", OPTION_OTHER, 0, 0, 0, "", "x, y, x, y … in mm, 3 to 64 corners",
     N_("The edge that is drawn, from the place's own middle; left out: the taught item's own outline.")},
    {"orientation", OPTION_BOOL, offsetof(struct workflow_place_row, orientation), 0, 0, "true", NULL,
     N_("false: here it may lie any way round, whatever the item says.")},
    {"count", OPTION_INT, offsetof(struct workflow_place_row, count), 1, 500, "1", NULL,
     N_("How many places this entry makes, in a row or a grid; the id then holds {n}: their number from 1.")},
    {"step", OPTION_OTHER, 0, 0, 0, "none", "a group", N_("From one place of the row to the next.")},
    {"columns", OPTION_INT, offsetof(struct workflow_place_row, columns), 0, 500, "0", NULL,
     N_("A grid: after so many places the next row begins; 0: all in one row.")},
    {"next_row", OPTION_OTHER, 0, 0, 0, "none", "a group", N_("From one row of the grid to the next.")},
};

static const struct lw_option shift[] = {
    {"x_mm", OPTION_REAL, offsetof(struct workflow_shift_row, x_mm), -FAR_MM, FAR_MM, "0", NULL,
     N_("To the right; negative: to the left.")},
    {"y_mm", OPTION_REAL, offsetof(struct workflow_shift_row, y_mm), -FAR_MM, FAR_MM, "0", NULL,
     N_("Away from the person; negative: towards the person.")},
};

static const struct lw_option variant[] = {
    {"id", OPTION_STRING, offsetof(struct workflow_variant, id), 0, 0, NULL, NULL,
     N_("Short name that when, --with and an order's file use.")},
    {"name", OPTION_OTHER, 0, 0, 0, "", "a text group", N_("What people call it.")},
};

static const struct lw_option section[] = {
    {"id", OPTION_STRING, offsetof(struct workflow_section_row, section.id), 0, 0, NULL, NULL,
     N_("Short name that other sections and --section use.")},
    {"name", OPTION_OTHER, 0, 0, 0, "", "a text group", N_("What people call it.")},
    {"when", OPTION_STRING, offsetof(struct workflow_section_row, when), 0, 0, "", NULL,
     N_("Only in these variants, like \"ortho\", \"not ortho\", \"ortho or child\"; left out: always.")},
    {"steps", OPTION_OTHER, 0, 0, 0, NULL, "a list of groups", N_("Its steps, in the order of the work.")},
};

static const struct lw_option step[] = {
    {"kind", OPTION_CHOICE, offsetof(struct workflow_step_row, step.kind), 0, 0, "place",
     "place confirm take open close turn weigh scan",
     N_("place: lay an item, the camera checks. All others the person does and confirms, unless they have a witness: "
        "confirm, take an item, open, close or turn a carrier, weigh, scan.")},
    {"id", OPTION_STRING, offsetof(struct workflow_step_row, step.id), 0, 0, "", NULL,
     N_("Short name in the records; left out: the place's id. A step without place needs one.")},
    {"place", OPTION_STRING, offsetof(struct workflow_step_row, place), 0, 0, "", NULL,
     N_("Id of the place that is filled; one with {n} makes a step for each place of the row.")},
    {"count", OPTION_INT, offsetof(struct workflow_step_row, step.count), 1, 100, "1", NULL,
     N_("Pieces that go into this one place; above 1 the camera checks what lies there and the person confirms the "
        "number.")},
    {"item", OPTION_STRING, offsetof(struct workflow_step_row, item), 0, 0, "", NULL,
     N_("Id of the item that is taken, weighed or scanned (not for place).")},
    {"carrier", OPTION_STRING, offsetof(struct workflow_step_row, carrier), 0, 0, "", NULL,
     N_("Id of the carrier that is opened, closed or turned.")},
    {"weight_g", OPTION_REAL, offsetof(struct workflow_step_row, step.weight_g), 0, 100000, "0", NULL,
     N_("What the scale must show (weigh).")},
    {"weight_tolerance_g", OPTION_REAL, offsetof(struct workflow_step_row, step.weight_tolerance_g), 0, 10000, "0", NULL,
     N_("How far from that it may be (weigh).")},
    {"code", OPTION_STRING, offsetof(struct workflow_step_row, step.code), 0, 0, "", NULL,
     N_("The code that must be read (scan); left out: any.")},
    {"witness", OPTION_OTHER, 0, 0, 0, "()", "a list of groups",
     N_("What must agree. A step that is not of the kind place is then checked by the camera, and needs no person. At most "
        "8.")},
    {"text", OPTION_OTHER, 0, 0, 0, "", "a text group",
     N_("A few plain words; {n} and {count} become the number in a row and how many there are. May be left out for "
        "place and take.")},
    {"picture", OPTION_STRING, offsetof(struct workflow_step_row, step.picture), 0, 0, "", NULL,
     N_("Picture for people, in place of the item's.")},
    {"frames", OPTION_OTHER, 0, 0, 0, "()", "a list of texts, at most 50",
     N_("Pictures that show how it is done, in place of the item's.")},
    {"sound", OPTION_STRING, offsetof(struct workflow_step_row, step.sound), 0, 0, "", NULL,
     N_("A WAV or OGG file in the folder; it is kept for stations with a loudspeaker.")},
    {"help_after_s", OPTION_OTHER, 0, 0, 0, "as the workflow says", "three numbers, 0 to 3600",
     N_("As the whole file's key, for this step alone.")},
    {"skippable", OPTION_BOOL, offsetof(struct workflow_step_row, step.skippable), 0, 0, "false", NULL,
     N_("Whether the person may skip it without the coach.")},
    {"coach_may_skip", OPTION_BOOL, offsetof(struct workflow_step_row, coach_may_skip), 0, 0, "true", NULL,
     N_("false: not even the coach may pass it unchecked.")},
    {"when", OPTION_STRING, offsetof(struct workflow_step_row, when), 0, 0, "", NULL,
     N_("Only in these variants, as for a section; may stand beside section too.")},
    {"section", OPTION_STRING, offsetof(struct workflow_step_row, section), 0, 0, "", NULL,
     N_("Id of another section whose steps stand here; then no other key than when is written.")},
};

static const struct lw_option taught_root[] = {
    {"taught", OPTION_OTHER, 0, 0, 0, "()", "a list of groups", N_("What was taught, for each item.")},
    {"carriers", OPTION_OTHER, 0, 0, 0, "()", "a list of groups", N_("What was taught, for each carrier.")},
};

static const struct lw_option taught_item[] = {
    {"item", OPTION_STRING, offsetof(struct workflow_taught_row, item), 0, 0, NULL, NULL,
     N_("Id of the item.")},
    {"references", OPTION_OTHER, 0, 0, 0, "()", "a list of groups",
     N_("Groups like those of the item's own key taught, in whose place they come.")},
};

static const struct lw_option taught_carrier[] = {
    {"id", OPTION_STRING, offsetof(struct workflow_carrier, id), 0, 0, NULL, NULL, N_("Id of the carrier.")},
    {"taught", OPTION_STRING, offsetof(struct workflow_carrier, taught), 0, 0, NULL, NULL,
     N_("Straight picture of it, empty, from above.")},
    {"mm_per_px", OPTION_REAL, offsetof(struct workflow_carrier, taught_mm_per_px), 0.02, 20, NULL, NULL,
     N_("Size of one pixel in mm.")},
};

static struct workflow_table tables[TABLE_COUNT] = {
    [TABLE_ROOT] = {"The whole file", ROWS(root)},
    [TABLE_TEXT] = {"A text group", ROWS(text)},
    [TABLE_BIN] = {"A bin", ROWS(bin)},
    [TABLE_CARRIER] = {"A carrier", ROWS(carrier)},
    [TABLE_HOME] = {"home of a carrier", ROWS(home)},
    [TABLE_ITEM] = {"An item", ROWS(item)},
    [TABLE_WITNESS] = {"witness of an item or a step", NULL, 0}, /* its rows stand in ../check/witness.c */
    [TABLE_REFERENCE] = {"taught of an item", ROWS(reference)},
    [TABLE_PLACE] = {"A place", ROWS(place)},
    [TABLE_SHIFT] = {"step and next_row of a place", ROWS(shift)},
    [TABLE_VARIANT] = {"A variant", ROWS(variant)},
    [TABLE_SECTION] = {"A section", ROWS(section)},
    [TABLE_STEP] = {"A step", ROWS(step)},
    [TABLE_TAUGHT_ROOT] = {"The whole taught.cfg", ROWS(taught_root)},
    [TABLE_TAUGHT_ITEM] = {"taught in taught.cfg", ROWS(taught_item)},
    [TABLE_TAUGHT_CARRIER] = {"carriers in taught.cfg", ROWS(taught_carrier)},
};

const struct workflow_table *workflow_table(enum workflow_table_id id)
{
    if (id == TABLE_WITNESS)
        tables[id].rows = witness_option_table(&tables[id].count);
    return &tables[id];
}

void workflow_read_table(enum workflow_table_id id, const config_setting_t *group, void *out,
                         struct lw_problems *problems)
{
    struct lw_problems unheard = {0}; /* without a group everything is missing, which was said already */
    const struct workflow_table *t = workflow_table(id);
    config_read_options(group, t->rows, t->count, out, group ? problems : &unheard);
    problems_finish(&unheard);
}

static void value_words(const struct lw_option *row, char *buf, size_t size)
{
    char range[64] = "";
    if (row->min != 0 || row->max != 0)
        snprintf(range, sizeof range, ", %g to %g", row->min, row->max);
    switch (row->type) {
    case OPTION_STRING:
        snprintf(buf, size, "text");
        break;
    case OPTION_INT:
        snprintf(buf, size, "whole number%s", range);
        break;
    case OPTION_REAL:
    case OPTION_DEGREES:
        snprintf(buf, size, "number%s", range);
        break;
    case OPTION_BOOL:
        snprintf(buf, size, "true or false");
        break;
    case OPTION_CHOICE:
        snprintf(buf, size, "one of: %s", row->choices);
        break;
    case OPTION_OTHER:
        snprintf(buf, size, "%s", row->choices);
        break;
    }
}

const char *workflow_table_line(const struct lw_option *row, char *buf, int size)
{
    char value[160];
    value_words(row, value, sizeof value);
    const char *def = !row->def ? "must be given" : *row->def ? row->def : "none";
    snprintf(buf, (size_t)size, "| `%s` | %s | %s | %s |", row->key, value, def, row->help);
    return buf;
}
