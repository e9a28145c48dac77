// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/splitting/pre_tokenizer.h"

#include "core/text/characters/char_class.h"
#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/json_part.h"
#include "core/text/tokenizers/splitting/text_rewrites.h"


namespace luthier::text {

class PreTokenizerReader {
public:
    Result<void> add(const JsonPart& part);
    PreTokenizer take() { return std::move(m_out); }

    Result<void> byteLevel(const JsonPart& part);
    Result<void> metaspace(const JsonPart& part);
    Result<void> splitOn(const JsonPart& part);
    Result<void> digits(const JsonPart& part);
    Result<void> punctuation(const JsonPart& part);
    Result<void> words(const JsonPart& part);
    Result<void> wordsBySpace(const JsonPart& part);
    Result<void> bert(const JsonPart& part);
    Result<void> sequence(const JsonPart& part);

private:
    void cut(SplitterPtr splitter) { m_out.m_stages.emplace_back(std::move(splitter)); }
    void rewrite(PreTokenizer::Rewrite rewrite)
    {
        m_out.m_stages.emplace_back(std::move(rewrite));
        m_out.m_rewrites = m_out.m_stages.size();
    }
    void spellBytes();

    PreTokenizer m_out;
};

namespace {

bool isSpaceChar(char32_t value)
{
    return isSpace(value);
}

// The reference's \w+|[^\w\s]+ as stretches: words and the rest are wanted, spaces are not.
void findWords(std::string_view text, std::vector<Stretch>& out)
{
    const auto kind = [&](std::size_t at, int& length) {
        const auto value = decodeValid(reinterpret_cast<const unsigned char*>(text.data()) + at, length);
        return isWordChar(value) ? 0 : isSpace(value) ? 2 : 1;
    };
    for (std::size_t at = 0; at < text.size();) {
        int length = 0;
        const int first = kind(at, length);
        std::size_t stop = at;
        do {
            stop += static_cast<std::size_t>(length);
        } while (stop < text.size() && kind(stop, length) == first);
        out.push_back({{at, stop}, first == 2});
        at = stop;
    }
}

std::optional<SplitBehavior> behaviorOf(const std::string& name)
{
    static constexpr std::pair<const char*, SplitBehavior> kNames[] = {
        {"Isolated", SplitBehavior::Isolated},
        {"Removed", SplitBehavior::Removed},
        {"MergedWithPrevious", SplitBehavior::MergedWithPrevious},
        {"MergedWithNext", SplitBehavior::MergedWithNext},
        {"Contiguous", SplitBehavior::Contiguous},
    };
    for (const auto& [known, value] : kNames) {
        if (name == known) {
            return value;
        }
    }
    return std::nullopt;
}

Result<SplitBehavior> behavior(const JsonPart& part, const char* otherwise)
{
    const auto name = part.text("behavior").value_or(otherwise);
    const auto value = behaviorOf(name);
    return value ? Result<SplitBehavior>(*value)
                 : Result<SplitBehavior>(Error{part.key() + ".behavior: \"" + name
                                               + "\" is not supported; supported are Isolated, Removed, "
                                                 "MergedWithPrevious, MergedWithNext, Contiguous"});
}

struct Row {
    const char* type;
    Result<void> (PreTokenizerReader::*read)(const JsonPart& part);
};
constexpr Row kRows[] = {
    {"ByteLevel", &PreTokenizerReader::byteLevel},        {"Metaspace", &PreTokenizerReader::metaspace},
    {"Split", &PreTokenizerReader::splitOn},              {"Digits", &PreTokenizerReader::digits},
    {"Punctuation", &PreTokenizerReader::punctuation},    {"Whitespace", &PreTokenizerReader::words},
    {"WhitespaceSplit", &PreTokenizerReader::wordsBySpace}, {"BertPreTokenizer", &PreTokenizerReader::bert},
    {"Sequence", &PreTokenizerReader::sequence},
};

} // namespace

// Only at the end of all stages may the model read bytes; anywhere else their letters are written out.
void PreTokenizerReader::spellBytes()
{
    if (m_out.m_byteLevel) {
        m_out.m_byteLevel = false;
        rewrite(byteLetters());
    }
}

Result<void> PreTokenizerReader::add(const JsonPart& part)
{
    std::string known;
    for (const auto& row : kRows) {
        known += (known.empty() ? "" : ", ") + std::string(row.type);
        if (part.type() != row.type) {
            continue;
        }
        if (part.type() != "Sequence") {
            spellBytes();
        }
        if (m_out.m_stages.size() >= kMostParts) {
            return part.wrong("more than " + std::to_string(kMostParts) + " steps");
        }
        return (this->*row.read)(part);
    }
    return part.unknownType(known);
}

Result<void> PreTokenizerReader::sequence(const JsonPart& part)
{
    auto parts = part.parts("pretokenizers");
    if (!parts) {
        return parts.error();
    }
    for (const auto& inner : *parts) {
        if (auto added = add(inner); !added) {
            return added;
        }
    }
    return {};
}

Result<void> PreTokenizerReader::byteLevel(const JsonPart& part)
{
    if (part.flag("add_prefix_space", true)) {
        rewrite(spaceInFront());
    }
    if (part.flag("use_regex", true)) {
        cut(gpt2Pattern());
    }
    m_out.m_byteLevel = true;
    return {};
}

Result<void> PreTokenizerReader::metaspace(const JsonPart& part)
{
    const auto mark = part.text("replacement").value_or("\xE2\x96\x81");
    if (mark.empty() || static_cast<std::size_t>(decodeAt(mark, 0).length) != mark.size()) {
        return Error{part.key() + ".replacement: one character is expected"};
    }
    auto scheme = part.text("prepend_scheme").value_or("always");
    if (!part.flag("add_prefix_space", true)) {
        scheme = "never";
    }
    if (scheme != "always" && scheme != "first" && scheme != "never") {
        return Error{part.key() + ".prepend_scheme: \"" + scheme + "\" is not supported; supported are always, first, never"};
    }
    rewrite(spaceMarks(mark, scheme == "always" ? MarkPrepend::Always : scheme == "first" ? MarkPrepend::First : MarkPrepend::Never));
    if (part.flag("split", true)) {
        cut(finderSplitter(literalFinder(mark), SplitBehavior::MergedWithNext, false));
    }
    return {};
}

Result<void> PreTokenizerReader::splitOn(const JsonPart& part)
{
    auto pattern = part.pattern();
    auto how = behavior(part, "");
    if (!pattern) {
        return pattern.error();
    }
    if (!how) {
        return how.error();
    }
    const bool invert = part.flag("invert", false);
    // Of a pattern that matches everything, keeping the matches and isolating them is the same.
    const bool keepsMatches = *how == SplitBehavior::Removed && invert;
    if (pattern->isRegex && (*how == SplitBehavior::Isolated || keepsMatches)) {
        if (auto known = knownPattern(pattern->text, keepsMatches)) {
            cut(std::move(known));
            return {};
        }
    }
    auto finder = pattern->isRegex ? regexFinder(pattern->text) : Result<Finder>(literalFinder(pattern->text));
    if (!finder) {
        return part.wrong(finder.message());
    }
    cut(finderSplitter(*finder, *how, invert));
    return {};
}

Result<void> PreTokenizerReader::digits(const JsonPart& part)
{
    cut(digitsSplitter(part.flag("individual_digits", false)));
    return {};
}

Result<void> PreTokenizerReader::punctuation(const JsonPart& part)
{
    auto how = behavior(part, "Isolated");
    if (!how) {
        return how.error();
    }
    cut(finderSplitter(charFinder(isPunctuation), *how, false));
    return {};
}

Result<void> PreTokenizerReader::words(const JsonPart&)
{
    cut(finderSplitter(findWords, SplitBehavior::Removed, false));
    return {};
}

Result<void> PreTokenizerReader::wordsBySpace(const JsonPart&)
{
    cut(finderSplitter(charFinder(isSpaceChar), SplitBehavior::Removed, false));
    return {};
}

Result<void> PreTokenizerReader::bert(const JsonPart&)
{
    cut(finderSplitter(charFinder(isSpaceChar), SplitBehavior::Removed, false));
    cut(finderSplitter(charFinder(isPunctuation), SplitBehavior::Isolated, false));
    return {};
}

Result<PreTokenizer> PreTokenizer::fromJson(const Json& value, const std::string& key)
{
    PreTokenizerReader reader;
    if (!value.is_null()) {
        if (auto read = reader.add(JsonPart(value, key)); !read) {
            return read.error();
        }
    }
    return reader.take();
}

} // namespace luthier::text
