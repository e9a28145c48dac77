// SPDX-License-Identifier: GPL-3.0-or-later
// Addresses: resolving what a redirect names.
#pragma once

#include <string>
#include <string_view>

namespace luthier::hub {

// `location` as seen from `base`: absolute, //host/..., /path or a relative path. Empty when it cannot be told.
std::string resolveUrl(std::string_view base, std::string_view location);

} // namespace luthier::hub
