// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/arrow/arrow_values.h"

#include <arrow/scalar.h>
#include <arrow/type.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace luthier::data {

namespace {

using Append = void (*)(const arrow::Array& array, std::int64_t index, std::string& to);

template <class ArrayType>
void appendNumber(const arrow::Array& array, std::int64_t index, std::string& to)
{
    const auto value = static_cast<const ArrayType&>(array).Value(index);
    char text[40];
    to.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

template <class ArrayType>
void appendReal(const arrow::Array& array, std::int64_t index, std::string& to)
{
    const auto value = static_cast<const ArrayType&>(array).Value(index);
    if (std::isfinite(value)) {
        appendNumber<ArrayType>(array, index, to);
    } else {
        to += std::isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
    }
}

template <class ArrayType>
void appendString(const arrow::Array& array, std::int64_t index, std::string& to)
{
    appendJsonText(static_cast<const ArrayType&>(array).GetView(index), to);
}

void appendBool(const arrow::Array& array, std::int64_t index, std::string& to)
{
    to += static_cast<const arrow::BooleanArray&>(array).Value(index) ? "true" : "false";
}

void appendNothing(const arrow::Array&, std::int64_t, std::string& to)
{
    to += "null";
}

template <class ListType>
void appendList(const arrow::Array& array, std::int64_t index, std::string& to)
{
    const auto& list = static_cast<const ListType&>(array);
    const std::int64_t begin = list.value_offset(index);
    to += '[';
    for (std::int64_t i = 0; i < list.value_length(index); ++i) {
        to += i > 0 ? "," : "";
        appendJson(*list.values(), begin + i, to);
    }
    to += ']';
}

void appendStruct(const arrow::Array& array, std::int64_t index, std::string& to)
{
    const auto& whole = static_cast<const arrow::StructArray&>(array);
    bool isFirst = true;
    to += '{';
    for (int i = 0; i < whole.num_fields(); ++i) {
        const auto& member = *whole.field(i); // sliced as the whole is
        if (member.IsNull(index)) {
            continue;
        }
        to += isFirst ? "" : ",";
        isFirst = false;
        appendJsonText(whole.type()->field(i)->name(), to);
        to += ':';
        appendJson(member, index, to);
    }
    to += '}';
}

void appendMap(const arrow::Array& array, std::int64_t index, std::string& to)
{
    const auto& map = static_cast<const arrow::MapArray&>(array);
    const std::int64_t begin = map.value_offset(index);
    to += '{';
    for (std::int64_t i = 0; i < map.value_length(index); ++i) {
        std::string key;
        appendJson(*map.keys(), begin + i, key);
        to += i > 0 ? "," : "";
        if (key.starts_with('"')) {
            to += key;
        } else {
            appendJsonText(key, to);
        }
        to += ':';
        appendJson(*map.items(), begin + i, to);
    }
    to += '}';
}

void appendDictionary(const arrow::Array& array, std::int64_t index, std::string& to)
{
    const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
    appendJson(*coded.dictionary(), coded.GetValueIndex(index), to);
}

void appendExtension(const arrow::Array& array, std::int64_t index, std::string& to)
{
    appendJson(*static_cast<const arrow::ExtensionArray&>(array).storage(), index, to);
}

// Dates, times, decimals and what else has a spelling of its own.
void appendSpelled(const arrow::Array& array, std::int64_t index, std::string& to)
{
    const auto scalar = array.GetScalar(index);
    if (scalar.ok()) {
        appendJsonText((*scalar)->ToString(), to);
    } else {
        to += "null";
    }
}

Append writerOf(arrow::Type::type type)
{
    using arrow::Type;
    switch (type) {
    case Type::NA:
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
    case Type::FIXED_SIZE_BINARY: return appendNothing;
    case Type::BOOL: return appendBool;
    case Type::INT8: return appendNumber<arrow::Int8Array>;
    case Type::INT16: return appendNumber<arrow::Int16Array>;
    case Type::INT32: return appendNumber<arrow::Int32Array>;
    case Type::INT64: return appendNumber<arrow::Int64Array>;
    case Type::UINT8: return appendNumber<arrow::UInt8Array>;
    case Type::UINT16: return appendNumber<arrow::UInt16Array>;
    case Type::UINT32: return appendNumber<arrow::UInt32Array>;
    case Type::UINT64: return appendNumber<arrow::UInt64Array>;
    case Type::FLOAT: return appendReal<arrow::FloatArray>;
    case Type::DOUBLE: return appendReal<arrow::DoubleArray>;
    case Type::STRING: return appendString<arrow::StringArray>;
    case Type::LARGE_STRING: return appendString<arrow::LargeStringArray>;
    case Type::STRING_VIEW: return appendString<arrow::StringViewArray>;
    case Type::LIST: return appendList<arrow::ListArray>;
    case Type::LARGE_LIST: return appendList<arrow::LargeListArray>;
    case Type::FIXED_SIZE_LIST: return appendList<arrow::FixedSizeListArray>;
    case Type::LIST_VIEW: return appendList<arrow::ListViewArray>;
    case Type::LARGE_LIST_VIEW: return appendList<arrow::LargeListViewArray>;
    case Type::STRUCT: return appendStruct;
    case Type::MAP: return appendMap;
    case Type::DICTIONARY: return appendDictionary;
    case Type::EXTENSION: return appendExtension;
    default: return appendSpelled;
    }
}

} // namespace

void appendJson(const arrow::Array& array, std::int64_t index, std::string& to)
{
    (array.IsNull(index) ? appendNothing : writerOf(array.type_id()))(array, index, to);
}

// Bytes that are no UTF-8 go through as they are: the row is then told as damaged, with the place.
namespace {

// The first byte from there on that JSON escapes; else the end. Eight at once where none of them is.
std::size_t escapedAt(std::string_view text, std::size_t at)
{
    constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
    constexpr std::uint64_t kHighs = 0x8080808080808080ULL;
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
        std::memcpy(&word, text.data() + at, sizeof word);
        const std::uint64_t quote = word ^ (kOnes * '"');
        const std::uint64_t slash = word ^ (kOnes * '\\');
        // x - 1 borrows only where x is 0, x - 0x20 where x is below it.
        if ((((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((word - kOnes * 0x20) & ~word)) & kHighs) {
            break;
        }
    }
    while (at < text.size() && text[at] != '"' && text[at] != '\\' && static_cast<unsigned char>(text[at]) >= 0x20) {
        ++at;
    }
    return at;
}

void appendEscaped(char c, std::string& to)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    switch (c) {
    case '"': to += "\\\""; break;
    case '\\': to += "\\\\"; break;
    case '\n': to += "\\n"; break;
    case '\r': to += "\\r"; break;
    case '\t': to += "\\t"; break;
    default:
        to += "\\u00";
        to += kDigits[static_cast<unsigned char>(c) >> 4];
        to += kDigits[static_cast<unsigned char>(c) & 0xF];
    }
}

} // namespace

void appendJsonText(std::string_view text, std::string& to)
{
    to += '"';
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = escapedAt(text, at);
        to.append(text, at, end - at);
        at = end;
        if (at < text.size()) {
            appendEscaped(text[at++], to);
        }
    }
    to += '"';
}

bool holdsBytes(const arrow::DataType& type)
{
    if (writerOf(type.id()) == appendNothing && type.id() != arrow::Type::NA) {
        return true;
    }
    for (const auto& field : type.fields()) {
        if (holdsBytes(*field->type())) {
            return true;
        }
    }
    return false;
}

} // namespace luthier::data
