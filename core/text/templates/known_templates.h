// SPDX-License-Identifier: GPL-3.0-or-later
// KnownTemplates: ways of writing a conversation for models whose folder brings no chat template, as base models do. None
// is ever taken silently: a person names one, and is told which the vocabulary speaks for.
//
// Threads: free functions.
#pragma once

#include "core/base/result.h"
#include "core/text/templates/chat_template.h"
#include "core/text/tokenizers/tokenizer.h"

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::text {

struct KnownTemplate {
    std::string id;                 // "chatml", as settings and flags spell it
    std::string label;              // "ChatML"
    std::vector<std::string> marks; // tokens that a vocabulary made for it has; empty: fits every model
    std::string source;             // Jinja
};

// From the most particular to the one that needs no marks of its own.
std::span<const KnownTemplate> knownTemplates();

// Null: unknown.
const KnownTemplate* findKnownTemplate(std::string_view id);

// The first whose marks are all single tokens of the vocabulary.
const KnownTemplate& templateFor(const Tokenizer& tokenizer);

// Parsed with the special tokens of the folder's tokenizer files.
Result<ChatTemplate> openKnownTemplate(const KnownTemplate& known, const std::filesystem::path& folder);

// A template file read with the special tokens of a model folder.
Result<ChatTemplate> openTemplateFile(const std::filesystem::path& file, const std::filesystem::path& folder);

} // namespace luthier::text
