// SPDX-License-Identifier: GPL-3.0-or-later
// The settings of a GGUF file: names, values and lists of values.
#include "core/gguf/reader.h"

#include "core/base/checked.h"

#include <type_traits>

namespace luthier::gguf {

namespace {

constexpr int kDeepest = 4;
constexpr std::uint32_t kText = 8;
constexpr std::uint32_t kArray = 9;

// Index: value type; bytes of a number, 0 for text and array.
constexpr std::uint64_t kValueBytes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

} // namespace

std::string Reader::shown(const std::string& name)
{
    return name.size() > 80 ? '"' + name.substr(0, 77) + "...\"" : '"' + name + '"';
}

bool Reader::readPair()
{
    std::string key;
    if (!takeText(key, kLongestGgufName, "the name of a setting")) {
        return false;
    }
    const auto type = number<std::uint32_t>();
    Value value;
    if (!m_problem.empty() || !readValue(type, key, value, 0)) {
        return false;
    }
    if (m_at > kMostGgufMetadata) {
        return fail("its settings take more than " + std::to_string(kMostGgufMetadata) + " bytes; no model has so many");
    }
    if (!m_file.m_metadata.emplace(key, std::move(value)).second) {
        return fail("the setting " + shown(key) + " stands there twice");
    }
    return true;
}

bool Reader::readValue(std::uint32_t type, const std::string& key, Value& value, int depth)
{
    switch (type) {
    case 0: value = std::uint64_t{number<std::uint8_t>()}; break;
    case 1: value = std::int64_t{number<std::int8_t>()}; break;
    case 2: value = std::uint64_t{number<std::uint16_t>()}; break;
    case 3: value = std::int64_t{number<std::int16_t>()}; break;
    case 4: value = std::uint64_t{number<std::uint32_t>()}; break;
    case 5: value = std::int64_t{number<std::int32_t>()}; break;
    case 6: value = double{number<float>()}; break;
    case 7: {
        const auto byte = number<std::uint8_t>();
        if (byte > 1) {
            return fail("the setting " + shown(key) + " is neither true nor false: its byte is " + std::to_string(byte));
        }
        value = byte == 1;
        break;
    }
    case kText: {
        std::string text;
        takeText(text, kLongestGgufText, "the text of " + shown(key));
        value = std::move(text);
        break;
    }
    case kArray: return readArray(key, value, depth);
    case 10: value = number<std::uint64_t>(); break;
    case 11: value = number<std::int64_t>(); break;
    case 12: value = number<double>(); break;
    default:
        return fail("the setting " + shown(key) + " has the type " + std::to_string(type) + ", which GGUF does not know");
    }
    return m_problem.empty();
}

bool Reader::readArray(const std::string& key, Value& value, int depth)
{
    const auto type = number<std::uint32_t>();
    const auto count = number<std::uint64_t>();
    if (!m_problem.empty()) {
        return false;
    }
    if (type >= std::size(kValueBytes) || depth >= kDeepest) {
        return fail("the list " + shown(key) + (depth >= kDeepest ? " is nested too deep" : " has elements of the type "
                    + std::to_string(type) + ", which GGUF does not know"));
    }
    const std::uint64_t least = type == kText ? 8 : type == kArray ? 12 : kValueBytes[type];
    const auto bytes = base::checkedMul(count, least);
    if (count > kMostGgufElements || !bytes || *bytes > left()) {
        return fail("the list " + shown(key) + " is said to have " + std::to_string(count) + " elements, "
                    + (count > kMostGgufElements ? "at most " + std::to_string(kMostGgufElements) + " are allowed"
                                                 : "the file has only " + std::to_string(left()) + " bytes left"));
    }
    std::vector<std::string> texts;
    std::vector<double> numbers;
    (type == kText ? texts.reserve(count) : numbers.reserve(type == kArray ? 0 : count));
    for (std::uint64_t i = 0; i < count; ++i) {
        Value element;
        if (!readValue(type, key, element, depth + 1)) {
            return false;
        }
        if (auto* text = std::get_if<std::string>(&element)) {
            texts.push_back(std::move(*text));
        } else if (type != kArray) {
            numbers.push_back(std::visit(
                [](const auto& item) {
                    if constexpr (std::is_arithmetic_v<std::decay_t<decltype(item)>>) {
                        return static_cast<double>(item);
                    }
                    return 0.0;
                },
                element));
        }
    }
    if (type == kText) {
        value = std::move(texts);
    } else if (type != kArray) {
        value = std::move(numbers);
    }
    return true;
}

} // namespace luthier::gguf
