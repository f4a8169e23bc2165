/* What a long-running program no longer needs of what its start took. */
#pragma once

/* Gives freed memory, and the pages of libraries that were only touched while they were loaded, back to the system:
 * they come back from its cache if they are needed after all. About 20 ms; call it once, when all is loaded. */
void lw_memory_give_back(void);
