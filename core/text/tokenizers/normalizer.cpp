// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/normalizer.h"

#include "core/text/characters/char_class.h"
#include "core/text/tokenizers/sentencepiece/charsmap.h"
#include "core/text/tokenizers/json_part.h"
#include "core/text/characters/normal_form.h"
#include "core/text/tokenizers/sentencepiece/spm_model.h"
#include "core/text/tokenizers/splitting/splitter.h"
#include "core/text/characters/utf8.h"

#include <utf8proc.h>

#include <algorithm>

namespace luthier::text {

namespace {

using Step = Normalizer::Step;

// Each character through `map`, which appends what it becomes.
template <class Map>
bool mapCharacters(std::string_view text, EditedText& out, const Map& map)
{
    std::size_t kept = 0;
    bool changed = false;
    std::string made;
    for (std::size_t at = 0; at < text.size();) {
        int length = 0;
        const auto value = decodeValid(reinterpret_cast<const unsigned char*>(text.data()) + at, length);
        const auto size = static_cast<std::size_t>(length);
        made.clear();
        map(value, made);
        if (made != text.substr(at, size)) {
            out.keep(text.substr(kept, at - kept), kept);
            out.replace(made, at);
            kept = at + size;
            changed = true;
        }
        at += size;
    }
    if (changed) {
        out.keep(text.substr(kept), kept);
        out.finish(text.size());
    }
    return changed;
}

void lowerCase(char32_t value, std::string& out)
{
    if (value == 0x130) { // the one letter whose small form is two characters
        out += "i\xCC\x87";
        return;
    }
    appendUtf8(out, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(value))));
}

bool keepRange(std::string_view text, std::size_t begin, std::size_t end, EditedText& out)
{
    if (begin == 0 && end == text.size()) {
        return false;
    }
    out.keep(text.substr(begin, end - begin), begin);
    out.finish(text.size());
    return true;
}

Step stripStep(bool left, bool right)
{
    return [left, right](std::string_view text, EditedText& out) {
        std::size_t begin = 0;
        std::size_t end = text.size();
        while (left && begin < end && isSpace(decodeAt(text, begin).value)) {
            begin += static_cast<std::size_t>(decodeAt(text, begin).length);
        }
        while (right && end > begin) {
            std::size_t before = end - 1;
            while ((static_cast<unsigned char>(text[before]) & 0xC0U) == 0x80U) {
                --before;
            }
            if (!isSpace(decodeAt(text, before).value)) {
                break;
            }
            end = before;
        }
        return keepRange(text, begin, end, out);
    };
}

Step replaceStep(Finder finder, std::string content)
{
    return [finder = std::move(finder), content = std::move(content)](std::string_view text, EditedText& out) {
        std::vector<Stretch> stretches;
        finder(text, stretches);
        if (std::none_of(stretches.begin(), stretches.end(), [](const Stretch& s) { return s.isMatch; })) {
            return false;
        }
        for (const auto& [range, isMatch] : stretches) {
            if (isMatch) {
                out.replace(content, range.begin);
            } else {
                out.keep(text.substr(range.begin, range.end - range.begin), range.begin);
            }
        }
        out.finish(text.size());
        return true;
    };
}

Result<Step> makeReplace(const JsonPart& part)
{
    auto pattern = part.pattern();
    if (!pattern) {
        return pattern.error();
    }
    const auto content = part.text("content");
    if (!content) {
        return part.wrong("\"content\" is missing");
    }
    if (!pattern->isRegex) {
        return replaceStep(literalFinder(pattern->text), *content);
    }
    auto finder = regexFinder(pattern->text);
    return finder ? Result<Step>(replaceStep(*finder, *content)) : Result<Step>(part.wrong(finder.message()));
}

Result<Step> makePrepend(const JsonPart& part)
{
    const auto prefix = part.text("prepend");
    if (!prefix) {
        return part.wrong("\"prepend\" is missing");
    }
    return Step([prefix = *prefix](std::string_view text, EditedText& out) {
        if (text.empty() || prefix.empty()) {
            return false;
        }
        out.replace(prefix, 0);
        out.keep(text, 0);
        out.finish(text.size());
        return true;
    });
}

Result<Step> makeCharsmap(const JsonPart& part)
{
    const auto* value = part.find("precompiled_charsmap");
    if (value == nullptr) {
        return Step([](std::string_view, EditedText&) { return false; });
    }
    auto bytes = value->is_string() && value->get_ref<const std::string&>().size() <= 2 * kLargestCharsmap
                     ? decodeBase64(value->get_ref<const std::string&>())
                     : Result<std::string>(Error{"expected a base64 string of at most 8 MiB"});
    if (!bytes) {
        return part.wrong("precompiled_charsmap: " + bytes.message());
    }
    auto map = Charsmap::fromBytes(std::move(*bytes));
    if (!map) {
        return part.wrong(map.message());
    }
    return Step([charsmap = std::move(*map)](std::string_view text, EditedText& out) { return charsmap.apply(text, out); });
}

template <NormalForm Form>
Result<Step> makeForm(const JsonPart&)
{
    return Step([](std::string_view text, EditedText& out) { return toNormalForm(text, Form, out); });
}

Result<Step> makeLowercase(const JsonPart&)
{
    return Step([](std::string_view text, EditedText& out) { return mapCharacters(text, out, lowerCase); });
}

Result<Step> makeStripAccents(const JsonPart&)
{
    return Step([](std::string_view text, EditedText& out) {
        return mapCharacters(text, out, [](char32_t value, std::string& made) {
            if (!isAccent(value)) {
                appendUtf8(made, value);
            }
        });
    });
}

Result<Step> makeStrip(const JsonPart& part)
{
    return stripStep(part.flag("strip_left", true), part.flag("strip_right", true));
}

struct Row {
    const char* type;
    Result<Step> (*make)(const JsonPart& part);
};
constexpr Row kRows[] = {
    {"NFC", makeForm<NormalForm::C>},       {"NFD", makeForm<NormalForm::D>},
    {"NFKC", makeForm<NormalForm::KC>},     {"NFKD", makeForm<NormalForm::KD>},
    {"Replace", makeReplace},               {"Prepend", makePrepend},
    {"Lowercase", makeLowercase},           {"StripAccents", makeStripAccents},
    {"Strip", makeStrip},                   {"Precompiled", makeCharsmap},
};

} // namespace

Result<Normalizer> Normalizer::fromJson(const Json& value, const std::string& key)
{
    Normalizer out;
    if (!value.is_null()) {
        if (auto read = collectSteps(JsonPart(value, key), "normalizers", kRows, out.m_steps); !read) {
            return read.error();
        }
    }
    return out;
}

void Normalizer::apply(ChangedText& text) const
{
    for (const auto& step : m_steps) {
        EditedText edited;
        if (step(text.view(), edited)) {
            text.take(std::move(edited));
        }
    }
}

std::string Normalizer::applied(std::string_view text) const
{
    ChangedText changed(text);
    apply(changed);
    return std::string(changed.view());
}

} // namespace luthier::text
