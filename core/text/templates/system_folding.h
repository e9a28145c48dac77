// SPDX-License-Identifier: GPL-3.0-or-later
// SystemFolding: a chat template that takes no system turns, with a beginning that moves the system's words before those of
// the user who speaks next. It is Jinja like the rest of it, so every program that reads the template folds alike.
//
// Threads: free functions.
#pragma once

#include "core/base/result.h"
#include "core/text/templates/chat_template.h"

namespace luthier::text {

// The system's and the developer's words stand before the question that follows, one blank line between; where no question
// follows they are a turn of the user. One that folds already comes back as it is. Error: the template cannot be read so.
Result<ChatTemplate> foldingSystem(const ChatTemplate& chatTemplate);

} // namespace luthier::text
