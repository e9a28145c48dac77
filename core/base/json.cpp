// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/json.h"

#include "core/base/files.h"
#include "core/base/json_digits.h"
#include "core/base/json_plain.h"

#include <algorithm>
#include <cstdint>
#include <unordered_set>

namespace luthier::base {

namespace {

constexpr std::uint64_t kBigInteger = 1; // subtype of a binary value

bool holdsBigInteger(const Json& value)
{
    return isBigInteger(value)
           || (value.is_structured() && std::any_of(value.begin(), value.end(), [](const Json& inner) { return holdsBigInteger(inner); }));
}

// On one line, digits of big integers as they stand.
void write(std::string& out, const Json& value)
{
    if (isBigInteger(value)) {
        out.append(value.get_binary().begin(), value.get_binary().end());
    } else if (!value.is_structured()) {
        out += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    } else {
        const char* separator = "";
        out += value.is_object() ? '{' : '[';
        for (auto item = value.begin(); item != value.end(); ++item, separator = ",") {
            out += separator;
            if (value.is_object()) {
                write(out, Json(item.key()));
                out += ':';
            }
            write(out, *item);
        }
        out += value.is_object() ? '}' : ']';
    }
}

std::string place(std::string_view text, std::size_t byte)
{
    const auto before = text.substr(0, std::min(byte, text.size()));
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto start = before.rfind('\n');
    const auto column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
    return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// Without the library's own marks, "[json.exception.parse_error.101] parse error at line 1, column 2: ", and with every byte
// that is no UTF-8 replaced.
std::string reasonOf(const Json::exception& problem)
{
    std::string what = problem.what();
    const auto mark = what.starts_with('[') ? what.find("] ") : std::string::npos;
    what = mark == std::string::npos ? what : what.substr(mark + 2);
    const auto colon = what.starts_with("parse error") ? what.find(": ") : std::string::npos;
    what = colon == std::string::npos ? what : what.substr(colon + 2);
    const std::string quoted = dumpJson(Json(what));
    const Json clean = Json::parse(quoted, nullptr, /*allow_exceptions=*/false);
    return clean.is_string() ? clean.get<std::string>() : quoted;
}

// The first byte that begins no character; the text's size: there is none. By the table of the Unicode standard (3-7).
std::size_t firstInvalid(std::string_view text)
{
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    for (std::size_t at = 0; at < text.size();) {
        const unsigned lead = byte(at);
        const std::size_t size = lead < 0x80 ? 1 : lead >= 0xC2 && lead <= 0xDF ? 2 : (lead & 0xF0U) == 0xE0 ? 3 : lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
        const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        bool good = size > 0 && (size == 1 || (byte(at + 1) >= low && byte(at + 1) <= high));
        for (std::size_t i = 2; good && i < size; ++i) {
            good = (byte(at + i) & 0xC0U) == 0x80;
        }
        if (!good) {
            return at;
        }
        at += size;
    }
    return text.size();
}

// What is wrong with the bytes themselves, up to and a little behind where reading stopped; empty: nothing.
std::string encodingProblem(std::string_view text, std::size_t at)
{
    constexpr std::size_t kLongestCharacter = 4;
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
        return "line 1, column 1: the file is UTF-16; save it as UTF-8";
    }
    const std::size_t invalid = firstInvalid(text);
    return invalid >= text.size() || invalid > at + kLongestCharacter
               ? std::string()
               : place(text, invalid) + ": byte " + std::to_string(invalid + 1) + " is not UTF-8; save the file as UTF-8";
}

// Builds the value while counting depth and remembering the keys of every open object.
class StrictBuilder : public nlohmann::json_sax<Json> {
public:
    StrictBuilder(std::string_view text, JsonLimits limits, bool keepsDigits) : m_text(text), m_limits(limits), m_keepsDigits(keepsDigits) {}

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& text) override
    {
        if (m_keepsDigits && text.find_first_not_of("0123456789", text.starts_with('-') ? 1 : 0) == std::string::npos) {
            return add(Json::binary({text.begin(), text.end()}, kBigInteger));
        }
        return add(value);
    }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t&) override { return false; }
    bool start_object(std::size_t) override { return open(Json::object()); }
    bool start_array(std::size_t) override { return open(Json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& value) override
    {
        if (m_limits.refuseDuplicateKeys && !m_keys.back().insert(value).second) {
            m_error = "the key \"" + value + "\" stands twice in one object; keep one of them";
            return false;
        }
        m_key = std::move(value);
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const Json::exception& problem) override
    {
        const std::size_t at = byte == 0 ? 0 : byte - 1;
        const std::string encoding = encodingProblem(m_text, at);
        m_error = encoding.empty() ? place(m_text, at) + ": not valid JSON (" + reasonOf(problem) + ")" : encoding;
        return false;
    }

    Json take() { return std::move(m_root); }
    const std::string& error() const { return m_error; }

private:
    template <class V>
    bool add(V&& value)
    {
        slot() = std::forward<V>(value);
        return true;
    }

    Json& slot()
    {
        if (m_stack.empty()) {
            return m_root;
        }
        Json& parent = *m_stack.back();
        if (parent.is_array()) {
            parent.push_back(nullptr);
            return parent.back();
        }
        // push_back keeps insertion linear; operator[] of ordered_json searches all earlier keys.
        if (m_limits.refuseDuplicateKeys) {
            parent.get_ref<Json::object_t&>().push_back({std::move(m_key), nullptr});
            return parent.get_ref<Json::object_t&>().back().second;
        }
        return parent[m_key];
    }

    bool open(Json container)
    {
        if (static_cast<int>(m_stack.size()) >= m_limits.depth) {
            m_error = "nested deeper than " + std::to_string(m_limits.depth) + " levels; flatten it";
            return false;
        }
        Json& here = slot();
        here = std::move(container);
        m_stack.push_back(&here);
        m_keys.emplace_back();
        return true;
    }

    bool close()
    {
        m_stack.pop_back();
        m_keys.pop_back();
        return true;
    }

    std::string_view m_text;
    JsonLimits m_limits;
    bool m_keepsDigits;
    Json m_root;
    // Pointers stay valid: a container only grows while its last child is closed.
    std::vector<Json*> m_stack;
    std::vector<std::unordered_set<std::string>> m_keys;
    std::string m_key;
    std::string m_error;
};

} // namespace

namespace {

Result<Json> parse(std::string_view text, JsonLimits limits, bool keepsDigits)
{
    if (auto plain = parsePlainJson(text, limits)) {
        return std::move(*plain);
    }
    StrictBuilder builder(text, limits, keepsDigits);
    bool good = false;
    try {
        good = Json::sax_parse(text.begin(), text.end(), &builder);
    } catch (const Json::exception& problem) {
        return Error{"not valid JSON (" + reasonOf(problem) + ")"};
    }
    if (!good) {
        return Error{builder.error().empty() ? "not valid JSON" : builder.error()};
    }
    return builder.take();
}

} // namespace

Result<Json> parseJson(std::string_view text, JsonLimits limits)
{
    return parse(text, limits, false);
}

Result<Json> parseJsonWithDigits(std::string_view text, JsonLimits limits)
{
    return parse(text, limits, true);
}

Result<Json> readJson(const std::filesystem::path& path, JsonLimits limits)
{
    auto text = readFile(path, std::uint64_t{1} << 30);
    if (!text) {
        return text.error();
    }
    auto value = parseJson(*text, limits);
    if (!value) {
        return Error{path.string() + ", " + value.message()};
    }
    return value;
}

bool isBigInteger(const Json& value)
{
    return value.is_binary() && value.get_binary().has_subtype() && value.get_binary().subtype() == kBigInteger;
}

std::string dumpJson(const Json& value, int indent)
{
    if (holdsBigInteger(value)) {
        std::string text;
        write(text, value);
        return text;
    }
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace luthier::base
