// SPDX-License-Identifier: GPL-3.0-or-later
// Functions that every template finds: range, dict, namespace, joiner, raise_exception, strftime_now.
#include "core/text/jinja/builtins/bound.h"
#include "core/text/jinja/engine.h"
#include "core/text/jinja/values/time.h"

namespace luthier::text::jinja {

namespace {

using Args = Arguments;

constexpr std::int64_t kLongestRange = 100000; // the sandbox's own bound

Value range(Engine&, Args& args)
{
    if (!args.named.empty() || args.positional.empty() || args.positional.size() > 3) {
        fail("range() takes one to three whole numbers");
    }
    std::int64_t bounds[3] = {0, 0, 1};
    for (std::size_t i = 0; i < args.positional.size(); ++i) {
        const auto& value = args.positional[i];
        if (!value.isNumber() || value.isFloat()) {
            fail(value.isUndefined() ? value.why() : std::string("range() needs whole numbers, not ") + value.typeName());
        }
        bounds[args.positional.size() == 1 ? 1 : i] = value.integer();
    }
    if (bounds[2] == 0) {
        fail("range() arg 3 must not be zero");
    }
    std::vector<Value> out;
    for (auto at = bounds[0]; bounds[2] > 0 ? at < bounds[1] : at > bounds[1];) {
        if (static_cast<std::int64_t>(out.size()) >= kLongestRange) {
            fail("Range too big. The sandbox blocks ranges larger than " + std::to_string(kLongestRange) + '.');
        }
        out.emplace_back(at);
        if (__builtin_add_overflow(at, bounds[2], &at)) {
            break;
        }
    }
    spend(out.size() / 2);
    return Value::list(std::move(out));
}

std::shared_ptr<Dict> dictOf(Args& args)
{
    auto out = std::make_shared<Dict>();
    if (args.positional.size() > 1) {
        fail("dict expected at most 1 argument, got " + std::to_string(args.positional.size()));
    }
    for (const auto& source : args.positional) {
        if (source.isMapping()) {
            allocate(source.dict().items.size() * 2 * sizeof(Value));
            out->items = source.dict().items;
            out->depth = source.dict().depth;
            continue;
        }
        for (const auto& pair : iterate(source)) {
            const auto both = iterate(pair);
            if (both.size() != 2) {
                fail("dict() needs pairs of a key and a value");
            }
            out->set(both[0], both[1]);
        }
    }
    for (auto& [name, value] : args.named) {
        out->set(Value(name), std::move(value));
    }
    allocate(sizeof(Dict) + out->items.size() * 2 * sizeof(Value));
    return out;
}

Value dict(Engine&, Args& args)
{
    return Value(dictOf(args));
}

Value space(Engine& engine, Args& args)
{
    auto out = dictOf(args);
    for (const auto& [name, value] : out->items) {
        if (name.isText() && name.bytes().starts_with('_')) {
            fail("a namespace keeps no attribute that begins with an underscore: \"" + name.bytes() + '"');
        }
    }
    out->isNamespace = true;
    return engine.adopt(std::move(out));
}

Value joiner(Engine&, Args& args)
{
    const Bound in("joiner", args, {"sep"});
    auto function = std::make_shared<Function>();
    function->name = "joiner";
    function->call = [separator = in.value(0, Value(", ")), used = std::make_shared<bool>(false)](Engine&, Args&) {
        return std::exchange(*used, true) ? separator : Value(std::string{});
    };
    return Value(std::shared_ptr<const Function>(std::move(function)));
}

Value raise(Engine&, Args& args)
{
    const Bound in("raise_exception", args, {"message"});
    Problem problem;
    problem.message = str(in.at(0)).bytes;
    problem.raised = true;
    throw problem;
}

Value time(Engine& engine, Args& args)
{
    const Bound in("strftime_now", args, {"format"});
    in.at(0);
    return Value(formatTime(in.bytes(0, {}), engine.now()));
}

struct Row {
    const char* name;
    Value (*call)(Engine&, Args&);
};

constexpr Row kGlobals[] = {
    {"range", range}, {"dict", dict}, {"namespace", space}, {"joiner", joiner}, {"raise_exception", raise},
    {"strftime_now", time},
};

} // namespace

void defineGlobals(Engine& engine)
{
    for (const auto& row : kGlobals) {
        auto function = std::make_shared<Function>();
        function->name = row.name;
        function->call = row.call;
        engine.define(row.name, Value(std::shared_ptr<const Function>(std::move(function))));
    }
}

} // namespace luthier::text::jinja
