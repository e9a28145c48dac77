// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/recipes/yaml.h"

#include <yaml.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

namespace luthier::recipes {

namespace {

constexpr int kMostDepth = 64;
constexpr std::size_t kMostNodes = 200'000; // aliases are copied, so a small file could ask for a large tree
constexpr std::size_t kMostBytes = std::size_t{16} << 20;

bool isOneOf(std::string_view text, std::initializer_list<std::string_view> words)
{
    for (const std::string_view word : words) {
        if (text == word) {
            return true;
        }
    }
    return false;
}

std::optional<Json> numberOf(std::string_view text)
{
    std::string_view digits = text;
    if (digits.starts_with('+')) {
        digits.remove_prefix(1);
    }
    if (digits.empty()) {
        return std::nullopt;
    }
    const char* end = digits.data() + digits.size();
    std::int64_t whole = 0;
    if (digits.starts_with("0x")) {
        const auto read = std::from_chars(digits.data() + 2, end, whole, 16);
        return read.ec == std::errc() && read.ptr == end ? std::optional<Json>(whole) : std::nullopt;
    }
    if (const auto read = std::from_chars(digits.data(), end, whole); read.ec == std::errc() && read.ptr == end) {
        return Json(whole);
    }
    const char first = digits.front() == '-' && digits.size() > 1 ? digits[1] : digits.front();
    if (first != '.' && (first < '0' || first > '9')) {
        return std::nullopt; // "inf", "nan" and words
    }
    double value = 0;
    const auto read = std::from_chars(digits.data(), end, value);
    return read.ec == std::errc() && read.ptr == end ? std::optional<Json>(value) : std::nullopt;
}

Json scalarOf(std::string_view text, bool isPlain)
{
    if (!isPlain) {
        return std::string(text);
    }
    if (isOneOf(text, {"", "~", "null", "Null", "NULL"})) {
        return nullptr;
    }
    if (isOneOf(text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) {
        return true;
    }
    if (isOneOf(text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) {
        return false;
    }
    const auto number = numberOf(text);
    return number ? *number : Json(std::string(text));
}

class Reader {
public:
    explicit Reader(std::string_view text)
    {
        yaml_parser_initialize(&m_parser);
        yaml_parser_set_input_string(&m_parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    }
    ~Reader()
    {
        yaml_event_delete(&m_event);
        yaml_parser_delete(&m_parser);
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    Result<Json> document()
    {
        while (true) {
            if (auto next = advance(); !next) {
                return next.error();
            }
            if (m_event.type == YAML_STREAM_END_EVENT) {
                return Error{"the file is empty"};
            }
            if (m_event.type == YAML_DOCUMENT_START_EVENT) {
                auto next = advance();
                return next ? node(0) : Result<Json>(next.error());
            }
        }
    }

private:
    Error at(const std::string& what) const
    {
        const auto& mark = m_event.start_mark;
        return {"line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) + ": " + what};
    }

    Result<void> advance()
    {
        yaml_event_delete(&m_event);
        m_event = {};
        if (yaml_parser_parse(&m_parser, &m_event) == 0) {
            const auto& mark = m_parser.problem_mark;
            return Error{"line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1) + ": "
                         + (m_parser.problem ? m_parser.problem : "not YAML")};
        }
        return {};
    }

    static std::string anchorOf(const unsigned char* anchor) { return anchor ? reinterpret_cast<const char*>(anchor) : ""; }

    Result<Json> keep(const std::string& anchor, Json value, std::size_t nodes)
    {
        if (!anchor.empty()) {
            m_anchors[anchor] = {value, nodes};
        }
        return value;
    }

    // The event at hand begins it.
    Result<Json> node(int depth)
    {
        if (depth > kMostDepth || ++m_nodes > kMostNodes) {
            return at("this nests too deep or repeats too much");
        }
        const std::size_t before = m_nodes;
        switch (m_event.type) {
        case YAML_SCALAR_EVENT: {
            const auto& scalar = m_event.data.scalar;
            Json value = scalarOf({reinterpret_cast<const char*>(scalar.value), scalar.length}, scalar.style == YAML_PLAIN_SCALAR_STYLE);
            return keep(anchorOf(scalar.anchor), std::move(value), 1);
        }
        case YAML_ALIAS_EVENT: {
            const auto found = m_anchors.find(anchorOf(m_event.data.alias.anchor));
            if (found == m_anchors.end()) {
                return at("there is no anchor of this name before");
            }
            m_nodes += found->second.second;
            return found->second.first;
        }
        case YAML_SEQUENCE_START_EVENT: {
            const std::string anchor = anchorOf(m_event.data.sequence_start.anchor);
            Json list = Json::array();
            while (true) {
                if (auto next = advance(); !next) {
                    return next.error();
                }
                if (m_event.type == YAML_SEQUENCE_END_EVENT) {
                    return keep(anchor, std::move(list), m_nodes - before + 1);
                }
                auto item = node(depth + 1);
                if (!item) {
                    return item;
                }
                list.push_back(std::move(*item));
            }
        }
        case YAML_MAPPING_START_EVENT: return mapping(depth);
        default: return at("this is no value");
        }
    }

    Result<Json> mapping(int depth)
    {
        const std::size_t before = m_nodes;
        const std::string anchor = anchorOf(m_event.data.mapping_start.anchor);
        Json object = Json::object();
        Json merged = Json::object();
        while (true) {
            if (auto next = advance(); !next) {
                return next.error();
            }
            if (m_event.type == YAML_MAPPING_END_EVENT) {
                for (const auto& [key, value] : merged.items()) {
                    if (!object.contains(key)) {
                        object[key] = value;
                    }
                }
                return keep(anchor, std::move(object), m_nodes - before + 1);
            }
            if (m_event.type != YAML_SCALAR_EVENT) {
                return at("a key has to be a word");
            }
            const std::string key(reinterpret_cast<const char*>(m_event.data.scalar.value), m_event.data.scalar.length);
            if (object.contains(key)) {
                return at("\"" + key + "\" stands twice");
            }
            if (auto next = advance(); !next) {
                return next.error();
            }
            auto value = node(depth + 1);
            if (!value) {
                return value;
            }
            if (key == "<<" && value->is_object()) {
                merged.update(*value);
            } else if (key == "<<" && value->is_array()) {
                for (auto one = value->rbegin(); one != value->rend(); ++one) {
                    if (one->is_object()) {
                        merged.update(*one);
                    }
                }
            } else {
                object[key] = std::move(*value);
            }
        }
    }

    yaml_parser_t m_parser{};
    yaml_event_t m_event{};
    std::map<std::string, std::pair<Json, std::size_t>> m_anchors;
    std::size_t m_nodes = 0;
};

// Whether the word, written plainly, would be read as this very string by YAML 1.1 and 1.2 alike.
bool isPlainWord(const std::string& text)
{
    if (text.empty() || !scalarOf(text, true).is_string() || isOneOf(text, {"y", "Y", "n", "N", "=", "<<"})) {
        return false;
    }
    const auto isLetter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    if (!isLetter(text.front()) && text.front() != '/' && text.front() != '_') {
        return false;
    }
    for (const char c : text) {
        if (!isLetter(c) && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.' && c != '/' && c != '+') {
            return false;
        }
    }
    return true;
}

// A dot in every real number: YAML 1.1 reads 2e-05 as a word.
std::string numberText(double value)
{
    std::string text = base::dumpJson(Json(value));
    const std::size_t e = text.find_first_of("eE");
    if (text.find('.') == std::string::npos) {
        text.insert(e == std::string::npos ? text.size() : e, ".0");
    }
    const std::size_t exponent = text.find_first_of("eE");
    if (exponent != std::string::npos && text[exponent + 1] != '-' && text[exponent + 1] != '+') {
        text.insert(exponent + 1, "+");
    }
    return text;
}

std::string scalarText(const Json& value)
{
    if (value.is_number_float()) {
        return numberText(value.get<double>());
    }
    if (value.is_string() && isPlainWord(value.get<std::string>())) {
        return value.get<std::string>();
    }
    return base::dumpJson(value); // quoted strings of JSON are those of YAML
}

void write(std::string& out, const Json& value, std::size_t indent)
{
    const std::string before(indent, ' ');
    for (const auto& [key, item] : value.items()) {
        out += before + (isPlainWord(key) ? key : base::dumpJson(Json(key))) + ":";
        if (item.is_object() && !item.empty()) {
            out += "\n";
            write(out, item, indent + 2);
        } else if (item.is_array() && !item.empty()) {
            out += "\n";
            for (const Json& one : item) {
                if (one.is_object() && !one.empty()) {
                    std::string inner;
                    write(inner, one, indent + 4);
                    out += before + "  - " + inner.substr(indent + 4);
                } else {
                    out += before + "  - " + (one.is_array() ? base::dumpJson(one) : scalarText(one)) + "\n";
                }
            }
        } else {
            out += " " + scalarText(item) + "\n";
        }
    }
}

} // namespace

Result<Json> parseYaml(std::string_view text)
{
    if (text.size() > kMostBytes) {
        return Error{"the file has more than 16 MB; that is no recipe"};
    }
    return Reader(text).document();
}

std::string dumpYaml(const Json& object)
{
    std::string out;
    write(out, object, 0);
    return out;
}

} // namespace luthier::recipes
