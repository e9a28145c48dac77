// SPDX-License-Identifier: GPL-3.0-or-later
// Modelfile: how Ollama is told to run a GGUF file: FROM, the conversation's template in its own language, and what ends an
// answer. Torch-free. Source: Ollama's docs/modelfile.md; its templates are Go's text/template.
//
// Threads: free functions, any thread.
#pragma once

#include "core/base/result.h"
#include "core/inference/stops.h"
#include "core/text/templates/chat_template.h"

#include <filesystem>
#include <string>
#include <vector>

namespace luthier::publish {

// What stands around each role's text in a template that writes one message after another; found by rendering it.
// Empty result: the template does more than that.
struct TurnMarks {
    struct Around {
        std::string before;
        std::string after;
    };
    Around system; // both empty where the template refuses system messages
    Around user;
    Around assistant;
    std::string front;   // before the first message
    std::string opening; // of an answer
};
Result<TurnMarks> turnMarks(const text::ChatTemplate& chatTemplate);

// TEMPLATE of Ollama for these marks.
std::string ollamaTemplate(const TurnMarks& marks, const std::string& bos);

// Writes "<target>.Modelfile" beside the GGUF file and returns its path: the encoder's template and every stop. A chat template that cannot be told in Ollama's
// language is left out (Ollama then looks into the file) with a sentence in `notes`.
Result<std::filesystem::path> writeModelfile(const std::filesystem::path& gguf, const data::Encoder& encoder,
                                             const inference::Stops& stops, std::vector<std::string>& notes);

} // namespace luthier::publish
