// SPDX-License-Identifier: GPL-3.0-or-later
// How long a test waits for work that must be quick. Limits are for the program as it is shipped: under a sanitizer the same
// work takes many times as long, and there only that it ends is of interest.
#pragma once

namespace luthier::support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kPatience = 40;
#else
inline constexpr int kPatience = 1;
#endif

} // namespace luthier::support
