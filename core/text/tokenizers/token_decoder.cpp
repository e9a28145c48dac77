// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/token_decoder.h"

#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/json_part.h"
#include "core/text/tokenizers/splitting/pre_tokenizer.h"
#include "core/text/tokenizers/splitting/splitter.h"

#include <charconv>

namespace luthier::text {

namespace {

using Tokens = std::vector<std::string>;
using Step = TokenDecoder::Step;

std::string joined(const Tokens& tokens, std::string_view between = {})
{
    std::string out;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        out += i > 0 ? between : std::string_view();
        out += tokens[i];
    }
    return out;
}

void replaceAll(std::string& text, std::string_view what, std::string_view with)
{
    for (std::size_t at = 0; !what.empty() && (at = text.find(what, at)) != std::string::npos; at += with.size()) {
        text.replace(at, what.size(), with);
    }
}

void decodeLetters(Tokens& tokens)
{
    std::string bytes;
    std::string piece;
    for (const auto& token : tokens) {
        bytes += bytesOfLetters(token, piece) ? piece : token;
    }
    tokens.assign(1, lossyUtf8(bytes));
}

void joinBytes(Tokens& tokens)
{
    Tokens out;
    std::string bytes;
    const auto flush = [&] {
        if (isValidUtf8(bytes)) {
            out.push_back(bytes);
        } else {
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                out.emplace_back(kReplacement);
            }
        }
        bytes.clear();
    };
    for (auto& token : tokens) {
        const int byte = byteOfSpelling(token);
        if (byte >= 0) {
            bytes += static_cast<char>(byte);
            continue;
        }
        if (!bytes.empty()) {
            flush();
        }
        out.push_back(std::move(token));
    }
    if (!bytes.empty()) {
        flush();
    }
    tokens = std::move(out);
}

std::string stripped(const std::string& token, const std::string& what, std::size_t start, std::size_t stop)
{
    std::string_view view = token;
    for (std::size_t i = 0; i < start && view.starts_with(what); ++i) {
        view.remove_prefix(what.size());
    }
    for (std::size_t i = 0; i < stop && view.ends_with(what); ++i) {
        view.remove_suffix(what.size());
    }
    return std::string(view);
}

Result<Step> makeByteLevel(const JsonPart&)
{
    return Step(decodeLetters);
}

Result<Step> makeByteFallback(const JsonPart&)
{
    return Step(joinBytes);
}

Result<Step> makeFuse(const JsonPart&)
{
    return Step([](Tokens& tokens) { tokens.assign(1, joined(tokens)); });
}

Result<Step> makeMetaspace(const JsonPart& part)
{
    const auto mark = part.text("replacement").value_or("\xE2\x96\x81");
    const bool drops = part.text("prepend_scheme").value_or("always") != "never" && part.flag("add_prefix_space", true);
    return Step([mark, drops](Tokens& tokens) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            replaceAll(tokens[i], mark, i == 0 && drops ? "" : " ");
        }
    });
}

Result<Step> makeReplace(const JsonPart& part)
{
    auto pattern = part.pattern();
    const auto content = part.text("content");
    if (!pattern || !content) {
        return pattern ? part.wrong("\"content\" is missing") : pattern.error();
    }
    if (!pattern->isRegex) {
        return Step([what = pattern->text, with = *content](Tokens& tokens) {
            for (auto& token : tokens) {
                replaceAll(token, what, with);
            }
        });
    }
    auto finder = regexFinder(pattern->text);
    if (!finder) {
        return part.wrong(finder.message());
    }
    return Step([finder = *finder, with = *content](Tokens& tokens) {
        for (auto& token : tokens) {
            std::vector<Stretch> stretches;
            finder(token, stretches);
            std::string out;
            for (const auto& [range, isMatch] : stretches) {
                out += isMatch ? with : token.substr(range.begin, range.end - range.begin);
            }
            token = std::move(out);
        }
    });
}

Result<Step> makeStrip(const JsonPart& part)
{
    const auto what = part.text("content").value_or("");
    std::size_t counts[2] = {};
    for (int i = 0; i < 2; ++i) {
        const auto* value = part.find(i == 0 ? "start" : "stop");
        if (what.empty() || value == nullptr || !value->is_number_unsigned() || value->get<std::uint64_t>() > kLongestPartText) {
            return part.wrong("Strip needs \"content\", and \"start\" and \"stop\" as small whole numbers");
        }
        counts[i] = value->get<std::size_t>();
    }
    return Step([what, start = counts[0], stop = counts[1]](Tokens& tokens) {
        for (auto& token : tokens) {
            token = stripped(token, what, start, stop);
        }
    });
}

void cleanUp(std::string& text)
{
    static constexpr std::pair<const char*, const char*> kRules[] = {
        {" .", "."},     {" ?", "?"},     {" !", "!"},            {" ,", ","},   {" ' ", "'"},   {" n't", "n't"},
        {" 'm", "'m"},   {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"},
    };
    for (const auto& [what, with] : kRules) {
        replaceAll(text, what, with);
    }
}

Result<Step> makeWordPiece(const JsonPart& part)
{
    return Step([prefix = part.text("prefix").value_or("##"), cleans = part.flag("cleanup", true)](Tokens& tokens) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            auto& token = tokens[i];
            if (i > 0) {
                token = token.starts_with(prefix) ? token.substr(prefix.size()) : " " + token;
            }
            if (cleans) {
                cleanUp(token);
            }
        }
    });
}

struct Row {
    const char* type;
    Result<Step> (*make)(const JsonPart& part);
};
constexpr Row kRows[] = {
    {"ByteLevel", makeByteLevel}, {"ByteFallback", makeByteFallback}, {"Fuse", makeFuse},   {"Metaspace", makeMetaspace},
    {"Replace", makeReplace},     {"Strip", makeStrip},               {"WordPiece", makeWordPiece},
};

} // namespace

Result<TokenDecoder> TokenDecoder::fromJson(const Json& value, const std::string& key)
{
    TokenDecoder out;
    if (value.is_null()) {
        return out;
    }
    const JsonPart part(value, key);
    out.m_joinWithSpaces = false;
    out.m_byteLevel = part.type() == "ByteLevel";
    out.m_joinsBytes = base::dumpJson(value).find("\"ByteFallback\"") != std::string::npos;
    if (auto read = collectSteps(part, "decoders", kRows, out.m_steps); !read) {
        return read.error();
    }
    return out;
}

std::string TokenDecoder::decode(std::vector<std::string> tokens) const
{
    for (const auto& step : m_steps) {
        step(tokens);
    }
    return joined(tokens, m_joinWithSpaces ? " " : "");
}

int byteOfSpelling(std::string_view token)
{
    unsigned value = 0;
    const bool shape = token.size() == 6 && token.starts_with("<0x") && token.ends_with('>');
    const auto* digits = token.data() + 3;
    return shape && std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2 ? static_cast<int>(value) : -1;
}

std::string lossyUtf8(std::string_view bytes)
{
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const auto point = decodeAt(bytes, at);
        if (point.valid) {
            out += bytes.substr(at, static_cast<std::size_t>(point.length));
            at += static_cast<std::size_t>(point.length);
            continue;
        }
        const auto first = static_cast<unsigned char>(bytes[at]);
        const std::size_t most = first >= 0xF0 && first <= 0xF4 ? 3 : first >= 0xE0 && first <= 0xEF ? 2 : 1;
        const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
        const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
        std::size_t good = 1;
        while (good < most && at + good < bytes.size()) {
            const auto next = static_cast<unsigned char>(bytes[at + good]);
            if (next < (good == 1 ? low : 0x80U) || next > (good == 1 ? high : 0xBFU)) {
                break;
            }
            ++good;
        }
        out += kReplacement;
        at += good;
    }
    return out;
}

} // namespace luthier::text
