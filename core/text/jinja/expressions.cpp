// SPDX-License-Identifier: GPL-3.0-or-later
// The rest of Engine: expressions and calls.
#include "core/text/jinja/engine.h"

namespace luthier::text::jinja {

Value Engine::lookUp(const std::string& name) const
{
    for (const auto* scope = m_scope.get(); scope != nullptr; scope = scope->parent.get()) {
        if (const auto found = scope->names.find(name); found != scope->names.end()) {
            return found->second;
        }
        spend(1);
    }
    return Value::undefined("'" + name + "' is undefined");
}

Value Engine::evaluateOr(const ExpressionPtr& expression, Value otherwise)
{
    return expression != nullptr ? evaluate(*expression) : std::move(otherwise);
}

Value Engine::evaluate(const Expression& expression)
{
    const Nesting nesting(*this);
    spend(1);
    const auto part = [&](std::size_t i) { return evaluate(*expression.parts[i]); };
    switch (expression.kind) {
    case ExpressionKind::Constant:
        return expression.value;
    case ExpressionKind::Name:
        return lookUp(expression.text);
    case ExpressionKind::List:
    case ExpressionKind::Tuple:
    case ExpressionKind::Dict:
        return literal(expression);
    case ExpressionKind::Not:
        return Value(!part(0).truth());
    case ExpressionKind::Negative:
        return negative(part(0));
    case ExpressionKind::Positive:
        return binary("*", part(0), Value(std::int64_t{1}));
    case ExpressionKind::Binary:
        return binary(expression.text, part(0), part(1));
    case ExpressionKind::Concat:
        return concatenate(expression);
    case ExpressionKind::Compare:
        return compareChain(expression);
    case ExpressionKind::And:
    case ExpressionKind::Or: {
        auto left = part(0);
        return left.truth() == (expression.kind == ExpressionKind::And) ? part(1) : left;
    }
    case ExpressionKind::Conditional:
        return conditional(expression);
    case ExpressionKind::Attribute:
        return attribute(part(0), expression.text);
    case ExpressionKind::Item:
        return itemOf(expression);
    case ExpressionKind::Slice:
        fail("a slice stands only inside [ ]");
    case ExpressionKind::Call: {
        const auto callee = part(0);
        auto arguments = argumentsOf(expression);
        return call(callee, arguments);
    }
    case ExpressionKind::Filter:
        return filterOf(expression);
    case ExpressionKind::Test: {
        const auto subject = part(0);
        auto arguments = argumentsOf(expression);
        return Value(test(expression.text, subject, arguments));
    }
    }
    return {};
}

Value Engine::literal(const Expression& expression)
{
    if (expression.kind != ExpressionKind::Dict) {
        std::vector<Value> items;
        items.reserve(expression.parts.size());
        for (const auto& part : expression.parts) {
            items.push_back(evaluate(*part));
        }
        return Value::list(std::move(items), expression.kind == ExpressionKind::Tuple);
    }
    auto dict = std::make_shared<Dict>();
    allocate(sizeof(Dict) + expression.parts.size() * sizeof(Value));
    for (std::size_t i = 0; i + 1 < expression.parts.size(); i += 2) {
        auto key = evaluate(*expression.parts[i]);
        dict->set(std::move(key), evaluate(*expression.parts[i + 1]));
    }
    return Value(std::move(dict));
}

Value Engine::conditional(const Expression& expression)
{
    if (evaluate(*expression.parts[1]).truth()) {
        return evaluate(*expression.parts[0]);
    }
    return evaluateOr(expression.parts[2],
                      Value::undefined("the inline if-expression evaluated to false and no else was given"));
}

Value Engine::concatenate(const Expression& expression)
{
    Text out;
    for (const auto& part : expression.parts) {
        out.append(str(evaluate(*part)));
    }
    return Value(std::move(out));
}

Value Engine::compareChain(const Expression& expression)
{
    auto left = evaluate(*expression.parts[0]);
    for (std::size_t i = 0; i < expression.operators.size(); ++i) {
        auto right = evaluate(*expression.parts[i + 1]);
        const auto& op = expression.operators[i];
        bool holds = false;
        if (op == "==" || op == "!=") {
            holds = equal(left, right) == (op == "==");
        } else if (op == "in" || op == "not in") {
            holds = contains(right, left) == (op == "in");
        } else {
            const int order = compare(left, right, op.c_str());
            const bool ordered = order != 2 || !left.isNumber(); // NaN is neither less nor more
            holds = ordered && ((op[0] == '<' && order < 0) || (op[0] == '>' && order > 0) || (op.size() == 2 && order == 0));
        }
        if (!holds) {
            return Value(false);
        }
        left = std::move(right);
    }
    return Value(true);
}

Value Engine::itemOf(const Expression& expression)
{
    const auto subject = evaluate(*expression.parts[0]);
    const auto& key = *expression.parts[1];
    if (key.kind != ExpressionKind::Slice) {
        return item(subject, evaluate(key));
    }
    const auto start = evaluateOr(key.parts[0], Value(None{}));
    const auto stop = evaluateOr(key.parts[1], Value(None{}));
    return slice(subject, start, stop, evaluateOr(key.parts[2], Value(None{})));
}

Value Engine::filterOf(const Expression& expression)
{
    const auto subject = expression.parts[0] != nullptr ? evaluate(*expression.parts[0])
                         : m_block != nullptr           ? *m_block
                                                        : Value();
    auto arguments = argumentsOf(expression);
    return filter(expression.text, subject, arguments);
}

Arguments Engine::argumentsOf(const Expression& expression)
{
    Arguments out;
    for (const auto& argument : expression.arguments) {
        auto value = evaluate(*argument.value);
        if (argument.kind == ArgumentKind::Positional) {
            out.positional.push_back(std::move(value));
        } else if (argument.kind == ArgumentKind::Named) {
            out.named.emplace_back(argument.name, std::move(value));
        } else if (argument.kind == ArgumentKind::Unpacked) {
            for (auto& one : iterate(value)) {
                out.positional.push_back(std::move(one));
            }
        } else {
            if (!value.isMapping()) {
                fail("what stands after ** in a call must be a dict");
            }
            for (const auto& [name, one] : value.dict().items) {
                out.named.emplace_back(str(name).bytes, one);
            }
        }
    }
    return out;
}

Value Engine::call(const Value& callee, Arguments& arguments)
{
    spend(1);
    if (callee.isUndefined()) {
        fail(callee.why());
    }
    if (const auto* function = callee.function(); function != nullptr) {
        return (*function)->call(*this, arguments);
    }
    if (const auto* loop = callee.loop(); loop != nullptr) {
        if (!(*loop)->again || arguments.positional.size() != 1) {
            fail("only a loop marked \"recursive\" can be called, with one value to loop over");
        }
        return (*loop)->again(*this, arguments.positional[0]);
    }
    fail(std::string("a value of type ") + callee.typeName() + " cannot be called");
}

} // namespace luthier::text::jinja
