// SPDX-License-Identifier: GPL-3.0-or-later
// Ast: a template as statements and expressions. Immutable once parsed; its constants hold no message's text.
//
// Threads: may be read from any thread once parsed.
#pragma once

#include "core/text/jinja/values/value.h"

#include <memory>
#include <string>
#include <vector>

namespace luthier::text::jinja {

enum class ExpressionKind : std::uint8_t {
    Constant,
    Name,        // text
    List,        // parts
    Tuple,       // parts
    Dict,        // parts: key, value, key, value ...
    Not,         // parts[0]
    Negative,    // parts[0]
    Positive,    // parts[0]
    Binary,      // text: + - * / // % **
    Concat,      // parts, two or more
    Compare,     // parts[0] operators[0] parts[1] operators[1] parts[2] ...
    And,         // two parts
    Or,          // two parts
    Conditional, // parts: value, condition, otherwise (null when there is none)
    Attribute,   // parts[0] . text
    Item,        // parts[0] [ parts[1] ]
    Slice,       // parts: start, stop, step; each may be null. Only as parts[1] of an Item
    Call,        // parts[0] ( arguments )
    Filter,      // parts[0] | text ( arguments ); parts[0] null: what a block captured
    Test,        // parts[0] is text ( arguments )
};

struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

enum class ArgumentKind : std::uint8_t { Positional, Named, Unpacked, UnpackedNamed };

struct Argument {
    ArgumentKind kind = ArgumentKind::Positional;
    std::string name;
    ExpressionPtr value;
};

struct Expression {
    ExpressionKind kind = ExpressionKind::Constant;
    int line = 1;
    int depth = 1;
    std::string text;
    Value value;
    std::vector<ExpressionPtr> parts;
    std::vector<std::string> operators;
    std::vector<Argument> arguments;
};

inline constexpr int kDeepestExpression = 200; // a chain of a.b.c... or a + b + c... is as deep as it is long

std::unique_ptr<Expression> makeExpression(ExpressionKind kind, int line, std::string text = {});
ExpressionPtr makeConstant(Value value, int line);
// `part` may be null. Errors: Problem past kDeepestExpression.
void addPart(Expression& parent, ExpressionPtr part);

enum class StatementKind : std::uint8_t {
    Data,       // text
    Output,     // expression
    If,         // branches
    For,        // target in expression, condition, recursive; body, otherwise
    Set,        // target = expression
    SetBlock,   // target = body through expression (a filter chain, may be null)
    Macro,      // text, parameters, body
    CallBlock,  // expression (a call) with the caller made of parameters and body
    Filter,     // body through expression
    With,       // targets of parameters (names with values), body
    Scoped,     // body in a scope of its own
    Generation, // body
    Break,
    Continue,
};

// What is assigned to: a name, an attribute of a namespace, or several of them.
struct Target {
    std::string name;
    std::string attribute; // empty: the name itself
    std::vector<Target> parts;
};

struct Parameter {
    Target target;
    ExpressionPtr value; // default of a macro's parameter (null: none), value of a {% with %}
};

struct Statement;
using Body = std::vector<Statement>;

struct Branch {
    ExpressionPtr condition; // null: else
    Body body;
};

struct Statement {
    StatementKind kind = StatementKind::Data;
    int line = 1;
    std::string text;
    ExpressionPtr expression;
    ExpressionPtr condition;
    Target target;
    std::vector<Parameter> parameters;
    std::vector<Branch> branches;
    Body body;
    Body otherwise;
    bool recursive = false;
    bool takesExtra = false;      // a macro that names varargs
    bool takesExtraNamed = false; // a macro that names kwargs
};

struct Template {
    Body body;
    bool marksAnswers = false; // holds {% generation %}
};

} // namespace luthier::text::jinja
