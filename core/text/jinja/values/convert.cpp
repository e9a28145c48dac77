// SPDX-License-Identifier: GPL-3.0-or-later
// JSON to values of the template language, with each text marked by the message it comes from.
#include "core/text/characters/utf8.h"
#include "core/text/jinja/values/value.h"

namespace luthier::text::jinja {

namespace {

struct Mark {
    Source source = Source::Content;
    int message = -1;
};

Value textValue(std::string bytes, Mark mark)
{
    Text text{isValidUtf8(bytes) ? std::move(bytes) : replaceInvalid(bytes), {}};
    if (mark.message >= 0) {
        text.mark(0, mark.source, mark.message);
    }
    return Value(std::move(text));
}

Value convert(const Json& json, int depth, Mark mark)
{
    if (depth > kDeepest - 8) {
        fail("the conversation is nested deeper than " + std::to_string(kDeepest - 8) + " levels");
    }
    switch (json.type()) {
    case Json::value_t::boolean:
        return Value(json.get<bool>());
    case Json::value_t::number_unsigned:
        if (json.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
            return Value(json.get<double>());
        }
        [[fallthrough]];
    case Json::value_t::number_integer:
        return Value(json.get<std::int64_t>());
    case Json::value_t::number_float:
        return Value(json.get<double>());
    case Json::value_t::string:
        return textValue(json.get_ref<const std::string&>(), mark);
    case Json::value_t::array: {
        std::vector<Value> items;
        items.reserve(json.size());
        for (const auto& item : json) {
            items.push_back(convert(item, depth + 1, mark));
        }
        auto value = Value::list(std::move(items));
        value.list().source = mark.source;
        value.list().message = mark.message;
        return value;
    }
    case Json::value_t::object: {
        auto dict = std::make_shared<Dict>();
        dict->source = mark.source;
        dict->message = mark.message;
        for (const auto& [key, item] : json.items()) {
            auto value = convert(item, depth + 1, mark);
            dict->depth = std::max(dict->depth, value.depth() + 1);
            dict->items.emplace_back(textValue(key, mark), std::move(value));
        }
        return Value(std::move(dict));
    }
    default:
        return Value(None{});
    }
}

struct FieldRow {
    std::string_view key;
    Source source;
};

constexpr FieldRow kAnswerFields[] = {
    {"content", Source::Content},  {"reasoning_content", Source::Answer}, {"reasoning", Source::Answer},
    {"thinking", Source::Answer},  {"tool_calls", Source::Answer},        {"function_call", Source::Answer},
};

} // namespace

Value fromJson(const Json& json, int depth)
{
    return convert(json, depth, {});
}

Value messageFromJson(const Json& json, int index)
{
    auto dict = std::make_shared<Dict>();
    dict->turn = index;
    for (const auto& [key, item] : json.items()) {
        Mark mark;
        for (const auto& row : kAnswerFields) {
            if (row.key == key) {
                mark = {row.source, index};
            }
        }
        auto value = convert(item, 2, mark);
        dict->depth = std::max(dict->depth, value.depth() + 1);
        dict->items.emplace_back(Value(key), std::move(value));
    }
    return Value(std::move(dict));
}

} // namespace luthier::text::jinja
