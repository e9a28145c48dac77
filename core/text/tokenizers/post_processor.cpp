// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/post_processor.h"

#include "core/text/tokenizers/json_part.h"

namespace luthier::text {

namespace {

constexpr std::int64_t kLargestId = 1 << 22;
constexpr std::size_t kMostTokens = 64;

Result<TokenId> idOf(const Json& value, const std::string& key)
{
    if (!value.is_number_integer() || value.get<double>() < 0 || value.get<double>() > kLargestId) {
        return Error{key + ": a token id from 0 to " + std::to_string(kLargestId) + " is expected"};
    }
    return value.get<TokenId>();
}

Result<std::vector<TokenId>> idsOfSpecial(const JsonPart& part, const std::string& name)
{
    const auto* table = part.find("special_tokens");
    const auto key = part.key() + ".special_tokens[\"" + name + "\"].ids";
    if (table == nullptr || !table->is_object() || !table->contains(name) || !(*table)[name].is_object()
        || !(*table)[name].contains("ids") || !(*table)[name]["ids"].is_array()) {
        return Error{key + ": missing, though \"single\" names this token"};
    }
    std::vector<TokenId> out;
    for (const auto& value : (*table)[name]["ids"]) {
        auto id = idOf(value, key);
        if (!id) {
            return id.error();
        }
        out.push_back(*id);
    }
    return out;
}

Result<PostProcessor> makeTemplate(const JsonPart& part)
{
    auto pieces = part.parts("single");
    if (!pieces) {
        return pieces.error();
    }
    PostProcessor out;
    bool seen = false;
    for (const auto& piece : *pieces) {
        const auto* special = piece.find("SpecialToken");
        const auto* sequence = piece.find("Sequence");
        static const Json kNothing;
        const auto& named = special != nullptr ? *special : sequence != nullptr ? *sequence : kNothing;
        const auto id = JsonPart(named, piece.key()).text("id");
        if (special == nullptr && (!id || *id != "A" || seen)) {
            return piece.wrong("expected one {\"Sequence\": {\"id\": \"A\"}} among {\"SpecialToken\": {\"id\": ...}}");
        }
        if (special == nullptr) {
            seen = true;
            continue;
        }
        auto ids = idsOfSpecial(part, id.value_or(""));
        if (!ids) {
            return ids.error();
        }
        auto& side = seen ? out.after : out.before;
        side.insert(side.end(), ids->begin(), ids->end());
    }
    if (!seen || out.before.size() + out.after.size() > kMostTokens) {
        return part.wrong(seen ? "\"single\" adds more than " + std::to_string(kMostTokens) + " tokens"
                               : "\"single\" has no place for the text ({\"Sequence\": {\"id\": \"A\"}})");
    }
    return out;
}

// [spelling, id]
Result<TokenId> pairId(const JsonPart& part, const char* name)
{
    const auto* pair = part.find(name);
    const auto key = part.key() + "." + name;
    return pair != nullptr && pair->is_array() && pair->size() == 2 ? idOf((*pair)[1], key)
                                                                    : Result<TokenId>(Error{key + ": expected [spelling, id]"});
}

Result<PostProcessor> makePair(const JsonPart& part)
{
    auto first = pairId(part, "cls");
    auto last = pairId(part, "sep");
    if (!first || !last) {
        return first ? last.error() : first.error();
    }
    return PostProcessor{{*first}, {*last}};
}

Result<PostProcessor> makeNothing(const JsonPart&)
{
    return PostProcessor{}; // ByteLevel only trims offsets; ours cover the text
}

Result<PostProcessor> makeAny(const JsonPart& part, int depth);

Result<PostProcessor> makeSequence(const JsonPart& part, int depth)
{
    auto parts = part.parts("processors");
    if (!parts) {
        return parts.error();
    }
    PostProcessor out;
    for (const auto& inner : *parts) {
        auto made = makeAny(inner, depth + 1);
        if (!made) {
            return made;
        }
        out.before.insert(out.before.begin(), made->before.begin(), made->before.end());
        out.after.insert(out.after.end(), made->after.begin(), made->after.end());
    }
    if (out.before.size() + out.after.size() > kMostTokens) {
        return part.wrong("more than " + std::to_string(kMostTokens) + " tokens are added");
    }
    return out;
}

struct Row {
    const char* type;
    Result<PostProcessor> (*make)(const JsonPart& part);
};
constexpr Row kRows[] = {
    {"TemplateProcessing", makeTemplate},
    {"ByteLevel", makeNothing},
    {"RobertaProcessing", makePair},
    {"BertProcessing", makePair},
};

Result<PostProcessor> makeAny(const JsonPart& part, int depth)
{
    if (part.type() == "Sequence" && depth < 8) {
        return makeSequence(part, depth);
    }
    std::string known = "Sequence";
    for (const auto& row : kRows) {
        known += std::string(", ") + row.type;
        if (part.type() == row.type) {
            return row.make(part);
        }
    }
    return part.unknownType(known);
}

} // namespace

Result<PostProcessor> PostProcessor::fromJson(const Json& value, const std::string& key)
{
    return value.is_null() ? Result<PostProcessor>(PostProcessor{}) : makeAny(JsonPart(value, key), 0);
}

} // namespace luthier::text
