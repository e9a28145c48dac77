// SPDX-License-Identifier: GPL-3.0-or-later
// Inputs: what commands are given in files and flags. Errors name the file and the row (from 1).
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/data/example.h"
#include "core/inference/session.h"
#include "core/text/tokenizers/tokenizer.h"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}

namespace luthier::cli {

// --chat-template: the model folder's own or a known one.
void addChatTemplate(CLI::App& app, std::string& id);

void addFoldSystem(CLI::App& app, bool& folds); // --fold-system

// "DIR" or "DIR=0.7".
inference::AdapterSpec adapterOf(const std::string& text);
std::vector<inference::AdapterSpec> adaptersOf(const std::vector<std::string>& texts);

struct Prompt {
    std::string text;                    // as given, or the last user turn
    std::vector<data::Message> messages; // empty: a bare text
};
// Rows {"prompt":...} or {"messages":[...]}.
Result<std::vector<Prompt>> readPrompts(const std::filesystem::path& path);

// The prompt's ids: through the chat template when it has messages or `chat` is set, else the text itself.
Result<std::vector<text::TokenId>> promptIds(const data::Encoder& encoder, const Prompt& prompt, bool chat,
                                             const std::string& system);

// Calls `each` with row (from 1) and value; stops at the first error.
Result<void> forEachRow(const std::filesystem::path& path,
                        const std::function<Result<void>(std::int64_t row, const Json& value)>& each,
                        const base::CancelToken& cancel = {});

bool isRowFile(const std::filesystem::path& path); // .jsonl: rows of objects
std::vector<std::string_view> linesOf(std::string_view text); // line ends left out

Result<std::vector<text::TokenId>> parseIds(std::string_view text); // "1,2,3", spaces allowed
Result<std::vector<text::TokenId>> idsOf(const Json& list);
Json toJson(const std::vector<text::TokenId>& ids);

// Exactly one of the flags must be given; the usage error names them.
void requireOne(CLI::App& app, std::vector<CLI::Option*> options);

// One flag for each field ("max_new": --max-new), written into `object`, which must outlive parsing.
void addFieldFlags(CLI::App& app, void* object, std::span<const fields::Field> fields);

} // namespace luthier::cli
