// SPDX-License-Identifier: GPL-3.0-or-later
// Preloaded: a machine without NCCL, whose names nobody finds.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
void* dlsym(void* handle, const char* name)
{
    static void* (*real)(void*, const char*);
    if (!real) real = (void* (*)(void*, const char*))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    return strncmp(name, "nccl", 4) == 0 ? 0 : real(handle, name);
}
