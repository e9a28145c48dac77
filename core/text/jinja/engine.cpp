// SPDX-License-Identifier: GPL-3.0-or-later
// Statements.
#include "core/text/jinja/engine.h"

#include <algorithm>

namespace luthier::text::jinja {

Engine::Engine(std::string now) : m_now(std::move(now)), m_scope(std::make_shared<Scope>())
{
    defineGlobals(*this);
}

Engine::~Engine()
{
    // Macros know the scope that knows them, and namespaces may hold themselves: take the circles apart.
    for (const auto& scope : m_captured) {
        scope->names.clear();
    }
    for (const auto& space : m_spaces) {
        space->items.clear();
    }
}

Value Engine::adopt(std::shared_ptr<Dict> space)
{
    allocate(sizeof(Dict));
    m_spaces.push_back(space);
    return Value(std::move(space));
}

Text Engine::render(const Template& source)
{
    Text out;
    run(source.body, out);
    return out;
}

Engine::Flow Engine::run(const Body& body, Text& out)
{
    const Nesting nesting(*this);
    for (const auto& statement : body) {
        spend(1);
        try {
            if (const auto flow = run(statement, out); flow != Flow::Next) {
                return flow;
            }
        } catch (Problem& problem) {
            problem.line = problem.line == 0 ? statement.line : problem.line;
            throw;
        }
    }
    return Flow::Next;
}

Engine::Flow Engine::run(const Statement& statement, Text& out)
{
    switch (statement.kind) {
    case StatementKind::Data:
        out.append(std::string_view(statement.text));
        break;
    case StatementKind::Output:
        out.append(str(evaluate(*statement.expression)));
        break;
    case StatementKind::If:
        return runIf(statement, out);
    case StatementKind::For:
        runFor(statement, evaluate(*statement.expression), 0, out);
        break;
    case StatementKind::Set:
        assign(statement.target, evaluate(*statement.expression));
        break;
    case StatementKind::SetBlock:
        assign(statement.target, capture(statement));
        break;
    case StatementKind::Macro:
        m_scope->names[statement.text] = macro(statement);
        break;
    case StatementKind::CallBlock:
        runCall(statement, out);
        break;
    case StatementKind::Filter:
        out.append(str(capture(statement)));
        break;
    case StatementKind::With:
        runWith(statement, out);
        break;
    case StatementKind::Scoped: {
        const Inner inner(*this);
        run(statement.body, out);
        break;
    }
    case StatementKind::Generation:
        runGeneration(statement, out);
        break;
    case StatementKind::Break:
        return Flow::Break;
    case StatementKind::Continue:
        return Flow::Continue;
    }
    return Flow::Next;
}

Engine::Flow Engine::runIf(const Statement& statement, Text& out)
{
    for (const auto& branch : statement.branches) {
        if (branch.condition == nullptr || evaluate(*branch.condition).truth()) {
            return run(branch.body, out);
        }
    }
    return Flow::Next;
}

std::vector<Value> Engine::selected(const Statement& statement, const Value& items)
{
    auto all = iterate(items);
    if (statement.condition == nullptr) {
        return all;
    }
    std::vector<Value> out;
    for (auto& item : all) {
        const Inner inner(*this);
        assign(statement.target, item);
        if (evaluate(*statement.condition).truth()) {
            out.push_back(std::move(item));
        }
    }
    return out;
}

void Engine::runFor(const Statement& statement, const Value& items, int level, Text& out)
{
    auto loop = std::make_shared<Loop>();
    loop->items = std::make_shared<List>();
    loop->items->items = selected(statement, items);
    loop->level = level;
    if (statement.recursive) {
        // Held by the scope of the iteration only, so it does not outlive this call.
        loop->again = [&statement, level, scope = m_scope](Engine& engine, const Value& inner) {
            const Nesting nesting(engine);
            const Inner place(engine, scope);
            Text text;
            engine.runFor(statement, inner, level + 1, text);
            return Value(std::move(text));
        };
    }
    const Value loopValue(loop);
    for (loop->index = 0; loop->index < loop->items->items.size(); ++loop->index) {
        spend(4);
        const Value item = loop->items->items[loop->index];
        if (runIteration(statement, item, loopValue, out) == Flow::Break) {
            break;
        }
    }
    if (loop->items->items.empty()) {
        const Inner inner(*this);
        run(statement.otherwise, out);
    }
    loop->again = nullptr;
}

Engine::Flow Engine::runIteration(const Statement& statement, const Value& item, const Value& loop, Text& out)
{
    const Inner inner(*this);
    m_scope->names["loop"] = loop;
    assign(statement.target, item);
    const auto begin = out.bytes.size();
    const auto flow = run(statement.body, out);
    if (item.isDict() && item.dict().turn >= 0) {
        out.mark(begin, Source::Turn, item.dict().turn);
    }
    return flow;
}

void Engine::runWith(const Statement& statement, Text& out)
{
    std::vector<Value> values;
    for (const auto& parameter : statement.parameters) {
        values.push_back(evaluate(*parameter.value));
    }
    const Inner inner(*this);
    for (std::size_t i = 0; i < values.size(); ++i) {
        assign(statement.parameters[i].target, values[i]);
    }
    run(statement.body, out);
}

void Engine::runGeneration(const Statement& statement, Text& out)
{
    const Inner inner(*this);
    const auto begin = out.bytes.size();
    run(statement.body, out);
    out.mark(begin, Source::Generation);
}

Value Engine::capture(const Statement& statement)
{
    Text text;
    {
        const Inner inner(*this);
        run(statement.body, text);
    }
    const Value captured(std::move(text));
    if (statement.expression == nullptr) {
        return captured;
    }
    const auto* before = std::exchange(m_block, &captured);
    auto value = evaluate(*statement.expression);
    m_block = before;
    return value;
}

void Engine::assign(const Target& target, const Value& value)
{
    if (target.parts.empty() && target.attribute.empty()) {
        m_scope->names[target.name] = value;
        return;
    }
    if (target.parts.empty()) {
        const auto space = lookUp(target.name);
        if (!space.isDict() || !space.dict().isNamespace) {
            fail("\"" + target.name + "\" is not a namespace, so its attribute \"" + target.attribute
                 + "\" cannot be set");
        }
        if (target.attribute.starts_with('_')) {
            fail("a namespace keeps no attribute that begins with an underscore: \"" + target.attribute + '"');
        }
        space.dict().set(Value(target.attribute), value);
        return;
    }
    const auto values = iterate(value);
    if (values.size() != target.parts.size()) {
        fail("expected " + std::to_string(target.parts.size()) + " values to unpack, found "
             + std::to_string(values.size()));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        assign(target.parts[i], values[i]);
    }
}

} // namespace luthier::text::jinja
