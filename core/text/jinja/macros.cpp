// SPDX-License-Identifier: GPL-3.0-or-later
// The rest of Engine: macros and call blocks.
#include "core/text/jinja/engine.h"

#include <algorithm>

namespace luthier::text::jinja {

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
    const Inner place(*this, closure);
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
