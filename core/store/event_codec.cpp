// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/event_codec.h"

#include "core/measures/summary.h"

#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace luthier::store {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Names of the variant's alternatives, in its order.
constexpr std::array kKinds{"start", "stage", "step", "eval", "sample", "checkpoint", "warning", "end"};
static_assert(kKinds.size() == std::variant_size_v<train::Event>, "a new event needs a name here");

// The members of each event and their keys, in the order they are written. `E` is const when writing.
template <class E, class T>
concept Is = std::is_same_v<std::remove_const_t<E>, T>;

template <class Visit, Is<train::RunStarted> E>
void members(E& e, Visit visit)
{
    visit("total_steps", e.totalSteps);
    visit("train_rows", e.trainRows);
    visit("held_out_rows", e.heldOutRows);
    visit("skipped_rows", e.skippedRows);
    visit("truncated_rows", e.truncatedRows);
    visit("trainable_parameters", e.trainableParameters);
    visit("total_parameters", e.totalParameters);
    visit("device", e.device);
    visit("dtype", e.dtype);
    visit("reason", e.reason);
    visit("first_step", e.firstStep);
    visit("ranks", e.ranks);
}

template <class Visit, Is<train::StageChanged> E>
void members(E& e, Visit visit)
{
    visit("stage", e.stage);
    visit("done", e.done);
    visit("total", e.total);
}

template <class Visit, Is<train::StepDone> E>
void members(E& e, Visit visit)
{
    visit("step", e.step);
    visit("epoch", e.epoch);
    visit("loss", e.loss);
    visit("learning_rate", e.learningRate);
    visit("grad_norm", e.gradNorm);
    visit("tokens", e.tokens);
    visit("trained_tokens", e.trainedTokens);
    visit("tokens_per_second", e.tokensPerSecond);
    visit("memory_bytes", e.memoryBytes);
    visit("seconds_left", e.secondsLeft);
    visit("measures", e.measures);
}

template <class Visit, Is<train::EvalDone> E>
void members(E& e, Visit visit)
{
    visit("step", e.step);
    visit("set", e.set);
    visit("loss", e.loss);
    visit("tokens", e.tokens);
    visit("measures", e.measures);
}

template <class Visit, Is<train::SampleDone> E>
void members(E& e, Visit visit)
{
    visit("step", e.step);
    visit("prompt", e.prompt);
    visit("answer", e.answer);
    visit("reward", e.reward);
}

template <class Visit, Is<train::CheckpointSaved> E>
void members(E& e, Visit visit)
{
    visit("step", e.step);
    visit("path", e.path);
}

template <class Visit, Is<train::Warning> E>
void members(E& e, Visit visit)
{
    visit("step", e.step);
    visit("sentence", e.sentence);
    visit("cause", e.cause);
    visit("remedies", e.remedies);
}

template <class Visit, Is<train::RunEnded> E>
void members(E& e, Visit visit)
{
    visit("outcome", e.outcome);
    visit("seconds", e.seconds);
    visit("adapter", e.adapter);
    visit("step", e.step);
    visit("sentence", e.sentence);
    visit("best", e.best);
}

Json written(double value)
{
    return measures::numberJson(value);
}

Json written(const std::optional<double>& value)
{
    return value ? written(*value) : Json();
}

Json written(const measures::Values& values)
{
    Json object = Json::object();
    for (const measures::Value& value : values) {
        object[std::string(value.measure->id)] = written(value.value);
    }
    return object;
}

Json written(std::int64_t value)
{
    return value;
}

Json written(const std::string& value)
{
    return value;
}

Json written(train::Outcome value)
{
    return train::toText(value);
}

Json written(const std::optional<train::Best>& value)
{
    return value ? Json{{"step", value->step}, {"held_out", written(value->heldOut)}, {"path", value->path}} : Json();
}

Json written(const std::vector<train::Remedy>& value)
{
    Json rows = Json::array();
    for (const train::Remedy& remedy : value) {
        rows.push_back({{"key", remedy.key}, {"value", remedy.value}, {"sentence", remedy.sentence}});
    }
    return rows;
}

template <class T>
bool isLeftOut(const char*, const T&)
{
    return false;
}

bool isLeftOut(const char* key, const std::string& value)
{
    return value.empty() && std::string_view(key) == "cause";
}

bool isLeftOut(const char*, const std::vector<train::Remedy>& value)
{
    return value.empty();
}

// What few runs have stands only where there is some; that no loss was computed is said.
template <class T>
bool isLeftOut(const char* key, const std::optional<T>& value)
{
    return !value && std::string_view(key) != "loss";
}

// What stood there instead of a value: "a number", for sentences. Null: read.
const char* read(const Json& value, double& to)
{
    if (value.is_number()) {
        to = value.get<double>();
        return nullptr;
    }
    for (const double special : {std::numeric_limits<double>::quiet_NaN(), kInfinity, -kInfinity}) {
        if (value == written(special)) {
            to = special;
            return nullptr;
        }
    }
    return "a number";
}

const char* read(const Json& value, std::optional<double>& to)
{
    double number = 0;
    if (value.is_null()) {
        to.reset();
        return nullptr;
    }
    const char* wanted = read(value, number);
    to = wanted == nullptr ? std::optional<double>(number) : to;
    return wanted;
}

const char* read(const Json& value, measures::Values& to)
{
    if (!value.is_object()) {
        return "an object of numbers";
    }
    to.clear();
    for (const auto& [id, number] : value.items()) {
        double measured = 0;
        if (read(number, measured) != nullptr) {
            return "an object of numbers";
        }
        to.push_back({&measures::measureOf(id), measured});
    }
    return nullptr;
}

const char* read(const Json& value, std::int64_t& to)
{
    // Above the signed range a number is read as unsigned and would wrap.
    if (!value.is_number_integer()
        || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)) {
        return "a whole number";
    }
    to = value.get<std::int64_t>();
    return nullptr;
}

const char* read(const Json& value, std::string& to)
{
    if (!value.is_string()) {
        return "a text";
    }
    to = value.get<std::string>();
    return nullptr;
}

const char* read(const Json& value, train::Outcome& to)
{
    using train::Outcome;
    for (const Outcome outcome : {Outcome::Finished, Outcome::Stopped, Outcome::Failed, Outcome::Parked}) {
        if (value == train::toText(outcome)) {
            to = outcome;
            return nullptr;
        }
    }
    return "finished, stopped, failed or parked";
}

const char* read(const Json& value, std::vector<train::Remedy>& to)
{
    constexpr const char* kWanted = "a list of settings with key, value and sentence";
    if (!value.is_array()) {
        return kWanted;
    }
    to.clear();
    for (const Json& row : value) {
        train::Remedy remedy;
        const bool isWhole = row.is_object() && row.contains("key") && !read(row.at("key"), remedy.key) && row.contains("value")
                             && !read(row.at("value"), remedy.value) && row.contains("sentence") && !read(row.at("sentence"), remedy.sentence);
        if (!isWhole) {
            return kWanted;
        }
        to.push_back(std::move(remedy));
    }
    return nullptr;
}

const char* read(const Json& value, std::optional<train::Best>& to)
{
    to.reset();
    if (value.is_null()) {
        return nullptr;
    }
    train::Best best;
    const bool isWhole = value.is_object() && value.contains("step") && !read(value.at("step"), best.step) && value.contains("held_out")
                         && !read(value.at("held_out"), best.heldOut) && value.contains("path") && !read(value.at("path"), best.path);
    if (!isWhole) {
        return "a step, its held_out and its path";
    }
    to = std::move(best);
    return nullptr;
}

template <class E>
Result<train::Event> readAs(const Json& object, const char* kind)
{
    E event;
    std::string problem;
    members(event, [&](const char* key, auto& member) {
        const auto found = object.find(key);
        if (found == object.end() || !problem.empty()) {
            return;
        }
        if (const char* wanted = read(*found, member)) {
            problem = std::string("the event \"") + kind + "\" has " + base::dumpJson(*found) + " as \"" + key
                      + "\" where " + wanted + " belongs";
        }
    });
    if (!problem.empty()) {
        return Error{std::move(problem)};
    }
    return train::Event(std::move(event));
}

template <std::size_t... I>
Result<train::Event> readKind(const Json& object, const std::string& kind, std::index_sequence<I...>)
{
    std::optional<Result<train::Event>> event;
    ((kind == kKinds[I]
      && (event.emplace(readAs<std::variant_alternative_t<I, train::Event>>(object, kKinds[I])), true))
     || ...);
    if (!event) {
        return Error{"no event is called \"" + kind + "\"; a newer Luthier may have written it"};
    }
    return *event;
}

} // namespace

const char* kindOf(const train::Event& event)
{
    return kKinds[event.index()];
}

Json toJson(const train::Event& event)
{
    Json object{{"event", kindOf(event)}};
    auto& entries = object.get_ref<Json::object_t&>();
    std::visit(
        [&entries](const auto& e) {
            // The keys differ by construction; looking for each again would cost more than writing them.
            members(e, [&entries](const char* key, const auto& member) {
                if (!isLeftOut(key, member)) {
                    entries.push_back({key, written(member)});
                }
            });
        },
        event);
    return object;
}

Result<train::Event> eventFromJson(const Json& object)
{
    if (!object.is_object() || !object.contains("event") || !object["event"].is_string()) {
        return Error{"an event must be an object that says which: {\"event\":\"step\",...}"};
    }
    const auto kind = object["event"].get<std::string>();
    return readKind(object, kind, std::make_index_sequence<kKinds.size()>());
}

} // namespace luthier::store
