// SPDX-License-Identifier: GPL-3.0-or-later
// The rest of Engine: the longer expressions, and macros.
#include "core/text/jinja_engine.h"

#include <algorithm>

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

Value Engine::macro(const Statement& statement)
{
    auto function = std::make_shared<Function>();
    function->name = statement.text.empty() ? "caller" : statement.text;
    function->call = [&statement, closure = m_scope](Engine& engine, Arguments& arguments) {
        return engine.enter(statement, closure, arguments);
    };
    allocate(sizeof(Function) + sizeof(Scope));
    if (m_captured.empty() || m_captured.back() != m_scope) {
        m_captured.push_back(m_scope);
    }
    return Value(std::shared_ptr<const Function>(std::move(function)));
}

Value Engine::enter(const Statement& statement, const ScopePtr& closure, Arguments& arguments)
{
    struct Place {
        Engine& engine;
        ScopePtr outer;
        ~Place() { engine.m_scope = outer; }
    } const place{*this, m_scope};
    m_scope = std::make_shared<Scope>();
    m_scope->parent = closure;
    bind(statement, arguments);
    Text text;
    run(statement.body, text);
    return Value(std::move(text));
}

void Engine::bind(const Statement& statement, Arguments& arguments)
{
    const auto& rows = statement.parameters;
    auto& names = m_scope->names;
    for (std::size_t i = 0; i < std::min(rows.size(), arguments.positional.size()); ++i) {
        names[rows[i].target.name] = arguments.positional[i];
    }
    auto extra = std::make_shared<Dict>();
    for (auto& [name, value] : arguments.named) {
        const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& one) { return one.target.name == name; });
        if (row != rows.end() && names.contains(name)) {
            fail("macro '" + statement.text + "' got two values for '" + name + "'");
        }
        if (row != rows.end() || name == "caller") {
            names[name] = value;
        } else if (statement.takesExtraNamed) {
            extra->set(Value(name), value);
        } else {
            fail("macro '" + statement.text + "' takes no keyword argument '" + name + "'");
        }
    }
    if (arguments.positional.size() > rows.size() && !statement.takesExtra) {
        fail("macro '" + statement.text + "' takes not more than " + std::to_string(rows.size()) + " argument(s)");
    }
    for (const auto& row : rows) {
        if (!names.contains(row.target.name)) {
            names[row.target.name] =
                evaluateOr(row.value, Value::undefined("parameter '" + row.target.name + "' was not provided"));
        }
    }
    if (statement.takesExtra) {
        const auto first = std::min(rows.size(), arguments.positional.size());
        names["varargs"] = Value::list({arguments.positional.begin() + static_cast<std::ptrdiff_t>(first),
                                        arguments.positional.end()}, true);
    }
    if (statement.takesExtraNamed) {
        names["kwargs"] = Value(std::move(extra));
    }
}

void Engine::runCall(const Statement& statement, Text& out)
{
    const auto& target = *statement.expression;
    const auto callee = evaluate(*target.parts[0]);
    auto arguments = argumentsOf(target);
    arguments.named.emplace_back("caller", macro(statement));
    out.append(str(call(callee, arguments)));
}

} // namespace luthier::text::jinja
