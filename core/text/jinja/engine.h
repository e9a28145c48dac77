// SPDX-License-Identifier: GPL-3.0-or-later
// Engine: one render of a parsed template: scopes, statements, expressions.
//
// Threads: an engine belongs to one thread. Errors: the exception Problem with the line of the innermost statement.
#pragma once

#include "core/text/jinja/syntax/ast.h"
#include "core/text/jinja/values/budget.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace luthier::text::jinja {

struct Scope {
    std::map<std::string, Value, std::less<>> names;
    std::shared_ptr<Scope> parent;
};
using ScopePtr = std::shared_ptr<Scope>;

class Engine {
public:
    // `now`: local time as "2024-07-26T13:05:09".
    explicit Engine(std::string now);
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void define(const std::string& name, Value value) { m_scope->names[name] = std::move(value); }
    Text render(const Template& source);

    Value call(const Value& callee, Arguments& arguments);
    Value attribute(const Value& subject, const std::string& name);
    Value item(const Value& subject, const Value& key);
    Value filter(const std::string& name, const Value& subject, Arguments& arguments);
    bool test(const std::string& name, const Value& subject, Arguments& arguments);

    const std::string& now() const { return m_now; }
    // Namespaces may hold themselves; the engine takes them apart at its end.
    Value adopt(std::shared_ptr<Dict> space);

private:
    enum class Flow : std::uint8_t { Next, Break, Continue };
    class Inner;
    class Nesting;

    Flow run(const Body& body, Text& out);
    Flow run(const Statement& statement, Text& out);
    Flow runIf(const Statement& statement, Text& out);
    void runFor(const Statement& statement, const Value& items, int level, Text& out);
    Flow runIteration(const Statement& statement, const Value& item, const Value& loop, Text& out);
    std::vector<Value> selected(const Statement& statement, const Value& items);
    void runWith(const Statement& statement, Text& out);
    void runCall(const Statement& statement, Text& out);
    void runGeneration(const Statement& statement, Text& out);
    Value capture(const Statement& statement);
    Value macro(const Statement& statement);
    Value enter(const Statement& statement, const ScopePtr& closure, Arguments& arguments);
    void bind(const Statement& statement, Arguments& arguments);
    void assign(const Target& target, const Value& value);

    Value evaluate(const Expression& expression);
    Value evaluateOr(const ExpressionPtr& expression, Value otherwise);
    Value lookUp(const std::string& name) const;
    Value literal(const Expression& expression);
    Value conditional(const Expression& expression);
    Value concatenate(const Expression& expression);
    Value compareChain(const Expression& expression);
    Value itemOf(const Expression& expression);
    Value filterOf(const Expression& expression);
    Arguments argumentsOf(const Expression& expression);

    Budget m_budget;
    std::string m_now;
    ScopePtr m_scope;
    std::vector<ScopePtr> m_captured; // scopes that macros hold
    std::vector<std::shared_ptr<Dict>> m_spaces;
    const Value* m_block = nullptr; // what a filter block captured
    int m_depth = 0;
};

inline constexpr int kDeepestRun = 2400; // statements and expressions within one another, macros in macros too

// A scope of its own while it lives.
class Engine::Inner {
public:
    Inner(Engine& engine, ScopePtr parent) : m_engine(engine), m_outer(engine.m_scope)
    {
        engine.m_scope = std::make_shared<Scope>();
        engine.m_scope->parent = std::move(parent);
    }
    explicit Inner(Engine& engine) : Inner(engine, engine.m_scope) {}
    ~Inner() { m_engine.m_scope = m_outer; }

private:
    Engine& m_engine;
    ScopePtr m_outer;
};

class Engine::Nesting {
public:
    explicit Nesting(Engine& engine) : m_engine(engine)
    {
        if (++engine.m_depth > kDeepestRun) {
            --engine.m_depth;
            fail("macros or loops call one another without an end");
        }
    }
    ~Nesting() { --m_engine.m_depth; }

private:
    Engine& m_engine;
};

// What "+", "-" and so on make of two values.
Value binary(const std::string& operation, const Value& a, const Value& b);
Value negative(const Value& value);
Value slice(const Value& subject, const Value& start, const Value& stop, const Value& step);

// range, namespace, raise_exception and the like.
void defineGlobals(Engine& engine);

} // namespace luthier::text::jinja
