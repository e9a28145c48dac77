// SPDX-License-Identifier: GPL-3.0-or-later
// Hub errors: what an answer without the thing asked for means for a person, in one sentence.
#pragma once

#include "core/base/result.h"
#include "core/hub/http.h"
#include "core/hub/hub_settings.h"

#include <string>

namespace luthier::hub {

// `what`: the model or file asked for; begins the sentence.
Error answerError(const HttpAnswer& answer, const HubSettings& settings, const std::string& what);
Error offlineError(const HubSettings& settings);

bool isWorthRetrying(int status); // 408, 429 and 5xx

} // namespace luthier::hub
