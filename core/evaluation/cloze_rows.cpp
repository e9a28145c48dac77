// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/evaluation/cloze_rows.h"

#include "core/evaluation/scored_files.h"

#include <array>

namespace luthier::evaluation {

namespace {

constexpr std::array kLastKeys{"last_words", "last_word"};
constexpr std::array kTargetKeys{"last_words", "last_word", "target", "completion", "answer", "continuation"};
constexpr std::array kBeforeKeys{"context", "text", "prompt", "ctx", "sentence"};
constexpr const char* kBlanks = " \t\r\n";

template <class Keys>
const Json* textOf(const Json& row, const Keys& keys)
{
    for (const char* key : keys) {
        if (const auto found = row.find(key); found != row.end() && found->is_string()) {
            return &*found;
        }
    }
    return nullptr;
}

std::string trimmed(const std::string& text)
{
    const auto begin = text.find_first_not_of(kBlanks);
    return begin == std::string::npos ? std::string() : text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Where the last `words` of a text begin; npos: it has no more than those.
std::size_t lastWordsOf(const std::string& text, std::int64_t words)
{
    auto end = text.size();
    for (std::int64_t i = 0; i < words; ++i) {
        const auto blank = end == 0 ? std::string::npos : text.find_last_of(kBlanks, end - 1);
        if (blank == std::string::npos) {
            return std::string::npos;
        }
        const auto last = text.find_last_not_of(kBlanks, blank);
        if (last == std::string::npos) {
            return std::string::npos;
        }
        end = i + 1 < words ? last + 1 : blank + 1;
    }
    return end;
}

} // namespace

bool namesLastWords(const Json& row)
{
    return row.is_object() && textOf(row, kLastKeys) != nullptr && textOf(row, kBeforeKeys) != nullptr;
}

Result<EvalRow> clozeRow(const Json& json, std::int64_t lastWords)
{
    if (!json.is_object()) {
        return Error{"it is no object; a row is {\"context\":\"...\",\"last_words\":\"...\"} or {\"text\":\"...\"}"};
    }
    const Json* before = textOf(json, kBeforeKeys);
    if (before == nullptr) {
        return Error{"\"context\" or \"text\" is missing, or no text"};
    }
    EvalRow row;
    const Json* target = textOf(json, kTargetKeys);
    if (target != nullptr) {
        row.before = trimmed(before->get<std::string>());
        row.lastWords = trimmed(target->get<std::string>());
    } else if (lastWords > 0) {
        const std::string text = trimmed(before->get<std::string>());
        const auto begin = lastWordsOf(text, lastWords);
        if (begin == std::string::npos) {
            return Error{"its text has no more than " + std::to_string(lastWords) + " words: nothing stands before them"};
        }
        row.before = trimmed(text.substr(0, begin));
        row.lastWords = text.substr(begin);
    } else {
        return Error{"\"last_words\" is missing: what should stand behind the text"};
    }
    if (row.lastWords.empty()) {
        return Error{"its last words are empty: there is nothing to score"};
    }
    if (row.before.empty()) {
        return Error{"nothing stands before its last words"};
    }
    row.prompt.push_back({"user", row.before, {}});
    row.references.push_back(row.lastWords);
    row.group = "text " + row.before;
    return row;
}

Result<bool> isClozeFile(const std::filesystem::path& path)
{
    return firstRowIs(path, namesLastWords);
}

Result<EvalRows> clozeRows(const std::filesystem::path& path, const EvalRowSettings& settings, const base::CancelToken& cancel)
{
    return scoredRowsOfFile(path, "a text whose last words are wanted", settings, [&settings](const Json& row) { return clozeRow(row, settings.lastWords); }, cancel);
}

} // namespace luthier::evaluation
