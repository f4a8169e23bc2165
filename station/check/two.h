/* Is an outline that is none of the taught ones that of two of the same thing, beside or across each other? */
#pragma once

#include "shape.h"

/* True when two placings of the taught outline lie within the seen one and together fill it, and one alone does not. */
bool shape_is_two(const struct shape *taught, const struct shape *seen);
