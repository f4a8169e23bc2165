/* Loops that are worth a copy of their own for newer processors: the program picks one when it starts. The results are
 * the same (no instruction that rounds once where others round twice). */
#pragma once

#if defined __x86_64__ && defined __GLIBC__ && defined __GNUC__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__ && \
    !defined __SANITIZE_THREAD__
#define LW_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define LW_EACH_PROCESSOR
#endif
