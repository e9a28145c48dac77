// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/characters/normal_form.h"

#include "core/text/characters/char_class.h"
#include "core/text/characters/utf8.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

namespace luthier::text {

namespace {

constexpr char32_t kEnd = 0x30000; // nothing beyond these planes ever changes
constexpr char32_t kHangulVowel = 0x1161;
constexpr char32_t kHangulLast = 0x11C2;

utf8proc_option_t optionsOf(NormalForm form)
{
    int options = UTF8PROC_STABLE;
    options |= form == NormalForm::C || form == NormalForm::KC ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE;
    options |= form == NormalForm::KC || form == NormalForm::KD ? UTF8PROC_COMPAT : 0;
    return static_cast<utf8proc_option_t>(options);
}

// Characters that stay as they are and that nothing before them changes, one bit for each form.
class PlainTable {
public:
    static const PlainTable& get()
    {
        static const PlainTable table;
        return table;
    }
    bool isPlain(char32_t value, NormalForm form) const
    {
        return value >= kEnd || ((m_bits[value] >> static_cast<int>(form)) & 1U) != 0;
    }

private:
    PlainTable() : m_bits(kEnd, 0)
    {
        std::array<utf8proc_int32_t, 32> parts{};
        std::vector<bool> follows(kEnd, false);
        std::vector<std::uint8_t> alone(kEnd, 0);
        for (char32_t value = 0; value < kEnd; ++value) {
            for (const auto form : {NormalForm::D, NormalForm::KD}) {
                const auto count = decompose(value, form, parts);
                const bool same = count == 1 && parts[0] == static_cast<utf8proc_int32_t>(value);
                alone[value] |= static_cast<std::uint8_t>((same ? 1U : 0U) << static_cast<int>(form));
                for (int i = 1; i < count && form == NormalForm::D; ++i) {
                    follows[static_cast<std::size_t>(parts[static_cast<std::size_t>(i)])] = true; // never past kEnd
                }
            }
        }
        for (char32_t value = 0; value < kEnd; ++value) {
            const bool starter = utf8proc_get_property(static_cast<utf8proc_int32_t>(value))->combining_class == 0;
            const bool joins = follows[value] || (value >= kHangulVowel && value <= kHangulLast);
            const auto bit = [&](NormalForm form) { return static_cast<unsigned>(alone[value] >> static_cast<int>(form)) & 1U; };
            const unsigned d = starter ? bit(NormalForm::D) : 0U;
            const unsigned kd = starter ? bit(NormalForm::KD) : 0U;
            const bool untouched = bit(NormalForm::KD) != 0; // then no form changes it
            const bool composed = starter && !joins && (untouched || staysComposed(value));
            const unsigned c = composed ? 1U : 0U;
            const unsigned kc = composed && (untouched || !hasCompatMapping(value)) ? 1U : 0U;
            m_bits[value] = static_cast<std::uint8_t>((c << static_cast<int>(NormalForm::C)) | (d << static_cast<int>(NormalForm::D))
                                                      | (kc << static_cast<int>(NormalForm::KC))
                                                      | (kd << static_cast<int>(NormalForm::KD)));
        }
    }
    static int decompose(char32_t value, NormalForm form, std::array<utf8proc_int32_t, 32>& parts)
    {
        int boundary = 0;
        const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(value), parts.data(), parts.size(),
                                                   optionsOf(form), &boundary);
        return static_cast<int>(count);
    }
    static std::u32string mapped(char32_t value, NormalForm form);
    static bool staysComposed(char32_t value) { return mapped(value, NormalForm::C) == std::u32string(1, value); }
    static bool hasCompatMapping(char32_t value) { return mapped(value, NormalForm::KC) != std::u32string(1, value); }

    std::vector<std::uint8_t> m_bits;
};

// Without utf8proc_map: it works on strings that end at NUL or are copied.
void normalize(std::u32string_view run, NormalForm form, std::string& out)
{
    std::array<utf8proc_int32_t, 32> parts{};
    std::vector<utf8proc_int32_t> buffer;
    for (const char32_t value : run) {
        int boundary = 0;
        const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(value), parts.data(), parts.size(),
                                                   optionsOf(form), &boundary);
        buffer.insert(buffer.end(), parts.begin(), parts.begin() + (count < 0 ? 0 : count));
    }
    const auto rank = [](utf8proc_int32_t value) { return utf8proc_get_property(value)->combining_class; };
    // Canonical order: each run of marks by class, marks of one class as they came.
    for (auto from = buffer.begin(); from != buffer.end();) {
        from = std::find_if(from, buffer.end(), [&](utf8proc_int32_t value) { return rank(value) != 0; });
        const auto to = std::find_if(from, buffer.end(), [&](utf8proc_int32_t value) { return rank(value) == 0; });
        std::stable_sort(from, to, [&](utf8proc_int32_t a, utf8proc_int32_t b) { return rank(a) < rank(b); });
        from = to;
    }
    const auto size = utf8proc_normalize_utf32(buffer.data(), static_cast<utf8proc_ssize_t>(buffer.size()), optionsOf(form));
    for (utf8proc_ssize_t i = 0; i < size; ++i) {
        appendUtf8(out, static_cast<char32_t>(buffer[static_cast<std::size_t>(i)]));
    }
}

std::u32string PlainTable::mapped(char32_t value, NormalForm form)
{
    std::string out;
    normalize(std::u32string_view(&value, 1), form, out);
    return toCodePoints(out);
}

} // namespace

bool toNormalForm(std::string_view text, NormalForm form, EditedText& out)
{
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    const PlainTable* table = nullptr;
    std::size_t kept = 0;   // bytes of `text` already in `out`
    std::size_t before = 0; // where the last plain character begins
    bool changed = false;
    std::u32string run;
    for (std::size_t at = 0; at < text.size();) {
        if (bytes[at] < 0x80) {
            before = at++;
            continue;
        }
        table = table != nullptr ? table : &PlainTable::get();
        int length = 0;
        const auto value = decodeValid(bytes + at, length);
        if (table->isPlain(value, form)) {
            before = at;
            at += static_cast<std::size_t>(length);
            continue;
        }
        // The run begins with the plain character before it, with which its first one may join.
        const std::size_t begin = before < kept ? at : before;
        run.clear();
        std::size_t stop = begin;
        while (stop < text.size()) {
            const auto next = decodeValid(bytes + stop, length);
            if (stop > at && table->isPlain(next, form)) {
                break;
            }
            run += next;
            stop += static_cast<std::size_t>(length);
        }
        std::string made;
        normalize(run, form, made);
        if (made != text.substr(begin, stop - begin)) {
            out.keep(text.substr(kept, begin - kept), kept);
            out.replace(made, begin);
            kept = stop;
            changed = true;
        }
        at = before = stop;
    }
    if (changed) {
        out.keep(text.substr(kept), kept);
        out.finish(text.size());
    }
    return changed;
}

} // namespace luthier::text
